#include "flow/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/crc.h"

struct frame_head {
    u32 crc; /* of the rest of the head and the payload */
    u32 size;
    u32 count;
    u32 zero;
    u64 first;
    u64 mark;
};

struct position_slot {
    u32 crc; /* of the rest */
    u32 skip;
    u64 serial;
    u64 segment;
    u64 offset;
    u64 passed;
    u64 mark;
    u64 target;
};

static enum status check_owner(struct spool *spool, struct err *err);
static enum status read_position(struct spool *spool, struct err *err);
static enum status find_segments(struct spool *spool, struct err *err);
static enum status scan(struct spool *spool, struct err *err);
static enum status segment_begin(struct spool *spool, u64 number, struct err *err);
static void segment_path(const struct spool *spool, u64 number, char path[FILE_PATH_SIZE_MAX]);
static void path_in(const struct spool *spool, const char *name, char path[FILE_PATH_SIZE_MAX]);

enum status spool_open(struct spool *spool, const struct spool_options *options, struct err *err)
{
    *spool = (struct spool){ .options = *options,
                             .lock = FILE_CLOSED,
                             .tail = FILE_CLOSED,
                             .head = FILE_CLOSED,
                             .position = FILE_CLOSED };
    if (spool->options.segment_size == 0) spool->options.segment_size = SPOOL_SEGMENT_SIZE;
    buf_init(&spool->frame, options->append_mem);
    buf_init(&spool->read, options->mem);
    if (strlen(options->dir) > FILE_PATH_SIZE_MAX - 32)
        return err_set(err, "54000", "path is too long: \"%.200s\"", options->dir);
    if (file_dir_create(options->dir, err)) return FAIL;
    if (file_lock_dir(&spool->lock, options->dir, err)) return FAIL;
    if (check_owner(spool, err) || read_position(spool, err) || find_segments(spool, err))
        return FAIL;
    return scan(spool, err);
}

void spool_close(struct spool *spool)
{
    if (!spool->options.dir) return;
    file_close(&spool->tail);
    file_close(&spool->head);
    file_close(&spool->position);
    file_close(&spool->lock);
    buf_deinit(&spool->frame);
    buf_deinit(&spool->read);
}

enum status spool_clear(struct spool *spool, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    for (u64 number = spool->place.segment; number <= spool->tail_segment; number++) {
        segment_path(spool, number, path);
        if (file_exists(path) && file_remove(path, err)) return FAIL;
    }
    static const char *const names[] = { "position", "owner", "lock" };
    for (u32 i = 0; i < countof(names); i++) {
        path_in(spool, names[i], path);
        if (file_exists(path) && file_remove(path, err)) return FAIL;
    }
    return OK;
}

/* --- appending --- */

static void frame_build(struct spool *spool, const struct record *batch, u32 count, u64 mark)
{
    struct buf *frame = &spool->frame;
    buf_clear(frame);
    (void)buf_reserve(frame, sizeof(struct frame_head));
    frame->size = sizeof(struct frame_head);
    for (u32 i = 0; i < count; i++) {
        buf_append(frame, &batch[i].size, sizeof batch[i].size);
        buf_append(frame, batch[i].data, batch[i].size);
    }
    struct frame_head *head = (struct frame_head *)frame->data;
    *head = (struct frame_head){ .size = (u32)(frame->size - sizeof *head),
                                 .count = count,
                                 .first = spool->appended,
                                 .mark = mark };
    head->crc = crc32c(0, frame->data + sizeof head->crc, frame->size - sizeof head->crc);
}

struct spool_place spool_end(const struct spool *spool)
{
    return (struct spool_place){ .segment = spool->tail_segment, .offset = spool->tail_offset };
}

