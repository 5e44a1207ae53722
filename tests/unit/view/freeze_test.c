#include "view/freeze.h"

#include "tests/test.h"
#include "tests/unit/view/world.h"

/* About 1.2 MB in five frames. */
static const struct world_options large = {
    .seed = 5, .id_count = 400, .tick_count_max = 200, .text_size = 3000
};

static void fill(struct world *world)
{
    world_open(world, &large);
    world_begin(world);
    for (u32 id = 0; id < large.id_count; id++)
        world_put(world, id);
    world_end(world);
}

static void change(struct world *world, u32 first, u32 count)
{
    world_begin(world);
    for (u32 id = first; id < first + count; id++)
        world_put(world, id % large.id_count);
    world_end(world);
}

TEST(freeze_gives_the_state_as_it_was_while_ticks_go_on)
{
    struct world world;
    fill(&world);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_SLOW);
    u64 tick = world.tick;
    u32 frames = 0;
    while (reader->wholes == 0) {
        assert_true(world_reader_pull(&world, reader));
        change(&world, frames * 50, 70);
        world_begin(&world);
        world_delete(&world, frames * 7);
        world_end(&world);
        frames++;
    }
    assert_in_range(frames, 5, 6);
    assert_int_equal(reader->seen_tick, tick);
    assert_int_equal(world.views[0]->freeze_count, 0);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.init_count, 1);
    world_close(&world);
}

TEST(freeze_gives_a_large_change_in_frames_too)
{
    struct world world;
    fill(&world);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_drain(&world, reader);
    world_begin(&world);
    for (u32 id = 0; id < 200; id++)
        world_put(&world, id);
    for (u32 id = 200; id < 390; id++)
        world_delete(&world, id);
    world_end(&world);
    u64 wholes = reader->wholes, frames = 0;
    while (reader->wholes == wholes) {
        assert_true(world_reader_pull(&world, reader));
        change(&world, (u32)frames * 30, 60);
        frames++;
    }
    assert_true(frames >= 3);
    assert_int_equal(reader->replica.init_count, 1);
    world_reader_drain(&world, reader);
    world_close(&world);
}

TEST(freeze_is_joined_by_who_comes_while_it_is_read)
{
    struct world world;
    fill(&world);
    struct world_reader *first = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_pull(&world, first);
    change(&world, 0, 10);
    struct world_reader *second = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_pull(&world, second);
    assert_int_equal(world.views[0]->freeze_count, 1);
    assert_ptr_equal(first->subscription.freeze, second->subscription.freeze);
    struct frame *a = subscription_pull(&first->subscription, world.tick);
    struct frame *b = subscription_pull(&second->subscription, world.tick);
    assert_ptr_equal(a, b);
    replica_apply(&first->replica, buf_slice(&a->bytes), true, true);
    replica_apply(&second->replica, buf_slice(&b->bytes), true, true);
    frame_release(a);
    frame_release(b);
    world_reader_drain(&world, first);
    world_reader_drain(&world, second);
    world_close(&world);
}

/* Also when it must say reset to one of them, and not to the other. */
TEST(freeze_serves_who_knew_another_state)
{
    struct world world;
    fill(&world);
    struct world_reader *first = world_reader_open(&world, 0, WORLD_SLOW);
    struct world_reader *second = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_drain(&world, second);
    world_reader_pull(&world, first);
    change(&world, 0, 1);
    second->subscription.cursor.must_reset = true;
    world_reader_pull(&world, second);
    assert_ptr_equal(first->subscription.freeze, second->subscription.freeze);
    assert_false(first->replica.was_reset);
    assert_true(second->replica.was_reset);
    world_reader_drain(&world, first);
    world_reader_drain(&world, second);
    world_close(&world);
}

/* What came after its tick may have been forgotten, when its own readers must begin again. */
TEST(freeze_is_not_joined_when_what_follows_it_is_forgotten)
{
    struct world world;
    fill(&world);
    struct world_reader *first = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_pull(&world, first);
    first->subscription.cursor.must_reset = true;
    world_begin(&world);
    world_delete(&world, 3);
    world_end(&world);
    view_sweep(world.views[0], world.tick, world.tick);
    assert_int_equal(view_tombstone_count(world.views[0]), 0);
    struct world_reader *second = world_reader_open(&world, 0, WORLD_SLOW);
    world_reader_drain(&world, second);
    world_reader_drain(&world, first);
    assert_int_equal(first->subscription.resets, 1);
    world_close(&world);
}

TEST(freezes_are_few_and_the_oldest_is_revoked)
{
    struct world world;
    fill(&world);
    struct world_reader *readers[FREEZE_COUNT_MAX + 1];
    for (u32 index = 0; index <= FREEZE_COUNT_MAX; index++) {
        readers[index] = world_reader_open(&world, 0, WORLD_SLOW);
        world_reader_drain(&world, readers[index]);
        change(&world, 0, 300); /* each stands at a tick of its own */
    }
    for (u32 index = 0; index <= FREEZE_COUNT_MAX; index++) {
        world_reader_pull(&world, readers[index]);
        assert_int_equal(world.views[0]->freeze_count, MIN(index + 1, (u32)FREEZE_COUNT_MAX));
    }
    /* The first begins again, with the whole state; which takes the second's place. */
    world_reader_pull(&world, readers[0]);
    assert_int_equal(readers[0]->revoked, 1);
    assert_true(readers[0]->replica.was_reset);
    for (u32 index = 0; index <= FREEZE_COUNT_MAX; index++) {
        world_reader_drain(&world, readers[index]);
        assert_int_equal(readers[index]->subscription.resets, index < 2);
    }
    assert_int_equal(world.views[0]->freeze_count, 0);
    world_close(&world);
}

TEST(freezes_together_note_no_more_than_one_copy_of_the_rows)
{
    struct world world;
    fill(&world);
    struct world_reader *readers[3];
    for (u32 index = 0; index < 3; index++) {
        readers[index] = world_reader_open(&world, 0, WORLD_SLOW);
        world_reader_drain(&world, readers[index]);
        change(&world, 0, 300);
    }
    for (u32 index = 0; index < 3; index++)
        world_reader_pull(&world, readers[index]);
    assert_int_equal(world.views[0]->freeze_count, 3);
    u64 used = world.mem.used;
    for (u32 round = 0; round < 20; round++)
        change(&world, round * 100, 100);
    assert_int_equal(world.views[0]->freeze_count, 1);
    assert_true(world.mem.used < used + 2 * 400 * 3300); /* kept rows of one pin */
    for (u32 index = 0; index < 3; index++)
        world_reader_drain(&world, readers[index]);
    assert_int_equal(readers[2]->subscription.resets, 0);
    world_close(&world);
}
