/* Random views over random rows, held to the model after every tick: filters, projections, unions, joins of up to four inputs with
 * the same relation several times, left joins, aggregates, top-k, series; views over views, made and
 * filled in the middle of the run with ticks between the steps, and dropped again. The rows come from sources that are changed by
 * hand, a slot at a time, or from tables that transactions change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/rand.h"
#include "data/agg.h"
#include "tests/prop/model.h"
#include "tests/prop/table_source.h"

#define SOURCE_COUNT   3
#define VIEW_COUNT_MAX 6
#define ROW_COUNT_MAX  24
#define WORK_MAX       8000 /* of the model, for a view: larger ones are dropped */

struct view {
    struct model_node *root;
    struct fill *fill; /* NULL: it is whole */
};

struct run {
    struct fixture fixture;
    struct rand rand;
    u64 seed;
    u64 tick;
    struct model_node *sources[SOURCE_COUNT];
    bool has_tables;
    struct table_source tables[SOURCE_COUNT];
    u32 view_count;
    struct view views[VIEW_COUNT_MAX];
};

static u32 below(struct run *run, u32 bound)
{
    return (u32)rand_below(&run->rand, bound);
}

static bool chance(struct run *run, u32 percent)
{
    return below(run, 100) < percent;
}

/* --- Nodes --- */

static struct model_node *node_make(struct run *run, enum model_kind kind)
{
    struct model_node *node = arena_new(&run->fixture.arena, struct model_node);
    node->kind = kind;
    node->tick = UINT64_MAX;
    return node;
}

static struct model_node *make_node(struct run *run, u32 depth);

static bool is_stream(const struct model_node *node)
{
    return node->kind == MODEL_MAP || node->kind == MODEL_CONCAT || node->kind == MODEL_SERIES;
}

/* Collects nodes below that may be read by others too. */
static u32 shareable_below(struct model_node *node, struct model_node **out, u32 count)
{
    for (u32 i = 0; i < node->input_count; i++)
        count = shareable_below(node->inputs[i], out, count);
    if (!is_stream(node) && count < 64) out[count++] = node;
    return count;
}

/* A source, or something that a whole view holds. */
static struct model_node *pick_shared(struct run *run)
{
    if (run->view_count == 0 || chance(run, 60)) return run->sources[below(run, SOURCE_COUNT)];
    const struct view *view = &run->views[below(run, run->view_count)];
    if (view->fill) return run->sources[below(run, SOURCE_COUNT)];
    struct model_node *nodes[64];
    return nodes[below(run, shareable_below(view->root, nodes, 0))];
}

static struct model_node *pick_input(struct run *run, u32 depth)
{
    return depth == 0 || chance(run, 40) ? pick_shared(run) : make_node(run, depth - 1);
}

/* A column of this type, or -1. */
static i32 pick_column(struct run *run, const struct schema *schema, struct type type)
{
    u32 start = below(run, schema->column_count);
    for (u32 i = 0; i < schema->column_count; i++) {
        u32 c = (start + i) % schema->column_count;
        if (type_equal(schema->columns[c].type, type)) return (i32)c;
    }
    return -1;
}

static struct expr *small_constant(struct run *run, struct type type)
{
    const char *text = arena_format(&run->fixture.arena, "%d", (int)below(run, 6) - 1);
    if (type_is_text(type)) text = chance(run, 50) ? "a" : "b";
    if (type.id == TYPE_BOOL) text = chance(run, 50) ? "t" : "f";
    return fixture_constant(&run->fixture, type, text);
}

static struct expr *make_condition(struct run *run, const struct schema *schema)
{
    static const char *const names[] = { "=", "<", ">", "<>", "<=" };
    struct fixture *f = &run->fixture;
    i32 number = pick_column(run, schema, TYPE(INT8));
    if (number >= 0 && chance(run, 25)) { /* fails where the column is 0 */
        struct expr *quotient = fixture_operator(f, "/", fixture_constant(f, TYPE(INT8), "12"),
                                                 fixture_column(f, schema, (u32)number));
        return fixture_operator(f, ">", quotient, fixture_constant(f, TYPE(INT8), "3"));
    }
    u32 c = below(run, schema->column_count);
    return fixture_operator(f, names[below(run, countof(names))], fixture_column(f, schema, c),
                            small_constant(run, schema->columns[c].type));
}

