#include "os/poll.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/rand.h"
#include "os/clock.h"
#include "os/signal.h"
#include "tests/test.h"

struct fixture {
    struct mem mem;
    struct poll_loop loop;
    struct err err;
};

static void setup(struct fixture *fixture)
{
    mem_init(&fixture->mem, "test", NULL, 0);
    assert_ok(poll_open(&fixture->loop, &fixture->mem, &fixture->err), &fixture->err);
}

static void teardown(struct fixture *fixture)
{
    poll_close(&fixture->loop);
    mem_deinit(&fixture->mem);
}

struct pipe_end {
    struct poll_source source;
    struct poll_loop *loop;
    struct pipe_end *victim; /* removed when this one is called */
    u32 call_count;
    u32 ready;
    int other;
};

static void pipe_on_ready(struct poll_source *source, u32 ready)
{
    struct pipe_end *end = container_of(source, struct pipe_end, source);
    end->call_count++;
    end->ready = ready;
    if (end->victim) poll_remove(end->loop, &end->victim->source);
}

static void pipe_make(struct pipe_end *end, struct fixture *fixture)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    *end = (struct pipe_end){ .loop = &fixture->loop,
                              .other = fds[1],
                              .source = { .fd = fds[0], .on_ready = pipe_on_ready } };
    assert_ok(poll_add(&fixture->loop, &end->source, POLL_READ, &fixture->err), &fixture->err);
}

static void pipe_close(struct pipe_end *end)
{
    poll_remove(end->loop, &end->source);
    close(end->source.fd);
    close(end->other);
}

TEST(poll_tells_who_is_ready_and_only_what_was_asked)
{
    struct fixture f;
    setup(&f);
    struct pipe_end end;
    pipe_make(&end, &f);
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    assert_int_equal(write(end.other, "x", 1), 1);
    assert_int_equal(poll_wait(&f.loop, -1), 1);
    assert_int_equal(end.ready, POLL_READ);
    poll_change(&f.loop, &end.source, POLL_NONE);
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    poll_change(&f.loop, &end.source, POLL_READ);
    assert_int_equal(poll_wait(&f.loop, 0), 1);
    pipe_close(&end);
    assert_int_equal(f.loop.source_count, 0);
    teardown(&f);
}

TEST(poll_tells_a_hangup_that_was_not_asked_for)
{
    struct fixture f;
    setup(&f);
    struct pipe_end end;
    pipe_make(&end, &f);
    poll_change(&f.loop, &end.source, POLL_NONE);
    close(end.other);
    end.other = dup(0);
    assert_int_equal(poll_wait(&f.loop, 0), 1);
    assert_int_equal(end.ready, POLL_HANGUP);
    pipe_close(&end);
    teardown(&f);
}

TEST(poll_calls_nobody_who_was_removed_in_the_same_round)
{
    struct fixture f;
    setup(&f);
    struct pipe_end ends[2];
    for (u32 index = 0; index < 2; index++) {
        pipe_make(&ends[index], &f);
        assert_int_equal(write(ends[index].other, "x", 1), 1);
    }
    ends[0].victim = &ends[1];
    ends[1].victim = &ends[0];
    assert_int_equal(poll_wait(&f.loop, 0), 1);
    assert_int_equal(ends[0].call_count + ends[1].call_count, 1);
    pipe_close(&ends[0]);
    pipe_close(&ends[1]);
    teardown(&f);
}

struct alarm_clock {
    struct poll_timer timer;
    struct poll_loop *loop;
    i64 fired_us;
    i64 again_us; /* set anew this much later */
    u32 count;
};

static void alarm_on_timer(struct poll_timer *timer, i64 now_us)
{
    struct alarm_clock *alarm_clock = container_of(timer, struct alarm_clock, timer);
    alarm_clock->fired_us = timer->timer.at_us;
    alarm_clock->count++;
    if (alarm_clock->again_us >= 0)
        poll_timer_set(alarm_clock->loop, timer, now_us + alarm_clock->again_us);
}

TEST(poll_timer_fires_once_in_its_time)
{
    struct fixture f;
    setup(&f);
    struct alarm_clock a = { .timer = { .on_timer = alarm_on_timer }, .again_us = -1 };
    poll_timer_set(&f.loop, &a.timer, clock_now() + 10 * CLOCK_SECOND);
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    clock_shift(10 * CLOCK_SECOND);
    assert_int_equal(poll_wait(&f.loop, -1), 1);
    assert_false(poll_timer_is_set(&a.timer));
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    assert_int_equal(a.count, 1);

    poll_timer_set(&f.loop, &a.timer, clock_now() + 2000);
    poll_wait(&f.loop, -1); /* waits no longer than the timer says */
    assert_int_equal(a.count, 2);
    teardown(&f);
}

