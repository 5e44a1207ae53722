/* Nodes of a plan, and their names.
 *
 * A name is made of what the node does and of the digests of its inputs' names. Types stand in it
 * wherever an expression is computed, so that two computations that only look alike differ. */
#include "base/hash.h"
#include "plan/delta_internal.h"

/* ---- Names ---- */

static void name_type(struct buf *name, struct type type)
{
    buf_format(name, ":%u.%u.%u.%d", type.id, type.precision, type.scale, type.length);
}

static const char *kind_word(enum expr_kind kind)
{
    switch (kind) {
    case EXPR_COLUMN: return "$";
    case EXPR_CONST: return "const";
    case EXPR_CALL: return "call";
    case EXPR_AND: return "and";
    case EXPR_OR: return "or";
    case EXPR_NOT: return "not";
    case EXPR_IS_NULL: return "is null";
    case EXPR_CASE: return "case";
    case EXPR_COALESCE: return "coalesce";
    case EXPR_IN: return "in";
    }
    unreachable();
}

void delta_name_expr(struct buf *name, const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN)
        buf_format(name, "$%u", expr->column);
    else if (expr->kind == EXPR_CONST)
        expr_print(expr, NULL, name);
    else if (expr->kind == EXPR_CALL) {
        buf_format(name, "%s", expr->func->name);
        for (u32 i = 0; i < expr->func->arg_count; i++)
            buf_format(name, ".%u", expr->func->args[i]);
    } else {
        buf_puts(name, kind_word(expr->kind));
    }
    name_type(name, expr->type);
    if (expr->arg_count == 0) return;
    buf_putc(name, '(');
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (i) buf_putc(name, ' ');
        delta_name_expr(name, expr->args[i]);
    }
    buf_putc(name, ')');
}

static void name_columns(struct buf *name, const u32 *columns, u32 count)
{
    buf_puts(name, " (");
    for (u32 i = 0; i < count; i++)
        buf_format(name, "%s%u", i ? " " : "", columns[i]);
    buf_putc(name, ')');
}

static void name_inputs(struct buf *name, const struct delta *node)
{
    for (u32 i = 0; i < node->input_count; i++)
        buf_format(name, "%s#%016llx%016llx", i ? " " : " of ",
                   (unsigned long long)node->inputs[i]->digest[0],
                   (unsigned long long)node->inputs[i]->digest[1]);
}

static struct buf name_begin(struct lower *l, const char *word)
{
    struct buf name;
    buf_init(&name, l->arena->mem);
    buf_puts(&name, word);
    return name;
}

struct delta *delta_intern(struct lower *l, struct delta *node, const struct buf *name)
{
    node->digest[0] = hash_bytes_of(name->data, name->size, 1);
    node->digest[1] = hash_bytes_of(name->data, name->size, 2);
    for (u32 i = 0; i < l->node_count; i++) {
        struct delta *other = l->nodes[i];
        if (other->digest[0] != node->digest[0] || other->digest[1] != node->digest[1]) continue;
        if (slice_equal(slice_of(other->name), buf_slice(name))) return other;
    }
    node->name = arena_string(l->arena, name->data, name->size);
    node->index = l->node_count;
    for (u32 i = 0; i < node->input_count; i++)
        node->inputs[i]->use_count++;
    grow_push(l->arena, l->nodes, l->node_count, node);
    return node;
}

static struct delta *name_end(struct lower *l, struct delta *node, struct buf *name)
{
    name_inputs(name, node);
    struct delta *interned = delta_intern(l, node, name);
    buf_deinit(name);
    return interned;
}

struct delta *delta_new(struct lower *l, enum delta_kind kind, struct delta *const *inputs,
                        u32 input_count, u32 column_count)
{
    struct delta *node = arena_new(l->arena, struct delta);
    node->kind = kind;
    node->inputs = arena_copy(l->arena, inputs, input_count * sizeof *inputs);
    node->input_count = input_count;
    node->schema = arena_new(l->arena, struct schema);
    node->schema->column_count = column_count;
    node->schema->columns = arena_array(l->arena, struct schema_column, column_count);
    return node;
}

