/* Random texts for the arguments of operations: mostly right, sometimes odd, sometimes wrong. */
#include "base/assert.h"
#include "tests/oracle/type_ops.h"

#define PICK(rand, array) (array)[rand_below((rand), countof(array))]

static void put_digits(struct rand *rand, u32 count, struct buf *out)
{
    bool zeros = rand_chance(rand, 1, 6), nines = rand_chance(rand, 1, 8);
    for (u32 index = 0; index < count; index++)
        buf_putc(out, zeros && index > 0 ? '0' : nines ? '9' : (char)('0' + rand_below(rand, 10)));
}

static void put_numeric(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "0",    "1",   "-1",     "0.5",  "2",     "10",   "0.00",
                                       "-0.5", "1.5", "100000", "9999", "10000", "0.1",  "3",
                                       "7",    "1e3", "1000.0", "0.01", "99.99", "-2.5", "0.0001" };
    if (rand_chance(rand, 1, 3)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    if (rand_chance(rand, 1, 3)) buf_putc(out, '-');
    u32 limit = rand_chance(rand, 1, 3) ? 38 : 12;
    u32 digits = 1 + (u32)rand_below(rand, limit);
    u32 fraction = (u32)rand_below(rand, digits + 1);
    put_digits(rand, digits - fraction, out);
    if (digits == fraction) buf_putc(out, '0');
    if (fraction > 0) {
        buf_putc(out, '.');
        put_digits(rand, fraction, out);
    }
}

static void put_exponent(struct rand *rand, struct buf *out)
{
    if (rand_chance(rand, 1, 2)) {
        buf_format(out, "%d", (int)rand_below(rand, 60) - 30);
        return;
    }
    buf_format(out, "%d.", (int)rand_below(rand, 40) - 20);
    put_digits(rand, 1 + (u32)rand_below(rand, 10), out);
}

static void put_near_one(struct rand *rand, struct buf *out)
{
    if (rand_chance(rand, 1, 2)) {
        put_numeric(rand, out);
        return;
    }
    bool above = rand_chance(rand, 1, 2);
    u32 count = (u32)rand_below(rand, 12);
    buf_puts(out, above ? "1." : "0.");
    for (u32 index = 0; index < count; index++)
        buf_putc(out, above ? '0' : '9');
    put_digits(rand, 1 + (u32)rand_below(rand, 8), out);
}