static void map_columns(struct run *run, struct model_node *node, const struct schema *input)
{
    struct fixture *f = &run->fixture;
    u32 count = 1 + below(run, 5);
    node->exprs = arena_array(&f->arena, struct expr *, count);
    node->schema = arena_new(&f->arena, struct schema);
    node->schema->column_count = count;
    node->schema->columns = arena_array(&f->arena, struct schema_column, count);
    for (u32 c = 0; c < count; c++) {
        struct expr *expr = fixture_column(f, input, below(run, input->column_count));
        if (expr->type.id == TYPE_INT8 && chance(run, 20))
            expr = fixture_operator(f, chance(run, 50) ? "+" : "%",
                                    fixture_constant(f, TYPE(INT8), "7"), expr);
        node->exprs[c] = expr;
        node->schema->columns[c] =
            (struct schema_column){ .name = arena_format(&f->arena, "m%u", c), .type = expr->type };
    }
}

static struct model_node *make_map(struct run *run, struct model_node *input)
{
    struct model_node *node = node_make(run, MODEL_MAP);
    node->inputs[node->input_count++] = input;
    node->schema = input->schema;
    if (chance(run, 70)) node->filter = make_condition(run, input->schema);
    if (chance(run, 60)) map_columns(run, node, input->schema);
    return node;
}

/* A map to these types, or NULL when the input has not got them. */
static struct model_node *make_map_to(struct run *run, struct model_node *input,
                                      const struct schema *schema)
{
    struct fixture *f = &run->fixture;
    struct model_node *node = node_make(run, MODEL_MAP);
    node->inputs[node->input_count++] = input;
    node->schema = arena_new(&f->arena, struct schema);
    *node->schema = *schema;
    node->exprs = arena_array(&f->arena, struct expr *, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++) {
        i32 column = pick_column(run, input->schema, schema->columns[c].type);
        if (column < 0) return NULL;
        node->exprs[c] = fixture_column(f, input->schema, (u32)column);
    }
    if (chance(run, 60)) node->filter = make_condition(run, input->schema);
    return node;
}

static struct model_node *make_concat(struct run *run, u32 depth)
{
    struct model_node *first = make_map(run, pick_input(run, depth));
    struct model_node *node = node_make(run, MODEL_CONCAT);
    node->schema = first->schema;
    node->inputs[node->input_count++] = first;
    for (u32 i = 0; i < 1 + below(run, 2); i++) {
        struct model_node *other =
            chance(run, 50) ? pick_shared(run)
                            : (!is_stream(first->inputs[0]) ? first->inputs[0] : pick_shared(run));
        struct model_node *mapped = make_map_to(run, other, first->schema);
        if (mapped) node->inputs[node->input_count++] = mapped;
    }
    return node;
}

static void add_equality(struct run *run, struct model_node *node, u32 input)
{
    const struct schema *schema = node->inputs[input]->schema;
    for (u32 attempt = 0; attempt < 8; attempt++) {
        u32 other = below(run, input);
        u32 column = below(run, node->inputs[other]->schema->column_count);
        struct type type = node->inputs[other]->schema->columns[column].type;
        i32 mine = pick_column(run, schema, type);
        if (mine < 0 || type.id == TYPE_BOOL) continue;
        node->equalities[node->equality_count++] = (struct model_equality){
            .a_input = other, .a_column = column, .b_input = input, .b_column = (u32)mine
        };
        return;
    }
}

