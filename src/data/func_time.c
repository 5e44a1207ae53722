/* Arithmetic and construction of dates, timestamps and intervals. */
#include <math.h>

#include "base/assert.h"
#include "data/date.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/interval.h"
#include "data/timestamp.h"

/* --- Dates and timestamps plus and minus something --- */

static enum flaw date_plus_interval(i64 date, const struct interval *interval, bool minus, i64 *out)
{
    i64 moment;
    enum flaw flaw = date_to_timestamp(date, &moment);
    if (flaw) return flaw;
    return minus ? timestamp_subtract_interval(moment, interval, out)
                 : timestamp_add(moment, interval, out);
}

/* compute is an expression of row that gives a flaw and writes out[row]. */
#define TIME_BODY(name, out_type, compute)                                                         \
    void func_time_##name(struct func_call *call)                                                  \
    {                                                                                              \
        out_type *out = call->out->data;                                                           \
        KERNEL_FLAW(call, compute);                                                                \
    }

#define I64(arg) func_call_i64(call, arg, row)
#define F64(arg) func_call_f64(call, arg, row)
#define INTERVAL(arg)                                                                              \
    (&((const struct interval *)call->args[arg]->data)[row & call->args[arg]->mask])

TIME_BODY(date_plus_days, i64, date_add_days(I64(0), I64(1), &out[row]))
TIME_BODY(days_plus_date, i64, date_add_days(I64(1), I64(0), &out[row]))
TIME_BODY(date_minus_days, i64, date_add_days(I64(0), -I64(1), &out[row]))
TIME_BODY(date_minus_date, i64, date_subtract(I64(0), I64(1), &out[row]))
TIME_BODY(date_plus, i64, date_plus_interval(I64(0), INTERVAL(1), false, &out[row]))
TIME_BODY(plus_date, i64, date_plus_interval(I64(1), INTERVAL(0), false, &out[row]))
TIME_BODY(date_minus, i64, date_plus_interval(I64(0), INTERVAL(1), true, &out[row]))
TIME_BODY(moment_plus, i64, timestamp_add(I64(0), INTERVAL(1), &out[row]))
TIME_BODY(plus_moment, i64, timestamp_add(I64(1), INTERVAL(0), &out[row]))
TIME_BODY(moment_minus, i64, timestamp_subtract_interval(I64(0), INTERVAL(1), &out[row]))
TIME_BODY(moment_minus_moment, struct interval, timestamp_subtract(I64(0), I64(1), &out[row]))
TIME_BODY(age, struct interval, timestamp_age(I64(0), I64(1), &out[row]))

TIME_BODY(interval_add, struct interval, interval_add(INTERVAL(0), INTERVAL(1), &out[row]))
TIME_BODY(interval_subtract, struct interval,
          interval_subtract(INTERVAL(0), INTERVAL(1), &out[row]))
TIME_BODY(interval_negate, struct interval, interval_negate(INTERVAL(0), &out[row]))
TIME_BODY(interval_multiply, struct interval, interval_multiply(INTERVAL(0), F64(1), &out[row]))
TIME_BODY(multiply_interval, struct interval, interval_multiply(INTERVAL(1), F64(0), &out[row]))
TIME_BODY(interval_divide, struct interval, interval_divide(INTERVAL(0), F64(1), &out[row]))
TIME_BODY(justify_hours, struct interval, interval_justify_hours(INTERVAL(0), &out[row]))
TIME_BODY(justify_days, struct interval, interval_justify_days(INTERVAL(0), &out[row]))
TIME_BODY(justify_interval, struct interval, interval_justify(INTERVAL(0), &out[row]))
TIME_BODY(bin, i64, timestamp_bin(INTERVAL(0), I64(1), I64(2), &out[row]))

void func_time_from_epoch(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        enum flaw flaw = timestamp_from_epoch(F64(0), &out[row]);
        if (flaw == FLAW_TIMESTAMP)
            func_call_error(call, row, "22008", "timestamp out of range: \"%g\"", F64(0));
        else if (flaw)
            func_call_flaw(call, row, flaw);
    }
}

/* --- Infinity --- */

void func_time_date_finite(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = date_is_finite(I64(0));
}

void func_time_moment_finite(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = timestamp_is_finite(I64(0));
}

void func_time_interval_finite(struct func_call *call)
{
    memset(call->out->data, 1, call->count);
}

/* --- Putting together --- */

static void date_field_error(struct func_call *call, u32 row, i64 year)
{
    func_call_error(call, row, "22008", "date field value out of range: %d-%02d-%02d", (i32)year,
                    (i32)I64(1), (i32)I64(2));
}

