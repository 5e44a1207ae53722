/* Rules that bring conditions down to where the rows come from. */
#include "plan/rewrite_internal.h"

u32 rewrite_unique(struct arena *arena, struct expr **items, u32 count)
{
    struct arena_mark mark = arena_mark(arena);
    u64 *hashes = arena_array(arena, u64, count);
    u32 kept = 0;
    for (u32 i = 0; i < count; i++) {
        u64 hash = expr_hash(items[i]);
        u32 same = 0;
        while (same < kept && (hashes[same] != hash || !expr_equal(items[same], items[i])))
            same++;
        if (same < kept) continue;
        hashes[kept] = hash;
        items[kept++] = items[i];
    }
    arena_rewind(arena, mark);
    return kept;
}

struct logical *rewrite_add_filter(struct rewrite *r, struct logical *node,
                                   struct expr *const *items, u32 count)
{
    if (node->kind != LOGICAL_FILTER) node = logical_filter(r->arena, node, NULL, 0);
    u32 old_count = node->conditions.count;
    struct expr **all = arena_array(r->arena, struct expr *, old_count + count);
    if (old_count > 0) memcpy(all, node->conditions.items, old_count * sizeof *all);
    if (count > 0) memcpy(all + old_count, items, count * sizeof *all);
    u32 kept = rewrite_unique(r->arena, all, old_count + count);
    node->conditions.items = NULL; /* the list's room may not be that of grow */
    node->conditions.count = 0;
    for (u32 i = 0; i < kept; i++)
        grow_push(r->arena, node->conditions.items, node->conditions.count, all[i]);
    return node;
}

static bool is_filter_over(const struct logical *node, enum logical_kind kind)
{
    return node->kind == LOGICAL_FILTER && node->inputs[0]->kind == kind;
}

/* What is left of a FILTER when some of its conditions went down. */
static void keep_rest(struct logical **slot, struct expr **rest, u32 rest_count)
{
    struct logical *node = *slot;
    node->conditions.items = rest;
    node->conditions.count = rest_count;
    if (rest_count == 0) *slot = node->inputs[0];
}

bool rewrite_filters(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_filter_over(node, LOGICAL_FILTER)) return false;
    *slot = rewrite_add_filter(r, node->inputs[0], node->conditions.items, node->conditions.count);
    return true;
}

/* A condition that takes in what the projections on its way compute may grow to this many nodes; then it stays. Without a
 * bound a query of a few hundred levels, each with its condition, would take time and memory in the cube of them. */
#define CONDITION_GROWN_MAX 128

static u32 node_count(const struct expr *expr)
{
    u32 count = 1;
    for (u32 i = 0; i < expr->arg_count; i++)
        count += node_count(expr->args[i]);
    return count;
}

static bool has_grown(const struct expr *before, const struct expr *after)
{
    u32 count = node_count(after);
    return count > CONDITION_GROWN_MAX && count > node_count(before);
}

bool rewrite_filter_project(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_filter_over(node, LOGICAL_PROJECT)) return false;
    struct logical *project = node->inputs[0];
    struct expr **down = NULL, **rest = NULL;
    u32 down_count = 0, rest_count = 0;
    for (u32 i = 0; i < node->conditions.count; i++) {
        struct expr *item = node->conditions.items[i];
        struct expr *below = columns_replace(r->arena, item, project->project.exprs);
        if (has_grown(item, below))
            grow_push(r->arena, rest, rest_count, item);
        else
            grow_push(r->arena, down, down_count, below);
    }
    if (down_count == 0) return false;
    project->inputs[0] = rewrite_add_filter(r, project->inputs[0], down, down_count);
    keep_rest(slot, rest, rest_count);
    return true;
}

/* Of an outer join only what reads the left side alone can go below. */
static bool push_below_left(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot, *join = node->inputs[0];
    u32 width = join->inputs[0]->schema->column_count;
    struct expr **down = NULL, **rest = NULL;
    u32 down_count = 0, rest_count = 0;
    for (u32 i = 0; i < node->conditions.count; i++) {
        struct expr *item = node->conditions.items[i];
        if (columns_within(item, 0, width))
            grow_push(r->arena, down, down_count, item);
        else
            grow_push(r->arena, rest, rest_count, item);
    }
    if (down_count == 0) return false;
    join->inputs[0] = rewrite_add_filter(r, join->inputs[0], down, down_count);
    keep_rest(slot, rest, rest_count);
    return true;
}

bool rewrite_filter_join(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (is_filter_over(node, LOGICAL_JOIN_LEFT)) return push_below_left(r, slot);
    if (!is_filter_over(node, LOGICAL_JOIN)) return false;
    struct logical *join = node->inputs[0];
    struct expr **items = NULL;
    u32 count = 0;
    for (u32 i = 0; i < join->conditions.count; i++)
        grow_push(r->arena, items, count, join->conditions.items[i]);
    for (u32 i = 0; i < node->conditions.count; i++)
        grow_push(r->arena, items, count, node->conditions.items[i]);
    join->conditions.items = items;
    join->conditions.count = count;
    *slot = join;
    return true;
}

