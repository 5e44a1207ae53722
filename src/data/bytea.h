/* Bytes as text: hex ('\x00ff', written so) and PostgreSQL's older escape form (read only). */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

/* Upper bound of what bytea_parse writes. */
static inline size_t bytea_parse_size_max(struct slice text)
{
    return text.size;
}
/* out has room for bytea_parse_size_max. Errors with PostgreSQL's sentence: 22023 for hex, 22P02. */
MUST_USE enum status bytea_parse(struct slice text, char *out, size_t *size, struct err *err);
/* Writes 2 + 2 * size bytes. */
void bytea_print(struct slice bytes, char *out);
