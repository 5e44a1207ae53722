#include <math.h>

#include "base/assert.h"
#include "data/interval.h"
#include "data/number.h"
#include "data/time_token.h"

#define MONTHS_PER_YEAR 12
#define DAYS_PER_MONTH  30

/* What has been read, before it is put together; each part overflows by itself. */
struct sum {
    i32 years;
    i32 months;
    i32 days;
    i64 micros;
};

static enum flaw parse_verbose(struct slice text, struct sum *sum);
static enum flaw parse_iso(struct slice text, struct sum *sum);

enum flaw interval_parse(struct slice text, struct interval *out)
{
    struct sum sum = { 0 };
    enum flaw flaw = parse_verbose(text, &sum);
    if (flaw == FLAW_SYNTAX) {
        sum = (struct sum){ 0 };
        flaw = parse_iso(text, &sum);
    }
    if (flaw) return flaw;
    i64 months = (i64)sum.years * MONTHS_PER_YEAR + sum.months;
    if (months != (i32)months) return FLAW_INTERVAL;
    *out = (struct interval){ .months = (i32)months, .days = sum.days, .micros = sum.micros };
    return FLAW_NONE;
}

/* --- Adding parts: a whole number and a fraction of the same sign, of some unit --- */

static bool add_i32(i32 *to, i64 value, i64 scale)
{
    i64 product;
    return !__builtin_mul_overflow(value, scale, &product) &&
           !__builtin_add_overflow(*to, product, to);
}

static bool add_fraction_micros(struct sum *sum, f64 fraction, i64 scale)
{
    if (fraction == 0) return true;
    fraction *= (f64)scale;
    i64 micros = (i64)fraction;
    fraction -= (f64)micros;
    micros += fraction > 0.5 ? 1 : fraction < -0.5 ? -1 : 0;
    return !__builtin_add_overflow(sum->micros, micros, &sum->micros);
}

static bool add_fraction_days(struct sum *sum, f64 fraction, i32 scale)
{
    if (fraction == 0) return true;
    fraction *= scale;
    i32 days = (i32)fraction;
    if (__builtin_add_overflow(sum->days, days, &sum->days)) return false;
    return add_fraction_micros(sum, fraction - days, MICROS_PER_DAY);
}

static bool add_micros(struct sum *sum, i64 value, f64 fraction, i64 scale)
{
    i64 product;
    return !__builtin_mul_overflow(value, scale, &product) &&
           !__builtin_add_overflow(sum->micros, product, &sum->micros) &&
           add_fraction_micros(sum, fraction, scale);
}

static bool add_days(struct sum *sum, i64 value, f64 fraction)
{
    return add_i32(&sum->days, value, 1) && add_fraction_micros(sum, fraction, MICROS_PER_DAY);
}

static bool add_weeks(struct sum *sum, i64 value, f64 fraction)
{
    return add_i32(&sum->days, value, 7) && add_fraction_days(sum, fraction, 7);
}

static bool add_months(struct sum *sum, i64 value, f64 fraction)
{
    return add_i32(&sum->months, value, 1) && add_fraction_days(sum, fraction, DAYS_PER_MONTH);
}

/* A fraction of years goes to months, rounded. */
static bool add_years(struct sum *sum, i64 value, f64 fraction, i32 scale)
{
    i32 months = (i32)rint(fraction * scale * MONTHS_PER_YEAR);
    return add_i32(&sum->years, value, scale) &&
           !__builtin_add_overflow(sum->months, months, &sum->months);
}

