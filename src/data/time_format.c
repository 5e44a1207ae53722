#include "data/time_format.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "data/calendar.h"

/* What a field shows. The first ones are words: their name is spelt in the case that is meant. */
enum field_kind {
    FIELD_AD,
    FIELD_AM,
    FIELD_DAY_NAME,
    FIELD_DAY_SHORT,
    FIELD_MONTH_NAME,
    FIELD_MONTH_SHORT,
    FIELD_MONTH_ROMAN,
    FIELD_ZONE,
    FIELD_OFFSET,
    FIELD_YEAR_COMMA,
    FIELD_CENTURY,
    FIELD_DAY_OF_YEAR,
    FIELD_DAY,
    FIELD_DAY_OF_WEEK,
    FIELD_FRACTION, /* digits of the second */
    FIELD_HOUR24,
    FIELD_HOUR12,
    FIELD_ISO_DAY_OF_YEAR,
    FIELD_ISO_DAY,
    FIELD_ISO_WEEK,
    FIELD_ISO_YEAR, /* its last digits */
    FIELD_JULIAN,
    FIELD_MINUTE,
    FIELD_MONTH,
    FIELD_OFFSET_MINUTES,
    FIELD_QUARTER,
    FIELD_SECOND,
    FIELD_SECOND_OF_DAY,
    FIELD_WEEK,
    FIELD_WEEK_OF_MONTH,
    FIELD_YEAR, /* its last digits */
};

static bool is_word(enum field_kind kind)
{
    return kind <= FIELD_ZONE;
}

struct time_format_field {
    const char *name;
    enum field_kind kind;
    u8 digits;
};

/* A longer name stands before its own beginning. Numbers are also known in lower case. */
static const struct time_format_field fields[] = {
    { "A.D.", FIELD_AD, 0 },
    { "A.M.", FIELD_AM, 0 },
    { "AD", FIELD_AD, 0 },
    { "AM", FIELD_AM, 0 },
    { "B.C.", FIELD_AD, 0 },
    { "BC", FIELD_AD, 0 },
    { "CC", FIELD_CENTURY, 2 },
    { "DAY", FIELD_DAY_NAME, 0 },
    { "Day", FIELD_DAY_NAME, 0 },
    { "DDD", FIELD_DAY_OF_YEAR, 3 },
    { "DD", FIELD_DAY, 2 },
    { "DY", FIELD_DAY_SHORT, 0 },
    { "Dy", FIELD_DAY_SHORT, 0 },
    { "D", FIELD_DAY_OF_WEEK, 0 },
    { "FF1", FIELD_FRACTION, 1 },
    { "FF2", FIELD_FRACTION, 2 },
    { "FF3", FIELD_FRACTION, 3 },
    { "FF4", FIELD_FRACTION, 4 },
    { "FF5", FIELD_FRACTION, 5 },
    { "FF6", FIELD_FRACTION, 6 },
    { "HH24", FIELD_HOUR24, 2 },
    { "HH12", FIELD_HOUR12, 2 },
    { "HH", FIELD_HOUR12, 2 },
    { "IDDD", FIELD_ISO_DAY_OF_YEAR, 3 },
    { "ID", FIELD_ISO_DAY, 0 },
    { "IW", FIELD_ISO_WEEK, 2 },
    { "IYYY", FIELD_ISO_YEAR, 4 },
    { "IYY", FIELD_ISO_YEAR, 3 },
    { "IY", FIELD_ISO_YEAR, 2 },
    { "I", FIELD_ISO_YEAR, 1 },
    { "J", FIELD_JULIAN, 0 },
    { "MI", FIELD_MINUTE, 2 },
    { "MM", FIELD_MONTH, 2 },
    { "MONTH", FIELD_MONTH_NAME, 0 },
    { "Month", FIELD_MONTH_NAME, 0 },
    { "MON", FIELD_MONTH_SHORT, 0 },
    { "Mon", FIELD_MONTH_SHORT, 0 },
    { "MS", FIELD_FRACTION, 3 },
    { "OF", FIELD_OFFSET, 0 },
    { "P.M.", FIELD_AM, 0 },
    { "PM", FIELD_AM, 0 },
    { "Q", FIELD_QUARTER, 0 },
    { "RM", FIELD_MONTH_ROMAN, 0 },
    { "SSSSS", FIELD_SECOND_OF_DAY, 0 },
    { "SSSS", FIELD_SECOND_OF_DAY, 0 },
    { "SS", FIELD_SECOND, 2 },
    { "TZH", FIELD_OFFSET, 0 },
    { "TZM", FIELD_OFFSET_MINUTES, 2 },
    { "TZ", FIELD_ZONE, 0 },
    { "US", FIELD_FRACTION, 6 },
    { "WW", FIELD_WEEK, 2 },
    { "W", FIELD_WEEK_OF_MONTH, 0 },
    { "Y,YYY", FIELD_YEAR_COMMA, 0 },
    { "YYYY", FIELD_YEAR, 4 },
    { "YYY", FIELD_YEAR, 3 },
    { "YY", FIELD_YEAR, 2 },
    { "Y", FIELD_YEAR, 1 },
    { "a.d.", FIELD_AD, 0 },
    { "a.m.", FIELD_AM, 0 },
    { "ad", FIELD_AD, 0 },
    { "am", FIELD_AM, 0 },
    { "b.c.", FIELD_AD, 0 },
    { "bc", FIELD_AD, 0 },
    { "day", FIELD_DAY_NAME, 0 },
    { "dy", FIELD_DAY_SHORT, 0 },
    { "month", FIELD_MONTH_NAME, 0 },
    { "mon", FIELD_MONTH_SHORT, 0 },
    { "p.m.", FIELD_AM, 0 },
    { "pm", FIELD_AM, 0 },
    { "rm", FIELD_MONTH_ROMAN, 0 },
    { "tz", FIELD_ZONE, 0 },
};

