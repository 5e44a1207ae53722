#include "state/index_internal.h"

#define NO_LIST UINT32_MAX

static u32 list_open(struct index *index, u32 class);
static void list_close(struct index *index, u32 ref);
static u32 list_count(const u32 *slots, u32 capacity);
static u32 list_resize(struct index *index, u32 ref, u32 count, u32 class);
static u32 tree_from_list(struct index *index, u32 ref);
static u32 list_from_tree(struct index *index, u32 ref);
static struct tree_entry tree_entry_for(const struct index *index, u32 slot);

void index_lists_init(struct index *index)
{
    for (u32 class = 0; class < LIST_CLASS_COUNT; class ++)
        index->list_free[class] = NO_LIST;
    index->tree_free = NO_LIST;
}

void index_lists_deinit(struct index *index)
{
    for (u32 number = 0; number < index->tree_count; number++)
        tree_close(index->trees[number].tree);
    mem_free(index->mem, index->trees, index->tree_capacity * sizeof *index->trees);
    span_free(&index->lists, index->mem);
    index->trees = NULL;
    index->tree_count = index->tree_capacity = index->list_end = 0;
    index_lists_init(index);
}

u64 index_lists_size(const struct index *index)
{
    u64 size = index->lists.size + index->tree_capacity * sizeof *index->trees;
    for (u32 number = 0; number < index->tree_count; number++)
        if (index->trees[number].tree) size += tree_size(index->trees[number].tree);
    return size;
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
    if (ref_class(*ref) != REF_TREE) {
        u32 capacity = list_capacity(*ref), count = list_count(list_at(index, *ref), capacity);
        if (count == LIST_COUNT_MAX)
            *ref = tree_from_list(index, *ref);
        else if (count == capacity)
            *ref = list_resize(index, *ref, count, ref_class(*ref) + 1);
        if (ref_class(*ref) != REF_TREE) {
            list_at(index, *ref)[count] = slot;
            return;
        }
    }
    struct tree_entry entry = tree_entry_for(index, slot);
    tree_entry_add(tree_of(index, *ref), &entry);
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
    if (ref_class(*ref) == REF_TREE) {
        struct tree *tree = tree_of(index, *ref);
        struct tree_entry entry = tree_entry_for(index, slot);
        if (!tree_entry_remove(tree, &entry)) return false;
        if (tree_count(tree) == LIST_FROM_TREE) *ref = list_from_tree(index, *ref);
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
    if (ref_class(*ref) == REF_TREE) {
        struct tree_entry old = tree_entry_for(index, slot_old);
        struct tree_entry new = tree_entry_for(index, slot_new);
        if (!tree_entry_remove(tree_of(index, *ref), &old)) return false;
        tree_entry_add(tree_of(index, *ref), &new);
        return true;
    }
    u32 *slots = list_at(index, *ref);
    u32 place = list_place(slots, list_capacity(*ref), slot_old);
    if (place == list_capacity(*ref)) return false;
    slots[place] = slot_new;
    return true;
}

/* --- Trees, for keys with many slots --- */

static struct tree_entry tree_entry_for(const struct index *index, u32 slot)
{
    u64 hash = rows_hash(index->rows, slot, NULL, 0, index->seed);
    return (struct tree_entry){ .prefix = hash, .slot = slot };
}

static u32 tree_number_take(struct index *index)
{
    u32 number = index->tree_free;
    if (number != NO_LIST) {
        index->tree_free = index->trees[number].next;
        return number;
    }
    if (index->tree_count == index->tree_capacity) {
        u32 old = index->tree_capacity, new = old ? old * 2 : 4;
        index->trees = mem_realloc(index->mem, index->trees, old * sizeof *index->trees,
                                   new * sizeof *index->trees);
        index->tree_capacity = new;
    }
    return index->tree_count++;
}

static u32 tree_from_list(struct index *index, u32 ref)
{
    u32 number = tree_number_take(index);
    struct tree *tree = tree_open_set(index->mem, index->rows);
    index->trees[number] = (struct tree_place){ .tree = tree };
    for (u32 i = 0; i < LIST_COUNT_MAX; i++) {
        struct tree_entry entry = tree_entry_for(index, list_at(index, ref)[i]);
        tree_entry_add(tree, &entry);
    }
    list_close(index, ref);
    return ref_make(REF_TREE, number);
}

static u32 list_from_tree(struct index *index, u32 ref)
{
    u32 list = list_open(index, LIST_CLASS_COUNT - 1);
    struct tree *tree = tree_of(index, ref);
    u32 count = tree_read(tree, 0, false, list_at(index, list), LIST_COUNT_MAX);
    assert(count == LIST_FROM_TREE);
    tree_close(tree);
    index->trees[ref_number(ref)] = (struct tree_place){ .next = index->tree_free };
    index->tree_free = ref_number(ref);
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
    if (ref_class(ref) == REF_TREE)
        return tree_read(tree_of(index, ref), position, false, slots, capacity);
    const u32 *list = list_at(index, ref);
    u32 end = list_count(list, list_capacity(ref));
    u32 count = position < end ? MIN(end - position, capacity) : 0;
    memcpy(slots, list + position, count * sizeof *slots);
    return count;
}

bool index_list_holds(const struct index *index, u32 ref, u32 slot)
{
    if (ref < REF_MANY) return ref == slot;
    if (ref_class(ref) != REF_TREE)
        return list_place(list_at(index, ref), list_capacity(ref), slot) < list_capacity(ref);
    struct tree_entry entry = tree_entry_for(index, slot);
    return tree_entry_holds(tree_of(index, ref), &entry);
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
    u32 slots[LIST_COUNT_MAX];
    u64 position = 0, end = LIST_COUNT_MAX;
    if (ref >= REF_MANY && ref_class(ref) == REF_TREE) {
        u64 hash = hash_of_row(index, batch, row);
        position = tree_seek_prefix(tree_of(index, ref), hash);
        end = hash == UINT64_MAX ? tree_count(tree_of(index, ref))
                                 : tree_seek_prefix(tree_of(index, ref), hash + 1);
    }
    while (position < end) {
        u32 wanted = (u32)MIN(end - position, (u64)LIST_COUNT_MAX);
        u32 count = index_list_read(index, ref, (u32)position, slots, wanted);
        for (u32 i = 0; i < count; i++)
            if (rows_identical(index->rows, slots[i], batch, row)) return slots[i];
        if (count < wanted) return SLOT_NONE;
        position += count;
    }
    return SLOT_NONE;
}
