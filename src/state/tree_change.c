/* How entries come into a tree and leave it. */
#include "state/tree_internal.h"

static u32 node_open(struct tree *tree)
{
    u32 node = tree->node_free;
    if (node != TREE_NO_NODE) {
        tree->node_free = *node_u32(tree, node, 4);
    } else {
        node = tree->node_end++;
        span_grow(&tree->nodes, tree->mem, (u64)tree->node_end * TREE_NODE_SIZE);
    }
    tree->node_count++;
    *node_count(tree, node) = 0;
    return node;
}

static void node_close(struct tree *tree, u32 node)
{
    *node_u32(tree, node, 4) = tree->node_free;
    tree->node_free = node;
    tree->node_count--;
}

/* The last entry went: as new. */
static void reset(struct tree *tree)
{
    span_free(&tree->nodes, tree->mem);
    tree->root = tree->node_free = TREE_NO_NODE;
    tree->node_count = tree->node_end = tree->depth = tree->group_max = 0;
    tree->is_rising = false;
}

/* Moves what lies from place on by one, in all arrays. */
static void node_open_place(const struct tree *tree, u32 node, const struct tree_layout *layout,
                            u32 place)
{
    u32 count = (*node_count(tree, node))++;
    assert(count < layout->capacity);
    u32 moved = count - place;
    if (moved == 0) return;
    u64 *prefixes = node_prefixes(tree, node, layout) + place;
    if (layout->prefix) memmove(prefixes + 1, prefixes, moved * sizeof *prefixes);
    u16 arrays[] = { layout->slot, layout->group, layout->tie, layout->child, layout->count };
    for (u32 index = 0; index < countof(arrays); index++) {
        if (!arrays[index]) continue;
        u32 *values = node_u32(tree, node, arrays[index]) + place;
        memmove(values + 1, values, moved * sizeof *values);
    }
}

static void node_close_place(const struct tree *tree, u32 node, const struct tree_layout *layout,
                             u32 place)
{
    u32 count = --*node_count(tree, node);
    assert(place <= count);
    u32 moved = count - place;
    u64 *prefixes = node_prefixes(tree, node, layout) + place;
    if (layout->prefix) memmove(prefixes, prefixes + 1, moved * sizeof *prefixes);
    u16 arrays[] = { layout->slot, layout->group, layout->tie, layout->child, layout->count };
    for (u32 index = 0; index < countof(arrays); index++) {
        if (!arrays[index]) continue;
        u32 *values = node_u32(tree, node, arrays[index]) + place;
        memmove(values, values + 1, moved * sizeof *values);
    }
}

/* Appends source's entries from place on to target, and takes them out of source. */
static void node_move(const struct tree *tree, u32 source, u32 place, u32 target,
                      const struct tree_layout *layout)
{
    u32 moved = *node_count(tree, source) - place, start = *node_count(tree, target);
    assert(start + moved <= layout->capacity);
    if (moved == 0) return;
    if (layout->prefix)
        memcpy(node_prefixes(tree, target, layout) + start,
               node_prefixes(tree, source, layout) + place, moved * sizeof(u64));
    u16 arrays[] = { layout->slot, layout->group, layout->tie, layout->child, layout->count };
    for (u32 index = 0; index < countof(arrays); index++) {
        if (!arrays[index]) continue;
        memcpy(node_u32(tree, target, arrays[index]) + start,
               node_u32(tree, source, arrays[index]) + place, moved * sizeof(u32));
    }
    *node_count(tree, source) = place;
    *node_count(tree, target) = start + moved;
}

static u64 node_sum(const struct tree *tree, u32 node, bool is_leaf)
{
    u32 count = *node_count(tree, node);
    if (is_leaf) return count;
    const u32 *counts = node_u32(tree, node, tree->inner.count);
    u64 sum = 0;
    for (u32 place = 0; place < count; place++)
        sum += counts[place];
    return sum;
}

