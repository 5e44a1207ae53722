/* Joins: keys from conditions, and for the change of each input a path through the others. */
#include "plan/delta_internal.h"

/* ---- The inputs ---- */

struct join_input {
    const struct logical *node;
    struct stream stream;
    u32 first;  /* of its columns in the tree */
    u32 offset; /* of the columns of its stream's node behind those of the inputs before */
    struct delta *arrange; /* one of its arrangements */
};

struct join {
    struct lower *l;
    const struct logical *node;
    struct join_input *inputs;
    u32 input_count;
    u32 column_count; /* of the tree */
    u32 *input_of;    /* of a column */
    u32 *places;      /* of a column among those of all inputs' nodes */
    u32 *classes;     /* columns that equalities make equal: the first of them */
    struct delta **arranges;
    u32 arrange_count;
};

/* Makes the inputs' streams; needed is by columns of the join. */
static enum status join_inputs(struct join *j, const bool *needed)
{
    struct lower *l = j->l;
    bool *all = lower_needed(l, j->column_count);
    memcpy(all, needed, j->column_count);
    for (u32 i = 0; i < j->node->conditions.count; i++)
        columns_mark(j->node->conditions.items[i], all);
    j->inputs = arena_array(l->arena, struct join_input, j->input_count);
    j->input_of = arena_array(l->arena, u32, j->column_count);
    j->places = arena_array(l->arena, u32, j->column_count);
    u32 first = 0, offset = 0;
    for (u32 i = 0; i < j->input_count; i++) {
        struct join_input *input = &j->inputs[i];
        u32 width = j->node->inputs[i]->schema->column_count;
        *input =
            (struct join_input){ .node = j->node->inputs[i], .first = first, .offset = offset };
        input->stream = lower_node(l, input->node, all + first);
        if (!input->stream.node) return FAIL;
        input->stream = lower_lean(l, input->stream, width);
        for (u32 c = 0; c < width; c++) {
            u32 place = input->stream.map[c];
            j->input_of[first + c] = i;
            j->places[first + c] = all[first + c] ? offset + place : LOGICAL_NO_COLUMN;
        }
        first += width;
        offset += input->stream.node->schema->column_count;
    }
    return OK;
}

static struct expr *join_expr(const struct join *j, struct expr *expr)
{
    return columns_map(j->l->arena, expr, j->places);
}

/* ---- Equalities ---- */

/* A condition that an index can answer. */
static bool join_equality(const struct join *j, const struct expr *item, u32 *left, u32 *right)
{
    if (!logical_is_equality(item, left, right)) return false;
    return j->input_of[*left] != j->input_of[*right] &&
           delta_is_comparable(item->args[0]->type, item->args[1]->type);
}

static void class_join(u32 *classes, u32 count, u32 a, u32 b)
{
    u32 low = MIN(classes[a], classes[b]), high = MAX(classes[a], classes[b]);
    for (u32 c = 0; c < count && low != high; c++)
        if (classes[c] == high) classes[c] = low;
}

static void join_classes(struct join *j)
{
    j->classes = arena_array(j->l->arena, u32, j->column_count);
    for (u32 c = 0; c < j->column_count; c++)
        j->classes[c] = c;
    for (u32 i = 0; i < j->node->conditions.count; i++) {
        u32 left, right;
        if (join_equality(j, j->node->conditions.items[i], &left, &right))
            class_join(j->classes, j->column_count, left, right);
    }
    /* Two names of one column are equal too. */
    for (u32 a = 0; a < j->column_count; a++)
        for (u32 b = 0; b < a; b++)
            if (j->places[a] != LOGICAL_NO_COLUMN && j->places[a] == j->places[b])
                class_join(j->classes, j->column_count, a, b);
}

/* ---- A path ---- */

/* For the change of one input: what is bound, and which equalities hold by now. */
struct walk {
    struct join *j;
    bool *bound;      /* by input */
    u32 *known;       /* classes of columns that the path has made equal */
    bool *is_applied; /* by condition */
};

/* The key by which the path would look into an input: its columns in the tree, in the order of the
 * stream's columns, and for each a bound column that is equal. */
struct key {
    u32 *columns;
    u32 *sources;
    u32 count;
};

static i64 walk_source(const struct walk *walk, u32 column)
{
    const struct join *j = walk->j;
    for (u32 c = 0; c < j->column_count; c++)
        if (j->classes[c] == j->classes[column] && walk->bound[j->input_of[c]] &&
            j->places[c] != LOGICAL_NO_COLUMN)
            return c;
    return -1;
}

