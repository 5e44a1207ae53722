/* The only malloc. Every block belongs to an account, accounts form a tree, and what a child uses
 * counts in all its parents up to the budget of the process.
 *
 * mem never returns NULL: running out is prevented at the door, by asking mem_left before work is
 * taken in. When the machine itself has no memory the process stops.
 *
 * Invariant: used of an account == sum of the blocks taken from it and from its children. */
#pragma once

#include "base/base.h"

struct mem {
    const char *name;   /* borrowed; shown in the system tables */
    struct mem *parent; /* NULL at the root */
    u64 used;           /* bytes */
    u64 peak;           /* bytes, highest used */
    u64 max; /* bytes; 0: no bound of its own. A bound is asked for, never enforced here */
};

void mem_init(struct mem *mem, const char *name, struct mem *parent, u64 max);
/* Asserts that everything was returned. */
void mem_deinit(struct mem *mem);

/* Memory is not cleared by mem_alloc. size is the size that was asked for at mem_alloc.
 * Blocks are aligned to 16 bytes. size may be 0 (NULL comes back), block may be NULL in free. */
void *mem_alloc(struct mem *mem, size_t size);
void *mem_zalloc(struct mem *mem, size_t size);
void *mem_realloc(struct mem *mem, void *block, size_t size_old, size_t size_new);
void mem_free(struct mem *mem, void *block, size_t size);

/* Large blocks straight from the system, page aligned and cleared, for pages of row pools and
 * index segments; counted like the others. Blocks of MEM_HUGE_SIZE and more lie on a boundary of it and ask
 * for huge pages. */
#define MEM_HUGE_SIZE MIB(2)
void *mem_map(struct mem *mem, size_t size);
void mem_unmap(struct mem *mem, void *block, size_t size);
/* A longer block with the same content, the rest cleared; block may be NULL. It may move: its pages are hung
 * elsewhere, no byte is copied. */
void *mem_map_grow(struct mem *mem, void *block, size_t size_old, size_t size_new);

/* Counts bytes that a library took by itself, on behalf of this account; and gives them back. */
void mem_charge(struct mem *mem, u64 size);
void mem_discharge(struct mem *mem, u64 size);

/* Bytes left under the tightest bound on the way up; UINT64_MAX without a bound. */
u64 mem_left(const struct mem *mem);