static void put_numeric_text(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = {
        "",     " ",     "1.",  ".5",    ".",     "1e",      "e1",     "1.2.3", "--1",  "+ 1",
        "0x10", "1e-5",  "1_0", " 12 ",  "1e400", "-1e2",    "1.5e+1", "1 2",   "0e50", "+.5",
        "-0",   "00012", "1e9", "\t7\n", "1.e-2", "0.0e-10", "abc",    "1e--2"
    };
    if (rand_chance(rand, 1, 2)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    put_numeric(rand, out);
    if (rand_chance(rand, 1, 3)) put_digits(rand, (u32)rand_below(rand, 20), out);
    if (rand_chance(rand, 1, 4)) buf_format(out, "e%d", (int)rand_below(rand, 30) - 15);
}

static void put_float(struct rand *rand, bool narrow, struct buf *out)
{
    static const char *const odd[] = {
        "0",      "-0",    "1",      "0.1",    "1e15",    "1e14",
        "1e-4",   "1e-5",  "123456", "1e6",    "1234567", "1e23",
        "5e-324", "1e-45", "0.3",    "2.5",    "1e22",    "9007199254740993",
        "1e300",  "1e38",  "3.4e38", "1.5",    "-2.25",   "1.17549435e-38",
        "100",    "0.7",   "1e-7",   "8.5e20", "60",      "59.9999999"
    };
    static const char *const text[] = { "",       "nan",     "Infinity", "-inf",  "1e400",
                                        "1e-400", "x",       "1 2",      "0x1p3", " 1.5 ",
                                        "1e",     "+1",      ".5",       "5.",    "--1",
                                        "1d",     "infinit", "1e39",     "1e-50", "-infinity" };
    u32 kind = (u32)rand_below(rand, 10);
    if (kind < 3) {
        buf_puts(out, PICK(rand, odd));
    } else if (kind < 4) {
        buf_puts(out, PICK(rand, text));
    } else if (kind < 6) {
        put_numeric(rand, out);
        if (rand_chance(rand, 1, 2)) buf_format(out, "e%d", (int)rand_below(rand, 80) - 40);
    } else if (narrow) {
        u32 bits = (u32)rand_next(rand);
        f32 value;
        memcpy(&value, &bits, sizeof value);
        buf_format(out, "%.9g", (f64)value);
    } else {
        u64 bits = rand_next(rand);
        if (kind < 8) bits = (bits & ~(UINT64_C(2047) << 52)) | (u64)(1003 + bits % 60) << 52;
        f64 value;
        memcpy(&value, &bits, sizeof value);
        buf_format(out, "%.17g", value);
    }
}

static void put_integer_text(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "",
                                       " 7 ",
                                       "-",
                                       "+5",
                                       "1.0",
                                       "32767",
                                       "32768",
                                       "-32768",
                                       "-32769",
                                       "2147483647",
                                       "abc",
                                       "1 2",
                                       "2147483648",
                                       "-2147483648",
                                       "-2147483649",
                                       "0x1",
                                       "1e3",
                                       "\n12\t",
                                       "9223372036854775807",
                                       "9223372036854775808",
                                       "-9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999",
                                       "--2" };
    if (rand_chance(rand, 1, 2)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    if (rand_chance(rand, 1, 3)) buf_putc(out, '-');
    put_digits(rand, 1 + (u32)rand_below(rand, 20), out);
}

static void put_date(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "infinity",      "-infinity",  "epoch",
                                       "2000-02-29",    "1900-02-28", "5874897-12-31",
                                       "4714-11-24 BC", "0001-01-01", "0001-12-31 BC",
                                       "1999-12-31",    "2000-01-01", "294276-12-31" };
    if (rand_chance(rand, 1, 8)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    bool bc = rand_chance(rand, 1, 10);
    u32 year = rand_chance(rand, 1, 3) ? 1 + (u32)rand_below(rand, bc ? 4700 : 12000)
                                       : 1950 + (u32)rand_below(rand, 100);
    buf_format(out, "%04u-%02u-%02u%s", year, 1 + (u32)rand_below(rand, 12),
               1 + (u32)rand_below(rand, 28), bc ? " BC" : "");
}

static void put_clock(struct rand *rand, struct buf *out)
{
    buf_format(out, "%02u:%02u:%02u", (u32)rand_below(rand, 24), (u32)rand_below(rand, 60),
               (u32)rand_below(rand, 60));
    if (rand_chance(rand, 1, 2)) {
        buf_putc(out, '.');
        put_digits(rand, 1 + (u32)rand_below(rand, 6), out);
    }
}

static void put_timestamp(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "infinity",
                                       "-infinity",
                                       "epoch",
                                       "294276-12-31 23:59:59.999999",
                                       "4714-11-24 00:00:00 BC",
                                       "2000-01-01 00:00:00",
                                       "1999-12-31 23:59:59.999999",
                                       "2000-12-31 24:00:00",
                                       "0001-01-01 00:00:00",
                                       "0001-12-31 12:00:00 BC" };
    if (rand_chance(rand, 1, 8)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    bool bc = rand_chance(rand, 1, 12);
    u32 year = rand_chance(rand, 1, 3) ? 1 + (u32)rand_below(rand, bc ? 4700 : 12000)
                                       : 1950 + (u32)rand_below(rand, 100);
    buf_format(out, "%04u-%02u-%02u ", year, 1 + (u32)rand_below(rand, 12),
               1 + (u32)rand_below(rand, 28));
    put_clock(rand, out);
    if (bc) buf_puts(out, " BC");
}

static i64 small_number(struct rand *rand)
{
    i64 limit = rand_chance(rand, 1, 4) ? 100000 : 40;
    return (i64)rand_below(rand, (u64)(2 * limit + 1)) - limit;
}

static void put_interval(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "0",
                                       "1 month",
                                       "30 days",
                                       "1 day",
                                       "24 hours",
                                       "-1 mons",
                                       "12 mons",
                                       "-1 day +1 hour",
                                       "1 mon -1 day",
                                       "1 year",
                                       "360 days",
                                       "00:00:00.000001",
                                       "-00:00:00.5",
                                       "178956970 years 7 mons",
                                       "-2147483648 days",
                                       "2562047788:00:54.775807",
                                       "2147483647 days" };
    if (rand_chance(rand, 1, 6)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    if (rand_chance(rand, 1, 2)) buf_format(out, "%lld mons ", (long long)small_number(rand));
    if (rand_chance(rand, 2, 3)) buf_format(out, "%lld days ", (long long)small_number(rand));
    if (rand_chance(rand, 1, 2)) {
        if (rand_chance(rand, 1, 3)) buf_putc(out, '-');
        put_clock(rand, out);
    } else {
        buf_format(out, "%lld secs", (long long)small_number(rand));
    }
}

static void put_span(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "15 minutes",     "1 hour",   "1 day",
                                       "7 days",         "1 second", "0",
                                       "1 month",        "-1 hour",  "1.5 hours",
                                       "2 days 3 hours", "1 usec" };
    buf_puts(out, PICK(rand, odd));
}