static struct key walk_key(const struct walk *walk, u32 input)
{
    const struct join *j = walk->j;
    const struct join_input *into = &j->inputs[input];
    u32 width = into->stream.node->schema->column_count;
    u32 *of_place = arena_array(j->l->arena, u32, width);
    for (u32 p = 0; p < width; p++)
        of_place[p] = LOGICAL_NO_COLUMN;
    for (u32 c = into->node->schema->column_count; c > 0; c--) {
        u32 column = into->first + c - 1;
        if (j->places[column] != LOGICAL_NO_COLUMN)
            of_place[j->places[column] - into->offset] = column;
    }
    struct key key = { arena_array(j->l->arena, u32, width), arena_array(j->l->arena, u32, width),
                       0 };
    for (u32 p = 0; p < width; p++) {
        if (of_place[p] == LOGICAL_NO_COLUMN) continue;
        i64 source = walk_source(walk, of_place[p]);
        if (source < 0) continue;
        key.columns[key.count] = of_place[p];
        key.sources[key.count++] = (u32)source;
    }
    return key;
}

static double key_fan_out(const struct walk *walk, u32 input, const struct key *key,
                          bool *is_measured)
{
    const struct join_input *into = &walk->j->inputs[input];
    u32 *columns = arena_array(walk->j->l->arena, u32, key->count);
    for (u32 k = 0; k < key->count; k++)
        columns[k] = key->columns[k] - into->first;
    return estimate_fan_out(walk->j->l, into->node, columns, key->count, is_measured);
}

static struct delta *key_arrange(const struct walk *walk, u32 input, const struct key *key)
{
    const struct join_input *into = &walk->j->inputs[input];
    u32 *columns = arena_array(walk->j->l->arena, u32, key->count);
    for (u32 k = 0; k < key->count; k++)
        columns[k] = walk->j->places[key->columns[k]] - into->offset;
    return delta_arrange(walk->j->l, into->stream.node, columns, key->count, false);
}

/* A product is taken only when nothing else is left, however few its rows seem. */
#define CROSS_PENALTY 1e12

/* The input to bind next: the fewest rows per key, then the first. */
static u32 walk_choose(const struct walk *walk, struct key *key, double *fan_out, bool *is_measured)
{
    const struct join *j = walk->j;
    u32 best = LOGICAL_NO_COLUMN;
    double best_cost = 0;
    for (u32 i = 0; i < j->input_count; i++) {
        if (walk->bound[i]) continue;
        bool measured;
        struct key candidate = walk_key(walk, i);
        double rows = key_fan_out(walk, i, &candidate, &measured);
        double cost = candidate.count || j->inputs[i].node->is_single ? rows : rows + CROSS_PENALTY;
        if (best != LOGICAL_NO_COLUMN && cost >= best_cost) continue;
        best = i;
        best_cost = cost;
        *key = candidate;
        *fan_out = rows;
        *is_measured = measured;
    }
    return best;
}

/* Are all inputs that the condition reads bound? */
static bool walk_reads_bound(const struct walk *walk, const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return walk->bound[walk->j->input_of[expr->column]];
    for (u32 i = 0; i < expr->arg_count; i++)
        if (!walk_reads_bound(walk, expr->args[i])) return false;
    return true;
}

/* What can be checked now and does not follow from the keys. */
static struct expr *walk_residual(struct walk *walk)
{
    struct join *j = walk->j;
    struct expr **items = NULL;
    u32 count = 0;
    for (u32 i = 0; i < j->node->conditions.count; i++) {
        struct expr *item = j->node->conditions.items[i];
        if (walk->is_applied[i] || !walk_reads_bound(walk, item)) continue;
        walk->is_applied[i] = true;
        u32 left, right;
        if (join_equality(j, item, &left, &right)) {
            if (walk->known[left] == walk->known[right]) continue;
            class_join(walk->known, j->column_count, left, right);
        }
        grow_push(j->l->arena, items, count, join_expr(j, item));
    }
    return columns_and(j->l->arena, items, count);
}

