/* The values of header fields, and the parts of URLs; the first byte chooses which. */
#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "wire/etag.h"
#include "wire/field.h"
#include "wire/host.h"
#include "wire/media.h"
#include "wire/prefer.h"
#include "wire/range.h"
#include "wire/url.h"

static void run_list(struct slice text)
{
    struct slice rest = text, element, parameters, name, value;
    while (field_next_element(&rest, &element)) {
        assert(element.size > 0 && fuzz_is_within(element, text));
        assert(fuzz_is_within(field_main(element, &parameters), element));
        while (field_next_parameter(&parameters, &name, &value))
            assert(fuzz_is_within(name, element) && fuzz_is_within(value, element));
    }
}

static void run_media(struct slice text)
{
    static const enum media offers[] = { MEDIA_JSON, MEDIA_CSV, MEDIA_EVENT_STREAM };
    struct media_accept accept = { .range_count = 0 };
    media_accept_add(&accept, text);
    enum media best = media_accept_best(&accept, offers, countof(offers));
    assert(best == MEDIA_UNKNOWN || best == MEDIA_JSON || best == MEDIA_CSV ||
           best == MEDIA_EVENT_STREAM);
    assert(media_parse(text) <= MEDIA_MALFORMED);
}

static void run_prefer(struct slice text, struct buf *out)
{
    struct prefer prefer = { .has_max_affected = false };
    struct err err;
    prefer_add(&prefer, text);
    enum status status = prefer_check(&prefer, &err);
    assert(status == OK || prefer.handling == PREFER_HANDLING_STRICT);

    /* What was applied means the same when it is asked for. */
    prefer_write_applied(&prefer, out);
    struct prefer again = { .has_max_affected = false };
    prefer_add(&again, buf_slice(out));
    assert(!again.invalid[0] && again.returning == prefer.returning);
    assert(again.count == prefer.count && again.handling == prefer.handling);
}

static void run_range(struct slice text)
{
    struct err err;
    struct range range, both, page = { .offset = 3, .has_limit = true, .limit = 7 };
    if (range_parse(text, slice_make(NULL, 0), &range, &err)) return;
    if (range_intersect(range, page, &both, &err)) return;
    assert(both.offset >= 3 && both.offset >= range.offset && both.limit <= 7);
}

static void run_host(struct slice text)
{
    struct host host;
    struct host_origin origin;
    if (host_parse(text, &host)) assert(host.name.size > 0 && fuzz_is_within(host.name, text));
    if (host_origin_parse(text, &origin)) assert(host_origin_allowed(text, &text, 1));
    if (host_allowed(text, NULL, 0)) assert(host_parse(text, &host));
}

static void run_url(struct slice text, struct arena *arena)
{
    struct slice decoded, rest = text, key, value;
    if (url_decode(text, URL_QUERY, arena, &decoded)) assert(url_is_utf8(decoded));
    while (url_next_parameter(&rest, &key, &value))
        assert(fuzz_is_within(key, text) && fuzz_is_within(value, text));
    rest = text;
    while (url_next_segment(&rest, &key))
        assert(fuzz_is_within(key, text));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct arena arena;
    struct buf out;
    mem_init(&mem, "fuzz", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&out, &mem);
    u8 choice = fuzz_take_byte(&data, &size);
    struct slice text = slice_make((const char *)data, size);
    switch (choice % 7) {
    case 0: run_list(text); break;
    case 1: run_media(text); break;
    case 2: run_prefer(text, &out); break;
    case 3: run_range(text); break;
    case 4: run_host(text); break;
    case 5: run_url(text, &arena); break;
    default: (void)etag_match(text, SLICE("a")); break;
    }
    buf_deinit(&out);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
