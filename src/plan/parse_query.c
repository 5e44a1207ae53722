/* SELECT: select lists, FROM, GROUP BY, set operations, WITH. */
#include "base/assert.h"
#include "plan/parse_internal.h"

struct syntax_relation parse_relation(struct parse *parse, const PgQuery__RangeVar *range)
{
    struct syntax_relation relation = {
        .schema = parse_name(parse, range->schemaname),
        .name = parse_name(parse, range->relname),
        .offset = parse_offset(parse, range->location),
    };
    if (range->catalogname && range->catalogname[0]) {
        parse_fail(parse, "0A000", relation.offset,
                   "cross-database references are not implemented: \"%s.%s.%s\"",
                   range->catalogname, range->schemaname, range->relname);
    }
    return relation;
}

struct syntax_targets parse_targets(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_targets targets = { .items =
                                          arena_array(parse->arena, struct syntax_target, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const PgQuery__ResTarget *target = items[i]->res_target;
        targets.items[targets.count++] = (struct syntax_target){
            .expr = parse_expr(parse, target->val),
            .alias = parse_name(parse, target->name),
            .offset = parse_offset(parse, target->location),
        };
    }
    return targets;
}

static void set_alias(struct parse *parse, struct syntax_from *from, const PgQuery__Alias *alias)
{
    if (!alias) return;
    from->alias = parse_name(parse, alias->aliasname);
    from->columns = parse_names(parse, alias->colnames, alias->n_colnames);
}

static void from_table(struct parse *parse, const PgQuery__RangeVar *range,
                       struct syntax_from *from)
{
    from->kind = SYNTAX_FROM_TABLE;
    from->offset = parse_offset(parse, range->location);
    from->table.relation = parse_relation(parse, range);
    from->table.is_only = !range->inh;
    set_alias(parse, from, range->alias);
}

static void from_sample(struct parse *parse, const PgQuery__RangeTableSample *sample,
                        struct syntax_from *from)
{
    if (sample->relation->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) {
        parse_refuse(parse, parse_offset(parse, sample->location), "TABLESAMPLE of a function");
        return;
    }
    from_table(parse, sample->relation->range_var, from);
    struct syntax_names method = parse_names(parse, sample->method, sample->n_method);
    if (parse->has_failed) return;
    from->table.sample = method.items[method.count - 1];
    from->table.sample_args = parse_exprs(parse, sample->args, sample->n_args);
    from->table.sample_seed = parse_expr(parse, sample->repeatable);
}

static void from_subquery(struct parse *parse, const PgQuery__RangeSubselect *subselect,
                          struct syntax_from *from)
{
    from->kind = SYNTAX_FROM_SUBQUERY;
    from->is_lateral = subselect->lateral;
    from->subquery = parse_select_node(parse, subselect->subquery);
    set_alias(parse, from, subselect->alias);
}

static void set_column_types(struct parse *parse, struct syntax_from_function *function,
                             pg_node **items, size_t count)
{
    function->columns = arena_array(parse->arena, struct syntax_column_type, count);
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const PgQuery__ColumnDef *column = items[i]->column_def;
        function->columns[function->column_count++] = (struct syntax_column_type){
            .name = parse_name(parse, column->colname),
            .type = parse_type(parse, column->type_name),
        };
    }
}

/* Each function is a pair: the call, and its own list of columns or nothing. */
static void from_function(struct parse *parse, const PgQuery__RangeFunction *range,
                          struct syntax_from *from)
{
    from->kind = SYNTAX_FROM_FUNCTION;
    from->is_lateral = range->lateral;
    from->functions.is_rows_from = range->is_rowsfrom;
    from->functions.has_ordinality = range->ordinality;
    from->functions.items =
        arena_array(parse->arena, struct syntax_from_function, range->n_functions);
    for (size_t i = 0; i < range->n_functions && !parse->has_failed; i++) {
        const PgQuery__List *pair = range->functions[i]->list;
        assert(pair->n_items == 2);
        struct syntax_from_function *function = &from->functions.items[from->functions.count++];
        function->call = parse_expr(parse, pair->items[0]);
        if (!parse_is_none(pair->items[1])) {
            const PgQuery__List *columns = pair->items[1]->list;
            set_column_types(parse, function, columns->items, columns->n_items);
        }
    }
    if (parse->has_failed) return;
    if (range->n_coldeflist > 0) {
        set_column_types(parse, &from->functions.items[0], range->coldeflist, range->n_coldeflist);
    }
    from->offset = from->functions.items[0].call->offset;
    set_alias(parse, from, range->alias);
}

static struct syntax_from *parse_from(struct parse *parse, const pg_node *node);

static enum syntax_join_kind join_kind(PgQuery__JoinType type)
{
    switch ((int)type) {
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT: return SYNTAX_JOIN_LEFT;
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT: return SYNTAX_JOIN_RIGHT;
    case PG_QUERY__JOIN_TYPE__JOIN_FULL: return SYNTAX_JOIN_FULL;
    default: return SYNTAX_JOIN_INNER;
    }
}

