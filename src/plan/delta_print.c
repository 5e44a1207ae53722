#include "plan/delta_print.h"

#include "base/assert.h"

/* ---- One node ---- */

/* Names of the columns of all inputs one behind the other; "id#3" where several are called id. */
static const char **input_names(const struct delta *node, u32 input_count, struct arena *arena)
{
    u32 count = 0;
    for (u32 i = 0; i < input_count; i++)
        count += node->inputs[i]->schema->column_count;
    const char **names = arena_array(arena, const char *, count);
    bool *twice = arena_array(arena, bool, count);
    for (u32 i = 0, at = 0; i < input_count; i++)
        for (u32 c = 0; c < node->inputs[i]->schema->column_count; c++)
            names[at++] = node->inputs[i]->schema->columns[c].name;
    for (u32 a = 0; a < count; a++)
        for (u32 b = 0; b < a; b++)
            if (strcmp(names[a], names[b]) == 0) twice[a] = twice[b] = true;
    for (u32 c = 0; c < count; c++)
        if (twice[c]) names[c] = arena_format(arena, "%s#%u", names[c], c);
    return names;
}

static void label_columns(const char *before, const u32 *columns, u32 count,
                          const char *const *names, struct buf *out)
{
    for (u32 i = 0; i < count; i++)
        buf_format(out, "%s%s", i ? ", " : before, names[columns[i]]);
}

static void label_source(const struct delta *node, struct buf *out)
{
    buf_format(out, "%s %s", catalog_kind_name(node->relation->kind), node->relation->name);
}

static void label_map(const struct delta *node, const char *const *names, struct buf *out)
{
    buf_puts(out, "map");
    if (node->map.filter) {
        buf_puts(out, " where ");
        expr_print(node->map.filter, names, out);
    }
    for (u32 c = 0; node->map.exprs && c < node->schema->column_count; c++) {
        buf_puts(out, c ? ", " : " to ");
        size_t start = out->size;
        expr_print(node->map.exprs[c], names, out);
        const char *name = node->schema->columns[c].name;
        if (!slice_is(slice_make(out->data + start, out->size - start), name))
            buf_format(out, " AS %s", name);
    }
}

static void label_arrange(const struct delta *node, const char *const *names, struct buf *out)
{
    buf_puts(out, node->key.is_own ? "keep rows" : "arrange");
    label_columns(" by ", node->key.columns, node->key.count, names, out);
    if (node->key.count == 0) buf_puts(out, " all under one key");
}

static const char *agg_word(enum agg_kind kind)
{
    switch (kind) {
    case AGG_COUNT_ROWS:
    case AGG_COUNT: return "count";
    case AGG_SUM: return "sum";
    case AGG_AVG: return "avg";
    case AGG_MIN: return "min";
    case AGG_MAX: return "max";
    case AGG_BOOL_AND: return "bool_and";
    case AGG_BOOL_OR: return "bool_or";
    case AGG_UNSUPPORTED: break;
    }
    unreachable();
}

static void label_aggregate(const struct delta *node, const char *const *names, struct buf *out)
{
    buf_puts(out, node->aggregate.call_count ? "aggregate" : "distinct");
    label_columns(" by ", node->aggregate.groups, node->aggregate.group_count, names, out);
    for (u32 i = 0; i < node->aggregate.call_count; i++) {
        const struct agg_call *call = &node->aggregate.calls[i];
        buf_format(out, "%s%s(%s%s)", i ? ", " : ": ", agg_word(call->kind),
                   call->distinct ? "distinct " : "",
                   call->column == AGG_NO_COLUMN ? "*" : names[call->column]);
        if (call->filter_column != AGG_NO_COLUMN)
            buf_format(out, " filter (%s)", names[call->filter_column]);
    }
}

static void label_flatten(const struct delta *node, const char *const *names, struct buf *out)
{
    buf_puts(out, node->flatten.kind == FLATTEN_GENERATE_SERIES ? "generate_series("
                                                                : "regexp_split_to_table(");
    for (u32 i = 0; i < node->flatten.arg_count; i++) {
        if (i) buf_puts(out, ", ");
        expr_print(node->flatten.args[i], names, out);
    }
    buf_puts(out, ")");
}

static void label_topk(const struct delta *node, const char *const *names, struct buf *out)
{
    if (node->topk.limit == UINT64_MAX)
        buf_puts(out, "all rows");
    else
        buf_format(out, "top %llu", (unsigned long long)node->topk.limit);
    if (node->topk.offset) buf_format(out, " behind %llu", (unsigned long long)node->topk.offset);
    label_columns(" of each ", node->topk.partition, node->topk.partition_count, names, out);
    for (u32 i = 0; i < node->topk.order_count; i++) {
        const struct tree_order *order = &node->topk.order[i];
        buf_format(out, "%s%s%s", i ? ", " : " by ", names[order->column],
                   order->descending ? " desc" : "");
        if (order->nulls_first != order->descending)
            buf_puts(out, order->nulls_first ? " nulls first" : " nulls last");
    }
    if (node->topk.with_rank) buf_puts(out, ", numbered");
}

