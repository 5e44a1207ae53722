#include "plan/explain.h"

#include "base/assert.h"
#include "plan/grow.h"
#include "plan/syntax_print.h"

/* Longer trees are not compared line by line. */
#define DIFF_LINE_COUNT_MAX 512
/* Text of trees that is made to compare them, and that is shown of one. */
#define DIFF_SIZE_MAX MIB(4)
#define TREE_SIZE_MAX MIB(1)

struct collector {
    struct arena *arena;
    const struct explain_options *options;
    struct explain *out;
    struct explain_lines tree; /* as it is before the next rule */
    size_t compared;           /* bytes of such trees */
};

static enum status bind_any(const struct bind_options *options,
                            const struct syntax_statement *statement, struct bind_query *query,
                            bool *is_kept, struct err *err);
static void add_order(struct collector *collector, const struct bind_query *query);
static struct explain_lines tree_lines(struct collector *collector, const struct logical *root);
static void on_rule(void *context, const char *rule, const struct logical *root);
static enum status add_plan(struct collector *collector, const struct bind_options *options,
                            const struct bind_query *query, bool is_kept, struct err *err);

static void split(struct arena *arena, const struct buf *text, struct explain_lines *lines)
{
    for (size_t at = 0; at < text->size;) {
        const char *start = text->data + at;
        const char *newline = memchr(start, '\n', text->size - at);
        size_t size = newline ? (size_t)(newline - start) : text->size - at;
        const char *line = arena_string(arena, start, size);
        grow_push(arena, lines->items, lines->count, line);
        at += size + 1;
    }
}

enum status explain_statement(const struct bind_options *options,
                              const struct syntax_statement *statement,
                              const struct explain_options *explain, struct explain *out,
                              struct err *err)
{
    struct collector collector = { .arena = options->arena, .options = explain, .out = out };
    struct bind_query query;
    bool is_kept;
    if (bind_any(options, statement, &query, &is_kept, err)) return FAIL;
    if (explain->is_verbose) {
        struct buf text;
        buf_init(&text, options->arena->mem);
        syntax_print_statement(&text, statement);
        split(options->arena, &text, &out->parsed);
        buf_deinit(&text);
    }
    out->bound = collector.tree = tree_lines(&collector, query.root);
    add_order(&collector, &query);
    const struct rewrite_trace trace = { .on_rule = on_rule, .context = &collector };
    query.root = rewrite(options->arena, query.root, &trace);
    out->logical = tree_lines(&collector, query.root);
    return add_plan(&collector, options, &query, is_kept, err);
}

