/* Bytes as text: hex ('\x00ff', written so) and PostgreSQL's older escape form (read only). */
#pragma once

#include "base/bytes.h"
#include "data/flaw.h"

/* Upper bound of what bytea_parse writes. */
static inline size_t bytea_parse_size_max(struct slice text)
{
    return text.size;
}
/* out has room for bytea_parse_size_max. On FLAW_SYNTAX *reason is PostgreSQL's sentence, in
 * reason[0..128). */
MUST_USE enum flaw bytea_parse(struct slice text, char *out, size_t *size, char reason[128]);
/* Writes 2 + 2 * size bytes. */
void bytea_print(struct slice bytes, char *out);