static bool add_unit(struct sum *sum, enum calendar_field unit, i64 value, f64 fraction)
{
    switch (unit) {
    case CALENDAR_MICROSECONDS: return add_micros(sum, value, fraction, 1);
    case CALENDAR_MILLISECONDS: return add_micros(sum, value, fraction, 1000);
    case CALENDAR_SECOND: return add_micros(sum, value, fraction, MICROS_PER_SECOND);
    case CALENDAR_MINUTE: return add_micros(sum, value, fraction, MICROS_PER_MINUTE);
    case CALENDAR_HOUR: return add_micros(sum, value, fraction, MICROS_PER_HOUR);
    case CALENDAR_DAY: return add_days(sum, value, fraction);
    case CALENDAR_WEEK: return add_weeks(sum, value, fraction);
    case CALENDAR_MONTH: return add_months(sum, value, fraction);
    case CALENDAR_YEAR: return add_years(sum, value, fraction, 1);
    case CALENDAR_DECADE: return add_years(sum, value, fraction, 10);
    case CALENDAR_CENTURY: return add_years(sum, value, fraction, 100);
    case CALENDAR_MILLENNIUM: return add_years(sum, value, fraction, 1000);
    case CALENDAR_QUARTER:
    case CALENDAR_DOW:
    case CALENDAR_ISODOW:
    case CALENDAR_DOY:
    case CALENDAR_ISOYEAR:
    case CALENDAR_JULIAN:
    case CALENDAR_EPOCH:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: break;
    }
    unreachable();
}

/* --- 1 year 2 mons 3 days 04:05:06: read from the right, so that a unit is known before its number --- */

/* Which unit a number without a name has: seconds at the right end, days before a clock or hours. */
#define UNIT_NONE    (-1)
#define UNIT_REFUSED (-2) /* right before "ago" */

struct verbose {
    struct sum *sum;
    i32 unit; /* enum calendar_field of the next number to the left, or UNIT_NONE, UNIT_REFUSED */
    u32 seen; /* bits by enum calendar_field */
    bool ago;
};

#define SECONDS_SEEN                                                                               \
    (1u << CALENDAR_SECOND | 1u << CALENDAR_MILLISECONDS | 1u << CALENDAR_MICROSECONDS)
#define CLOCK_SEEN (1u << CALENDAR_HOUR | 1u << CALENDAR_MINUTE | SECONDS_SEEN)

static enum flaw read_verbose_token(struct verbose *verbose, const struct time_token *token);
static enum flaw read_clock(struct verbose *verbose, const char *text, bool negative);
static enum flaw read_number(struct verbose *verbose, const char *text);
static enum flaw read_word(struct verbose *verbose, const char *text);
static enum flaw negate(struct sum *sum);

static enum flaw parse_verbose(struct slice text, struct sum *sum)
{
    struct time_tokens tokens;
    if (!time_tokens_read(text, &tokens)) return FLAW_SYNTAX;
    struct verbose verbose = { .sum = sum, .unit = UNIT_NONE };
    for (u32 index = tokens.count; index-- > 0;) {
        enum flaw flaw = read_verbose_token(&verbose, &tokens.at[index]);
        if (flaw) return flaw;
    }
    if (verbose.seen == 0) return FLAW_SYNTAX;
    return verbose.ago ? negate(sum) : FLAW_NONE;
}

static enum flaw see(struct verbose *verbose, u32 what)
{
    if (verbose->seen & what) return FLAW_SYNTAX;
    verbose->seen |= what;
    return FLAW_NONE;
}

static enum flaw read_verbose_token(struct verbose *verbose, const struct time_token *token)
{
    enum flaw flaw;
    switch (token->kind) {
    case TIME_TOKEN_CLOCK: return read_clock(verbose, token->text, false);
    case TIME_TOKEN_OFFSET:
        if (strchr(token->text, ':')) {
            flaw = read_clock(verbose, token->text + 1, *token->text == '-');
            if (flaw != FLAW_SYNTAX) return flaw;
        }
        return read_number(verbose, token->text);
    case TIME_TOKEN_DAY:
    case TIME_TOKEN_NUMBER: return read_number(verbose, token->text);
    case TIME_TOKEN_WORD: return read_word(verbose, token->text);
    case TIME_TOKEN_SIGNED: return FLAW_SYNTAX;
    }
    unreachable();
}