static enum status bind_any(const struct bind_options *options,
                            const struct syntax_statement *statement, struct bind_query *query,
                            bool *is_kept, struct err *err)
{
    struct bind_insert insert;
    *is_kept = false;
    switch ((int)statement->kind) {
    case SYNTAX_SELECT: return bind_select(options, statement->select, query, err);
    case SYNTAX_CREATE_VIEW:
        *is_kept = statement->create_view->is_materialized;
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

static struct explain_lines tree_lines(struct collector *collector, const struct logical *root)
{
    struct explain_lines lines = { .count = 0 };
    struct buf text;
    buf_init(&text, collector->arena->mem);
    logical_print(root, 0, &text);
    collector->compared += text.size;
    bool is_cut = text.size > TREE_SIZE_MAX;
    text.size = MIN(text.size, TREE_SIZE_MAX);
    split(collector->arena, &text, &lines);
    if (is_cut) {
        const char *rest = "… and more";
        grow_push(collector->arena, lines.items, lines.count, rest);
    }
    buf_deinit(&text);
    return lines;
}

/* ORDER BY and LIMIT of a one-shot query are done by who reads it. */
static void add_order(struct collector *collector, const struct bind_query *query)
{
    const struct schema *schema = query->root->schema;
    struct buf text;
    buf_init(&text, collector->arena->mem);
    for (u32 i = 0; i < query->order_count; i++)
        buf_format(&text, "%s%s%s", i ? ", " : "the result is ordered by ",
                   schema->columns[query->orders[i].column].name,
                   query->orders[i].descending ? " desc" : "");
    if (query->order_count) buf_putc(&text, '\n');
    if (query->limit != UINT64_MAX)
        buf_format(&text, "at most %llu rows of it\n", (unsigned long long)query->limit);
    if (query->offset) buf_format(&text, "behind %llu rows\n", (unsigned long long)query->offset);
    split(collector->arena, &text, &collector->out->notes);
    buf_deinit(&text);
}

/* ---- What a rule changed ---- */

static const char *trim(const char *line)
{
    while (*line == ' ')
        line++;
    return line;
}

static bool same(const char *a, const char *b)
{
    return strcmp(trim(a), trim(b)) == 0;
}

static void add_change(struct arena *arena, struct explain_rule *rule, char sign, const char *line)
{
    const char *change = arena_format(arena, "%c %s", sign, trim(line));
    grow_push(arena, rule->changes.items, rule->changes.count, change);
}

/* The longest common part of both, by the usual table; the lines beside it are the change. */
static void diff(struct arena *arena, struct explain_rule *rule, const struct explain_lines *old,
                 const struct explain_lines *new)
{
    u32 rows = old->count + 1, columns = new->count + 1;
    size_t size = (size_t)rows * columns * sizeof(u32);
    u32 *common = mem_zalloc(arena->mem, size);
    for (u32 i = old->count; i-- > 0;)
        for (u32 j = new->count; j-- > 0;) {
            u32 skip = MAX(common[(i + 1) * columns + j], common[i * columns + j + 1]);
            u32 take = common[(i + 1) * columns + j + 1] + 1;
            common[i * columns + j] = same(old->items[i], new->items[j]) ? take : skip;
        }
    u32 i = 0, j = 0;
    while (i < old->count || j < new->count) {
        bool is_both = i < old->count && j < new->count &&same(old->items[i], new->items[j]);
        bool goes = i < old->count && (j == new->count || common[(i + 1) * columns + j] >=
                                                              common[i * columns + j + 1]);
        if (is_both)
            i++, j++;
        else if (goes)
            add_change(arena, rule, '-', old->items[i++]);
        else
            add_change(arena, rule, '+', new->items[j++]);
    }
    mem_free(arena->mem, common, size);
}

static void on_rule(void *context, const char *name, const struct logical *root)
{
    struct collector *collector = context;
    struct arena *arena = collector->arena;
    struct explain_rule rule = { .name = name };
    if (collector->compared > DIFF_SIZE_MAX) {
        add_change(arena, &rule, '+', "(more than is compared)");
        grow_push(arena, collector->out->rules, collector->out->rule_count, rule);
        return;
    }
    struct explain_lines after = tree_lines(collector, root);
    struct explain_lines old = collector->tree, new = after;
    while (old.count > 0 && new.count > 0 && same(old.items[0], new.items[0])) {
        old.items++, old.count--;
        new.items++, new.count--;
    }
    while (old.count > 0 && new.count > 0 &&
           same(old.items[old.count - 1], new.items[new.count - 1]))
        old.count--, new.count--;
    if (old.count <= DIFF_LINE_COUNT_MAX && new.count <= DIFF_LINE_COUNT_MAX)
        diff(arena, &rule, &old, &new);
    else
        add_change(arena, &rule, '+', "(more than is compared)");
    collector->tree = after;
    grow_push(arena, collector->out->rules, collector->out->rule_count, rule);
}

/* ---- Operators ---- */

static const char *users_of(struct collector *collector, const struct op *op)
{
    const struct explain_options *options = collector->options;
    if (!op || !options->users) return "";
    struct buf names;
    buf_init(&names, collector->arena->mem);
    options->users(options->context, op, &names);
    const char *text = arena_string(collector->arena, names.size ? names.data : "", names.size);
    buf_deinit(&names);
    return text;
}

static void add_op(struct collector *collector, const struct delta_line *line, const struct op *op,
                   bool runs)
{
    struct explain *out = collector->out;
    struct explain_op entry = {
        .line = line, .op = op, .runs = runs, .users = line->source ? "" : users_of(collector, op)
    };
    grow_push(collector->arena, out->ops, out->op_count, entry);
}

/* What stands below an operator that runs is part of it, also streams, which have no name. */
static void add_planned(struct collector *collector, const struct delta_plan *plan)
{
    struct delta_outline *outline = arena_new(collector->arena, struct delta_outline);
    const struct build_registry *registry = collector->options->registry;
    u32 below = UINT32_MAX; /* the depth of the operator that runs around this one */
    delta_outline(plan, collector->arena, outline);
    for (u32 i = 0; i < outline->count; i++) {
        const struct delta_line *line = &outline->lines[i];
        if (line->depth <= below) below = UINT32_MAX;
        const struct op *op = registry ? build_find(registry, plan->nodes[line->node]) : NULL;
        add_op(collector, line, op, op || below != UINT32_MAX);
        if (op && below == UINT32_MAX) below = line->depth;
    }
}

static void add_running(struct collector *collector, const struct build *build)
{
    const struct delta_outline *outline = build_outline(build);
    for (u32 i = 0; i < outline->count; i++)
        add_op(collector, &outline->lines[i], build_line_op(build, &outline->lines[i]), true);
}

static void add_note(struct collector *collector, const char *note)
{
    struct explain_lines *notes = &collector->out->notes;
    grow_push(collector->arena, notes->items, notes->count, note);
}

static void add_key(struct collector *collector, const struct schema *schema)
{
    struct buf text;
    buf_init(&text, collector->arena->mem);
    buf_puts(&text, schema->key_count ? "key:" : "no key: equal rows are counted");
    for (u32 k = 0; k < schema->key_count; k++)
        buf_format(&text, "%s %s", k ? "," : "", schema->columns[schema->key[k]].name);
    add_note(collector, arena_string(collector->arena, text.data, text.size));
    buf_deinit(&text);
}

/* An arrangement by the key of a table or view is that table or view. */
static void find_tables(struct explain *out)
{
    for (u32 i = 0; i < out->op_count; i++) {
        struct explain_op *op = &out->ops[i];
        for (u32 j = 0; j < out->op_count && op->op && !op->line->source; j++)
            if (out->ops[j].op == op->op && out->ops[j].line->source) op->table = out->ops[j].line;
    }
}

static void add_dataflow(struct collector *collector, const struct delta_plan *plan)
{
    struct explain *out = collector->out;
    if (collector->options->build)
        add_running(collector, collector->options->build);
    else
        add_planned(collector, plan);
    find_tables(out);
    if (plan->cross_count)
        add_note(collector, arena_format(collector->arena, "%u steps of joins are cross products",
                                         plan->cross_count));
    for (u32 i = 0; collector->options->is_verbose && i < plan->node_count; i++) {
        const char *name = arena_format(collector->arena, "#%u %s", i, plan->nodes[i]->name);
        grow_push(collector->arena, out->names.items, out->names.count, name);
    }
}

static enum status add_plan(struct collector *collector, const struct bind_options *options,
                            const struct bind_query *query, bool is_kept, struct err *err)
{
    const struct explain_options *explain = collector->options;
    const struct delta_statistics *statistics =
        explain->registry ? build_statistics(explain->registry) : NULL;
    struct delta_plan *dataflow;
    if (is_kept) {
        if (delta_plan(options->arena, query->root, true, statistics, options->text, &dataflow,
                       err))
            return FAIL;
        add_dataflow(collector, dataflow);
        add_key(collector, query->root->schema);
        return OK;
    }
    struct select_plan *select;
    if (select_plan(options->arena, query, statistics, options->text, &select, err)) return FAIL;
    if (select->dataflow) {
        add_dataflow(collector, select->dataflow);
        add_note(collector, "a dataflow of its own, filled, read once and dropped");
        return OK;
    }
    collector->out->read =
        arena_format(options->arena, "from %s %s, where its rows are",
                     catalog_kind_name(select->relation->kind), select->relation->name);
    return OK;
}
