/* Subscribers against a model: whatever they were told of, at every tick, is what the relation held then. */
#include <stdio.h>

#include "tests/test.h"
#include "tests/unit/view/world.h"
#include "view/feed_sweep.h"

#define READER_COUNT 40

static void open_readers(struct world *world, u32 count)
{
    for (u32 index = 0; index < count; index++) {
        u32 config = (u32)rand_below(&world->rand, world->config_count);
        world_reader_open(world, config, (enum world_habit)(index % 4));
    }
}

/* The resume window is some ticks long; sweeps come now and then, as once a second in a process. */
static void sweep(struct world *world, u64 window)
{
    world->resume_tick = world->tick > window ? world->tick - window : 0;
    if (!rand_chance(&world->rand, 1, 20)) return;
    for (u32 view = 0; view < world->view_count; view++)
        view_sweep(world->views[view], world->resume_tick, world->tick);
}

static u64 wholes_of(const struct world *world, enum world_habit habit)
{
    u64 count = 0;
    for (u32 index = 0; index < world->reader_count; index++)
        if (world->readers[index].habit == habit) count += world->readers[index].wholes;
    return count;
}

static void run(u64 seed, bool is_bag, u32 id_count, u32 tick_count)
{
    struct world world;
    const struct world_options options = {
        .seed = seed, .is_bag = is_bag, .id_count = id_count, .tick_count_max = tick_count
    };
    world_open(&world, &options);
    const struct world_mix fill = { .change_count = id_count, .insert_percent = 100 };
    world_tick(&world, &fill);
    open_readers(&world, READER_COUNT);
    u64 window = rand_below(&world.rand, 60);
    for (u32 tick = 1; tick < tick_count; tick++) {
        struct world_mix mix = { .change_count = (u32)rand_below(&world.rand, 1 + id_count / 4),
                                 .insert_percent = 20 + (u32)rand_below(&world.rand, 20),
                                 .delete_percent = 20 + (u32)rand_below(&world.rand, 20),
                                 .hidden_percent = 30 };
        if (rand_chance(&world.rand, 1, 100)) /* all of it goes */
            mix = (struct world_mix){ .change_count = id_count * 3, .delete_percent = 100 };
        world_tick(&world, &mix);
        world_readers_step(&world);
        sweep(&world, window);
    }
    for (u32 index = 0; index < world.reader_count; index++) {
        struct world_reader *reader = &world.readers[index];
        if (!reader->is_open) world_reader_resume(&world, reader);
        world_reader_drain(&world, reader);
    }
    assert_true(wholes_of(&world, WORLD_FAST) > tick_count);
    assert_true(wholes_of(&world, WORLD_SLOW) > tick_count / 10);
    assert_true(wholes_of(&world, WORLD_CHURNING) > tick_count / 10);
    world_close(&world);
}

TEST(subscribers_of_a_keyed_relation_hold_what_it_held)
{
    u64 seed = test_seed(1);
    for (u32 round = 0; round < test_rounds(10); round++) {
        print_message("seed %llu\n", (unsigned long long)(seed + round));
        run(seed + round, false, round % 2 ? 60 : 400, round % 2 ? 600 : 200);
    }
}

TEST(subscribers_of_a_bag_hold_what_it_held)
{
    u64 seed = test_seed(1001);
    for (u32 round = 0; round < test_rounds(10); round++) {
        print_message("seed %llu\n", (unsigned long long)(seed + round));
        run(seed + round, true, round % 2 ? 40 : 300, round % 2 ? 600 : 200);
    }
}

/* --- large states --- */

/* States of several frames, read slowly while ticks go on, by more groups than may be held still. */
static void run_large(u64 seed, bool is_bag)
{
    struct world world;
    const struct world_options options = {
        .seed = seed, .is_bag = is_bag, .id_count = 1500, .tick_count_max = 400, .text_size = 3000
    };
    world_open(&world, &options);
    const struct world_mix fill = { .change_count = 6000, .insert_percent = 100 };
    world_tick(&world, &fill);
    u64 revoked = 0, wholes = 0;
    for (u32 tick = 1; tick < 300; tick++) {
        if (tick % 8 == 1 && world.reader_count < 30)
            world_reader_open(&world, (u32)rand_below(&world.rand, world.config_count),
                              tick % 3 ? WORLD_SLOW : WORLD_CHURNING);
        const struct world_mix mix = { .change_count = 1 + (u32)rand_below(&world.rand, 40),
                                       .insert_percent = 30,
                                       .delete_percent = 30,
                                       .hidden_percent = 20 };
        world_tick(&world, &mix);
        world_readers_step(&world);
        for (u32 view = 0; view < world.view_count; view++)
            assert_true(world.views[view]->freeze_count <= FREEZE_COUNT_MAX);
        sweep(&world, 30);
    }
    for (u32 index = 0; index < world.reader_count; index++) {
        struct world_reader *reader = &world.readers[index];
        revoked += reader->revoked;
        wholes += reader->wholes;
        if (!reader->is_open) world_reader_resume(&world, reader);
        world_reader_drain(&world, reader);
    }
    print_message("%llu wholes, %llu revoked\n", (unsigned long long)wholes,
                  (unsigned long long)revoked);
    assert_true(wholes > 30);
    world_close(&world);
}

