#include "state/index_internal.h"

#define NO_LIST UINT32_MAX

static u32 list_open(struct index *index, u32 class);
static void list_close(struct index *index, u32 ref);
static u32 list_count(const u32 *slots, u32 capacity);
static u32 list_resize(struct index *index, u32 ref, u32 count, u32 class);
static u32 large_from_list(struct index *index, u32 ref);
static u32 list_from_large(struct index *index, u32 ref);

void index_lists_init(struct index *index)
{
    for (u32 class = 0; class < LIST_CLASS_COUNT; class ++)
        index->list_free[class] = NO_LIST;
    index_large_init(index);
}

void index_lists_deinit(struct index *index)
{
    index_large_deinit(index);
    span_free(&index->lists, index->mem);
    index->list_end = 0;
    index_lists_init(index);
}

u64 index_lists_size(const struct index *index)
{
    return index->lists.size + index_large_size(index);
}

/* --- Memory of lists: units of two slots, freed blocks by class --- */

static u32 ref_make(u32 class, u32 number)
{
    assert(number <= 0x0FFFFFFF);
    return REF_MANY | class << 28 | number;
}

static void list_push_free(struct index *index, u32 class, u32 number)
{
    *list_at(index, number) = index->list_free[class];
    index->list_free[class] = number;
}

/* From its class, or a part of a larger free one, or from the end. */
static u32 list_open(struct index *index, u32 class)
{
    u32 from = class;
    while (from < LIST_CLASS_COUNT && index->list_free[from] == NO_LIST)
        from++;
    u32 number;
    if (from < LIST_CLASS_COUNT) {
        number = index->list_free[from];
        index->list_free[from] = *list_at(index, number);
        while (from > class) {
            from--;
            list_push_free(index, from, number + (1u << from));
        }
    } else {
        number = index->list_end;
        index->list_end += 1u << class;
        span_grow(&index->lists, index->mem, (u64)index->list_end * 8);
    }
    u32 ref = ref_make(class, number);
    memset(list_at(index, ref), 0xFF, list_capacity(ref) * sizeof(u32));
    return ref;
}

static void list_close(struct index *index, u32 ref)
{
    list_push_free(index, ref_class(ref), ref_number(ref));
}

