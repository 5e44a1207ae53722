#include "flow/records.h"

#include <stdio.h>

#include "base/rand.h"
#include "flow/spool.h"
#include "os/clock.h"
#include "os/thread.h"
#include "tests/scratch.h"
#include "tests/test.h"

struct fixture {
    struct mem mem, append_mem;
    struct records records;
    struct spool spool; /* of stance spill */
    char dir[SCRATCH_SIZE];
};

static void fixture_init(struct fixture *f, enum stance stance, u64 items_max, u64 size_max)
{
    mem_init(&f->mem, "records", NULL, 0);
    struct stance_options options = { .stance = stance,
                                      .items_max = items_max,
                                      .size_max = size_max };
    if (stance == STANCE_EXPIRE) options.age_us_max = 100;
    if (stance == STANCE_THIN) options.keep_one_in = 3;
    if (stance == STANCE_DROP_PRIORITY && items_max > 4) options.share_min = 0.1;
    if (stance != STANCE_SPILL) {
        records_init(&f->records, &f->mem, &options, NULL);
        return;
    }
    struct err err;
    scratch_make(f->dir);
    mem_init(&f->append_mem, "append", NULL, 0);
    const struct spool_options spool = { .dir = f->dir,
                                         .owner = "test",
                                         .segment_size = KIB(8),
                                         .mem = &f->mem,
                                         .append_mem = &f->append_mem };
    assert_ok(spool_open(&f->spool, &spool, &err), &err);
    records_init(&f->records, &f->mem, &options, &f->spool);
}

static void fixture_deinit(struct fixture *f)
{
    bool spills = f->records.spool;
    records_deinit(&f->records);
    if (spills) {
        spool_close(&f->spool);
        scratch_remove(f->dir);
        mem_deinit(&f->append_mem);
    }
    mem_deinit(&f->mem);
}

static enum records_push push(struct fixture *f, const char *text, u32 class, i64 now)
{
    u32 taken;
    struct record record = { .data = text, .size = (u32)strlen(text), .class = class };
    return records_push(&f->records, &record, 1, &taken, now);
}

/* What comes out, divided by blanks. */
static const char *pop(struct fixture *f, u32 count, i64 now)
{
    static char text[4096];
    struct record batch[64];
    u32 got;
    i64 again;
    size_t size = 0;
    text[0] = 0;
    if (records_pop(&f->records, batch, count, &got, &again, now) != RECORDS_GOT) return text;
    for (u32 i = 0; i < got; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%.*s", i ? " " : "",
                                 (int)batch[i].size, batch[i].data);
    records_settle(&f->records);
    return text;
}

/* All that waits, in the pieces in which it is given out. */
static const char *pop_all(struct fixture *f, i64 now)
{
    static char all[4096];
    all[0] = 0;
    for (const char *piece = pop(f, 64, now); *piece; piece = pop(f, 64, now)) {
        if (all[0]) strcat(all, " ");
        strcat(all, piece);
    }
    return all;
}

static void push_numbers(struct fixture *f, u32 first, u32 last, i64 now)
{
    char text[16];
    for (u32 i = first; i <= last; i++) {
        snprintf(text, sizeof text, "%u", i);
        (void)push(f, text, 0, now);
    }
}

TEST(records_block_takes_what_fits_and_the_rest_after_a_settle)
{
    struct fixture f;
    fixture_init(&f, STANCE_BLOCK, 4, 1000);
    push_numbers(&f, 1, 4, 0);
    assert_int_equal(push(&f, "5", 0, 0), RECORDS_FULL);
    assert_string_equal(pop(&f, 64, 0), "1");
    assert_int_equal(push(&f, "5", 0, 0), RECORDS_TAKEN);
    assert_string_equal(pop_all(&f, 0), "2 3 4 5");
    fixture_deinit(&f);
}