bool rewrite_filter_union(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_filter_over(node, LOGICAL_UNION)) return false;
    struct logical *all = node->inputs[0];
    for (u32 i = 0; i < all->input_count; i++)
        all->inputs[i] =
            rewrite_add_filter(r, all->inputs[i], node->conditions.items, node->conditions.count);
    *slot = all;
    return true;
}

/* Sends down the conditions that read only columns whose place below map knows. */
static bool push_mapped(struct rewrite *r, struct logical **slot, const u32 *map)
{
    struct logical *node = *slot, *below = node->inputs[0];
    u32 width = below->schema->column_count;
    struct expr **down = NULL, **rest = NULL;
    u32 down_count = 0, rest_count = 0;
    for (u32 i = 0; i < node->conditions.count; i++) {
        struct expr *item = node->conditions.items[i];
        bool *used = arena_array(r->arena, bool, width);
        columns_mark(item, used);
        bool fits = columns_any(item);
        for (u32 c = 0; c < width; c++)
            if (used[c] && map[c] == LOGICAL_NO_COLUMN) fits = false;
        if (fits) item = columns_map(r->arena, item, map);
        if (fits)
            grow_push(r->arena, down, down_count, item);
        else
            grow_push(r->arena, rest, rest_count, item);
    }
    if (down_count == 0) return false;
    below->inputs[0] = rewrite_add_filter(r, below->inputs[0], down, down_count);
    keep_rest(slot, rest, rest_count);
    return true;
}

static u32 *map_none(struct rewrite *r, u32 width)
{
    u32 *map = arena_array(r->arena, u32, width);
    for (u32 c = 0; c < width; c++)
        map[c] = LOGICAL_NO_COLUMN;
    return map;
}

/* A condition on the groups decides about whole groups, as one on the partition of a top k does. */
bool rewrite_filter_group(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (is_filter_over(node, LOGICAL_AGGREGATE)) {
        const struct logical *below = node->inputs[0];
        u32 *map = map_none(r, below->schema->column_count);
        for (u32 i = 0; i < below->aggregate.group_count; i++)
            map[i] = below->aggregate.groups[i];
        return push_mapped(r, slot, map);
    }
    if (is_filter_over(node, LOGICAL_TOPK)) {
        const struct logical *below = node->inputs[0];
        u32 *map = map_none(r, below->schema->column_count);
        for (u32 i = 0; i < below->topk.partition_count; i++)
            map[below->topk.partition[i]] = below->topk.partition[i];
        return push_mapped(r, slot, map);
    }
    return false;
}

bool rewrite_filter_flatten(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_filter_over(node, LOGICAL_FLATTEN)) return false;
    u32 width = node->inputs[0]->schema->column_count;
    u32 *map = map_none(r, width);
    for (u32 c = 0; c + 1 < width; c++)
        map[c] = c;
    return push_mapped(r, slot, map);
}

/* ---- row_number() ---- */

static const char *mirrored(const char *name)
{
    if (strcmp(name, "<") == 0) return ">";
    if (strcmp(name, "<=") == 0) return ">=";
    if (strcmp(name, ">") == 0) return "<";
    if (strcmp(name, ">=") == 0) return "<=";
    return name;
}

/* rank < k, rank <= k, rank = k, also mirrored: the highest rank that passes, and whether that is
 * all the condition says. */
static bool rank_bound(const struct expr *item, u32 rank, i64 *bound, bool *is_exact)
{
    if (item->kind != EXPR_CALL || item->func->kind != FUNC_OPERATOR || item->arg_count != 2)
        return false;
    bool is_left = item->args[0]->kind == EXPR_COLUMN && item->args[0]->column == rank;
    const struct expr *column = item->args[!is_left], *constant = item->args[is_left];
    if (column->kind != EXPR_COLUMN || column->column != rank) return false;
    if (constant->kind != EXPR_CONST || constant->constant.null) return false;
    if (!type_is_integer(constant->type)) return false;
    const char *name = is_left ? item->func->name : mirrored(item->func->name);
    *bound = constant->constant.i;
    if (strcmp(name, "<") == 0 && *bound > INT64_MIN)
        --*bound;
    else if (strcmp(name, "<=") != 0 && strcmp(name, "=") != 0)
        return false;
    *is_exact = strcmp(name, "=") != 0 || *bound == 1;
    return true;
}

bool rewrite_rank(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_filter_over(node, LOGICAL_TOPK)) return false;
    struct logical *topk = node->inputs[0];
    if (!topk->topk.with_rank || topk->topk.offset) return false;
    u32 rank = topk->schema->column_count - 1;
    struct expr **rest = NULL;
    u32 rest_count = 0;
    bool has_changed = false;
    for (u32 i = 0; i < node->conditions.count; i++) {
        struct expr *item = node->conditions.items[i];
        i64 bound;
        bool is_exact = false;
        if (rank_bound(item, rank, &bound, &is_exact)) {
            u64 limit = bound < 0 ? 0 : (u64)bound;
            if (limit < topk->topk.limit || is_exact) has_changed = true;
            topk->topk.limit = MIN(topk->topk.limit, limit);
        }
        if (!is_exact) grow_push(r->arena, rest, rest_count, item);
    }
    if (has_changed) keep_rest(slot, rest, rest_count);
    return has_changed;
}