static struct model_node *make_join(struct run *run, u32 depth, enum model_kind kind)
{
    struct fixture *f = &run->fixture;
    struct model_node *node = node_make(run, kind);
    u32 wanted = kind == MODEL_LEFT ? 2 : 2 + below(run, 3);
    struct schema *all = NULL;
    for (u32 i = 0; i < wanted; i++) {
        struct model_node *input = i > 0 && chance(run, 25) && !is_stream(node->inputs[0])
                                       ? node->inputs[0] /* the same one again */
                                       : pick_input(run, depth);
        if (all && all->column_count + input->schema->column_count > MODEL_COLUMN_COUNT_MAX) break;
        node->inputs[node->input_count++] = input;
        all = all ? fixture_concat(f, all, input->schema) : input->schema;
        if (i == 0) continue;
        add_equality(run, node, i);
        if (chance(run, 25)) add_equality(run, node, i);
    }
    if (node->input_count < 2) return node->inputs[0];
    node->schema = all;
    for (u32 i = 0; i < below(run, 3); i++) {
        struct expr *condition = make_condition(run, all);
        i32 a = pick_column(run, all, TYPE(INT8)), b = pick_column(run, all, TYPE(INT8));
        if (a >= 0 && a != b && chance(run, 50))
            condition = fixture_operator(f, "<=", fixture_column(f, all, (u32)a),
                                         fixture_column(f, all, (u32)b));
        node->conditions[node->condition_count++] = condition;
    }
    return node;
}

static bool pick_call(struct run *run, const struct schema *input, struct agg_call *call)
{
    static const char *const names[] = {
        "count", "sum", "avg", "min", "max", "bool_and", "bool_or"
    };
    u32 column = below(run, input->column_count);
    struct type type = input->columns[column].type, cast;
    const struct agg *agg;
    const char *name = names[below(run, countof(names))];
    bool is_star = strcmp(name, "count") == 0 && chance(run, 40);
    if (agg_find(slice_of(name), &type, is_star ? 0 : 1, is_star, &agg, &cast, &call->type, NULL))
        return false;
    call->kind = agg->kind;
    call->column = is_star ? AGG_NO_COLUMN : column;
    call->distinct = !is_star && chance(run, 25);
    call->filter_column = AGG_NO_COLUMN;
    i32 filter = pick_column(run, input, TYPE(BOOL));
    if (filter >= 0 && chance(run, 30)) call->filter_column = (u32)filter;
    return is_star || type_equal(cast, type);
}

static struct model_node *make_aggregate(struct run *run, u32 depth)
{
    struct fixture *f = &run->fixture;
    struct model_node *node = node_make(run, MODEL_AGGREGATE);
    struct model_node *input = pick_input(run, depth);
    node->inputs[node->input_count++] = input;
    node->group_count = below(run, 3);
    for (u32 g = 0; g < node->group_count; g++)
        node->groups[g] = below(run, input->schema->column_count);
    u32 wanted = node->group_count == 0 ? 1 + below(run, 4) : below(run, 5);
    for (u32 attempt = 0; attempt < 40 && node->call_count < wanted; attempt++)
        node->call_count += pick_call(run, input->schema, &node->calls[node->call_count]);
    node->schema = arena_new(&f->arena, struct schema);
    node->schema->column_count = node->group_count + node->call_count;
    node->schema->columns =
        arena_array(&f->arena, struct schema_column, node->schema->column_count);
    for (u32 c = 0; c < node->schema->column_count; c++)
        node->schema->columns[c] =
            (struct schema_column){ .name = "x",
                                    .type = c < node->group_count
                                                ? input->schema->columns[node->groups[c]].type
                                                : node->calls[c - node->group_count].type };
    return node->schema->column_count > 0 ? node : input;
}

