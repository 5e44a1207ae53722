/* EXTRACT, date_part and date_trunc: parts of a moment by the name of a field. */
#include "base/assert.h"
#include "data/date.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/interval.h"
#include "data/timestamp.h"

static void field_error(struct func_call *call, u32 row, struct type type, bool known)
{
    struct slice name = func_call_slice(call, 0, row);
    char lower[64], type_text[64];
    size_t size = MIN(name.size, sizeof lower - 1);
    for (size_t i = 0; i < size; i++) {
        char c = name.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    lower[size] = '\0';
    type_name(type, type_text);
    func_call_error(call, row, known ? "0A000" : "22023", "unit \"%s\" not %s for type %s", lower,
                    known ? "supported" : "recognized", type_text);
}

/* The field that argument 0 names; false after an error of the row. A constant name is looked up
 * once: known keeps it for the call. */
struct field {
    bool known;
    enum calendar_field field;
};

static bool field_get(struct func_call *call, u32 row, struct type type, struct field *field)
{
    if (field->known && call->args[0]->mask == 0) return true;
    field->known = calendar_field_find(func_call_slice(call, 0, row), &field->field);
    if (!field->known) field_error(call, row, type, false);
    return field->known;
}

typedef enum flaw (*extract_i64)(enum calendar_field field, i64 value, struct decimal *out,
                                 bool *null);
typedef enum flaw (*part_i64)(enum calendar_field field, i64 value, f64 *out, bool *null);

/* An infinite timestamp has no zone, rather than none that could be asked for. */
static enum flaw extract_plain(enum calendar_field field, i64 value, struct decimal *out,
                               bool *null)
{
    enum flaw flaw = timestamp_extract(field, value, false, out, null);
    *null |= flaw == FLAW_FIELD_UNSUPPORTED && !timestamp_is_finite(value);
    return *null ? FLAW_NONE : flaw;
}

static enum flaw extract_zoned(enum calendar_field field, i64 value, struct decimal *out,
                               bool *null)
{
    return timestamp_extract(field, value, true, out, null);
}

static enum flaw part_plain(enum calendar_field field, i64 value, f64 *out, bool *null)
{
    enum flaw flaw = timestamp_part(field, value, false, out, null);
    *null |= flaw == FLAW_FIELD_UNSUPPORTED && !timestamp_is_finite(value);
    return *null ? FLAW_NONE : flaw;
}

static enum flaw part_zoned(enum calendar_field field, i64 value, f64 *out, bool *null)
{
    return timestamp_part(field, value, true, out, null);
}

static enum flaw part_date(enum calendar_field field, i64 value, f64 *out, bool *null)
{
    i64 moment;
    enum flaw flaw = date_to_timestamp(value, &moment);
    return flaw ? flaw : timestamp_part(field, moment, false, out, null);
}

static void answer(struct func_call *call, u32 row, struct type type, enum flaw flaw, bool null)
{
    if (flaw == FLAW_FIELD_UNSUPPORTED)
        field_error(call, row, type, true);
    else if (flaw)
        func_call_flaw(call, row, flaw);
    else if (null)
        func_call_set_null(call, row);
}

static void extract(struct func_call *call, extract_i64 compute)
{
    struct decimal *out = call->out->data;
    struct type type = { .id = call->func->args[1] };
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !field_get(call, row, type, &field)) continue;
        bool null = false;
        enum flaw flaw = compute(field.field, func_call_i64(call, 1, row), &out[row], &null);
        answer(call, row, type, flaw, null);
    }
}

static void part(struct func_call *call, struct type type, part_i64 compute)
{
    f64 *out = call->out->data;
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !field_get(call, row, type, &field)) continue;
        bool null = false;
        enum flaw flaw = compute(field.field, func_call_i64(call, 1, row), &out[row], &null);
        answer(call, row, type, flaw, null);
    }
}

