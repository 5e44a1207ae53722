/* Entity tags (RFC 9110 8.8.3, 13.1). Ours are weak: an answer in JSON and one in CSV of the same
 * tick are equivalent, not equal byte for byte. */
#pragma once

#include "base/bytes.h"

/* W/"opaque". opaque has only visible characters other than the quote. */
void etag_write(struct slice opaque, struct buf *out);

enum etag_result {
    ETAG_OTHER,   /* none of them is ours, or the line is malformed: answer in full */
    ETAG_MATCHES, /* weak comparison: 304 */
};

/* One line of If-None-Match: "*", or a list of tags, weak or strong. */
enum etag_result etag_match(struct slice line, struct slice opaque);
