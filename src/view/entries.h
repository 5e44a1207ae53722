/* Rows in the order of their last change: an entry a number, linked into lists, oldest change first.
 *
 * Numbers are given by others (the slots of a pool, the numbers of kept rows) and are dense, so entries lie
 * in pages beside them; a page comes with the first entry that is needed in it. An item may be longer than its
 * entry: what the owner adds lies behind it.
 *
 * Invariant: ver is not 0 exactly for entries that are in a list; along a list ver never falls. */
#pragma once

#include "base/mem.h"

struct entry {
    u64 ver;            /* the tick of the row's last change; 0: in no list */
    u64 birth;          /* the tick at which its key came into being; 0: before anyone looked */
    u32 previous, next; /* number + 1; 0: none */
};

struct entries {
    struct mem *mem;
    u32 item_size; /* of struct entry and what follows it */
    u32 page_count;
    u8 **pages;
};

/* A list of some of the entries. */
struct entry_list {
    u32 head, tail; /* number + 1; 0: none */
};

void entries_init(struct entries *entries, struct mem *mem, u32 item_size);
void entries_deinit(struct entries *entries);

#define ENTRY_PAGE_COUNT 128 /* entries a page */

/* NULL when there never was one in its page. */
static inline struct entry *entries_find(const struct entries *entries, u32 number)
{
    u32 page = number / ENTRY_PAGE_COUNT;
    if (page >= entries->page_count || !entries->pages[page]) return NULL;
    return (struct entry *)(void *)(entries->pages[page] +
                                    (size_t)(number % ENTRY_PAGE_COUNT) * entries->item_size);
}

/* Makes the page when it is new: then the item is all zeros. */
struct entry *entries_need(struct entries *entries, u32 number);

/* Puts an entry that is in no list behind all others, as changed at ver. Its birth stays. */
void entries_append(struct entries *entries, struct entry_list *list, u32 number, u64 ver);
/* Takes it out of the list it is in. Its birth stays. */
void entries_remove(struct entries *entries, struct entry_list *list, u32 number);
/* The entry of `to` (in no list) takes the place, ver and birth of `from`, which becomes zero. */
void entries_replace(struct entries *entries, struct entry_list *list, u32 from, u32 to);