/* Writes the child's least entry and count into its parent's place. */
static void parent_note(const struct tree *tree, const struct tree_path *path, u32 level, u32 child,
                        bool is_leaf)
{
    u32 node = path->nodes[level], place = path->places[level];
    struct tree_entry least = node_entry(tree, child, is_leaf ? &tree->leaf : &tree->inner, 0);
    node_set_entry(tree, node, &tree->inner, place, &least);
    node_u32(tree, node, tree->inner.child)[place] = child;
    node_u32(tree, node, tree->inner.count)[place] = (u32)node_sum(tree, child, is_leaf);
}

static void grow_root(struct tree *tree, struct tree_path *path)
{
    u32 old = tree->root, new = node_open(tree);
    assert(tree->depth + 2 < TREE_DEPTH_MAX);
    *node_count(tree, new) = 1;
    for (u32 level = path->depth + 1; level > 0; level--) {
        path->nodes[level] = path->nodes[level - 1];
        path->places[level] = path->places[level - 1];
    }
    path->depth++;
    path->nodes[0] = new;
    path->places[0] = 0;
    parent_note(tree, path, 0, old, tree->depth == 0);
    tree->root = new;
    tree->depth++;
}

/* Splits the full node at this level of the path, which then leads to the half where its place lies. At the
 * right edge only what comes next goes into the new node, so that rising keys leave full nodes behind. */
static void split(struct tree *tree, struct tree_path *path, u32 level)
{
    bool is_leaf = level == path->depth;
    const struct tree_layout *layout = is_leaf ? &tree->leaf : &tree->inner;
    u32 left = path->nodes[level], place = path->places[level];
    u32 count = *node_count(tree, left);
    u32 right = node_open(tree);
    u32 boundary = place + !is_leaf >= count ? count - 1 : count / 2;
    node_move(tree, left, boundary, right, layout);

    u32 parent_level = level - 1, parent = path->nodes[parent_level];
    parent_note(tree, path, parent_level, left, is_leaf);
    node_open_place(tree, parent, &tree->inner, path->places[parent_level] + 1);
    path->places[parent_level]++;
    parent_note(tree, path, parent_level, right, is_leaf);
    if (place >= boundary) {
        path->nodes[level] = right;
        path->places[level] = place - boundary;
    } else {
        path->places[parent_level]--;
    }
}

/* Splits from the highest full node whose parent has room downwards. */
static void make_room(struct tree *tree, struct tree_path *path)
{
    u32 level = path->depth;
    const struct tree_layout *layout = &tree->leaf;
    u32 splits = 0;
    while (*node_count(tree, path->nodes[level]) == layout->capacity) {
        splits++;
        if (level == 0) {
            grow_root(tree, path);
            break;
        }
        level--;
        layout = &tree->inner;
    }
    for (u32 step = splits; step > 0; step--)
        split(tree, path, path->depth - step + 1);
}

/* After an entry came into the leaf: counts, and least entries where the first one changed. */
static void note_addition(const struct tree *tree, const struct tree_path *path)
{
    bool first = path->places[path->depth] == 0;
    for (u32 level = path->depth; level > 0; level--) {
        u32 parent = path->nodes[level - 1], place = path->places[level - 1];
        node_u32(tree, parent, tree->inner.count)[place]++;
        if (!first) continue;
        const struct tree_layout *layout = level == path->depth ? &tree->leaf : &tree->inner;
        struct tree_entry least = node_entry(tree, path->nodes[level], layout, 0);
        node_set_entry(tree, parent, &tree->inner, place, &least);
        first = place == 0;
    }
}

/* Does the path lead behind the last entry? */
static bool path_is_last(const struct tree *tree, const struct tree_path *path)
{
    for (u32 level = 0; level < path->depth; level++)
        if (path->places[level] + 1 < *node_count(tree, path->nodes[level])) return false;
    return path->places[path->depth] == *node_count(tree, path->nodes[path->depth]);
}