/* One with the columns of its input. */
static struct delta *new_like(struct lower *l, enum delta_kind kind, struct delta *input,
                              u32 more_columns)
{
    u32 count = input->schema->column_count;
    struct delta *node = delta_new(l, kind, &input, 1, count + more_columns);
    memcpy(node->schema->columns, input->schema->columns, count * sizeof *node->schema->columns);
    return node;
}

/* ---- Leaves ---- */

struct delta *delta_source(struct lower *l, const struct catalog_relation *relation)
{
    const struct schema *row = relation->row;
    struct delta *node = delta_new(l, DELTA_SOURCE, NULL, 0, row->column_count);
    memcpy(node->schema->columns, row->columns, row->column_count * sizeof *row->columns);
    node->schema->key = row->key;
    node->schema->key_count = row->key_count;
    node->relation = relation;
    node->is_slotted = node->is_whole = true;
    node->is_append_only = relation->is_append_only && relation->retain_us == 0;
    struct buf name = name_begin(l, "source ");
    buf_format(&name, "%u", relation->id);
    return name_end(l, node, &name);
}

struct delta *delta_constant(struct lower *l, const struct logical *constant)
{
    u32 column_count = constant->schema->column_count;
    struct delta *node = delta_new(l, DELTA_CONSTANT, NULL, 0, column_count);
    memcpy(node->schema->columns, constant->schema->columns,
           column_count * sizeof *node->schema->columns);
    node->constant.rows = constant->constant.rows;
    node->constant.row_count = constant->constant.row_count;
    node->is_append_only = true;
    struct buf name = name_begin(l, "constant");
    for (u32 c = 0; c < column_count; c++)
        name_type(&name, node->schema->columns[c].type);
    for (u32 r = 0; r < node->constant.row_count; r++) {
        buf_putc(&name, ';');
        for (u32 c = 0; c < column_count; c++) {
            struct expr expr = { .kind = EXPR_CONST, .constant = node->constant.rows[r][c] };
            buf_putc(&name, ' ');
            expr_print(&expr, NULL, &name);
        }
    }
    return name_end(l, node, &name);
}

/* ---- Streams ---- */

/* Only columns of the input, as what they are there: those stay where they are. */
static bool is_plain(struct expr *const *exprs, u32 count, const struct delta *input)
{
    for (u32 i = 0; exprs && i < count; i++)
        if (exprs[i]->kind != EXPR_COLUMN ||
            !type_equal(exprs[i]->type, input->schema->columns[exprs[i]->column].type))
            return false;
    return true;
}

/* A map over a map is one, unless the inner one computes. */
static struct delta *map_merge(struct lower *l, struct delta *input, struct expr **filter,
                               struct expr ***exprs, u32 count)
{
    while (input->kind == DELTA_MAP &&
           is_plain(input->map.exprs, input->schema->column_count, input->inputs[0])) {
        struct expr **below = input->map.exprs;
        if (*filter && below) *filter = columns_replace(l->arena, *filter, below);
        struct expr *both[2] = { input->map.filter, *filter };
        if (both[0] && both[1])
            *filter = columns_and(l->arena, both, 2);
        else if (both[0])
            *filter = both[0];
        if (*exprs && below) {
            struct expr **merged = arena_array(l->arena, struct expr *, count);
            for (u32 i = 0; i < count; i++)
                merged[i] = columns_replace(l->arena, (*exprs)[i], below);
            *exprs = merged;
        } else if (below) {
            *exprs = below;
        }
        input = input->inputs[0];
    }
    return input;
}

static void map_columns(struct delta *node, const struct schema *input, struct expr **exprs,
                        const char *const *names)
{
    for (u32 i = 0; i < node->schema->column_count; i++)
        node->schema->columns[i] = (struct schema_column){
            .name = names[i],
            .type = exprs[i]->type,
            .not_null = !logical_is_nullable(exprs[i], input),
        };
}

