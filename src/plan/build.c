#include "plan/build.h"

#include "base/assert.h"
#include "flow/fill.h"
#include "plan/grow.h"

/* An operator that may be shared, under the name of its plan node. */
struct entry {
    struct link link;
    char *name; /* in the registry's account, name_size with its NUL */
    size_t name_size;
    u64 digest[2];
    u64 pool[2]; /* of an arrangement with a pool of its own: the digest of what it arranges */
    bool has_pool;
    struct op *op;
    u32 holders;         /* dataflows, and entries that lie over its pool */
    u32 logged;          /* how many of them the log knows */
    struct entry *below; /* the entry whose pool this one shares, or NULL */
    struct build *maker; /* until it is filled; then NULL: all may use it */
};

struct build_registry {
    struct mem *mem;
    struct graph *graph;
    struct build_sources sources;
    struct delta_statistics statistics;
    struct link entries;
};

struct build_node {
    struct op *op;
    struct entry *entry; /* or NULL: a source or a stream */
};

struct build {
    struct build_registry *registry;
    bool is_passing; /* the log does not know it */
    struct arena arena;
    struct build_node *nodes; /* as in the plan; op is NULL below one that runs already */
    u32 node_count;
    struct build_node **ops; /* those with an operator, but for sources */
    u32 op_count;
    u32 root;
    struct delta_outline outline; /* what is told of them when the plan is gone */
    struct fill *fill;            /* NULL: done */
    u64 quanta;
    u64 origin_count;
    u32 id_first, id_end; /* of the operators that were made */
};

/* ---- The registry ---- */

static struct op *source_op(void *context, const struct catalog_relation *relation)
{
    const struct build_registry *registry = context;
    return registry->sources.op(registry->sources.context, relation);
}

/* Those that are being filled belong to who fills them. What only passing dataflows hold is for
 * such ones alone: a replay will not find it there. */
static bool entry_is_usable(const struct entry *entry, const struct build *build)
{
    if (entry->logged == 0 && !(build && build->is_passing)) return false;
    return (entry->op->is_filled || entry->maker == build) && !entry->op->is_suspended;
}

static struct entry *entry_find(const struct build_registry *registry, const struct delta *node,
                                const struct build *build)
{
    list_each(&registry->entries, link)
    {
        struct entry *entry = container_of(link, struct entry, link);
        if (entry->digest[0] != node->digest[0] || entry->digest[1] != node->digest[1]) continue;
        if (strcmp(entry->name, node->name) == 0 && entry_is_usable(entry, build)) return entry;
    }
    return NULL;
}

/* An arrangement in whose pool the rows of node lie already. */
static struct entry *pool_find(const struct build_registry *registry, const struct delta *node,
                               const struct build *build)
{
    list_each(&registry->entries, link)
    {
        struct entry *entry = container_of(link, struct entry, link);
        if (!entry->has_pool || !entry_is_usable(entry, build)) continue;
        if (entry->pool[0] == node->digest[0] && entry->pool[1] == node->digest[1]) return entry;
    }
    return NULL;
}

static bool runs(void *context, const struct delta *node)
{
    return entry_find(context, node, NULL) != NULL;
}

const struct op *build_find(const struct build_registry *registry, const struct delta *node)
{
    if (node->kind == DELTA_SOURCE)
        return registry->sources.op(registry->sources.context, node->relation);
    const struct entry *entry = entry_find(registry, node, NULL);
    return entry ? entry->op : NULL;
}

struct build_registry *build_registry_open(struct mem *mem, struct graph *graph,
                                           const struct build_sources *sources)
{
    struct build_registry *registry = mem_zalloc(mem, sizeof *registry);
    registry->mem = mem;
    registry->graph = graph;
    registry->sources = *sources;
    registry->statistics =
        (struct delta_statistics){ .context = registry, .op = source_op, .runs = runs };
    list_init(&registry->entries);
    return registry;
}

void build_registry_close(struct build_registry *registry)
{
    assert(list_empty(&registry->entries));
    mem_free(registry->mem, registry, sizeof *registry);
}