static void from_join(struct parse *parse, const PgQuery__JoinExpr *join, struct syntax_from *from)
{
    from->kind = SYNTAX_FROM_JOIN;
    from->join.kind = join_kind(join->jointype);
    from->join.is_natural = join->is_natural;
    from->join.left = parse_from(parse, join->larg);
    from->join.right = parse_from(parse, join->rarg);
    from->join.using_columns = parse_names(parse, join->using_clause, join->n_using_clause);
    if (join->join_using_alias) {
        from->join.using_alias = parse_name(parse, join->join_using_alias->aliasname);
    }
    from->join.on = parse_expr(parse, join->quals);
    set_alias(parse, from, join->alias);
}

static struct syntax_from *parse_from(struct parse *parse, const pg_node *node)
{
    if (!parse_enter(parse, -1)) return NULL;
    struct syntax_from *from = arena_new(parse->arena, struct syntax_from);
    from->offset = -1;
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR: from_table(parse, node->range_var, from); break;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
        from_sample(parse, node->range_table_sample, from);
        break;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
        from_subquery(parse, node->range_subselect, from);
        break;
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        from_function(parse, node->range_function, from);
        break;
    case PG_QUERY__NODE__NODE_JOIN_EXPR: from_join(parse, node->join_expr, from); break;
    default: parse_refuse_node(parse, node, -1);
    }
    parse_leave(parse);
    return parse->has_failed ? NULL : from;
}

struct syntax_froms parse_froms(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_froms froms = { .items = arena_array(parse->arena, struct syntax_from *, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        froms.items[froms.count++] = parse_from(parse, items[i]);
    }
    return froms;
}

static enum syntax_group_kind group_kind(PgQuery__GroupingSetKind kind)
{
    switch ((int)kind) {
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY: return SYNTAX_GROUP_EMPTY;
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP: return SYNTAX_GROUP_ROLLUP;
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE: return SYNTAX_GROUP_CUBE;
    default: return SYNTAX_GROUP_SETS;
    }
}

static struct syntax_group *parse_groups(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_group *groups = arena_array(parse->arena, struct syntax_group, count);
    if (!parse_enter(parse, -1)) return groups;
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        if (items[i]->node_case != PG_QUERY__NODE__NODE_GROUPING_SET) {
            groups[i].expr = parse_expr(parse, items[i]);
            if (groups[i].expr) groups[i].offset = groups[i].expr->offset;
            continue;
        }
        const PgQuery__GroupingSet *set = items[i]->grouping_set;
        groups[i].kind = group_kind(set->kind);
        groups[i].offset = parse_offset(parse, set->location);
        groups[i].items = parse_groups(parse, set->content, set->n_content);
        groups[i].count = (u32)set->n_content;
    }
    parse_leave(parse);
    return groups;
}

/* The plain DISTINCT is a list of one empty node. */
static void set_distinct(struct parse *parse, const PgQuery__SelectStmt *from,
                         struct syntax_select *select)
{
    if (from->n_distinct_clause == 0) return;
    select->plain.is_distinct = true;
    if (parse_is_none(from->distinct_clause[0])) return;
    select->plain.distinct_on = parse_exprs(parse, from->distinct_clause, from->n_distinct_clause);
}

static void select_plain(struct parse *parse, const PgQuery__SelectStmt *from,
                         struct syntax_select *select)
{
    select->kind = SYNTAX_SELECT_PLAIN;
    set_distinct(parse, from, select);
    select->plain.targets = parse_targets(parse, from->target_list, from->n_target_list);
    select->plain.from = parse_froms(parse, from->from_clause, from->n_from_clause);
    select->plain.where = parse_expr(parse, from->where_clause);
    select->plain.groups = parse_groups(parse, from->group_clause, from->n_group_clause);
    select->plain.group_count = (u32)from->n_group_clause;
    select->plain.is_group_distinct = from->group_distinct;
    select->plain.having = parse_expr(parse, from->having_clause);
    select->plain.windows = arena_array(parse->arena, struct syntax_window, from->n_window_clause);
    for (size_t i = 0; i < from->n_window_clause; i++) {
        select->plain.windows[i] = parse_window(parse, from->window_clause[i]->window_def);
    }
    select->plain.window_count = (u32)from->n_window_clause;
}

static void select_values(struct parse *parse, const PgQuery__SelectStmt *from,
                          struct syntax_select *select)
{
    select->kind = SYNTAX_SELECT_VALUES;
    select->values.rows = arena_array(parse->arena, struct syntax_exprs, from->n_values_lists);
    for (size_t i = 0; i < from->n_values_lists && !parse->has_failed; i++) {
        const PgQuery__List *list = from->values_lists[i]->list;
        struct syntax_exprs *row = &select->values.rows[select->values.row_count++];
        *row = parse_exprs(parse, list->items, list->n_items);
        if (parse->has_failed) return;
        if (row->count != select->values.rows[0].count) {
            parse_fail(parse, "42601", row->items[0]->offset,
                       "VALUES lists must all be the same length");
        }
    }
}

