#include "flow/spool.h"

#include <stdio.h>

#include "base/rand.h"
#include "os/fault.h"
#include "tests/scratch.h"
#include "tests/test.h"

struct fixture {
    struct mem mem, append_mem;
    struct spool_options options;
    struct spool spool;
    char dir[SCRATCH_SIZE];
    u64 appended; /* numbers appended */
    u64 taken;    /* numbers that came out and were settled */
    struct err err;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    mem_init(&f->mem, "read", NULL, 0);
    mem_init(&f->append_mem, "append", NULL, 0);
    scratch_make(f->dir);
    f->options = (struct spool_options){ .dir = f->dir,
                                         .owner = "test",
                                         .segment_size = 500,
                                         .mem = &f->mem,
                                         .append_mem = &f->append_mem };
}

static enum status fixture_open(struct fixture *f)
{
    return spool_open(&f->spool, &f->options, &f->err);
}

static void fixture_deinit(struct fixture *f)
{
    spool_close(&f->spool);
    mem_deinit(&f->mem);
    mem_deinit(&f->append_mem);
    scratch_remove(f->dir);
}

/* Appends count numbered records of different sizes as one frame. */
static enum status append(struct fixture *f, u32 count)
{
    struct record batch[64];
    char text[64][40];
    for (u32 i = 0; i < count; i++) {
        int size =
            snprintf(text[i], sizeof text[i], "%llu %.*s", (unsigned long long)(f->appended + i),
                     (int)((f->appended + i) % 13), "padding padding");
        batch[i] = (struct record){ .data = text[i], .size = (u32)size };
    }
    if (spool_append(&f->spool, batch, count, (f->appended + count) * 7, &f->err)) return FAIL;
    f->appended += count;
    return OK;
}

/* Reads up to count and checks that they are what comes next; settles them if so asked. */
static void read_some(struct fixture *f, u32 count, bool settle)
{
    struct record batch[64];
    u32 got;
    assert_ok(spool_read(&f->spool, batch, count, &got, &f->err), &f->err);
    assert_true(got >= 1 && got <= count);
    for (u32 i = 0; i < got; i++)
        assert_int_equal(strtoull(batch[i].data, NULL, 10), f->taken + i);
    if (!settle) return;
    f->taken += got;
    assert_ok(spool_settle(&f->spool, f->taken * 3, spool_end(&f->spool), &f->err), &f->err);
}

static void reopen(struct fixture *f)
{
    spool_close(&f->spool);
    assert_ok(fixture_open(f), &f->err);
    assert_int_equal(f->spool.waiting, f->appended - f->taken);
    assert_int_equal(f->spool.appended, f->appended);
    assert_int_equal(f->spool.mark, f->appended * 7);
    assert_int_equal(f->spool.target, f->taken * 3);
}

TEST(spool_gives_back_what_was_appended_across_segments_and_restarts)
{
    struct fixture f;
    struct rand rand = { .state = test_seed(5) };
    fixture_init(&f);
    assert_ok(fixture_open(&f), &f.err);
    for (u32 step = 0; step < 2000; step++) {
        u32 what = (u32)rand_below(&rand, 10);
        if (what < 4)
            assert_ok(append(&f, 1 + (u32)rand_below(&rand, 40)), &f.err);
        else if (what < 8 && f.taken < f.appended)
            read_some(&f, 1 + (u32)rand_below(&rand, 60), true);
        else if (what == 8 && f.taken < f.appended) {
            read_some(&f, 30, false); /* comes again after the restart */
            reopen(&f);
        } else if (what == 9)
            reopen(&f);
    }
    while (f.taken < f.appended)
        read_some(&f, 64, true);
    reopen(&f);
    fixture_deinit(&f);
}