const struct delta_statistics *build_statistics(struct build_registry *registry)
{
    return &registry->statistics;
}

static struct entry *entry_add(struct build *build, const struct delta *node, struct op *op)
{
    struct build_registry *registry = build->registry;
    struct entry *entry = mem_zalloc(registry->mem, sizeof *entry);
    entry->name_size = strlen(node->name) + 1;
    entry->name = mem_alloc(registry->mem, entry->name_size);
    memcpy(entry->name, node->name, entry->name_size);
    memcpy(entry->digest, node->digest, sizeof entry->digest);
    entry->op = op;
    entry->maker = build;
    graph_hold(op);
    list_append(&registry->entries, &entry->link);
    return entry;
}

static void entry_hold(struct entry *entry, bool is_logged)
{
    entry->holders++;
    if (is_logged && entry->logged++ == 0 && entry->below) entry->below->logged++;
}

static void entry_release(struct build_registry *registry, struct entry *entry, bool is_logged)
{
    assert(entry->holders > 0 && entry->logged >= is_logged);
    struct entry *below = entry->below;
    if (is_logged && --entry->logged == 0 && below) below->logged--;
    if (--entry->holders > 0) return;
    list_remove(&entry->link);
    graph_release(registry->graph, entry->op);
    mem_free(registry->mem, entry->name, entry->name_size);
    mem_free(registry->mem, entry, sizeof *entry);
    if (below) entry_release(registry, below, false);
}

/* ---- Making operators ---- */

static struct op *node_op(struct build *build, const struct delta *node);

static bool is_shareable(const struct delta *node)
{
    switch (node->kind) {
    case DELTA_SOURCE:
    case DELTA_MAP:
    case DELTA_CONCAT:
    case DELTA_FLATTEN: return false;
    case DELTA_CONSTANT:
    case DELTA_ARRANGE:
    case DELTA_JOIN:
    case DELTA_JOIN_LEFT:
    case DELTA_AGGREGATE:
    case DELTA_TOPK: return true;
    }
    unreachable();
}

static struct op **input_ops(struct build *build, const struct delta *node)
{
    struct op **ops = arena_array(&build->arena, struct op *, node->input_count);
    for (u32 i = 0; i < node->input_count; i++)
        ops[i] = node_op(build, node->inputs[i]);
    return ops;
}

static struct op *make_constant(struct build *build, const struct delta *node)
{
    struct arena *arena = &build->arena;
    u32 row_count = node->constant.row_count, batch_count = 0;
    u32 column_count = node->schema->column_count;
    u32 room = row_count / BATCH_ROW_COUNT_MAX + 1;
    const struct batch **batches = arena_array(arena, const struct batch *, room);
    for (u32 first = 0; first < row_count; first += BATCH_ROW_COUNT_MAX) {
        u32 count = MIN(row_count - first, BATCH_ROW_COUNT_MAX);
        struct batch *batch = batch_make_for(arena, node->schema, count);
        for (u32 r = 0; r < count; r++) {
            batch->weights[r] = 1;
            for (u32 c = 0; c < column_count; c++)
                value_put(&node->constant.rows[first + r][c], &batch->columns[c], r, arena, count);
        }
        batch->row_count = count;
        batches[batch_count++] = batch;
    }
    return op_constant_make(build->registry->graph, batches, batch_count, node->schema);
}

/* Arrangements of one stream lie in one pool: the first has the rows, the others index them. */
static struct op *make_arrange(struct build *build, const struct delta *node, struct entry **below)
{
    struct graph *graph = build->registry->graph;
    const struct delta *input = node->inputs[0];
    if (node->key.is_own)
        return op_arrange_own_make(graph, node_op(build, input), node->key.columns,
                                   node->key.count);
    struct entry *pool = input->is_slotted ? NULL : pool_find(build->registry, input, build);
    *below = pool;
    return op_arrange_make(graph, pool ? pool->op : node_op(build, input), node->key.columns,
                           node->key.count);
}