static void select_set(struct parse *parse, const PgQuery__SelectStmt *from,
                       struct syntax_select *select)
{
    select->kind = SYNTAX_SELECT_SET;
    select->set.kind = from->op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? SYNTAX_SET_UNION
                       : from->op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? SYNTAX_SET_INTERSECT
                                                                              : SYNTAX_SET_EXCEPT;
    select->set.is_all = from->all;
    select->set.left = parse_select(parse, from->larg);
    select->set.right = parse_select(parse, from->rarg);
}

static enum syntax_lock lock_strength(PgQuery__LockClauseStrength strength)
{
    switch ((int)strength) {
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORKEYSHARE: return SYNTAX_LOCK_KEY_SHARE;
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORSHARE: return SYNTAX_LOCK_SHARE;
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORNOKEYUPDATE: return SYNTAX_LOCK_NO_KEY_UPDATE;
    default: return SYNTAX_LOCK_UPDATE;
    }
}

static void set_lockings(struct parse *parse, const PgQuery__SelectStmt *from,
                         struct syntax_select *select)
{
    select->locking_count = (u32)from->n_locking_clause;
    select->lockings = arena_array(parse->arena, struct syntax_locking, from->n_locking_clause);
    for (size_t i = 0; i < from->n_locking_clause && !parse->has_failed; i++) {
        const PgQuery__LockingClause *clause = from->locking_clause[i]->locking_clause;
        struct syntax_locking *locking = &select->lockings[i];
        locking->strength = lock_strength(clause->strength);
        locking->is_nowait = clause->wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitError;
        locking->is_skip_locked = clause->wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitSkip;
        locking->relations =
            arena_array(parse->arena, struct syntax_relation, clause->n_locked_rels);
        locking->relation_count = (u32)clause->n_locked_rels;
        for (size_t j = 0; j < clause->n_locked_rels; j++) {
            locking->relations[j] = parse_relation(parse, clause->locked_rels[j]->range_var);
        }
    }
}

/* LIMIT ALL is a constant NULL for the grammar. */
static struct syntax_expr *parse_limit(struct parse *parse, const pg_node *node)
{
    struct syntax_expr *limit = parse_expr(parse, node);
    bool is_all = limit && limit->kind == SYNTAX_CONST && limit->constant.kind == SYNTAX_CONST_NULL;
    return is_all ? NULL : limit;
}

struct syntax_select *parse_select(struct parse *parse, const PgQuery__SelectStmt *from)
{
    if (!parse_enter(parse, -1)) return NULL;
    struct syntax_select *select = arena_new(parse->arena, struct syntax_select);
    if (from->into_clause) {
        parse_refuse(parse, parse_offset(parse, from->into_clause->rel->location), "SELECT INTO");
    }
    select->with = parse_with(parse, from->with_clause);
    if (from->n_values_lists > 0) {
        select_values(parse, from, select);
    } else if (from->op == PG_QUERY__SET_OPERATION__SETOP_NONE) {
        select_plain(parse, from, select);
    } else {
        select_set(parse, from, select);
    }
    select->order = parse_orders(parse, from->sort_clause, from->n_sort_clause);
    select->limit = parse_limit(parse, from->limit_count);
    select->offset = parse_expr(parse, from->limit_offset);
    select->has_ties = from->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
    set_lockings(parse, from, select);
    parse_leave(parse);
    return parse->has_failed ? NULL : select;
}

struct syntax_select *parse_select_node(struct parse *parse, const pg_node *node)
{
    if (node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
        return parse_select(parse, node->select_stmt);
    }
    parse_refuse_node(parse, node, -1);
    return NULL;
}

struct syntax_with *parse_with(struct parse *parse, const PgQuery__WithClause *from)
{
    if (!from) return NULL;
    struct syntax_with *with = arena_new(parse->arena, struct syntax_with);
    with->is_recursive = from->recursive;
    with->offset = parse_offset(parse, from->location);
    with->items = arena_array(parse->arena, struct syntax_cte, from->n_ctes);
    for (size_t i = 0; i < from->n_ctes && !parse->has_failed; i++) {
        const PgQuery__CommonTableExpr *cte = from->ctes[i]->common_table_expr;
        i32 offset = parse_offset(parse, cte->location);
        if (cte->search_clause) parse_refuse(parse, offset, "SEARCH in WITH");
        if (cte->cycle_clause) parse_refuse(parse, offset, "CYCLE in WITH");
        with->items[with->count++] = (struct syntax_cte){
            .name = parse_name(parse, cte->ctename),
            .columns = parse_names(parse, cte->aliascolnames, cte->n_aliascolnames),
            .query = parse_node(parse, cte->ctequery),
            .is_materialized =
                cte->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways,
            .is_not_materialized =
                cte->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever,
            .offset = offset,
        };
    }
    return with;
}
