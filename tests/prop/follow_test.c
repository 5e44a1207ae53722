/* Subscriptions to anything that can be asked for, against a model: whatever a subscriber was told of, at every tick,
 * is what its request gives over the rows of that tick. Filters are random; readers are fast, slow, stalled, or leave
 * and come back; a fifth of the rows changes with each tick, also while views are filled. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "engine/engine_internal.h"
#include "engine/hidden.h"
#include "tests/test.h"
#include "tests/unit/engine/following.h"
#include "tests/unit/view/replica.h"

#define ID_COUNT_MAX 12000
#define CONFIG_COUNT 16
#define READER_COUNT 40
#define TICK_MAX     600
#define NODE_MAX     12

static const char *const names[] = { "a", "ab", "Ba", "b c", "", "cab" };

struct row {
    bool live;
    i64 id;
    i64 grp, price; /* -1: NULL */
    i32 name;
};

/* --- conditions: as text, and what they mean --- */

enum truth { NO, YES, UNKNOWN };
enum field { GRP, PRICE, NAME };
enum compare {
    LESS,
    LESS_OR_SAME,
    SAME,
    OTHER,
    MORE,
    MORE_OR_SAME,
    DISTINCT,
    IN,
    NONE,
    BEGINS,
    HAS
};
static const char *const test_ops[] = { "lt",         "lte", "eq", "neq",  "gt",   "gte",
                                        "isdistinct", "in",  "is", "like", "ilike" };

struct node {
    bool negated;
    bool is_group, is_all; /* AND or OR of those from first on */
    u32 first, count;
    enum field field;
    enum compare test;
    i64 values[3];
};

struct condition_model {
    struct node nodes[NODE_MAX];
    u32 count;
};

static enum field random_field(struct rand *rand, bool has_name, bool has_price)
{
    if (has_name && rand_chance(rand, 1, 3)) return NAME;
    return has_price && rand_chance(rand, 1, 2) ? PRICE : GRP;
}

static void random_leaf(struct rand *rand, struct node *node, bool has_name, bool has_price)
{
    node->field = random_field(rand, has_name, has_price);
    node->test = (enum compare)rand_below(rand, node->field == NAME ? HAS + 1 : NONE + 1);
    for (u32 index = 0; index < countof(node->values); index++)
        node->values[index] = (i64)rand_below(rand, node->field == NAME    ? countof(names)
                                                    : node->field == PRICE ? 1000
                                                                           : 6);
}

/* One node, or a group over some that are made after it. */
static void random_node(struct rand *rand, struct condition_model *model, u32 at, u32 depth,
                        bool has_name, bool has_price)
{
    struct node *node = &model->nodes[at];
    *node = (struct node){ .negated = rand_chance(rand, 1, 5) };
    u32 count = 2 + (u32)rand_below(rand, 2);
    if (depth == 0 || model->count + count > NODE_MAX || rand_chance(rand, 1, 2)) {
        random_leaf(rand, node, has_name, has_price);
        return;
    }
    node->is_group = true;
    node->is_all = rand_chance(rand, 1, 2);
    node->first = model->count;
    node->count = count;
    model->count += count;
    for (u32 index = 0; index < count; index++)
        random_node(rand, model, node->first + index, depth - 1, has_name, has_price);
}

static i64 field_of(const struct row *row, enum field field)
{
    return field == GRP ? row->grp : field == PRICE ? row->price : row->name;
}

static int compare_values(enum field field, i64 a, i64 b)
{
    if (field == NAME) return strcmp(names[a], names[b]);
    return a < b ? -1 : a > b;
}