static struct model_node *make_topk(struct run *run, u32 depth)
{
    struct fixture *f = &run->fixture;
    struct model_node *node = node_make(run, MODEL_TOPK);
    struct model_node *input = pick_input(run, depth);
    u32 count = input->schema->column_count;
    if (count >= MODEL_COLUMN_COUNT_MAX) return input;
    node->inputs[node->input_count++] = input;
    node->schema = input->schema;
    struct topk_options *topk = &node->topk;
    *topk = (struct topk_options){ .limit = 1 + below(run, 5),
                                   .offset = chance(run, 30) ? below(run, 3) : 0,
                                   .partition_count = below(run, 3),
                                   .with_rank = chance(run, 40) };
    topk->partition = arena_array(&f->arena, u32, 2);
    for (u32 p = 0; p < topk->partition_count; p++)
        topk->partition[p] = below(run, count);
    /* All columns order, so that only equal rows tie. */
    topk->order_count = count;
    topk->order = arena_array(&f->arena, struct tree_order, count);
    u32 shift = below(run, count);
    for (u32 o = 0; o < count; o++)
        topk->order[o] = (struct tree_order){ .column = (o + shift) % count,
                                              .descending = chance(run, 50),
                                              .nulls_first = chance(run, 50) };
    if (topk->with_rank) node->schema = fixture_concat(f, input->schema, fixture_schema(f, "int8"));
    return node;
}

static struct model_node *make_series(struct run *run, u32 depth)
{
    struct model_node *input = pick_input(run, depth);
    i32 column = pick_column(run, input->schema, TYPE(INT8));
    if (column < 0 || input->schema->column_count >= MODEL_COLUMN_COUNT_MAX) return input;
    struct model_node *node = node_make(run, MODEL_SERIES);
    node->inputs[node->input_count++] = input;
    node->column = (u32)column;
    node->schema =
        fixture_concat(&run->fixture, input->schema, fixture_schema(&run->fixture, "int8"));
    return node;
}

static struct model_node *make_node(struct run *run, u32 depth)
{
    switch (below(run, 10)) {
    case 0:
    case 1: return make_map(run, pick_input(run, depth));
    case 2: return make_concat(run, depth);
    case 3:
    case 4: return make_join(run, depth, MODEL_JOIN);
    case 5: return make_join(run, depth, MODEL_LEFT);
    case 6:
    case 7: return make_aggregate(run, depth);
    case 8: return make_topk(run, depth);
    default: return make_series(run, depth);
    }
}

/* --- Operators of nodes --- */

static struct op *build(struct run *run, struct model_node *node);

static u32 offset_of(const struct model_node *node, u32 input)
{
    u32 offset = 0;
    for (u32 i = 0; i < input; i++)
        offset += node->inputs[i]->schema->column_count;
    return offset;
}

static void inputs_read(const struct model_node *node, const struct expr *expr, u32 *mask)
{
    if (expr->kind == EXPR_COLUMN)
        for (u32 i = node->input_count; i-- > 0;)
            if (expr->column >= offset_of(node, i)) {
                *mask |= 1u << i;
                break;
            }
    for (u32 i = 0; i < expr->arg_count; i++)
        inputs_read(node, expr->args[i], mask);
}

/* The conditions that can be decided now and could not before. */
static struct expr *residual_of(struct run *run, const struct model_node *node, u32 before,
                                u32 bound)
{
    struct expr *all = NULL;
    for (u32 i = 0; i < node->condition_count; i++) {
        u32 mask = 0;
        inputs_read(node, node->conditions[i], &mask);
        bool is_decided = (mask & ~before) == 0 && before != 0;
        if (is_decided || (mask & ~bound) != 0) continue;
        struct expr *condition = node->conditions[i];
        all = all ? fixture_and(&run->fixture, all, condition) : condition;
    }
    return all;
}

static void fill_step_keys(struct run *run, const struct model_node *node, u32 bound,
                           struct op *base, struct join_step *step)
{
    struct arena *arena = &run->fixture.arena;
    u32 key[8];
    step->key_inputs = arena_array(arena, u32, 8);
    step->key_columns = arena_array(arena, u32, 8);
    for (u32 i = 0; i < node->equality_count; i++) {
        const struct model_equality *equality = &node->equalities[i];
        bool forward = equality->b_input == step->input && (bound >> equality->a_input & 1);
        bool backward = equality->a_input == step->input && (bound >> equality->b_input & 1);
        if (!forward && !backward) continue;
        key[step->key_count] = forward ? equality->b_column : equality->a_column;
        step->key_inputs[step->key_count] = forward ? equality->a_input : equality->b_input;
        step->key_columns[step->key_count++] = forward ? equality->a_column : equality->b_column;
    }
    step->arrange = op_arrange_make(&run->fixture.graph, base, key, step->key_count);
}

