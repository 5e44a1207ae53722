#include "engine/subscribe_ask.h"

#include "base/assert.h"
#include "plan/bind.h"
#include "plan/parse.h"

#include <stdlib.h>

/* A column that is shown: one of the relation, or a cast of it. */
struct pick {
    u32 column;
    struct slice cast; /* empty: as it is */
    const char *text;  /* "price::text" */
    struct expr *expr;
};

struct asking {
    struct arena *arena;
    const struct subscribe_options *options;
    const struct schema *row; /* of the relation */
    const char **quoted;      /* its columns' names */
    struct condition_parts parts;
    struct pick *picks;     /* one a column that is asked for */
    const char **rest;      /* the conditions of the rest as texts */
    struct pick **computed; /* what the view has beside, or instead of, the relation's columns */
    u32 computed_count;
    bool is_page;     /* has a limit or an offset */
    bool picks_alone; /* the view has only what is asked for: it is a bag */
};

static enum status bind_query(struct engine *engine, struct slice text, struct arena *arena,
                              struct subscribe_ask *ask, struct err *err);
static enum status check_page(const struct subscribe_options *options, struct err *err);
static enum status bind_picks(struct asking *asking, struct err *err);
static void choose_computed(struct asking *asking);
static void sort_rest(struct asking *asking);
static enum status bind_tree(struct asking *asking, struct subscribe_ask *ask, struct err *err);
static void write_definition(const struct asking *asking, const char *relation,
                             struct subscribe_ask *ask);
static void own_part(const struct asking *asking, struct subscribe_ask *ask);
static const char *quote(struct arena *arena, const char *name);

static struct logical *scan(struct engine *engine, struct relation *relation, struct arena *arena,
                            struct subscribe_ask *ask, struct err *err)
{
    struct bind_query query;
    const struct bind_options options = { .catalog = &engine->catalog, .arena = arena };
    if (bind_relation(&options, relation->catalog, true, &query, err)) return NULL;
    ask->uses = query.uses;
    return query.root;
}

enum status subscribe_ask_bind(struct engine *engine, struct relation *relation,
                               const struct subscribe_options *options, struct arena *arena,
                               struct subscribe_ask *ask, struct err *err)
{
    *ask = (struct subscribe_ask){ .needs_view = false };
    if (options->query.data) return bind_query(engine, options->query, arena, ask, err);
    if (check_page(options, err)) return FAIL;
    ask->root = scan(engine, relation, arena, ask, err);
    if (!ask->root) return FAIL;
    struct asking asking = { .arena = arena,
                             .options = options,
                             .row = ask->root->schema,
                             .is_page = options->has_limit || options->offset > 0 };
    asking.quoted = arena_array(arena, const char *, asking.row->column_count);
    for (u32 column = 0; column < asking.row->column_count; column++)
        asking.quoted[column] = quote(arena, asking.row->columns[column].name);
    if (bind_picks(&asking, err)) return FAIL;
    choose_computed(&asking);
    bool divides = !asking.is_page && !asking.picks_alone;
    if (condition_divide(options->condition, asking.row, divides ? FEED_FILTER_COUNT_MAX : 0, arena,
                         &asking.parts, err))
        return FAIL;
    sort_rest(&asking);
    const struct view *view = relation->view;
    ask->needs_view = !view || !view->is_countable || asking.is_page || asking.computed_count > 0 ||
                      asking.parts.rest_count > 0;
    if (bind_tree(&asking, ask, err)) return FAIL;
    ask->row = ask->root->schema;
    own_part(&asking, ask);
    ask->name = relation->name;
    if (ask->needs_view) write_definition(&asking, relation->name, ask);
    return OK;
}

/* As CREATE MATERIALIZED VIEW binds it. The semicolon keeps it apart from what a URL asks for, whose columns may be called
 * otherwise. */
static enum status bind_query(struct engine *engine, struct slice text, struct arena *arena,
                              struct subscribe_ask *ask, struct err *err)
{
    struct syntax_statement *statement;
    struct bind_query query;
    if (parse_statement(text, &engine->runner, arena, &statement, err)) return FAIL;
    if (statement->kind != SYNTAX_SELECT)
        return err_set(err, "0A000", "only a SELECT can be subscribed to");
    const struct syntax_create_view view = { .is_materialized = true, .query = statement->select };
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = text,
                                          .arena = arena };
    if (bind_view(&options, &view, &query, err)) return FAIL;
    ask->needs_view = true;
    ask->root = query.root;
    ask->uses = query.uses;
    ask->row = query.root->schema;
    ask->definition = arena_format(arena, "%s;", parse_canonical(text, arena));
    ask->name = ask->definition;
    return OK;
}

/* An order alone means nothing: what is kept up to date has no first row. */
static enum status check_page(const struct subscribe_options *options, struct err *err)
{
    if (options->order_count == 0 || options->has_limit) return OK;
    err_set(err, "0A000", "a subscription has no order without a limit");
    return err_hint(err, "Order the rows where they are shown, or ask for the first of them: "
                         "order=…&limit=….");
}

