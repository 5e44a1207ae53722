#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

struct arena_chunk {
    struct arena_chunk *previous;
    u64 size; /* with this header */
};

/* An empty operator has an arena of its own and stays below 4 KiB. */
#define CHUNK_SIZE_MIN KIB(1)
#define CHUNK_SIZE_MAX MIB(1)
#define HEADER_SIZE    align_up(sizeof(struct arena_chunk), 16)

static void chunk_push(struct arena *arena, size_t size);
static void chunk_pop(struct arena *arena);

void arena_init(struct arena *arena, struct mem *mem)
{
    *arena = (struct arena){ .mem = mem };
}

void arena_deinit(struct arena *arena)
{
    while (arena->chunk)
        chunk_pop(arena);
    *arena = (struct arena){ .mem = arena->mem };
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* Also nothing has an address of its own, in an empty arena too. */
    size_t rounded = align_up(MAX(size, 1), 16);
    if (unlikely((size_t)(arena->end - arena->next) < rounded)) chunk_push(arena, rounded);
    void *block = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return block;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size > 0) memcpy(copy, data, size);
    return copy;
}

char *arena_string(struct arena *arena, const char *data, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size > 0) memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    while (arena->chunk && arena->chunk->previous)
        chunk_pop(arena);
    arena->used = 0;
    if (!arena->chunk) return;
    if (arena->chunk->size > CHUNK_SIZE_MAX) {
        chunk_pop(arena);
        arena->next = arena->end = NULL;
        return;
    }
    arena->next = (u8 *)arena->chunk + HEADER_SIZE;
    arena->end = (u8 *)arena->chunk + arena->chunk->size;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ .chunk = arena->chunk, .next = arena->next, .used = arena->used };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->chunk != mark.chunk) {
        assert(arena->chunk);
        chunk_pop(arena);
    }
    arena->next = mark.next;
    arena->end = arena->chunk ? (u8 *)arena->chunk + arena->chunk->size : NULL;
    arena->used = mark.used;
}

static void chunk_push(struct arena *arena, size_t size)
{
    u64 wanted = arena->chunk ? MIN(arena->chunk->size * 2, CHUNK_SIZE_MAX) : CHUNK_SIZE_MIN;
    u64 total = MAX(wanted, size + HEADER_SIZE);
    struct arena_chunk *chunk = mem_alloc(arena->mem, total);
    chunk->previous = arena->chunk;
    chunk->size = total;
    arena->chunk = chunk;
    arena->next = (u8 *)chunk + HEADER_SIZE;
    arena->end = (u8 *)chunk + total;
}

static void chunk_pop(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;
    arena->chunk = chunk->previous;
    mem_free(arena->mem, chunk, chunk->size);
}