static struct op *build_join(struct run *run, struct model_node *node)
{
    struct arena *arena = &run->fixture.arena;
    struct op *bases[MODEL_INPUT_COUNT_MAX];
    for (u32 i = 0; i < node->input_count; i++) {
        bases[i] = build(run, node->inputs[i]);
        bool is_readable = bases[i]->class->dirty && bases[i]->rows;
        if (!is_readable) bases[i] = op_arrange_make(&run->fixture.graph, bases[i], NULL, 0);
    }
    struct join_options options = { .input_count = node->input_count, .inputs = bases };
    options.paths = arena_array(arena, struct join_path, node->input_count);
    for (u32 driver = 0; driver < node->input_count; driver++) {
        struct join_path *path = &options.paths[driver];
        u32 bound = 1u << driver;
        path->residual = residual_of(run, node, 0, bound);
        path->steps = arena_array(arena, struct join_step, node->input_count);
        while (path->step_count < node->input_count - 1) {
            u32 next = below(run, node->input_count);
            if (bound >> next & 1) continue;
            struct join_step *step = &path->steps[path->step_count++];
            step->input = next;
            fill_step_keys(run, node, bound, bases[next], step);
            step->residual = residual_of(run, node, bound, bound | 1u << next);
            bound |= 1u << next;
        }
    }
    options.output_count = node->schema->column_count;
    options.output_inputs = arena_array(arena, u32, options.output_count);
    options.output_columns = arena_array(arena, u32, options.output_count);
    for (u32 i = 0, at = 0; i < node->input_count; i++)
        for (u32 c = 0; c < node->inputs[i]->schema->column_count; c++, at++) {
            options.output_inputs[at] = i;
            options.output_columns[at] = c;
        }
    return op_join_make(&run->fixture.graph, &options, node->schema);
}

static struct op *build_left(struct run *run, struct model_node *node)
{
    u32 left_key[8], right_key[8];
    for (u32 i = 0; i < node->equality_count; i++) {
        left_key[i] = node->equalities[i].a_column;
        right_key[i] = node->equalities[i].b_column;
    }
    struct op *left = op_arrange_make(&run->fixture.graph, build(run, node->inputs[0]), left_key,
                                      node->equality_count);
    struct op *right = op_arrange_make(&run->fixture.graph, build(run, node->inputs[1]), right_key,
                                       node->equality_count);
    struct expr *residual = NULL;
    for (u32 i = 0; i < node->condition_count; i++)
        residual = residual ? fixture_and(&run->fixture, residual, node->conditions[i])
                            : node->conditions[i];
    return op_join_left_make(&run->fixture.graph, left, right, residual, node->schema);
}

static struct op *build_series(struct run *run, struct model_node *node)
{
    struct expr *args[2] = { fixture_constant(&run->fixture, TYPE(INT8), "1"),
                             fixture_column(&run->fixture, node->inputs[0]->schema, node->column) };
    return op_flatten_make(&run->fixture.graph, build(run, node->inputs[0]),
                           FLATTEN_GENERATE_SERIES, args, 2, node->schema);
}

static struct op *build_fresh(struct run *run, struct model_node *node)
{
    struct graph *graph = &run->fixture.graph;
    struct op *inputs[MODEL_INPUT_COUNT_MAX];
    u32 key[2];
    switch (node->kind) {
    case MODEL_SOURCE: break;
    case MODEL_MAP:
        return op_map_make(graph, build(run, node->inputs[0]), node->filter, node->exprs,
                           node->exprs ? node->schema->column_count : 0, node->schema);
    case MODEL_CONCAT:
        for (u32 i = 0; i < node->input_count; i++)
            inputs[i] = build(run, node->inputs[i]);
        return op_concat_make(graph, inputs, node->input_count, node->schema);
    case MODEL_ARRANGE:
        key[0] = below(run, node->schema->column_count);
        return op_arrange_make(graph, build(run, node->inputs[0]), key, below(run, 2));
    case MODEL_JOIN: return build_join(run, node);
    case MODEL_LEFT: return build_left(run, node);
    case MODEL_AGGREGATE:
        return op_aggregate_make(graph, build(run, node->inputs[0]), node->groups,
                                 node->group_count, node->calls, node->call_count, false,
                                 node->schema);
    case MODEL_TOPK:
        return op_topk_make(graph, build(run, node->inputs[0]), &node->topk, node->schema);
    case MODEL_SERIES: return build_series(run, node);
    }
    unreachable();
}