static void walk_step(struct walk *walk, struct delta_step *step)
{
    struct join *j = walk->j;
    struct key key = { 0 };
    double fan_out = 0;
    bool is_measured = false;
    u32 input = walk_choose(walk, &key, &fan_out, &is_measured);
    *step = (struct delta_step){ .input = input,
                                 .arrange = key_arrange(walk, input, &key),
                                 .key_count = key.count,
                                 .fan_out = fan_out,
                                 .is_measured = is_measured };
    step->key_inputs = arena_array(j->l->arena, u32, key.count);
    step->key_columns = arena_array(j->l->arena, u32, key.count);
    for (u32 k = 0; k < key.count; k++) {
        u32 source = j->input_of[key.sources[k]];
        step->key_inputs[k] = source;
        step->key_columns[k] = j->places[key.sources[k]] - j->inputs[source].offset;
        class_join(walk->known, j->column_count, key.columns[k], key.sources[k]);
    }
    walk->bound[input] = true;
    step->residual = walk_residual(walk);
    if (!j->inputs[input].arrange) j->inputs[input].arrange = step->arrange;
    for (u32 i = 0; i < j->arrange_count; i++)
        if (j->arranges[i] == step->arrange) return;
    grow_push(j->l->arena, j->arranges, j->arrange_count, step->arrange);
}

static void join_path(struct join *j, u32 driver, struct delta_path *path)
{
    struct arena *arena = j->l->arena;
    struct walk walk = { .j = j,
                         .bound = arena_array(arena, bool, j->input_count),
                         .known = arena_array(arena, u32, j->column_count),
                         .is_applied = arena_array(arena, bool, j->node->conditions.count) };
    for (u32 c = 0; c < j->column_count; c++)
        walk.known[c] = c;
    walk.bound[driver] = true;
    path->residual = walk_residual(&walk);
    path->step_count = j->input_count - 1;
    path->steps = arena_array(arena, struct delta_step, path->step_count);
    for (u32 s = 0; s < path->step_count; s++)
        walk_step(&walk, &path->steps[s]);
}

/* ---- The node ---- */

static void name_path(struct buf *name, const struct delta_path *path)
{
    buf_puts(name, " path");
    if (path->residual) {
        buf_puts(name, " on ");
        delta_name_expr(name, path->residual);
    }
    for (u32 s = 0; s < path->step_count; s++) {
        const struct delta_step *step = &path->steps[s];
        buf_format(name, " %u by #%016llx%016llx", step->input,
                   (unsigned long long)step->arrange->digest[0],
                   (unsigned long long)step->arrange->digest[1]);
        for (u32 k = 0; k < step->key_count; k++)
            buf_format(name, " %u.%u", step->key_inputs[k], step->key_columns[k]);
        if (!step->residual) continue;
        buf_puts(name, " on ");
        delta_name_expr(name, step->residual);
    }
}

/* The inputs' arrangements, and behind them those that only paths use. */
static struct delta *join_node(struct join *j, u32 output_count)
{
    struct delta **all = NULL;
    u32 count = 0;
    for (u32 i = 0; i < j->input_count; i++)
        grow_push(j->l->arena, all, count, j->inputs[i].arrange);
    for (u32 a = 0; a < j->arrange_count; a++) {
        bool is_there = false;
        for (u32 i = 0; i < j->input_count; i++)
            is_there |= all[i] == j->arranges[a];
        if (!is_there) grow_push(j->l->arena, all, count, j->arranges[a]);
    }
    struct delta *node = delta_new(j->l, DELTA_JOIN, all, count, output_count);
    node->join.count = j->input_count;
    node->is_append_only = true;
    for (u32 i = 0; i < j->input_count; i++)
        if (!j->inputs[i].stream.node->is_append_only) node->is_append_only = false;
    return node;
}

static struct stream join_output(struct join *j, const bool *needed, struct delta_path *paths)
{
    struct stream stream = { NULL, arena_array(j->l->arena, u32, j->column_count) };
    u32 *inputs = arena_array(j->l->arena, u32, j->column_count), count = 0;
    u32 *columns = arena_array(j->l->arena, u32, j->column_count);
    struct schema_column *schema =
        arena_array(j->l->arena, struct schema_column, j->column_count + 1);
    for (u32 c = 0; c < j->column_count; c++) {
        stream.map[c] = LOGICAL_NO_COLUMN;
        if (!needed[c]) continue;
        u32 input = j->input_of[c];
        inputs[count] = input;
        columns[count] = j->places[c] - j->inputs[input].offset;
        schema[count] = j->inputs[input].stream.node->schema->columns[columns[count]];
        stream.map[c] = count++;
    }
    if (count == 0) { /* a row has at least one column */
        inputs[0] = columns[0] = 0;
        schema[count++] = j->inputs[0].stream.node->schema->columns[0];
    }
    struct delta *node = join_node(j, count);
    memcpy(node->schema->columns, schema, count * sizeof *schema);
    node->join.paths = paths;
    node->join.output_inputs = inputs;
    node->join.output_columns = columns;
    struct buf name;
    buf_init(&name, j->l->arena->mem);
    buf_puts(&name, "join");
    for (u32 i = 0; i < node->input_count; i++)
        buf_format(&name, " #%016llx%016llx", (unsigned long long)node->inputs[i]->digest[0],
                   (unsigned long long)node->inputs[i]->digest[1]);
    for (u32 i = 0; i < j->input_count; i++)
        name_path(&name, &paths[i]);
    for (u32 c = 0; c < count; c++)
        buf_format(&name, "%s%u.%u", c ? " " : " to ", inputs[c], columns[c]);
    stream.node = delta_intern(j->l, node, &name);
    buf_deinit(&name);
    return stream;
}