TEST(spool_removes_segments_that_were_taken)
{
    struct fixture f;
    fixture_init(&f);
    assert_ok(fixture_open(&f), &f.err);
    char path[SCRATCH_SIZE + 32];
    for (u32 i = 0; i < 100; i++)
        assert_ok(append(&f, 20), &f.err);
    while (f.taken < f.appended)
        read_some(&f, 64, true);
    for (u64 number = 1; number < f.spool.tail_segment; number++) {
        snprintf(path, sizeof path, "%s/%016llu.spool", f.dir, (unsigned long long)number);
        assert_false(file_exists(path));
    }
    assert_true(f.spool.tail_segment > 10);
    assert_ok(spool_clear(&f.spool, &f.err), &f.err);
    spool_close(&f.spool);
    struct file_list list;
    struct arena arena;
    arena_init(&arena, &f.mem);
    assert_ok(file_dir_list(f.dir, &arena, &list, &f.err), &f.err);
    assert_int_equal(list.count, 0);
    arena_deinit(&arena);
    f.spool = (struct spool){ 0 };
    fixture_deinit(&f);
}

/* Cuts the last segment to every length it had: what is whole comes back, nothing else. */
TEST(spool_cuts_a_torn_frame_at_the_end)
{
    struct fixture f;
    fixture_init(&f);
    f.options.segment_size = KIB(64);
    assert_ok(fixture_open(&f), &f.err);
    u64 ends[4];
    for (u32 i = 0; i < 4; i++) {
        assert_ok(append(&f, 3), &f.err);
        ends[i] = f.spool.tail_offset;
    }
    char path[SCRATCH_SIZE + 32];
    snprintf(path, sizeof path, "%s/%016d.spool", f.dir, 1);
    for (u64 size = ends[3]; size-- > 0;) {
        u32 whole = 0;
        struct file file;
        spool_close(&f.spool);
        assert_ok(file_open(&file, path, FILE_WRITE, &f.err), &f.err);
        assert_ok(file_truncate(&file, size, &f.err), &f.err);
        file_close(&file);
        while (whole < 4 && ends[whole] <= size)
            whole++;
        assert_ok(fixture_open(&f), &f.err);
        assert_int_equal(f.spool.waiting, whole * 3);
        assert_int_equal(f.spool.mark, whole * 21);
        assert_int_equal(f.spool.tail_offset, whole ? ends[whole - 1] : 0);
    }
    fixture_deinit(&f);
}

TEST(spool_damaged_in_the_middle_is_refused)
{
    struct fixture f;
    fixture_init(&f);
    assert_ok(fixture_open(&f), &f.err);
    for (u32 i = 0; i < 20; i++)
        assert_ok(append(&f, 20), &f.err);
    spool_close(&f.spool);
    char path[SCRATCH_SIZE + 32], byte;
    size_t got;
    struct file file;
    snprintf(path, sizeof path, "%s/%016d.spool", f.dir, 2);
    assert_ok(file_open(&file, path, FILE_WRITE, &f.err), &f.err);
    assert_ok(file_pread(&file, &byte, 1, 60, &got, &f.err), &f.err);
    byte ^= 4;
    assert_ok(file_pwrite(&file, &byte, 1, 60, &f.err), &f.err);
    file_close(&file);
    assert_int_equal(fixture_open(&f), FAIL);
    assert_string_equal(f.err.sqlstate, "XX001");
    assert_non_null(strstr(f.err.message, "0000000000000002.spool"));
    fixture_deinit(&f);
}

TEST(spool_of_another_owner_or_in_use_is_refused)
{
    struct fixture f;
    struct spool other;
    struct err err;
    fixture_init(&f);
    assert_ok(fixture_open(&f), &f.err);
    assert_int_equal(spool_open(&other, &f.options, &err), FAIL);
    assert_string_equal(err.sqlstate, "55006");
    spool_close(&other);
    spool_close(&f.spool);
    f.options.owner = "somebody else";
    assert_int_equal(fixture_open(&f), FAIL);
    assert_string_equal(f.err.sqlstate, "55000");
    fixture_deinit(&f);
}

TEST(spool_on_a_full_disk_appends_nothing_and_goes_on_when_there_is_space)
{
    struct fixture f;
    fixture_init(&f);
    assert_ok(fault_set_text("enospc-after=3kB", &f.err), &f.err);
    assert_ok(fixture_open(&f), &f.err);
    while (append(&f, 10) == OK)
        ;
    assert_string_equal(f.err.sqlstate, "53100");
    assert_true(f.appended > 20);
    assert_int_equal(append(&f, 10), FAIL);
    fault_clear();
    assert_ok(append(&f, 10), &f.err);
    while (f.taken < f.appended)
        read_some(&f, 64, true);
    reopen(&f);
    fixture_deinit(&f);
}
