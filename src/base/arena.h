/* Bump allocation with one lifetime: taken piece by piece, given back all at once.
 *
 * An arena grows by chunks from its account and keeps its first chunk across a reset, so a tick
 * that allocates little costs no malloc. Mark and rewind give back the newest part. */
#pragma once

#include "base/mem.h"

struct arena_chunk;

struct arena {
    struct mem *mem;
    struct arena_chunk *chunk; /* newest first */
    u8 *next;
    u8 *end;
    u64 used; /* bytes handed out since the last reset, for bounds */
};

struct arena_mark {
    struct arena_chunk *chunk;
    u8 *next;
    u64 used;
};

void arena_init(struct arena *arena, struct mem *mem);
void arena_deinit(struct arena *arena);

/* Not cleared; aligned to 16. size 0 gives a valid pointer that must not be read. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
/* A copy that ends in NUL. */
char *arena_string(struct arena *arena, const char *data, size_t size);
char *arena_format(struct arena *arena, const char *format, ...) PRINTF(2, 3);

#define arena_new(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_array(arena, type, count)                                                            \
    ((type *)arena_zalloc((arena), sizeof(type) * (size_t)(count)))

void arena_reset(struct arena *arena);
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);
