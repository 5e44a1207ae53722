#include "state/heap.h"

#include "base/assert.h"

#define NO_PAGE   UINT32_MAX
#define OWN_PAGE  UINT16_MAX /* in place of a class: one large block */
#define PAGE_SIZE KIB(64)
#define PAGE_MIN  KIB(1) /* first page of a class */
#define UNIT      8u     /* of places in a page, and of the sizes of short blocks */

struct heap_page {
    u32 size;
    u16 class;
    u16 free_first; /* offset / UNIT + 1 of a freed block, 0: none; each holds the next */
    u32 fresh;      /* offset of what was never used */
    u32 live_count;
    u32 next; /* in the class's list of pages with room, or in the list of free numbers */
    u32 previous;
    struct blocks_chunk *chunk; /* of pages of PAGE_SIZE */
};

/* The page number sits above 16 bits of offset, and a freed block's place in units fits u16. */
static_assert(PAGE_SIZE == 1 << 16, "offsets are 16 bits");
static_assert(HEAP_BLOCK_MAX * 4 <= PAGE_SIZE, "a page holds at least four blocks");

static u32 class_of(u32 size);
static u32 class_block_size(u32 class);
static u64 put_alone(struct heap *heap, const void *data, u32 size);
static u32 page_open(struct heap *heap, u32 size);
static u32 page_open_class(struct heap *heap, u32 class);
static void page_close(struct heap *heap, u32 number);
static void page_link(struct heap *heap, u32 number);
static void page_unlink(struct heap *heap, u32 number);

void heap_init(struct heap *heap, struct mem *mem)
{
    *heap = (struct heap){ .mem = mem, .page_free = NO_PAGE };
    blocks_init(&heap->blocks, mem, PAGE_SIZE);
    for (u32 class = 0; class < HEAP_CLASS_COUNT; class ++)
        heap->class_open[class] = NO_PAGE;
}

void heap_deinit(struct heap *heap)
{
    for (u32 number = 0; number < heap->page_count; number++)
        if (heap->bases[number]) page_close(heap, number);
    mem_free(heap->mem, heap->bases, heap->page_capacity * sizeof *heap->bases);
    mem_free(heap->mem, heap->pages, heap->page_capacity * sizeof *heap->pages);
    blocks_deinit(&heap->blocks);
}

void heap_drop(struct heap *heap)
{
    struct mem *mem = heap->mem;
    heap_deinit(heap);
    heap_init(heap, mem);
}

u64 heap_size(const struct heap *heap)
{
    return heap->size + blocks_size(&heap->blocks);
}

/* 16 .. 128 by 8, 144 .. 256 by 16, then 320, 384, 448, 512, 640, ...: at most seven bytes are lost, or a tenth, or a
 * fifth of a block. */
#define CLASS_256 22u

static u32 class_of(u32 size)
{
    if (size <= 16) return 0;
    if (size <= 128) return (size - 1) / 8 - 1;
    if (size <= 256) return (size - 1) / 16 + 7;
    u32 doubling = 31 - (u32)__builtin_clz(size - 1); /* 8 for 257..512 */
    u32 quarter = ((size - 1) >> (doubling - 2)) & 3;
    return CLASS_256 + 1 + (doubling - 8) * 4 + quarter;
}

static u32 class_block_size(u32 class)
{
    if (class <= 14) return (class + 2) * 8;
    if (class <= CLASS_256) return (class - 6) * 16;
    u32 large = class - CLASS_256 - 1, doubling = 8 + large / 4;
    return (1u << doubling) + (large % 4 + 1) * (1u << (doubling - 2));
}

u64 heap_put(struct heap *heap, const void *data, u32 size)
{
    assert(size > 0);
    heap->live_count++;
    if (size > HEAP_BLOCK_MAX) return put_alone(heap, data, size);
    u32 class = class_of(size);
    u32 block_size = class_block_size(class);
    u32 number = heap->class_open[class];
    if (number == NO_PAGE) number = page_open_class(heap, class);

    struct heap_page *page = &heap->pages[number];
    u32 offset;
    if (page->free_first) {
        offset = (page->free_first - 1u) * UNIT;
        memcpy(&page->free_first, heap->bases[number] + offset, sizeof page->free_first);
    } else {
        offset = page->fresh;
        page->fresh += block_size;
    }
    page->live_count++;
    if (!page->free_first && page->fresh + block_size > page->size) page_unlink(heap, number);
    memcpy(heap->bases[number] + offset, data, size);
    return (u64)number << 16 | offset;
}

