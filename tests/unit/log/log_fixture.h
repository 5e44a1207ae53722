/* A directory, a log in it, and a model of what was appended. */
#pragma once

#include <sys/stat.h>

#include "base/rand.h"
#include "log/log.h"
#include "os/fault.h"
#include "tests/scratch.h"
#include "tests/test.h"

#define MODEL_COUNT_MAX 20000

/* A record is known by its number; payload and kind follow from it. */
struct fixture {
    struct mem mem;
    struct err err;
    char dir[SCRATCH_SIZE];
    struct log_options options;
    struct log log;
    u64 sizes[MODEL_COUNT_MAX]; /* of the payloads */
    u64 sequences[MODEL_COUNT_MAX];
    u64 count;      /* appended */
    u64 read_count; /* read at the last fixture_read */
};

/* Large, so one for each test program. */
static struct fixture fixture;

static inline struct fixture *fixture_make(void)
{
    struct fixture *f = &fixture;
    fault_clear();
    memset(f, 0, sizeof *f);
    mem_init(&f->mem, "test", NULL, 0);
    scratch_make(f->dir);
    f->options = (struct log_options){ .dir = f->dir,
                                       .mem = &f->mem,
                                       .no_thread = true,
                                       .segment_size = KIB(64),
                                       .group_size = KIB(16) };
    return f;
}

static inline void fixture_remove(struct fixture *f)
{
    fault_clear();
    scratch_remove(f->dir);
    mem_deinit(&f->mem);
}

static inline void payload_fill(u8 *data, u64 number, u64 size)
{
    struct rand rand = { .state = number };
    for (u64 index = 0; index < size; index++)
        data[index] = (u8)rand_next(&rand);
}

/* Appends record number f->count with tick count + 1. */
static inline enum status fixture_append(struct fixture *f, u64 size)
{
    static u8 data[MIB(1)];
    assert_true(f->count < MODEL_COUNT_MAX && size <= sizeof data);
    payload_fill(data, f->count, size);
    u64 part = size / 3;
    struct slice slices[] = { slice_make((char *)data, part), slice_make(NULL, 0),
                              slice_make((char *)data + part, size - part) };
    u64 sequence;
    enum status status = log_append(&f->log, (u8)(f->count % LOG_KIND_MAX + 1), f->count + 1,
                                    slices, countof(slices), &sequence, &f->err);
    if (status) return status;
    f->sizes[f->count] = size;
    f->sequences[f->count] = sequence;
    f->count++;
    return OK;
}

/* How many records, from the front, are durable. */
static inline u64 fixture_durable(const struct fixture *f)
{
    u64 durable = log_durable(&f->log);
    u64 count = f->count;
    while (count > 0 && f->sequences[count - 1] > durable)
        count--;
    return count;
}

/* Reads to the end; each record must be the one of the model with its number, from first on. */
static inline enum status fixture_read(struct fixture *f, u64 first)
{
    static u8 data[MIB(1)];
    f->read_count = first;
    struct log_record record;
    for (;;) {
        enum log_read result = log_read_next(&f->log, &record, &f->err);
        if (result == LOG_READ_FAILED) return FAIL;
        if (result == LOG_READ_END) return OK;
        u64 number = f->read_count++;
        assert_true(number < f->count);
        assert_int_equal(record.tick, number + 1);
        assert_int_equal(record.kind, number % LOG_KIND_MAX + 1);
        assert_int_equal(record.payload.size, f->sizes[number]);
        assert_int_equal((uintptr_t)record.payload.data % 8, 0);
        payload_fill(data, number, record.payload.size);
        if (record.payload.size > 0)
            assert_memory_equal(record.payload.data, data, record.payload.size);
    }
}

/* Opens, reads, starts. On success the model holds what was read. */
static inline enum status fixture_start(struct fixture *f)
{
    enum status status = log_open(&f->log, &f->options, &f->err);
    if (!status) status = fixture_read(f, 0);
    if (!status) f->count = f->read_count;
    if (!status) status = log_start(&f->log, &f->err);
    if (status) (void)!log_close(&f->log, NULL);
    return status;
}

static inline void fixture_must_start(struct fixture *f)
{
    assert_ok(fixture_start(f), &f->err);
}

static inline void fixture_must_append(struct fixture *f, u64 size)
{
    assert_ok(fixture_append(f, size), &f->err);
}

/* Ends without a clean stop, as a crash of the process: what was written stays. */
static inline void fixture_crash(struct fixture *f)
{
    fault_set(&(struct fault_plan){ .fail_from = 1 });
    assert_int_equal(log_close(&f->log, NULL), FAIL);
    fault_clear();
}

/* The bytes of a file in the directory; the caller frees them. */
static inline u8 *fixture_load(const struct fixture *f, const char *name, u64 *size)
{
    char path[SCRATCH_SIZE + 64];
    scratch_path(path, sizeof path, f->dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct stat stat_;
    assert_int_equal(fstat(fileno(file), &stat_), 0);
    *size = (u64)stat_.st_size;
    u8 *data = malloc(*size + 1);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

static inline void fixture_store(const struct fixture *f, const char *name, const u8 *data,
                                 u64 size)
{
    char path[SCRATCH_SIZE + 64];
    scratch_path(path, sizeof path, f->dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

/* Names of the segments, and how many there are. */
static inline u32 fixture_segments(struct fixture *f, char names[][64], u32 count_max)
{
    struct arena arena;
    arena_init(&arena, &f->mem);
    struct file_list list;
    assert_ok(file_dir_list(f->dir, &arena, &list, &f->err), &f->err);
    u32 count = 0;
    for (u32 index = 0; index < list.count; index++)
        if (strstr(list.names[index], ".log") && count < count_max)
            snprintf(names[count++], 64, "%.63s", list.names[index]);
    arena_deinit(&arena);
    return count;
}
