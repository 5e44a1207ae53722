/* What stands in the values of header fields: tokens, lists, parameters, numbers (RFC 9110 5.6). */
#pragma once

#include "base/bytes.h"

extern const bool field_token_chars[256];

/* May stand in a token. */
static inline bool field_is_token_char(char c)
{
    return field_token_chars[(u8)c];
}

bool field_is_token(struct slice text);

/* Without the white space at both ends. */
struct slice field_trim(struct slice text);

/* Walks the comma-separated elements of a value, trimmed, empty ones skipped; commas in quoted
 * strings do not separate. Starts with *rest = the value. */
bool field_next_element(struct slice *rest, struct slice *element);

/* Cuts the part before the first ';' off an element, trimmed: its main value. *rest is the
 * parameters, for field_next_parameter. */
struct slice field_main(struct slice element, struct slice *rest);

/* Walks "; name=value" parameters; quotes come off the value (escapes in it stay). value.data is
 * NULL without '='. */
bool field_next_parameter(struct slice *rest, struct slice *name, struct slice *value);

/* Divides "name=value" at the first '=', as in a parameter. */
void field_split_pair(struct slice pair, struct slice *name, struct slice *value);

/* Digits only; false for anything else and past UINT64_MAX. */
MUST_USE bool field_parse_u64(struct slice text, u64 *number);
