#include "tests/unit/view/world.h"

#include <stdio.h>

#include "tests/test.h"

static const char *const column_names[] = { "id", "grp", "name", "price", "hidden" };

static void make_config(struct world *world, struct view *view, u32 filter_count, i64 group,
                        u32 name, bool selects);

/* --- making it --- */

static struct type column_type(u32 column)
{
    return column == 2 ? TYPE(TEXT) : column == 1 ? TYPE(INT4) : TYPE(INT8);
}

/* Columns first, first + 1, … */
static struct schema *make_schema(struct world *world, u32 first, u32 count, bool is_keyed)
{
    struct schema *schema = arena_new(&world->arena, struct schema);
    schema->columns = arena_array(&world->arena, struct schema_column, count);
    schema->column_count = count;
    for (u32 column = 0; column < count; column++)
        schema->columns[column] = (struct schema_column){ .name = column_names[first + column],
                                                          .type = column_type(first + column) };
    schema->key = arena_array(&world->arena, u32, 1);
    schema->key_count = is_keyed;
    return schema;
}

static void make_views(struct world *world)
{
    struct type types[5];
    u32 first = world->is_bag ? 1 : 0, count = world->is_bag ? 2 : 5;
    for (u32 column = 0; column < count; column++)
        types[column] = column_type(first + column);
    world->rows = rows_open(&world->mem, types, count);
    world->view_count = world->is_bag ? 1 : 2;
    for (u32 view = 0; view < world->view_count; view++) {
        world->schemas[view] = make_schema(world, first, view == 0 ? count : 4, !world->is_bag);
        world->ops[view] = (struct op){ .rows = world->rows,
                                        .is_whole = true,
                                        .is_set = !world->is_bag,
                                        .schema = world->schemas[view] };
        world->views[view] = view_open(&world->mem, world->pools, view ? "narrow" : "wide",
                                       &world->ops[view], world->schemas[view], 42, world->tick);
    }
}

void world_open(struct world *world, const struct world_options *options)
{
    *world = (struct world){ .is_bag = options->is_bag,
                             .id_count = options->id_count,
                             .text_size = options->text_size,
                             .tick = 1,
                             .tick_capacity = options->tick_count_max + 2,
                             .rand = { .state = options->seed } };
    mem_init(&world->mem, "world", NULL, 0);
    arena_init(&world->arena, &world->mem);
    arena_init(&world->tick_arena, &world->mem);
    world->pools = view_pools_open(&world->mem);
    make_views(world);
    world->model = mem_zalloc(&world->mem, world->id_count * sizeof *world->model);
    world->readers = mem_zalloc(&world->mem, WORLD_READER_MAX * sizeof *world->readers);
    for (u32 index = 0; index < world->view_count; index++) {
        struct view *view = world->views[index];
        for (u32 selects = 0; selects < 2; selects++) {
            make_config(world, view, 0, 0, 0, selects);
            for (u32 group = 0; group < 3; group++)
                make_config(world, view, 1, group, 0, selects);
            make_config(world, view, 2, 1, 1, selects);
        }
    }
}

static void make_config(struct world *world, struct view *view, u32 filter_count, i64 group,
                        u32 name, bool selects)
{
    if (world->is_bag && selects) return;
    struct world_config *config = &world->configs[world->config_count++];
    u32 grp = world->is_bag ? 0 : 1;
    *config = (struct world_config){ .view = view,
                                     .filter_count = filter_count,
                                     .filter = { grp, grp + 1 },
                                     .group = group,
                                     .name = name,
                                     .selects = selects };
    static const char *const selected[] = { "cost", "grp", "id" };
    const char *names[5];
    u32 count = selects ? 3 : view->schema->column_count;
    for (u32 column = 0; column < count; column++)
        names[column] = selects ? selected[column] : view->schema->columns[column].name;
    codec_json_names_init(&config->names, &world->mem, names, count);
    config->sums = mem_zalloc(&world->mem, world->tick_capacity * sizeof(u64));
    config->changes = mem_zalloc(&world->mem, world->tick_capacity * sizeof(u64));
}

void world_close(struct world *world)
{
    for (u32 index = 0; index < world->reader_count; index++) {
        world_reader_close(world, &world->readers[index]);
        replica_deinit(&world->readers[index].replica);
    }
    for (u32 view = 0; view < world->view_count; view++)
        if (world->views[view]) view_close(world->views[view]);
    view_pools_close(world->pools);
    rows_close(world->rows);
    for (u32 index = 0; index < world->config_count; index++) {
        struct world_config *config = &world->configs[index];
        codec_json_names_deinit(&config->names);
        mem_free(&world->mem, config->sums, world->tick_capacity * sizeof(u64));
        mem_free(&world->mem, config->changes, world->tick_capacity * sizeof(u64));
    }
    mem_free(&world->mem, world->readers, WORLD_READER_MAX * sizeof *world->readers);
    mem_free(&world->mem, world->model, world->id_count * sizeof *world->model);
    arena_deinit(&world->tick_arena);
    arena_deinit(&world->arena);
    assert_int_equal(world->mem.used, 0);
}

