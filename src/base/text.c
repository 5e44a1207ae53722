#include "base/text.h"

#include <stdio.h>

#include "base/assert.h"

struct unit {
    const char *name;
    u64 factor;
};

/* Largest first, and within one size the name that is written first. */
static const struct unit sizes[] = {
    { "TB", GIB(1024) }, { "TiB", GIB(1024) }, { "GB", GIB(1) }, { "GiB", GIB(1) },
    { "MB", MIB(1) },    { "MiB", MIB(1) },    { "kB", KIB(1) }, { "KiB", KIB(1) },
    { "B", 1 },          { "bytes", 1 },       { "byte", 1 },    { "", 1 },
};

#define SECOND 1000000ull
static const struct unit durations[] = {
    { "d", 86400 * SECOND },    { "day", 86400 * SECOND }, { "days", 86400 * SECOND },
    { "h", 3600 * SECOND },     { "hour", 3600 * SECOND }, { "hours", 3600 * SECOND },
    { "min", 60 * SECOND },     { "m", 60 * SECOND },      { "minute", 60 * SECOND },
    { "minutes", 60 * SECOND }, { "s", SECOND },           { "sec", SECOND },
    { "second", SECOND },       { "seconds", SECOND },     { "ms", 1000 },
    { "millisecond", 1000 },    { "milliseconds", 1000 },  { "us", 1 },
    { "microsecond", 1 },       { "microseconds", 1 },
};

static struct slice trim(struct slice text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = slice_make(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Splits "1.5 MB" into the whole part, the fraction in billionths, and the unit's name. */
static bool number_parse(struct slice text, u64 *whole, u64 *billionths, struct slice *unit)
{
    size_t at = 0;
    u64 scale = 1000000000;
    *whole = *billionths = 0;
    for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        if (__builtin_mul_overflow(*whole, 10u, whole) ||
            __builtin_add_overflow(*whole, (u64)(text.data[at] - '0'), whole))
            return false;
    if (at == 0) return false;
    if (at < text.size && text.data[at] == '.') {
        size_t first = ++at;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
            scale /= 10;
            *billionths += (u64)(text.data[at] - '0') * scale;
        }
        if (at == first) return false;
    }
    *unit = trim(slice_make(text.data + at, text.size - at));
    return true;
}

static bool quantity_parse(struct slice text, const struct unit *units, size_t count, u64 max,
                           u64 *value)
{
    u64 whole, billionths;
    struct slice name;
    if (!number_parse(trim(text), &whole, &billionths, &name)) return false;
    for (size_t index = 0; index < count; index++) {
        if (!slice_is_nocase(name, units[index].name)) continue;
        u128 sum =
            (u128)whole * units[index].factor + (u128)billionths * units[index].factor / 1000000000;
        *value = (u64)sum;
        return sum <= max;
    }
    *value = 0; /* a bare 0 needs no unit */
    return name.size == 0 && whole == 0 && billionths == 0;
}

static enum status refuse(struct slice text, const char *name, const char *hint, struct err *err)
{
    err_set(err, "22023", "invalid value for \"%s\": \"%.*s\"", name, (int)MIN(text.size, 100u),
            text.size ? text.data : "");
    return err_hint(err, "%s", hint);
}

enum status text_parse_size(struct slice text, const char *name, u64 *size, struct err *err)
{
    if (quantity_parse(text, sizes, countof(sizes), INT64_MAX, size)) return OK;
    return refuse(text, name, "A size is a number and B, kB, MB, GB or TB, as in 64MB.", err);
}

enum status text_parse_duration(struct slice text, const char *name, i64 *duration_us,
                                struct err *err)
{
    u64 value;
    if (quantity_parse(text, durations, countof(durations), INT64_MAX, &value)) {
        *duration_us = (i64)value;
        return OK;
    }
    return refuse(text, name, "A duration is a number and us, ms, s, min, h or d, as in 60s.", err);
}

enum status text_parse_count(struct slice text, const char *name, u64 max, u64 *count,
                             struct err *err)
{
    u64 billionths;
    struct slice unit;
    bool whole = text.size > 0 && !memchr(text.data, '.', text.size);
    if (whole && number_parse(text, count, &billionths, &unit) && unit.size == 0 &&
        text.data[text.size - 1] != ' ' && *count <= max)
        return OK;
    char hint[80];
    snprintf(hint, sizeof hint, "It is a whole number from 0 to %llu.", (unsigned long long)max);
    return refuse(text, name, hint, err);
}

/* A number with a fraction at the front of text, which moves on behind it and its blanks. */
static bool take_number(struct slice *text, double *number)
{
    u64 whole, billionths;
    if (!number_parse(trim(*text), &whole, &billionths, text)) return false;
    *number = (double)whole + (double)billionths / 1e9;
    return true;
}

static bool take_char(struct slice *text, char c)
{
    if (text->size == 0 || text->data[0] != c) return false;
    *text = trim(slice_make(text->data + 1, text->size - 1));
    return true;
}

enum status text_parse_rate(struct slice text, const char *name, double *per_second,
                            struct err *err)
{
    struct slice rest = text;
    u64 period = SECOND;
    bool good = take_number(&rest, per_second);
    if (take_char(&rest, 'k'))
        *per_second *= 1e3;
    else if (take_char(&rest, 'M'))
        *per_second *= 1e6;
    else if (take_char(&rest, 'G'))
        *per_second *= 1e9;
    if (good && take_char(&rest, '/')) {
        good = false;
        for (size_t index = 0; index < countof(durations) && !good; index++) {
            good = slice_is_nocase(rest, durations[index].name);
            period = durations[index].factor;
        }
    } else
        good = good && rest.size == 0;
    *per_second /= (double)period / (double)SECOND;
    if (good && *per_second > 0) return OK;
    return refuse(text, name, "A rate is a number and a time, as in 1000/s or 5/min.", err);
}

enum status text_parse_share(struct slice text, const char *name, double *share, struct err *err)
{
    struct slice rest = text;
    double whole = 1;
    bool good = take_number(&rest, share);
    if (good && take_char(&rest, '%'))
        whole = 100;
    else if (good && take_char(&rest, '/'))
        good = take_number(&rest, &whole);
    if (good && rest.size == 0 && *share > 0 && *share <= whole) {
        *share /= whole;
        return OK;
    }
    return refuse(text, name, "A share lies above 0 and up to 1, as in 0.1, 10% or 1/10.", err);
}

/* With the largest unit that divides value. */
static void quantity_write(char *text, u64 value, const struct unit *units, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (value % units[index].factor || (value == 0 && units[index].factor > 1)) continue;
        snprintf(text, TEXT_UNIT_SIZE_MAX, "%llu%s",
                 (unsigned long long)(value / units[index].factor), units[index].name);
        return;
    }
    unreachable();
}

void text_write_size(char text[TEXT_UNIT_SIZE_MAX], u64 size)
{
    quantity_write(text, size, sizes, countof(sizes));
}

void text_write_duration(char text[TEXT_UNIT_SIZE_MAX], i64 duration_us)
{
    assert(duration_us >= 0);
    quantity_write(text, (u64)duration_us, durations, countof(durations));
}

size_t text_write_number(char *target, u64 number, u32 base)
{
    char digits[TEXT_NUMBER_SIZE_MAX];
    size_t begin = sizeof digits;
    assert(base == 10 || base == 16);
    do {
        digits[--begin] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    memcpy(target, digits + begin, sizeof digits - begin);
    return sizeof digits - begin;
}