static struct op *build(struct run *run, struct model_node *node)
{
    if (!node->op) node->op = build_fresh(run, node);
    return node->op;
}

/* --- Views --- */

static const struct model_relation *eval(struct run *run, struct model_node *node)
{
    return model_eval(node, run->tick, &run->fixture, &run->fixture.arena);
}

static void view_make(struct run *run)
{
    struct model_node *root = make_node(run, 2);
    if (is_stream(root) || root->kind == MODEL_JOIN || root->kind == MODEL_LEFT ||
        root->kind == MODEL_SOURCE) {
        struct model_node *arrange = node_make(run, MODEL_ARRANGE);
        arrange->schema = root->schema;
        arrange->inputs[arrange->input_count++] = root;
        root = arrange;
    }
    run->tick++; /* what was computed last is gone */
    eval(run, root);
    if (root->work > WORK_MAX) return;
    u32 id_first = run->fixture.graph.op_id_next;
    graph_hold(build(run, root));
    struct view *view = &run->views[run->view_count++];
    *view = (struct view){ .root = root, .fill = fill_open(&run->fixture.graph, id_first) };
    fill_set_quantum(view->fill, 1 + below(run, 12));
}

static void view_drop(struct run *run, u32 index)
{
    struct view *view = &run->views[index];
    if (view->fill) fill_close(view->fill);
    graph_release(&run->fixture.graph, view->root->op);
    *view = run->views[--run->view_count];
}

/* Steps that end where a tick may come; perhaps to the end. */
static void view_fill(struct run *run, struct view *view)
{
    u32 steps = chance(run, 20) ? 1000 : below(run, 4);
    while (view->fill && (steps-- > 0 || !fill_is_at_rest(view->fill))) {
        if (fill_step(view->fill, 1 + below(run, 8)) == TURN_MORE) continue;
        fill_close(view->fill);
        view->fill = NULL;
    }
}

static void sum_errors(struct model_node *node, struct model_node **seen, u32 *seen_count, i64 *sum)
{
    for (u32 i = 0; i < *seen_count; i++)
        if (seen[i] == node) return;
    assert(*seen_count < 512);
    seen[(*seen_count)++] = node;
    *sum += node->error_count;
    for (u32 i = 0; i < node->input_count; i++)
        sum_errors(node->inputs[i], seen, seen_count, sum);
}

static void check_errors(struct run *run)
{
    struct model_node *seen[512];
    u32 seen_count = 0;
    i64 expected = 0, found = 0;
    for (u32 v = 0; v < run->view_count; v++) {
        if (run->views[v].fill) return;
        sum_errors(run->views[v].root, seen, &seen_count, &expected);
    }
    for (u32 i = 0; i < run->fixture.error_count; i++) {
        assert_true(run->fixture.errors[i].weight >= 0);
        found += run->fixture.errors[i].weight;
    }
    if (found != expected)
        fail_msg("seed %llu tick %llu: %lld errors, not %lld", (unsigned long long)run->seed,
                 (unsigned long long)run->tick, (long long)found, (long long)expected);
}

