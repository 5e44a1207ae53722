/* What a crash or a bad disk leaves, at every byte. */
#include "log/log_reader.h"

#include "tests/unit/log/log_fixture.h"

#define FIRST "00000000000000000001.log"

/* A log of a few records, each synced by itself, as it stands before its end; where they begin. */
struct image {
    u8 *data;
    u64 size;       /* of the file */
    u64 used;       /* bytes up to the end of the last record */
    u64 begins[16]; /* of the records, START first */
    u32 count;
};

static void image_make(struct image *image, struct fixture *f)
{
    *image = (struct image){ .data = NULL };
    f->options.segment_size = KIB(4);
    fixture_must_start(f);
    for (u32 index = 0; index < 6; index++) {
        fixture_must_append(f, index * 13);
        log_flush(&f->log);
    }
    image->data = fixture_load(f, FIRST, &image->size);
    fixture_crash(f);
    u64 offset = sizeof(struct segment_header);
    u64 sizes[] = { sizeof(struct record_start), 0, 13, 26, 39, 52, 65 };
    for (; image->count < countof(sizes); image->count++) {
        image->begins[image->count] = offset;
        offset += record_size(sizes[image->count]);
    }
    image->begins[image->count] = image->used = offset;
}

/* Model numbers are one less: record 0 of the image is START. */
static u32 record_at(const struct image *image, u64 offset)
{
    u32 index = 0;
    while (image->begins[index + 1] <= offset)
        index++;
    return index;
}

TEST(crash_torn_at_any_byte_is_cut_and_the_log_goes_on)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    u8 *torn = malloc(image.size);
    for (u32 form = 0; form < 2; form++) { /* zeros behind the tear, or the end of the file */
        for (u64 size = sizeof(struct segment_header); size <= image.used; size++) {
            memset(torn, 0, image.size);
            memcpy(torn, image.data, size);
            fixture_store(f, FIRST, torn, form == 0 ? image.size : size);
            u32 whole = size == image.used ? image.count : record_at(&image, size);
            /* Zeros may be just what was torn off: the padding. */
            if (form == 0 && whole < image.count &&
                memcmp(torn, image.data, image.begins[whole + 1]) == 0)
                whole++;
            for (f->count = 0; f->count < 6; f->count++)
                f->sizes[f->count] = f->count * 13;
            fixture_must_start(f);
            assert_int_equal(f->count, whole > 0 ? whole - 1 : 0);
            u64 left = size - MIN(size, image.begins[whole]);
            while (left > 0 && torn[image.begins[whole] + left - 1] == 0)
                left--;
            assert_int_equal(f->log.cut.happened, left > 0);
            if (left > 0) {
                assert_int_equal(f->log.cut.offset, image.begins[whole]);
                assert_int_equal(f->log.cut.size, left);
                assert_string_equal(f->log.cut.file, FIRST);
            }
            fixture_must_append(f, 20);
            assert_ok(log_close(&f->log, &f->err), &f->err);
            u64 count = f->count;
            fixture_must_start(f);
            assert_int_equal(f->count, count);
            assert_true(f->log.clean && !f->log.cut.happened);
            fixture_crash(f);
        }
    }
    free(torn);
    free(image.data);
    fixture_remove(f);
}

TEST(crash_what_was_cut_does_not_come_back)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    memset(image.data + image.used, 0xEE, 1000);
    fixture_store(f, FIRST, image.data, image.size);
    fixture_must_start(f);
    assert_int_equal(f->log.cut.size, 1000);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_must_start(f);
    assert_true(f->log.clean && !f->log.cut.happened);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    free(image.data);
    fixture_remove(f);
}

