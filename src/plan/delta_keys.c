/* Keys of joins that are not columns yet: a side of an equality that is computed becomes a column of its
 * input, so that an index can have it. */
#include "plan/delta_internal.h"

static bool is_text(struct type type)
{
    return type.id == TYPE_TEXT || type.id == TYPE_VARCHAR;
}

static bool is_moment(struct type type)
{
    return type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ;
}

static bool is_float(struct type type)
{
    return type.id == TYPE_FLOAT4 || type.id == TYPE_FLOAT8;
}

bool delta_is_comparable(struct type a, struct type b)
{
    if (a.id == TYPE_NUMERIC && b.id == TYPE_NUMERIC)
        return type_phys(a) == type_phys(b) && (type_phys(a) == PHYS_DECIMAL || a.scale == b.scale);
    if (a.id == b.id) return true;
    return (type_is_integer(a) && type_is_integer(b)) || (is_text(a) && is_text(b)) ||
           (is_moment(a) && is_moment(b)) || (is_float(a) && is_float(b));
}

static u32 input_of(const struct logical *join, u32 column, u32 *first)
{
    *first = 0;
    for (u32 i = 0;; i++) {
        u32 width = join->inputs[i]->schema->column_count;
        if (column < *first + width) return i;
        *first += width;
    }
}

/* The one input whose columns expr reads, or -1. */
static i32 side_of(const struct logical *join, const struct expr *expr)
{
    if (!columns_any(expr)) return -1;
    const struct expr *leaf = expr;
    while (leaf->kind != EXPR_COLUMN) {
        u32 i = 0;
        while (!columns_any(leaf->args[i]))
            i++;
        leaf = leaf->args[i];
    }
    u32 first, input = input_of(join, leaf->column, &first);
    u32 end = first + join->inputs[input]->schema->column_count;
    return columns_within(expr, first, end) ? (i32)input : -1;
}

/* An equality between something of one input and something of another. */
static bool is_key_condition(const struct logical *join, const struct expr *item)
{
    if (item->kind != EXPR_CALL || item->func->kind != FUNC_OPERATOR || item->arg_count != 2 ||
        strcmp(item->func->name, "=") != 0)
        return false;
    i32 left = side_of(join, item->args[0]), right = side_of(join, item->args[1]);
    return left >= 0 && right >= 0 && left != right;
}

static struct expr *cast_to(struct lower *l, struct expr *expr, struct type type)
{
    const struct func *func;
    bool is_free;
    if (type_equal(expr->type, type)) return expr;
    if (func_find_cast(expr->type, type, CAST_IMPLICIT, &func, &is_free, NULL)) return NULL;
    /* The cast would fail where the comparison does not. */
    if (expr->type.id == TYPE_DATE) func = func_date_moment(type.id);
    struct expr *cast = arena_copy(l->arena, expr, sizeof *expr);
    cast->type = type;
    if (is_free) return cast;
    cast->kind = EXPR_CALL;
    cast->func = func;
    cast->arg_count = 1;
    cast->args = arena_copy(l->arena, &expr, sizeof expr);
    return cast;
}

/* The same equality over one type, so that both sides have the same bytes when they are equal. */
static struct expr *equality_of_one_type(struct lower *l, struct expr *item)
{
    struct type types[2] = { item->args[0]->type, item->args[1]->type }, type, casts[2], result;
    if (delta_is_comparable(types[0], types[1])) return item;
    struct expr *copy = arena_copy(l->arena, item, sizeof *item);
    if (func_common_type(types, 2, "=", &type, NULL)) return item;
    type = (struct type){ .id = type.id };
    copy->args = arena_array(l->arena, struct expr *, 2);
    for (u32 i = 0; i < 2; i++)
        if (!(copy->args[i] = cast_to(l, item->args[i], type))) return item;
    types[0] = types[1] = type;
    const struct func *func;
    if (func_find(SLICE("="), FUNC_OPERATOR, types, 2, &func, casts, &result, NULL)) return item;
    copy->func = func;
    return copy;
}

/* A join on the way to one whose keys are columns. */
struct extension {
    struct lower *l;
    const struct logical *join;
    struct expr ***extra; /* for each input what is computed behind its columns, over these */
    u32 *extra_counts;
};

/* The number of an extra column of the input. */
static u32 extension_add(struct extension *e, u32 input, struct expr *expr)
{
    for (u32 i = 0; i < e->extra_counts[input]; i++)
        if (expr_equal(e->extra[input][i], expr)) return i;
    grow_push(e->l->arena, e->extra[input], e->extra_counts[input], expr);
    return e->extra_counts[input] - 1;
}

