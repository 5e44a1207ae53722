/* to_char of timestamps. A constant template is read when the program is made. */
#include "data/func_bodies.h"
#include "data/func_out.h"
#include "data/time_format.h"
#include "data/timestamp.h"

const void *func_to_char_prepare(const struct func_fixed *fixed)
{
    const struct func_vector *template = fixed->args[1];
    if (!template || template->nulls) return NULL;
    struct time_format *format = arena_new(fixed->arena, struct time_format);
    *format = time_format_make(fixed->arena, str_slice(template->data));
    return format;
}

static void print(struct func_call *call, u32 row, const struct time_format *format)
{
    struct func_out out = func_out_make(call, row);
    bool zoned = call->func->args[0] == TYPE_TIMESTAMPTZ;
    i64 moment = func_call_i64(call, 0, row);
    for (u32 i = 0; i < format->count; i++) {
        const struct time_format_part *part = &format->parts[i];
        char text[TIME_FORMAT_FIELD_MAX];
        struct slice piece = part->text;
        if (part->field) piece = slice_make(text, time_format_print(part, moment, zoned, text));
        func_out_put(&out, piece);
    }
    func_out_finish(&out);
}

void func_to_char_moment(struct func_call *call)
{
    const struct time_format *fixed = call->state;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice template = func_call_slice(call, 1, row);
        if (template.size == 0 || !timestamp_is_finite(func_call_i64(call, 0, row))) {
            func_call_set_null(call, row);
            continue;
        }
        struct time_format format;
        if (!fixed) format = time_format_make(call->arena, template);
        print(call, row, fixed ? fixed : &format);
    }
}
