/* Text as a literal or a name of SQL. */
#pragma once

#include "data/func_out.h"

/* 'it''s'; with a backslash in it E'a\\b'. */
void func_quote_literal(struct func_out *out, struct slice text);
/* As it is if that names the same, else in double quotes. */
void func_quote_name(struct func_out *out, struct slice text);
