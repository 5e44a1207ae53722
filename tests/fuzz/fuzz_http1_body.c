/* Bodies: the same bytes and the same end whole, in pieces and moved together. */
#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "wire/http1_body.h"

struct outcome {
    enum http1_body_result result;
    size_t consumed;
    struct buf decoded;
    u32 status;
};

static struct http1_body body_of(u8 choice)
{
    struct http1_body body;
    struct http1_framing framing = { .chunked = choice & 1 };
    if (!framing.chunked) framing.content_length = choice >> 1;
    u64 size_max = choice & 0x40 ? 20 : UINT64_MAX;
    http1_body_init(&body, &framing, size_max);
    return body;
}

static void decode(struct outcome *outcome, u8 choice, struct slice input, size_t piece)
{
    struct http1_body body = body_of(choice);
    size_t given = MIN(piece, input.size);
    for (;;) {
        size_t used;
        struct slice data;
        struct slice rest = slice_make(input.data + outcome->consumed, given - outcome->consumed);
        outcome->result = http1_body_step(&body, rest, &used, &data);
        assert(used <= rest.size);
        outcome->consumed += used;
        assert(fuzz_is_within(data, slice_make(rest.data, used)));
        buf_append(&outcome->decoded, data.data, data.size);
        assert(body.size == outcome->decoded.size);
        if (outcome->result == HTTP1_BODY_DATA) continue;
        if (outcome->result != HTTP1_BODY_MORE || given == input.size) break;
        assert(outcome->consumed == given);
        given = MIN(input.size, given + piece);
    }
    outcome->status = body.fault.status;
    assert((outcome->result == HTTP1_BODY_BAD) == (outcome->status > 0));
    assert((outcome->result == HTTP1_BODY_DONE) == http1_body_complete(&body));
}

static void compact(struct outcome *outcome, u8 choice, struct slice input)
{
    struct http1_body body = body_of(choice);
    size_t decoded;
    buf_append(&outcome->decoded, input.data, input.size);
    outcome->result =
        http1_body_compact(&body, outcome->decoded.data, input.size, &outcome->consumed, &decoded);
    outcome->decoded.size = decoded;
    outcome->status = body.fault.status;
}

static void compare(const struct outcome *a, const struct outcome *b)
{
    assert(a->result == b->result && a->status == b->status);
    assert(slice_equal(buf_slice(&a->decoded), buf_slice(&b->decoded)));
    if (a->result == HTTP1_BODY_DONE) assert(a->consumed == b->consumed);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    mem_init(&mem, "fuzz", NULL, 0);
    struct outcome outcomes[4] = { 0 };
    for (size_t index = 0; index < countof(outcomes); index++)
        buf_init(&outcomes[index].decoded, &mem);

    u8 choice = fuzz_take_byte(&data, &size);
    struct slice input = slice_make((const char *)data, size);
    decode(&outcomes[0], choice, input, size);
    decode(&outcomes[1], choice, input, 1);
    decode(&outcomes[2], choice, input, 3);
    compact(&outcomes[3], choice, input);
    for (size_t index = 1; index < countof(outcomes); index++)
        compare(&outcomes[0], &outcomes[index]);

    for (size_t index = 0; index < countof(outcomes); index++)
        buf_deinit(&outcomes[index].decoded);
    mem_deinit(&mem);
    return 0;
}