static void put_interval_text(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "",
                                       "ago",
                                       "1",
                                       "1.5",
                                       "P1Y2M3DT4H5M6.5S",
                                       "P1W",
                                       "PT0.5S",
                                       "P0001-02-03T04:05:06",
                                       "P00010203T040506",
                                       "P1.5Y",
                                       "P-1Y-2M3D",
                                       "PT-1H2M",
                                       "P",
                                       "PT",
                                       "P1",
                                       "P1H",
                                       "1-2",
                                       "-1-2",
                                       "1-2 3",
                                       "1-2 3 4:05:06",
                                       "3 4:05:06",
                                       "4:05",
                                       "4:05.5",
                                       "-4:05:06",
                                       "+4:05",
                                       "10:60",
                                       "1 year ago",
                                       "1 year 1 year",
                                       "1 mon 1 months",
                                       "1 day 4:05 5",
                                       "@ 1 hour",
                                       "1 hour 1 hour",
                                       "2147483648 days",
                                       "1e3 days",
                                       "infinity",
                                       "99999999999 years",
                                       "1.5 months",
                                       "0.1 days",
                                       "-0.5 years",
                                       "1.25 weeks",
                                       "1 c 1 mil",
                                       "1 decade",
                                       "1 foo",
                                       "1 us 1 ms",
                                       "0.5 us",
                                       "1.0000005 s",
                                       "-1.0000005 s",
                                       "1 quarter",
                                       "P1M1D",
                                       "P0.5M",
                                       "P1YT",
                                       "P1Y1Y",
                                       "PT1.5H",
                                       "P-1.5D",
                                       "1 day -4:05:06",
                                       "-1 day 4:05:06",
                                       "-1 day -4:05:06",
                                       "1 mon -1 day",
                                       "5 6 7",
                                       "6 4:05:06 hours",
                                       "P0001-02",
                                       "P0001",
                                       "PT04:05",
                                       "PT040506.5",
                                       "1 4:05:06.123456789",
                                       "1y 2m 3d",
                                       "1y2mon3d4h5m6s",
                                       "1 year, 2 mons",
                                       "1year",
                                       "year 1",
                                       "1.5 h 30 m",
                                       "-.5 s",
                                       ".5 s",
                                       "1. s",
                                       "100000:00:00",
                                       "2562047789:00:00",
                                       "1-13",
                                       "1.5-2",
                                       "P1Y2M3W",
                                       "P 1Y",
                                       "p1y",
                                       "-P1Y",
                                       "P1Y ago",
                                       "1 day ago 2 hours" };
    static const char *const units[] = {
        "year", "years", "y",     "mon", "months", "week", "w",       "day",         "days",
        "d",    "hours", "h",     "hr",  "min",    "m",    "secs",    "s",           "msec",
        "ms",   "us",    "usecs", "dec", "c",      "mil",  "century", "microseconds"
    };
    if (rand_chance(rand, 1, 2)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    u32 count = 1 + (u32)rand_below(rand, 4);
    for (u32 index = 0; index < count; index++) {
        if (rand_chance(rand, 1, 3)) buf_putc(out, '-');
        put_digits(rand, 1 + (u32)rand_below(rand, 4), out);
        if (rand_chance(rand, 1, 3)) {
            buf_putc(out, '.');
            put_digits(rand, 1 + (u32)rand_below(rand, 7), out);
        }
        buf_format(out, "%s%s ", rand_chance(rand, 1, 2) ? " " : "", PICK(rand, units));
    }
    if (rand_chance(rand, 1, 5)) put_clock(rand, out);
    if (rand_chance(rand, 1, 8)) buf_puts(out, " ago");
}