TEST(records_that_are_popped_use_credit_until_they_are_settled)
{
    struct fixture f;
    struct record batch[4];
    u32 got;
    i64 again;
    fixture_init(&f, STANCE_BLOCK, 4, 1000);
    push_numbers(&f, 1, 4, 0);
    assert_int_equal(records_pop(&f.records, batch, 4, &got, &again, 0), RECORDS_GOT);
    assert_int_equal(push(&f, "5", 0, 0), RECORDS_FULL);
    records_settle(&f.records);
    assert_int_equal(push(&f, "5", 0, 0), RECORDS_TAKEN);
    assert_string_equal(pop_all(&f, 0), "2 3 4 5");
    fixture_deinit(&f);
}

TEST(records_drop_newest_keeps_the_first)
{
    struct fixture f;
    fixture_init(&f, STANCE_DROP_NEWEST, 4, 1000);
    push_numbers(&f, 1, 9, 0);
    assert_string_equal(pop_all(&f, 0), "1 2 3 4");
    fixture_deinit(&f);
}

TEST(records_drop_oldest_keeps_the_last)
{
    struct fixture f;
    fixture_init(&f, STANCE_DROP_OLDEST, 4, 1000);
    push_numbers(&f, 1, 9, 0);
    assert_string_equal(pop_all(&f, 0), "6 7 8 9");
    fixture_deinit(&f);
}

TEST(records_latest_keeps_one)
{
    struct fixture f;
    fixture_init(&f, STANCE_LATEST, 4, 1000);
    push_numbers(&f, 1, 9, 0);
    assert_string_equal(pop_all(&f, 0), "9");
    fixture_deinit(&f);
}

TEST(records_thin_keeps_one_in_n_from_half_full_on)
{
    struct fixture f;
    fixture_init(&f, STANCE_THIN, 8, 1000);
    push_numbers(&f, 1, 16, 0);
    assert_string_equal(pop_all(&f, 0), "1 2 3 4 7 10 13 16");
    push_numbers(&f, 17, 20, 0);
    assert_string_equal(pop_all(&f, 0), "17 18 19 20");
    fixture_deinit(&f);
}

TEST(records_expire_drops_from_the_head_what_waited_too_long)
{
    struct fixture f;
    fixture_init(&f, STANCE_EXPIRE, 4, 1000);
    push_numbers(&f, 1, 2, 0);
    push_numbers(&f, 3, 4, 60);
    assert_int_equal(push(&f, "5", 0, 80), RECORDS_FULL);
    assert_int_equal(push(&f, "5", 0, 101), RECORDS_TAKEN);
    assert_string_equal(pop_all(&f, 160), "3 4 5");
    push_numbers(&f, 6, 6, 160);
    assert_string_equal(pop_all(&f, 261), "");
    assert_int_equal(f.records.counts.expired, 3);
    fixture_deinit(&f);
}

TEST(records_of_the_lowest_class_go_first_and_leave_last)
{
    struct fixture f;
    fixture_init(&f, STANCE_DROP_PRIORITY, 4, 1000);
    (void)push(&f, "c1", 2, 0);
    (void)push(&f, "b1", 1, 0);
    (void)push(&f, "c2", 2, 0);
    (void)push(&f, "b2", 1, 0);
    (void)push(&f, "a1", 0, 0); /* takes the place of c1 */
    (void)push(&f, "c3", 2, 0); /* finds none lower */
    (void)push(&f, "a2", 0, 0); /* takes the place of c2 */
    (void)push(&f, "a3", 0, 0); /* takes the place of b1 */
    assert_int_equal(f.records.counts.dropped_of_class[2], 3);
    assert_int_equal(f.records.counts.dropped_of_class[1], 1);
    assert_string_equal(pop_all(&f, 0), "a1 a2 a3 b2");
    fixture_deinit(&f);
}

TEST(records_of_a_low_class_keep_their_share_of_turns)
{
    struct fixture f;
    fixture_init(&f, STANCE_DROP_PRIORITY, 4000, 1000000);
    for (u32 i = 0; i < 1000; i++) {
        (void)push(&f, "a", 0, 0);
        (void)push(&f, "d", 3, 0);
    }
    u32 low = 0;
    for (u32 turn = 0; turn < 50; turn++) /* 500 records in 50 turns of 10 */
        for (const char *c = pop(&f, 10, 0); *c; c++)
            low += *c == 'd';
    assert_int_equal(low, 50);
    fixture_deinit(&f);
}