/* 4:05, 4:05:06.7, and 4:05.6, which is minutes and seconds. A number before it counts days. */
static enum flaw read_clock(struct verbose *verbose, const char *text, bool negative)
{
    i64 hours, minutes, seconds = 0;
    i32 micros = 0;
    const char *next = text;
    if (!time_token_number(&next, INT64_MAX, &hours)) return FLAW_RANGE;
    if (*next++ != ':') return FLAW_SYNTAX;
    if (!time_token_number(&next, INT32_MAX, &minutes)) return FLAW_SYNTAX;
    if (*next == ':') {
        next++;
        if (!time_token_number(&next, INT32_MAX, &seconds)) return FLAW_SYNTAX;
    } else if (*next == '.') {
        seconds = minutes;
        minutes = hours;
        hours = 0;
    }
    if (*next == '.' && !time_token_fraction(&next, &micros)) return FLAW_SYNTAX;
    if (*next) return FLAW_SYNTAX;
    if (minutes > 59 || seconds > 60) return FLAW_RANGE;
    i64 rest = minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + micros;
    i64 total;
    if (__builtin_mul_overflow(hours, MICROS_PER_HOUR, &total) ||
        __builtin_add_overflow(total, rest, &total))
        return FLAW_RANGE;
    if (negative) total = -total;
    if (__builtin_add_overflow(verbose->sum->micros, total, &verbose->sum->micros))
        return FLAW_RANGE;
    verbose->unit = CALENDAR_DAY;
    return see(verbose, CLOCK_SEEN);
}

static bool read_integer(const char **next, i64 *out)
{
    bool negative = **next == '-';
    if (**next == '-' || **next == '+') ++*next;
    if (**next == '.') {
        *out = 0;
        return true;
    }
    if (!time_token_number(next, INT64_MAX, out)) return false;
    if (negative) *out = -*out;
    return true;
}

static enum flaw read_years_months(struct verbose *verbose, i64 years, const char *next,
                                   bool negative);

static enum flaw read_number(struct verbose *verbose, const char *text)
{
    const char *next = text;
    bool negative = *text == '-';
    i64 value;
    f64 fraction = 0;
    if (!read_integer(&next, &value))
        return *next >= '0' && *next <= '9' ? FLAW_RANGE : FLAW_SYNTAX;
    if (*next == '-') return read_years_months(verbose, value, next + 1, negative);
    if (*next == '.' && next[1]) {
        if (number_parse_f64(slice_of(next), &fraction)) return FLAW_SYNTAX;
        if (negative) fraction = -fraction;
    } else if (*next && *next != '.') {
        return FLAW_SYNTAX;
    }
    if (verbose->unit == UNIT_REFUSED) return FLAW_SYNTAX;
    if (verbose->unit == UNIT_NONE) verbose->unit = CALENDAR_SECOND;
    enum calendar_field unit = (enum calendar_field)verbose->unit;
    if (!add_unit(verbose->sum, unit, value, fraction)) return FLAW_RANGE;
    if (unit == CALENDAR_HOUR) verbose->unit = CALENDAR_DAY;
    if (unit == CALENDAR_SECOND && fraction != 0) return see(verbose, SECONDS_SEEN);
    return see(verbose, 1u << unit);
}

/* SQL's 1-2: years and months. */
static enum flaw read_years_months(struct verbose *verbose, i64 years, const char *next,
                                   bool negative)
{
    i64 months;
    if (*next < '0' || *next > '9') return FLAW_SYNTAX;
    if (!time_token_number(&next, MONTHS_PER_YEAR - 1, &months)) return FLAW_RANGE;
    if (*next) return FLAW_SYNTAX;
    i64 total;
    if (__builtin_mul_overflow(years, MONTHS_PER_YEAR, &total) ||
        __builtin_add_overflow(total, negative ? -months : months, &total) ||
        !add_months(verbose->sum, total, 0))
        return FLAW_RANGE;
    verbose->unit = CALENDAR_MONTH;
    return see(verbose, 1u << CALENDAR_MONTH);
}

