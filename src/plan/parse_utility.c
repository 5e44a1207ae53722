/* A statement by its kind, and those that are short: DROP, TRUNCATE, SET, BEGIN, EXPLAIN, … */
#include <ctype.h>

#include "base/assert.h"
#include "plan/parse_internal.h"

/* In statements that keep no positions. */
static struct syntax_relation relation_of_names(struct parse *parse, struct syntax_names names)
{
    struct syntax_relation relation = { .offset = -1 };
    if (parse->has_failed) return relation;
    assert(names.count > 0);
    if (names.count > 2) parse_refuse(parse, -1, "a name in another database");
    relation.name = names.items[names.count - 1];
    relation.schema = names.count >= 2 ? names.items[names.count - 2] : NULL;
    return relation;
}

static bool object_kind(PgQuery__ObjectType type, enum syntax_object_kind *kind)
{
    switch ((int)type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE: *kind = SYNTAX_OBJECT_TABLE; return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW: *kind = SYNTAX_OBJECT_VIEW; return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
        *kind = SYNTAX_OBJECT_MATERIALIZED_VIEW;
        return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX: *kind = SYNTAX_OBJECT_INDEX; return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN: *kind = SYNTAX_OBJECT_COLUMN; return true;
    default: return false;
    }
}

/* "CREATE FUNCTION", "GRANT": the statement's own first words, in capitals. */
static void refuse_statement(struct parse *parse)
{
    struct lex lex = lex_make(parse->text);
    struct lex_token token = lex_next(&lex);
    bool has_object = lex_is_word(&token, "create") || lex_is_word(&token, "alter") ||
                      lex_is_word(&token, "drop");
    char words[128];
    u32 size = 0;
    for (u32 word = 0; word <= has_object; token = lex_next(&lex)) {
        if (token.kind != LEX_WORD || size + token.text.size + 2 > sizeof words) break;
        bool is_filler = lex_is_word(&token, "or") || lex_is_word(&token, "replace");
        if (is_filler) continue;
        if (size > 0) words[size++] = ' ';
        for (size_t i = 0; i < token.text.size; i++) {
            words[size++] = (char)toupper((u8)token.text.data[i]);
        }
        word += 1;
    }
    words[size] = 0;
    bool is_nested = parse->depth > 1;
    parse_refuse(parse, is_nested ? -1 : 0, is_nested || size == 0 ? "this statement" : words);
}

static struct syntax_drop *parse_drop(struct parse *parse, const PgQuery__DropStmt *from)
{
    struct syntax_drop *drop = arena_new(parse->arena, struct syntax_drop);
    if (!object_kind(from->remove_type, &drop->kind)) {
        refuse_statement(parse);
        return NULL;
    }
    drop->is_if_exists = from->missing_ok;
    drop->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    drop->relations = arena_array(parse->arena, struct syntax_relation, from->n_objects);
    for (size_t i = 0; i < from->n_objects && !parse->has_failed; i++) {
        const PgQuery__List *name = from->objects[i]->list;
        drop->relations[drop->relation_count++] =
            relation_of_names(parse, parse_names(parse, name->items, name->n_items));
    }
    return drop;
}

static struct syntax_truncate *parse_truncate(struct parse *parse,
                                              const PgQuery__TruncateStmt *from)
{
    struct syntax_truncate *truncate = arena_new(parse->arena, struct syntax_truncate);
    truncate->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    if (from->restart_seqs) parse_refuse(parse, 0, "RESTART IDENTITY");
    truncate->relations = arena_array(parse->arena, struct syntax_relation, from->n_relations);
    truncate->relation_count = (u32)from->n_relations;
    for (size_t i = 0; i < from->n_relations && !parse->has_failed; i++) {
        truncate->relations[i] = parse_relation(parse, from->relations[i]->range_var);
    }
    return truncate;
}

