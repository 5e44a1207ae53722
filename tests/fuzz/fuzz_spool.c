/* The spool's reader: any bytes in two segments give whole records up to the last frame that is whole, or a refusal of
 * damage in the first. The first byte chooses whether they stand as they are, or as the payloads of true frames; the second
 * how many of the bytes are the first segment's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "flow/spool.h"
#include "tests/fuzz/fuzz.h"

/* As in flow/spool.c. */
struct frame_head {
    u32 crc, size, count, zero;
    u64 first, mark;
};

static char dir[64];

static void path_of(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", dir, name);
}

static void forget(const char *name)
{
    char path[128];
    path_of(name, path);
    if (file_exists(path)) assert(!file_remove(path, NULL));
}

static void dir_remove(void)
{
    static const char *const names[] = { "0000000000000001.spool", "0000000000000002.spool",
                                         "position", "owner", "lock" };
    for (u32 i = 0; i < countof(names); i++)
        forget(names[i]);
    (void)!remove(dir);
}

/* Pieces of up to 255 bytes with their size and a count before them, each a frame that is true but for its payload. */
static void put_frames(struct buf *out, const u8 *data, size_t size, u64 *first)
{
    while (size > 0) {
        size_t part = fuzz_take_byte(&data, &size);
        part = MIN(part, size);
        struct frame_head head = { .size = (u32)part, .count = (u32)part / 8 + 1, .first = *first };
        size_t at = out->size;
        buf_append(out, &head, sizeof head);
        buf_append(out, data, part);
        u32 crc = crc32c(0, out->data + at + sizeof crc, sizeof head + part - sizeof crc);
        memcpy(out->data + at, &crc, sizeof crc);
        *first += head.count;
        data += part;
        size -= part;
    }
}

static void write_segment(const char *name, struct slice bytes)
{
    char path[128];
    struct file file;
    path_of(name, path);
    assert(!file_open(&file, path, FILE_ANY, NULL));
    assert(!file_truncate(&file, 0, NULL));
    if (bytes.size > 0) assert(!file_pwrite(&file, bytes.data, bytes.size, 0, NULL));
    file_close(&file);
}

static void read_all(struct mem *mem, struct mem *append_mem)
{
    const struct spool_options options = {
        .dir = dir, .owner = "fuzz", .mem = mem, .append_mem = append_mem
    };
    struct spool spool;
    struct err err;
    if (spool_open(&spool, &options, &err)) {
        assert(strcmp(err.sqlstate, "XX001") == 0);
        spool_close(&spool);
        return;
    }
    struct record batch[16];
    u32 got;
    for (u64 left = spool.waiting; left > 0; left -= got) {
        assert(!spool_read(&spool, batch, (u32)MIN(left, 16u), &got, &err));
        assert(got > 0 && got <= left);
        for (u32 i = 0; i < got; i++)
            assert(
                fuzz_is_within(slice_make(batch[i].data, batch[i].size), buf_slice(&spool.read)));
        assert(!spool_settle(&spool, 0, spool_end(&spool), &err));
    }
    const struct record one = { .data = "one", .size = 3 };
    assert(!spool_append(&spool, &one, 1, 0, &err));
    assert(!spool_read(&spool, batch, 16, &got, &err));
    assert(got == 1 && slice_is(slice_make(batch[0].data, batch[0].size), "one"));
    spool_close(&spool);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (!dir[0]) {
        snprintf(dir, sizeof dir, "/tmp/weir-fuzz-spool-XXXXXX");
        if (!mkdtemp(dir)) abort();
        atexit(dir_remove);
    }
    struct mem mem, append_mem;
    struct buf out;
    mem_init(&mem, "fuzz", NULL, 0);
    mem_init(&append_mem, "append", NULL, 0);
    buf_init(&out, &mem);
    bool framed = fuzz_take_byte(&data, &size) % 2;
    size_t split = fuzz_take_byte(&data, &size) * size / 255;
    u64 first = 0;
    if (framed)
        put_frames(&out, data, split, &first);
    else
        buf_append(&out, data, split);
    forget("position");
    write_segment("0000000000000001.spool", buf_slice(&out));
    buf_clear(&out);
    if (framed)
        put_frames(&out, data + split, size - split, &first);
    else
        buf_append(&out, data + split, size - split);
    write_segment("0000000000000002.spool", buf_slice(&out));
    read_all(&mem, &append_mem);
    buf_deinit(&out);
    mem_deinit(&append_mem);
    mem_deinit(&mem);
    return 0;
}