struct delta *delta_map(struct lower *l, struct delta *input, struct expr *filter,
                        struct expr **exprs, const char *const *names, u32 count)
{
    if (!exprs) { /* the names and columns of the input */
        count = input->schema->column_count;
        const char **same = arena_array(l->arena, const char *, count);
        for (u32 c = 0; c < count; c++)
            same[c] = input->schema->columns[c].name;
        names = same;
    }
    input = map_merge(l, input, &filter, &exprs, count);
    struct delta *node =
        exprs ? delta_new(l, DELTA_MAP, &input, 1, count) : new_like(l, DELTA_MAP, input, 0);
    if (exprs) map_columns(node, input->schema, exprs, names);
    node->map.filter = filter;
    node->map.exprs = exprs;
    node->is_slotted = input->is_slotted && is_plain(exprs, count, input);
    node->is_whole = input->is_whole && !filter && node->is_slotted;
    node->is_append_only = input->is_append_only;
    struct buf name = name_begin(l, "map");
    if (filter) {
        buf_puts(&name, " where ");
        delta_name_expr(&name, filter);
    }
    for (u32 i = 0; exprs && i < count; i++) {
        buf_puts(&name, i ? ", " : " to ");
        delta_name_expr(&name, exprs[i]);
    }
    return name_end(l, node, &name);
}

struct delta *delta_narrow(struct lower *l, struct delta *input, const u32 *columns, u32 count)
{
    bool is_same = count == input->schema->column_count;
    for (u32 i = 0; i < count && is_same; i++)
        is_same = columns[i] == i;
    if (is_same) return input;
    struct expr **exprs = arena_array(l->arena, struct expr *, count);
    const char **names = arena_array(l->arena, const char *, count);
    for (u32 i = 0; i < count; i++) {
        const struct schema_column *column = &input->schema->columns[columns[i]];
        exprs[i] = arena_new(l->arena, struct expr);
        *exprs[i] = (struct expr){
            .kind = EXPR_COLUMN, .type = column->type, .position = -1, .column = columns[i]
        };
        names[i] = column->name;
    }
    return delta_map(l, input, NULL, exprs, names, count);
}

struct delta *delta_concat(struct lower *l, struct delta **inputs, u32 count)
{
    struct delta *node = delta_new(l, DELTA_CONCAT, inputs, count, inputs[0]->schema->column_count);
    memcpy(node->schema->columns, inputs[0]->schema->columns,
           node->schema->column_count * sizeof *node->schema->columns);
    node->is_append_only = true;
    for (u32 i = 0; i < count; i++) {
        if (!inputs[i]->is_append_only) node->is_append_only = false;
        for (u32 c = 0; c < node->schema->column_count; c++)
            if (!inputs[i]->schema->columns[c].not_null) node->schema->columns[c].not_null = false;
    }
    struct buf name = name_begin(l, "concat");
    return name_end(l, node, &name);
}

struct delta *delta_flatten(struct lower *l, struct delta *input, enum flatten_kind kind,
                            struct expr **args, u32 arg_count, const struct schema_column *column)
{
    struct delta *node = new_like(l, DELTA_FLATTEN, input, 1);
    node->schema->columns[node->schema->column_count - 1] = *column;
    node->flatten.kind = kind;
    node->flatten.args = args;
    node->flatten.arg_count = arg_count;
    node->is_append_only = input->is_append_only;
    struct buf name = name_begin(l, "flatten");
    buf_format(&name, " %d", kind);
    name_type(&name, column->type);
    for (u32 i = 0; i < arg_count; i++) {
        buf_putc(&name, ' ');
        delta_name_expr(&name, args[i]);
    }
    return name_end(l, node, &name);
}

/* ---- What keeps rows ---- */