enum status spool_append(struct spool *spool, const struct record *batch, u32 count, u64 mark,
                         struct err *err)
{
    assert(count > 0);
    if (spool->tail_offset >= spool->options.segment_size &&
        segment_begin(spool, spool->tail_segment + 1, err))
        return FAIL;
    frame_build(spool, batch, count, mark);
    const struct buf *frame = &spool->frame;
    if (file_pwrite(&spool->tail, frame->data, frame->size, spool->tail_offset, err)) {
        /* What was written of it must not look like a frame. */
        (void)!file_truncate(&spool->tail, spool->tail_offset, NULL);
        if (spool->tail_offset > 0) (void)!segment_begin(spool, spool->tail_segment + 1, NULL);
        return FAIL;
    }
    spool->tail_offset += frame->size;
    spool->appended += count;
    spool->mark = mark;
    return OK;
}

static enum status segment_begin(struct spool *spool, u64 number, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    struct file file;
    segment_path(spool, number, path);
    if (file_open(&file, path, FILE_ANY, err)) return FAIL;
    if (file_truncate(&file, 0, err)) {
        file_close(&file);
        return FAIL;
    }
    file_close(&spool->tail);
    spool->tail = file;
    spool->tail_segment = number;
    spool->tail_offset = 0;
    return OK;
}

/* --- reading --- */

enum load { LOAD_FRAME, LOAD_END, LOAD_TORN, LOAD_FAILED };

/* Do the records' sizes add up to the frame's? */
static bool sizes_fit(const struct frame_head *head, const char *payload)
{
    u64 at = 0;
    for (u32 i = 0; i < head->count; i++) {
        u32 size;
        if (head->size - at < sizeof size) return false;
        memcpy(&size, payload + at, sizeof size);
        at += sizeof size;
        if (head->size - at < size) return false;
        at += size;
    }
    return at == head->size;
}

/* The frame at place.offset of the head segment, into read. LOAD_END: the segment ends there. */
static enum load load_here(struct spool *spool, struct err *err)
{
    struct frame_head head;
    size_t got;
    u64 offset = spool->place.offset;
    if (file_pread(&spool->head, &head, sizeof head, offset, &got, err)) return LOAD_FAILED;
    if (got == 0) return LOAD_END;
    if (got < sizeof head || head.size > SPOOL_FRAME_MAX || head.count == 0) return LOAD_TORN;
    buf_clear(&spool->read);
    char *data = buf_reserve(&spool->read, sizeof head + head.size);
    spool->read.size = sizeof head + head.size;
    if (file_pread(&spool->head, data, spool->read.size, offset, &got, err)) return LOAD_FAILED;
    if (got < spool->read.size) return LOAD_TORN;
    u32 crc = crc32c(0, data + sizeof head.crc, got - sizeof head.crc);
    if (crc != head.crc || head.first != spool->passed || !sizes_fit(&head, data + sizeof head))
        return LOAD_TORN;
    spool->next = data + sizeof head;
    spool->next_count = head.count;
    return LOAD_FRAME;
}

static enum status head_open(struct spool *spool, u64 number, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    file_close(&spool->head);
    segment_path(spool, number, path);
    if (file_open(&spool->head, path, FILE_READ, err)) return FAIL;
    spool->place = (struct spool_place){ .segment = number };
    return OK;
}

static struct record take_next(struct spool *spool)
{
    struct record record = { 0 };
    memcpy(&record.size, spool->next, sizeof record.size);
    record.data = spool->next + sizeof record.size;
    spool->next = record.data + record.size;
    spool->next_count--;
    return record;
}

/* The place behind the frame in read. */
static void pass_frame(struct spool *spool)
{
    const struct frame_head *head = (const struct frame_head *)spool->read.data;
    spool->passed += head->count;
    spool->passed_mark = head->mark;
    spool->place.offset += spool->read.size;
    spool->place.skip = 0;
}

static enum status fail_damaged(const struct spool *spool, struct err *err)
{
    return err_set(err, "XX001", "the spool's file \"%s\" is damaged at byte %" PRIu64,
                   spool->head.path, spool->place.offset);
}