TEST(crash_a_flipped_bit_is_refused_or_cuts_the_last_record_only)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    for (u64 at = 0; at < image.used + 64; at++) {
        for (u32 bit = 0; bit < 8; bit++) {
            image.data[at] ^= (u8)(1u << bit);
            fixture_store(f, FIRST, image.data, image.size);
            image.data[at] ^= (u8)(1u << bit);
            f->count = 6;
            enum status status = log_open(&f->log, &f->options, &f->err);
            if (!status) status = fixture_read(f, 0);
            if (at < sizeof(struct segment_header)) {
                assert_int_equal(status, FAIL);
                assert_string_equal(f->err.sqlstate, "XX001");
                assert_non_null(strstr(f->err.message, FIRST "\" is damaged at offset 0"));
            } else if (at < image.begins[image.count - 1]) {
                char where[64];
                snprintf(where, sizeof where, FIRST "\" is damaged at offset %llu",
                         (unsigned long long)image.begins[record_at(&image, at)]);
                assert_int_equal(status, FAIL);
                assert_string_equal(f->err.sqlstate, "XX001");
                assert_non_null(strstr(f->err.message, where));
            } else {
                assert_ok(status, &f->err);
                assert_int_equal(f->read_count, at < image.used ? 5 : 6);
                assert_true(f->log.cut.happened && !f->log.clean);
            }
            (void)!log_close(&f->log, NULL);
        }
    }
    free(image.data);
    fixture_remove(f);
}

TEST(crash_a_lost_block_in_the_middle_is_refused)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    for (u32 index = 0; index + 1 < image.count; index++) {
        u8 *holed = malloc(image.size);
        memcpy(holed, image.data, image.size);
        memset(holed + image.begins[index], 0, image.begins[index + 1] - image.begins[index]);
        fixture_store(f, FIRST, holed, image.size);
        free(holed);
        f->count = 6;
        assert_int_equal(fixture_start(f), FAIL);
        assert_string_equal(f->err.sqlstate, "XX001");
    }
    free(image.data);
    fixture_remove(f);
}

/* Several files, each written and sealed. Returns their number. */
static u32 many_files(struct fixture *f, char names[][64])
{
    f->options.segment_size = KIB(4);
    fixture_must_start(f);
    for (u32 index = 0; index < 60; index++) {
        fixture_must_append(f, 200);
        log_flush(&f->log);
    }
    u32 count = fixture_segments(f, names, 32);
    assert_true(count >= 4);
    fixture_crash(f);
    return count;
}

