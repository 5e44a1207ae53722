/* Media types: what a body is (Content-Type) and what the client wants (Accept; RFC 9110 12.5.1). */
#pragma once

#include "base/bytes.h"

enum media {
    MEDIA_JSON,         /* application/json */
    MEDIA_NDJSON,       /* application/x-ndjson, application/ndjson, application/jsonl */
    MEDIA_CSV,          /* text/csv */
    MEDIA_EVENT_STREAM, /* text/event-stream */
    MEDIA_PGRST_OBJECT, /* application/vnd.pgrst.object+json: one row, not an array */
    MEDIA_PGRST_ARRAY,  /* application/vnd.pgrst.array+json: as application/json */
    MEDIA_OPENAPI,      /* application/openapi+json */
    MEDIA_SQL,          /* application/sql */
    MEDIA_TEXT,         /* text/plain */
    MEDIA_HTML,         /* text/html */
    MEDIA_FORM,         /* application/x-www-form-urlencoded */
    MEDIA_BYTES,        /* application/octet-stream */
    MEDIA_UNKNOWN,      /* well formed, none of these */
    MEDIA_MALFORMED,
};

#define MEDIA_COUNT MEDIA_UNKNOWN

/* A Content-Type with its parameters. A charset other than utf-8 or us-ascii makes it UNKNOWN: such
 * a body would be read wrongly. */
enum media media_parse(struct slice content_type);

/* As it is written in a Content-Type of ours, with charset where that is usual. */
const char *media_name(enum media media);

struct media_wish {
    u16 quality;    /* thousandths */
    u8 specificity; /* 0 nothing matched, 1 any, 2 of the type, 3 exact */
    u8 order;       /* of the range that matched, counted over all lines */
};

/* What Accept says of every type we know; zero it, add each line. Without a line all are welcome. */
struct media_accept {
    struct media_wish wish[MEDIA_COUNT];
    u32 range_count; /* all ranges seen; those past 255 are ignored */
};

/* Elements that are malformed, or that ask for a variant that we do not have (nulls=stripped), match
 * nothing. */
void media_accept_add(struct media_accept *accept, struct slice line);

/* The offer of the highest quality, then the one that stands first in Accept, then the first offer.
 * MEDIA_UNKNOWN: none is acceptable (406). */
enum media media_accept_best(const struct media_accept *accept, const enum media *offers,
                             size_t offer_count);
