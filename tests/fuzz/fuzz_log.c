/* The log's reader: any bytes behind a true header give whole records, an end, or a refusal. The
 * first byte chooses whether they stand as they are, or as the payloads of true records. */
#include <stdio.h>
#include <stdlib.h>

#include "log/log_reader.h"
#include "tests/fuzz/fuzz.h"

static char dir[64];

static void dir_make(void)
{
    struct err err;
    snprintf(dir, sizeof dir, "/tmp/weir-fuzz-log-XXXXXX");
    if (!mkdtemp(dir)) abort();
    struct segment_header header = { .base = 1, .previous = record_salt(0) };
    struct segment segment;
    assert(!segment_create(&segment, dir, &header, KIB(4), &err));
    segment_close(&segment);
}

static void dir_remove(void)
{
    assert(!segment_remove(dir, 1, NULL));
    (void)!remove(dir);
}

/* Pieces of up to 255 bytes, each with its size before it, sealed one after the other. */
static void put_records(struct buf *out, const u8 *data, size_t size)
{
    struct record_header header = { .previous = record_salt(0) };
    while (size > 0) {
        size_t part = fuzz_take_byte(&data, &size);
        part = MIN(part, size);
        header.size = (u32)part;
        header.sequence++;
        header.kind = (u8)(1 + part);
        size_t begin = out->size;
        buf_append(out, &header, sizeof header);
        buf_append(out, data, part);
        while (out->size % 8 > 0)
            buf_putc(out, 0);
        header.previous = record_seal(out->data + begin, record_salt(0));
        data += part;
        size -= part;
    }
}

static void read_all(struct mem *mem)
{
    struct log_reader reader;
    struct err err;
    assert(!log_reader_open(&reader, dir, 0, mem, &err));
    struct record_header header;
    struct slice payload;
    u64 sequence = 0;
    enum log_read result;
    while ((result = log_reader_next(&reader, &header, &payload, &err)) == LOG_READ_RECORD) {
        assert(header.sequence == ++sequence && payload.size == header.size);
        assert(reader.offset <= reader.segment.size);
    }
    if (result == LOG_READ_FAILED) assert(strcmp(err.sqlstate, "XX001") == 0);
    log_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (!dir[0]) {
        dir_make();
        atexit(dir_remove);
    }
    struct mem mem;
    struct buf out;
    mem_init(&mem, "fuzz", NULL, 0);
    buf_init(&out, &mem);
    if (fuzz_take_byte(&data, &size) % 2)
        put_records(&out, data, size);
    else
        buf_append(&out, data, size);

    struct segment segment;
    assert(!segment_open(&segment, dir, 1, FILE_WRITE, NULL));
    assert(!file_truncate(&segment.file, sizeof segment.header, NULL));
    if (out.size > 0) assert(!file_append(&segment.file, out.data, out.size, NULL));
    segment_close(&segment);
    read_all(&mem);
    buf_deinit(&out);
    mem_deinit(&mem);
    return 0;
}
