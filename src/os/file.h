/* Files and directories: every call that can fail says which file and why.
 *
 * Errors carry PostgreSQL's SQLSTATEs: 53100 no space left, 58P01 no such file, 58P02 it exists,
 * 42501 not allowed, 55006 in use, 58030 anything else. All calls may block on the disk. A struct
 * file belongs to one thread at a time. os/fault.h can make any of these calls fail, and can lose
 * what was written but not synced. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

#define FILE_PATH_SIZE_MAX 1024 /* with its NUL; longer paths are refused */

struct shadow;

struct file {
    int fd;                /* -1: closed */
    bool is_stream;        /* a pipe, terminal or the like: read and append only */
    u64 position;          /* of file_read */
    struct shadow *shadow; /* what is not synced yet, while os/fault.h keeps it; else NULL */
    char path[FILE_PATH_SIZE_MAX];
};

/* A file that can be closed. */
#define FILE_CLOSED ((struct file){ .fd = -1 })

enum file_mode {
    FILE_READ,   /* must exist */
    FILE_WRITE,  /* must exist; read and write */
    FILE_CREATE, /* must not exist; read and write */
    FILE_ANY,    /* made when it does not exist; read and write */
};

MUST_USE enum status file_open(struct file *file, const char *path, enum file_mode mode,
                               struct err *err);
/* Takes a closed file too. Never fails: what must be on disk is synced before. */
void file_close(struct file *file);
/* The descriptor stays the caller's; for standard input and output. name is for messages. */
void file_wrap(struct file *file, int fd, const char *name);

/* Reads up to size bytes at offset; *got is less only at the end of the file. */
MUST_USE enum status file_pread(const struct file *file, void *data, size_t size, u64 offset,
                                size_t *got, struct err *err);
/* Writes all bytes at offset, or fails; then any part of them may have been written. */
MUST_USE enum status file_pwrite(struct file *file, const void *data, size_t size, u64 offset,
                                 struct err *err);

/* For pipes and terminals too: read goes from front to back and gives what is there, *got 0 being
 * the end; append writes all at the end of the file. */
MUST_USE enum status file_read(struct file *file, void *data, size_t size, size_t *got,
                               struct err *err);
MUST_USE enum status file_append(struct file *file, const void *data, size_t size, struct err *err);

/* What was written, and the file's size, is on disk. After a failure nothing may be assumed about
 * what was written since the last success, not even by syncing again. */
MUST_USE enum status file_sync(struct file *file, struct err *err);

MUST_USE enum status file_size(const struct file *file, u64 *size, struct err *err);
/* Cuts or extends with zeros. */
MUST_USE enum status file_truncate(struct file *file, u64 size, struct err *err);
/* Takes blocks for [0, size) and makes the file at least that large; new bytes read as zeros.
 * Where the file system cannot, the file only grows. */
MUST_USE enum status file_preallocate(struct file *file, u64 size, struct err *err);

MUST_USE enum status file_rename(const char *from, const char *to, struct err *err);
MUST_USE enum status file_remove(const char *path, struct err *err);
bool file_exists(const char *path);

/* Makes the directory, not its parents; fine when it is there already. Syncs the parent. */
MUST_USE enum status file_dir_create(const char *path, struct err *err);
/* Names made, renamed and removed in the directory are on disk. */
MUST_USE enum status file_dir_sync(const char *path, struct err *err);

struct file_list {
    char **names; /* sorted by bytes; without "." and ".." */
    u32 count;
};
MUST_USE enum status file_dir_list(const char *path, struct arena *arena, struct file_list *list,
                                   struct err *err);

/* Takes path/lock for this process, until lock is closed or the process ends. A second taker is
 * refused (55006) and told the process that has it. */
MUST_USE enum status file_lock_dir(struct file *lock, const char *path, struct err *err);
