#include "state/tree_internal.h"

#define NODE_HEAD  8
#define CACHE_SIZE MIB(8) /* of smaller trees most nodes are in the cache */

static struct tree_layout make_layout(const struct tree *tree, bool is_leaf);

/* --- Opening and closing --- */

struct tree *tree_open(struct mem *mem, const struct rows *rows, const struct tree_order *order,
                       u32 order_count)
{
    struct tree *tree = tree_open_set(mem, rows);
    tree->order_count = order_count;
    tree->order = mem_alloc(mem, order_count * sizeof *order);
    for (u32 index = 0; index < order_count; index++) {
        assert(order[index].column < rows->column_count);
        tree->order[index] = order[index];
    }
    tree->has_group = true;
    tree->leaf = make_layout(tree, true);
    tree->inner = make_layout(tree, false);
    return tree;
}

struct tree *tree_open_set(struct mem *mem, const struct rows *rows)
{
    struct tree *tree = tree_open_slots(mem, rows);
    tree->has_prefix = true;
    tree->leaf = make_layout(tree, true);
    tree->inner = make_layout(tree, false);
    return tree;
}

struct tree *tree_open_slots(struct mem *mem, const struct rows *rows)
{
    struct tree *tree = mem_zalloc(mem, sizeof *tree);
    tree->mem = mem;
    tree->rows = rows;
    tree->root = tree->node_free = TREE_NO_NODE;
    tree->leaf = make_layout(tree, true);
    tree->inner = make_layout(tree, false);
    return tree;
}

static struct tree_layout make_layout(const struct tree *tree, bool is_leaf)
{
    u32 width = 4 + (tree->has_prefix ? 8 : 0) + (tree->has_group ? 4 : 0) +
                (tree->has_tie ? 4 : 0) + (is_leaf ? 0 : 8);
    u16 capacity = (u16)((TREE_NODE_SIZE - NODE_HEAD) / width);
    struct tree_layout layout = { .capacity = capacity };
    u16 next = NODE_HEAD, step = (u16)(capacity * 4);
    if (tree->has_prefix) {
        layout.prefix = next;
        next = (u16)(next + capacity * 8);
    }
    u16 *arrays[] = { &layout.slot, &layout.group, &layout.tie, &layout.child, &layout.count };
    bool wanted[] = { true, tree->has_group, tree->has_tie, !is_leaf, !is_leaf };
    for (u32 index = 0; index < countof(arrays); index++) {
        if (!wanted[index]) continue;
        *arrays[index] = next;
        next = (u16)(next + step);
    }
    assert(next <= TREE_NODE_SIZE);
    return layout;
}

void tree_set_tie(struct tree *tree, const u32 *columns, u32 column_count, u64 seed)
{
    assert(tree->count == 0 && !tree->has_tie);
    tree->has_tie = true;
    tree->tie_seed = seed;
    if (columns) {
        tree->tie_columns = mem_alloc(tree->mem, column_count * sizeof *columns);
        memcpy(tree->tie_columns, columns, column_count * sizeof *columns);
        tree->tie_column_count = column_count;
    }
    tree->leaf = make_layout(tree, true);
    tree->inner = make_layout(tree, false);
}

void tree_close(struct tree *tree)
{
    if (!tree) return;
    struct mem *mem = tree->mem;
    span_free(&tree->nodes, mem);
    mem_free(mem, tree->order, tree->order_count * sizeof *tree->order);
    mem_free(mem, tree->tie_columns, tree->tie_column_count * sizeof *tree->tie_columns);
    mem_free(mem, tree, sizeof *tree);
}

u64 tree_size(const struct tree *tree)
{
    return sizeof *tree + tree->nodes.size + tree->order_count * sizeof *tree->order +
           tree->tie_column_count * sizeof *tree->tie_columns;
}

u64 tree_count(const struct tree *tree)
{
    return tree->count;
}

/* --- Searching --- */

