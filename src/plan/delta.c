#include "plan/delta.h"

#include "plan/delta_internal.h"

static void bodies_need(struct lower *l, const struct logical *root, const bool *needed);
static struct delta *lower_root(struct lower *l, const struct logical *root,
                                const struct stream *stream);
static void drop_unused(struct lower *l, struct delta *root);

enum status delta_plan(struct arena *arena, const struct logical *root, bool for_view,
                       const struct delta_statistics *statistics, struct slice text,
                       struct delta_plan **out, struct err *err)
{
    struct lower l = {
        .arena = arena, .statistics = statistics, .text = text, .err = err, .for_view = for_view
    };
    u32 count = root->schema->column_count;
    bool *needed = arena_array(arena, bool, count);
    for (u32 c = 0; c < count; c++)
        needed[c] = true;
    bodies_need(&l, root, needed);
    struct stream stream = lower_node(&l, root, needed);
    if (!stream.node) return FAIL;
    struct delta_plan *plan = arena_new(arena, struct delta_plan);
    plan->root = lower_root(&l, root, &stream);
    drop_unused(&l, plan->root);
    plan->nodes = l.nodes;
    plan->node_count = l.node_count;
    for (u32 i = 0; i < l.node_count; i++) {
        if (l.nodes[i]->kind != DELTA_JOIN) continue;
        const struct delta *join = l.nodes[i];
        for (u32 p = 0; p < join->join.count; p++)
            for (u32 s = 0; s < join->join.paths[p].step_count; s++)
                plan->cross_count += join->join.paths[p].steps[s].key_count == 0;
    }
    *out = plan;
    return OK;
}

/* The arrangement that readers see: exactly the columns of the tree, by its key. It must be whole in its
 * pool, and of a bag equal rows must be one slot with their number; so a pool below is only shared
 * where it gives both. */
static struct delta *lower_root(struct lower *l, const struct logical *root,
                                const struct stream *stream)
{
    const struct schema *schema = root->schema;
    u32 count = schema->column_count;
    struct delta *node = stream->node;
    bool is_same = count == node->schema->column_count;
    struct expr **exprs = arena_array(l->arena, struct expr *, count);
    const char **names = arena_array(l->arena, const char *, count);
    for (u32 c = 0; c < count; c++) {
        u32 column = stream->map[c];
        struct type type = schema->columns[c].type;
        exprs[c] = arena_new(l->arena, struct expr);
        *exprs[c] =
            (struct expr){ .kind = EXPR_COLUMN, .type = type, .position = -1, .column = column };
        names[c] = schema->columns[c].name;
        if (column != c || !type_equal(node->schema->columns[column].type, type)) is_same = false;
    }
    if (!is_same) node = delta_map(l, node, NULL, exprs, names, count);
    u32 *all = arena_array(l->arena, u32, count);
    for (u32 c = 0; c < count; c++)
        all[c] = c;
    bool has_key = schema->key_count > 0;
    bool is_own = !has_key || !node->is_whole;
    return delta_arrange(l, node, has_key ? schema->key : all, has_key ? schema->key_count : count,
                         is_own);
}

/* Merging maps leaves nodes that nobody reads. */
static void drop_unused(struct lower *l, struct delta *root)
{
    root->use_count++;
    u32 kept = 0;
    for (u32 i = l->node_count; i > 0; i--) {
        struct delta *node = l->nodes[i - 1];
        for (u32 j = 0; node->use_count == 0 && j < node->input_count; j++)
            node->inputs[j]->use_count--;
    }
    for (u32 i = 0; i < l->node_count; i++) {
        if (l->nodes[i]->use_count == 0) continue;
        l->nodes[i]->index = kept;
        l->nodes[kept++] = l->nodes[i];
    }
    l->node_count = kept;
}

/* ---- Needed columns ---- */

bool *lower_needed(struct lower *l, u32 count)
{
    return arena_array(l->arena, bool, count);
}