/* --- columns --- */

static enum status bind_picks(struct asking *asking, struct err *err)
{
    struct arena *arena = asking->arena;
    asking->picks = arena_array(arena, struct pick, asking->options->column_count);
    for (u32 index = 0; index < asking->options->column_count; index++) {
        const struct read_column *asked = &asking->options->columns[index];
        struct pick *pick = &asking->picks[index];
        if (bind_column(arena, asking->row, asked->name, asked->cast, &pick->expr, err))
            return FAIL;
        pick->column = (u32)schema_find(asking->row, asked->name);
        pick->cast = asked->cast;
        pick->text = asking->quoted[pick->column];
        if (pick->cast.size > 0)
            pick->text =
                arena_format(arena, "%s::%.*s", pick->text, (int)pick->cast.size, pick->cast.data);
    }
    return OK;
}

static bool is_shown(const struct asking *asking, u32 column)
{
    u32 count = asking->options->column_count;
    for (u32 index = 0; index < count; index++)
        if (asking->picks[index].column == column && asking->picks[index].cast.size == 0)
            return true;
    return count == 0;
}

static int compare_picks(const void *left, const void *right)
{
    const struct pick *const *a = left, *const *b = right;
    return strcmp((*a)->text, (*b)->text);
}

/* A keyed view has all columns, and the casts behind them: readers who choose others share it. The rows of a bag are
 * told apart by all that it has, so it has what is asked for alone. Each once, in an order of their own. */
static void choose_computed(struct asking *asking)
{
    u32 count = asking->options->column_count;
    bool is_bag = asking->row->key_count == 0, is_whole = true;
    asking->computed = arena_array(asking->arena, struct pick *, count);
    for (u32 column = 0; column < asking->row->column_count; column++)
        is_whole = is_whole && is_shown(asking, column);
    for (u32 index = 0; index < count; index++)
        is_whole = is_whole && asking->picks[index].cast.size == 0;
    asking->picks_alone = is_bag && !is_whole;
    for (u32 index = 0; index < count; index++)
        if (asking->picks_alone || asking->picks[index].cast.size > 0)
            asking->computed[asking->computed_count++] = &asking->picks[index];
    if (asking->computed_count == 0) return;
    qsort(asking->computed, asking->computed_count, sizeof(struct pick *), compare_picks);
    u32 kept = 1;
    for (u32 index = 1; index < asking->computed_count; index++)
        if (compare_picks(&asking->computed[index], &asking->computed[kept - 1]) != 0)
            asking->computed[kept++] = asking->computed[index];
    asking->computed_count = kept;
}

/* --- conditions --- */

struct rest {
    const char *text;
    struct expr *expr;
};

static int compare_rests(const void *left, const void *right)
{
    const struct rest *a = left, *b = right;
    return strcmp(a->text, b->text);
}

/* In one order, each once: who writes them in another asks for the same. */
static void sort_rest(struct asking *asking)
{
    struct condition_parts *parts = &asking->parts;
    struct rest *rests = arena_array(asking->arena, struct rest, parts->rest_count);
    struct buf text;
    buf_init(&text, asking->arena->mem);
    for (u32 index = 0; index < parts->rest_count; index++) {
        buf_clear(&text);
        expr_print(parts->rest[index], asking->quoted, &text);
        rests[index] =
            (struct rest){ arena_string(asking->arena, text.data, text.size), parts->rest[index] };
    }
    buf_deinit(&text);
    if (parts->rest_count > 0) qsort(rests, parts->rest_count, sizeof *rests, compare_rests);
    asking->rest = arena_array(asking->arena, const char *, parts->rest_count);
    u32 count = 0;
    for (u32 index = 0; index < parts->rest_count; index++) {
        if (count > 0 && strcmp(rests[index].text, asking->rest[count - 1]) == 0) continue;
        asking->rest[count] = rests[index].text;
        parts->rest[count++] = rests[index].expr;
    }
    parts->rest_count = count;
}

/* --- the tree --- */

static enum status bind_page(struct asking *asking, struct subscribe_ask *ask, struct err *err)
{
    const struct subscribe_options *options = asking->options;
    struct logical *node = logical_topk(asking->arena, ask->root, false, NULL);
    node->topk.orders = arena_array(asking->arena, struct logical_order, options->order_count);
    for (u32 index = 0; index < options->order_count; index++) {
        const struct read_order *order = &options->order[index];
        i32 column = schema_find(asking->row, order->column);
        if (column < 0) return schema_unknown(asking->row, order->column, NULL, err);
        node->topk.orders[index] = (struct logical_order){ .column = (u32)column,
                                                           .descending = order->descending,
                                                           .nulls_first = order->nulls_first };
    }
    node->topk.order_count = options->order_count;
    node->topk.limit = options->has_limit ? options->limit : UINT64_MAX;
    node->topk.offset = options->offset;
    ask->root = node;
    return OK;
}

