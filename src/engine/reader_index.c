#include "engine/reader_index.h"

#include "data/func.h"
#include "engine/dml_rows.h"

/* Bounds on the column behind the fixed ones. */
struct bounds {
    bool has_low, has_high;
    bool low_is_open, high_is_open;
    struct column low, high;
};

static bool is_ordered_by(const struct view_index *index, const struct reader_options *options,
                          bool *backwards);
static void find_range(const struct view_index *index, const struct view *view, struct expr *filter,
                       struct arena *arena, struct reader_range *range);

struct reader_range reader_index_choose(const struct view *view,
                                        const struct reader_options *options, struct arena *arena)
{
    struct reader_range best = { .index = NULL };
    u64 best_count = rows_count(view->rows) / 2;
    for (const struct view_index *index = view->indexes; index; index = index->next) {
        if (!index->is_ready) continue;
        struct reader_range range = { .index = index, .to = tree_count(index->tree) };
        range.is_ordered = is_ordered_by(index, options, &range.backwards);
        if (options->filter) find_range(index, view, options->filter, arena, &range);
        u64 count = range.to - range.from;
        bool helps = count < best_count || (range.is_ordered && !best.is_ordered);
        if (!helps) continue;
        best = range;
        best_count = MIN(best_count, count);
    }
    return best;
}

/* All directions as in the index, or all the other way. */
static bool is_ordered_by(const struct view_index *index, const struct reader_options *options,
                          bool *backwards)
{
    if (options->order_count == 0 || options->order_count > index->order_count) return false;
    for (u32 at = 0; at < options->order_count; at++) {
        const struct logical_order *asked = &options->orders[at];
        const struct expr *expr = options->exprs[asked->column];
        const struct tree_order *has = &index->order[at];
        if (expr->kind != EXPR_COLUMN || expr->column != has->column) return false;
        bool reversed = asked->descending != has->descending;
        if (reversed != (asked->nulls_first != has->nulls_first)) return false;
        if (at > 0 && reversed != *backwards) return false;
        *backwards = reversed;
    }
    return true;
}

/* --- bounds --- */

static bool value_column(const struct expr *constant, struct type type, struct arena *arena,
                         struct column *out)
{
    if (constant->kind != EXPR_CONST || constant->constant.null) return false;
    bool integers = type_is_integer(constant->type) && type_is_integer(type);
    if (!integers && !type_equal(constant->type, type)) return false;
    struct value value = constant->constant;
    value.type = type;
    *out = column_make(arena, type, 1);
    value_put(&value, out, 0, arena, 1);
    return true;
}

static void take_bound(struct bounds *bounds, const char *name, const struct expr *constant,
                       struct type type, struct arena *arena)
{
    bool low = name[0] == '>', is_open = name[1] == '\0';
    struct column *target = low ? &bounds->low : &bounds->high;
    bool *has = low ? &bounds->has_low : &bounds->has_high;
    if (*has || !value_column(constant, type, arena, target)) return;
    *has = true;
    *(low ? &bounds->low_is_open : &bounds->high_is_open) = is_open;
}

static const char *flipped(const char *name)
{
    if (strcmp(name, "<") == 0) return ">";
    if (strcmp(name, "<=") == 0) return ">=";
    if (strcmp(name, ">") == 0) return "<";
    return "<=";
}

/* column < constant and the like, on either side, anywhere in an AND. */
static void find_bounds(const struct expr *filter, u32 column, struct type type,
                        struct arena *arena, struct bounds *bounds)
{
    if (filter->kind == EXPR_AND) {
        for (u32 index = 0; index < filter->arg_count; index++)
            find_bounds(filter->args[index], column, type, arena, bounds);
        return;
    }
    if (filter->kind != EXPR_CALL || filter->arg_count != 2) return;
    const char *name = filter->func->name;
    if (name[0] != '<' && name[0] != '>') return;
    if (name[1] != '\0' && strcmp(name + 1, "=") != 0) return;
    const struct expr *left = filter->args[0], *right = filter->args[1];
    if (left->kind == EXPR_COLUMN && left->column == column)
        take_bound(bounds, name, right, type, arena);
    else if (right->kind == EXPR_COLUMN && right->column == column)
        take_bound(bounds, flipped(name), left, type, arena);
}

static void find_range(const struct view_index *index, const struct view *view, struct expr *filter,
                       struct arena *arena, struct reader_range *range)
{
    struct column *keys = arena_array(arena, struct column, index->order_count + 1);
    u32 fixed = 0;
    while (fixed < index->order_count &&
           dml_fixed_key(filter, view->schema, index->order[fixed].column, arena, &keys[fixed]))
        fixed++;
    if (fixed > 0) {
        range->from = tree_seek(index->tree, keys, fixed, 0, false);
        range->to = tree_seek(index->tree, keys, fixed, 0, true);
    }
    if (fixed == index->order_count) return;
    struct bounds bounds = { .has_low = false };
    const struct tree_order *order = &index->order[fixed];
    find_bounds(filter, order->column, view->schema->columns[order->column].type, arena, &bounds);
    if (bounds.has_low) {
        keys[fixed] = bounds.low;
        u64 at = tree_seek(index->tree, keys, fixed + 1, 0,
                           order->descending ? !bounds.low_is_open : bounds.low_is_open);
        if (order->descending)
            range->to = MIN(range->to, at);
        else
            range->from = MAX(range->from, at);
    }
    if (bounds.has_high) {
        keys[fixed] = bounds.high;
        u64 at = tree_seek(index->tree, keys, fixed + 1, 0,
                           order->descending ? bounds.high_is_open : !bounds.high_is_open);
        if (order->descending)
            range->from = MAX(range->from, at);
        else
            range->to = MIN(range->to, at);
    }
    if (range->to < range->from) range->to = range->from;
}