TEST(records_stance_error_gives_what_waits_and_then_the_end)
{
    struct fixture f;
    struct record batch[4];
    u32 got;
    i64 again;
    fixture_init(&f, STANCE_ERROR, 2, 1000);
    push_numbers(&f, 1, 2, 0);
    assert_int_equal(push(&f, "3", 0, 0), RECORDS_BROKEN);
    assert_true(records_overflowed(&f.records));
    assert_string_equal(pop_all(&f, 0), "1 2");
    assert_int_equal(records_pop(&f.records, batch, 4, &got, &again, 0), RECORDS_ENDED);
    fixture_deinit(&f);
}

TEST(records_larger_than_the_edge_pass_alone)
{
    struct fixture f;
    static char large[200001];
    memset(large, 'x', sizeof large - 1);
    fixture_init(&f, STANCE_BLOCK, 4, 100);
    assert_int_equal(push(&f, large, 0, 0), RECORDS_TAKEN);
    assert_int_equal(push(&f, "y", 0, 0), RECORDS_FULL);
    struct record record;
    u32 got;
    i64 again;
    assert_int_equal(records_pop(&f.records, &record, 1, &got, &again, 0), RECORDS_GOT);
    assert_int_equal(record.size, sizeof large - 1);
    records_settle(&f.records);
    assert_int_equal(push(&f, "y", 0, 0), RECORDS_TAKEN);
    fixture_deinit(&f);
}

static void take_one(void *context)
{
    struct records *records = context;
    struct record record;
    u32 got;
    i64 again;
    assert_int_equal(records_pop(records, &record, 1, &got, &again, 0), RECORDS_GOT);
    records_settle(records);
}

/* 400 of 1000 bytes are below the mark, and leave no room for 700. */
TEST(records_wait_for_as_much_room_as_was_refused)
{
    struct fixture f;
    struct thread thread = { 0 };
    struct err err;
    static char small[401], large[701];
    memset(small, 'x', sizeof small - 1);
    memset(large, 'y', sizeof large - 1);
    fixture_init(&f, STANCE_BLOCK, 10, 1000);
    assert_int_equal(push(&f, small, 0, 0), RECORDS_TAKEN);
    assert_int_equal(push(&f, large, 0, 0), RECORDS_FULL);
    const struct thread_options options = { .name = "consumer",
                                            .body = take_one,
                                            .context = &f.records };
    assert_ok(thread_start(&thread, &options, &err), &err);
    records_wait_room(&f.records);
    assert_int_equal(push(&f, large, 0, 0), RECORDS_TAKEN);
    thread_join(&thread);
    fixture_deinit(&f);
}

TEST(records_of_no_bytes_are_charged)
{
    struct fixture f;
    fixture_init(&f, STANCE_BLOCK, 1000000, 100 * RECORD_CHARGE);
    u32 count = 0;
    while (push(&f, "", 0, 0) == RECORDS_TAKEN)
        count++;
    assert_int_equal(count, 100);
    fixture_deinit(&f);
}

TEST(records_after_a_break_are_refused_and_what_waited_is_dropped)
{
    struct fixture f;
    fixture_init(&f, STANCE_BLOCK, 10, 1000);
    push_numbers(&f, 1, 3, 0);
    records_break(&f.records);
    assert_int_equal(push(&f, "4", 0, 0), RECORDS_BROKEN);
    assert_int_equal(f.records.counts.dropped, 3);
    assert_false(records_overflowed(&f.records));
    fixture_deinit(&f);
}

/* --- any stance, any sequence: the invariants (asserted inside), order, and bounded memory --- */