/* Loads the frame that holds the next record; there is one. */
static enum status frame_load(struct spool *spool, struct err *err)
{
    enum load load = load_here(spool, err);
    if (load == LOAD_END) {
        if (head_open(spool, spool->place.segment + 1, err)) return FAIL;
        load = load_here(spool, err);
    }
    if (load == LOAD_FAILED) return FAIL;
    if (load != LOAD_FRAME) return fail_damaged(spool, err);
    for (u32 skipped = 0; skipped < spool->place.skip; skipped++)
        (void)take_next(spool);
    return OK;
}

enum status spool_read(struct spool *spool, struct record *batch, u32 count, u32 *got,
                       struct err *err)
{
    if (spool->next_count == 0 && frame_load(spool, err)) return FAIL;
    u32 taken = MIN(count, spool->next_count);
    for (u32 i = 0; i < taken; i++)
        batch[i] = take_next(spool);
    if (spool->next_count == 0)
        pass_frame(spool);
    else
        spool->place.skip += taken;
    *got = taken;
    return OK;
}

static enum status position_write(struct spool *spool, struct err *err)
{
    struct position_slot slot = { .skip = spool->taken.skip,
                                  .serial = ++spool->position_serial,
                                  .segment = spool->taken.segment,
                                  .offset = spool->taken.offset,
                                  .passed = spool->passed,
                                  .mark = spool->passed_mark,
                                  .target = spool->target };
    slot.crc = crc32c(0, (char *)&slot + sizeof slot.crc, sizeof slot - sizeof slot.crc);
    return file_pwrite(&spool->position, &slot, sizeof slot, slot.serial % 2 * sizeof slot, err);
}

/* Segments before end grow no more: from behind the last frame of one to the next. */
static enum status pass_segments(struct spool *spool, struct spool_place end, struct err *err)
{
    while (spool->next_count == 0 && spool->place.segment < end.segment) {
        u64 size;
        if (file_size(&spool->head, &size, err)) return FAIL;
        if (spool->place.offset < size) break;
        if (head_open(spool, spool->place.segment + 1, err)) return FAIL;
    }
    return OK;
}

enum status spool_settle(struct spool *spool, u64 target, struct spool_place end, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    u64 segment = spool->taken.segment;
    if (pass_segments(spool, end, err)) return FAIL;
    spool->taken = spool->place;
    spool->target = target;
    if (position_write(spool, err)) return FAIL;
    for (; segment < spool->taken.segment; segment++) {
        segment_path(spool, segment, path);
        if (file_remove(path, err)) return FAIL;
    }
    return OK;
}

/* --- opening --- */

static void path_in(const struct spool *spool, const char *name, char path[FILE_PATH_SIZE_MAX])
{
    snprintf(path, FILE_PATH_SIZE_MAX, "%s/%s", spool->options.dir, name);
}

static void segment_path(const struct spool *spool, u64 number, char path[FILE_PATH_SIZE_MAX])
{
    snprintf(path, FILE_PATH_SIZE_MAX, "%s/%016" PRIu64 ".spool", spool->options.dir, number);
}

static enum status check_owner(struct spool *spool, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX], text[FILE_PATH_SIZE_MAX];
    struct file file;
    size_t size = strlen(spool->options.owner), got;
    path_in(spool, "owner", path);
    if (file_open(&file, path, FILE_ANY, err)) return FAIL;
    enum status status = file_pread(&file, text, sizeof text - 1, 0, &got, err);
    text[status ? 0 : got] = 0;
    if (!status && got == 0) {
        status = file_pwrite(&file, spool->options.owner, size, 0, err);
    } else if (!status && strncmp(text, spool->options.owner, sizeof text - 1) != 0) {
        status =
            err_set(err, "55000", "\"%s\" holds what waits for another pipe", spool->options.dir);
        err_detail(err, "It belongs to: %.400s", text);
        err_hint(err, "Let that one finish, or take another directory.");
    }
    file_close(&file);
    return status;
}

