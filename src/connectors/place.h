/* Places that `weir pipe` moves bytes from and to: "-" (standard input or output) and files.
 *
 * A file that is written to is appended to: nothing that is there is lost. Others (tcp://, kafka://, …) are refused. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "os/file.h"

struct place {
    struct file file;
    bool is_file; /* a regular one: it has a size, and can be gone on with */
    u64 offset;   /* of a file: where the next byte is read or written */
    u64 size;     /* of a file, when it was opened */
};

#define PLACE_CLOSED ((struct place){ .file = FILE_CLOSED })

/* 0A000 for a scheme that is not there yet. */
MUST_USE enum status place_open_from(struct place *place, const char *name, struct err *err);
/* Made when it does not exist. */
MUST_USE enum status place_open_to(struct place *place, const char *name, struct err *err);
void place_close(struct place *place);

/* Goes on at offset of a file: what lies behind it is read again, or cut. 55000 when the file is shorter. */
MUST_USE enum status place_go_on_from(struct place *place, u64 offset, struct err *err);
MUST_USE enum status place_go_on_to(struct place *place, u64 offset, struct err *err);

/* Blocks. *got 0 is the end. */
MUST_USE enum status place_read(struct place *place, void *data, size_t size, size_t *got,
                                struct err *err);
/* Blocks; all or nothing on a file: after a full disk (53100) the same call may be made again. */
MUST_USE enum status place_write(struct place *place, struct slice data, struct err *err);