static enum truth leaf_truth(const struct node *node, const struct row *row)
{
    i64 value = field_of(row, node->field);
    if (node->test == NONE) return value < 0 ? YES : NO;
    if (value < 0) return node->test == DISTINCT ? YES : UNKNOWN;
    int order = compare_values(node->field, value, node->values[0]);
    switch (node->test) {
    case LESS: return order < 0 ? YES : NO;
    case LESS_OR_SAME: return order <= 0 ? YES : NO;
    case SAME: return order == 0 ? YES : NO;
    case DISTINCT:
    case OTHER: return order != 0 ? YES : NO;
    case MORE: return order > 0 ? YES : NO;
    case MORE_OR_SAME: return order >= 0 ? YES : NO;
    case IN:
        for (u32 index = 0; index < countof(node->values); index++)
            if (compare_values(node->field, value, node->values[index]) == 0) return YES;
        return NO;
    case BEGINS: return names[value][0] == 'a' ? YES : NO;
    case HAS: return strcasestr(names[value], "B") ? YES : NO;
    case NONE: break;
    }
    fail();
    return NO;
}

/* Of a group: one part that decides is enough, then one that is unknown. */
static enum truth group_truth(const struct condition_model *model, const struct node *node,
                              const struct row *row);

static enum truth truth_of(const struct condition_model *model, u32 at, const struct row *row)
{
    const struct node *node = &model->nodes[at];
    enum truth result = node->is_group ? group_truth(model, node, row) : leaf_truth(node, row);
    if (!node->negated || result == UNKNOWN) return result;
    return result == YES ? NO : YES;
}

static enum truth group_truth(const struct condition_model *model, const struct node *node,
                              const struct row *row)
{
    enum truth decides = node->is_all ? NO : YES, result = node->is_all ? YES : NO;
    for (u32 index = 0; index < node->count; index++) {
        enum truth part = truth_of(model, node->first + index, row);
        if (part == decides) return decides;
        if (part == UNKNOWN) result = UNKNOWN;
    }
    return result;
}

static void write_value(const struct node *node, u32 index, struct buf *out)
{
    if (node->field == NAME)
        buf_format(out, "\"%s\"", names[node->values[index]]);
    else
        buf_format(out, "%lld", (long long)node->values[index]);
}

static void write_leaf(const struct node *node, struct buf *out)
{
    static const char *const fields[] = { "grp", "price", "name" };
    buf_format(out, "%s.%s%s.", fields[node->field], node->negated ? "not." : "",
               test_ops[node->test]);
    if (node->test == NONE) {
        buf_puts(out, "null");
    } else if (node->test == BEGINS) {
        buf_puts(out, "a*");
    } else if (node->test == HAS) {
        buf_puts(out, "*B*");
    } else if (node->test == IN) {
        for (u32 index = 0; index < countof(node->values); index++) {
            buf_putc(out, index == 0 ? '(' : ',');
            write_value(node, index, out);
        }
        buf_putc(out, ')');
    } else {
        write_value(node, 0, out);
    }
}

static void write_node(const struct condition_model *model, u32 at, bool is_top, struct buf *out)
{
    const struct node *node = &model->nodes[at];
    if (!node->is_group) {
        if (is_top) buf_puts(out, "and=(");
        write_leaf(node, out);
        if (is_top) buf_putc(out, ')');
        return;
    }
    buf_format(out, "%s%s%s(", node->negated ? "not." : "", node->is_all ? "and" : "or",
               is_top ? "=" : "");
    for (u32 index = 0; index < node->count; index++) {
        if (index > 0) buf_putc(out, ',');
        write_node(model, node->first + index, false, out);
    }
    buf_putc(out, ')');
}

/* --- requests --- */

enum kind { ROWS, CAST, BAG, GROUPS, PLAIN, FIRST, KIND_COUNT };

struct config {
    enum kind kind;
    struct condition_model condition;
    u32 limit, offset; /* FIRST */
    char url[1024];
    u64 sums[TICK_MAX];
};

