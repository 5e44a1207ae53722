/* Names made, changed and removed that their directory was not synced for yet, while os/fault.h
 * discards what is unsynced. The process sees them done; the disk does not know them.
 *
 * Functions return 0 or an errno; any thread may call them. */
#pragma once

#include "base/rand.h"
#include "os/file.h"
#include "os/shadow.h"

enum pending_place {
    PENDING_DISK,   /* as the disk has it, under the name in real */
    PENDING_SHADOW, /* a new file without a name on disk */
    PENDING_NONE,   /* removed, or renamed away */
};

/* Where path leads now. On PENDING_SHADOW, *shadow is borrowed. */
enum pending_place pending_find(const char *path, char real[FILE_PATH_SIZE_MAX],
                                struct shadow **shadow);

/* One more holder of shadow, until its name is on disk or lost. */
void pending_create(const char *path, struct shadow *shadow);
/* Both names are in one directory. */
void pending_rename(const char *from, const char *to);
void pending_remove(const char *path);

/* The names that were changed in dir, each perhaps several times, appended to list. */
void pending_list(const char *dir, struct arena *arena, struct file_list *list);

int pending_sync(const char *dir);
void pending_flush(void);
/* A random number of the oldest changes reach the disk (a journal keeps their order). */
void pending_lose(u32 keep_percent, struct rand *rand);
