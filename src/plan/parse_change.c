/* INSERT, UPDATE and DELETE. */
#include "base/assert.h"
#include "plan/parse_internal.h"

static struct syntax_target_column *parse_columns(struct parse *parse, pg_node **items,
                                                  size_t count)
{
    struct syntax_target_column *columns =
        arena_array(parse->arena, struct syntax_target_column, count);
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const PgQuery__ResTarget *target = items[i]->res_target;
        columns[i] = (struct syntax_target_column){
            .name = parse_name(parse, target->name),
            .steps = parse_steps(parse, target->indirection, target->n_indirection),
            .step_count = (u32)target->n_indirection,
            .offset = parse_offset(parse, target->location),
        };
    }
    return columns;
}

/* The grammar gives the source of SET (a, b) = source once for each column. */
static void assign_many(struct parse *parse, pg_node **items, size_t count,
                        struct syntax_assignment *assignment)
{
    const PgQuery__MultiAssignRef *ref = items[0]->res_target->val->multi_assign_ref;
    assert(ref->colno == 1);
    assignment->column_count = (u32)MIN(count, (size_t)ref->ncolumns);
    assignment->columns = parse_columns(parse, items, assignment->column_count);
    assignment->value = parse_expr(parse, ref->source);
    if (parse->has_failed) return;

    i32 offset = assignment->value->offset;
    if (assignment->value->kind == SYNTAX_ROW) {
        if (assignment->value->args.count == assignment->column_count) return;
        parse_fail(parse, "42601", offset, "number of columns does not match number of values");
    } else if (assignment->value->kind != SYNTAX_SUBQUERY ||
               assignment->value->subquery.kind != SYNTAX_SUBQUERY_SCALAR) {
        parse_fail(parse, "0A000", offset,
                   "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() "
                   "expression");
    }
}

static struct syntax_assignments parse_assignments(struct parse *parse, pg_node **items,
                                                   size_t count)
{
    struct syntax_assignments assignments = { .items = arena_array(
                                                  parse->arena, struct syntax_assignment, count) };
    for (size_t i = 0; i < count && !parse->has_failed;) {
        struct syntax_assignment *assignment = &assignments.items[assignments.count++];
        const pg_node *value = items[i]->res_target->val;
        if (value->node_case == PG_QUERY__NODE__NODE_MULTI_ASSIGN_REF) {
            assign_many(parse, items + i, count - i, assignment);
        } else {
            assignment->column_count = 1;
            assignment->columns = parse_columns(parse, items + i, 1);
            assignment->value = parse_expr(parse, value);
        }
        i += assignment->column_count;
    }
    return assignments;
}

struct syntax_index_column *parse_index_columns(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_index_column *columns =
        arena_array(parse->arena, struct syntax_index_column, count);
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const PgQuery__IndexElem *element = items[i]->index_elem;
        struct syntax_names op_class = parse_names(parse, element->opclass, element->n_opclass);
        if (element->n_opclassopts > 0) parse_refuse(parse, -1, "an operator class with options");
        columns[i] = (struct syntax_index_column){
            .name = parse_name(parse, element->name),
            .expr = parse_expr(parse, element->expr),
            .collation = parse_names(parse, element->collation, element->n_collation),
            .op_class = op_class.count > 0 ? op_class.items[op_class.count - 1] : NULL,
            .direction = parse_direction(element->ordering),
            .nulls = parse_nulls(element->nulls_ordering),
        };
    }
    return columns;
}

static struct syntax_conflict *parse_conflict(struct parse *parse,
                                              const PgQuery__OnConflictClause *from)
{
    if (!from) return NULL;
    struct syntax_conflict *conflict = arena_new(parse->arena, struct syntax_conflict);
    conflict->kind = from->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE
                         ? SYNTAX_CONFLICT_UPDATE
                         : SYNTAX_CONFLICT_NOTHING;
    conflict->offset = parse_offset(parse, from->location);
    if (from->infer) {
        conflict->columns =
            parse_index_columns(parse, from->infer->index_elems, from->infer->n_index_elems);
        conflict->column_count = (u32)from->infer->n_index_elems;
        conflict->index_where = parse_expr(parse, from->infer->where_clause);
        conflict->constraint = parse_name(parse, from->infer->conname);
    } else if (conflict->kind == SYNTAX_CONFLICT_UPDATE) {
        bool is_first =
            parse_fail(parse, "42601", conflict->offset,
                       "ON CONFLICT DO UPDATE requires inference specification or constraint name");
        if (is_first) err_hint(parse->err, "For example, ON CONFLICT (column_name).");
    }
    conflict->assignments = parse_assignments(parse, from->target_list, from->n_target_list);
    conflict->where = parse_expr(parse, from->where_clause);
    return conflict;
}

static const char *alias_of(struct parse *parse, const PgQuery__RangeVar *range)
{
    return range->alias ? parse_name(parse, range->alias->aliasname) : NULL;
}

struct syntax_insert *parse_insert(struct parse *parse, const PgQuery__InsertStmt *from)
{
    struct syntax_insert *insert = arena_new(parse->arena, struct syntax_insert);
    insert->with = parse_with(parse, from->with_clause);
    insert->relation = parse_relation(parse, from->relation);
    insert->alias = alias_of(parse, from->relation);
    if (from->override != PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET) {
        parse_refuse(parse, insert->relation.offset, "OVERRIDING");
    }
    insert->columns = parse_columns(parse, from->cols, from->n_cols);
    insert->column_count = (u32)from->n_cols;
    if (!parse_is_none(from->select_stmt)) {
        insert->select = parse_select_node(parse, from->select_stmt);
    }
    insert->conflict = parse_conflict(parse, from->on_conflict_clause);
    insert->returning = parse_targets(parse, from->returning_list, from->n_returning_list);
    return insert;
}

struct syntax_update *parse_update(struct parse *parse, const PgQuery__UpdateStmt *from)
{
    struct syntax_update *update = arena_new(parse->arena, struct syntax_update);
    update->with = parse_with(parse, from->with_clause);
    update->relation = parse_relation(parse, from->relation);
    update->alias = alias_of(parse, from->relation);
    update->assignments = parse_assignments(parse, from->target_list, from->n_target_list);
    update->from = parse_froms(parse, from->from_clause, from->n_from_clause);
    update->where = parse_expr(parse, from->where_clause);
    update->returning = parse_targets(parse, from->returning_list, from->n_returning_list);
    return update;
}

struct syntax_delete *parse_delete(struct parse *parse, const PgQuery__DeleteStmt *from)
{
    struct syntax_delete *delete = arena_new(parse->arena, struct syntax_delete);
    delete->with = parse_with(parse, from->with_clause);
    delete->relation = parse_relation(parse, from->relation);
    delete->alias = alias_of(parse, from->relation);
    delete->from = parse_froms(parse, from->using_clause, from->n_using_clause);
    delete->where = parse_expr(parse, from->where_clause);
    delete->returning = parse_targets(parse, from->returning_list, from->n_returning_list);
    return delete;
}