static enum status read_position(struct spool *spool, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    struct position_slot slots[2];
    size_t got;
    path_in(spool, "position", path);
    if (file_open(&spool->position, path, FILE_ANY, err)) return FAIL;
    memset(slots, 0, sizeof slots);
    if (file_pread(&spool->position, slots, sizeof slots, 0, &got, err)) return FAIL;
    spool->taken = (struct spool_place){ .segment = 1 };
    for (u32 i = 0; i < countof(slots); i++) {
        const struct position_slot *slot = &slots[i];
        u32 crc = crc32c(0, (const char *)slot + sizeof slot->crc, sizeof *slot - sizeof slot->crc);
        if (crc != slot->crc || slot->serial <= spool->position_serial) continue;
        spool->position_serial = slot->serial;
        spool->taken = (struct spool_place){ .segment = slot->segment,
                                             .offset = slot->offset,
                                             .skip = slot->skip };
        spool->passed = spool->appended = slot->passed;
        spool->passed_mark = spool->mark = slot->mark;
        spool->target = slot->target;
    }
    return OK;
}

/* The last segment, and the removal of those before the place taken, which a kill may have left. */
static enum status find_segments(struct spool *spool, struct err *err)
{
    struct arena arena;
    struct file_list list;
    arena_init(&arena, spool->options.mem);
    enum status status = file_dir_list(spool->options.dir, &arena, &list, err);
    for (u32 i = 0; i < list.count && !status; i++) {
        char *end;
        u64 number = strtoull(list.names[i], &end, 10);
        if (end == list.names[i] || strcmp(end, ".spool") != 0) continue;
        char path[FILE_PATH_SIZE_MAX];
        segment_path(spool, number, path);
        if (number < spool->taken.segment)
            status = file_remove(path, err);
        else
            spool->tail_segment = MAX(spool->tail_segment, number);
    }
    arena_deinit(&arena);
    return status;
}

/* Opens segment number as the one appended to, its frames ending at offset. */
static enum status tail_open(struct spool *spool, u64 number, u64 offset, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    segment_path(spool, number, path);
    if (file_open(&spool->tail, path, FILE_WRITE, err)) return FAIL;
    spool->tail_segment = number;
    spool->tail_offset = offset;
    return file_truncate(&spool->tail, offset, err);
}

static void go_to_taken(struct spool *spool, u64 passed, u64 mark)
{
    spool->place = spool->taken;
    spool->passed = passed;
    spool->passed_mark = mark;
    spool->next_count = 0;
}

/* What the frame in read adds to what waits. */
static void count_frame(struct spool *spool)
{
    u32 skip = spool->place.skip;
    for (u32 i = 0; spool->next_count > 0; i++) {
        struct record record = take_next(spool);
        if (i < skip) continue;
        spool->waiting++;
        spool->waiting_size += record_cost(record.size);
    }
    pass_frame(spool);
    spool->appended = spool->passed;
    spool->mark = spool->passed_mark;
}

/* Counts what waits, from the place taken to the end of the last segment, which is found by it. */
static enum status scan(struct spool *spool, struct err *err)
{
    u64 passed = spool->passed, mark = spool->passed_mark, first = spool->taken.segment;
    if (spool->tail_segment == 0) {
        spool->taken = (struct spool_place){ .segment = first };
        if (segment_begin(spool, first, err)) return FAIL;
    }
    if (head_open(spool, first, err)) return FAIL;
    go_to_taken(spool, passed, mark);
    for (;;) {
        bool last = spool->place.segment == spool->tail_segment;
        enum load load = load_here(spool, err);
        if (load == LOAD_FAILED) return FAIL;
        if (load == LOAD_TORN && !last) return fail_damaged(spool, err);
        if (load == LOAD_FRAME)
            count_frame(spool);
        else if (!last && head_open(spool, spool->place.segment + 1, err))
            return FAIL;
        else if (last)
            break;
    }
    if (tail_open(spool, spool->place.segment, spool->place.offset, err)) return FAIL;
    if (head_open(spool, first, err)) return FAIL;
    go_to_taken(spool, passed, mark);
    spool->is_new = spool->position_serial == 0;
    return OK;
}
