/* CREATE TABLE, VIEW, MATERIALIZED VIEW, INDEX, and options. */
#include "base/assert.h"
#include "plan/parse_internal.h"

static bool is_set(const char *text)
{
    return text && text[0];
}

/* Options may be bare words for the grammar: it takes them for the name of a type. */
static void option_word(struct parse *parse, const PgQuery__TypeName *type,
                        struct syntax_option *option)
{
    struct syntax_names names = parse_names(parse, type->names, type->n_names);
    if (parse->has_failed) return;
    option->kind = SYNTAX_OPTION_WORD;
    bool has_schema = names.count == 2 && strcmp(names.items[0], "pg_catalog") == 0;
    option->text = names.items[has_schema ? 1 : 0];
    bool is_word = (names.count == 1 || has_schema) && type->n_typmods == 0 &&
                   type->n_array_bounds == 0 && !type->setof && !type->pct_type;
    if (!is_word) {
        parse_fail(parse, "42601", option->offset, "invalid value for parameter \"%s\"",
                   option->name);
    }
}

static void option_const(struct parse *parse, const pg_node *node, struct syntax_option *option)
{
    const struct syntax_expr *expr = parse_expr(parse, node);
    if (!expr) return;
    option->offset = expr->offset;
    option->integer = expr->constant.integer;
    option->text = expr->constant.text;
    switch (expr->constant.kind) {
    case SYNTAX_CONST_INTEGER:
        option->kind = SYNTAX_OPTION_INTEGER;
        option->text = arena_format(parse->arena, "%lld", (long long)option->integer);
        break;
    case SYNTAX_CONST_DECIMAL: option->kind = SYNTAX_OPTION_DECIMAL; break;
    case SYNTAX_CONST_STRING: option->kind = SYNTAX_OPTION_STRING; break;
    case SYNTAX_CONST_BOOL:
        option->kind = SYNTAX_OPTION_STRING;
        option->text = expr->constant.boolean ? "true" : "false";
        break;
    case SYNTAX_CONST_NULL:
    case SYNTAX_CONST_BITS: parse_fail(parse, "42601", expr->offset, "invalid value"); break;
    }
}

static void option_value(struct parse *parse, const pg_node *node, struct syntax_option *option)
{
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST: option_const(parse, node, option); break;
    case PG_QUERY__NODE__NODE_TYPE_NAME: option_word(parse, node->type_name, option); break;
    case PG_QUERY__NODE__NODE_STRING:
        option->kind = SYNTAX_OPTION_STRING;
        option->text = arena_string(parse->arena, node->string->sval, strlen(node->string->sval));
        break;
    case PG_QUERY__NODE__NODE_INTEGER:
        option->kind = SYNTAX_OPTION_INTEGER;
        option->integer = node->integer->ival;
        option->text = arena_format(parse->arena, "%d", node->integer->ival);
        break;
    case PG_QUERY__NODE__NODE_FLOAT:
        option->kind = SYNTAX_OPTION_DECIMAL;
        option->text = parse_name(parse, node->float_->fval);
        break;
    default:
        parse_fail(parse, "42601", option->offset, "invalid value for parameter \"%s\"",
                   option->name ? option->name : "");
    }
}