/* What a failure needs to say of an operator. */
static const char *describe(struct run *run, const struct model_node *node)
{
    struct buf buf;
    buf_init(&buf, &run->fixture.mem);
    buf_puts(&buf, node->op->class->name);
    buf_putc(&buf, ' ');
    if (node->op->class->explain) node->op->class->explain(node->op, &buf);
    for (u32 o = 0; node->kind == MODEL_TOPK && o < node->topk.order_count; o++)
        buf_format(&buf, " %u%s%s", node->topk.order[o].column,
                   node->topk.order[o].descending ? " desc" : "",
                   node->topk.order[o].nulls_first ? " nulls first" : "");
    for (u32 c = 0; c < node->call_count; c++)
        buf_format(&buf, " %d(%d)%s%s", (int)node->calls[c].kind, (int)node->calls[c].column,
                   node->calls[c].distinct ? " distinct" : "",
                   node->calls[c].filter_column != AGG_NO_COLUMN ? " filter" : "");
    buf_puts(&buf, " of");
    for (u32 i = 0; i < node->input_count; i++)
        buf_format(&buf, " %s", node->inputs[i]->op->class->name);
    const char *text = arena_string(&run->fixture.arena, buf.data, buf.size);
    buf_deinit(&buf);
    return text;
}

static void expect_rows(struct run *run, struct op *op, const struct model_node *node, u32 view)
{
    const char *expected = model_text(&run->fixture, &node->relation);
    const char *found = model_op_text(&run->fixture, op);
    if (strcmp(expected, found) != 0)
        fail_msg("seed %llu tick %llu view %u, %s:\nexpected\n%s\nfound\n%s",
                 (unsigned long long)run->seed, (unsigned long long)run->tick, view,
                 describe(run, node), expected, found);
}

/* Every arrangement below, inputs first, so that the first difference is found. */
static void check_node(struct run *run, struct model_node *node, u32 view)
{
    for (u32 i = 0; i < node->input_count; i++)
        check_node(run, node->inputs[i], view);
    if (!node->op->class->slots || node->kind == MODEL_SOURCE || node->checked == run->tick) return;
    node->checked = run->tick;
    struct op *below = node->kind == MODEL_TOPK ? node->op->inputs[0] : NULL;
    if (below && below->class->slots) expect_rows(run, below, node->inputs[0], view);
    expect_rows(run, node->op, node, view);
}

static void check(struct run *run)
{
    struct arena_mark mark = arena_mark(&run->fixture.arena);
    run->tick++; /* of the model's memory */
    for (u32 v = 0; v < run->view_count; v++) {
        const struct view *view = &run->views[v];
        eval(run, view->root);
        if (!view->fill) check_node(run, view->root, v);
    }
    check_errors(run);
    arena_rewind(&run->fixture.arena, mark);
}

/* --- Rows --- */

static const char *random_text(struct run *run, struct schema_column *column)
{
    static const char *const texts[] = { "", "a", "b", "a string that is longer than twelve" };
    static const char *const numbers[] = { "0", "1.5", "-1.25", "2", "3.50" };
    if (!column->not_null && chance(run, 15)) return NULL;
    struct type type = column->type;
    if (type_is_text(type)) return texts[below(run, countof(texts))];
    if (type.id == TYPE_BOOL) return chance(run, 50) ? "t" : "f";
    if (type.id == TYPE_INT8)
        return arena_format(&run->fixture.arena, "%d", (int)below(run, 6) - 1);
    return numbers[below(run, countof(numbers))];
}

static void source_insert(struct run *run, struct op *source)
{
    const char *row[FIXTURE_COLUMN_COUNT_MAX];
    for (u32 c = 0; c < source->schema->column_count; c++)
        row[c] = random_text(run, &source->schema->columns[c]);
    fixture_insert(&run->fixture, source, row);
}

static void source_delete(struct run *run, struct op *source)
{
    u32 end = rows_slot_end(source->rows);
    if (rows_count(source->rows) == 0) return;
    u32 slot = below(run, end);
    while (rows_weight(source->rows, slot, SIDE_NEW) == 0)
        slot = (slot + 1) % end;
    fixture_delete(&run->fixture, source, slot);
}

static void source_change(struct run *run, struct op *source)
{
    u32 changes = chance(run, 10) ? 30 : 1 + below(run, 4);
    for (u32 i = 0; i < changes; i++) {
        bool full = rows_count(source->rows) >= ROW_COUNT_MAX;
        bool updates = chance(run, 30);
        if (full || updates || chance(run, 30)) source_delete(run, source);
        if (!full && (updates || chance(run, 70))) source_insert(run, source);
    }
}

