#include "view/subscription.h"

#include "tests/test.h"
#include "tests/unit/view/world.h"

static const struct world_options small = { .seed = 1, .id_count = 50, .tick_count_max = 100 };

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

TEST(subscription_begins_with_the_state_and_goes_on_with_changes)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    assert_true(reader->replica.was_init);
    assert_false(reader->replica.was_reset);
    assert_int_equal(reader->replica.upserted, 1);
    assert_false(reader->is_ready);
    put(&world, 2);
    assert_true(reader->is_ready);
    world_reader_drain(&world, reader);
    assert_false(reader->replica.was_init);
    assert_int_equal(reader->replica.upserted, 2);
    delete (&world, 1);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.deleted, 1);
    world_close(&world);
}

TEST(subscription_that_does_not_pull_gets_the_net_change_in_one_frame)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    put(&world, 2);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    put(&world, 1);
    put(&world, 1);
    put(&world, 3);
    delete (&world, 3); /* never heard of */
    delete (&world, 2);
    u64 frames = reader->subscription.frames_sent;
    world_reader_drain(&world, reader);
    assert_int_equal(reader->subscription.frames_sent, frames + 1);
    assert_int_equal(reader->replica.conflated, 5);
    assert_int_equal(reader->subscription.conflated, 4);
    assert_int_equal(reader->replica.upserted, 2 + 1);
    assert_int_equal(reader->replica.deleted, 1);
    world_close(&world);
}

TEST(subscription_key_that_came_back_is_one_upsert)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    delete (&world, 1);
    put(&world, 1);
    assert_int_equal(view_tombstone_count(world.views[0]), 0);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.deleted, 0);
    assert_int_equal(reader->replica.upserted, 2);
    world_close(&world);
}

TEST(subscription_does_not_hear_of_columns_that_are_not_shown)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    put(&world, 2);
    struct world_reader *wide = world_reader_open(&world, 0, WORLD_FAST);
    u32 narrow_config = world.config_count / 2;
    assert_ptr_equal(world.configs[narrow_config].view, world.views[1]);
    struct world_reader *narrow = world_reader_open(&world, narrow_config, WORLD_FAST);
    world_reader_drain(&world, wide);
    world_reader_drain(&world, narrow);
    put(&world, 2); /* its entry is in the list now */
    world_reader_drain(&world, wide);
    world_reader_drain(&world, narrow);
    world_begin(&world);
    world_put_hidden(&world, 1);
    world_put_hidden(&world, 2);
    world_end(&world);
    assert_true(wide->is_ready);
    assert_false(narrow->is_ready);
    world_reader_drain(&world, wide);
    world_reader_drain(&world, narrow);
    delete (&world, 1);
    delete (&world, 2);
    world_reader_drain(&world, wide);
    world_reader_drain(&world, narrow);
    assert_int_equal(narrow->replica.deleted, 2);
    world_close(&world);
}

TEST(subscription_resumes_inside_the_window_with_the_change_alone)
{
    struct world world;
    world_open(&world, &small);
    for (u32 id = 0; id < 10; id++)
        put(&world, id);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    world_reader_close(&world, reader);
    put(&world, 1);
    delete (&world, 2);
    world_reader_resume(&world, reader);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.init_count, 1);
    assert_int_equal(reader->replica.deleted, 1);
    assert_int_equal(reader->replica.conflated, 2);
    world_close(&world);
}

TEST(subscription_resumes_without_a_frame_when_nothing_changed)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    world_reader_close(&world, reader);
    world.resume_tick = world.tick + 1; /* other relations had ticks */
    world.tick += 2;
    view_sweep(world.views[0], world.resume_tick, world.tick);
    assert_int_equal(world.views[0]->feed_count, 0);
    for (u32 index = 0; index < world.config_count; index++)
        for (u64 tick = world.tick - 1; tick <= world.tick; tick++) {
            world.configs[index].sums[tick] = world.configs[index].sums[tick - 1];
            world.configs[index].changes[tick] = world.configs[index].changes[tick - 1];
        }
    world_reader_resume(&world, reader);
    assert_false(world_reader_pull(&world, reader));
    world_close(&world);
}