static struct syntax_comment *parse_comment(struct parse *parse, const PgQuery__CommentStmt *from)
{
    struct syntax_comment *comment = arena_new(parse->arena, struct syntax_comment);
    bool is_ours = object_kind(from->objtype, &comment->kind) &&
                   from->object->node_case == PG_QUERY__NODE__NODE_LIST;
    if (!is_ours) {
        parse_refuse(parse, 0, "COMMENT on this kind of object");
        return NULL;
    }
    const PgQuery__List *object = from->object->list;
    struct syntax_names names = parse_names(parse, object->items, object->n_items);
    if (comment->kind == SYNTAX_OBJECT_COLUMN) {
        if (names.count < 2) {
            parse_fail(parse, "42601", -1, "column name must be qualified");
            return NULL;
        }
        names.count -= 1;
        comment->column = names.items[names.count];
    }
    comment->relation = relation_of_names(parse, names);
    comment->text = parse_name(parse, from->comment);
    return comment;
}

static bool option_is_on(const struct syntax_option *option)
{
    if (option->kind == SYNTAX_OPTION_NONE) return true;
    if (option->kind == SYNTAX_OPTION_INTEGER) return option->integer != 0;
    struct slice text = slice_of(option->text);
    return slice_is_nocase(text, "true") || slice_is_nocase(text, "on");
}

static void read_explain_format(struct parse *parse, struct syntax_explain *explain,
                                const struct syntax_option *option)
{
    explain->is_json = strcmp(option->text, "json") == 0;
    if (explain->is_json || strcmp(option->text, "text") == 0) return;
    bool is_known = strcmp(option->text, "xml") == 0 || strcmp(option->text, "yaml") == 0;
    if (is_known)
        parse_refuse(parse, option->offset, "EXPLAIN in a format other than TEXT and JSON");
    else
        parse_fail(parse, "22023", option->offset,
                   "unrecognized value for EXPLAIN option \"format\": \"%s\"", option->text);
}

void parse_explain_options(struct parse *parse, struct syntax_explain *explain)
{
    /* Of estimates and of the run of a query: there is nothing to show or to leave out. */
    static const char *const without_effect[] = { "costs", "settings", "summary", "timing" };
    for (u32 i = 0; i < explain->options.count && !parse->has_failed; i++) {
        const struct syntax_option *option = &explain->options.items[i];
        bool is_known = false;
        for (u32 j = 0; j < countof(without_effect); j++)
            is_known |= strcmp(option->name, without_effect[j]) == 0;
        if (strcmp(option->name, "analyze") == 0)
            explain->is_analyze = option_is_on(option);
        else if (strcmp(option->name, "verbose") == 0)
            explain->is_verbose = option_is_on(option);
        else if (strcmp(option->name, "format") == 0)
            read_explain_format(parse, explain, option);
        else if (strcmp(option->name, "buffers") == 0 || strcmp(option->name, "wal") == 0)
            parse_refuse(parse, option->offset, "EXPLAIN with BUFFERS or WAL");
        else if (!is_known)
            parse_fail(parse, "42601", option->offset, "unrecognized EXPLAIN option \"%s\"",
                       option->name);
    }
}

static struct syntax_explain *parse_explain(struct parse *parse, const PgQuery__ExplainStmt *from)
{
    struct syntax_explain *explain = arena_new(parse->arena, struct syntax_explain);
    explain->options = parse_options(parse, from->options, from->n_options);
    parse_explain_options(parse, explain);
    if (parse->has_failed) return explain;
    explain->statement = parse_node(parse, from->query);
    return explain;
}

static const char *set_name(struct parse *parse, const char *name)
{
    return strcmp(name, "all") == 0 ? NULL : parse_name(parse, name);
}

/* SET TRANSACTION and SET SESSION CHARACTERISTICS give named values. */
static struct syntax_set *parse_set(struct parse *parse, const PgQuery__VariableSetStmt *from)
{
    struct syntax_set *set = arena_new(parse->arena, struct syntax_set);
    set->offset = -1;
    set->is_local = from->is_local;
    if (from->kind != PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL) {
        set->name = set_name(parse, from->name);
    }
    if (from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_CURRENT) {
        parse_refuse(parse, 0, "SET FROM CURRENT");
    }
    struct syntax_options values = parse_options(parse, from->args, from->n_args);
    set->values = values.items;
    set->value_count = values.count;
    return set;
}

static bool is_reset(const PgQuery__VariableSetStmt *set)
{
    return set->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET ||
           set->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
}

static struct syntax_set *parse_show(struct parse *parse, const PgQuery__VariableShowStmt *from)
{
    struct syntax_set *show = arena_new(parse->arena, struct syntax_set);
    show->name = set_name(parse, from->name);
    show->offset = -1;
    return show;
}