/* What a node needs of its input (not for joins and unions, whose inputs are several). */
static bool *needed_below(struct lower *l, const struct logical *node, const bool *needed)
{
    u32 width = node->inputs[0]->schema->column_count;
    bool *below = lower_needed(l, width);
    switch (node->kind) {
    case LOGICAL_FILTER:
        memcpy(below, needed, width);
        for (u32 i = 0; i < node->conditions.count; i++)
            columns_mark(node->conditions.items[i], below);
        return below;
    case LOGICAL_PROJECT:
        for (u32 c = 0; c < node->schema->column_count; c++)
            if (needed[c]) columns_mark(node->project.exprs[c], below);
        return below;
    case LOGICAL_FLATTEN:
        memcpy(below, needed, width);
        for (u32 i = 0; i < node->flatten.arg_count; i++)
            columns_mark(node->flatten.args[i], below);
        return below;
    case LOGICAL_TOPK:
        memcpy(below, needed, width);
        for (u32 i = 0; i < node->topk.partition_count; i++)
            below[node->topk.partition[i]] = true;
        for (u32 i = 0; i < node->topk.order_count; i++)
            below[node->topk.orders[i].column] = true;
        return below;
    case LOGICAL_AGGREGATE:
        for (u32 i = 0; i < node->aggregate.group_count; i++)
            below[node->aggregate.groups[i]] = true;
        for (u32 i = 0; i < node->aggregate.call_count; i++) {
            const struct logical_call *call = &node->aggregate.calls[i];
            if (!needed[node->aggregate.group_count + i]) continue;
            if (call->column != LOGICAL_NO_COLUMN) below[call->column] = true;
            if (call->filter != LOGICAL_NO_COLUMN) below[call->filter] = true;
        }
        return below;
    case LOGICAL_SCAN:
    case LOGICAL_CONSTANT:
    case LOGICAL_JOIN:
    case LOGICAL_JOIN_LEFT:
    case LOGICAL_UNION:
    case LOGICAL_SHARED: break;
    }
    unreachable();
}

/* What a join needs of its inputs, one behind the other. */
static bool *needed_joined(struct lower *l, const struct logical *join, const bool *needed)
{
    u32 width = join->schema->column_count;
    bool *all = lower_needed(l, width);
    memcpy(all, needed, width);
    for (u32 i = 0; i < join->conditions.count; i++)
        columns_mark(join->conditions.items[i], all);
    return all;
}

/* Which columns of the bodies are needed by all who name them. */
static void bodies_walk(struct lower *l, const struct logical *node, const bool *needed)
{
    switch (node->kind) {
    case LOGICAL_SCAN:
    case LOGICAL_CONSTANT: return;
    case LOGICAL_JOIN:
    case LOGICAL_JOIN_LEFT: {
        const bool *all = needed_joined(l, node, needed);
        for (u32 i = 0, first = 0; i < node->input_count; i++) {
            bodies_walk(l, node->inputs[i], all + first);
            first += node->inputs[i]->schema->column_count;
        }
        return;
    }
    case LOGICAL_UNION:
        for (u32 i = 0; i < node->input_count; i++)
            bodies_walk(l, node->inputs[i], needed);
        return;
    case LOGICAL_SHARED: bodies_need(l, node, needed); return;
    case LOGICAL_FILTER:
    case LOGICAL_PROJECT:
    case LOGICAL_AGGREGATE:
    case LOGICAL_FLATTEN:
    case LOGICAL_TOPK: bodies_walk(l, node->inputs[0], needed_below(l, node, needed)); return;
    }
    unreachable();
}

static struct delta_body *body_of(struct lower *l, const struct logical_shared *shared)
{
    for (u32 i = 0; i < l->body_count; i++)
        if (l->bodies[i].shared == shared) return &l->bodies[i];
    struct delta_body body = { .shared = shared,
                               .needed = lower_needed(l, shared->body->schema->column_count) };
    grow_push(l->arena, l->bodies, l->body_count, body);
    return &l->bodies[l->body_count - 1];
}

/* A use that needs a column that no use before it needed is walked again. */
static void bodies_need(struct lower *l, const struct logical *root, const bool *needed)
{
    if (root->kind != LOGICAL_SHARED) {
        bodies_walk(l, root, needed);
        return;
    }
    struct delta_body *body = body_of(l, root->shared);
    bool is_new = false;
    for (u32 c = 0; c < root->schema->column_count; c++) {
        if (!needed[c] || body->needed[c]) continue;
        body->needed[c] = is_new = true;
    }
    if (is_new) bodies_walk(l, root->shared->body, body->needed);
}

/* ---- From nodes to streams ---- */

