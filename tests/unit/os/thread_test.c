#include "os/thread.h"

#include <stdatomic.h>

#include "os/clock.h"
#include "os/monitor.h"
#include "os/poll.h"
#include "tests/test.h"

struct meeting {
    struct monitor monitor;
    u32 turn;
    u32 round_count;
};

static void answer(void *context)
{
    struct meeting *meeting = context;
    monitor_enter(&meeting->monitor);
    while (meeting->round_count < 1000) {
        while (meeting->turn != 1)
            monitor_wait(&meeting->monitor);
        meeting->turn = 0;
        meeting->round_count++;
        monitor_notify(&meeting->monitor);
    }
    monitor_leave(&meeting->monitor);
}

TEST(monitor_hands_turns_back_and_forth)
{
    struct err err;
    struct meeting meeting = { .turn = 0 };
    monitor_init(&meeting.monitor);
    struct thread thread;
    assert_ok(thread_start(
                  &thread,
                  &(struct thread_options){ .name = "answer", .body = answer, .context = &meeting },
                  &err),
              &err);
    monitor_enter(&meeting.monitor);
    for (u32 round = 0; round < 1000; round++) {
        meeting.turn = 1;
        monitor_notify(&meeting.monitor);
        while (meeting.turn != 0)
            monitor_wait(&meeting.monitor);
    }
    monitor_leave(&meeting.monitor);
    thread_join(&thread);
    thread_join(&thread); /* joined already */
    assert_int_equal(meeting.round_count, 1000);
    monitor_deinit(&meeting.monitor);
}

TEST(monitor_wait_ends_at_its_time)
{
    struct monitor monitor;
    monitor_init(&monitor);
    monitor_enter(&monitor);
    i64 start = clock_now();
    while (monitor_wait_until(&monitor, start + 3000)) {
    }
    assert_true(clock_now() - start >= 3000);
    assert_false(monitor_wait_until(&monitor, start));
    monitor_leave(&monitor);
    monitor_deinit(&monitor);
}

static void use_stack(void *context)
{
    volatile u8 block[MIB(3)];
    for (size_t index = 0; index < sizeof block; index += 4096)
        block[index] = 1;
    *(u8 *)context = block[0];
}

TEST(thread_gets_the_stack_it_asks_for)
{
    struct err err;
    u8 done = 0;
    struct thread thread;
    struct thread_options options = {
        .name = "deep", .stack_size = MIB(4), .body = use_stack, .context = &done
    };
    assert_ok(thread_start(&thread, &options, &err), &err);
    thread_join(&thread);
    assert_int_equal(done, 1);
}

#define WAKE_COUNT 20000

struct bell {
    struct poll_waker waker;
    _Atomic(u64) rung;
    u64 heard;
};

static void ring(void *context)
{
    struct bell *bell = context;
    for (u32 index = 0; index < WAKE_COUNT; index++) {
        atomic_fetch_add_explicit(&bell->rung, 1, memory_order_relaxed);
        poll_wake(&bell->waker);
    }
}

static void bell_on_wake(struct poll_waker *waker)
{
    struct bell *bell = container_of(waker, struct bell, waker);
    bell->heard = atomic_load_explicit(&bell->rung, memory_order_relaxed);
}

TEST(thread_wakes_a_loop_and_what_it_wrote_before_is_seen)
{
    struct err err;
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct poll_loop loop;
    assert_ok(poll_open(&loop, &mem, &err), &err);
    struct bell bell = { .heard = 0 };
    poll_waker_add(&loop, &bell.waker, bell_on_wake);
    struct thread thread;
    struct thread_options options = { .name = "ringer", .body = ring, .context = &bell };
    assert_ok(thread_start(&thread, &options, &err), &err);
    while (bell.heard < WAKE_COUNT)
        poll_wait(&loop, -1);
    thread_join(&thread);
    poll_waker_remove(&loop, &bell.waker);
    poll_close(&loop);
    mem_deinit(&mem);
}