static void put_zone(struct rand *rand, struct buf *out)
{
    static const char *const zones[] = { "Z",    " UTC", "+00",    "-08", "+05:30", "-0330",
                                         " PST", " gmt", "+15:59", "+16", "-1:2:3", " +3",
                                         "+5",   " EST", "+24",    " BST" };
    buf_puts(out, PICK(rand, zones));
}

static void put_time_text(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "",
                                       "January 8, 1999",
                                       "8 Jan 99",
                                       "08-Jan-1999",
                                       "Jan-08-1999",
                                       "1999-Jan-08",
                                       "1/8/1999",
                                       "1/18/1999",
                                       "13/8/1999",
                                       "01/02/03",
                                       "19990108",
                                       "990108",
                                       "1999.008",
                                       "J2451187",
                                       "j 2451187",
                                       "January 8, 99 BC",
                                       "Mon Jan 8 1999",
                                       "Monday, January 08, 1999",
                                       "1999 Jan 8",
                                       "Jan 1999 8",
                                       "99-01-08",
                                       "1999-1-8",
                                       "1999/01/08",
                                       "1999.01.08",
                                       "1999-01-32",
                                       "1999-02-29",
                                       "1999-13-01",
                                       "0000-01-01",
                                       "10000-01-01",
                                       "1999-01",
                                       "1999",
                                       "2020-01-01T",
                                       "2020-01-01T10",
                                       "2020-01-01T1010",
                                       "2020-01-01T101010",
                                       "2020-01-01T101010.5",
                                       "20200101T101010",
                                       "20200101 101010",
                                       "2020-01-01 10:00",
                                       "2020-01-01 24:00:00",
                                       "2020-01-01 24:00:01",
                                       "2020-01-01 23:59:60",
                                       "2020-01-01 10:61",
                                       "2020-01-01 25:00",
                                       "10:00 2020-01-01",
                                       "2020-01-01 10:00 PM",
                                       "2020-01-01 12:00 am",
                                       "2020-01-01 13:00 PM",
                                       "2020-01-01 10:00:00.1234565",
                                       "2020-01-01 10:00:00.1234575",
                                       "2020-01-01 10:00:00.9999999",
                                       "2020-01-01 04:05.5",
                                       "2020-01-01 allballs",
                                       "infinity",
                                       "-infinity",
                                       "+infinity",
                                       "epoch",
                                       "Infinity 10:00",
                                       "2020-366",
                                       "2019-366",
                                       "2020001",
                                       "2020.366",
                                       "4714-11-23 BC",
                                       "4714-11-24 BC",
                                       "5874898-01-01",
                                       "294277-01-01",
                                       "5874897-12-31",
                                       "294276-12-31 23:59:59.9999995",
                                       "2020-01-01 10:00:00 foo",
                                       "foo",
                                       "2020-01-01 2020-01-01",
                                       "10:00 10:00 2020-01-01",
                                       "2020-01-01 at 10:00",
                                       "on 2020-01-01",
                                       "2020-01-01 BC",
                                       "44-03-15 BC",
                                       "0044-03-15 BC AD",
                                       "2020-06-01 10:00-08:00",
                                       "2020-06-01 10:00 -8",
                                       "2020-06-01 10:00 - 8",
                                       "June 1 2020 10:00+2",
                                       "May 1",
                                       "2020 May",
                                       "1 2 3",
                                       "1.2.2003",
                                       "1 May 2020 04:05:06.7 PM",
                                       "2020-01-01,10:00",
                                       "(2020-01-01)",
                                       "2020-01-01 10:00:00,5",
                                       "2020-01-01  ",
                                       "  2020-01-01",
                                       "2020-01-01 00:00:00+05:30:15",
                                       "2020-01-01Z",
                                       "2020-01-01+05",
                                       "2020-1-1 1:2:3",
                                       "2020-01-01 1:2",
                                       "99999999999999-01-01",
                                       "2020-99999999999-01",
                                       "2020-01-01 99999999999:00",
                                       "1999-08-Jan",
                                       "Sept 5 2001",
                                       "sep-05-01",
                                       "2001-02-30",
                                       "Feb 30, 2001",
                                       "32 Jan 2001",
                                       "70-01-01",
                                       "69-01-01",
                                       "January 1, 70",
                                       "1/1/69",
                                       "00-01-01",
                                       "2020-01-01 10:00:00.",
                                       "2020-01-01 .5",
                                       "2020-01-01 10",
                                       "2020-01-01 1000",
                                       "2020-01-01 100000",
                                       "2020-01-01 t 10:00",
                                       "20200101",
                                       "20201301",
                                       "200101",
                                       "2020010110",
                                       "12020-01-01",
                                       "2020-01-01 10:00 z",
                                       "2020-01-01 10:00zulu",
                                       "2020-01-01T10:00:00Z",
                                       "2020-01-01t10:00:00z",
                                       "2020-01-01T10:00:00.123456789+02:00",
                                       "Thu Jan 02 03:04:05 2020",
                                       "Thu Jan 02 03:04:05.678 2020 PST",
                                       "02 Jan 2020 03:04:05 +0100",
                                       "Jan 2 03:04:05 2020" };
    if (rand_chance(rand, 2, 3)) {
        buf_puts(out, PICK(rand, odd));
        return;
    }
    static const char *const months[] = { "Jan", "february", "MAR", "apr", "Sept", "dec" };
    u32 year = 1900 + (u32)rand_below(rand, 200), month = (u32)rand_below(rand, 14);
    u32 day = (u32)rand_below(rand, 33);
    switch (rand_below(rand, 6)) {
    case 0: buf_format(out, "%u-%u-%u", year, month, day); break;
    case 1:
        buf_format(out, "%u/%u/%u", month, day, rand_chance(rand, 1, 2) ? year : year % 100);
        break;
    case 2: buf_format(out, "%s %u, %u", PICK(rand, months), day, year); break;
    case 3: buf_format(out, "%u %s %u", day, PICK(rand, months), year % 100); break;
    case 4: buf_format(out, "%04u%02u%02u", year, month, day); break;
    default: buf_format(out, "%u-%s-%u", day, PICK(rand, months), year); break;
    }
    if (rand_chance(rand, 1, 3)) return;
    buf_putc(out, rand_chance(rand, 1, 2) ? ' ' : 'T');
    put_clock(rand, out);
    if (rand_chance(rand, 1, 8)) put_digits(rand, 3, out);
    if (rand_chance(rand, 1, 2)) put_zone(rand, out);
}