struct expr *lower_expr(struct lower *l, const struct stream *stream, struct expr *expr)
{
    return columns_map(l->arena, expr, stream->map);
}

static struct stream stream_same(struct lower *l, struct delta *node)
{
    struct stream stream = { node, arena_array(l->arena, u32, node->schema->column_count) };
    for (u32 c = 0; c < node->schema->column_count; c++)
        stream.map[c] = c;
    return stream;
}

static struct expr *lower_conditions(struct lower *l, const struct logical *node,
                                     const struct stream *stream)
{
    struct expr *all = columns_and(l->arena, node->conditions.items, node->conditions.count);
    return all ? lower_expr(l, stream, all) : NULL;
}

static struct stream lower_filter(struct lower *l, const struct logical *node, const bool *needed)
{
    struct stream stream = lower_node(l, node->inputs[0], needed_below(l, node, needed));
    if (!stream.node) return stream;
    stream.node = delta_map(l, stream.node, lower_conditions(l, node, &stream), NULL, NULL, 0);
    return stream;
}

/* Plain columns need no operator: the map alone says where they are. */
static struct stream lower_project(struct lower *l, const struct logical *node, const bool *needed)
{
    struct stream below = lower_node(l, node->inputs[0], needed_below(l, node, needed));
    if (!below.node) return below;
    u32 width = node->schema->column_count, count = 0;
    struct stream stream = { below.node, arena_array(l->arena, u32, width) };
    struct expr **exprs = arena_array(l->arena, struct expr *, width);
    const char **names = arena_array(l->arena, const char *, width);
    bool is_plain = true;
    for (u32 c = 0; c < width; c++) {
        const struct expr *expr = node->project.exprs[c];
        stream.map[c] = LOGICAL_NO_COLUMN;
        if (!needed[c]) continue;
        if (expr->kind == EXPR_COLUMN)
            stream.map[c] = below.map[expr->column];
        else
            is_plain = false;
    }
    if (is_plain) return stream;
    for (u32 c = 0; c < width; c++) {
        if (!needed[c]) continue;
        stream.map[c] = count;
        names[count] = node->schema->columns[c].name;
        exprs[count++] = lower_expr(l, &below, node->project.exprs[c]);
    }
    stream.node = delta_map(l, below.node, NULL, exprs, names, count);
    return stream;
}

/* The columns that the map names, each once, as a node of their own; the map follows. */
static struct stream stream_narrow(struct lower *l, struct stream stream, u32 width)
{
    u32 *columns = arena_array(l->arena, u32, stream.node->schema->column_count + 1);
    u32 *places = arena_array(l->arena, u32, stream.node->schema->column_count);
    bool *used = lower_needed(l, stream.node->schema->column_count);
    u32 count = 0;
    for (u32 c = 0; c < width; c++)
        if (stream.map[c] != LOGICAL_NO_COLUMN) used[stream.map[c]] = true;
    for (u32 c = 0; c < stream.node->schema->column_count; c++) {
        if (!used[c]) continue;
        places[c] = count;
        columns[count++] = c;
    }
    if (count == 0) columns[count++] = 0; /* a row has at least one column */
    struct stream narrow = { delta_narrow(l, stream.node, columns, count),
                             arena_array(l->arena, u32, width) };
    for (u32 c = 0; c < width; c++)
        narrow.map[c] =
            stream.map[c] == LOGICAL_NO_COLUMN ? LOGICAL_NO_COLUMN : places[stream.map[c]];
    return narrow;
}

struct stream lower_lean(struct lower *l, struct stream stream, u32 width)
{
    return stream.node->is_slotted ? stream : stream_narrow(l, stream, width);
}