/* Slots come first, then SLOT_NONE. */
static u32 list_count(const u32 *slots, u32 capacity)
{
    u32 low = 1, high = capacity;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (slots[middle] == SLOT_NONE)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static u32 list_resize(struct index *index, u32 ref, u32 count, u32 class)
{
    u32 moved = list_open(index, class);
    memcpy(list_at(index, moved), list_at(index, ref), count * sizeof(u32));
    list_close(index, ref);
    return moved;
}

/* --- Changes --- */

void index_list_add(struct index *index, u32 *ref, u32 slot)
{
    if (*ref < REF_MANY) {
        u32 list = list_open(index, 0);
        list_at(index, list)[0] = *ref;
        list_at(index, list)[1] = slot;
        *ref = list;
        return;
    }
    if (ref_class(*ref) != REF_LARGE) {
        u32 capacity = list_capacity(*ref), count = list_count(list_at(index, *ref), capacity);
        if (count == LIST_COUNT_MAX)
            *ref = large_from_list(index, *ref);
        else if (count == capacity)
            *ref = list_resize(index, *ref, count, ref_class(*ref) + 1);
        if (ref_class(*ref) != REF_LARGE) {
            list_at(index, *ref)[count] = slot;
            return;
        }
    }
    index_large_add(index, ref_number(*ref), slot);
}

static u32 list_place(const u32 *slots, u32 capacity, u32 slot)
{
    u32 place = 0;
    while (place < capacity && slots[place] != slot)
        place++;
    return place;
}

bool index_list_remove(struct index *index, u32 *ref, u32 slot)
{
    assert(*ref >= REF_MANY);
    if (ref_class(*ref) == REF_LARGE) {
        u32 number = ref_number(*ref);
        if (!index_large_remove(index, number, slot)) return false;
        if (index->larges[number].count == LIST_FROM_LARGE) *ref = list_from_large(index, *ref);
        return true;
    }
    u32 *slots = list_at(index, *ref);
    u32 capacity = list_capacity(*ref), place = list_place(slots, capacity, slot);
    if (place == capacity) return false;
    /* The others keep their order: it must not depend on what came and went. */
    u32 count = list_count(slots, capacity) - 1;
    memmove(slots + place, slots + place + 1, (count - place) * sizeof *slots);
    slots[count] = SLOT_NONE;
    if (count == 1) {
        u32 only = slots[0];
        list_close(index, *ref);
        *ref = only;
    } else if (count <= capacity / 4) {
        *ref = list_resize(index, *ref, count, ref_class(*ref) - 1);
    }
    return true;
}

bool index_list_replace(struct index *index, u32 *ref, u32 slot_old, u32 slot_new)
{
    if (*ref < REF_MANY) {
        if (*ref != slot_old) return false;
        *ref = slot_new;
        return true;
    }
    if (ref_class(*ref) == REF_LARGE)
        return index_large_replace(index, ref_number(*ref), slot_old, slot_new);
    u32 *slots = list_at(index, *ref);
    u32 place = list_place(slots, list_capacity(*ref), slot_old);
    if (place == list_capacity(*ref)) return false;
    slots[place] = slot_new;
    return true;
}

static u32 large_from_list(struct index *index, u32 ref)
{
    u32 number = index_large_open(index, list_at(index, ref), LIST_COUNT_MAX);
    list_close(index, ref);
    return ref_make(REF_LARGE, number);
}

static u32 list_from_large(struct index *index, u32 ref)
{
    u32 list = list_open(index, LIST_CLASS_COUNT - 1);
    u32 count = index_large_read(index, ref_number(ref), 0, list_at(index, list), LIST_COUNT_MAX);
    assert(count == LIST_FROM_LARGE);
    index_large_close(index, ref_number(ref));
    return list;
}

/* --- Reading --- */

u32 index_list_read(const struct index *index, u32 ref, u32 position, u32 *slots, u32 capacity)
{
    if (capacity == 0) return 0;
    if (ref < REF_MANY) {
        *slots = ref;
        return position == 0;
    }
    if (ref_class(ref) == REF_LARGE)
        return index_large_read(index, ref_number(ref), position, slots, capacity);
    const u32 *list = list_at(index, ref);
    u32 end = list_count(list, list_capacity(ref));
    u32 count = position < end ? MIN(end - position, capacity) : 0;
    memcpy(slots, list + position, count * sizeof *slots);
    return count;
}

bool index_list_holds(const struct index *index, u32 ref, u32 slot)
{
    if (ref < REF_MANY) return ref == slot;
    if (ref_class(ref) == REF_LARGE) return index_large_holds(index, ref_number(ref), slot);
    return list_place(list_at(index, ref), list_capacity(ref), slot) < list_capacity(ref);
}

static u64 hash_of_row(const struct index *index, const struct batch *batch, u32 row)
{
    u64 hash = index->seed;
    for (u32 i = 0; i < batch->column_count; i++) {
        const struct column *column = &batch->columns[i];
        struct column one = { .type = column->type,
                              .data = (u8 *)column->data + (size_t)row * type_width(column->type),
                              .nulls = column->nulls ? column->nulls + row : NULL };
        column_hash(&one, 1, &hash);
    }
    return hash;
}

u32 index_list_find_row(const struct index *index, u32 ref, const struct batch *batch, u32 row)
{
    if (ref >= REF_MANY && ref_class(ref) == REF_LARGE)
        return index_large_find_row(index, ref_number(ref), hash_of_row(index, batch, row), batch,
                                    row);
    u32 slots[LIST_COUNT_MAX];
    u32 count = index_list_read(index, ref, 0, slots, LIST_COUNT_MAX);
    for (u32 i = 0; i < count; i++)
        if (rows_identical(index->rows, slots[i], batch, row)) return slots[i];
    return SLOT_NONE;
}