static void put_field(struct rand *rand, bool trunc, struct buf *out)
{
    static const char *const fields[] = { "microseconds", "milliseconds", "second", "minute",
                                          "hour",         "day",          "week",   "month",
                                          "quarter",      "year",         "decade", "century",
                                          "millennium",   "dow",          "isodow", "doy",
                                          "isoyear",      "julian",       "epoch" };
    buf_puts(out, fields[rand_below(rand, trunc ? 13 : countof(fields))]);
}

static void put_uuid(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                                       "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                                       "a0eebc999c0b4ef8bb6d6bb9bd380a11",
                                       "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
                                       "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
                                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
                                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
                                       "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                       "a-0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
                                       "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
                                       "" };
    buf_puts(out, PICK(rand, odd));
}

static void put_bool(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = { "t",     "f",   "true",  "FALSE", "y", "no",
                                       "on",    "of",  "off",   "o",     "1", "0",
                                       " yes ", "tru", "true1", "",      "2", "null",
                                       "ye",    "fa",  "10",    "N",     "T", "OFF" };
    buf_puts(out, PICK(rand, odd));
}

static void put_bytea(struct rand *rand, struct buf *out)
{
    static const char *const odd[] = {
        "\\x",    "\\xDEADbeef", "\\xde ad",    "\\xabc", "\\xgg",      "abc",
        "a\\\\b", "\\101\\000",  "\\777",       "\\1",    "",           "\\",
        "\\x1 2", "\\x\n12",     "x\\377\\200", "\\400",  "caf\xC3\xA9"
    };
    buf_puts(out, PICK(rand, odd));
}

