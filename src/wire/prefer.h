/* The Prefer header (RFC 7240) as PostgREST reads it. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum prefer_return {
    PREFER_RETURN_NONE, /* not given: minimal */
    PREFER_RETURN_MINIMAL,
    PREFER_RETURN_REPRESENTATION,
};
enum prefer_resolution {
    PREFER_RESOLUTION_NONE, /* not given: a conflict is an error */
    PREFER_RESOLUTION_MERGE_DUPLICATES,
    PREFER_RESOLUTION_IGNORE_DUPLICATES,
};
enum prefer_count {
    PREFER_COUNT_NONE,
    PREFER_COUNT_EXACT,
    PREFER_COUNT_PLANNED,
    PREFER_COUNT_ESTIMATED,
};
enum prefer_missing { PREFER_MISSING_NONE, PREFER_MISSING_NULL, PREFER_MISSING_DEFAULT };
enum prefer_handling { PREFER_HANDLING_NONE, PREFER_HANDLING_LENIENT, PREFER_HANDLING_STRICT };
enum prefer_tx { PREFER_TX_NONE, PREFER_TX_COMMIT, PREFER_TX_ROLLBACK };

struct prefer {
    enum prefer_return returning;
    enum prefer_resolution resolution;
    enum prefer_count count;
    enum prefer_missing missing;
    enum prefer_handling handling;
    enum prefer_tx tx;
    bool has_max_affected;
    u64 max_affected;  /* counts only under handling=strict, as in PostgREST */
    char invalid[256]; /* preferences that were not understood, ", " between; cut at a whole one */
};

/* Zero prefer, add each line of the header in order. The first mention of a preference counts. */
void prefer_add(struct prefer *prefer, struct slice line);

/* After the last line: under handling=strict, what was not understood is an error (PGRST122). */
MUST_USE enum status prefer_check(const struct prefer *prefer, struct err *err);

/* The value of Preference-Applied: what was given and understood; nothing is written when nothing
 * was. */
void prefer_write_applied(const struct prefer *prefer, struct buf *out);
