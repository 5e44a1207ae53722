/* Percent-encoding, and walking paths and query strings.
 *
 * What comes out is UTF-8 without NUL or it is refused; a text without escapes is not copied. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

enum url_part {
    URL_PATH, /* '+' is a plus */
    URL_QUERY /* '+' is a space, as forms send it */
};

/* False for "%" without two hex digits, an encoded or plain NUL, and what is not UTF-8 afterwards. */
MUST_USE bool url_decode(struct slice text, enum url_part part, struct arena *arena,
                         struct slice *decoded);

/* Cuts the next segment off a path: "/a/b" gives "a", then "b"; "/" gives an empty one, "/a/" "a" and
 * then an empty one. Still encoded. */
bool url_next_segment(struct slice *path, struct slice *segment);

/* Cuts the next parameter off a query string; empty ones ("&&") are skipped. value.data is NULL when
 * there is no '='. Still encoded. */
bool url_next_parameter(struct slice *query, struct slice *key, struct slice *value);

/* Valid UTF-8: shortest form, no surrogates, at most U+10FFFF. */
bool url_is_utf8(struct slice text);