TEST(subscribers_of_large_states_hold_what_the_relation_held)
{
    u64 seed = test_seed(2001);
    for (u32 round = 0; round < test_rounds(3); round++) {
        print_message("seed %llu\n", (unsigned long long)(seed + round));
        run_large(seed + round, round % 3 == 2);
    }
}

/* --- memory --- */

struct peaks {
    f64 tombstones; /* per live row */
    f64 entries;
    u64 used;
};

static void note_peaks(const struct world *world, struct peaks *peaks)
{
    const struct view *view = world->views[0];
    u64 entries = 0, tombstones = view_tombstone_count(view);
    for (u32 index = 0; index < view->feed_count; index++)
        entries += feed_entry_count(view->feeds[index].feed);
    f64 live = (f64)world->live_count;
    peaks->tombstones = MAX(peaks->tombstones, (f64)tombstones / live);
    peaks->entries = MAX(peaks->entries, (f64)entries / live);
    peaks->used = MAX(peaks->used, world->mem.used);
}

/* Each tick a hundredth of the keys is replaced by others, so that half of the ids are alive. */
static void churn(struct world *world, u32 tick_count, struct peaks *peaks)
{
    u32 each = world->id_count / 100;
    const struct world_mix mix = { .change_count = each,
                                   .insert_percent = 50,
                                   .delete_percent = 50 };
    for (u32 tick = 0; tick < tick_count; tick++) {
        world_tick(world, &mix);
        world_readers_step(world);
        if (tick % 50 == 49)
            for (u32 view = 0; view < world->view_count; view++)
                view_sweep(world->views[view], 0, world->tick);
        note_peaks(world, peaks);
    }
}

TEST(tombstones_of_stalled_readers_stay_within_the_relation)
{
    struct world world;
    const struct world_options options = { .seed = test_seed(3),
                                           .id_count = 20000,
                                           .tick_count_max = 1400 };
    world_open(&world, &options);
    const struct world_mix fill = { .change_count = 10000, .insert_percent = 100 };
    world_tick(&world, &fill);
    for (u32 index = 0; index < 3; index++)
        world_reader_open(&world, 0, WORLD_FAST);
    struct peaks peaks[3] = { { 0 } };
    /* Readers that stall at all times, for ever. */
    for (u32 index = 0; index < 100; index++) {
        struct world_reader *reader = world_reader_open(&world, 0, WORLD_STALLED);
        world_reader_drain(&world, reader);
        churn(&world, 4, &peaks[0]);
    }
    churn(&world, 450, &peaks[1]);
    churn(&world, 450, &peaks[2]);
    print_message("tombstones %.2f, entries %.2f a live row; peak %llu, then %llu bytes\n",
                  peaks[2].tombstones, peaks[2].entries, (unsigned long long)peaks[1].used,
                  (unsigned long long)peaks[2].used);
    for (u32 phase = 0; phase < 3; phase++) {
        assert_true(peaks[phase].tombstones <= 2.5);
        assert_true(peaks[phase].entries <= 3.5);
    }
    assert_true(peaks[2].used <= peaks[1].used + KIB(64));
    for (u32 index = 0; index < world.reader_count; index++)
        world_reader_drain(&world, &world.readers[index]);
    world_close(&world);
}

/* 1000 readers that never read: what they are owed grows by megabytes, what is held does not grow. */
TEST(readers_that_never_read_hold_no_more_than_their_cursors)
{
    struct world world;
    const struct world_options options = {
        .seed = test_seed(4), .id_count = 400, .tick_count_max = 3100, .text_size = 20
    };
    world_open(&world, &options);
    const struct world_mix fill = { .change_count = 250, .insert_percent = 100 };
    world_tick(&world, &fill); /* some 16 KB of JSON */
    struct world_reader *healthy = world_reader_open(&world, 0, WORLD_FAST);
    world_reader_drain(&world, healthy);
    u64 before = world.mem.used;
    for (u32 index = 0; index < 1000; index++) {
        struct world_reader *reader = world_reader_open(&world, 0, WORLD_STALLED);
        if (index % 2) world_reader_drain(&world, reader);
    }
    u64 replicas = 0;
    for (u32 index = 0; index < world.reader_count; index++)
        replicas += world.readers[index].replica.capacity * sizeof(struct replica_row);
    u64 opened = world.mem.used - before - replicas;
    print_message("%llu bytes a reader that was opened\n", (unsigned long long)opened / 1000);
    assert_true(opened / 1000 < 64); /* beside struct subscription, which is the caller's */
    u64 used[2] = { 0 };
    for (u32 tick = 0; tick < 3000; tick++) {
        const struct world_mix mix = { .change_count = 100,
                                       .insert_percent = 30,
                                       .delete_percent = 30 };
        world_tick(&world, &mix);
        world_reader_drain(&world, healthy);
        used[tick >= 1500] = MAX(used[tick >= 1500], world.mem.used);
    }
    print_message("%llu bytes, then %llu\n", (unsigned long long)used[0],
                  (unsigned long long)used[1]);
    assert_true(used[1] <= used[0] + KIB(16));
    assert_true(healthy->wholes > 2900);
    for (u32 index = 0; index < world.reader_count; index++)
        world_reader_drain(&world, &world.readers[index]);
    world_close(&world);
}
