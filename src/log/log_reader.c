#include "log/log_reader.h"

#include "base/assert.h"

#define BUFFER_SIZE MIB(1)
/* Sequences that a record further on may have: more do not fit behind a torn one. */
#define SEQUENCE_AHEAD_MAX ((u64)1 << 40)

static enum status choose_segment(struct log_reader *reader, struct err *err);
static enum status sum_sizes(struct log_reader *reader, struct err *err);
static void enter_segment(struct log_reader *reader);
static enum status buffer_fill(struct log_reader *reader, u64 offset, u64 size, struct err *err);
static enum log_read judge(struct log_reader *reader, struct err *err);

enum status log_reader_open(struct log_reader *reader, const char *dir, u64 tick_from,
                            struct mem *mem, struct err *err)
{
    *reader = (struct log_reader){
        .mem = mem, .dir = dir, .tick_from = tick_from, .segment = SEGMENT_CLOSED
    };
    arena_init(&reader->arena, mem);
    if (segment_list(dir, &reader->arena, &reader->bases, &reader->segment_count, err)) goto fail;
    assert(reader->segment_count > 0);
    if (choose_segment(reader, err)) goto fail;
    if (sum_sizes(reader, err)) goto fail;
    reader->salt = record_salt(reader->segment.header.hash_seed);
    reader->sequence = reader->segment.header.base;
    reader->previous = reader->segment.header.previous;
    reader->tick_last = reader->segment.header.tick_before;
    enter_segment(reader);
    return OK;

fail:
    log_reader_close(reader);
    return FAIL;
}

/* The last segment before which every record is older than tick_from, or the first of all. */
static enum status choose_segment(struct log_reader *reader, struct err *err)
{
    u32 index = reader->segment_count;
    while (index-- > 0) {
        segment_close(&reader->segment);
        if (segment_open(&reader->segment, reader->dir, reader->bases[index], FILE_READ, err))
            return FAIL;
        if (reader->segment.header.tick_before < reader->tick_from) break;
        if (index == 0) break;
    }
    reader->segment_index = index;
    const struct segment_header *header = &reader->segment.header;
    if (header->base == 1 || header->tick_before < reader->tick_from) return OK;
    err_set(err, "58P01", "the beginning of the log in \"%s\" is missing", reader->dir);
    return err_detail(err, "Tick %llu is needed, the oldest file begins after tick %llu.",
                      (unsigned long long)reader->tick_from,
                      (unsigned long long)header->tick_before);
}

static enum status sum_sizes(struct log_reader *reader, struct err *err)
{
    reader->size_total = reader->segment.size;
    for (u32 index = reader->segment_index + 1; index < reader->segment_count; index++) {
        struct segment segment;
        if (segment_open(&segment, reader->dir, reader->bases[index], FILE_READ, err)) return FAIL;
        reader->size_total += segment.size;
        segment_close(&segment);
    }
    return OK;
}

/* Reading goes on at the first record of the open segment. */
static void enter_segment(struct log_reader *reader)
{
    reader->offset = sizeof(struct segment_header);
    reader->buffer_size = 0;
    reader->epoch = reader->segment.header.epoch;
    reader->sync = reader->segment.header.sync;
}

void log_reader_close(struct log_reader *reader)
{
    if (!reader->mem) return;
    segment_close(&reader->segment);
    arena_deinit(&reader->arena);
    mem_free(reader->mem, reader->buffer, reader->buffer_capacity);
    *reader = (struct log_reader){ .segment = SEGMENT_CLOSED };
}

/* Parses at offset of the open file, reading as much as it takes. */
static enum status parse_at(struct log_reader *reader, u64 offset, struct record_header *header,
                            enum record_result *result, struct err *err)
{
    u64 size_left = reader->segment.size - MIN(offset, reader->segment.size);
    u64 size_needed = sizeof *header;
    for (;;) {
        *result = RECORD_BAD;
        if (size_needed > size_left) return OK; /* it would end behind the end of the file */
        if (buffer_fill(reader, offset, size_needed, err)) return FAIL;
        u64 start = offset - reader->buffer_offset;
        *result = record_parse(reader->buffer + start, reader->buffer_size - start, reader->salt,
                               header, &size_needed);
        if (*result != RECORD_SHORT) return OK;
    }
}