static struct op *make_join(struct build *build, const struct delta *node)
{
    struct arena *arena = &build->arena;
    struct op **ops = input_ops(build, node);
    u32 count = node->join.count;
    struct join_options options = {
        .input_count = count,
        .inputs = ops,
        .paths = arena_array(arena, struct join_path, count),
        .output_count = node->schema->column_count,
        .output_inputs = node->join.output_inputs,
        .output_columns = node->join.output_columns,
    };
    for (u32 p = 0; p < count; p++) {
        const struct delta_path *from = &node->join.paths[p];
        struct join_path *path = &options.paths[p];
        path->residual = from->residual;
        path->step_count = from->step_count;
        path->steps = arena_array(arena, struct join_step, from->step_count);
        for (u32 s = 0; s < from->step_count; s++) {
            const struct delta_step *step = &from->steps[s];
            path->steps[s] = (struct join_step){ .input = step->input,
                                                 .arrange = node_op(build, step->arrange),
                                                 .key_count = step->key_count,
                                                 .key_inputs = step->key_inputs,
                                                 .key_columns = step->key_columns,
                                                 .residual = step->residual };
        }
    }
    return op_join_make(build->registry->graph, &options, node->schema);
}

static struct op *make_op(struct build *build, const struct delta *node, struct entry **below)
{
    struct graph *graph = build->registry->graph;
    struct op **ops;
    switch (node->kind) {
    case DELTA_SOURCE: return source_op(build->registry, node->relation);
    case DELTA_CONSTANT: return make_constant(build, node);
    case DELTA_ARRANGE: return make_arrange(build, node, below);
    case DELTA_JOIN: return make_join(build, node);
    case DELTA_MAP:
        ops = input_ops(build, node);
        return op_map_make(graph, ops[0], node->map.filter, node->map.exprs,
                           node->schema->column_count, node->schema);
    case DELTA_JOIN_LEFT:
        ops = input_ops(build, node);
        return op_join_left_make(graph, ops[0], ops[1], node->join_left.residual, node->schema);
    case DELTA_AGGREGATE:
        ops = input_ops(build, node);
        return op_aggregate_make(graph, ops[0], node->aggregate.groups, node->aggregate.group_count,
                                 node->aggregate.calls, node->aggregate.call_count,
                                 node->inputs[0]->is_append_only, node->schema);
    case DELTA_CONCAT:
        ops = input_ops(build, node);
        return op_concat_make(graph, ops, node->input_count, node->schema);
    case DELTA_FLATTEN:
        ops = input_ops(build, node);
        return op_flatten_make(graph, ops[0], node->flatten.kind, node->flatten.args,
                               node->flatten.arg_count, node->schema);
    case DELTA_TOPK:
        ops = input_ops(build, node);
        return op_topk_make(graph, ops[0], &node->topk, node->schema);
    }
    unreachable();
}

/* The operator of a node. A stream has one consumer, so each use of it makes another. */
static struct op *node_op(struct build *build, const struct delta *node)
{
    struct build_node *own = &build->nodes[node->index];
    if (own->entry || node->kind == DELTA_SOURCE) {
        if (!own->op) own->op = source_op(build->registry, node->relation);
        assert(own->op);
        return own->op;
    }
    if (!is_shareable(node)) return own->op = make_op(build, node, NULL);
    struct entry *entry = entry_find(build->registry, node, build);
    if (!entry) {
        struct entry *below = NULL;
        struct op *op = make_op(build, node, &below);
        entry = entry_add(build, node, op);
        entry->below = below;
        if (below) below->holders++;
        bool has_pool = node->kind == DELTA_ARRANGE && !below && !node->inputs[0]->is_slotted;
        entry->has_pool = has_pool;
        if (has_pool) memcpy(entry->pool, node->inputs[0]->digest, sizeof entry->pool);
    }
    entry_hold(entry, !build->is_passing);
    own->entry = entry;
    return own->op = entry->op;
}