TEST(poll_timer_that_sets_itself_does_not_keep_the_loop)
{
    struct fixture f;
    setup(&f);
    struct alarm_clock a = { .timer = { .on_timer = alarm_on_timer }, .loop = &f.loop };
    poll_timer_set(&f.loop, &a.timer, clock_now());
    assert_int_equal(poll_wait(&f.loop, -1), 1);
    assert_int_equal(poll_wait(&f.loop, -1), 1);
    poll_timer_cancel(&f.loop, &a.timer);
    poll_timer_cancel(&f.loop, &a.timer);
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    teardown(&f);
}

#define ALARM_COUNT 500

/* Sets, moves and cancels at random, then lets time pass: those that are set fire, in order. */
TEST(poll_timers_fire_in_order_whatever_was_set_moved_and_cancelled)
{
    struct fixture f;
    setup(&f);
    static struct alarm_clock alarms[ALARM_COUNT];
    struct rand rand = { .state = test_seed(11) };
    i64 start = clock_now();
    for (u32 index = 0; index < ALARM_COUNT; index++)
        alarms[index] =
            (struct alarm_clock){ .timer = { .on_timer = alarm_on_timer }, .again_us = -1 };
    for (u32 round = 0; round < 20000; round++) {
        struct alarm_clock *chosen = &alarms[rand_below(&rand, ALARM_COUNT)];
        if (rand_chance(&rand, 1, 3))
            poll_timer_cancel(&f.loop, &chosen->timer);
        else
            poll_timer_set(&f.loop, &chosen->timer,
                           start + CLOCK_SECOND * 100 + (i64)rand_below(&rand, 1000));
    }
    u32 set_count = f.loop.timers.count;
    assert_true(set_count > 100);
    i64 last_us = 0;
    clock_shift(200 * CLOCK_SECOND);
    for (u32 index = 0; index < ALARM_COUNT; index++)
        alarms[index].count = 0;
    for (u32 count = 0; count < set_count; count++) {
        struct poll_timer *first =
            container_of(timers_first(&f.loop.timers), struct poll_timer, timer);
        assert_true(first->timer.at_us >= last_us);
        last_us = first->timer.at_us;
        poll_timer_cancel(&f.loop, first);
        first->on_timer(first, 0);
    }
    assert_int_equal(f.loop.timers.count, 0);
    for (u32 index = 0; index < ALARM_COUNT; index++)
        assert_true(alarms[index].count <= 1);
    teardown(&f);
}

struct bell {
    struct poll_waker waker;
    u32 count;
};

static void bell_on_wake(struct poll_waker *waker)
{
    container_of(waker, struct bell, waker)->count++;
}

TEST(poll_wakes_before_a_wait_are_one)
{
    struct fixture f;
    setup(&f);
    struct bell a = { .count = 0 }, b = { .count = 0 };
    poll_waker_add(&f.loop, &a.waker, bell_on_wake);
    poll_waker_add(&f.loop, &b.waker, bell_on_wake);
    for (u32 count = 0; count < 10; count++)
        poll_wake(&a.waker);
    assert_int_equal(poll_wait(&f.loop, -1), 1);
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 0);
    assert_int_equal(poll_wait(&f.loop, 0), 0);
    poll_wake(&a.waker);
    poll_wake(&b.waker);
    assert_int_equal(poll_wait(&f.loop, -1), 2);
    poll_waker_remove(&f.loop, &a.waker);
    poll_waker_remove(&f.loop, &b.waker);
    teardown(&f);
}

struct stop {
    struct signal_watch watch;
    u32 count;
};

static void stop_on_stop(struct signal_watch *watch, u32 count)
{
    container_of(watch, struct stop, watch)->count = count;
}

TEST(signal_to_stop_is_a_callback_of_the_loop)
{
    struct fixture f;
    setup(&f);
    struct stop stop = { .count = 0 };
    assert_ok(signal_open(&stop.watch, &f.loop, stop_on_stop, &f.err), &f.err);
    assert_int_equal(raise(SIGTERM), 0);
    poll_wait(&f.loop, -1);
    assert_int_equal(stop.count, 1);
    assert_int_equal(raise(SIGINT), 0);
    poll_wait(&f.loop, -1);
    assert_int_equal(stop.count, 2);
    signal_close(&stop.watch);
    signal_close(&stop.watch);

    int fds[2];
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1); /* and the process lives */
    close(fds[1]);
    teardown(&f);
}
