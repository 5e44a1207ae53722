/* What a file holds that is not on disk yet, while os/fault.h discards unsynced bytes.
 *
 * Each file has one shadow, whoever opened it. Written pages, and the size, stay in it until a sync
 * puts them into the file. Functions return 0 or an errno; any thread may call them. */
#pragma once

#include "base/rand.h"

struct shadow;

/* The shadow of the file that fd has open; one more holder. NULL when it cannot be written. */
struct shadow *shadow_take(int fd);
void shadow_hold(struct shadow *shadow);
/* What is unsynced outlives its holders, as it does in a system's page cache. */
void shadow_release(struct shadow *shadow);

int shadow_pread(struct shadow *shadow, void *data, size_t size, u64 offset, size_t *got);
int shadow_pwrite(struct shadow *shadow, const void *data, size_t size, u64 offset);
u64 shadow_size(struct shadow *shadow);
int shadow_resize(struct shadow *shadow, u64 size);
int shadow_sync(struct shadow *shadow);

/* Another descriptor of the same file, or -1 and errno. */
int shadow_reopen(struct shadow *shadow);
/* Gives the file, made without a name, its name. */
int shadow_link(struct shadow *shadow, const char *path);

/* For fault.c: writes all; loses all but a random part; counts. */
void shadow_flush(void);
void shadow_lose(u32 keep_percent, struct rand *rand);
u64 shadow_unsynced_size(void);