TEST(subscription_resumes_outside_the_window_with_a_state_that_says_reset)
{
    struct world world;
    world_open(&world, &small);
    for (u32 id = 0; id < 10; id++)
        put(&world, id);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    world_reader_close(&world, reader);
    delete (&world, 2);
    world.resume_tick = world.tick;
    view_sweep(world.views[0], world.resume_tick, world.tick);
    world_reader_resume(&world, reader);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.init_count, 2);
    assert_true(reader->replica.was_reset);
    assert_int_equal(reader->subscription.resets, 1);
    world_close(&world);
}

TEST(subscription_from_the_future_begins_again)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct err err;
    struct subscription subscription;
    const struct subscription_options options = { .resume = true,
                                                  .since = world.tick + 5,
                                                  .tick = world.tick };
    assert_ok(subscription_open(&subscription, world.views[0], &options, &err), &err);
    struct frame *frame = subscription_pull(&subscription, world.tick);
    assert_int_equal(frame->kind, FRAME_INIT);
    assert_int_equal(frame->tick, world.tick);
    frame_release(frame);
    subscription_close(&subscription, world.tick);
    world_close(&world);
}

TEST(subscription_frames_are_shared_by_all_who_stand_at_one_tick)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct subscription subscriptions[3];
    struct err err;
    for (u32 round = 0; round < 3; round++) {
        struct frame *frames[3];
        if (round > 0) put(&world, 1);
        for (u32 index = 0; index < 3; index++) {
            const struct subscription_options options = { .tick = world.tick };
            if (round == 0)
                assert_ok(subscription_open(&subscriptions[index], world.views[0], &options, &err),
                          &err);
        }
        for (u32 index = 0; index < 3; index++)
            frames[index] = subscription_pull(&subscriptions[index], world.tick);
        assert_ptr_equal(frames[0], frames[1]);
        assert_ptr_equal(frames[1], frames[2]);
        for (u32 index = 0; index < 3; index++)
            frame_release(frames[index]);
    }
    for (u32 index = 0; index < 3; index++)
        subscription_close(&subscriptions[index], world.tick);
    world_close(&world);
}

static void put_in(struct world *world, u32 id, i64 group)
{
    world_begin(world);
    world_put_in(world, id, group);
    world_end(world);
}

TEST(subscription_filtered_hears_of_rows_that_change_their_value)
{
    struct world world;
    world_open(&world, &small);
    put_in(&world, 1, 2);
    struct world_reader *reader = world_reader_open(&world, 3, WORLD_FAST); /* grp = 2 */
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.upserted, 1);
    put_in(&world, 2, 1);
    assert_false(reader->is_ready); /* not its business */
    put_in(&world, 1, 0);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.deleted, 1);
    assert_int_equal(reader->replica.sum, 0);
    put_in(&world, 2, 2);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.upserted, 2);
    world_close(&world);
}

TEST(subscription_of_a_bag_gets_numbers_of_copies)
{
    struct world world;
    struct world_options options = small;
    options.is_bag = true;
    world_open(&world, &options);
    put(&world, 3);
    put(&world, 3);
    struct world_reader *reader = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    put(&world, 3);
    world_reader_drain(&world, reader);
    delete (&world, 3);
    delete (&world, 3);
    world_reader_drain(&world, reader);
    delete (&world, 3);
    world_reader_drain(&world, reader);
    assert_int_equal(reader->replica.sum, 0);
    put(&world, 3);
    world_reader_drain(&world, reader);
    world_close(&world);
}

/* --- what is refused --- */

static enum status open_columns(struct world *world, const u32 *columns, const char *const *names,
                                u32 count, struct err *err)
{
    struct subscription subscription;
    const struct subscription_options options = {
        .columns = columns, .names = names, .column_count = count, .tick = world->tick
    };
    return subscription_open(&subscription, world->views[0], &options, err);
}