static enum flaw read_word(struct verbose *verbose, const char *text)
{
    enum calendar_field unit;
    if (strcmp(text, "ago") == 0) {
        verbose->ago = true;
        verbose->unit = UNIT_REFUSED;
        return FLAW_NONE;
    }
    if (!calendar_field_find(slice_of(text), &unit)) return FLAW_SYNTAX;
    if (unit > CALENDAR_MILLENNIUM || unit == CALENDAR_QUARTER) return FLAW_SYNTAX;
    verbose->unit = (i32)unit;
    return FLAW_NONE;
}

static enum flaw negate(struct sum *sum)
{
    if (sum->years == INT32_MIN || sum->months == INT32_MIN || sum->days == INT32_MIN ||
        sum->micros == INT64_MIN)
        return FLAW_RANGE;
    *sum = (struct sum){
        .years = -sum->years, .months = -sum->months, .days = -sum->days, .micros = -sum->micros
    };
    return FLAW_NONE;
}

/* --- ISO 8601: P1Y2M3DT4H5M6.7S, P0001-02-03T04:05:06, P00010203T040506 --- */

struct iso {
    struct sum *sum;
    const char *next; /* ends in NUL */
    bool any;         /* something was read since P or T */
};

struct amount {
    i64 whole;
    f64 fraction;
    i32 width; /* digits before the point; 0 with a sign before it */
};

#define ISO_AMOUNT_MAX 1e15

static enum flaw read_iso_days(struct iso *iso, bool *done);
static enum flaw read_iso_time(struct iso *iso);
static enum flaw read_amount(struct iso *iso, struct amount *out);

static enum flaw parse_iso(struct slice text, struct sum *sum)
{
    char copy[TIME_TEXT_SIZE_MAX + 1];
    if (text.size < 2 || text.size > TIME_TEXT_SIZE_MAX || text.data[0] != 'P') return FLAW_SYNTAX;
    memcpy(copy, text.data + 1, text.size - 1);
    copy[text.size - 1] = '\0';
    if (strlen(copy) != text.size - 1) return FLAW_SYNTAX;
    struct iso iso = { .sum = sum, .next = copy };
    bool done = false;
    enum flaw flaw = read_iso_days(&iso, &done);
    if (flaw || done) return flaw;
    return read_iso_time(&iso);
}

/* PostgreSQL reads the whole with strtod, so exponents are numbers too. */
static enum flaw read_amount(struct iso *iso, struct amount *out)
{
    const char *start = iso->next, *end = start;
    out->width = 0;
    while (start[out->width] >= '0' && start[out->width] <= '9')
        out->width++;
    if (*end == '-') end++;
    bool any = false;
    for (; (*end >= '0' && *end <= '9') || *end == '.'; end++)
        any = any || *end != '.';
    if (!any) return FLAW_SYNTAX;
    f64 value;
    if (number_parse_f64(slice_make(start, (size_t)(end - start)), &value)) return FLAW_SYNTAX;
    if (value < -ISO_AMOUNT_MAX || value > ISO_AMOUNT_MAX) return FLAW_RANGE;
    out->whole = (i64)value;
    out->fraction = value - (f64)out->whole;
    iso->next = end;
    return FLAW_NONE;
}

static enum flaw read_iso_day_form(struct iso *iso, struct amount years, bool *done);

/* Stops behind the T, or at the end with *done. */
static enum flaw read_iso_days(struct iso *iso, bool *done)
{
    while (*iso->next != 'T') {
        if (!*iso->next) {
            *done = true;
            return FLAW_NONE;
        }
        struct amount amount;
        enum flaw flaw = read_amount(iso, &amount);
        if (flaw) return flaw;
        char unit = *iso->next;
        bool fits;
        switch (unit) {
        case 'Y': fits = add_years(iso->sum, amount.whole, amount.fraction, 1); break;
        case 'M': fits = add_months(iso->sum, amount.whole, amount.fraction); break;
        case 'W': fits = add_weeks(iso->sum, amount.whole, amount.fraction); break;
        case 'D': fits = add_days(iso->sum, amount.whole, amount.fraction); break;
        default: return read_iso_day_form(iso, amount, done);
        }
        if (!fits) return FLAW_RANGE;
        iso->next++;
        iso->any = true;
    }
    iso->next++;
    iso->any = false;
    return FLAW_NONE;
}