/* --- rows and the model --- */

static struct slice name_text(const struct world *world, u32 name)
{
    char *text = arena_alloc((struct arena *)(uintptr_t)&world->tick_arena, world->text_size + 32);
    int size = snprintf(text, 32, "name \"%u\"", name);
    memset(text + size, 'x', world->text_size);
    return slice_make(text, (size_t)size + world->text_size);
}

static struct column one(struct world *world, struct type type)
{
    return column_make(&world->tick_arena, type, 1);
}

/* The pool's row as a batch of one. */
static struct batch *row_batch(struct world *world, u32 id)
{
    const struct world_row *row = &world->model[id];
    struct batch *batch = arena_new(&world->tick_arena, struct batch);
    struct column columns[5];
    for (u32 column = 0; column < 5; column++)
        columns[column] = one(world, column_type(column));
    ((i64 *)columns[0].data)[0] = id;
    ((i64 *)columns[1].data)[0] = row->grp;
    struct slice name = name_text(world, row->name);
    ((struct str *)columns[2].data)[0] = str_make(name.data, name.size);
    ((i64 *)columns[3].data)[0] = row->price;
    ((i64 *)columns[4].data)[0] = row->hidden;
    u32 first = world->is_bag ? 1 : 0;
    batch->column_count = world->is_bag ? 2 : 5;
    batch->columns =
        arena_copy(&world->tick_arena, columns + first, batch->column_count * sizeof *columns);
    batch->weights = arena_zalloc(&world->tick_arena, sizeof(i32));
    batch->row_count = 1;
    return batch;
}

static bool config_has(const struct world_config *config, const struct world_row *row)
{
    return (config->filter_count < 1 || row->grp == config->group) &&
           (config->filter_count < 2 || row->name == config->name);
}

/* Adds copies of the row to what each config expects at this tick. */
static void count_row(struct world *world, u32 id, i64 copies)
{
    const struct world_row *row = &world->model[id];
    const struct batch *batch = row_batch(world, id);
    struct buf text;
    buf_init(&text, &world->mem);
    for (u32 index = 0; index < world->config_count; index++) {
        struct world_config *config = &world->configs[index];
        if (!config_has(config, row)) continue;
        struct column columns[5];
        memcpy(columns, batch->columns, batch->column_count * sizeof *columns);
        if (config->selects) {
            columns[0] = batch->columns[3];
            columns[1] = batch->columns[1];
            columns[2] = batch->columns[0];
        }
        buf_clear(&text);
        codec_json_row(&text, &config->names, columns, 0);
        if (world->is_bag) text.data[text.size - 1] = ',';
        config->sums[world->tick] += replica_row_hash(buf_slice(&text), 1) * (u64)copies;
    }
    buf_deinit(&text);
}

void world_begin(struct world *world)
{
    world->tick++;
    assert_true(world->tick < world->tick_capacity);
    for (u32 index = 0; index < world->config_count; index++) {
        struct world_config *config = &world->configs[index];
        config->sums[world->tick] = config->sums[world->tick - 1];
    }
}

/* Before the first change of a row in a tick. */
static void touch(struct world *world, u32 id)
{
    struct world_row *row = &world->model[id];
    if (row->touched == world->tick) return;
    if (world->before_count == world->before_capacity) {
        u32 capacity = MAX(world->before_capacity * 2, 64u);
        struct world_before *wider = arena_alloc(&world->tick_arena, capacity * sizeof *wider);
        if (world->before_count > 0)
            memcpy(wider, world->before, world->before_count * sizeof *wider);
        world->before = wider;
        world->before_capacity = capacity;
    }
    world->before[world->before_count++] = (struct world_before){ .id = id, .row = *row };
    row->touched = world->tick;
}

static void remove_row(struct world *world, u32 id)
{
    struct world_row *row = &world->model[id];
    count_row(world, id, -1);
    rows_change(world->rows, row->slot, -1);
    if (--row->copies > 0) return;
    row->live = false;
    world->live_count--;
}

static void add_row(struct world *world, u32 id)
{
    struct world_row *row = &world->model[id];
    count_row(world, id, 1);
    row->slot = rows_add(world->rows, row_batch(world, id), 0, 1);
    row->live = true;
    row->copies = 1;
    world->live_count++;
}