static struct expr *extension_column(struct extension *e, struct type type, u32 column)
{
    struct expr *expr = arena_new(e->l->arena, struct expr);
    *expr = (struct expr){ .kind = EXPR_COLUMN, .type = type, .position = -1, .column = column };
    return expr;
}

static struct logical *extension_input(struct extension *e, u32 input)
{
    struct logical *node = e->join->inputs[input];
    u32 width = node->schema->column_count, extra = e->extra_counts[input];
    if (extra == 0) return node;
    struct expr **exprs = arena_array(e->l->arena, struct expr *, width + extra);
    const char **names = arena_array(e->l->arena, const char *, width + extra);
    for (u32 c = 0; c < width; c++) {
        exprs[c] = extension_column(e, node->schema->columns[c].type, c);
        names[c] = node->schema->columns[c].name;
    }
    for (u32 i = 0; i < extra; i++) {
        exprs[width + i] = e->extra[input][i];
        names[width + i] = arena_format(e->l->arena, "key%u", i + 1);
    }
    return logical_project(e->l->arena, node, exprs, names, width + extra);
}

/* The condition with computed sides replaced; columns counts where they will be is found by map. */
static struct expr *extension_condition(struct extension *e, struct expr *item, const u32 *firsts,
                                        const u32 *map)
{
    struct lower *l = e->l;
    if (!is_key_condition(e->join, item)) return columns_map(l->arena, item, map);
    item = equality_of_one_type(l, item);
    struct expr *copy = arena_copy(l->arena, item, sizeof *item);
    copy->args = arena_array(l->arena, struct expr *, 2);
    for (u32 i = 0; i < 2; i++) {
        struct expr *side = item->args[i];
        if (side->kind == EXPR_COLUMN) {
            copy->args[i] = columns_map(l->arena, side, map);
            continue;
        }
        u32 input = (u32)side_of(e->join, side), first = 0;
        for (u32 j = 0; j < input; j++)
            first += e->join->inputs[j]->schema->column_count;
        u32 extra = extension_add(e, input, columns_shift(l->arena, side, 0u - first));
        u32 width = e->join->inputs[input]->schema->column_count;
        copy->args[i] = extension_column(e, side->type, firsts[input] + width + extra);
    }
    return copy;
}

/* Collects what has to be computed, so that the places of all columns are known. */
static void extension_collect(struct extension *e)
{
    for (u32 i = 0; i < e->join->conditions.count; i++) {
        struct expr *item = e->join->conditions.items[i];
        if (!is_key_condition(e->join, item)) continue;
        item = equality_of_one_type(e->l, item);
        for (u32 s = 0; s < 2; s++) {
            if (item->args[s]->kind == EXPR_COLUMN) continue;
            u32 input = (u32)side_of(e->join, item->args[s]), first = 0;
            for (u32 j = 0; j < input; j++)
                first += e->join->inputs[j]->schema->column_count;
            extension_add(e, input, columns_shift(e->l->arena, item->args[s], 0u - first));
        }
    }
}

struct logical *delta_extend_keys(struct lower *l, const struct logical *join, u32 **map)
{
    struct extension e = { .l = l, .join = join };
    u32 count = join->input_count;
    e.extra = arena_array(l->arena, struct expr **, count);
    e.extra_counts = arena_array(l->arena, u32, count);
    extension_collect(&e);
    u32 *firsts = arena_array(l->arena, u32, count), column = 0;
    *map = arena_array(l->arena, u32, join->schema->column_count);
    for (u32 i = 0, first = 0; i < count; i++) {
        firsts[i] = first;
        u32 width = join->inputs[i]->schema->column_count;
        for (u32 c = 0; c < width; c++)
            (*map)[column++] = first + c;
        first += width + e.extra_counts[i];
    }
    struct expr **items = arena_array(l->arena, struct expr *, join->conditions.count);
    for (u32 i = 0; i < join->conditions.count; i++)
        items[i] = extension_condition(&e, join->conditions.items[i], firsts, *map);
    struct logical **inputs = arena_array(l->arena, struct logical *, count);
    for (u32 i = 0; i < count; i++)
        inputs[i] = extension_input(&e, i);
    if (join->kind == LOGICAL_JOIN_LEFT)
        return logical_join_left(l->arena, inputs[0], inputs[1], items, join->conditions.count);
    return logical_join(l->arena, inputs, count, items, join->conditions.count);
}
