/* Casts: between numbers, times and strings, and to lengths and scales.
 *
 * The target's modifiers are those of out->type. A cast to varchar(n) or char(n) cuts when it is
 * explicit and is an error (22001) when it is an assignment and more than blanks would be lost. */
#include <math.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "data/date.h"
#include "data/decimal.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/number.h"
#include "data/timestamp.h"

/* --- Between numbers --- */

static void narrow(struct func_call *call, i64 min, i64 max, enum flaw flaw)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        i64 value = func_call_i64(call, 0, row);
        bool outside = value < min || value > max;
        out[row] = outside ? 0 : value;
        if (unlikely(outside) && !func_call_skips(call, row)) func_call_flaw(call, row, flaw);
    }
}

void func_cast_int_to_i16(struct func_call *call)
{
    narrow(call, INT16_MIN, INT16_MAX, FLAW_INT2);
}
void func_cast_int_to_i32(struct func_call *call)
{
    narrow(call, INT32_MIN, INT32_MAX, FLAW_INT4);
}

void func_cast_int_to_f64(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = (f64)func_call_i64(call, 0, row);
}

void func_cast_int_to_f32(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = (f64)(f32)func_call_i64(call, 0, row);
}

/* Rounded to the nearest, half to even; the bounds are exact powers of two. */
static void round_float(struct func_call *call, f64 min, f64 end, enum flaw flaw)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        f64 value = rint(func_call_f64(call, 0, row));
        bool inside = value >= min && value < end; /* false for NaN */
        out[row] = inside ? (i64)value : 0;
        if (!inside && !func_call_skips(call, row)) func_call_flaw(call, row, flaw);
    }
}

void func_cast_float_to_i16(struct func_call *call)
{
    round_float(call, -32768.0, 32768.0, FLAW_INT2);
}
void func_cast_float_to_i32(struct func_call *call)
{
    round_float(call, -2147483648.0, 2147483648.0, FLAW_INT4);
}
void func_cast_float_to_i64(struct func_call *call)
{
    round_float(call, -9223372036854775808.0, 9223372036854775808.0, FLAW_INT8);
}

void func_cast_f64_to_f32(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        f64 value = func_call_f64(call, 0, row);
        f32 rounded = (f32)value;
        enum flaw flaw = FLAW_NONE;
        if (isinf(rounded) && !isinf(value)) flaw = FLAW_FLOAT_OVERFLOW;
        if (rounded == 0 && value != 0) flaw = FLAW_FLOAT_UNDERFLOW;
        out[row] = rounded;
        if (unlikely(flaw) && !func_call_skips(call, row)) func_call_flaw(call, row, flaw);
    }
}

void func_cast_bool_to_int(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((i64 *)call->out->data)[row] = func_call_bool(call, 0, row);
}

void func_cast_int_to_bool(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((u8 *)call->out->data)[row] = func_call_i64(call, 0, row) != 0;
}

/* --- numeric --- */

/* The decimal of an argument, however it lies. */
static struct decimal decimal_of(const struct func_call *call, u32 row)
{
    const struct func_vector *arg = call->args[0];
    if (type_phys(arg->type) == PHYS_DECIMAL) return func_call_decimal(call, 0, row);
    return decimal_make(func_call_i64(call, 0, row), arg->type.scale);
}

/* Stores a decimal as the numeric(p,s) that out is. */
static enum flaw put_decimal(struct func_call *call, u32 row, const struct decimal *value)
{
    struct type type = call->out->type;
    if (type_phys(type) == PHYS_I64)
        return decimal_to_scaled(value, type.precision, type.scale, &((i64 *)call->out->data)[row]);
    struct decimal *out = &((struct decimal *)call->out->data)[row];
    if (type.precision > 0) return decimal_fit(value, type.precision, type.scale, out);
    *out = *value;
    return FLAW_NONE;
}

void func_cast_numeric_to_numeric(struct func_call *call)
{
    struct type from = call->args[0]->type, to = call->out->type;
    if (type_phys(from) == PHYS_I64 && type_phys(to) == PHYS_I64) {
        i64 *out = call->out->data;
        KERNEL_FLAW(call, decimal_rescale_scaled(func_call_i64(call, 0, row), from.scale,
                                                 to.precision, to.scale, &out[row]));
        return;
    }
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct decimal value = decimal_of(call, row);
        enum flaw flaw = put_decimal(call, row, &value);
        if (flaw) func_call_flaw(call, row, flaw);
    }
}

void func_cast_int_to_numeric(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct decimal value = decimal_from_i64(func_call_i64(call, 0, row));
        enum flaw flaw = put_decimal(call, row, &value);
        if (flaw) func_call_flaw(call, row, flaw);
    }
}