static struct stream lower_aggregate(struct lower *l, const struct logical *node,
                                     const bool *needed)
{
    struct stream below = lower_node(l, node->inputs[0], needed_below(l, node, needed));
    if (!below.node) return below;
    u32 group_count = node->aggregate.group_count, count = 0;
    u32 *groups = arena_array(l->arena, u32, group_count);
    for (u32 i = 0; i < group_count; i++)
        groups[i] = below.map[node->aggregate.groups[i]];
    struct agg_call *calls = arena_array(l->arena, struct agg_call, node->aggregate.call_count + 1);
    const char **names = arena_array(l->arena, const char *, node->aggregate.call_count + 1);
    struct stream stream = { NULL, arena_array(l->arena, u32, node->schema->column_count) };
    for (u32 i = 0; i < group_count; i++)
        stream.map[i] = i;
    for (u32 i = 0; i < node->aggregate.call_count; i++) {
        const struct logical_call *call = &node->aggregate.calls[i];
        u32 column = group_count + i;
        /* Without groups the one row must be there even if nobody reads it. */
        bool is_row = group_count == 0 && i == 0;
        stream.map[column] = LOGICAL_NO_COLUMN;
        if (!needed[column] && !is_row) continue;
        bool has_column = call->column != LOGICAL_NO_COLUMN && needed[column];
        bool has_filter = call->filter != LOGICAL_NO_COLUMN && needed[column];
        calls[count] = (struct agg_call){
            .kind = needed[column] ? call->kind : AGG_COUNT_ROWS,
            .column = has_column ? below.map[call->column] : AGG_NO_COLUMN,
            .filter_column = has_filter ? below.map[call->filter] : AGG_NO_COLUMN,
            .distinct = call->distinct && needed[column],
            .type = needed[column] ? call->type : TYPE(INT8),
        };
        names[count] = node->schema->columns[column].name;
        stream.map[column] = group_count + count++;
    }
    stream.node = delta_aggregate(l, below.node, groups, group_count, calls, count, names);
    return stream;
}

/* The needed columns of one input, in the same places and with the same types as those of others. */
static struct delta *union_side(struct lower *l, const struct logical *node, u32 side,
                                const bool *needed, u32 count)
{
    struct stream below = lower_node(l, node->inputs[side], needed);
    if (!below.node) return NULL;
    struct expr **exprs = arena_array(l->arena, struct expr *, count);
    const char **names = arena_array(l->arena, const char *, count);
    bool is_same = below.node->schema->column_count == count;
    for (u32 c = 0, i = 0; c < node->schema->column_count; c++) {
        if (!needed[c]) continue;
        exprs[i] = arena_new(l->arena, struct expr);
        *exprs[i] = (struct expr){ .kind = EXPR_COLUMN,
                                   .position = -1,
                                   .type = node->schema->columns[c].type,
                                   .column = below.map[c] };
        names[i] = node->schema->columns[c].name;
        const struct schema_column *column = &below.node->schema->columns[below.map[c]];
        if (below.map[c] != i || !type_equal(column->type, exprs[i]->type)) is_same = false;
        i++;
    }
    return is_same ? below.node : delta_map(l, below.node, NULL, exprs, names, count);
}

static struct stream lower_union(struct lower *l, const struct logical *node, const bool *needed)
{
    u32 width = node->schema->column_count, count = 0;
    struct stream stream = { NULL, arena_array(l->arena, u32, width) };
    bool *some = lower_needed(l, width);
    memcpy(some, needed, width);
    for (u32 c = 0; c < width; c++)
        count += some[c];
    if (count == 0) {
        some[0] = true; /* a row has at least one column */
        count = 1;
    }
    for (u32 c = 0, i = 0; c < width; c++)
        stream.map[c] = some[c] ? i++ : LOGICAL_NO_COLUMN;
    struct delta **sides = arena_array(l->arena, struct delta *, node->input_count);
    for (u32 i = 0; i < node->input_count; i++)
        if (!(sides[i] = union_side(l, node, i, some, count))) return stream;
    stream.node = delta_concat(l, sides, node->input_count);
    return stream;
}

static struct stream lower_flatten(struct lower *l, const struct logical *node, const bool *needed)
{
    u32 width = node->inputs[0]->schema->column_count;
    struct stream below = lower_node(l, node->inputs[0], needed_below(l, node, needed));
    if (!below.node) return below;
    below = stream_narrow(l, below, width);
    struct expr **args = arena_array(l->arena, struct expr *, node->flatten.arg_count);
    for (u32 i = 0; i < node->flatten.arg_count; i++)
        args[i] = lower_expr(l, &below, node->flatten.args[i]);
    enum flatten_kind kind = node->flatten.function == LOGICAL_GENERATE_SERIES
                                 ? FLATTEN_GENERATE_SERIES
                                 : FLATTEN_REGEXP_SPLIT_TO_TABLE;
    struct stream stream = { NULL, arena_array(l->arena, u32, width + 1) };
    memcpy(stream.map, below.map, width * sizeof *stream.map);
    stream.node = delta_flatten(l, below.node, kind, args, node->flatten.arg_count,
                                &node->schema->columns[width]);
    stream.map[width] = stream.node->schema->column_count - 1;
    return stream;
}

