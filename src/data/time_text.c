#include "data/time_text.h"

#include "base/assert.h"
#include "data/time_token.h"
#include "data/time_word.h"

/* What has been said so far; saying it again is a syntax error. */
enum {
    YEAR = 1,
    MONTH = 2,
    DAY = 4,
    DATE = YEAR | MONTH | DAY,
    DAY_OF_YEAR = 8,
    CLOCK = 16,
    ZONE = 32,
    WEEKDAY = 64,
    MERIDIEM = 128,
    ERA = 256,
    RESERVED = 512, /* infinity, epoch: whatever else is said is not looked at */
};

enum prefix { PREFIX_NONE, PREFIX_JULIAN, PREFIX_TIME };
enum meridiem { HOURS_24, AM, PM };

struct decoder {
    struct time_text *out;
    u32 seen;
    enum prefix prefix; /* the word before says what the next token is */
    enum meridiem meridiem;
    bool text_month;
    bool short_year; /* of one or two digits */
    bool bc;
    bool julian;
    i32 day_of_year;
    i64 hour;
};

#define HOUR_MAX_OF_ZONE 15

static bool parse_canonical(struct slice text, struct time_text *out);
static enum flaw decode(const struct time_tokens *tokens, struct decoder *decoder);
static enum flaw finish(struct decoder *decoder);

enum flaw time_text_parse(struct slice text, struct time_text *out)
{
    if (likely(parse_canonical(text, out))) return FLAW_NONE;
    struct time_tokens tokens;
    if (!time_tokens_read(text, &tokens)) return FLAW_SYNTAX;
    *out = (struct time_text){ .kind = TIME_TEXT_MOMENT };
    struct decoder decoder = { .out = out };
    enum flaw flaw = decode(&tokens, &decoder);
    return flaw ? flaw : finish(&decoder);
}

/* --- The form that nearly all data has: 1999-01-08[ 04:05:06[.789]][zone] --- */

static bool read_two(const char *at, i32 max, i32 *out)
{
    u32 tens = (u8)at[0] - (u32)'0', ones = (u8)at[1] - (u32)'0';
    *out = (i32)(tens * 10 + ones);
    return tens <= 9 && ones <= 9 && *out <= max;
}

static bool parse_canonical_zone(const char *next, const char *end, struct time_text *out);

/* False also for what is wrong: then the general way finds out how. */
static bool parse_canonical(struct slice text, struct time_text *out)
{
    const char *at = text.data, *end = text.data + text.size;
    i32 century, year, month, day, hour, minute, second;
    if (text.size < 10 || at[4] != '-' || at[7] != '-') return false;
    if (!read_two(at, 99, &century) || !read_two(at + 2, 99, &year) ||
        !read_two(at + 5, 12, &month) || !read_two(at + 8, 31, &day))
        return false;
    year += century * 100;
    if (year == 0 || month == 0 || day == 0 || day > calendar_days_in_month(year, month))
        return false;
    *out = (struct time_text){ .day = { .year = year, .month = month, .day = day } };
    at += 10;
    if (at == end) return true;
    if (end - at < 9 || (*at != ' ' && *at != 'T') || at[3] != ':' || at[6] != ':') return false;
    if (!read_two(at + 1, 23, &hour) || !read_two(at + 4, 59, &minute) ||
        !read_two(at + 7, 59, &second))
        return false;
    out->micros = ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND;
    at += 9;
    if (at < end && *at == '.') {
        i64 unit = MICROS_PER_SECOND / 10;
        for (at++; at < end && (u8)(*at - '0') <= 9; at++) {
            if (unit == 0) return false; /* rounds */
            out->micros += unit * (*at - '0');
            unit /= 10;
        }
    }
    return parse_canonical_zone(at, end, out);
}

static bool parse_canonical_zone(const char *next, const char *end, struct time_text *out)
{
    if (next == end) return true;
    out->zoned = true;
    if (*next == 'Z') return next + 1 == end;
    if ((*next != '+' && *next != '-') || (end - next != 3 && end - next != 6)) return false;
    i32 hours, minutes = 0;
    if (!read_two(next + 1, HOUR_MAX_OF_ZONE, &hours)) return false;
    if (end - next == 6 && (next[3] != ':' || !read_two(next + 4, 59, &minutes))) return false;
    i64 micros = (hours * 60 + minutes) * MICROS_PER_MINUTE;
    out->zone_micros = *next == '-' ? -micros : micros;
    return true;
}

/* --- Any form, token by token --- */