/* For a table: rows of random texts. */
static struct batch *random_rows(void *context, const struct schema *schema, u32 count)
{
    struct run *run = context;
    const char *texts[BATCH_ROW_COUNT_MAX * FIXTURE_COLUMN_COUNT_MAX];
    for (u32 i = 0; i < count * schema->column_count; i++)
        texts[i] = random_text(run, &schema->columns[i % schema->column_count]);
    return fixture_batch(&run->fixture, schema, texts, count);
}

static struct op *make_source(struct run *run, u32 s)
{
    static const char *const types[SOURCE_COUNT] = { "int8!,int8,text,numeric(8,2),bool",
                                                     "int8,text,float8,numeric", "int8,int8,text" };
    static const char *const table_types[SOURCE_COUNT] = {
        [TABLE_SOURCE_KEYED] = "int8!,int8!,text,numeric(8,2),bool",
        [TABLE_SOURCE_BAG] = "int8,text,float8,numeric",
        [TABLE_SOURCE_APPEND_ONLY] = "int8,int8,text"
    };
    if (!run->has_tables) return fixture_source(&run->fixture, types[s], (u32[]){ 0 }, s == 0);
    run->tables[s] = (struct table_source){ .fixture = &run->fixture,
                                            .rand = &run->rand,
                                            .kind = (enum table_source_kind)s,
                                            .row_count_max = ROW_COUNT_MAX,
                                            .rows = random_rows,
                                            .context = run };
    table_source_make(&run->tables[s], table_types[s]);
    return run->tables[s].table;
}

static void change_source(struct run *run, u32 s)
{
    struct arena_mark mark = arena_mark(&run->fixture.arena);
    if (run->has_tables)
        table_source_change(&run->tables[s]);
    else
        source_change(run, run->sources[s]->op);
    arena_rewind(&run->fixture.arena, mark);
}

static void run_ticks(u64 seed, u32 ticks, bool has_tables)
{
    struct run run = { .seed = seed, .rand.state = seed, .has_tables = has_tables };
    fixture_init(&run.fixture);
    for (u32 s = 0; s < SOURCE_COUNT; s++) {
        run.sources[s] = node_make(&run, MODEL_SOURCE);
        run.sources[s]->op = make_source(&run, s);
        run.sources[s]->schema = (struct schema *)(uintptr_t)run.sources[s]->op->schema;
    }
    for (u32 t = 0; t < ticks; t++) {
        run.fixture.step_rows = chance(&run, 50) ? 1 + below(&run, 40) : 0;
        if (run.view_count < VIEW_COUNT_MAX && chance(&run, 25)) view_make(&run);
        if (run.view_count > 0 && chance(&run, 6)) view_drop(&run, below(&run, run.view_count));
        for (u32 v = 0; v < run.view_count; v++)
            if (run.views[v].fill) view_fill(&run, &run.views[v]);
        check(&run);
        for (u32 v = run.view_count; v-- > 0;)
            if (run.views[v].root->work > WORK_MAX * 4) view_drop(&run, v);
        for (u32 s = 0; s < SOURCE_COUNT; s++)
            if (chance(&run, 50)) change_source(&run, s);
        fixture_tick(&run.fixture);
        check(&run);
    }
    while (run.view_count > 0)
        view_drop(&run, run.view_count - 1);
    fixture_deinit(&run.fixture);
}

TEST(random_views_hold_what_the_model_says_at_every_tick)
{
    u64 seed = test_seed(1);
    u32 rounds = getenv("WEIR_SEED") ? 1 : test_rounds(60);
    for (u32 i = 0; i < rounds; i++)
        run_ticks(seed + i, 40, false);
}

TEST(random_views_over_tables_hold_what_the_model_says_at_every_tick)
{
    u64 seed = test_seed(1);
    u32 rounds = getenv("WEIR_SEED") ? 1 : test_rounds(60);
    for (u32 i = 0; i < rounds; i++)
        run_ticks(seed + i, 40, true);
}