static void list_ops(struct build *build, const struct delta_plan *plan)
{
    for (u32 i = 0; i < plan->node_count; i++) {
        struct build_node *own = &build->nodes[i];
        if (own->op && plan->nodes[i]->kind != DELTA_SOURCE) build->ops[build->op_count++] = own;
    }
}

struct build *build_open(struct build_registry *registry, const struct delta_plan *plan,
                         bool is_passing)
{
    struct build *build = mem_zalloc(registry->mem, sizeof *build);
    build->registry = registry;
    build->is_passing = is_passing;
    arena_init(&build->arena, registry->mem);
    build->node_count = plan->node_count;
    build->nodes = arena_array(&build->arena, struct build_node, plan->node_count);
    build->root = plan->root->index;
    build->ops = arena_array(&build->arena, struct build_node *, plan->node_count);
    build->id_first = registry->graph->op_id_next;
    node_op(build, plan->root);
    build->id_end = registry->graph->op_id_next;
    list_ops(build, plan);
    delta_outline(plan, &build->arena, &build->outline);
    build->fill = fill_open(registry->graph, build->id_first);
    return build;
}

/* ---- Filling ---- */

/* From now on everyone may use what was made here. */
static void build_finish(struct build *build)
{
    fill_origins(build->fill, &build->origin_count, &build->origin_count);
    build->quanta = fill_progress(build->fill);
    fill_close(build->fill);
    build->fill = NULL;
    for (u32 i = 0; i < build->node_count; i++) {
        struct entry *entry = build->nodes[i].entry;
        if (entry && entry->maker == build) entry->maker = NULL;
    }
}

enum turn build_step(struct build *build, u32 rows)
{
    if (!build->fill) return TURN_DONE;
    if (fill_step(build->fill, rows) == TURN_MORE) return TURN_MORE;
    build_finish(build);
    return TURN_DONE;
}

bool build_is_at_rest(const struct build *build)
{
    return !build->fill || fill_is_at_rest(build->fill);
}

bool build_is_suspended(const struct build *build)
{
    for (u32 index = 0; index < build->op_count; index++)
        if (build->ops[index]->op->is_suspended) return true;
    return false;
}

bool build_is_done(const struct build *build)
{
    return build->fill == NULL;
}

u64 build_quanta(const struct build *build)
{
    return build->fill ? fill_progress(build->fill) : build->quanta;
}

enum turn build_advance(struct build *build, u64 quanta, u32 rows)
{
    return build->fill ? fill_advance(build->fill, quanta, rows) : TURN_DONE;
}

void build_progress(const struct build *build, u64 *done, u64 *total)
{
    *done = *total = build->origin_count;
    if (build->fill) fill_origins(build->fill, done, total);
}

/* ---- What was made ---- */

struct op *build_root(const struct build *build)
{
    return build->nodes[build->root].op;
}

bool build_owns(const struct build *build, const struct op *op)
{
    return op->id >= build->id_first && op->id < build->id_end;
}

void build_close(struct build *build)
{
    struct build_registry *registry = build->registry;
    if (build->fill) fill_close(build->fill);
    for (u32 i = build->node_count; i > 0; i--) {
        struct entry *entry = build->nodes[i - 1].entry;
        if (!entry) continue;
        if (entry->maker == build) entry->maker = NULL;
        entry_release(registry, entry, !build->is_passing);
    }
    arena_deinit(&build->arena);
    mem_free(registry->mem, build, sizeof *build);
}

u32 build_op_count(const struct build *build)
{
    return build->op_count;
}

struct op *build_op(const struct build *build, u32 index)
{
    return build->ops[index]->op;
}

u32 build_op_holders(const struct build *build, u32 index)
{
    const struct entry *entry = build->ops[index]->entry;
    return entry ? entry->holders : 1;
}

const struct delta_outline *build_outline(const struct build *build)
{
    return &build->outline;
}

const struct op *build_line_op(const struct build *build, const struct delta_line *line)
{
    if (line->source) return source_op(build->registry, line->source);
    return build->nodes[line->node].op;
}