static void put_in_bag(struct world *world, u32 id)
{
    struct world_row *row = &world->model[id];
    row->grp = id % WORLD_GROUP_COUNT;
    row->name = id; /* equal rows share a slot, so each id is another row */
    bool in_slot = row->live || (row->copies == 0 && row->slot != SLOT_NONE && row->hidden == 1);
    if (!in_slot) {
        add_row(world, id);
        row->hidden = 1; /* its slot is its until the tick settles, also at weight 0 */
        return;
    }
    count_row(world, id, 1);
    rows_change(world->rows, row->slot, 1);
    if (!row->live) world->live_count++;
    row->live = true;
    row->copies++;
}

void world_put(struct world *world, u32 id)
{
    if (world->is_bag) {
        touch(world, id);
        put_in_bag(world, id);
        return;
    }
    world_put_in(world, id, (i64)rand_below(&world->rand, WORLD_GROUP_COUNT));
}

void world_put_in(struct world *world, u32 id, i64 group)
{
    struct world_row *row = &world->model[id];
    touch(world, id);
    if (row->live) remove_row(world, id);
    row->grp = group;
    row->name = (u32)rand_below(&world->rand, 3);
    row->price = world->next_price++;
    add_row(world, id);
}

void world_put_hidden(struct world *world, u32 id)
{
    if (!world->model[id].live || world->is_bag) return;
    touch(world, id);
    remove_row(world, id);
    world->model[id].hidden++;
    add_row(world, id);
}

void world_delete(struct world *world, u32 id)
{
    if (!world->model[id].live) return;
    touch(world, id);
    remove_row(world, id);
}

/* Did what the config's list holds of this row change in the tick? */
static bool has_changed(const struct world *world, const struct world_config *config,
                        const struct world_before *before)
{
    const struct world_row *old = &before->row, *new = &world->model[before->id];
    bool had = old->live && config_has(config, old), has = new->live &&config_has(config, new);
    if (had != has) return true;
    if (!has) return false;
    if (world->is_bag) return old->copies != new->copies;
    return old->price != new->price ||
           (config->view == world->views[0] && old->hidden != new->hidden);
}

static void count_changes(struct world *world, struct world_config *config)
{
    bool changed = false;
    for (u32 index = 0; index < world->before_count && !changed; index++)
        changed = has_changed(world, config, &world->before[index]);
    config->changes[world->tick] = config->changes[world->tick - 1] + changed;
}

void world_end(struct world *world)
{
    for (u32 view = 0; view < world->view_count; view++)
        if (world->views[view]) view_publish(world->views[view], world->tick);
    rows_settle(world->rows);
    for (u32 id = 0; world->is_bag && id < world->id_count; id++)
        if (!world->model[id].live) world->model[id].hidden = 0;
    subscription_wake(world->pools, world->resume_tick, world->tick, (i64)world->tick);
    for (u32 index = 0; index < world->config_count; index++)
        count_changes(world, &world->configs[index]);
    world->before = NULL;
    world->before_count = world->before_capacity = 0;
    arena_reset(&world->tick_arena);
}

/* Updates move the key once a tick at most where the bag's copies are concerned; a key may be touched twice. */
void world_tick(struct world *world, const struct world_mix *mix)
{
    world_begin(world);
    for (u32 change = 0; change < mix->change_count; change++) {
        u32 id = (u32)rand_below(&world->rand, world->id_count);
        u64 dice = rand_below(&world->rand, 100);
        bool is_live = world->model[id].live;
        if (dice < mix->delete_percent) {
            for (u32 tries = 0; tries < 50 && !world->model[id].live; tries++)
                id = (u32)rand_below(&world->rand, world->id_count);
            world_delete(world, id);
        } else if (dice < mix->delete_percent + mix->insert_percent) {
            for (u32 tries = 0; tries < 50 && world->model[id].live && !world->is_bag; tries++)
                id = (u32)rand_below(&world->rand, world->id_count);
            if (!world->model[id].live || world->is_bag) world_put(world, id);
        } else if (is_live && rand_below(&world->rand, 100) < mix->hidden_percent) {
            world_put_hidden(world, id);
        } else if (is_live) {
            world_put(world, id);
        }
    }
    world_end(world);
}

/* --- readers --- */

static void on_ready(void *context)
{
    struct world_reader *reader = context;
    assert_false(reader->is_ready); /* once, after a pull that gave nothing */
    reader->is_ready = true;
}

static void open_subscription(struct world *world, struct world_reader *reader, bool resume)
{
    const struct world_config *config = &world->configs[reader->config];
    struct column values[2] = { one(world, TYPE(INT4)), one(world, TYPE(TEXT)) };
    ((i64 *)values[0].data)[0] = config->group;
    struct slice name = name_text(world, config->name);
    ((struct str *)values[1].data)[0] = str_make(name.data, name.size);
    static const u32 selected[] = { 3, 1 }; /* the key comes with them */
    static const char *const names[] = { "cost", "grp" };
    struct err err;
    const struct subscription_options options = { .filter = config->filter,
                                                  .filter_count = config->filter_count,
                                                  .values = values,
                                                  .columns = selected,
                                                  .names = names,
                                                  .column_count = config->selects ? 2 : 0,
                                                  .resume = resume,
                                                  .since = reader->seen_tick,
                                                  .tick = world->tick,
                                                  .on_ready = on_ready,
                                                  .context = reader };
    assert_ok(subscription_open(&reader->subscription, config->view, &options, &err), &err);
    reader->is_open = reader->is_ready = true;
    reader->knows_count = false;
    arena_reset(&world->tick_arena);
}