TEST(crash_a_missing_or_foreign_file_is_refused)
{
    struct fixture *f = fixture_make();
    char names[32][64];
    u32 count = many_files(f, names);
    for (u32 index = 0; index + 1 < count; index++) {
        u64 size, size_other;
        u8 *data = fixture_load(f, names[index], &size);
        u8 *other = fixture_load(f, names[index + 1], &size_other);
        char path[SCRATCH_SIZE + 64];
        scratch_path(path, sizeof path, f->dir, names[index]);
        unlink(path);
        f->count = 60;
        assert_int_equal(fixture_start(f), FAIL);
        assert_string_equal(f->err.sqlstate, index == 0 ? "58P01" : "XX001");
        fixture_store(f, names[index], other, size_other); /* in its place, the next one */
        f->count = 60;
        assert_int_equal(fixture_start(f), FAIL);
        assert_string_equal(f->err.sqlstate, "XX001");
        fixture_store(f, names[index], data, size);
        free(data);
        free(other);
    }
    f->count = 60;
    fixture_must_start(f);
    assert_int_equal(f->count, 60);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(crash_a_file_cut_short_in_the_middle_of_the_log_is_refused)
{
    struct fixture *f = fixture_make();
    char names[32][64];
    u32 count = many_files(f, names);
    for (u32 index = 0; index + 1 < count; index++) {
        u64 size;
        u8 *data = fixture_load(f, names[index], &size);
        for (u64 cut = size - 1; cut > 100; cut -= 97) {
            fixture_store(f, names[index], data, cut);
            f->count = 60;
            assert_int_equal(fixture_start(f), FAIL);
            assert_string_equal(f->err.sqlstate, "XX001");
            if (cut < 200) break;
        }
        fixture_store(f, names[index], data, size);
        free(data);
    }
    fixture_remove(f);
}

/* Under never nothing is promised: a hole ends the log, and files behind it go. */
TEST(crash_under_never_a_hole_is_cut_with_all_that_follows)
{
    struct fixture *f = fixture_make();
    f->options.sync = LOG_SYNC_NEVER;
    char names[32][64];
    u32 count = many_files(f, names);
    u64 size;
    u8 *data = fixture_load(f, names[1], &size);
    memset(data + 64 + 240 * 3, 0, 240);
    fixture_store(f, names[1], data, size);
    free(data);
    f->count = 60;
    fixture_must_start(f);
    assert_true(f->count > 10 && f->count < 40);
    assert_true(f->log.cut.happened);
    assert_string_equal(f->log.cut.file, names[1]);
    assert_int_equal(fixture_segments(f, names, 32), 2);
    assert_true(count > 2);
    fixture_must_append(f, 100);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    u64 left = f->count;
    fixture_must_start(f);
    assert_int_equal(f->count, left);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

/* A clean stop syncs, whatever the mode: a hole before it is damage. */
TEST(crash_a_hole_before_a_clean_stop_is_refused_under_never_too)
{
    struct fixture *f = fixture_make();
    f->options.sync = LOG_SYNC_NEVER;
    fixture_must_start(f);
    for (u32 index = 0; index < 10; index++)
        fixture_must_append(f, 200);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    u64 size;
    u8 *data = fixture_load(f, FIRST, &size);
    data[64 + 56 + 240 * 3]++;
    fixture_store(f, FIRST, data, size);
    free(data);
    assert_int_equal(fixture_start(f), FAIL);
    assert_string_equal(f->err.sqlstate, "XX001");
    fixture_remove(f);
}

/* Two lives from one beginning: a record of the other life has the right sequence, tick and place, and
 * is whole, but does not follow. */
TEST(crash_a_record_of_another_life_does_not_fit)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    fixture_must_start(f); /* the same bytes, then START and one more */
    f->sizes[6] = 0;
    fixture_must_append(f, 80);
    fixture_must_append(f, 80);
    log_flush(&f->log);
    u64 size;
    u8 *one = fixture_load(f, FIRST, &size);
    fixture_crash(f);
    fixture_store(f, FIRST, image.data, image.size);
    f->count = 6;
    fixture_must_start(f);
    fixture_must_append(f, 80);
    fixture_must_append(f, 80);
    log_flush(&f->log);
    u8 *other = fixture_load(f, FIRST, &size);
    fixture_crash(f);
    /* The STARTs differ by their time, so the records behind them differ by their previous. */
    u64 begin = image.used + record_size(sizeof(struct record_start));
    memcpy(one + begin, other + begin, record_size(80) * 2);
    fixture_store(f, FIRST, one, size);
    f->count = 8;
    fixture_must_start(f);
    assert_int_equal(f->count, 6);
    assert_true(f->log.cut.happened);
    assert_int_equal(f->log.cut.offset, begin);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    free(one);
    free(other);
    free(image.data);
    fixture_remove(f);
}

/* What a full disk refused was in the file for a moment; it must not come back. */
TEST(crash_what_a_full_disk_refused_is_not_in_the_log)
{
    struct fixture *f = fixture_make();
    f->options.segment_size = KIB(64);
    fault_set(&(struct fault_plan){ .space_limited = true, .space = KIB(8) });
    fixture_must_start(f);
    for (u32 index = 0; index < 12; index++)
        fixture_must_append(f, 1000);
    log_flush(&f->log);
    assert_int_equal(log_status(&f->log, &f->err), FAIL);
    assert_int_equal(fixture_durable(f), 0);
    fixture_crash(f);
    fixture_must_start(f);
    assert_int_equal(f->count, 0);
    assert_false(f->log.cut.happened);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(crash_a_power_loss_under_never_after_always_changes_the_epoch)
{
    struct fixture *f = fixture_make();
    fault_set(&(struct fault_plan){ .discard_unsynced = true });
    fixture_must_start(f);
    u32 epoch = f->log.epoch;
    assert_ok(log_close(&f->log, &f->err), &f->err);
    f->options.sync = LOG_SYNC_NEVER;
    fixture_must_start(f);
    fixture_must_append(f, 10);
    log_flush(&f->log);
    assert_int_equal(fixture_durable(f), 1); /* and someone was told */
    fault_lose_unsynced(0, 1);
    fixture_crash(f);
    fixture_must_start(f);
    assert_int_equal(f->count, 0);
    assert_int_not_equal(f->log.epoch, epoch);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

static void append_some(struct fixture *f, struct rand *rand)
{
    for (u64 left = rand_below(rand, 60); left > 0; left--) {
        u64 size = rand_chance(rand, 1, 20) ? 5000 : rand_below(rand, 300);
        if (!log_has_room(&f->log, size)) log_flush(&f->log);
        fixture_must_append(f, size);
        if (rand_chance(rand, 1, 6)) log_flush(&f->log);
    }
}

/* One life on a disk that forgets; true when the log was closed in order. */
static bool live_and_die(struct fixture *f, struct rand *rand, u64 *promised)
{
    append_some(f, rand);
    bool always = f->options.sync == LOG_SYNC_ALWAYS;
    if (rand_chance(rand, 1, 4)) {
        assert_ok(log_close(&f->log, &f->err), &f->err);
        *promised = f->count;
        return true;
    }
    if (always) *promised = fixture_durable(f);
    if (rand_chance(rand, 1, 2)) { /* death within a call */
        fault_set(&(struct fault_plan){
            .discard_unsynced = true, .fail_from = 1 + rand_below(rand, 3), .fail_short = true });
        log_flush(&f->log);
        if (always) *promised = fixture_durable(f);
    }
    fault_set(&(struct fault_plan){ .discard_unsynced = true, .fail_from = 1 });
    (void)!log_close(&f->log, NULL);
    return false;
}

/* The process dies, and mostly the machine with it; whatever sectors reached the disk, the log opens,
 * holds a prefix, and under always all that was durable. */
static void lose_power(struct fixture *f, struct rand *rand, u32 keep_percent)
{
    u64 promised = 0;
    bool stopped = false;
    for (u32 round = 0; round < 16; round++) {
        bool interrupted = rand_chance(rand, 1, 4); /* the start itself does not end */
        fault_set(&(struct fault_plan){ .discard_unsynced = true,
                                        .fail_from = interrupted ? 20 + rand_below(rand, 30) : 0 });
        u64 count = f->count;
        enum status status = fixture_start(f);
        if (!interrupted) assert_ok(status, &f->err);
        if (!status) {
            assert_true(f->count >= promised);
            if (stopped) assert_true(f->log.clean && f->count == promised);
            fault_set(&(struct fault_plan){ .discard_unsynced = true });
            stopped = live_and_die(f, rand, &promised);
        } else {
            assert_string_not_equal(f->err.sqlstate, "XX001");
            f->count = count; /* it is not known how much was read */
            stopped = false;
        }
        if (rand_chance(rand, 2, 3)) {
            fault_lose_unsynced(keep_percent, rand_next(rand));
            if (f->options.sync != LOG_SYNC_ALWAYS && !stopped) promised = 0;
        }
    }
}

TEST(crash_a_power_loss_leaves_a_prefix_with_all_that_was_durable)
{
    struct rand rand = { .state = test_seed(21) };
    for (u32 round = 0; round < 12 * test_rounds(1); round++) {
        struct fixture *f = fixture_make();
        f->options.segment_size = KIB(8);
        f->options.sync = round % 3;
        f->options.interval_us = 1;
        lose_power(f, &rand, (u32)(u8[]){ 0, 50, 90, 100 }[round / 3 % 4]);
        fixture_remove(f);
    }
}

/* One life of a log; stops at the first failure. Returns how many records were promised. */
static enum status live(struct fixture *f, u64 *promised)
{
    *promised = 0;
    u64 count = f->count;
    enum status status = fixture_start(f);
    *promised = status ? count : f->count;
    if (status) return status;
    for (u32 index = 0; index < 12 && !status; index++) {
        status = fixture_append(f, 400);
        if (!status) log_flush(&f->log);
        if (!status) status = log_status(&f->log, &f->err);
        if (!status && index == 8) status = log_trim(&f->log, 0, &f->err);
    }
    *promised = fixture_durable(f);
    enum status closed = log_close(&f->log, &f->err);
    return status ? status : closed;
}

static void check_enumeration(struct fault_plan plan)
{
    for (u64 from = 1;; from++) {
        struct fixture *f = fixture_make();
        f->options.segment_size = KIB(4);
        u64 promised;
        assert_ok(live(f, &promised), &f->err); /* so that there is something to lose */
        plan.fail_from = from;
        fault_set(&plan);
        enum status status = live(f, &promised);
        bool reached = fault_call_count() >= from;
        if (plan.discard_unsynced) fault_lose_unsynced(0, 1);
        fault_clear();
        if (!reached) assert_ok(status, &f->err);
        if (status) assert_true(f->err.message[0] != '\0');

        u64 second;
        f->count = MAX(f->count, promised);
        assert_ok(live(f, &second), &f->err);
        assert_true(f->read_count >= promised);
        fixture_remove(f);
        if (!reached) break;
    }
}

TEST(crash_any_call_may_fail_once)
{
    check_enumeration((struct fault_plan){ .fail_count = 1, .fail_short = true });
    check_enumeration((struct fault_plan){ .fail_count = 1, .fail_errno = 28 });
}

TEST(crash_after_any_call_nothing_promised_is_lost)
{
    check_enumeration((struct fault_plan){ .fail_short = true });
    check_enumeration((struct fault_plan){ .discard_unsynced = true });
}

/* Arbitrary bytes behind the header, and mutations of a true log: never a wrong record, never a
 * crash. */
TEST(crash_the_reader_takes_arbitrary_bytes)
{
    struct fixture *f = fixture_make();
    struct image image;
    image_make(&image, f);
    struct rand rand = { .state = test_seed(8) };
    u8 *data = malloc(image.size);
    for (u32 round = 0; round < 2000 * test_rounds(1); round++) {
        memcpy(data, image.data, image.size);
        u64 from = 64 + rand_below(&rand, image.used);
        u64 size = MIN(1 + rand_below(&rand, 300), image.size - from);
        switch (rand_below(&rand, 4)) {
        case 0: /* noise */
            for (u64 index = 0; index < size; index++)
                data[from + index] = (u8)rand_next(&rand);
            break;
        case 1: /* a piece moved */
            memmove(data + 64 + rand_below(&rand, 500), data + from, MIN(size, 300));
            break;
        case 2: /* zeros */ memset(data + from, 0, size); break;
        default: /* a record repeated at the end */
            memcpy(data + image.used, data + image.begins[rand_below(&rand, image.count)], 80);
        }
        fixture_store(f, FIRST, data, rand_chance(&rand, 1, 4) ? from : image.size);
        f->count = 6;
        enum status status = log_open(&f->log, &f->options, &f->err);
        if (!status) status = fixture_read(f, 0);
        if (status) assert_string_equal(f->err.sqlstate, "XX001");
        (void)!log_close(&f->log, NULL);
    }
    free(data);
    free(image.data);
    fixture_remove(f);
}

TEST(record_parse_trusts_nothing)
{
    struct rand rand = { .state = test_seed(9) };
    static u8 data[512];
    struct record_header header = { .size = 100, .sequence = 5, .tick = 4, .kind = 3 };
    for (u32 round = 0; round < 100000 * test_rounds(1); round++) {
        memset(data, 0, sizeof data);
        memcpy(data, &header, sizeof header);
        u32 crc = record_seal(data, 77);
        struct record_header parsed;
        u64 needed;
        assert_int_equal(record_parse(data, sizeof data, 77, &parsed, &needed), RECORD_WHOLE);
        assert_true(parsed.crc == crc && needed == 144);
        assert_int_equal(record_parse(data, 143, 77, &parsed, &needed), RECORD_SHORT);
        assert_int_equal(record_parse(data, 39, 77, &parsed, &needed), RECORD_SHORT);
        assert_int_equal(record_parse(data, sizeof data, 78, &parsed, &needed), RECORD_BAD);
        for (u64 count = 1 + rand_below(&rand, 4); count > 0; count--)
            data[rand_below(&rand, 144)] ^= (u8)(1 + rand_below(&rand, 255));
        enum record_result result = record_parse(data, sizeof data, 77, &parsed, &needed);
        if (result == RECORD_WHOLE) { /* flips that met each other */
            assert_true(parsed.crc == crc);
        }
    }
}