static void random_config(struct rand *rand, struct config *config, struct mem *mem)
{
    static const char *const relations[] = { "t?", "t?select=id,p:price::text&",
                                             "b?", "b?select=grp&",
                                             "v?", "t?" };
    *config = (struct config){ .kind = (enum kind)rand_below(rand, KIND_COUNT) };
    bool has_name = config->kind != PLAIN;
    bool has_price = config->kind != BAG && config->kind != GROUPS;
    config->condition.count = 1;
    random_node(rand, &config->condition, 0, 2, has_name, has_price);
    struct buf url;
    buf_init(&url, mem);
    buf_puts(&url, relations[config->kind]);
    write_node(&config->condition, 0, true, &url);
    config->limit = 1 + (u32)rand_below(rand, 20);
    config->offset = (u32)rand_below(rand, 4);
    if (config->kind == FIRST)
        buf_format(&url, "&order=price.desc.nullslast,id&limit=%u&offset=%u", config->limit,
                   config->offset);
    assert_true(url.size < sizeof config->url);
    for (size_t at = 0; at < url.size; at++) /* as a URL has it */
        config->url[at] = url.data[at] == ' ' ? '+' : url.data[at];
    buf_deinit(&url);
}

static void write_member(struct buf *out, const char *name, i64 value, bool is_text)
{
    buf_format(out, "%c\"%s\":", out->size == 0 ? '{' : ',', name);
    if (value < 0)
        buf_puts(out, "null");
    else
        buf_format(out, is_text ? "\"%lld\"" : "%lld", (long long)value);
}

static void write_name(struct buf *out, i32 name)
{
    buf_format(out, ",\"name\":%s%s%s", name < 0 ? "null" : "\"", name < 0 ? "" : names[name],
               name < 0 ? "" : "\"");
}

/* As the frames have it; of a bag without the number of copies. */
static u64 row_hash(enum kind kind, const struct row *row, struct buf *text)
{
    buf_clear(text);
    if (kind != BAG && kind != GROUPS) write_member(text, "id", row->id, false);
    if (kind != CAST) write_member(text, "grp", row->grp, false);
    if (kind == ROWS || kind == FIRST || kind == BAG) write_name(text, row->name);
    if (kind == ROWS || kind == FIRST || kind == PLAIN)
        write_member(text, "price", row->price, false);
    if (kind == CAST) write_member(text, "p", row->price, true);
    buf_putc(text, kind == BAG || kind == GROUPS ? ',' : '}');
    return replica_row_hash(buf_slice(text), 1);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *const *a = left, *const *b = right;
    if ((*a)->price != (*b)->price) return (*a)->price > (*b)->price ? -1 : 1; /* NULL is -1 */
    return (*a)->id < (*b)->id ? -1 : 1;
}

static u64 sum_of(const struct config *config, const struct row *rows, u32 id_count,
                  struct mem *mem)
{
    static const struct row *matching[ID_COUNT_MAX];
    u32 count = 0, first = 0;
    for (u32 id = 0; id < id_count; id++) {
        const struct row *row = &rows[id];
        if (!row->live || truth_of(&config->condition, 0, row) != YES) continue;
        if (config->kind == PLAIN && (row->price < 0 || row->price >= 700)) continue;
        matching[count++] = row;
    }
    if (config->kind == FIRST) {
        qsort(matching, count, sizeof *matching, compare_rows);
        first = MIN(config->offset, count);
        count = MIN(count, first + config->limit);
    }
    struct buf text;
    buf_init(&text, mem);
    u64 sum = 0;
    for (u32 index = first; index < count; index++)
        sum += row_hash(config->kind, matching[index], &text);
    buf_deinit(&text);
    return sum;
}

/* --- readers --- */

enum habit { FAST, SLOW, STALLED, CHURNING };

struct reader {
    struct following following;
    struct replica replica;
    enum habit habit;
    struct config *config;
    bool is_open;
    u64 wholes;
};

struct world {
    struct fixture f;
    struct rand rand;
    u32 id_count;
    struct row rows[ID_COUNT_MAX];
    struct config configs[CONFIG_COUNT];
    struct reader readers[READER_COUNT];
};