/* Ends a form at the end of the text or at the T that starts the time. */
static bool ends_days(struct iso *iso, bool *done)
{
    *done = !*iso->next;
    if (*iso->next && *iso->next != 'T') return false;
    iso->next += !*done;
    iso->any = false;
    return true;
}

/* 00010203, or 0001-02-03 of which the end may be left out. */
static enum flaw read_iso_day_form(struct iso *iso, struct amount years, bool *done)
{
    if (iso->any) return FLAW_SYNTAX;
    struct sum *sum = iso->sum;
    if (*iso->next != '-' && years.width == 8) {
        if (!add_years(sum, years.whole / 10000, 0, 1) ||
            !add_months(sum, years.whole / 100 % 100, 0) ||
            !add_days(sum, years.whole % 100, years.fraction))
            return FLAW_RANGE;
        return ends_days(iso, done) ? FLAW_NONE : FLAW_SYNTAX;
    }
    struct amount months, days;
    if (!add_years(sum, years.whole, years.fraction, 1)) return FLAW_RANGE;
    if (ends_days(iso, done)) return FLAW_NONE;
    if (*iso->next++ != '-') return FLAW_SYNTAX;
    enum flaw flaw = read_amount(iso, &months);
    if (flaw) return flaw;
    if (!add_months(sum, months.whole, months.fraction)) return FLAW_RANGE;
    if (ends_days(iso, done)) return FLAW_NONE;
    if (*iso->next++ != '-') return FLAW_SYNTAX;
    flaw = read_amount(iso, &days);
    if (flaw) return flaw;
    if (!add_days(sum, days.whole, days.fraction)) return FLAW_RANGE;
    return ends_days(iso, done) ? FLAW_NONE : FLAW_SYNTAX;
}

static enum flaw read_iso_time_form(struct iso *iso, struct amount hours);

static enum flaw read_iso_time(struct iso *iso)
{
    while (*iso->next) {
        struct amount amount;
        enum flaw flaw = read_amount(iso, &amount);
        if (flaw) return flaw;
        i64 unit;
        switch (*iso->next) {
        case 'H': unit = MICROS_PER_HOUR; break;
        case 'M': unit = MICROS_PER_MINUTE; break;
        case 'S': unit = MICROS_PER_SECOND; break;
        default: return read_iso_time_form(iso, amount);
        }
        if (!add_micros(iso->sum, amount.whole, amount.fraction, unit)) return FLAW_RANGE;
        iso->next++;
        iso->any = true;
    }
    return FLAW_NONE;
}

/* 040506, or 04:05:06.7 of which the end may be left out. */
static enum flaw read_iso_time_form(struct iso *iso, struct amount hours)
{
    if (iso->any) return FLAW_SYNTAX;
    struct sum *sum = iso->sum;
    if (!*iso->next && hours.width == 6) {
        bool fits = add_micros(sum, hours.whole / 10000, 0, MICROS_PER_HOUR) &&
                    add_micros(sum, hours.whole / 100 % 100, 0, MICROS_PER_MINUTE) &&
                    add_micros(sum, hours.whole % 100, 0, MICROS_PER_SECOND) &&
                    add_fraction_micros(sum, hours.fraction, 1); /* as PostgreSQL 15 does */
        return fits ? FLAW_NONE : FLAW_RANGE;
    }
    if (!add_micros(sum, hours.whole, hours.fraction, MICROS_PER_HOUR)) return FLAW_RANGE;
    for (i64 unit = MICROS_PER_MINUTE; *iso->next; unit /= 60) {
        struct amount amount;
        if (*iso->next++ != ':' || unit < MICROS_PER_SECOND) return FLAW_SYNTAX;
        enum flaw flaw = read_amount(iso, &amount);
        if (flaw) return flaw;
        if (!add_micros(sum, amount.whole, amount.fraction, unit)) return FLAW_RANGE;
    }
    return FLAW_NONE;
}