void func_time_make_date(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        enum flaw flaw = date_make(I64(0), I64(1), I64(2), &out[row]);
        /* PostgreSQL's sentence has the astronomical year, 0 for 1 BC. */
        if (flaw == FLAW_DATE_FIELD)
            date_field_error(call, row, I64(0) < 0 ? I64(0) + 1 : I64(0));
        else if (flaw == FLAW_DATE)
            func_call_error(call, row, "22008", "date out of range: %d-%02d-%02d", (i32)I64(0),
                            (i32)I64(1), (i32)I64(2));
        else if (flaw)
            func_call_flaw(call, row, flaw);
    }
}

/* True when out[row] holds the timestamp of the first six arguments. */
static bool make_moment(struct func_call *call, u32 row)
{
    i64 *out = call->out->data;
    enum flaw flaw = timestamp_make(I64(0), I64(1), I64(2), I64(3), I64(4), F64(5), &out[row]);
    if (flaw == FLAW_NONE) return true;
    if (flaw == FLAW_DATE_FIELD)
        date_field_error(call, row, I64(0));
    else if (flaw == FLAW_TIME_FIELD)
        func_call_error(call, row, "22008", "time field value out of range: %d:%02d:%02g",
                        (i32)I64(3), (i32)I64(4), F64(5));
    else if (flaw == FLAW_TIMESTAMP)
        func_call_error(call, row, "22008", "timestamp out of range: %d-%02d-%02d %d:%02d:%02g",
                        (i32)I64(0), (i32)I64(1), (i32)I64(2), (i32)I64(3), (i32)I64(4), F64(5));
    else
        func_call_flaw(call, row, flaw);
    return false;
}

void func_time_make_moment(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row)) make_moment(call, row);
    }
}

static bool zone_offset(struct func_call *call, u32 row, u32 arg, i64 *out);

void func_time_make_moment_zone(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        i64 offset;
        if (func_call_skips(call, row) || !make_moment(call, row)) continue;
        if (!zone_offset(call, row, 6, &offset)) continue;
        /* Here a number's sign is ISO's, east is positive. */
        struct slice zone = func_call_slice(call, 6, row);
        bool number = zone.size > 0 && (zone.data[0] == '+' || zone.data[0] == '-');
        out[row] += number ? offset : -offset;
        if (!timestamp_is_valid(out[row])) func_call_flaw(call, row, FLAW_TIMESTAMP);
    }
}

/* Up to seven arguments: years, months, weeks, days, hours, minutes, seconds. */
void func_time_make_interval(struct func_call *call)
{
    struct interval *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 parts[6] = { 0 };
        for (u32 i = 0; i < MIN(call->arg_count, 6u); i++)
            parts[i] = I64(i);
        f64 seconds = call->arg_count > 6 ? F64(6) : 0;
        enum flaw flaw = interval_make(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5],
                                       seconds, &out[row]);
        if (flaw) func_call_flaw(call, row, flaw);
    }
}

/* --- AT TIME ZONE --- */

static bool zone_offset(struct func_call *call, u32 row, u32 arg, i64 *out)
{
    struct slice zone = func_call_slice(call, arg, row);
    enum flaw flaw = timestamp_zone_offset(zone, out);
    if (flaw == FLAW_NONE) return true;
    if (flaw == FLAW_ZONE)
        func_call_error(call, row, "0A000", "time zone \"%.*s\" is not supported",
                        (int)MIN(zone.size, 100), zone.data);
    else
        func_call_flaw(call, row, flaw);
    return false;
}

static bool zone_interval(struct func_call *call, u32 row, i64 *out)
{
    const struct interval *zone = INTERVAL(0);
    *out = zone->micros / MICROS_PER_SECOND * MICROS_PER_SECOND;
    if (zone->months == 0 && zone->days == 0) return true;
    char text[INTERVAL_TEXT_MAX];
    u32 size = interval_print(zone, text);
    func_call_error(call, row, "22023",
                    "interval time zone \"%.*s\" must not include months or days", (int)size, text);
    return false;
}

static void move_zone(struct func_call *call, bool to_utc)
{
    i64 *out = call->out->data;
    bool text = call->args[0]->type.id != TYPE_INTERVAL;
    for (u32 row = 0; row < call->count; row++) {
        i64 offset;
        if (func_call_skips(call, row)) continue;
        out[row] = I64(1);
        if (!timestamp_is_finite(out[row])) continue;
        if (text ? !zone_offset(call, row, 0, &offset) : !zone_interval(call, row, &offset))
            continue;
        bool lost = __builtin_add_overflow(out[row], to_utc ? -offset : offset, &out[row]);
        if (lost || !timestamp_is_valid(out[row])) func_call_flaw(call, row, FLAW_TIMESTAMP);
    }
}

/* A timestamp of that zone as a moment, and a moment as the zone's clock shows it. */
void func_time_zone_to_utc(struct func_call *call)
{
    move_zone(call, true);
}
void func_time_utc_to_zone(struct func_call *call)
{
    move_zone(call, false);
}