TEST(subscription_refuses_two_columns_of_one_name)
{
    struct world world;
    struct err err;
    world_open(&world, &small);
    const u32 columns[] = { 1, 3 };
    const char *const names[] = { "a", "a" };
    assert_int_equal(open_columns(&world, columns, names, 2, &err), FAIL);
    assert_string_equal(err.sqlstate, "42701");
    const char *const key_name[] = { "id" }; /* the key comes under its own name */
    assert_int_equal(open_columns(&world, columns, key_name, 1, &err), FAIL);
    assert_string_equal(err.message, "column \"id\" is shown more than once");
    world_close(&world);
}

TEST(subscription_refuses_a_part_of_a_bag)
{
    struct world world;
    struct err err;
    struct world_options options = small;
    options.is_bag = true;
    world_open(&world, &options);
    const u32 columns[] = { 1 };
    assert_int_equal(open_columns(&world, columns, NULL, 1, &err), FAIL);
    assert_string_equal(err.sqlstate, "0A000");
    const u32 both[] = { 1, 0 };
    const char *const names[] = { "_count", "b" };
    assert_int_equal(open_columns(&world, both, names, 2, &err), FAIL);
    assert_string_equal(err.sqlstate, "42701");
    world.views[0]->is_countable = false;
    assert_int_equal(open_columns(&world, NULL, NULL, 0, &err), FAIL);
    assert_string_equal(err.message, "\"wide\" cannot be subscribed to");
    world_close(&world);
}

/* --- ends --- */

TEST(subscriptions_end_with_their_view)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *idle = world_reader_open(&world, 0, WORLD_FAST);
    struct world_reader *busy = world_reader_open(&world, 1, WORLD_FAST);
    struct world_reader *other = world_reader_open(&world, world.config_count / 2, WORLD_FAST);
    world_reader_drain(&world, idle);
    world_reader_drain(&world, other);
    busy->is_ready = false;
    delete (&world, 1);
    idle->is_ready = other->is_ready = false;
    subscription_end_all(world.views[0]);
    view_close(world.views[0]);
    world.views[0] = NULL;
    assert_true(idle->is_ready && idle->subscription.ended);
    assert_true(busy->is_ready && busy->subscription.ended);
    assert_false(other->subscription.ended);
    assert_null(subscription_pull(&idle->subscription, world.tick));
    /* The other view over the pool goes on, and the tombstone it needs is still there. */
    world_reader_drain(&world, other);
    assert_int_equal(other->replica.deleted, 1);
    world_close(&world);
}

TEST(subscription_frame_outlives_its_view)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *slow = world_reader_open(&world, 0, WORLD_FAST);
    struct frame *frame = subscription_pull(&slow->subscription, world.tick);
    assert_non_null(frame);
    slow->is_ready = false;
    subscription_end_all(world.views[0]);
    view_close(world.views[0]);
    world.views[0] = NULL;
    assert_memory_equal(frame->bytes.data, "{\"tick\":", 8);
    frame_release(frame);
    world_close(&world);
}

TEST(view_forgets_its_feeds_when_all_have_been_away_for_the_window)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    struct world_reader *reader = world_reader_open(&world, 1, WORLD_FAST);
    struct world_reader *other = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, reader);
    world_reader_drain(&world, other);
    world_reader_close(&world, reader);
    u64 left = world.tick;
    put(&world, 2);
    view_sweep(world.views[0], left, world.tick);
    assert_int_equal(world.views[0]->feed_count, 2); /* it may come back */
    view_sweep(world.views[0], left + 1, world.tick);
    assert_int_equal(world.views[0]->feed_count, 1);
    world_reader_drain(&world, other);
    world_reader_close(&world, other);
    put(&world, 3);
    put(&world, 4);
    view_sweep(world.views[0], world.tick, world.tick);
    assert_int_equal(world.views[0]->feed_count, 0);
    world_close(&world);
}

TEST(view_without_a_net_change_keeps_its_version)
{
    struct world world;
    world_open(&world, &small);
    put(&world, 1);
    u64 version = world.views[0]->version, tick = world.views[0]->tick;
    world_begin(&world);
    rows_change(world.rows, world.model[1].slot, -1);
    rows_change(world.rows, world.model[1].slot, 1);
    world_end(&world);
    assert_int_equal(world.views[0]->version, version);
    assert_int_equal(world.views[0]->tick, tick);
    world_close(&world);
}