static void float_to_numeric(struct func_call *call, bool single)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        f64 value = func_call_f64(call, 0, row);
        struct decimal decimal;
        enum flaw flaw =
            single ? decimal_from_f32((f32)value, &decimal) : decimal_from_f64(value, &decimal);
        if (!flaw) flaw = put_decimal(call, row, &decimal);
        if (flaw) func_call_flaw(call, row, flaw);
    }
}

void func_cast_f64_to_numeric(struct func_call *call)
{
    float_to_numeric(call, false);
}
void func_cast_f32_to_numeric(struct func_call *call)
{
    float_to_numeric(call, true);
}

static void numeric_to_int(struct func_call *call, i64 min, i64 max, enum flaw range)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct decimal value = decimal_of(call, row);
        i64 whole;
        enum flaw flaw = decimal_to_i64(&value, &whole);
        if (flaw || whole < min || whole > max)
            func_call_flaw(call, row, range);
        else
            out[row] = whole;
    }
}

void func_cast_numeric_to_i16(struct func_call *call)
{
    numeric_to_int(call, INT16_MIN, INT16_MAX, FLAW_INT2);
}
void func_cast_numeric_to_i32(struct func_call *call)
{
    numeric_to_int(call, INT32_MIN, INT32_MAX, FLAW_INT4);
}
void func_cast_numeric_to_i64(struct func_call *call)
{
    numeric_to_int(call, INT64_MIN, INT64_MAX, FLAW_INT8);
}

void func_cast_numeric_to_f64(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        struct decimal value = decimal_of(call, row);
        out[row] = decimal_to_f64(&value);
    }
}

void func_cast_numeric_to_f32(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        struct decimal value = decimal_of(call, row);
        out[row] = decimal_to_f32(&value);
    }
}

/* --- Times --- */

void func_cast_date_to_moment(struct func_call *call)
{
    i64 *out = call->out->data;
    KERNEL_FLAW(call, date_to_timestamp(func_call_i64(call, 0, row), &out[row]));
}

void func_cast_moment_to_date(struct func_call *call)
{
    i64 *out = call->out->data;
    KERNEL_FLAW(call, timestamp_to_date(func_call_i64(call, 0, row), &out[row]));
}

/* --- Strings --- */

static const char *string_type_text(u32 id)
{
    return id == TYPE_BPCHAR ? "character" : "character varying";
}

static struct slice without_blanks(struct slice text)
{
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Stores text as the string type that out is: cut, checked, without the blanks of char. The bytes
 * are borrowed. */
static void put_string(struct func_call *call, u32 row, struct slice text)
{
    struct type type = call->out->type;
    bool blank_padded = type.id == TYPE_BPCHAR;
    if (type.length > 0 && text.size > (size_t)type.length) {
        size_t kept = utf8_offset(text, (u64)type.length);
        bool explicit = call->func->context == CAST_EXPLICIT;
        struct slice lost = slice_make(text.data + kept, text.size - kept);
        if (!explicit && without_blanks(lost).size > 0) {
            func_call_error(call, row, "22001", "value too long for type %s(%d)",
                            string_type_text(type.id), type.length);
            return;
        }
        text.size = kept;
    }
    func_call_set_str(call, row, blank_padded ? without_blanks(text) : text);
}

void func_cast_string_to_string(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row)) put_string(call, row, func_call_slice(call, 0, row));
    }
}

/* true and false in full, unlike their output function. */
void func_cast_bool_to_string(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row))
            put_string(call, row, func_call_bool(call, 0, row) ? SLICE("true") : SLICE("false"));
    }
}

void func_cast_any_to_string(struct func_call *call)
{
    const struct func_vector *arg = call->args[0];
    struct column column = { .type = arg->type, .data = arg->data };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        char text[VALUE_TEXT_MAX];
        u32 size = value_print_at(&column, row & arg->mask, text);
        const char *kept = size <= STR_INLINE_MAX ? text : arena_copy(call->arena, text, size);
        put_string(call, row, slice_make(kept, size));
    }
}

void func_cast_bytea_to_string(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        u64 size = 2 + 2 * (u64)bytes.size;
        char *text = func_call_reserve(call, row, size);
        if (!text) continue;
        text[0] = '\\';
        text[1] = 'x';
        for (size_t i = 0; i < bytes.size; i++) {
            text[2 + 2 * i] = "0123456789abcdef"[(u8)bytes.data[i] >> 4];
            text[3 + 2 * i] = "0123456789abcdef"[(u8)bytes.data[i] & 15];
        }
        put_string(call, row, slice_make(text, size));
    }
}

/* By the type's input function. */
void func_cast_string_to_any(struct func_call *call)
{
    struct column out = { .type = call->out->type, .data = call->out->data };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct value value;
        struct err err;
        struct slice text = func_call_padded(call, 0, row);
        if (value_parse(out.type, text, call->arena, &value, &err))
            func_call_fail(call, row, &err);
        else
            value_put(&value, &out, row, call->arena, call->count);
    }
}
