/* Values as text: what is read prints as text that reads as the same value. The first byte chooses the
 * type. */
#include "data/interval.h"
#include "data/value.h"
#include "tests/fuzz/fuzz.h"

static struct type make_type(u8 byte)
{
    struct type type = { .id = (u8)(TYPE_BOOL + byte % (TYPE_COUNT - TYPE_BOOL)) };
    bool bounded = byte & 0x80;
    if (type.id == TYPE_NUMERIC && bounded) {
        type.precision = byte & 0x40 ? 30 : 10;
        type.scale = 3;
    }
    if ((type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR) && bounded) type.length = 4;
    return type;
}

/* The one value of intervals whose text PostgreSQL does not read either. */
static bool is_unreadable(const struct value *value)
{
    return value->type.id == TYPE_INTERVAL && value->interval.micros == INT64_MIN;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct arena arena;
    struct buf first, second;
    mem_init(&mem, "fuzz", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&first, &mem);
    buf_init(&second, &mem);
    struct type type = make_type(fuzz_take_byte(&data, &size));
    struct value value, again;
    struct err err;
    struct slice text = slice_make((const char *)data, size);
    if (value_parse(type, text, &arena, &value, &err)) {
        assert(err.sqlstate[0] && err.message[0]);
    } else if (!is_unreadable(&value)) {
        value_print(&value, &first);
        enum status status = value_parse(type, buf_slice(&first), &arena, &again, &err);
        assert(!status);
        value_print(&again, &second);
        assert(slice_equal(buf_slice(&first), buf_slice(&second)));
    }
    buf_deinit(&first);
    buf_deinit(&second);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