/* --- Reading a template --- */

static bool starts_with(struct slice text, const char *start, bool nocase)
{
    size_t size = strlen(start);
    if (text.size < size) return false;
    struct slice head = slice_make(text.data, size);
    return nocase ? slice_is_nocase(head, start) : slice_is(head, start);
}

static bool is_lower(struct slice text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') return false;
    }
    return true;
}

/* The field at the start of text; a number's name is also known all in lower case. */
static const struct time_format_field *find_field(struct slice text)
{
    const struct time_format_field *found = NULL;
    for (u32 i = 0; i < countof(fields); i++) {
        const char *name = fields[i].name;
        size_t size = strlen(name);
        if (found && size <= strlen(found->name)) continue;
        bool exact = starts_with(text, name, false);
        bool lower =
            !is_word(fields[i].kind) && starts_with(text, name, true) && is_lower(text, size);
        if (exact || lower) found = &fields[i];
    }
    return found;
}

static size_t read_text(struct arena *arena, struct slice rest, struct slice *text);

struct time_format time_format_make(struct arena *arena, struct slice template)
{
    struct time_format format = { 0 };
    format.parts = arena_array(arena, struct time_format_part, template.size);
    for (struct slice rest = template; rest.size > 0;) {
        struct time_format_part part = { 0 };
        struct slice after = rest;
        if (starts_with(rest, "FM", true) || starts_with(rest, "TM", true)) {
            part.fill = true;
            after = slice_make(rest.data + 2, rest.size - 2);
        } else if (starts_with(rest, "FX", true)) {
            after = slice_make(rest.data + 2, rest.size - 2);
        }
        part.field = find_field(after);
        size_t size;
        if (part.field) {
            size = (size_t)(after.data - rest.data) + strlen(part.field->name);
            struct slice behind = slice_make(rest.data + size, rest.size - size);
            if (starts_with(behind, "TH", true)) {
                part.ordinal = behind.data[0];
                size += 2;
            }
        } else {
            size = read_text(arena, rest, &part.text);
        }
        format.parts[format.count++] = part;
        rest = slice_make(rest.data + size, rest.size - size);
    }
    return format;
}

/* One character, or a text in double quotes, in which a backslash takes the next one as it is. Returns how much
 * of rest that was. */
static size_t read_text(struct arena *arena, struct slice rest, struct slice *text)
{
    const char *data = rest.data;
    if (data[0] == '\\' && rest.size > 1 && data[1] == '"') {
        *text = slice_make(data + 1, 1);
        return 2;
    }
    if (data[0] != '"') {
        *text = slice_make(data, 1);
        return 1;
    }
    char *out = arena_alloc(arena, rest.size);
    size_t size = 0, i = 1;
    for (; i < rest.size && data[i] != '"'; i++) {
        if (data[i] == '\\' && i + 1 < rest.size) i++;
        out[size++] = data[i];
    }
    *text = slice_make(out, size);
    return MIN(i + 1, rest.size);
}

