#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/utf8.h"

/* What does not fit is cut off, but not in the middle of a character. */
static void format_into(char *target, size_t size, const char *format, va_list args)
{
    int wanted = vsnprintf(target, size, format, args);
    if (wanted < 0 || (size_t)wanted < size) return;
    size_t last = size - 1;
    while (last > 0 && ((u8)target[last - 1] & 0xC0) == 0x80)
        last--;
    if (last > 0 && last - 1 + utf8_size(target[last - 1]) > size - 1) target[last - 1] = '\0';
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
