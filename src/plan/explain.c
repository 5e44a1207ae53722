#include "plan/explain.h"

#include "plan/delta_print.h"

static enum status bind_any(const struct bind_options *options,
                            const struct syntax_statement *statement, struct bind_query *query,
                            bool *is_view, struct err *err)
{
    struct bind_insert insert;
    *is_view = false;
    switch ((int)statement->kind) {
    case SYNTAX_SELECT: return bind_select(options, statement->select, query, err);
    case SYNTAX_CREATE_VIEW:
        *is_view = statement->create_view->is_materialized;
        return bind_view(options, statement->create_view, query, err);
    case SYNTAX_INSERT:
        if (bind_insert(options, statement->insert, &insert, err)) return FAIL;
        if (!insert.query)
            return err_set(err, "0A000", "EXPLAIN of INSERT … VALUES is not supported");
        *query = *insert.query;
        return OK;
    default: return err_set(err, "0A000", "EXPLAIN of %s is not supported", syntax_tag(statement));
    }
}

static void explain_rules(const struct rewrite_trace *trace, struct buf *out)
{
    buf_puts(out, trace->use_count ? "rewritten by" : "rewritten: nothing to do");
    for (u32 i = 0; i < trace->use_count; i++) {
        buf_format(out, "%s %s", i ? "," : "", trace->uses[i].rule);
        if (trace->uses[i].count > 1) buf_format(out, " (%u)", trace->uses[i].count);
    }
    buf_putc(out, '\n');
}

static void explain_order(const struct bind_query *query, struct buf *out)
{
    const struct schema *schema = query->root->schema;
    for (u32 i = 0; i < query->order_count; i++)
        buf_format(out, "%s%s%s", i ? ", " : "  ordered by ",
                   schema->columns[query->orders[i].column].name,
                   query->orders[i].descending ? " desc" : "");
    if (query->order_count) buf_putc(out, '\n');
    if (query->limit != UINT64_MAX)
        buf_format(out, "  at most %llu rows\n", (unsigned long long)query->limit);
    if (query->offset) buf_format(out, "  behind %llu rows\n", (unsigned long long)query->offset);
}

static void explain_key(const struct schema *schema, struct buf *out)
{
    buf_puts(out, schema->key_count ? "key" : "no key: a bag");
    for (u32 k = 0; k < schema->key_count; k++)
        buf_format(out, "%s%s", k ? ", " : " ", schema->columns[schema->key[k]].name);
    buf_putc(out, '\n');
}

static void explain_operators(const struct delta_plan *plan,
                              const struct delta_statistics *statistics,
                              const struct explain_options *explain, struct buf *out)
{
    buf_puts(out, "operators\n");
    delta_print(plan, statistics, 1, out);
    if (plan->cross_count)
        buf_format(out, "%u steps of joins are cross products\n", plan->cross_count);
    if (!explain->is_verbose) return;
    buf_puts(out, "names\n");
    for (u32 i = 0; i < plan->node_count; i++)
        buf_format(out, "  #%u %s\n", i, plan->nodes[i]->name);
}

static enum status explain_select(const struct bind_options *options, struct bind_query *query,
                                  const struct delta_statistics *statistics,
                                  const struct explain_options *explain, struct buf *out,
                                  struct err *err)
{
    struct select_plan *plan;
    if (select_plan(options->arena, query, statistics, options->text, &plan, err)) return FAIL;
    if (plan->dataflow) {
        buf_puts(out, "a dataflow of its own, filled, read once and dropped\n");
        explain_operators(plan->dataflow, statistics, explain, out);
        return OK;
    }
    buf_format(out, "read from %s %s where its rows are\n", catalog_kind_name(plan->relation->kind),
               plan->relation->name);
    return OK;
}

enum status explain_statement(const struct bind_options *options,
                              const struct syntax_statement *statement,
                              const struct delta_statistics *statistics,
                              const struct explain_options *explain, struct buf *out,
                              struct err *err)
{
    struct bind_query query;
    bool is_view;
    if (bind_any(options, statement, &query, &is_view, err)) return FAIL;
    buf_puts(out, "bound\n");
    explain_order(&query, out);
    logical_print(query.root, 1, out);
    struct rewrite_trace trace = { 0 };
    query.root = rewrite(options->arena, query.root, &trace);
    explain_rules(&trace, out);
    logical_print(query.root, 1, out);
    if (!is_view) return explain_select(options, &query, statistics, explain, out, err);
    struct delta_plan *plan;
    if (delta_plan(options->arena, query.root, true, statistics, options->text, &plan, err))
        return FAIL;
    explain_operators(plan, statistics, explain, out);
    explain_key(query.root->schema, out);
    return OK;
}

void explain_build(const struct build *build, struct buf *out)
{
    build_print(build, 0, out);
}
