/* Faults on purpose: file calls that fail when told, and a disk that forgets what was not synced.
 *
 * All calls of os/file.h come through here while a plan is set; without one the cost is one
 * predictable branch. With discard_unsynced written bytes, new sizes, new names and removals stay
 * in this process until the file (or its directory) is synced, so a kill -9 leaves what a power loss
 * would. Reads of this process see them. New files then need a file system with O_TMPFILE (ext4,
 * xfs, tmpfs). One plan for the whole process; for tests only. */
#pragma once

#include "base/status.h"

enum fault_call {
    FAULT_OPEN,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_SYNC,
    FAULT_SIZE,
    FAULT_TRUNCATE,
    FAULT_PREALLOCATE,
    FAULT_RENAME,
    FAULT_REMOVE,
    FAULT_DIR_CREATE,
    FAULT_DIR_SYNC,
    FAULT_DIR_LIST,
    FAULT_LOCK,
    FAULT_CALL_COUNT,
};

struct fault_plan {
    u64 fail_from;      /* calls are counted from 1; 0: none fails */
    u64 fail_count;     /* how many fail; 0: all from there on, as after a crash */
    int fail_errno;     /* 0: EIO */
    u32 calls;          /* mask of 1 << enum fault_call that count and fail; 0: all */
    bool fail_short;    /* a failing write leaves its first half */
    bool space_limited; /* growth of files beyond space fails with ENOSPC, after what fits */
    u64 space;          /* bytes; shrinking and removing gives back */
    bool discard_unsynced;
    u32 net_size_max; /* most bytes a call of os/net.h moves; 0: no limit */
};

/* Sets the plan and counts from 1 again. Files that are open keep what they hold unsynced. */
void fault_set(const struct fault_plan *plan);
/* Back to none; what is unsynced is written. */
void fault_clear(void);

/* The plan of an environment setting, separated by commas: "discard-unsynced",
 * "enospc-after=BYTES", "fail-from=N", "net-short=BYTES". NULL and "" set nothing. */
MUST_USE enum status fault_set_text(const char *text, struct err *err);

/* Counted calls since the plan was set. */
u64 fault_call_count(void);

/* Loses what is not synced, as a power loss would: each sector of 512 bytes, each name and each
 * size not synced yet is kept with chance keep_percent (decided by seed). 0 loses all. */
void fault_lose_unsynced(u32 keep_percent, u64 seed);
/* Bytes written and not synced. */
u64 fault_unsynced_size(void);

/* net_size_max of the plan, for os/net.c. */
extern _Atomic(u32) fault_net_size_max;