static u32 slots_before(const u32 *slots, u32 count, u32 slot)
{
    u32 low = 0;
    while (low < count) {
        u32 middle = (low + count) / 2;
        if (slots[middle] < slot)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

/* The number of entries of the node that are before the target. The branches are guessed, and a guess
 * fetches ahead: without branches large trees were slower, small ones no faster. */
static u32 node_find(const struct tree *tree, u32 node, const struct tree_layout *layout,
                     const struct tree_target *target)
{
    if (!layout->prefix)
        return slots_before(node_u32(tree, node, layout->slot), *node_count(tree, node),
                            target->entry.slot);
    const u64 *prefixes = node_prefixes(tree, node, layout);
    u32 group = target->entry.group;
    bool has_groups = layout->group && MAX(tree->group_max, group) > 0;
    const u32 *groups = has_groups ? node_u32(tree, node, layout->group) : NULL;
    u64 prefix = target->entry.prefix;
    bool is_whole_group = !target->is_entry && target->key_count == 0;
    u32 low = 0, high = *node_count(tree, node);
    while (low < high) {
        u32 middle = (low + high) / 2;
        bool before;
        if (groups && groups[middle] != group) {
            before = groups[middle] < group;
        } else if (is_whole_group) {
            before = target->after;
        } else if (prefixes[middle] != prefix) {
            before = prefixes[middle] < prefix;
        } else {
            struct tree_entry entry = node_entry(tree, node, layout, middle);
            before = tree_compare_rest(tree, &entry, target) < 0;
        }
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* All lines that a search may touch, at once instead of one after the other. */
static void node_prefetch(const struct tree *tree, u32 node, const struct tree_layout *layout)
{
    const u8 *start = node_at(tree, node);
    u32 end = layout->prefix ? layout->prefix + layout->capacity * 8u
                             : layout->slot + layout->capacity * 4u;
    for (u32 at = 0; at < end; at += 64)
        __builtin_prefetch(start + at);
    if (tree->group_max == 0) return;
    for (u32 at = 0; at < layout->capacity * 4u; at += 64)
        __builtin_prefetch(start + layout->group + at);
}

/* The child that holds the target: the last one whose least entry is not behind it. */
static u32 child_place(const struct tree *tree, u32 node, const struct tree_target *target)
{
    u32 before = node_find(tree, node, &tree->inner, target);
    bool at_least = target->is_entry && node_has(tree, node, &tree->inner, before, &target->entry);
    return at_least ? before : (before > 0 ? before - 1 : 0);
}

/* Fills path; the leaf's place is the number of its entries before the target. */
void tree_descend(const struct tree *tree, const struct tree_target *target, struct tree_path *path)
{
    bool is_large = tree->nodes.size >= CACHE_SIZE;
    u32 node = tree->root;
    path->depth = tree->depth;
    for (u32 level = 0; level < tree->depth; level++) {
        u32 place = child_place(tree, node, target);
        path->nodes[level] = node;
        path->places[level] = place;
        node = node_u32(tree, node, tree->inner.child)[place];
        bool is_last = level + 1 == tree->depth;
        if (is_large) node_prefetch(tree, node, is_last ? &tree->leaf : &tree->inner);
    }
    path->nodes[tree->depth] = node;
    path->places[tree->depth] = node_find(tree, node, &tree->leaf, target);
}

bool tree_descend_last(const struct tree *tree, const struct tree_target *target,
                       struct tree_path *path)
{
    u32 node = tree->root, level = 0;
    path->depth = tree->depth;
    for (; level < tree->depth; level++) {
        path->nodes[level] = node;
        path->places[level] = *node_count(tree, node) - 1;
        node = node_u32(tree, node, tree->inner.child)[path->places[level]];
    }
    u32 count = *node_count(tree, node);
    path->nodes[level] = node;
    path->places[level] = count;
    if (count == 0) return false;
    struct tree_entry last = node_entry(tree, node, &tree->leaf, count - 1);
    const struct tree_entry *entry = &target->entry;
    if (last.group != entry->group) return last.group < entry->group;
    if (last.prefix != entry->prefix) return last.prefix < entry->prefix;
    return tree_compare_rest(tree, &last, target) < 0;
}

static u64 position_of(const struct tree *tree, const struct tree_path *path)
{
    u64 position = path->places[path->depth];
    for (u32 level = 0; level < path->depth; level++) {
        const u32 *counts = node_u32(tree, path->nodes[level], tree->inner.count);
        for (u32 place = 0; place < path->places[level]; place++)
            position += counts[place];
    }
    return position;
}

static u64 seek(const struct tree *tree, const struct tree_target *target)
{
    if (tree->count == 0) return 0;
    struct tree_path path;
    tree_descend(tree, target, &path);
    return position_of(tree, &path);
}

u64 tree_group_seek(const struct tree *tree, u32 group, const struct column *keys, u32 key_count,
                    u32 row, bool after)
{
    struct tree_target target = tree_target_of_key(tree, group, keys, key_count, row, after);
    return seek(tree, &target);
}

u64 tree_seek(const struct tree *tree, const struct column *keys, u32 key_count, u32 row,
              bool after)
{
    return tree_group_seek(tree, 0, keys, key_count, row, after);
}

bool tree_entry_holds(const struct tree *tree, const struct tree_entry *entry)
{
    if (tree->count == 0) return false;
    struct tree_target target = tree_target_of_entry(tree, entry);
    struct tree_path path;
    tree_descend(tree, &target, &path);
    return node_has(tree, path.nodes[path.depth], &tree->leaf, path.places[path.depth], entry);
}

u64 tree_group_rank(const struct tree *tree, u32 group, u32 slot)
{
    if (tree->count == 0) return UINT64_MAX;
    struct tree_entry entry = tree_entry_of(tree, group, slot);
    struct tree_target target = tree_target_of_entry(tree, &entry);
    struct tree_path path;
    tree_descend(tree, &target, &path);
    if (!node_has(tree, path.nodes[path.depth], &tree->leaf, path.places[path.depth], &entry))
        return UINT64_MAX;
    return position_of(tree, &path);
}

u64 tree_rank(const struct tree *tree, u32 slot)
{
    return tree_group_rank(tree, 0, slot);
}

/* --- Reading --- */

static void path_to(const struct tree *tree, u64 position, struct tree_path *path)
{
    u32 node = tree->root;
    path->depth = tree->depth;
    for (u32 level = 0; level < tree->depth; level++) {
        const u32 *counts = node_u32(tree, node, tree->inner.count);
        u32 place = 0;
        while (position >= counts[place])
            position -= counts[place++];
        path->nodes[level] = node;
        path->places[level] = place;
        node = node_u32(tree, node, tree->inner.child)[place];
    }
    path->nodes[tree->depth] = node;
    path->places[tree->depth] = (u32)position;
}

/* To the first place of the next leaf, or the last one of the leaf before; false at the end. */
static bool path_step(const struct tree *tree, struct tree_path *path, bool backwards)
{
    u32 level = path->depth;
    do {
        if (level == 0) return false;
        level--;
    } while (backwards ? path->places[level] == 0
                       : path->places[level] + 1 == *node_count(tree, path->nodes[level]));
    path->places[level] += backwards ? UINT32_MAX : 1;
    for (; level < path->depth; level++) {
        u32 child = node_u32(tree, path->nodes[level], tree->inner.child)[path->places[level]];
        path->nodes[level + 1] = child;
        path->places[level + 1] = backwards ? *node_count(tree, child) - 1 : 0;
    }
    return true;
}

void tree_find_prefix(const struct tree *tree, u64 prefix, struct tree_path *path)
{
    struct tree_entry entry = { .prefix = prefix };
    struct tree_target target = tree_target_of_entry(tree, &entry);
    assert(tree->count > 0 && tree->has_prefix);
    tree_descend(tree, &target, path);
}

u32 tree_next_of_prefix(const struct tree *tree, u64 prefix, struct tree_path *path)
{
    u32 *place = &path->places[path->depth];
    if (*place == *node_count(tree, path->nodes[path->depth]) && !path_step(tree, path, false))
        return SLOT_NONE;
    u32 leaf = path->nodes[path->depth];
    if (node_prefix(tree, leaf, &tree->leaf, *place) != prefix) return SLOT_NONE;
    return node_u32(tree, leaf, tree->leaf.slot)[(*place)++];
}

u32 tree_read(const struct tree *tree, u64 position, bool backwards, u32 *slots, u32 capacity)
{
    if (position >= tree->count || capacity == 0) return 0;
    struct tree_path path;
    path_to(tree, position, &path);
    u32 count = 0;
    do {
        u32 leaf = path.nodes[path.depth], place = path.places[path.depth];
        const u32 *values = node_u32(tree, leaf, tree->leaf.slot);
        u32 there = backwards ? place + 1 : *node_count(tree, leaf) - place;
        u32 taken = MIN(there, capacity - count);
        for (u32 i = 0; i < taken; i++)
            slots[count + i] = backwards ? values[place - i] : values[place + i];
        count += taken;
    } while (count < capacity && path_step(tree, &path, backwards));
    return count;
}
