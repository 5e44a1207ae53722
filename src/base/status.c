#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static void format_into(char *target, size_t size, const char *format, va_list args)
{
    vsnprintf(target, size, format, args);
}

enum status err_set(struct err *err, const char *sqlstate, const char *format, ...)
{
    assert(strlen(sqlstate) == 5 || strlen(sqlstate) == 8);
    if (!err) return FAIL;
    err_clear(err);
    memcpy(err->sqlstate, sqlstate, strlen(sqlstate) + 1);
    va_list args;
    va_start(args, format);
    format_into(err->message, sizeof err->message, format, args);
    va_end(args);
    return FAIL;
}

enum status err_detail(struct err *err, const char *format, ...)
{
    if (!err) return FAIL;
    va_list args;
    va_start(args, format);
    format_into(err->detail, sizeof err->detail, format, args);
    va_end(args);
    return FAIL;
}

enum status err_hint(struct err *err, const char *format, ...)
{
    if (!err) return FAIL;
    va_list args;
    va_start(args, format);
    format_into(err->hint, sizeof err->hint, format, args);
    va_end(args);
    return FAIL;
}

void err_clear(struct err *err)
{
    *err = (struct err){ .position = 0 };
}