static void label_join_left(const struct delta *node, const char *const *names, struct buf *out)
{
    const struct delta *left = node->inputs[0], *right = node->inputs[1];
    buf_puts(out, "left join on");
    for (u32 k = 0; k < left->key.count; k++)
        buf_format(out, "%s%s = %s", k ? " and " : " ", names[left->key.columns[k]],
                   names[left->schema->column_count + right->key.columns[k]]);
    if (node->join_left.residual) {
        buf_puts(out, left->key.count ? " and " : " ");
        expr_print(node->join_left.residual, names, out);
    } else if (left->key.count == 0) {
        buf_puts(out, " true");
    }
}

void delta_print_label(const struct delta *node, struct buf *out)
{
    struct arena arena;
    arena_init(&arena, out->mem);
    const char **names = input_names(node, node->input_count, &arena);
    switch (node->kind) {
    case DELTA_SOURCE: label_source(node, out); break;
    case DELTA_CONSTANT: buf_format(out, "constant, %u rows", node->constant.row_count); break;
    case DELTA_MAP: label_map(node, names, out); break;
    case DELTA_ARRANGE: label_arrange(node, names, out); break;
    case DELTA_JOIN: buf_format(out, "join of %u", node->join.count); break;
    case DELTA_JOIN_LEFT: label_join_left(node, names, out); break;
    case DELTA_AGGREGATE: label_aggregate(node, names, out); break;
    case DELTA_CONCAT: buf_puts(out, "union all"); break;
    case DELTA_FLATTEN: label_flatten(node, names, out); break;
    case DELTA_TOPK: label_topk(node, names, out); break;
    }
    arena_deinit(&arena);
}

/* ---- The tree ---- */

struct printer {
    const struct delta_statistics *statistics;
    struct buf *out;
    struct buf seen; /* a byte a node: it was told */
};

static void print_indent(struct printer *printer, u32 indent)
{
    for (u32 i = 0; i < indent; i++)
        buf_puts(printer->out, "  ");
}

static void print_fan_out(struct printer *printer, const struct delta_step *step)
{
    if (step->fan_out < 0.5)
        buf_puts(printer->out, ", under 1 row");
    else
        buf_format(printer->out, ", %s%.0f row%s", step->is_measured ? "" : "about ", step->fan_out,
                   step->fan_out < 1.5 ? "" : "s");
}

static void print_step(struct printer *printer, const struct delta *join,
                       const struct delta_step *step, const char *const *names)
{
    struct buf *out = printer->out;
    const struct schema *schema = step->arrange->schema;
    buf_format(out, " #%u", step->arrange->index);
    for (u32 k = 0; k < step->key_count; k++) {
        u32 source = step->key_inputs[k];
        const struct schema *from = join->inputs[source]->schema;
        buf_format(out, "%s%s = %s", k ? " and " : " by ",
                   schema->columns[step->arrange->key.columns[k]].name,
                   from->columns[step->key_columns[k]].name);
    }
    if (step->key_count == 0) buf_puts(out, " every row (cross product: no equality leads there)");
    print_fan_out(printer, step);
    if (!step->residual) return;
    buf_puts(out, ", then ");
    expr_print(step->residual, names, out);
}

static void print_paths(struct printer *printer, const struct delta *join, u32 indent)
{
    struct arena arena;
    arena_init(&arena, printer->out->mem);
    const char **names = input_names(join, join->join.count, &arena);
    for (u32 p = 0; p < join->join.count; p++) {
        const struct delta_path *path = &join->join.paths[p];
        print_indent(printer, indent);
        buf_format(printer->out, "change of #%u:", join->inputs[p]->index);
        if (path->residual) {
            buf_puts(printer->out, " where ");
            expr_print(path->residual, names, printer->out);
            buf_putc(printer->out, ',');
        }
        for (u32 s = 0; s < path->step_count; s++) {
            if (s) buf_putc(printer->out, ';');
            print_step(printer, join, &path->steps[s], names);
        }
        buf_putc(printer->out, '\n');
    }
    arena_deinit(&arena);
}

static bool keeps_rows(const struct delta *node)
{
    return node->kind == DELTA_ARRANGE || node->kind == DELTA_AGGREGATE ||
           node->kind == DELTA_TOPK || node->kind == DELTA_JOIN || node->kind == DELTA_JOIN_LEFT;
}

static void print_node(struct printer *printer, const struct delta *node, u32 indent)
{
    const struct delta_statistics *statistics = printer->statistics;
    bool is_told = printer->seen.data[node->index];
    print_indent(printer, indent);
    buf_format(printer->out, "#%u ", node->index);
    delta_print_label(node, printer->out);
    if (is_told) {
        buf_puts(printer->out, " (above)\n");
        return;
    }
    printer->seen.data[node->index] = 1;
    bool is_shared = statistics && statistics->runs && keeps_rows(node) &&
                     statistics->runs(statistics->context, node);
    buf_puts(printer->out, is_shared ? " (shared: runs already)\n" : "\n");
    if (node->kind == DELTA_JOIN) print_paths(printer, node, indent + 1);
    for (u32 i = 0; i < node->input_count; i++)
        print_node(printer, node->inputs[i], indent + 1);
}

void delta_print(const struct delta_plan *plan, const struct delta_statistics *statistics,
                 u32 indent, struct buf *out)
{
    struct printer printer = { .statistics = statistics, .out = out };
    buf_init(&printer.seen, out->mem);
    for (u32 i = 0; i < plan->node_count; i++)
        buf_putc(&printer.seen, 0);
    print_node(&printer, plan->root, indent);
    buf_deinit(&printer.seen);
}
