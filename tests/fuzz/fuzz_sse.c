/* Ids and frames of SSE: what is written is read back, sizes are exact. */
#include "tests/fuzz/fuzz.h"
#include "wire/sse.h"

static void run_id(struct slice text)
{
    struct sse_id id;
    char written[SSE_ID_SIZE_MAX];
    if (!sse_id_parse(text, &id)) return;
    assert(slice_equal(slice_make(written, sse_id_write(id, written)), text));
}

/* No line of the frame is anything but data, so nothing in data can make a field of its own. */
static void check_frame(struct slice frame)
{
    const char *at = frame.data, *end = frame.data + frame.size;
    while (*at != '\n') {
        assert(end - at > 6 && memcmp(at, "data: ", 6) == 0);
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        assert(line_end && !memchr(at, '\r', (size_t)(line_end - at)));
        at = line_end + 1;
        assert(at < end);
    }
    assert(at + 1 == end);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct buf out;
    mem_init(&mem, "fuzz", NULL, 0);
    buf_init(&out, &mem);
    struct slice text = slice_make((const char *)data, size);
    run_id(text);
    struct sse_frame frame = { .retry_ms = -1, .data = text };
    sse_write(&frame, &out);
    assert(out.size == sse_size(&frame));
    if (text.data) check_frame(buf_slice(&out));
    buf_deinit(&out);
    mem_deinit(&mem);
    return 0;
}