static bool transaction_kind(PgQuery__TransactionStmtKind from, enum syntax_transaction_kind *kind)
{
    switch ((int)from) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START: *kind = SYNTAX_BEGIN; return true;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT: *kind = SYNTAX_COMMIT; return true;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK: *kind = SYNTAX_ROLLBACK; return true;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
        *kind = SYNTAX_SAVEPOINT;
        return true;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE: *kind = SYNTAX_RELEASE; return true;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
        *kind = SYNTAX_ROLLBACK_TO;
        return true;
    default: return false;
    }
}

static struct syntax_transaction *parse_transaction(struct parse *parse,
                                                    const PgQuery__TransactionStmt *from)
{
    struct syntax_transaction *transaction = arena_new(parse->arena, struct syntax_transaction);
    if (!transaction_kind(from->kind, &transaction->kind)) {
        parse_refuse(parse, 0, "a prepared transaction");
        return NULL;
    }
    transaction->name = parse_name(parse, from->savepoint_name);
    transaction->is_chain = from->chain;
    transaction->options = parse_options(parse, from->options, from->n_options);
    return transaction;
}

static void set_query(struct parse *parse, const pg_node *node, struct syntax_statement *statement)
{
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
        statement->kind = SYNTAX_SELECT;
        statement->select = parse_select(parse, node->select_stmt);
        return;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        statement->kind = SYNTAX_INSERT;
        statement->insert = parse_insert(parse, node->insert_stmt);
        return;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        statement->kind = SYNTAX_UPDATE;
        statement->update = parse_update(parse, node->update_stmt);
        return;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        statement->kind = SYNTAX_DELETE;
        statement->delete = parse_delete(parse, node->delete_stmt);
        return;
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
        statement->kind = SYNTAX_TRUNCATE;
        statement->truncate = parse_truncate(parse, node->truncate_stmt);
        return;
    default: refuse_statement(parse);
    }
}

static void set_definition(struct parse *parse, const pg_node *node,
                           struct syntax_statement *statement)
{
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_CREATE_STMT:
        statement->kind = SYNTAX_CREATE_TABLE;
        statement->create_table = parse_create_table(parse, node->create_stmt);
        return;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
        statement->kind = SYNTAX_CREATE_VIEW;
        statement->create_view = parse_view(parse, node->view_stmt);
        return;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
        statement->kind = SYNTAX_CREATE_VIEW;
        statement->create_view = parse_materialized_view(parse, node->create_table_as_stmt);
        return;
    case PG_QUERY__NODE__NODE_INDEX_STMT:
        statement->kind = SYNTAX_CREATE_INDEX;
        statement->create_index = parse_index(parse, node->index_stmt);
        return;
    case PG_QUERY__NODE__NODE_DROP_STMT:
        statement->kind = SYNTAX_DROP;
        statement->drop = parse_drop(parse, node->drop_stmt);
        return;
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
        statement->kind = SYNTAX_COMMENT;
        statement->comment = parse_comment(parse, node->comment_stmt);
        return;
    default: set_query(parse, node, statement);
    }
}

static void set_utility(struct parse *parse, const pg_node *node,
                        struct syntax_statement *statement)
{
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
        statement->kind = SYNTAX_EXPLAIN;
        statement->explain = parse_explain(parse, node->explain_stmt);
        return;
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
        statement->kind = is_reset(node->variable_set_stmt) ? SYNTAX_RESET : SYNTAX_SET;
        statement->set = parse_set(parse, node->variable_set_stmt);
        return;
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
        statement->kind = SYNTAX_SHOW;
        statement->set = parse_show(parse, node->variable_show_stmt);
        return;
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
        statement->kind = SYNTAX_TRANSACTION;
        statement->transaction = parse_transaction(parse, node->transaction_stmt);
        return;
    default: set_definition(parse, node, statement);
    }
}

struct syntax_statement *parse_node(struct parse *parse, const pg_node *node)
{
    if (!parse_enter(parse, -1)) return NULL;
    struct syntax_statement *statement = arena_new(parse->arena, struct syntax_statement);
    statement->text = parse->text;
    set_utility(parse, node, statement);
    parse_leave(parse);
    return parse->has_failed ? NULL : statement;
}
