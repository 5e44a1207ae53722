#include "base/assert.h"
#include "plan/logical.h"

struct printer {
    struct buf *out;
    struct buf seen; /* a byte a shared body: it was printed */
};

static void print_node(struct printer *printer, const struct logical *node, u32 indent);
static void print_line(struct printer *printer, const struct logical *node,
                       const char *const *names);

void logical_print(const struct logical *node, u32 indent, struct buf *out)
{
    struct printer printer = { .out = out };
    buf_init(&printer.seen, out->mem);
    print_node(&printer, node, indent);
    buf_deinit(&printer.seen);
}

const char **logical_names(const struct logical *node, struct arena *arena)
{
    u32 count = 0;
    for (u32 i = 0; i < node->input_count; i++)
        count += node->inputs[i]->schema->column_count;
    const char **names = arena_array(arena, const char *, count);
    u32 first = 0;
    for (u32 i = 0; i < node->input_count; i++) {
        const struct schema *schema = node->inputs[i]->schema;
        for (u32 c = 0; c < schema->column_count; c++)
            names[first + c] = schema->columns[c].name;
        first += schema->column_count;
    }
    bool *twice = arena_array(arena, bool, count);
    for (u32 i = 0; i < count; i++)
        for (u32 j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0) twice[i] = twice[j] = true;
    for (u32 i = 0; i < count; i++)
        if (twice[i]) names[i] = arena_format(arena, "%s#%u", names[i], i);
    return names;
}

static bool print_is_first(struct printer *printer, const struct logical_shared *shared)
{
    while (printer->seen.size <= shared->id)
        buf_putc(&printer->seen, 0);
    bool first = printer->seen.data[shared->id] == 0;
    printer->seen.data[shared->id] = 1;
    return first;
}

static void print_node(struct printer *printer, const struct logical *node, u32 indent)
{
    struct arena arena;
    arena_init(&arena, printer->out->mem);
    for (u32 i = 0; i < indent; i++)
        buf_puts(printer->out, "  ");
    print_line(printer, node, logical_names(node, &arena));
    buf_putc(printer->out, '\n');
    arena_deinit(&arena);
    for (u32 i = 0; i < node->input_count; i++)
        print_node(printer, node->inputs[i], indent + 1);
    if (node->kind == LOGICAL_SHARED && print_is_first(printer, node->shared))
        print_node(printer, node->shared->body, indent + 1);
}

static void print_constant(struct printer *printer, const struct logical *node);
static void print_conditions(struct printer *printer, const struct logical *node,
                             const char *const *names);
static void print_project(struct printer *printer, const struct logical *node,
                          const char *const *names);
static void print_aggregate(struct printer *printer, const struct logical *node,
                            const char *const *names);
static void print_flatten(struct printer *printer, const struct logical *node,
                          const char *const *names);
static void print_topk(struct printer *printer, const struct logical *node,
                       const char *const *names);

static void print_line(struct printer *printer, const struct logical *node,
                       const char *const *names)
{
    struct buf *out = printer->out;
    switch (node->kind) {
    case LOGICAL_SCAN: buf_format(out, "scan %s", node->scan.relation->name); return;
    case LOGICAL_CONSTANT: print_constant(printer, node); return;
    case LOGICAL_FILTER:
        buf_puts(out, "filter");
        print_conditions(printer, node, names);
        return;
    case LOGICAL_PROJECT: print_project(printer, node, names); return;
    case LOGICAL_JOIN:
        buf_puts(out, node->conditions.count ? "join on" : "cross join");
        print_conditions(printer, node, names);
        return;
    case LOGICAL_JOIN_LEFT:
        buf_puts(out, "left join on");
        print_conditions(printer, node, names);
        if (node->conditions.count == 0) buf_puts(out, " true");
        return;
    case LOGICAL_AGGREGATE: print_aggregate(printer, node, names); return;
    case LOGICAL_UNION: buf_puts(out, "union all"); return;
    case LOGICAL_FLATTEN: print_flatten(printer, node, names); return;
    case LOGICAL_TOPK: print_topk(printer, node, names); return;
    case LOGICAL_SHARED: buf_format(out, "shared %s", node->shared->name); return;
    }
    unreachable();
}

#define PRINT_ROW_COUNT_MAX 4

