/* The tree's nodes and entries; for tree.c, tree_order.c, and for an index that keeps a skewed key's slots
 * in a tree by a prefix of its own.
 *
 * A node is TREE_NODE_SIZE bytes: a head, then one array for each part of its entries. The keys of an inner node are
 * the least entries of its children, exactly: so no key names a slot that has left the tree. */
#pragma once

#include "state/rows_internal.h"
#include "state/span.h"
#include "state/tree.h"

#define TREE_NODE_SIZE 1024
#define TREE_DEPTH_MAX 16
#define TREE_NO_NODE   UINT32_MAX

struct tree_entry {
    u64 prefix;
    u32 group;
    u32 tie;
    u32 slot;
};

/* Where the arrays of a kind of node begin; 0: this tree or node has none. Without prefixes the slot is its own. */
struct tree_layout {
    u16 capacity;
    u16 prefix;
    u16 group;
    u16 tie;
    u16 slot;
    u16 child;
    u16 count;
};

struct tree {
    struct mem *mem;
    const struct rows *rows;
    u32 order_count;
    struct tree_order *order;
    bool has_prefix;
    bool has_group;
    bool has_tie;
    u32 tie_column_count;
    u32 *tie_columns; /* NULL: all */
    u64 tie_seed;

    u32 group_max;  /* of the entries since it was empty */
    bool is_rising; /* the last entry that came was the last one in order: the next may be, too */
    u64 count;
    u32 root;       /* TREE_NO_NODE when empty */
    u32 node_count; /* in use */
    u32 node_end;
    u32 node_free;
    u32 depth; /* levels of inner nodes */
    struct span nodes;
    struct tree_layout leaf;
    struct tree_layout inner;
};

/* What is looked for: an entry, or the leading columns of a key. */
struct tree_target {
    struct tree_entry entry;
    bool exact;    /* equal prefixes mean that the first order column is equal */
    bool is_entry; /* else: keys */
    bool after;
    u32 key_count;
    u32 key_row;
    const struct column *keys;
};

/* The way from the root to a leaf: at each inner node the child that was taken, at the leaf the place. */
struct tree_path {
    u32 depth; /* nodes in the path - 1 */
    u32 nodes[TREE_DEPTH_MAX];
    u32 places[TREE_DEPTH_MAX];
};

static inline u8 *node_at(const struct tree *tree, u32 node)
{
    return tree->nodes.base + (size_t)node * TREE_NODE_SIZE;
}

static inline u32 *node_count(const struct tree *tree, u32 node)
{
    return (u32 *)(void *)node_at(tree, node);
}

static inline u32 *node_u32(const struct tree *tree, u32 node, u16 array)
{
    return (u32 *)(void *)(node_at(tree, node) + array);
}

static inline u64 *node_prefixes(const struct tree *tree, u32 node,
                                 const struct tree_layout *layout)
{
    return (u64 *)(void *)(node_at(tree, node) + layout->prefix);
}

static inline u64 node_prefix(const struct tree *tree, u32 node, const struct tree_layout *layout,
                              u32 at)
{
    return layout->prefix ? node_prefixes(tree, node, layout)[at]
                          : node_u32(tree, node, layout->slot)[at];
}

static inline struct tree_entry node_entry(const struct tree *tree, u32 node,
                                           const struct tree_layout *layout, u32 at)
{
    return (struct tree_entry){
        .prefix = node_prefix(tree, node, layout, at),
        .group = layout->group ? node_u32(tree, node, layout->group)[at] : 0,
        .tie = layout->tie ? node_u32(tree, node, layout->tie)[at] : 0,
        .slot = node_u32(tree, node, layout->slot)[at],
    };
}

static inline void node_set_entry(const struct tree *tree, u32 node,
                                  const struct tree_layout *layout, u32 at,
                                  const struct tree_entry *entry)
{
    if (layout->prefix) node_prefixes(tree, node, layout)[at] = entry->prefix;
    if (layout->group) node_u32(tree, node, layout->group)[at] = entry->group;
    if (layout->tie) node_u32(tree, node, layout->tie)[at] = entry->tie;
    node_u32(tree, node, layout->slot)[at] = entry->slot;
}

/* The prefix counts too: tree_find_prefix looks for slot 0, which may lie under another prefix. */
static inline bool node_has(const struct tree *tree, u32 node, const struct tree_layout *layout,
                            u32 at, const struct tree_entry *entry)
{
    return at < *node_count(tree, node) && node_u32(tree, node, layout->slot)[at] == entry->slot &&
           node_prefix(tree, node, layout, at) == entry->prefix &&
           (!layout->group || node_u32(tree, node, layout->group)[at] == entry->group);
}

void tree_descend(const struct tree *tree, const struct tree_target *target,
                  struct tree_path *path);
/* The way to behind the last entry, if the target is an entry that belongs there. */
bool tree_descend_last(const struct tree *tree, const struct tree_target *target,
                       struct tree_path *path);

/* tree_order.c */
struct tree_entry tree_entry_of(const struct tree *tree, u32 group, u32 slot);
struct tree_target tree_target_of_entry(const struct tree *tree, const struct tree_entry *entry);
struct tree_target tree_target_of_key(const struct tree *tree, u32 group, const struct column *keys,
                                      u32 key_count, u32 key_row, bool after);
/* Of entries with equal groups and prefixes: is entry before (< 0) the target, at it, or behind it? */
int tree_compare_rest(const struct tree *tree, const struct tree_entry *entry,
                      const struct tree_target *target);

/* tree.c, for entries whose prefix is not made of order columns (order_count 0): a set of (prefix, slot). */
struct tree *tree_open_set(struct mem *mem, const struct rows *rows);
/* The same where each entry's prefix is its slot: a third of the memory. */
struct tree *tree_open_slots(struct mem *mem, const struct rows *rows);
void tree_entry_add(struct tree *tree, const struct tree_entry *entry);
bool tree_entry_remove(struct tree *tree, const struct tree_entry *entry);
bool tree_entry_holds(const struct tree *tree, const struct tree_entry *entry);
/* The entries with a prefix, in order: the way to the first, then one slot after the other, SLOT_NONE behind the last. */
void tree_find_prefix(const struct tree *tree, u64 prefix, struct tree_path *path);
u32 tree_next_of_prefix(const struct tree *tree, u64 prefix, struct tree_path *path);
