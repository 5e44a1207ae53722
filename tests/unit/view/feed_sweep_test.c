#include "view/feed_sweep.h"

#include "tests/test.h"
#include "tests/unit/view/world.h"

static struct feed *feed_of(const struct world *world)
{
    return world->views[0]->feeds[0].feed;
}

static void put(struct world *world, u32 id)
{
    world_begin(world);
    world_put(world, id);
    world_end(world);
}

static void delete (struct world *world, u32 id)
{
    world_begin(world);
    world_delete(world, id);
    world_end(world);
}

static const struct world_options small = { .seed = 1, .id_count = 50, .tick_count_max = 200 };

TEST(sweep_drops_what_everyone_knows)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    put(&world, 2);
    struct world_reader *slow = world_reader_open(&world, 0, WORLD_SLOW);
    struct world_reader *fast = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, slow);
    world_reader_drain(&world, fast);
    put(&world, 1);
    delete (&world, 2);
    world_reader_drain(&world, fast);
    feed_sweep(feed_of(&world), world.tick, world.tick);
    assert_int_equal(feed_entry_count(feed_of(&world)), 2); /* the slow one lacks both */
    world_reader_drain(&world, slow);
    feed_sweep(feed_of(&world), world.tick, world.tick);
    assert_int_equal(feed_entry_count(feed_of(&world)), 0);
    world_close(&world);
}

TEST(sweep_keeps_the_resume_window)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    put(&world, 2);
    struct world_reader *fast = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, fast);
    delete (&world, 1);
    delete (&world, 2);
    world_reader_drain(&world, fast);
    feed_sweep(feed_of(&world), world.tick - 1, world.tick);
    assert_int_equal(feed_tombstone_count(feed_of(&world)), 1);
    world_close(&world);
}

/* Keys that come and go between two cursors are not remembered, however many they are. */
TEST(sweep_drops_keys_that_no_reader_ever_heard_of)
{
    struct world world;
    const struct world_options options = { .seed = 1, .id_count = 900, .tick_count_max = 2000 };
    world_open(&world, &options);
    world_begin(&world);
    for (u32 id = 400; id < 900; id++)
        world_put(&world, id);
    world_end(&world);
    struct world_reader *stalled = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_drain(&world, stalled);
    for (u32 id = 0; id < 400; id++) {
        put(&world, id);
        delete (&world, id);
        world.resume_tick = world.tick;
    }
    assert_true(feed_tombstone_count(feed_of(&world)) <= FEED_TOMBSTONE_COUNT_MIN + 1);
    u64 frames = stalled->subscription.frames_sent;
    world_reader_drain(&world, stalled);
    assert_true(stalled->subscription.frames_sent <= frames + 1);
    assert_int_equal(stalled->subscription.resets, 0);
    world_close(&world);
}

TEST(sweep_tells_the_most_lagging_quarter_to_begin_again)
{
    struct world world;
    const struct world_options options = { .seed = 1, .id_count = 4000, .tick_count_max = 2000 };
    world_open(&world, &options);
    world_begin(&world);
    for (u32 id = 0; id < 4000; id++)
        world_put(&world, id);
    world_end(&world);
    struct world_reader *readers[8], *elsewhere = world_reader_open(&world, 1, WORLD_FAST);
    world_reader_drain(&world, elsewhere);
    for (u32 index = 0; index < 8; index++) {
        readers[index] = world_reader_open(&world, 0, WORLD_STALLED);
        world_reader_drain(&world, readers[index]);
        world_begin(&world);
        for (u32 id = index * 300; id < index * 300 + 300; id++)
            world_delete(&world, id);
        world_end(&world);
    }
    assert_true(feed_tombstone_count(feed_of(&world)) > 0);
    u64 reset = 0;
    for (u32 index = 0; index < 8; index++) {
        reset += readers[index]->subscription.cursor.must_reset;
        if (index > 0) /* who lags less is not told before who lags more */
            assert_true(!readers[index]->subscription.cursor.must_reset ||
                        readers[index - 1]->subscription.cursor.must_reset);
    }
    assert_in_range(reset, 1, 6);
    for (u32 index = 0; index < 8; index++)
        world_reader_drain(&world, readers[index]);
    world_reader_drain(&world, elsewhere);
    assert_int_equal(elsewhere->subscription.resets, 0);
    world_close(&world);
}

TEST(sweep_forgets_filtered_lists_that_were_left)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *readers[3];
    for (u32 index = 0; index < 3; index++) {
        readers[index] = world_reader_open(&world, 1 + index, WORLD_FAST);
        world_reader_drain(&world, readers[index]);
    }
    u64 used = world.mem.used;
    world_reader_close(&world, readers[0]);
    world_reader_close(&world, readers[1]);
    u64 left = world.tick;
    put(&world, 2);
    view_sweep(world.views[0], left, world.tick);
    u32 count = 0;
    for (struct feed_list *list = NULL; (list = feed_list_next(feed_of(&world), list));)
        count++;
    assert_int_equal(count, 3);
    view_sweep(world.views[0], left + 1, world.tick);
    count = 0;
    for (struct feed_list *list = NULL; (list = feed_list_next(feed_of(&world), list));)
        count++;
    assert_int_equal(count, 1);
    assert_true(world.mem.used < used);
    world_close(&world);
}