/* Makes size bytes from offset stand in the buffer; the file has them. */
static enum status buffer_fill(struct log_reader *reader, u64 offset, u64 size, struct err *err)
{
    u64 end = reader->buffer_offset + reader->buffer_size;
    if (offset >= reader->buffer_offset && offset + size <= end) return OK;
    u64 wanted = MIN(MAX(size, BUFFER_SIZE), reader->segment.size - offset);
    if (reader->buffer_capacity < wanted) {
        mem_free(reader->mem, reader->buffer, reader->buffer_capacity);
        reader->buffer_capacity = MAX(wanted, BUFFER_SIZE);
        reader->buffer = mem_alloc(reader->mem, reader->buffer_capacity);
    }
    size_t got;
    reader->buffer_size = 0;
    if (file_pread(&reader->segment.file, reader->buffer, wanted, offset, &got, err)) return FAIL;
    reader->buffer_offset = offset;
    reader->buffer_size = got;
    if (got >= size) return OK;
    return err_set(err, "58030", "file \"%s\" ended while it was read", reader->segment.file.path);
}

static void note_start(struct log_reader *reader, struct slice payload)
{
    struct record_start start;
    if (payload.size != sizeof start) return; /* cannot be: its crc was right */
    memcpy(&start, payload.data, sizeof start);
    reader->epoch = start.epoch;
    reader->sync = start.sync;
}

enum log_read log_reader_next(struct log_reader *reader, struct record_header *header,
                              struct slice *payload, struct err *err)
{
    while (!reader->ended) {
        enum record_result result;
        if (parse_at(reader, reader->offset, header, &result, err)) return LOG_READ_FAILED;
        bool fits = result == RECORD_WHOLE && header->sequence == reader->sequence &&
                    header->previous == reader->previous && header->tick >= reader->tick_last;
        if (!fits) {
            enum log_read judged = judge(reader, err);
            if (judged != LOG_READ_RECORD) return judged;
            continue; /* the next segment goes on */
        }
        u8 *data = reader->buffer + (reader->offset - reader->buffer_offset);
        *payload = slice_make((char *)data + sizeof *header, header->size);
        reader->offset += record_size(header->size);
        reader->sequence++;
        reader->previous = header->crc;
        reader->tick_last = header->tick;
        reader->kind_last = header->kind;
        reader->record_count++;
        if (header->kind == RECORD_KIND_START) note_start(reader, *payload);
        return LOG_READ_RECORD;
    }
    return LOG_READ_END;
}

/* What stands behind the place where no record could be read. */
struct rest {
    bool proof;     /* something there says that the expected record was synced */
    u64 proof_base; /* its segment and offset */
    u64 proof_offset;
    u64 size;      /* up to the last byte that is not zero, in the segment of the tail */
    bool anything; /* any byte that is not zero, anywhere */
};

static enum status rest_scan(struct log_reader *reader, u64 offset, struct rest *rest,
                             struct err *err);
static enum status rest_scan_next(struct log_reader *reader, u32 index, struct rest *rest,
                                  struct err *err);

/* Whether the next segment goes on exactly here; then it is open. */
static enum status try_next_segment(struct log_reader *reader, bool *goes_on, struct err *err)
{
    *goes_on = false;
    if (reader->segment_index + 1 == reader->segment_count) return OK;
    struct segment next;
    u64 base = reader->bases[reader->segment_index + 1];
    if (segment_open(&next, reader->dir, base, FILE_READ, err)) return FAIL;
    const struct segment_header *header = &next.header;
    *goes_on = base == reader->sequence && header->previous == reader->previous &&
               header->tick_before == reader->tick_last &&
               header->hash_seed == reader->segment.header.hash_seed;
    if (!*goes_on) {
        segment_close(&next);
        return OK;
    }
    reader->size_done += reader->segment.size;
    segment_close(&reader->segment);
    reader->segment = next;
    reader->segment_index++;
    enter_segment(reader);
    return OK;
}

static enum log_read refuse(const struct log_reader *reader, const struct rest *rest,
                            struct err *err)
{
    char name[SEGMENT_NAME_SIZE];
    segment_name(name, rest->proof_base);
    err_set(err, "XX001", "log file \"%s\" is damaged at offset %llu", reader->segment.file.path,
            (unsigned long long)reader->offset);
    err_detail(
        err,
        "Record %llu cannot be read there, and what stands in \"%s\" at offset %llu says that "
        "it was on disk.",
        (unsigned long long)reader->sequence, name, (unsigned long long)rest->proof_offset);
    err_hint(err, "Nothing was changed. Restore the file from a copy.");
    return LOG_READ_FAILED;
}

/* LOG_READ_RECORD: the next segment is open, go on. */
static enum log_read judge(struct log_reader *reader, struct err *err)
{
    bool goes_on;
    if (try_next_segment(reader, &goes_on, err)) return LOG_READ_FAILED;
    if (goes_on) return LOG_READ_RECORD;