/* needed of the join that was extended, and back. */
static bool *needed_extended(struct lower *l, const struct logical *old, const struct logical *join,
                             const u32 *map, const bool *needed)
{
    bool *all = lower_needed(l, join->schema->column_count);
    for (u32 c = 0; c < old->schema->column_count; c++)
        all[map[c]] = needed[c];
    return all;
}

static struct stream stream_back(struct lower *l, const struct logical *old, const u32 *map,
                                 struct stream stream)
{
    struct stream back = { stream.node, arena_array(l->arena, u32, old->schema->column_count) };
    for (u32 c = 0; c < old->schema->column_count; c++)
        back.map[c] = stream.map[map[c]];
    return back;
}

struct stream lower_join(struct lower *l, const struct logical *node, const bool *needed)
{
    struct stream failed = { 0 };
    u32 *map;
    const struct logical *join = delta_extend_keys(l, node, &map);
    needed = needed_extended(l, node, join, map, needed);
    struct join j = { .l = l,
                      .node = join,
                      .input_count = join->input_count,
                      .column_count = join->schema->column_count };
    assert(j.input_count >= 2 && j.input_count <= JOIN_INPUT_COUNT_MAX);
    if (join_inputs(&j, needed)) return failed;
    join_classes(&j);
    struct delta_path *paths = arena_array(l->arena, struct delta_path, j.input_count);
    for (u32 i = 0; i < j.input_count; i++)
        join_path(&j, i, &paths[i]);
    return stream_back(l, node, map, join_output(&j, needed, paths));
}

/* ---- The outer join ---- */

/* Keys of both sides, in the order of the right one's columns; what does not fit is residual. */
static u32 outer_keys(struct join *j, u32 *left, u32 *right, struct expr **residual)
{
    struct lower *l = j->l;
    struct expr **items = NULL;
    u32 count = 0, item_count = 0;
    for (u32 i = 0; i < j->node->conditions.count; i++) {
        struct expr *item = j->node->conditions.items[i];
        u32 a, b;
        bool is_key = join_equality(j, item, &a, &b);
        if (is_key && j->input_of[a] == 1) {
            u32 swap = a;
            a = b;
            b = swap;
        }
        u32 left_place = is_key ? j->places[a] : 0;
        u32 right_place = is_key ? j->places[b] - j->inputs[1].offset : 0;
        for (u32 k = 0; k < count; k++)
            if (left[k] == left_place || right[k] == right_place) is_key = false;
        if (!is_key) {
            grow_push(l->arena, items, item_count, join_expr(j, item));
            continue;
        }
        u32 at = count++;
        for (; at > 0 && right[at - 1] > right_place; at--) {
            left[at] = left[at - 1];
            right[at] = right[at - 1];
        }
        left[at] = left_place;
        right[at] = right_place;
    }
    *residual = columns_and(l->arena, items, item_count);
    return count;
}

struct stream lower_join_left(struct lower *l, const struct logical *node, const bool *needed)
{
    struct stream failed = { 0 };
    u32 *map;
    const struct logical *join = delta_extend_keys(l, node, &map);
    needed = needed_extended(l, node, join, map, needed);
    struct join j = {
        .l = l, .node = join, .input_count = 2, .column_count = join->schema->column_count
    };
    if (join_inputs(&j, needed)) return failed;
    u32 *left = arena_array(l->arena, u32, join->conditions.count);
    u32 *right = arena_array(l->arena, u32, join->conditions.count);
    struct expr *residual;
    u32 count = outer_keys(&j, left, right, &residual);
    struct delta *sides[2] = { delta_arrange(l, j.inputs[0].stream.node, left, count, false),
                               delta_arrange(l, j.inputs[1].stream.node, right, count, false) };
    struct stream stream = { delta_join_left(l, sides[0], sides[1], residual), j.places };
    return stream_back(l, node, map, stream);
}