static u64 put_alone(struct heap *heap, const void *data, u32 size)
{
    u32 number = page_open(heap, size);
    struct heap_page *page = &heap->pages[number];
    page->class = OWN_PAGE;
    page->live_count = 1;
    memcpy(heap->bases[number], data, size);
    return (u64)number << 16;
}

void heap_free(struct heap *heap, u64 reference, u32 size)
{
    u32 number = (u32)(reference >> 16);
    u32 offset = (u32)(reference & 0xFFFF);
    assert(number < heap->page_count && heap->bases[number]);
    struct heap_page *page = &heap->pages[number];
    assert(page->live_count > 0);
    heap->live_count--;
    page->live_count--;
    if (page->class == OWN_PAGE) {
        assert(page->size == size && offset == 0);
        page_close(heap, number);
        return;
    }
    u32 block_size = class_block_size(page->class);
    assert(page->class == class_of(size) && offset % block_size == 0);
    bool had_room = page->free_first || page->fresh + block_size <= page->size;
    memcpy(heap->bases[number] + offset, &page->free_first, sizeof page->free_first);
    page->free_first = (u16)(offset / UNIT + 1);
    if (!had_room) page_link(heap, number);
    if (page->live_count > 0) return;
    page_unlink(heap, number);
    heap->class_pages[page->class]--;
    page_close(heap, number);
}

/* A class's pages double until they are whole, so that memory follows use within a factor of two. */
static u32 page_open_class(struct heap *heap, u32 class)
{
    u32 size_min = MAX((u32)PAGE_MIN, class_block_size(class) * 4);
    u32 shift = MIN(heap->class_pages[class], 6u);
    u32 number = page_open(heap, MIN(size_min << shift, (u32)PAGE_SIZE));
    heap->pages[number].class = (u16) class;
    heap->class_pages[class]++;
    page_link(heap, number);
    return number;
}

static u32 page_number_take(struct heap *heap)
{
    u32 number = heap->page_free;
    if (number != NO_PAGE) {
        heap->page_free = heap->pages[number].next;
        return number;
    }
    if (heap->page_count == heap->page_capacity) {
        u32 old = heap->page_capacity, new = old ? old * 2 : 4;
        heap->bases = mem_realloc(heap->mem, heap->bases, old * sizeof *heap->bases,
                                  new * sizeof *heap->bases);
        heap->pages = mem_realloc(heap->mem, heap->pages, old * sizeof *heap->pages,
                                  new * sizeof *heap->pages);
        heap->size += (u64)(new - old) * (sizeof *heap->bases + sizeof *heap->pages);
        heap->page_capacity = new;
    }
    return heap->page_count++;
}

static u32 page_open(struct heap *heap, u32 size)
{
    u32 number = page_number_take(heap);
    struct heap_page page = { .size = size, .next = NO_PAGE, .previous = NO_PAGE };
    if (size == PAGE_SIZE) {
        heap->bases[number] = blocks_take(&heap->blocks, &page.chunk);
    } else {
        heap->bases[number] = mem_alloc(heap->mem, size);
        heap->size += size;
    }
    heap->pages[number] = page;
    return number;
}

static void page_close(struct heap *heap, u32 number)
{
    struct heap_page *page = &heap->pages[number];
    if (page->chunk) {
        blocks_give(&heap->blocks, page->chunk, heap->bases[number]);
    } else {
        mem_free(heap->mem, heap->bases[number], page->size);
        heap->size -= page->size;
    }
    heap->bases[number] = NULL;
    page->next = heap->page_free;
    heap->page_free = number;
}

static void page_link(struct heap *heap, u32 number)
{
    struct heap_page *page = &heap->pages[number];
    u32 first = heap->class_open[page->class];
    page->previous = NO_PAGE;
    page->next = first;
    if (first != NO_PAGE) heap->pages[first].previous = number;
    heap->class_open[page->class] = number;
}

static void page_unlink(struct heap *heap, u32 number)
{
    struct heap_page *page = &heap->pages[number];
    if (page->previous == NO_PAGE)
        heap->class_open[page->class] = page->next;
    else
        heap->pages[page->previous].next = page->next;
    if (page->next != NO_PAGE) heap->pages[page->next].previous = page->previous;
}
