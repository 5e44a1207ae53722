#include "view/entries.h"

#include <string.h>

#include "base/assert.h"

static size_t page_size(const struct entries *entries)
{
    return (size_t)entries->item_size * ENTRY_PAGE_COUNT;
}

void entries_init(struct entries *entries, struct mem *mem, u32 item_size)
{
    assert(item_size >= sizeof(struct entry) && item_size % alignof(struct entry) == 0);
    *entries = (struct entries){ .mem = mem, .item_size = item_size };
}

void entries_deinit(struct entries *entries)
{
    for (u32 page = 0; page < entries->page_count; page++)
        mem_free(entries->mem, entries->pages[page], page_size(entries));
    mem_free(entries->mem, entries->pages, entries->page_count * sizeof *entries->pages);
    entries->pages = NULL;
    entries->page_count = 0;
}

static void pages_grow(struct entries *entries, u32 page)
{
    u32 old = entries->page_count, count = MAX(old * 2, page + 1);
    entries->pages = mem_realloc(entries->mem, entries->pages, old * sizeof *entries->pages,
                                 count * sizeof *entries->pages);
    memset(entries->pages + old, 0, (count - old) * sizeof *entries->pages);
    entries->page_count = count;
}

struct entry *entries_need(struct entries *entries, u32 number)
{
    u32 page = number / ENTRY_PAGE_COUNT;
    if (page >= entries->page_count) pages_grow(entries, page);
    if (!entries->pages[page]) entries->pages[page] = mem_zalloc(entries->mem, page_size(entries));
    return entries_find(entries, number);
}

/* What points forward to, and backward from, the place of an entry in its list. */
static u32 *link_to(const struct entries *entries, struct entry_list *list, u32 previous)
{
    return previous ? &entries_find(entries, previous - 1)->next : &list->head;
}

static u32 *link_from(const struct entries *entries, struct entry_list *list, u32 next)
{
    return next ? &entries_find(entries, next - 1)->previous : &list->tail;
}

void entries_append(struct entries *entries, struct entry_list *list, u32 number, u64 ver)
{
    struct entry *entry = entries_need(entries, number);
    assert(entry->ver == 0 && ver > 0);
    assert(!list->tail || entries_find(entries, list->tail - 1)->ver <= ver);
    entry->ver = ver;
    entry->previous = list->tail;
    entry->next = 0;
    *link_to(entries, list, list->tail) = number + 1;
    list->tail = number + 1;
}

void entries_remove(struct entries *entries, struct entry_list *list, u32 number)
{
    struct entry *entry = entries_find(entries, number);
    assert(entry && entry->ver != 0);
    *link_to(entries, list, entry->previous) = entry->next;
    *link_from(entries, list, entry->next) = entry->previous;
    entry->ver = 0;
    entry->previous = entry->next = 0;
}

void entries_replace(struct entries *entries, struct entry_list *list, u32 from, u32 to)
{
    struct entry *target = entries_need(entries, to), *source = entries_find(entries, from);
    assert(from != to && target->ver == 0 && source && source->ver != 0);
    *target = *source;
    *source = (struct entry){ .ver = 0 };
    *link_to(entries, list, target->previous) = to + 1;
    *link_from(entries, list, target->next) = to + 1;
}
