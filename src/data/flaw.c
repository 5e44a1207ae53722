#include "data/flaw.h"

#include "base/assert.h"

static const struct {
    const char *sqlstate;
    const char *message;
} flaws[FLAW_COUNT] = {
    [FLAW_SYNTAX] = { "22P02", "invalid input syntax" },
    [FLAW_RANGE] = { "22003", "value out of range" },
    [FLAW_RANGE_ORDER] = { "22008", "date/time field value out of range" },
    [FLAW_NOW] = { "0A000", "now, today, tomorrow and yesterday are not supported as values" },
    [FLAW_ZONE] = { "0A000", "time zones other than UTC and fixed offsets are not supported" },
    [FLAW_ZONE_OFFSET] = { "22009", "time zone displacement out of range" },
    [FLAW_INT2] = { "22003", "smallint out of range" },
    [FLAW_INT4] = { "22003", "integer out of range" },
    [FLAW_INT8] = { "22003", "bigint out of range" },
    [FLAW_NUMERIC] = { "22003", "value overflows numeric format" },
    [FLAW_NUMERIC_FIELD] = { "22003", "numeric field overflow" },
    [FLAW_NUMERIC_SPECIAL] = { "0A000", "NaN and infinity are not supported for type numeric" },
    [FLAW_FLOAT_OVERFLOW] = { "22003", "value out of range: overflow" },
    [FLAW_FLOAT_UNDERFLOW] = { "22003", "value out of range: underflow" },
    [FLAW_DIVISION_BY_ZERO] = { "22012", "division by zero" },
    [FLAW_SQRT_NEGATIVE] = { "2201F", "cannot take square root of a negative number" },
    [FLAW_LOG_ZERO] = { "2201E", "cannot take logarithm of zero" },
    [FLAW_LOG_NEGATIVE] = { "2201E", "cannot take logarithm of a negative number" },
    [FLAW_POWER_ZERO] = { "2201F", "zero raised to a negative power is undefined" },
    [FLAW_POWER_COMPLEX] = { "2201F", "a negative number raised to a non-integer power yields a "
                                      "complex result" },
    [FLAW_DATE] = { "22008", "date out of range" },
    [FLAW_DATE_TIMESTAMP] = { "22008", "date out of range for timestamp" },
    [FLAW_DATE_INFINITE] = { "22008", "cannot subtract infinite dates" },
    [FLAW_DATE_FIELD] = { "22008", "date field value out of range" },
    [FLAW_TIME_FIELD] = { "22008", "time field value out of range" },
    [FLAW_TIMESTAMP] = { "22008", "timestamp out of range" },
    [FLAW_TIMESTAMP_INFINITE] = { "22008", "cannot subtract infinite timestamps" },
    [FLAW_TIMESTAMP_NAN] = { "22008", "timestamp cannot be NaN" },
    [FLAW_INTERVAL] = { "22008", "interval out of range" },
    [FLAW_FIELD_UNSUPPORTED] = { "0A000", "unit not supported for this type" },
    [FLAW_BIN_STRIDE] = { "22008", "stride must be greater than zero" },
    [FLAW_BIN_ORIGIN] = { "22008", "origin out of range" },
    [FLAW_BIN_MONTHS] = { "0A000", "timestamps cannot be binned into intervals containing months "
                                   "or years" },
};

const char *flaw_sqlstate(enum flaw flaw)
{
    assert(flaw > FLAW_NONE && flaw < FLAW_COUNT);
    return flaws[flaw].sqlstate;
}

const char *flaw_message(enum flaw flaw)
{
    assert(flaw > FLAW_NONE && flaw < FLAW_COUNT);
    return flaws[flaw].message;
}

enum status flaw_error(enum flaw flaw, struct err *err)
{
    return err_set(err, flaw_sqlstate(flaw), "%s", flaw_message(flaw));
}