struct delta *delta_arrange(struct lower *l, struct delta *input, const u32 *key, u32 key_count,
                            bool is_own)
{
    struct delta *node = new_like(l, DELTA_ARRANGE, input, 0);
    node->key.columns = arena_copy(l->arena, key, key_count * sizeof *key);
    node->key.count = key_count;
    node->key.is_own = is_own && input->is_slotted;
    node->is_slotted = true;
    node->is_whole = node->key.is_own || !input->is_slotted || input->is_whole;
    node->is_append_only = input->is_append_only;
    struct buf name = name_begin(l, node->key.is_own ? "keep" : "arrange");
    name_columns(&name, key, key_count);
    return name_end(l, node, &name);
}

static void name_call(struct buf *name, const struct agg_call *call)
{
    buf_format(name, " %d%s %d", call->kind, call->distinct ? "d" : "", (int)call->column);
    if (call->filter_column != AGG_NO_COLUMN) buf_format(name, " where %u", call->filter_column);
    name_type(name, call->type);
}

struct delta *delta_aggregate(struct lower *l, struct delta *input, const u32 *groups,
                              u32 group_count, const struct agg_call *calls, u32 call_count,
                              const char *const *call_names)
{
    struct delta *node = delta_new(l, DELTA_AGGREGATE, &input, 1, group_count + call_count);
    for (u32 i = 0; i < group_count; i++)
        node->schema->columns[i] = input->schema->columns[groups[i]];
    for (u32 i = 0; i < call_count; i++)
        node->schema->columns[group_count + i] = (struct schema_column){
            .name = call_names[i],
            .type = calls[i].type,
            .not_null = calls[i].kind == AGG_COUNT || calls[i].kind == AGG_COUNT_ROWS,
        };
    node->aggregate.groups = arena_copy(l->arena, groups, group_count * sizeof *groups);
    node->aggregate.group_count = group_count;
    node->aggregate.calls = arena_copy(l->arena, calls, call_count * sizeof *calls);
    node->aggregate.call_count = call_count;
    node->is_slotted = node->is_whole = true;
    struct buf name = name_begin(l, "aggregate");
    name_columns(&name, groups, group_count);
    for (u32 i = 0; i < call_count; i++)
        name_call(&name, &calls[i]);
    return name_end(l, node, &name);
}

struct delta *delta_topk(struct lower *l, struct delta *input, const struct topk_options *options,
                         const char *rank_name)
{
    struct delta *node = new_like(l, DELTA_TOPK, input, options->with_rank);
    if (options->with_rank)
        node->schema->columns[node->schema->column_count - 1] =
            (struct schema_column){ .name = rank_name, .type = TYPE(INT8), .not_null = true };
    node->topk = *options;
    node->is_slotted = node->is_whole = true; /* the chosen rows lie in a pool of their own */
    struct buf name = name_begin(l, "topk");
    name_columns(&name, options->partition, options->partition_count);
    for (u32 i = 0; i < options->order_count; i++)
        buf_format(&name, " %u%s%s", options->order[i].column,
                   options->order[i].descending ? "d" : "",
                   options->order[i].nulls_first ? "n" : "");
    buf_format(&name, " limit %llu offset %llu%s", (unsigned long long)options->limit,
               (unsigned long long)options->offset, options->with_rank ? " rank" : "");
    return name_end(l, node, &name);
}

/* ---- The outer join ---- */

struct delta *delta_join_left(struct lower *l, struct delta *left, struct delta *right,
                              struct expr *residual)
{
    struct delta *inputs[2] = { left, right };
    u32 left_count = left->schema->column_count, right_count = right->schema->column_count;
    struct delta *node = delta_new(l, DELTA_JOIN_LEFT, inputs, 2, left_count + right_count);
    struct schema_column *columns = node->schema->columns;
    memcpy(columns, left->schema->columns, left_count * sizeof *columns);
    memcpy(columns + left_count, right->schema->columns, right_count * sizeof *columns);
    for (u32 c = left_count; c < left_count + right_count; c++)
        columns[c].not_null = false;
    node->join_left.residual = residual;
    struct buf name = name_begin(l, "join left");
    if (residual) {
        buf_puts(&name, " on ");
        delta_name_expr(&name, residual);
    }
    return name_end(l, node, &name);
}