/* --- Writing a field --- */

static const char *const day_names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };
static const char *const month_names[] = { "January",   "February", "March",    "April",
                                           "May",       "June",     "July",     "August",
                                           "September", "October",  "November", "December" };
static const char *const roman_months[] = { "I",   "II",   "III", "IV", "V",  "VI",
                                            "VII", "VIII", "IX",  "X",  "XI", "XII" };

struct moment {
    i32 julian;
    struct calendar_day day;
    struct calendar_clock clock;
};

static struct moment moment_of(i64 timestamp)
{
    i64 day = timestamp / MICROS_PER_DAY, time = timestamp % MICROS_PER_DAY;
    if (time < 0) day--, time += MICROS_PER_DAY;
    i32 julian = (i32)day + CALENDAR_JULIAN_2000;
    return (struct moment){ .julian = julian,
                            .day = calendar_from_julian(julian),
                            .clock = calendar_clock_of(time) };
}

/* Years before 1 are counted as BC, without a sign. */
static i32 shown_year(i32 year)
{
    return year > 0 ? year : 1 - year;
}

static i32 century_of(i32 year)
{
    return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100);
}

static i32 day_of_year(const struct moment *moment)
{
    return moment->julian - calendar_julian(moment->day.year, 1, 1) + 1;
}

static i32 fraction_of(i32 micros, u32 digits)
{
    for (; digits < 6; digits++)
        micros /= 10;
    return micros;
}

static i32 number_of(const struct time_format_field *field, const struct moment *moment)
{
    i32 iso_year, iso_week, weekday = calendar_weekday(moment->julian);
    const struct calendar_day *day = &moment->day;
    const struct calendar_clock *clock = &moment->clock;
    calendar_iso_week(*day, &iso_year, &iso_week);
    switch (field->kind) {
    case FIELD_CENTURY: return century_of(day->year);
    case FIELD_DAY_OF_YEAR: return day_of_year(moment);
    case FIELD_DAY: return day->day;
    case FIELD_DAY_OF_WEEK: return weekday + 1;
    case FIELD_FRACTION: return fraction_of(clock->micros, field->digits);
    case FIELD_HOUR24: return clock->hour;
    case FIELD_HOUR12: return clock->hour % 12 == 0 ? 12 : clock->hour % 12;
    case FIELD_ISO_DAY_OF_YEAR: return moment->julian - calendar_iso_week_start(iso_year, 1) + 1;
    case FIELD_ISO_DAY: return weekday == 0 ? 7 : weekday;
    case FIELD_ISO_WEEK: return iso_week;
    case FIELD_ISO_YEAR: return shown_year(iso_year);
    case FIELD_JULIAN: return moment->julian;
    case FIELD_MINUTE: return clock->minute;
    case FIELD_MONTH: return day->month;
    case FIELD_OFFSET_MINUTES: return 0;
    case FIELD_QUARTER: return (day->month - 1) / 3 + 1;
    case FIELD_SECOND: return clock->second;
    case FIELD_SECOND_OF_DAY: return (clock->hour * 60 + clock->minute) * 60 + clock->second;
    case FIELD_WEEK: return (day_of_year(moment) - 1) / 7 + 1;
    case FIELD_WEEK_OF_MONTH: return (day->day - 1) / 7 + 1;
    case FIELD_YEAR: return shown_year(day->year);
    case FIELD_AD:
    case FIELD_AM:
    case FIELD_DAY_NAME:
    case FIELD_DAY_SHORT:
    case FIELD_MONTH_NAME:
    case FIELD_MONTH_SHORT:
    case FIELD_MONTH_ROMAN:
    case FIELD_OFFSET:
    case FIELD_ZONE:
    case FIELD_YEAR_COMMA: break;
    }
    unreachable();
}

static u32 print_number(const struct time_format_part *part, i32 value, char *out);
static u32 print_ordinal(const struct time_format_part *part, u32 size, char *out);
static u32 print_word(const struct time_format_part *part, const struct moment *moment, bool zoned,
                      char *out);