static enum status bind_project(struct asking *asking, struct subscribe_ask *ask, struct err *err)
{
    struct arena *arena = asking->arena;
    u32 kept = asking->picks_alone ? 0 : asking->row->column_count;
    u32 count = kept + asking->computed_count;
    if (count > SCHEMA_COLUMN_COUNT_MAX)
        return err_set(err, "54011", "tables can have at most %d columns", SCHEMA_COLUMN_COUNT_MAX);
    struct expr **exprs = arena_array(arena, struct expr *, count);
    const char **names = arena_array(arena, const char *, count);
    for (u32 index = 0; index < count; index++) {
        const struct pick *pick = index < kept ? NULL : asking->computed[index - kept];
        names[index] = pick ? pick->text : asking->row->columns[index].name;
        if (pick)
            exprs[index] = pick->expr;
        else if (bind_column(arena, asking->row, slice_of(names[index]), SLICE(""), &exprs[index],
                             err))
            return FAIL;
    }
    ask->root = logical_project(arena, ask->root, exprs, names, count);
    return OK;
}

static enum status bind_tree(struct asking *asking, struct subscribe_ask *ask, struct err *err)
{
    const struct condition_parts *parts = &asking->parts;
    if (parts->rest_count > 0)
        ask->root = logical_filter(asking->arena, ask->root, parts->rest, parts->rest_count);
    if (asking->is_page && bind_page(asking, ask, err)) return FAIL;
    if (asking->computed_count == 0) return OK;
    return bind_project(asking, ask, err);
}

/* --- what it is called --- */

static const char *quote(struct arena *arena, const char *name)
{
    bool is_plain = (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
    for (const char *at = name; *at; at++)
        is_plain =
            is_plain && ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_');
    if (is_plain) return name;
    char *out = arena_alloc(arena, strlen(name) * 2 + 3), *end = out;
    *end++ = '"';
    for (const char *at = name; *at; at++) {
        if (*at == '"') *end++ = '"';
        *end++ = *at;
    }
    *end++ = '"';
    *end = '\0';
    return out;
}

static void write_page(const struct asking *asking, struct buf *out)
{
    const struct subscribe_options *options = asking->options;
    for (u32 index = 0; index < options->order_count; index++) {
        const struct read_order *order = &options->order[index];
        i32 column = schema_find(asking->row, order->column);
        buf_format(out, "%s%s", index == 0 ? " ORDER BY " : ", ", asking->quoted[column]);
        if (order->descending) buf_puts(out, " DESC");
        if (order->nulls_first != order->descending)
            buf_puts(out, order->nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
    if (options->has_limit) buf_format(out, " LIMIT %llu", (unsigned long long)options->limit);
    if (options->offset > 0) buf_format(out, " OFFSET %llu", (unsigned long long)options->offset);
}

static void write_definition(const struct asking *asking, const char *relation,
                             struct subscribe_ask *ask)
{
    struct buf text;
    buf_init(&text, asking->arena->mem);
    buf_puts(&text, asking->picks_alone ? "SELECT " : "SELECT *");
    for (u32 index = 0; index < asking->computed_count; index++) {
        if (index > 0 || !asking->picks_alone) buf_puts(&text, ", ");
        buf_puts(&text, asking->computed[index]->text);
    }
    buf_puts(&text, " FROM ");
    size_t name_at = text.size;
    buf_puts(&text, quote(asking->arena, relation));
    for (u32 index = 0; index < asking->parts.rest_count; index++)
        buf_format(&text, "%s%s", index == 0 ? " WHERE " : " AND ", asking->rest[index]);
    write_page(asking, &text);
    ask->definition = arena_string(asking->arena, text.data, text.size);
    ask->name = ask->definition + name_at;
    buf_deinit(&text);
}

/* --- the reader's own part --- */

static u32 place_of(const struct asking *asking, const struct pick *pick)
{
    u32 kept = asking->picks_alone ? 0 : asking->row->column_count;
    for (u32 index = 0; index < asking->computed_count; index++)
        if (strcmp(asking->computed[index]->text, pick->text) == 0) return kept + index;
    return pick->column;
}

static void own_part(const struct asking *asking, struct subscribe_ask *ask)
{
    struct arena *arena = asking->arena;
    u32 count = asking->options->column_count;
    u32 *columns = arena_array(arena, u32, count);
    const char **names = arena_array(arena, const char *, count);
    for (u32 index = 0; index < count; index++) {
        const struct read_column *asked = &asking->options->columns[index];
        struct slice name = asked->rename.size > 0 ? asked->rename : asked->name;
        columns[index] = place_of(asking, &asking->picks[index]);
        names[index] = arena_string(arena, name.data, name.size);
    }
    ask->columns = columns;
    ask->names = names;
    ask->column_count = count;
    ask->filter = asking->parts.columns;
    ask->values = asking->parts.values;
    ask->filter_count = asking->parts.equal_count;
}
