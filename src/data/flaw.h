/* Why a value could not be computed, small enough to stand beside it in a vector.
 *
 * The arithmetic of this folder returns a flaw, 0 (FLAW_NONE) when all is well, and touches neither
 * memory nor a struct err; who meets one asks for its SQLSTATE and PostgreSQL's sentence. Those that
 * name the text that was read (FLAW_SYNTAX, FLAW_RANGE, FLAW_ZONE) need it for a whole sentence:
 * value_parse_error in data/value.h writes that. */
#pragma once

#include "base/status.h"

enum flaw {
    FLAW_NONE,
    FLAW_SYNTAX,             /* 22P02, 22007: the text is not one of the type */
    FLAW_RANGE,              /* 22003, 22008: the text names a value that the type does not have */
    FLAW_RANGE_ORDER,        /* 22008: perhaps day and month are meant the other way round */
    FLAW_NOW,                /* 0A000: the text says now, today, tomorrow or yesterday */
    FLAW_ZONE,               /* 0A000: the text names a time zone other than UTC */
    FLAW_ZONE_OFFSET,        /* 22009: a zone further than 15:59:59 from UTC */
    FLAW_INT2,               /* 22003 smallint out of range */
    FLAW_INT4,               /* 22003 integer out of range */
    FLAW_INT8,               /* 22003 bigint out of range */
    FLAW_NUMERIC,            /* 22003 more than 38 digits */
    FLAW_NUMERIC_FIELD,      /* 22003 does not fit numeric(p,s); decimal_fit_error has the detail */
    FLAW_NUMERIC_SPECIAL,    /* 0A000 NaN or an infinity as numeric */
    FLAW_FLOAT_OVERFLOW,     /* 22003 */
    FLAW_FLOAT_UNDERFLOW,    /* 22003 */
    FLAW_DIVISION_BY_ZERO,   /* 22012 */
    FLAW_SQRT_NEGATIVE,      /* 2201F */
    FLAW_LOG_ZERO,           /* 2201E */
    FLAW_LOG_NEGATIVE,       /* 2201E */
    FLAW_POWER_ZERO,         /* 2201F zero to a negative power */
    FLAW_POWER_COMPLEX,      /* 2201F a negative number to a power that is not whole */
    FLAW_DATE,               /* 22008 date out of range */
    FLAW_DATE_TIMESTAMP,     /* 22008 date out of range for timestamp */
    FLAW_DATE_INFINITE,      /* 22008 difference of infinite dates */
    FLAW_DATE_FIELD,         /* 22008 make_date of a day that is not in the calendar */
    FLAW_TIME_FIELD,         /* 22008 make_timestamp of a time that is not on the clock */
    FLAW_TIMESTAMP,          /* 22008 timestamp out of range */
    FLAW_TIMESTAMP_INFINITE, /* 22008 difference of infinite timestamps */
    FLAW_TIMESTAMP_NAN,      /* 22008 to_timestamp of NaN */
    FLAW_INTERVAL,           /* 22008 interval out of range */
    FLAW_FIELD_UNSUPPORTED,  /* 0A000 a field that this type does not have */
    FLAW_BIN_STRIDE,         /* 22008 date_bin with a stride that is not above zero */
    FLAW_BIN_ORIGIN,         /* 22008 date_bin from an infinite origin */
    FLAW_BIN_MONTHS,         /* 0A000 date_bin with months */
    FLAW_COUNT
};

const char *flaw_sqlstate(enum flaw flaw);
/* A whole sentence in PostgreSQL's words; constant. */
const char *flaw_message(enum flaw flaw);
/* Fills err with both and returns FAIL. flaw is not FLAW_NONE. */
enum status flaw_error(enum flaw flaw, struct err *err);