void func_extract_date(struct func_call *call)
{
    extract(call, date_extract);
}
void func_extract_timestamp(struct func_call *call)
{
    extract(call, extract_plain);
}
void func_extract_timestamptz(struct func_call *call)
{
    extract(call, extract_zoned);
}
/* PostgreSQL makes a timestamp of a date first, also in its messages. */
void func_extract_part_date(struct func_call *call)
{
    part(call, TYPE(TIMESTAMP), part_date);
}
void func_extract_part_timestamp(struct func_call *call)
{
    part(call, TYPE(TIMESTAMP), part_plain);
}
void func_extract_part_timestamptz(struct func_call *call)
{
    part(call, TYPE(TIMESTAMPTZ), part_zoned);
}

void func_extract_interval(struct func_call *call)
{
    struct decimal *out = call->out->data;
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !field_get(call, row, TYPE(INTERVAL), &field)) continue;
        struct interval interval = func_call_interval(call, 1, row);
        enum flaw flaw = interval_extract(field.field, &interval, &out[row]);
        answer(call, row, TYPE(INTERVAL), flaw, false);
    }
}

void func_extract_part_interval(struct func_call *call)
{
    f64 *out = call->out->data;
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !field_get(call, row, TYPE(INTERVAL), &field)) continue;
        struct interval interval = func_call_interval(call, 1, row);
        enum flaw flaw = interval_part(field.field, &interval, &out[row]);
        answer(call, row, TYPE(INTERVAL), flaw, false);
    }
}

/* What is no period, like the day of the week, is not known to date_trunc; a zone is known but has
 * no beginning. */
static void answer_trunc(struct func_call *call, u32 row, struct type type,
                         enum calendar_field field, enum flaw flaw)
{
    bool zone = field == CALENDAR_TIMEZONE || field == CALENDAR_TIMEZONE_HOUR ||
                field == CALENDAR_TIMEZONE_MINUTE;
    bool week = field == CALENDAR_WEEK;
    if (flaw == FLAW_FIELD_UNSUPPORTED)
        field_error(call, row, type, zone || week);
    else if (flaw)
        func_call_flaw(call, row, flaw);
}

void func_extract_trunc(struct func_call *call)
{
    i64 *out = call->out->data;
    struct type type = { .id = call->func->args[1] };
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 moment = func_call_i64(call, 1, row);
        out[row] = moment;
        if (!timestamp_is_finite(moment) || !field_get(call, row, type, &field)) continue;
        answer_trunc(call, row, type, field.field, timestamp_trunc(field.field, moment, &out[row]));
    }
}

/* date_trunc(field, timestamptz, zone): by the clock of that zone. */
void func_extract_trunc_zone(struct func_call *call)
{
    i64 *out = call->out->data;
    struct type type = TYPE(TIMESTAMPTZ);
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice zone = func_call_slice(call, 2, row);
        i64 offset, moment = func_call_i64(call, 1, row);
        out[row] = moment;
        if (!timestamp_is_finite(moment) || !field_get(call, row, type, &field)) continue;
        enum flaw flaw = timestamp_zone_offset(zone, &offset);
        if (flaw == FLAW_ZONE) {
            func_call_error(call, row, "0A000", "time zone \"%.*s\" is not supported",
                            (int)MIN(zone.size, 100), zone.data);
            continue;
        }
        if (!flaw) flaw = timestamp_trunc(field.field, moment + offset, &out[row]);
        if (!flaw) out[row] -= offset;
        answer_trunc(call, row, type, field.field, flaw);
    }
}

void func_extract_trunc_interval(struct func_call *call)
{
    struct interval *out = call->out->data;
    struct field field = { 0 };
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !field_get(call, row, TYPE(INTERVAL), &field)) continue;
        struct interval interval = func_call_interval(call, 1, row);
        enum flaw flaw = interval_trunc(field.field, &interval, &out[row]);
        answer_trunc(call, row, TYPE(INTERVAL), field.field, flaw);
    }
}