u32 time_format_print(const struct time_format_part *part, i64 timestamp, bool zoned, char *out)
{
    struct moment moment = moment_of(timestamp);
    enum field_kind kind = part->field->kind;
    if (is_word(kind)) return print_word(part, &moment, zoned, out);
    u32 size;
    if (kind == FIELD_OFFSET) {
        memcpy(out, "+00", 3); /* every zone is UTC */
        return 3;
    }
    if (kind == FIELD_YEAR_COMMA) {
        i32 year = shown_year(moment.day.year);
        size = (u32)snprintf(out, TIME_FORMAT_FIELD_MAX, "%d,%03d", year / 1000, year % 1000);
    } else {
        size = print_number(part, number_of(part->field, &moment), out);
    }
    return print_ordinal(part, size, out);
}

static u32 print_number(const struct time_format_part *part, i32 value, char *out)
{
    static const i32 powers[] = { 1, 10, 100, 1000 };
    const struct time_format_field *field = part->field;
    bool year = field->kind == FIELD_YEAR || field->kind == FIELD_ISO_YEAR;
    if (year && field->digits < 4) value %= powers[field->digits];
    bool fraction = field->kind == FIELD_FRACTION;
    i32 digits = part->fill && !fraction ? 0 : field->digits;
    if (value < 0) digits++;
    return (u32)snprintf(out, TIME_FORMAT_FIELD_MAX, "%0*d", digits, value);
}

/* st, nd, rd, th by the last digits. */
static u32 print_ordinal(const struct time_format_part *part, u32 size, char *out)
{
    if (!part->ordinal) return size;
    char last = out[size - 1];
    bool teen = size > 1 && out[size - 2] == '1';
    const char *ending = teen          ? "th"
                         : last == '1' ? "st"
                         : last == '2' ? "nd"
                         : last == '3' ? "rd"
                                       : "th";
    bool upper = part->ordinal == 'T';
    out[size] = upper ? (char)(ending[0] - 32) : ending[0];
    out[size + 1] = upper ? (char)(ending[1] - 32) : ending[1];
    return size + 2;
}

/* The first letters of a name in the case of the field's own: DAY, Day, day. */
static u32 print_name(const struct time_format_part *part, const char *name, u32 size_max,
                      u32 width, char *out)
{
    const char *spelling = part->field->name;
    bool upper = spelling[1] >= 'A' && spelling[1] <= 'Z';
    bool lower = spelling[0] >= 'a';
    u32 size = 0;
    for (; name[size] && size < size_max; size++) {
        char c = name[size];
        if (upper && c >= 'a' && c <= 'z') c = (char)(c - 32);
        if (lower && c >= 'A' && c <= 'Z') c = (char)(c + 32);
        out[size] = c;
    }
    while (!part->fill && size < width)
        out[size++] = ' ';
    return size;
}

static u32 print_half(const struct time_format_part *part, bool second, const char *pair,
                      char *out);

static u32 print_word(const struct time_format_part *part, const struct moment *moment, bool zoned,
                      char *out)
{
    enum field_kind kind = part->field->kind;
    const char *day = day_names[calendar_weekday(moment->julian)];
    u32 month = (u32)moment->day.month - 1;
    if (kind == FIELD_AD) return print_half(part, moment->day.year <= 0, "AB", out);
    if (kind == FIELD_AM) return print_half(part, moment->clock.hour >= 12, "AP", out);
    if (kind == FIELD_ZONE) return print_name(part, zoned ? "UTC" : "", 3, 0, out);
    if (kind == FIELD_MONTH_ROMAN) return print_name(part, roman_months[month], 4, 4, out);
    if (kind == FIELD_DAY_NAME) return print_name(part, day, 9, 9, out);
    if (kind == FIELD_DAY_SHORT) return print_name(part, day, 3, 3, out);
    if (kind == FIELD_MONTH_SHORT) return print_name(part, month_names[month], 3, 3, out);
    return print_name(part, month_names[month], 9, 9, out);
}

/* AD or BC, AM or PM: with points and in lower case as the field's name is. */
static u32 print_half(const struct time_format_part *part, bool second, const char *pair, char *out)
{
    const char *name = part->field->name;
    bool points = name[1] == '.', lower = name[0] >= 'a';
    char letters[2] = { pair[second], pair[1] == 'P' ? 'M' : second ? 'C' : 'D' };
    u32 size = 0;
    for (u32 i = 0; i < 2; i++) {
        out[size++] = lower ? (char)(letters[i] + 32) : letters[i];
        if (points) out[size++] = '.';
    }
    return size;
}