static void print_constant(struct printer *printer, const struct logical *node)
{
    struct buf *out = printer->out;
    u32 row_count = node->constant.row_count, column_count = node->schema->column_count;
    buf_puts(out, row_count ? "constant" : "nothing");
    for (u32 r = 0; r < row_count && r < PRINT_ROW_COUNT_MAX; r++) {
        buf_puts(out, r ? ", (" : " (");
        for (u32 c = 0; c < column_count; c++) {
            const struct value *value = &node->constant.rows[r][c];
            if (c) buf_puts(out, ", ");
            if (value->null)
                buf_puts(out, "NULL");
            else
                value_print(value, out);
        }
        buf_putc(out, ')');
    }
    if (row_count > PRINT_ROW_COUNT_MAX)
        buf_format(out, ", and %u more", row_count - PRINT_ROW_COUNT_MAX);
}

static void print_conditions(struct printer *printer, const struct logical *node,
                             const char *const *names)
{
    for (u32 i = 0; i < node->conditions.count; i++) {
        buf_puts(printer->out, i ? " and " : " ");
        expr_print(node->conditions.items[i], names, printer->out);
    }
}

static void print_project(struct printer *printer, const struct logical *node,
                          const char *const *names)
{
    struct buf *out = printer->out;
    buf_puts(out, "project");
    for (u32 i = 0; i < node->schema->column_count; i++) {
        buf_puts(out, i ? ", " : " ");
        size_t start = out->size;
        expr_print(node->project.exprs[i], names, out);
        const char *name = node->schema->columns[i].name;
        if (!slice_is(slice_make(out->data + start, out->size - start), name))
            buf_format(out, " AS %s", name);
    }
}

static void print_aggregate(struct printer *printer, const struct logical *node,
                            const char *const *names)
{
    struct buf *out = printer->out;
    buf_puts(out, node->aggregate.call_count ? "aggregate" : "distinct");
    for (u32 i = 0; i < node->aggregate.group_count; i++)
        buf_format(out, "%s%s", i ? ", " : " by ", names[node->aggregate.groups[i]]);
    for (u32 i = 0; i < node->aggregate.call_count; i++) {
        const struct logical_call *call = &node->aggregate.calls[i];
        buf_format(out, "%s%s(%s%s)", i ? ", " : ": ", agg_word(call->kind),
                   call->distinct ? "distinct " : "",
                   call->column == LOGICAL_NO_COLUMN ? "*" : names[call->column]);
        if (call->filter != LOGICAL_NO_COLUMN) buf_format(out, " filter (%s)", names[call->filter]);
    }
}

static void print_flatten(struct printer *printer, const struct logical *node,
                          const char *const *names)
{
    struct buf *out = printer->out;
    buf_format(out, "flatten %s(",
               node->flatten.function == LOGICAL_GENERATE_SERIES ? "generate_series"
                                                                 : "regexp_split_to_table");
    for (u32 i = 0; i < node->flatten.arg_count; i++) {
        if (i) buf_puts(out, ", ");
        expr_print(node->flatten.args[i], names, out);
    }
    buf_format(out, ") AS %s", node->schema->columns[node->schema->column_count - 1].name);
}

static void print_topk(struct printer *printer, const struct logical *node,
                       const char *const *names)
{
    struct buf *out = printer->out;
    if (node->topk.limit == UINT64_MAX)
        buf_puts(out, "all");
    else
        buf_format(out, "top %llu", (unsigned long long)node->topk.limit);
    if (node->topk.offset) buf_format(out, " behind %llu", (unsigned long long)node->topk.offset);
    for (u32 i = 0; i < node->topk.partition_count; i++)
        buf_format(out, "%s%s", i ? ", " : " of each ", names[node->topk.partition[i]]);
    for (u32 i = 0; i < node->topk.order_count; i++) {
        const struct logical_order *order = &node->topk.orders[i];
        buf_format(out, "%s%s%s%s", i ? ", " : " by ", names[order->column],
                   order->descending ? " desc" : "",
                   order->nulls_first == order->descending ? ""
                   : order->nulls_first                    ? " nulls first"
                                                           : " nulls last");
    }
    if (node->topk.with_rank)
        buf_format(out, ", row_number() AS %s",
                   node->schema->columns[node->schema->column_count - 1].name);
}
