/* One file of the log: a header of 64 bytes, records, zeros where space was taken in advance.
 *
 * A file is named by the sequence of its first record. It gets that name only after its header is
 * on disk, so a named file whose header cannot be read is damaged, never torn. The last file is
 * written to; the ones before it are sealed and end with their last record. */
#pragma once

#include "os/file.h"

#define SEGMENT_VERSION   1
#define SEGMENT_NAME_SIZE 32 /* "00000000000000000001.log.new" and NUL */

struct segment_header {
    char magic[8]; /* "weirlog\n" */
    u32 crc;       /* of all that follows */
    u32 version;
    u64 hash_seed;
    i64 created_us;  /* of the directory */
    u64 base;        /* sequence of the first record */
    u64 tick_before; /* highest tick before that record */
    u32 previous;    /* crc of the record before; the salt when base is 1 */
    u32 epoch;       /* when the file was made */
    u8 sync;         /* enum log_sync, likewise; unless never, all before base was synced */
    u8 zero[7];
};

_Static_assert(sizeof(struct segment_header) == 64, "the format of the log");

struct segment {
    struct file file;
    struct segment_header header;
    u64 size; /* of the file when it was opened or made */
};

#define SEGMENT_CLOSED ((struct segment){ .file = { .fd = -1 } })

void segment_name(char name[SEGMENT_NAME_SIZE], u64 base);

/* The bases of the segments in dir, ascending. */
MUST_USE enum status segment_list(const char *dir, struct arena *arena, u64 **bases, u32 *count,
                                  struct err *err);

/* Makes a segment of size bytes, less when the disk has not that much; fills magic, crc and version of
 * header. On return its name and header are on disk. On failure nothing is left but perhaps a file
 * that segment_tidy removes. */
MUST_USE enum status segment_create(struct segment *segment, const char *dir,
                                    const struct segment_header *header, u64 size, struct err *err);

/* Opens and checks: XX001 when the header is damaged, 0A000 when its version is another. */
MUST_USE enum status segment_open(struct segment *segment, const char *dir, u64 base,
                                  enum file_mode mode, struct err *err);
void segment_close(struct segment *segment);

MUST_USE enum status segment_remove(const char *dir, u64 base, struct err *err);
/* Removes what a creation that did not end has left. */
MUST_USE enum status segment_tidy(const char *dir, struct arena *arena, struct err *err);