static void random_run(enum stance stance, struct rand *rand)
{
    struct fixture f;
    u64 items_max = 1 + rand_below(rand, 300), size_max = 1 + rand_below(rand, 1 << 18);
    fixture_init(&f, stance, items_max, size_max);
    char text[8192];
    u64 next = 0, seen[STANCE_CLASS_COUNT_MAX] = { 0 };
    i64 now = 0;
    for (u32 step = 0; step < 400; step++) {
        now += (i64)rand_below(rand, 60);
        for (u32 i = (u32)rand_below(rand, 40); i > 0; i--) {
            u32 class = stance == STANCE_DROP_PRIORITY ? (u32)rand_below(rand, 8) : 0;
            u32 taken, size = 8 + (u32)rand_below(rand, rand_below(rand, 20) ? 100 : 8000);
            u64 number = ++next;
            memset(text, (int)(number % 251), size);
            memcpy(text, &number, sizeof number);
            struct record record = { .data = text, .size = size, .class = class };
            enum records_push result = records_push(&f.records, &record, 1, &taken, now);
            if (result == RECORDS_TAKEN) assert_int_equal(taken, 1);
        }
        struct record batch[64];
        u32 got;
        i64 again;
        if (rand_below(rand, 3) == 0) continue;
        if (records_pop(&f.records, batch, 1 + (u32)rand_below(rand, 64), &got, &again, now) !=
            RECORDS_GOT)
            continue;
        for (u32 i = 0; i < got; i++) {
            u64 number;
            if (batch[i].size == 1) continue; /* pushed while others were lent */
            memcpy(&number, batch[i].data, sizeof number);
            assert_true(number > seen[batch[i].class]);
            seen[batch[i].class] = number;
            assert_int_equal((u8)batch[i].data[batch[i].size - 1],
                             batch[i].size > 8 ? number % 251 : (u8)batch[i].data[7]);
            if (stance == STANCE_EXPIRE) assert_true(now - batch[i].pushed_us <= 100);
        }
        if (rand_below(rand, 2)) /* a push while they are lent */
            push_numbers(&f, 0, 0, now);
        records_settle(&f.records);
        /* Blocks that are partly used: one a class, those of lone large records, and the spare. */
        assert_true(f.mem.used <= 2 * size_max + (STANCE_CLASS_COUNT_MAX + 3) * (u64)66000);
    }
    fixture_deinit(&f);
}

TEST(records_balance_and_stay_in_order_and_bounded_under_every_stance)
{
    struct rand rand = { 0 };
    rand.state = test_seed(3);
    for (u32 round = 0; round < test_rounds(20); round++)
        for (u32 stance = 0; stance < STANCE_COUNT; stance++)
            if (stance_where(stance) & STANCE_EVENTS) random_run(stance, &rand);
}

/* --- two threads --- */

#define PASSED 200000u

static void produce(void *context)
{
    struct records *records = context;
    struct record batch[256];
    u64 numbers[256];
    for (u64 next = 0; next < PASSED;) {
        u32 count = (u32)MIN(PASSED - next, 256u), taken = 0;
        for (u32 i = 0; i < count; i++) {
            numbers[i] = next + i;
            batch[i] =
                (struct record){ .data = (const char *)&numbers[i], .size = sizeof numbers[i] };
        }
        while (records_push(records, batch, count, &taken, clock_now()) == RECORDS_FULL) {
            next += taken;
            count -= taken;
            memmove(batch, batch + taken, count * sizeof *batch);
            records_wait_room(records);
        }
        next += count;
    }
    records_end(records);
}

TEST(records_pass_between_two_threads_in_order_and_none_is_lost)
{
    struct fixture f;
    struct thread thread = { 0 };
    struct err err;
    fixture_init(&f, STANCE_BLOCK, 1000, MIB(1));
    assert_ok(thread_start(&thread,
                           &(struct thread_options){
                               .name = "producer", .body = produce, .context = &f.records },
                           &err),
              &err);
    u64 next = 0;
    for (;;) {
        struct record batch[256];
        u32 got;
        i64 again;
        enum records_pop result = records_pop(&f.records, batch, 256, &got, &again, clock_now());
        if (result == RECORDS_ENDED) break;
        if (result == RECORDS_IDLE) {
            records_wait_item(&f.records, again);
            continue;
        }
        for (u32 i = 0; i < got; i++, next++)
            assert_memory_equal(batch[i].data, &next, sizeof next);
        records_settle(&f.records);
    }
    thread_join(&thread);
    assert_int_equal(next, PASSED);
    fixture_deinit(&f);
}