void tree_entry_add(struct tree *tree, const struct tree_entry *entry)
{
    struct tree_target target = tree_target_of_entry(tree, entry);
    struct tree_path path;
    if (tree->root == TREE_NO_NODE) tree->root = node_open(tree);
    if (!tree->is_rising || !tree_descend_last(tree, &target, &path))
        tree_descend(tree, &target, &path);
    assert(!node_has(tree, path.nodes[path.depth], &tree->leaf, path.places[path.depth], entry));
    tree->is_rising = path_is_last(tree, &path);
    make_room(tree, &path);
    u32 leaf = path.nodes[path.depth], place = path.places[path.depth];
    node_open_place(tree, leaf, &tree->leaf, place);
    node_set_entry(tree, leaf, &tree->leaf, place, entry);
    note_addition(tree, &path);
    tree->group_max = MAX(tree->group_max, entry->group);
    tree->count++;
}

void tree_group_add(struct tree *tree, u32 group, u32 slot)
{
    struct tree_entry entry = tree_entry_of(tree, group, slot);
    tree_entry_add(tree, &entry);
}

void tree_add(struct tree *tree, u32 slot)
{
    tree_group_add(tree, 0, slot);
}

/* Puts a node that became small together with a neighbour when both fit into one. */
static void merge(struct tree *tree, struct tree_path *path, u32 level)
{
    bool is_leaf = level == path->depth;
    const struct tree_layout *layout = is_leaf ? &tree->leaf : &tree->inner;
    u32 node = path->nodes[level], parent = path->nodes[level - 1], place = path->places[level - 1];
    u32 count = *node_count(tree, node);
    const u32 *children = node_u32(tree, parent, tree->inner.child);
    if (place > 0 && *node_count(tree, children[place - 1]) + count <= layout->capacity) {
        path->nodes[level] = children[place - 1];
        path->places[level - 1] = place - 1;
    } else if (place + 1 < *node_count(tree, parent) &&
               *node_count(tree, children[place + 1]) + count <= layout->capacity) {
        node = children[place + 1];
    } else {
        return;
    }
    u32 left = path->nodes[level];
    node_move(tree, node, 0, left, layout);
    node_close(tree, node);
    node_close_place(tree, parent, &tree->inner, path->places[level - 1] + 1);
    parent_note(tree, path, level - 1, left, is_leaf);
}

/* After an entry left the leaf: counts, least entries, and small nodes go. */
static void note_removal(struct tree *tree, struct tree_path *path)
{
    bool first = path->places[path->depth] == 0;
    for (u32 level = path->depth; level > 0; level--) {
        u32 node = path->nodes[level], parent = path->nodes[level - 1];
        u32 place = path->places[level - 1], count = *node_count(tree, node);
        if (count == 0) {
            node_close(tree, node);
            node_close_place(tree, parent, &tree->inner, place);
            first = place == 0;
            continue;
        }
        const struct tree_layout *layout = level == path->depth ? &tree->leaf : &tree->inner;
        struct tree_entry least = node_entry(tree, node, layout, 0);
        node_u32(tree, parent, tree->inner.count)[place]--;
        if (first) node_set_entry(tree, parent, &tree->inner, place, &least);
        first = first && place == 0;
        if (count < layout->capacity / 3u) merge(tree, path, level);
    }
    while (tree->depth > 0 && *node_count(tree, tree->root) == 1) {
        u32 child = *node_u32(tree, tree->root, tree->inner.child);
        node_close(tree, tree->root);
        tree->root = child;
        tree->depth--;
    }
}

bool tree_entry_remove(struct tree *tree, const struct tree_entry *entry)
{
    if (tree->count == 0) return false;
    struct tree_target target = tree_target_of_entry(tree, entry);
    struct tree_path path;
    tree_descend(tree, &target, &path);
    u32 leaf = path.nodes[path.depth], place = path.places[path.depth];
    if (!node_has(tree, leaf, &tree->leaf, place, entry)) return false;
    if (--tree->count == 0) {
        reset(tree);
        return true;
    }
    node_close_place(tree, leaf, &tree->leaf, place);
    note_removal(tree, &path);
    return true;
}

bool tree_group_remove(struct tree *tree, u32 group, u32 slot)
{
    struct tree_entry entry = tree_entry_of(tree, group, slot);
    return tree_entry_remove(tree, &entry);
}

bool tree_remove(struct tree *tree, u32 slot)
{
    return tree_group_remove(tree, 0, slot);
}
