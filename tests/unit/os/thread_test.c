#include "os/thread.h"

#include <stdatomic.h>

#include "os/clock.h"
#include "os/mailbox.h"
#include "os/monitor.h"
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

#define MESSAGE_COUNT 20000

struct post {
    struct mailbox box;
    u64 values[MESSAGE_COUNT];
    _Atomic(u32) full_count;
};

static void send_all(void *context)
{
    struct post *post = context;
    for (u64 index = 0; index < MESSAGE_COUNT; index++) {
        post->values[index] = index + 1;
        while (!mailbox_push(&post->box, &post->values[index])) {
            atomic_fetch_add(&post->full_count, 1);
            sched_yield();
        }
    }
}

struct receiver {
    struct poll_waker waker;
    struct post *post;
    u64 received;
};

static void receiver_on_wake(struct poll_waker *waker)
{
    struct receiver *receiver = container_of(waker, struct receiver, waker);
    for (u64 *value; (value = mailbox_pop(&receiver->post->box));)
        assert_int_equal(*value, ++receiver->received);
}

TEST(mailbox_wakes_the_loop_and_keeps_order)
{
    struct err err;
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct poll_loop loop;
    assert_ok(poll_open(&loop, &mem, &err), &err);
    struct post *post = mem_zalloc(&mem, sizeof *post);
    struct receiver receiver = { .post = post };
    poll_waker_add(&loop, &receiver.waker, receiver_on_wake);
    mailbox_init(&post->box, &mem, 50, &receiver.waker);
    assert_int_equal(post->box.capacity, 64);

    struct thread thread;
    struct thread_options options = { .name = "sender", .body = send_all, .context = post };
    assert_ok(thread_start(&thread, &options, &err), &err);
    while (receiver.received < MESSAGE_COUNT)
        poll_wait(&loop, -1);
    thread_join(&thread);

    poll_waker_remove(&loop, &receiver.waker);
    mailbox_deinit(&post->box);
    mem_free(&mem, post, sizeof *post);
    poll_close(&loop);
    mem_deinit(&mem);
}

TEST(mailbox_refuses_when_full_and_leaves_the_message_to_its_owner)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct mailbox box;
    mailbox_init(&box, &mem, 2, NULL);
    int a, b, c;
    assert_true(mailbox_push(&box, &a));
    assert_true(mailbox_push(&box, &b));
    assert_false(mailbox_push(&box, &c));
    assert_int_equal(mailbox_count(&box), 2);
    assert_ptr_equal(mailbox_pop(&box), &a);
    assert_true(mailbox_push(&box, &c));
    assert_ptr_equal(mailbox_pop(&box), &b);
    assert_ptr_equal(mailbox_pop(&box), &c);
    assert_null(mailbox_pop(&box));
    mailbox_deinit(&box);
    mem_deinit(&mem);
}