struct syntax_options parse_options(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_options options = { .items =
                                          arena_array(parse->arena, struct syntax_option, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        struct syntax_option *option = &options.items[options.count++];
        *option = (struct syntax_option){ .text = "", .offset = -1 };
        if (items[i]->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) {
            option_value(parse, items[i], option);
            continue;
        }
        const PgQuery__DefElem *element = items[i]->def_elem;
        option->offset = parse_offset(parse, element->location);
        option->name = parse_name(parse, element->defname);
        if (is_set(element->defnamespace)) {
            option->name =
                arena_format(parse->arena, "%s.%s", element->defnamespace, element->defname);
        }
        i32 offset = option->offset;
        if (!parse_is_none(element->arg)) option_value(parse, element->arg, option);
        option->offset = offset;
    }
    return options;
}

static void refuse_constraint(struct parse *parse, const PgQuery__Constraint *from, i32 offset)
{
    if (from->deferrable || from->initdeferred) parse_refuse(parse, offset, "DEFERRABLE");
    if (from->is_no_inherit) parse_refuse(parse, offset, "NO INHERIT");
    if (from->n_including > 0) parse_refuse(parse, offset, "INCLUDE in a constraint");
    if (from->n_options > 0) parse_refuse(parse, offset, "WITH in a constraint");
    if (is_set(from->indexname)) parse_refuse(parse, offset, "USING INDEX");
    if (is_set(from->indexspace)) parse_refuse(parse, offset, "TABLESPACE");
    if (from->skip_validation) parse_refuse(parse, offset, "NOT VALID");
}

static enum syntax_constraint_kind constraint_kind(struct parse *parse,
                                                   const PgQuery__Constraint *from, i32 offset)
{
    switch ((int)from->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL: return SYNTAX_NULL;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL: return SYNTAX_NOT_NULL;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT: return SYNTAX_DEFAULT_VALUE;
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK: return SYNTAX_CHECK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY: return SYNTAX_PRIMARY_KEY;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE: return SYNTAX_UNIQUE;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: return SYNTAX_REFERENCES;
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED: return SYNTAX_GENERATED;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        parse_refuse(parse, offset, "GENERATED AS IDENTITY");
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: parse_refuse(parse, offset, "EXCLUDE"); break;
    default: parse_refuse(parse, offset, "DEFERRABLE");
    }
    return SYNTAX_NULL;
}

static struct syntax_constraint parse_constraint(struct parse *parse,
                                                 const PgQuery__Constraint *from)
{
    i32 offset = parse_offset(parse, from->location);
    refuse_constraint(parse, from, offset);
    bool is_foreign = from->n_fk_attrs > 0;
    return (struct syntax_constraint){
        .kind = constraint_kind(parse, from, offset),
        .name = parse_name(parse, from->conname),
        .expr = parse_expr(parse, from->raw_expr),
        .columns = parse_names(parse, is_foreign ? from->fk_attrs : from->keys,
                               is_foreign ? from->n_fk_attrs : from->n_keys),
        .relation = from->pktable ? parse_relation(parse, from->pktable)
                                  : (struct syntax_relation){ .offset = -1 },
        .relation_columns = parse_names(parse, from->pk_attrs, from->n_pk_attrs),
        .is_nulls_not_distinct = from->nulls_not_distinct,
        .offset = offset,
    };
}

/* NOT DEFERRABLE and INITIALLY IMMEDIATE say what is so anyway. */
static bool says_nothing(const PgQuery__Constraint *constraint)
{
    return constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE ||
           constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE;
}

static void parse_column_def(struct parse *parse, const PgQuery__ColumnDef *from,
                             struct syntax_column_def *column)
{
    column->name = parse_name(parse, from->colname);
    column->offset = parse_offset(parse, from->location);
    column->type = parse_type(parse, from->type_name);
    if (from->coll_clause) {
        column->collation =
            parse_names(parse, from->coll_clause->collname, from->coll_clause->n_collname);
    }
    if (is_set(from->compression)) parse_refuse(parse, column->offset, "COMPRESSION");
    if (from->n_fdwoptions > 0) parse_refuse(parse, column->offset, "OPTIONS of a column");
    column->constraints = arena_array(parse->arena, struct syntax_constraint, from->n_constraints);
    for (size_t i = 0; i < from->n_constraints && !parse->has_failed; i++) {
        const PgQuery__Constraint *constraint = from->constraints[i]->constraint;
        if (says_nothing(constraint)) continue;
        column->constraints[column->constraint_count++] = parse_constraint(parse, constraint);
    }
}

static void refuse_table(struct parse *parse, const PgQuery__CreateStmt *from, i32 offset)
{
    const char *persistence = from->relation->relpersistence;
    if (strcmp(persistence, "t") == 0) parse_refuse(parse, offset, "CREATE TEMPORARY TABLE");
    if (strcmp(persistence, "u") == 0) parse_refuse(parse, offset, "CREATE UNLOGGED TABLE");
    if (from->n_inh_relations > 0 && !from->partbound) parse_refuse(parse, offset, "INHERITS");
    if (from->partbound) parse_refuse(parse, offset, "PARTITION OF");
    if (from->partspec) parse_refuse(parse, offset, "PARTITION BY");
    if (from->of_typename) parse_refuse(parse, offset, "CREATE TABLE OF");
    if (from->oncommit != PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_NOOP) {
        parse_refuse(parse, offset, "ON COMMIT");
    }
    if (is_set(from->tablespacename)) parse_refuse(parse, offset, "TABLESPACE");
    if (is_set(from->access_method)) parse_refuse(parse, offset, "USING in CREATE TABLE");
}

struct syntax_create_table *parse_create_table(struct parse *parse, const PgQuery__CreateStmt *from)
{
    struct syntax_create_table *table = arena_new(parse->arena, struct syntax_create_table);
    table->relation = parse_relation(parse, from->relation);
    refuse_table(parse, from, table->relation.offset);
    table->is_if_not_exists = from->if_not_exists;
    table->columns = arena_array(parse->arena, struct syntax_column_def, from->n_table_elts);
    table->constraints = arena_array(parse->arena, struct syntax_constraint, from->n_table_elts);
    for (size_t i = 0; i < from->n_table_elts && !parse->has_failed; i++) {
        const pg_node *element = from->table_elts[i];
        if (element->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
            parse_column_def(parse, element->column_def, &table->columns[table->column_count++]);
        } else if (element->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
            table->constraints[table->constraint_count++] =
                parse_constraint(parse, element->constraint);
        } else {
            parse_refuse_node(parse, element, -1);
        }
    }
    table->options = parse_options(parse, from->options, from->n_options);
    return table;
}

/* CREATE … VIEW … AS query: what stands behind the first AS outside of brackets, without WITH DATA
 * at the end. */
static struct slice find_query(struct parse *parse)
{
    struct lex lex = lex_make(parse->text);
    struct lex_token token = lex_next(&lex);
    u32 level = 0;
    bool has_view = false;
    while (token.kind != LEX_END && !(level == 0 && lex_is_word(&token, "as"))) {
        if (lex_is_punct(&token, '(')) level += 1;
        if (lex_is_punct(&token, ')') && level > 0) level -= 1;
        has_view |= lex_is_word(&token, "view");
        if (lex_is_word(&token, "recursive") && !has_view) {
            parse_refuse(parse, (i32)token.offset, "CREATE RECURSIVE VIEW");
        }
        token = lex_next(&lex);
    }
    struct lex_token last = { .kind = LEX_END };
    u64 start = 0, end = 0, end_before_with = 0;
    for (token = lex_next(&lex), start = token.offset; token.kind != LEX_END;
         token = lex_next(&lex)) {
        if (lex_is_punct(&token, ';')) break;
        if (lex_is_word(&token, "with")) end_before_with = end;
        end = lex.offset;
        if (lex_is_word(&token, "data") && lex_is_word(&last, "with")) end = end_before_with;
        last = token;
    }
    return slice_make(parse->text.data + start, end > start ? end - start : 0);
}

static void refuse_temporary(struct parse *parse, const PgQuery__RangeVar *range, i32 offset)
{
    if (strcmp(range->relpersistence, "p") != 0) parse_refuse(parse, offset, "a temporary view");
}

struct syntax_create_view *parse_view(struct parse *parse, const PgQuery__ViewStmt *from)
{
    struct syntax_create_view *view = arena_new(parse->arena, struct syntax_create_view);
    view->relation = parse_relation(parse, from->view);
    refuse_temporary(parse, from->view, view->relation.offset);
    if (from->with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION) {
        parse_refuse(parse, view->relation.offset, "WITH CHECK OPTION");
    }
    view->is_replace = from->replace;
    view->columns = parse_names(parse, from->aliases, from->n_aliases);
    view->query = parse_select_node(parse, from->query);
    view->query_text = find_query(parse);
    view->options = parse_options(parse, from->options, from->n_options);
    return view;
}

struct syntax_create_view *parse_materialized_view(struct parse *parse,
                                                   const PgQuery__CreateTableAsStmt *from)
{
    const PgQuery__IntoClause *into = from->into;
    struct syntax_create_view *view = arena_new(parse->arena, struct syntax_create_view);
    view->is_materialized = true;
    view->is_if_not_exists = from->if_not_exists;
    view->relation = parse_relation(parse, into->rel);
    i32 offset = view->relation.offset;
    if (from->objtype != PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW) {
        parse_refuse(parse, offset, "CREATE TABLE AS");
    }
    refuse_temporary(parse, into->rel, offset);
    if (into->skip_data) parse_refuse(parse, offset, "WITH NO DATA");
    if (is_set(into->access_method)) parse_refuse(parse, offset, "USING in a view");
    if (is_set(into->table_space_name)) parse_refuse(parse, offset, "TABLESPACE");
    view->columns = parse_names(parse, into->col_names, into->n_col_names);
    view->query = parse_select_node(parse, from->query);
    view->query_text = find_query(parse);
    view->options = parse_options(parse, into->options, into->n_options);
    return view;
}

struct syntax_create_index *parse_index(struct parse *parse, const PgQuery__IndexStmt *from)
{
    struct syntax_create_index *index = arena_new(parse->arena, struct syntax_create_index);
    index->name = parse_name(parse, from->idxname);
    index->relation = parse_relation(parse, from->relation);
    if (!from->relation->inh) parse_refuse(parse, index->relation.offset, "ON ONLY");
    if (is_set(from->table_space)) parse_refuse(parse, index->relation.offset, "TABLESPACE");
    index->method = parse_name(parse, from->access_method);
    index->is_unique = from->unique;
    index->is_if_not_exists = from->if_not_exists;
    index->is_nulls_not_distinct = from->nulls_not_distinct;
    index->columns = parse_index_columns(parse, from->index_params, from->n_index_params);
    index->column_count = (u32)from->n_index_params;
    index->include.items = arena_array(parse->arena, const char *, from->n_index_including_params);
    for (size_t i = 0; i < from->n_index_including_params; i++) {
        const PgQuery__IndexElem *element = from->index_including_params[i]->index_elem;
        if (!is_set(element->name)) parse_refuse(parse, -1, "an expression in INCLUDE");
        index->include.items[index->include.count++] = parse_name(parse, element->name);
    }
    index->where = parse_expr(parse, from->where_clause);
    index->options = parse_options(parse, from->options, from->n_options);
    return index;
}
