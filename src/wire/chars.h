/* Classes of ASCII characters, free of locales. */
#pragma once

#include "base/base.h"

static inline bool chars_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool chars_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char chars_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The value of a hex digit of either case; -1 for anything else. */
static inline int chars_hex_value(char c)
{
    if (chars_is_digit(c)) return c - '0';
    char lower = chars_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* White space inside a line of HTTP (RFC 9110 5.6.3). */
static inline bool chars_is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* May not stand in a line of HTTP: tabs may, in values. */
static inline bool chars_is_control(char c)
{
    return ((u8)c < 0x20 && c != '\t') || c == 0x7f;
}