static enum flaw decode_token(struct decoder *decoder, const struct time_token *token);
static enum flaw decode_word(struct decoder *decoder, const struct time_token *token);
static enum flaw decode_day(struct decoder *decoder, const struct time_token *token);
static enum flaw decode_clock(struct decoder *decoder, const char *text);
static enum flaw decode_number(struct decoder *decoder, const struct time_token *token);
static enum flaw decode_date_number(struct decoder *decoder, const char *text, u32 size);
static enum flaw decode_packed(struct decoder *decoder, const char *text, u32 size,
                               bool date_is_known);
static enum flaw decode_julian(struct decoder *decoder, const char *text);
static enum flaw set_zone(struct decoder *decoder, i64 micros);

static enum flaw decode(const struct time_tokens *tokens, struct decoder *decoder)
{
    for (u32 index = 0; index < tokens->count; index++) {
        enum flaw flaw = decode_token(decoder, &tokens->at[index]);
        if (flaw) return flaw;
    }
    return decoder->prefix == PREFIX_NONE ? FLAW_NONE : FLAW_SYNTAX;
}

static enum flaw see(struct decoder *decoder, u32 what)
{
    if (decoder->seen & what) return FLAW_SYNTAX;
    decoder->seen |= what;
    return FLAW_NONE;
}

static enum flaw decode_token(struct decoder *decoder, const struct time_token *token)
{
    enum flaw flaw;
    i64 zone;
    switch (token->kind) {
    case TIME_TOKEN_DAY: return decode_day(decoder, token);
    case TIME_TOKEN_NUMBER: return decode_number(decoder, token);
    case TIME_TOKEN_WORD:
    case TIME_TOKEN_SIGNED: return decode_word(decoder, token);
    case TIME_TOKEN_CLOCK:
        if (decoder->prefix == PREFIX_JULIAN) return FLAW_SYNTAX;
        decoder->prefix = PREFIX_NONE;
        flaw = decode_clock(decoder, token->text);
        return flaw ? flaw : see(decoder, CLOCK);
    case TIME_TOKEN_OFFSET:
        flaw = time_text_parse_offset(token->text, &zone);
        return flaw ? flaw : set_zone(decoder, zone);
    }
    unreachable();
}

static enum flaw set_month(struct decoder *decoder, i32 month);

static enum flaw decode_word(struct decoder *decoder, const struct time_token *token)
{
    bool negative = *token->text == '-';
    i32 value = 0;
    struct slice name = slice_make(token->text + negative, token->size - negative);
    enum time_word word = time_word_find(name, &value);
    if (negative && word != TIME_WORD_INFINITY) return FLAW_SYNTAX;
    switch (word) {
    case TIME_WORD_IGNORED: return FLAW_NONE;
    case TIME_WORD_MONTH: return set_month(decoder, value);
    case TIME_WORD_WEEKDAY: return see(decoder, WEEKDAY);
    case TIME_WORD_AM: decoder->meridiem = AM; return see(decoder, MERIDIEM);
    case TIME_WORD_PM: decoder->meridiem = PM; return see(decoder, MERIDIEM);
    case TIME_WORD_AD: return see(decoder, ERA);
    case TIME_WORD_BC: decoder->bc = true; return see(decoder, ERA);
    case TIME_WORD_JULIAN: decoder->prefix = PREFIX_JULIAN; return FLAW_NONE;
    case TIME_WORD_TIME:
        if ((decoder->seen & DATE) != DATE) return FLAW_SYNTAX;
        decoder->prefix = PREFIX_TIME;
        return FLAW_NONE;
    case TIME_WORD_ZONE: return set_zone(decoder, value * MICROS_PER_MINUTE);
    case TIME_WORD_INFINITY:
        decoder->out->kind = negative ? TIME_TEXT_MINUS_INFINITY : TIME_TEXT_INFINITY;
        return see(decoder, RESERVED);
    case TIME_WORD_EPOCH: decoder->out->kind = TIME_TEXT_EPOCH; return see(decoder, RESERVED);
    case TIME_WORD_MIDNIGHT:
        if (see(decoder, CLOCK)) return FLAW_SYNTAX;
        return set_zone(decoder, 0);
    case TIME_WORD_NOW: return FLAW_NOW;
    case TIME_WORD_UNIT:
    case TIME_WORD_NONE: return FLAW_SYNTAX;
    }
    unreachable();
}

static enum flaw set_zone(struct decoder *decoder, i64 micros)
{
    decoder->out->zoned = true;
    decoder->out->zone_micros = micros;
    return see(decoder, ZONE);
}