static void reader_open(struct world *world, struct reader *reader)
{
    bool resumes = reader->replica.has_begun && !reader->replica.is_staged;
    if (!resumes) {
        replica_deinit(&reader->replica);
        bool is_bag = reader->config->kind == BAG || reader->config->kind == GROUPS;
        replica_init(&reader->replica, &world->f.mem, is_bag);
    }
    following_open(&reader->following, &world->f, reader->config->url,
                   resumes ? reader->replica.tick : 0);
    reader->is_open = true;
    /* Perhaps its view is filled in part, and goes on between the next ticks. */
    for (u64 steps = rand_below(&world->rand, 4); steps > 0; steps--)
        if (world->f.engine->phase == PHASE_IDLE) hidden_step(world->f.engine, 8);
}

static bool reader_pull(struct world *world, struct reader *reader)
{
    struct frame *frame = subscribe_pull(reader->following.subscriber);
    if (!frame) return false;
    const struct subscribe_frame shown = subscribe_frame(frame);
    replica_apply(&reader->replica, shown.bytes, shown.is_init, shown.more);
    subscribe_release(frame);
    if (shown.more) return true;
    reader->wholes++;
    assert_true(reader->replica.tick <= engine_tick(world->f.engine));
    if (reader->replica.sum != reader->config->sums[reader->replica.tick])
        fail_msg("%s is wrong at tick %llu", reader->config->url,
                 (unsigned long long)reader->replica.tick);
    return true;
}

static void reader_step(struct world *world, struct reader *reader)
{
    struct rand *rand = &world->rand;
    if (!reader->is_open) {
        if (rand_chance(rand, 1, 3)) reader_open(world, reader);
        return;
    }
    assert_false(subscribe_ended(reader->following.subscriber));
    if (reader->habit == CHURNING && rand_chance(rand, 1, 5)) {
        following_close(&reader->following);
        reader->is_open = false;
        return;
    }
    if (reader->habit == STALLED && !rand_chance(rand, 1, 40)) return;
    if (reader->habit == SLOW && !rand_chance(rand, 1, 6)) return;
    while (reader_pull(world, reader))
        ;
}

/* --- ticks --- */

static void random_row(struct rand *rand, struct row *row)
{
    row->grp = rand_chance(rand, 1, 8) ? -1 : (i64)rand_below(rand, 6);
    row->price = rand_chance(rand, 1, 8) ? -1 : (i64)rand_below(rand, 1000);
    row->name = rand_chance(rand, 1, 8) ? -1 : (i32)rand_below(rand, countof(names));
    row->live = true;
}

static void write_rows(struct world *world, u32 share)
{
    struct buf text, row_text;
    buf_init(&text, &world->f.mem);
    buf_init(&row_text, &world->f.mem);
    for (u32 id = 0; id < world->id_count; id++) {
        struct row *row = &world->rows[id];
        if (rand_below(&world->rand, 100) >= share) continue;
        random_row(&world->rand, row);
        row_hash(ROWS, row, &row_text);
        buf_append(&text, row_text.data, row_text.size);
        buf_putc(&text, '\n');
    }
    buf_putc(&text, '\0');
    const char *answer = fixture_push(&world->f, "t", text.data, INGEST_INSERT_OR_MERGE);
    assert_null(strstr(answer, "ERROR"));
    buf_deinit(&text);
    buf_deinit(&row_text);
}

static void delete_rows(struct world *world, u32 share)
{
    u32 of = 100 / share, which = (u32)rand_below(&world->rand, of);
    char text[64];
    snprintf(text, sizeof text, "DELETE FROM t WHERE id %% %u = %u", of, which);
    assert_null(strstr(fixture_run(&world->f, text), "ERROR"));
    for (u32 id = which; id < world->id_count; id += of)
        world->rows[id].live = false;
}