struct world_reader *world_reader_open(struct world *world, u32 config, enum world_habit habit)
{
    assert_true(world->reader_count < WORLD_READER_MAX);
    struct world_reader *reader = &world->readers[world->reader_count++];
    *reader = (struct world_reader){ .habit = habit, .config = config };
    replica_init(&reader->replica, &world->mem, world->is_bag);
    open_subscription(world, reader, false);
    return reader;
}

/* A client that left in the middle of a state knows what it knew before it. */
void world_reader_resume(struct world *world, struct world_reader *reader)
{
    world_reader_close(world, reader);
    bool knows = reader->replica.has_begun && !reader->replica.is_staged;
    if (!knows) {
        replica_deinit(&reader->replica);
        replica_init(&reader->replica, &world->mem, world->is_bag);
    }
    open_subscription(world, reader, knows);
}

void world_reader_close(struct world *world, struct world_reader *reader)
{
    if (reader->is_open) subscription_close(&reader->subscription, world->tick);
    reader->is_open = false;
}

static void check_whole(struct world *world, struct world_reader *reader)
{
    const struct replica *replica = &reader->replica;
    const struct world_config *config = &world->configs[reader->config];
    assert_true(replica->tick <= world->tick && replica->tick >= reader->seen_tick);
    if (replica->sum != config->sums[replica->tick])
        fail_msg("reader %u (config %u) is wrong at tick %llu", (u32)(reader - world->readers),
                 reader->config, (unsigned long long)replica->tick);
    u64 ticks = config->changes[replica->tick] - config->changes[reader->seen_tick];
    if (!replica->was_init) {
        if (reader->knows_count)
            assert_int_equal(MAX(replica->conflated, 1), ticks);
        else
            assert_in_range(MAX(replica->conflated, 1), 1, ticks);
    }
    reader->knows_count = true;
    reader->seen_tick = replica->tick;
    reader->wholes++;
}

bool world_reader_pull(struct world *world, struct world_reader *reader)
{
    u32 inits = reader->replica.init_count;
    bool staged = reader->replica.is_staged;
    struct frame *frame = subscription_pull(&reader->subscription, world->tick);
    if (!frame) {
        reader->is_ready = false;
        return false;
    }
    bool is_init = frame->kind == FRAME_INIT;
    /* The bytes in a block of their own, so that reading past them is seen. */
    char *copy = mem_alloc(&world->mem, frame->bytes.size);
    memcpy(copy, frame->bytes.data, frame->bytes.size);
    replica_apply(&reader->replica, slice_make(copy, frame->bytes.size), is_init, frame->more);
    assert_true(frame->bytes.size < FRAME_SIZE + KIB(128) + KIB(64) + world->text_size);
    mem_free(&world->mem, copy, frame->bytes.size);
    reader->revoked += staged && reader->replica.init_count > inits;
    if (!frame->more) check_whole(world, reader);
    frame_release(frame);
    return true;
}

void world_reader_drain(struct world *world, struct world_reader *reader)
{
    while (world_reader_pull(world, reader)) {
    }
    const struct world_config *config = &world->configs[reader->config];
    assert_true(reader->replica.sum == config->sums[world->tick]);
    assert_true(config->changes[reader->seen_tick] == config->changes[world->tick]);
}

static void step(struct world *world, struct world_reader *reader)
{
    struct rand *rand = &world->rand;
    switch (reader->habit) {
    case WORLD_FAST:
        if (reader->is_ready) world_reader_drain(world, reader);
        return;
    case WORLD_SLOW:
        if (reader->is_ready && rand_chance(rand, 1, 8)) world_reader_pull(world, reader);
        return;
    case WORLD_STALLED:
        if (reader->subscription.frames_sent < 3) world_reader_pull(world, reader);
        return;
    case WORLD_CHURNING:
        if (reader->is_open && rand_chance(rand, 1, 4)) world_reader_pull(world, reader);
        if (reader->is_open && rand_chance(rand, 1, 16)) world_reader_close(world, reader);
        if (!reader->is_open && rand_chance(rand, 1, 4)) world_reader_resume(world, reader);
        return;
    }
}

void world_readers_step(struct world *world)
{
    for (u32 index = 0; index < world->reader_count; index++)
        step(world, &world->readers[index]);
}