/* A number before the month's name was taken for the month; now it is the day. */
static enum flaw set_month(struct decoder *decoder, i32 month)
{
    struct calendar_day *day = &decoder->out->day;
    if ((decoder->seen & MONTH) && !decoder->text_month && !(decoder->seen & DAY) &&
        day->month >= 1 && day->month <= 31) {
        day->day = day->month;
        decoder->seen = (decoder->seen & ~(u32)MONTH) | DAY;
    }
    decoder->text_month = true;
    day->month = month;
    return see(decoder, MONTH);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The runs of digits and of letters in a day; whatever one character stands behind each is left out. */
static u32 split_day(const struct time_token *token, struct slice *parts)
{
    u32 count = 0;
    const char *next = token->text;
    while (*next) {
        while (*next && !is_digit(*next) && !is_letter(*next))
            next++;
        if (!*next) return 0;
        const char *start = next;
        bool digits = is_digit(*next);
        while (*next && (digits ? is_digit(*next) : is_letter(*next)))
            next++;
        parts[count++] = slice_make(start, (size_t)(next - start));
        if (*next) next++;
    }
    return count;
}

static enum flaw decode_day_word(struct decoder *decoder, struct slice word);
static enum flaw decode_packed_zoned(struct decoder *decoder, const struct time_token *token);

/* 1999-01-08, 8-jan-99: words first, so that the numbers know whether one of them is the month. */
static enum flaw decode_day(struct decoder *decoder, const struct time_token *token)
{
    if (decoder->prefix == PREFIX_JULIAN) return FLAW_SYNTAX;
    if ((decoder->seen & (MONTH | DAY)) == (MONTH | DAY) || decoder->prefix == PREFIX_TIME)
        return is_digit(*token->text) ? decode_packed_zoned(decoder, token) : FLAW_ZONE;
    struct slice parts[TIME_TEXT_SIZE_MAX];
    u32 count = split_day(token, parts);
    if (count == 0) return FLAW_SYNTAX;
    bool text_month = decoder->text_month;
    decoder->text_month = false; /* only a name inside counts for the numbers inside */
    enum flaw flaw = FLAW_NONE;
    for (u32 index = 0; !flaw && index < count; index++)
        if (is_letter(*parts[index].data)) flaw = decode_day_word(decoder, parts[index]);
    for (u32 index = 0; !flaw && index < count; index++)
        if (is_digit(*parts[index].data))
            flaw = decode_date_number(decoder, parts[index].data, (u32)parts[index].size);
    decoder->text_month = text_month;
    if (flaw) return flaw;
    /* It has to make the day whole, and stand before everything else but the zone. */
    return (decoder->seen & ~(u32)(DAY_OF_YEAR | ZONE)) == DATE ? FLAW_NONE : FLAW_SYNTAX;
}

static enum flaw decode_day_word(struct decoder *decoder, struct slice word)
{
    i32 value;
    if (time_word_find(word, &value) != TIME_WORD_MONTH) return FLAW_SYNTAX;
    decoder->text_month = true;
    decoder->out->day.month = value;
    return see(decoder, MONTH);
}

/* 040506-08 after the day: a time without colons, with its zone. */
static enum flaw decode_packed_zoned(struct decoder *decoder, const struct time_token *token)
{
    const char *zone = strchr(token->text, '-');
    if (!zone) return FLAW_SYNTAX;
    decoder->prefix = PREFIX_NONE;
    i64 micros = 0;
    enum flaw flaw = time_text_parse_offset(zone, &micros);
    if (!flaw) flaw = set_zone(decoder, micros);
    return flaw ? flaw : decode_packed(decoder, token->text, (u32)(zone - token->text), true);
}

/* A number by itself: part of a day, a whole day, or a time. */
static enum flaw decode_number(struct decoder *decoder, const struct time_token *token)
{
    enum prefix prefix = decoder->prefix;
    decoder->prefix = PREFIX_NONE;
    if (prefix == PREFIX_JULIAN) return decode_julian(decoder, token->text);
    if (prefix == PREFIX_TIME) return decode_packed(decoder, token->text, token->size, true);
    bool date_is_known = (decoder->seen & DATE) == DATE;
    const char *point = strchr(token->text, '.');
    if (point && !(decoder->seen & DATE)) return decode_day(decoder, token);
    if (point && point - token->text > 2)
        return decode_packed(decoder, token->text, token->size, date_is_known);
    if (token->size >= 6 && (!(decoder->seen & DATE) || !(decoder->seen & CLOCK)))
        return decode_packed(decoder, token->text, token->size, date_is_known);
    if (date_is_known) return decode_packed(decoder, token->text, token->size, true);
    return decode_date_number(decoder, token->text, token->size);
}

static enum flaw set_year(struct decoder *decoder, i64 year, u32 size)
{
    decoder->out->day.year = (i32)year;
    decoder->short_year = size <= 2;
    return see(decoder, YEAR);
}

static enum flaw set_day(struct decoder *decoder, i64 day)
{
    decoder->out->day.day = (i32)day;
    return see(decoder, DAY);
}

/* Which part of a day a number is follows from what is known: year first if it has three digits or
 * more, else month, day, year. */
static enum flaw decode_date_number(struct decoder *decoder, const char *text, u32 size)
{
    i64 value;
    const char *end = text;
    if (!time_token_number(&end, INT32_MAX, &value)) return FLAW_RANGE;
    if (end != text + size) return FLAW_SYNTAX;
    u32 known = decoder->seen & DATE;
    if (size == 3 && known == YEAR && value >= 1 && value <= 366) {
        decoder->day_of_year = (i32)value;
        return see(decoder, DAY_OF_YEAR | MONTH | DAY);
    }
    if (known == 0 && size >= 3) return set_year(decoder, value, size);
    if (known == MONTH && decoder->text_month && size >= 3) return set_year(decoder, value, size);
    if (known == (YEAR | MONTH) && decoder->text_month && decoder->short_year && size >= 3) {
        decoder->seen &= ~(u32)YEAR; /* the first number was the day */
        enum flaw flaw = set_day(decoder, decoder->out->day.year);
        return flaw ? flaw : set_year(decoder, value, size);
    }
    if (known == MONTH || known == (YEAR | MONTH)) return set_day(decoder, value);
    if (known == (MONTH | DAY)) return set_year(decoder, value, size);
    if (known == 0 || known == YEAR || known == DAY) {
        decoder->out->day.month = (i32)value;
        return see(decoder, MONTH);
    }
    return FLAW_SYNTAX;
}

static i64 read_packed(const char *text, u32 size)
{
    i64 value = 0;
    for (u32 index = 0; index < size; index++)
        value = value * 10 + (text[index] - '0');
    return value;
}

static enum flaw set_clock(struct decoder *decoder, i64 hour, i64 minute, i64 second, i32 micros);

/* YYYYMMDD, YYMMDD, HHMMSS, HHMM and HHMMSS.fraction. */
static enum flaw decode_packed(struct decoder *decoder, const char *text, u32 size,
                               bool date_is_known)
{
    const char *point = memchr(text, '.', size);
    i32 micros = 0;
    if (point) {
        const char *end = point;
        if (!time_token_fraction(&end, &micros) || *end) return FLAW_SYNTAX;
        size = (u32)(point - text);
    } else if (!date_is_known && size >= 6) {
        if (size > 13) return FLAW_RANGE;
        decoder->out->day = (struct calendar_day){
            .year = (i32)read_packed(text, size - 4),
            .month = (i32)read_packed(text + size - 4, 2),
            .day = (i32)read_packed(text + size - 2, 2),
        };
        decoder->short_year = size == 6;
        return see(decoder, DATE);
    }
    if ((decoder->seen & CLOCK) || (size != 4 && size != 6)) return FLAW_SYNTAX;
    i64 second = size == 6 ? read_packed(text + 4, 2) : 0;
    decoder->seen |= CLOCK;
    return set_clock(decoder, read_packed(text, 2), read_packed(text + 2, 2), second, micros);
}

static enum flaw decode_julian(struct decoder *decoder, const char *text)
{
    i64 julian;
    const char *next = text;
    if (!time_token_number(&next, INT32_MAX, &julian)) return FLAW_RANGE;
    if (*next) return FLAW_SYNTAX;
    decoder->out->day = calendar_from_julian((i32)julian);
    decoder->julian = true;
    return see(decoder, DATE);
}

static enum flaw decode_clock(struct decoder *decoder, const char *text)
{
    i64 hour, minute, second = 0;
    i32 micros = 0;
    const char *next = text;
    if (!time_token_number(&next, INT32_MAX, &hour)) return FLAW_RANGE;
    if (*next++ != ':') return FLAW_SYNTAX;
    if (!is_digit(*next)) return FLAW_SYNTAX;
    if (!time_token_number(&next, INT32_MAX, &minute)) return FLAW_RANGE;
    if (*next == ':') {
        next++;
        if (!is_digit(*next)) return FLAW_SYNTAX;
        if (!time_token_number(&next, INT32_MAX, &second)) return FLAW_RANGE;
    } else if (*next == '.') { /* minutes and seconds */
        second = minute;
        minute = hour;
        hour = 0;
    }
    if (*next == '.' && !time_token_fraction(&next, &micros)) return FLAW_SYNTAX;
    if (*next) return FLAW_SYNTAX;
    return set_clock(decoder, hour, minute, second, micros);
}

/* 24:00:00 is the end of the day, and a 60th second may be said. */
static enum flaw set_clock(struct decoder *decoder, i64 hour, i64 minute, i64 second, i32 micros)
{
    if (minute > 59 || second > 60 || hour > 24) return FLAW_RANGE;
    i64 total = ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros;
    if (total > MICROS_PER_DAY) return FLAW_RANGE;
    decoder->hour = hour;
    decoder->out->micros = total;
    return FLAW_NONE;
}

enum flaw time_text_parse_offset(const char *text, i64 *micros)
{
    if (*text != '+' && *text != '-') return FLAW_SYNTAX;
    const char *next = text + 1;
    i64 hours, minutes = 0, seconds = 0;
    if (!time_token_number(&next, INT32_MAX, &hours))
        return is_digit(*next) ? FLAW_ZONE_OFFSET : FLAW_SYNTAX;
    if (*next == ':') {
        next++;
        if (!time_token_number(&next, INT32_MAX, &minutes)) return FLAW_SYNTAX;
        if (*next == ':') {
            next++;
            if (!time_token_number(&next, INT32_MAX, &seconds)) return FLAW_SYNTAX;
        }
    } else if (!*next && next - text > 3) {
        minutes = hours % 100;
        hours /= 100;
    }
    if (hours > HOUR_MAX_OF_ZONE || minutes > 59 || seconds > 59) return FLAW_ZONE_OFFSET;
    if (*next) return FLAW_SYNTAX;
    i64 total = ((hours * 60 + minutes) * 60 + seconds) * MICROS_PER_SECOND;
    *micros = *text == '-' ? -total : total;
    return FLAW_NONE;
}

bool time_text_find_zone(struct slice name, i64 *micros)
{
    char lower[16];
    i32 minutes;
    if (name.size > sizeof lower) return false;
    for (size_t index = 0; index < name.size; index++) {
        char c = name.data[index];
        lower[index] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    if (time_word_find(slice_make(lower, name.size), &minutes) != TIME_WORD_ZONE) return false;
    *micros = minutes * MICROS_PER_MINUTE;
    return true;
}

static enum flaw check_date(struct decoder *decoder);

static enum flaw finish(struct decoder *decoder)
{
    enum flaw flaw = check_date(decoder);
    if (flaw) return flaw;
    if (decoder->meridiem != HOURS_24 && decoder->hour > 12) return FLAW_RANGE;
    if (decoder->meridiem == AM && decoder->hour == 12)
        decoder->out->micros -= 12 * MICROS_PER_HOUR;
    if (decoder->meridiem == PM && decoder->hour != 12)
        decoder->out->micros += 12 * MICROS_PER_HOUR;
    if (decoder->out->kind != TIME_TEXT_MOMENT) return FLAW_NONE;
    return (decoder->seen & DATE) == DATE ? FLAW_NONE : FLAW_SYNTAX;
}

/* Outside of all dates any day will do: the year is refused later. */
static void set_day_of_year(i32 number, struct calendar_day *day)
{
    day->month = day->day = 1;
    if (day->year <= CALENDAR_YEAR_MIN || day->year > CALENDAR_YEAR_MAX) return;
    *day = calendar_from_julian(calendar_julian(day->year, 1, 1) + number - 1);
}

static enum flaw check_date(struct decoder *decoder)
{
    struct calendar_day *day = &decoder->out->day;
    if (decoder->julian) return FLAW_NONE;
    if (decoder->seen & YEAR) {
        if (day->year <= 0 && (decoder->bc || !decoder->short_year)) return FLAW_RANGE;
        if (decoder->bc)
            day->year = 1 - day->year;
        else if (decoder->short_year)
            day->year += day->year < 70 ? 2000 : 1900;
    }
    if (decoder->seen & DAY_OF_YEAR) set_day_of_year(decoder->day_of_year, day);
    if ((decoder->seen & MONTH) && (day->month < 1 || day->month > 12)) return FLAW_RANGE_ORDER;
    if ((decoder->seen & DAY) && (day->day < 1 || day->day > 31)) return FLAW_RANGE_ORDER;
    if ((decoder->seen & DATE) != DATE) return FLAW_NONE;
    return day->day > calendar_days_in_month(day->year, day->month) ? FLAW_RANGE : FLAW_NONE;
}