    struct rest rest = { .proof = false };
    if (rest_scan(reader, reader->offset, &rest, err)) return LOG_READ_FAILED;
    for (u32 index = reader->segment_index + 1; index < reader->segment_count && !rest.proof;
         index++)
        if (rest_scan_next(reader, index, &rest, err)) return LOG_READ_FAILED;
    if (rest.proof) return refuse(reader, &rest, err);

    reader->ended = true;
    if (rest.anything) {
        reader->cut =
            (struct log_cut){ .happened = true, .offset = reader->offset, .size = rest.size };
        segment_name(reader->cut.file, reader->bases[reader->segment_index]);
    }
    reader->size_done = reader->size_total;
    return LOG_READ_END;
}

/* A later segment: its header proves that all before it was synced, unless made under never. */
static enum status rest_scan_next(struct log_reader *reader, u32 index, struct rest *rest,
                                  struct err *err)
{
    /* The buffer and the scan serve this segment for a while; the tail's comes back after. */
    struct segment tail = reader->segment;
    if (segment_open(&reader->segment, reader->dir, reader->bases[index], FILE_READ, err)) {
        reader->segment = tail;
        return FAIL;
    }
    const struct segment_header *header = &reader->segment.header;
    rest->anything = true;
    enum status status = OK;
    if (header->base <= reader->sequence || header->sync != LOG_SYNC_NEVER ||
        header->hash_seed != tail.header.hash_seed) {
        rest->proof = true;
        rest->proof_base = reader->bases[index];
        rest->proof_offset = 0;
    } else {
        u64 size = rest->size; /* is told of the tail's segment only */
        reader->buffer_size = 0;
        status = rest_scan(reader, sizeof *header, rest, err);
        rest->size = size;
    }
    segment_close(&reader->segment);
    reader->segment = tail;
    reader->buffer_size = 0;
    return status;
}

/* Whether a whole record stands at offset, where its header looks like one, that was written when
 * the expected record was synced. */
static enum status is_proof(struct log_reader *reader, u64 offset, bool *proof, struct err *err)
{
    struct record_header header;
    enum record_result result;
    *proof = false;
    if (parse_at(reader, offset, &header, &result, err)) return FAIL;
    *proof = result == RECORD_WHOLE && header.sequence > reader->sequence &&
             header.synced >= reader->sequence;
    return OK;
}

static bool looks_like_header(const struct log_reader *reader, const u8 *data)
{
    struct record_header header;
    memcpy(&header, data, sizeof header);
    return header.magic == RECORD_MAGIC && header.sequence > reader->sequence &&
           header.sequence - reader->sequence < SEQUENCE_AHEAD_MAX &&
           header.synced < header.sequence && header.synced >= reader->sequence;
}

/* The first place from which on where a header may stand, or size. */
static u64 find_header(const struct log_reader *reader, const u8 *data, u64 from, u64 size)
{
    for (u64 at = from; at + sizeof(struct record_header) <= size; at += 8)
        if (data[at + offsetof(struct record_header, magic)] == RECORD_MAGIC &&
            looks_like_header(reader, data + at))
            return at;
    return size;
}

static u64 size_without_zeros(const u8 *data, u64 size)
{
    for (u64 word; size >= sizeof word; size -= sizeof word) {
        memcpy(&word, data + size - sizeof word, sizeof word);
        if (word) break;
    }
    while (size > 0 && data[size - 1] == 0)
        size--;
    return size;
}

static enum status scan_window(struct log_reader *reader, u64 offset, u64 size, struct rest *rest,
                               struct err *err)
{
    u64 at = 0;
    while (!rest->proof) {
        /* Again after each candidate: looking at it may have moved the buffer. */
        if (buffer_fill(reader, offset, size, err)) return FAIL;
        const u8 *data = reader->buffer + (offset - reader->buffer_offset);
        u64 size_used = size_without_zeros(data, size);
        if (size_used > 0) {
            rest->anything = true;
            rest->size = offset + size_used - reader->offset;
        }
        at = find_header(reader, data, at, size);
        if (at == size) break;
        if (is_proof(reader, offset + at, &rest->proof, err)) return FAIL;
        rest->proof_base = reader->segment.header.base;
        rest->proof_offset = offset + at;
        at += 8;
    }
    return OK;
}

/* Looks through the open segment from offset on, at every place where a record can begin. */
static enum status rest_scan(struct log_reader *reader, u64 offset, struct rest *rest,
                             struct err *err)
{
    while (offset < reader->segment.size && !rest->proof) {
        u64 left = reader->segment.size - offset;
        u64 size = MIN(left, BUFFER_SIZE);
        if (scan_window(reader, offset, size, rest, err)) return FAIL;
        /* A header that begins in the last bytes of a window is whole in the next one. */
        offset += size == left ? size : size - (sizeof(struct record_header) - 8);
    }
    return OK;
}