/* A fifth of the rows is written, or goes; now and then all. */
static void change(struct world *world)
{
    u32 share = rand_chance(&world->rand, 1, 50) ? 100 : 20;
    if (rand_chance(&world->rand, 1, 3))
        delete_rows(world, share);
    else
        write_rows(world, share);
    u64 tick = engine_tick(world->f.engine);
    for (u32 index = 0; index < CONFIG_COUNT; index++)
        world->configs[index].sums[tick] =
            sum_of(&world->configs[index], world->rows, world->id_count, &world->f.mem);
}

static void sweep(struct world *world, u64 window)
{
    u64 tick = engine_tick(world->f.engine);
    if (rand_chance(&world->rand, 1, 10))
        hidden_sweep(world->f.engine, tick > window ? tick - window : 0);
}

static void world_open(struct world *world, u64 seed, u32 id_count)
{
    world->id_count = id_count;
    world->rand.state = seed;
    fixture_open(&world->f);
    fixture_run(&world->f,
                "CREATE TABLE t (id bigint PRIMARY KEY, grp integer, name text, price bigint)");
    fixture_run(&world->f, "CREATE MATERIALIZED VIEW b AS SELECT grp, name FROM t");
    fixture_run(&world->f, "CREATE VIEW v AS SELECT id, grp, price FROM t WHERE price < 700");
    /* Either views stay, or each goes with the first sweep that finds it alone. */
    world->f.engine->options.resume_window_us = rand_chance(&world->rand, 1, 2) ? 1 : 1ll << 50;
    for (u32 id = 0; id < id_count; id++)
        world->rows[id] = (struct row){ .id = id };
    for (u32 index = 0; index < CONFIG_COUNT; index++)
        random_config(&world->rand, &world->configs[index], &world->f.mem);
    for (u32 index = 0; index < READER_COUNT; index++) {
        struct reader *reader = &world->readers[index];
        *reader = (struct reader){ .habit = (enum habit)(index % 4) };
        reader->config = &world->configs[rand_below(&world->rand, CONFIG_COUNT)];
    }
}

static void finish(struct world *world)
{
    for (u32 index = 0; index < READER_COUNT; index++) {
        struct reader *reader = &world->readers[index];
        if (!reader->is_open) reader_open(world, reader);
        fixture_settle(&world->f);
        while (reader_pull(world, reader))
            ;
        u64 tick = engine_tick(world->f.engine);
        assert_int_equal(reader->replica.sum, reader->config->sums[tick]);
        following_close(&reader->following);
        replica_deinit(&reader->replica);
    }
    fixture_close(&world->f);
}

static void run(u64 seed, u32 id_count, u32 tick_count)
{
    struct world *world = calloc(1, sizeof *world);
    world_open(world, seed, id_count);
    u64 window = rand_below(&world->rand, 60), wholes[4] = { 0 };
    while (engine_tick(world->f.engine) < tick_count) {
        change(world);
        for (u32 index = 0; index < READER_COUNT; index++)
            reader_step(world, &world->readers[index]);
        sweep(world, window);
    }
    finish(world);
    for (u32 index = 0; index < READER_COUNT; index++)
        wholes[world->readers[index].habit] += world->readers[index].wholes;
    print_message("seed %llu: wholes %llu fast, %llu slow, %llu stalled, %llu churning\n",
                  (unsigned long long)seed, (unsigned long long)wholes[FAST],
                  (unsigned long long)wholes[SLOW], (unsigned long long)wholes[STALLED],
                  (unsigned long long)wholes[CHURNING]);
    assert_true(wholes[FAST] > tick_count && wholes[CHURNING] > tick_count / 4);
    free(world);
}

TEST(subscribers_of_random_requests_hold_what_they_give)
{
    u64 seed = test_seed(5001);
    for (u32 round = 0; round < test_rounds(10); round++)
        run(seed + round, 300, 200);
}

/* More rows than a view takes in between two ticks. */
TEST(subscribers_hold_what_they_asked_for_when_ticks_came_while_it_was_filled)
{
    u64 seed = test_seed(6001);
    for (u32 round = 0; round < test_rounds(3); round++)
        run(seed + round, ID_COUNT_MAX, 30);
}