static enum status topk_refuse(struct lower *l, const struct logical *node)
{
    err_set(l->err, "0A000",
            "row_number() in a view that is kept is only supported with a bound on "
            "it, such as WHERE rn <= 10 around the query");
    err_hint(l->err, "Without a bound one new row may change the number of every other row.");
    if (node->topk.offset_in_text >= 0 && l->text.size)
        l->err->position = syntax_position(l->text, node->topk.offset_in_text);
    return FAIL;
}

static struct stream lower_topk(struct lower *l, const struct logical *node, const bool *needed)
{
    u32 width = node->inputs[0]->schema->column_count;
    bool with_rank = node->topk.with_rank && needed[width];
    bool is_all = node->topk.limit == UINT64_MAX && node->topk.offset == 0;
    struct stream failed = { 0 };
    if (is_all && with_rank && l->for_view && topk_refuse(l, node)) return failed;
    struct stream stream = lower_node(l, node->inputs[0], needed_below(l, node, needed));
    if (!stream.node) return stream;
    if (is_all && !with_rank) return stream;
    stream = lower_lean(l, stream, width);
    struct topk_options options = {
        .partition_count = node->topk.partition_count,
        .partition = arena_array(l->arena, u32, node->topk.partition_count),
        .order_count = node->topk.order_count,
        .order = arena_array(l->arena, struct tree_order, node->topk.order_count),
        .limit = node->topk.limit,
        .offset = node->topk.offset,
        .with_rank = with_rank,
    };
    for (u32 i = 0; i < options.partition_count; i++)
        options.partition[i] = stream.map[node->topk.partition[i]];
    for (u32 i = 0; i < options.order_count; i++)
        options.order[i] = (struct tree_order){ stream.map[node->topk.orders[i].column],
                                                node->topk.orders[i].descending,
                                                node->topk.orders[i].nulls_first };
    if (!stream.node->is_slotted)
        stream.node =
            delta_arrange(l, stream.node, options.partition, options.partition_count, false);
    u32 *map = arena_array(l->arena, u32, width + 1);
    memcpy(map, stream.map, width * sizeof *map);
    const char *rank_name = with_rank ? node->schema->columns[width].name : NULL;
    stream.node = delta_topk(l, stream.node, &options, rank_name);
    map[width] = with_rank ? stream.node->schema->column_count - 1 : LOGICAL_NO_COLUMN;
    stream.map = map;
    return stream;
}

static struct stream lower_shared(struct lower *l, const struct logical *node)
{
    struct delta_body *body = body_of(l, node->shared);
    if (body->is_made) return body->stream;
    u32 width = node->schema->column_count;
    struct stream stream = lower_node(l, node->shared->body, body->needed);
    if (!stream.node) return stream;
    stream = lower_lean(l, stream, width);
    body = body_of(l, node->shared); /* the list may have moved */
    body->stream = stream;
    body->is_made = true;
    return stream;
}

struct stream lower_node(struct lower *l, const struct logical *node, const bool *needed)
{
    switch (node->kind) {
    case LOGICAL_SCAN: return stream_same(l, delta_source(l, node->scan.relation));
    case LOGICAL_CONSTANT: return stream_same(l, delta_constant(l, node));
    case LOGICAL_FILTER: return lower_filter(l, node, needed);
    case LOGICAL_PROJECT: return lower_project(l, node, needed);
    case LOGICAL_JOIN: return lower_join(l, node, needed);
    case LOGICAL_JOIN_LEFT: return lower_join_left(l, node, needed);
    case LOGICAL_AGGREGATE: return lower_aggregate(l, node, needed);
    case LOGICAL_UNION: return lower_union(l, node, needed);
    case LOGICAL_FLATTEN: return lower_flatten(l, node, needed);
    case LOGICAL_TOPK: return lower_topk(l, node, needed);
    case LOGICAL_SHARED: return lower_shared(l, node);
    }
    unreachable();
}