/* Changes, drops or doubles a character of the text from start on. */
static void mutate(struct rand *rand, size_t start, struct buf *out)
{
    static const char letters[] = "0123456789 -+:./,eTPYMDjx";
    size_t size = out->size - start;
    if (size == 0) return;
    size_t at = start + rand_below(rand, size);
    if ((u8)out->data[at] >= 0x80) return;
    switch (rand_below(rand, 3)) {
    case 0: out->data[at] = letters[rand_below(rand, sizeof letters - 1)]; return;
    case 1:
        memmove(out->data + at, out->data + at + 1, out->size - at - 1);
        out->size--;
        return;
    default:
        buf_reserve(out, 1);
        memmove(out->data + at + 1, out->data + at, out->size - at);
        out->data[at] = letters[rand_below(rand, sizeof letters - 1)];
        out->size++;
        return;
    }
}

static void put_argument(struct rand *rand, char letter, struct buf *out);

bool type_op_random(struct rand *rand, char letter, struct buf *out)
{
    size_t start = out->size;
    bool damaged = false;
    put_argument(rand, letter, out);
    if (!strchr("NVTfgkuby", letter)) return false;
    for (; rand_chance(rand, 1, 4); damaged = true)
        mutate(rand, start, out);
    return damaged;
}

static void put_argument(struct rand *rand, char letter, struct buf *out)
{
    switch (letter) {
    case 'n': put_numeric(rand, out); return;
    case 'm': put_near_one(rand, out); return;
    case 'e': put_exponent(rand, out); return;
    case 'N': put_numeric_text(rand, out); return;
    case 'i': buf_format(out, "%d", (int)rand_below(rand, 91) - 45); return;
    case 'f': put_float(rand, false, out); return;
    case 'g': put_float(rand, true, out); return;
    case 'k': put_integer_text(rand, out); return;
    case 'd': put_date(rand, out); return;
    case 't': put_timestamp(rand, out); return;
    case 'v': put_interval(rand, out); return;
    case 'V': put_interval_text(rand, out); return;
    case 'T': put_time_text(rand, out); return;
    case 'F': put_field(rand, false, out); return;
    case 'P': put_field(rand, true, out); return;
    case 'u': put_uuid(rand, out); return;
    case 'b': put_bool(rand, out); return;
    case 'y': put_bytea(rand, out); return;
    case 's': put_span(rand, out); return;
    default: break;
    }
    unreachable();
}
