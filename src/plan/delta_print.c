#include "plan/delta_print.h"

#include "base/assert.h"
#include "plan/grow.h"

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
    case DELTA_CONSTANT:
        buf_format(out, "constant, %u row%s", node->constant.row_count,
                   node->constant.row_count == 1 ? "" : "s");
        break;
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

struct outliner {
    struct arena *arena;
    struct delta_outline *outline;
    bool *told; /* by node */
};

static void print_fan_out(struct buf *out, const struct delta_step *step)
{
    if (step->fan_out < 0.5)
        buf_puts(out, ", under 1 row");
    else
        buf_format(out, ", %s%.0f row%s", step->is_measured ? "" : "about ", step->fan_out,
                   step->fan_out < 1.5 ? "" : "s");
}

static void print_step(struct buf *out, const struct delta *join, const struct delta_step *step,
                       const char *const *names)
{
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
    print_fan_out(out, step);
    if (!step->residual) return;
    buf_puts(out, ", then ");
    expr_print(step->residual, names, out);
}

static void print_path(struct buf *out, const struct delta *join, u32 index,
                       const char *const *names)
{
    const struct delta_path *path = &join->join.paths[index];
    buf_format(out, "change of #%u:", join->inputs[index]->index);
    if (path->residual) {
        buf_puts(out, " where ");
        expr_print(path->residual, names, out);
        buf_putc(out, ',');
    }
    for (u32 s = 0; s < path->step_count; s++) {
        if (s) buf_putc(out, ';');
        print_step(out, join, &path->steps[s], names);
    }
}

static void outline_paths(struct outliner *outliner, const struct delta *join,
                          struct delta_line *line)
{
    struct buf text;
    const char **names = input_names(join, join->join.count, outliner->arena);
    line->path_count = join->join.count;
    line->paths = arena_array(outliner->arena, const char *, join->join.count);
    buf_init(&text, outliner->arena->mem);
    for (u32 p = 0; p < join->join.count; p++) {
        buf_clear(&text);
        print_path(&text, join, p, names);
        line->paths[p] = arena_string(outliner->arena, text.data, text.size);
    }
    buf_deinit(&text);
}

static void outline_node(struct outliner *outliner, const struct delta *node, u32 depth)
{
    struct arena *arena = outliner->arena;
    struct delta_outline *outline = outliner->outline;
    struct buf label;
    buf_init(&label, arena->mem);
    delta_print_label(node, &label);
    struct delta_line line = { .node = node->index,
                               .depth = depth,
                               .is_told = outliner->told[node->index],
                               .source = node->kind == DELTA_SOURCE ? node->relation : NULL,
                               .label = arena_string(arena, label.data, label.size) };
    buf_deinit(&label);
    u32 *inputs = arena_array(arena, u32, node->input_count);
    for (u32 i = 0; i < node->input_count; i++)
        inputs[i] = node->inputs[i]->index;
    line.inputs = inputs;
    line.input_count = node->input_count;
    if (node->kind == DELTA_JOIN && !line.is_told) outline_paths(outliner, node, &line);
    grow_push(arena, outline->lines, outline->count, line);
    if (line.is_told) return;
    outliner->told[node->index] = true;
    for (u32 i = 0; i < node->input_count; i++)
        outline_node(outliner, node->inputs[i], depth + 1);
}

void delta_outline(const struct delta_plan *plan, struct arena *arena,
                   struct delta_outline *outline)
{
    *outline = (struct delta_outline){ .count = 0 };
    struct outliner outliner = { .arena = arena,
                                 .outline = outline,
                                 .told = arena_array(arena, bool, plan->node_count) };
    outline_node(&outliner, plan->root, 0);
}
