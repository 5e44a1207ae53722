#include "data/bytea.h"

#include "base/utf8.h"

static enum status parse_hex(struct slice text, char *out, size_t *size, struct err *err);
static enum status parse_escape(struct slice text, char *out, size_t *size, struct err *err);

enum status bytea_parse(struct slice text, char *out, size_t *size, struct err *err)
{
    if (text.size >= 2 && text.data[0] == '\\' && text.data[1] == 'x')
        return parse_hex(slice_make(text.data + 2, text.size - 2), out, size, err);
    return parse_escape(text, out, size, err);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static enum status refuse_digit(const char *at, const char *end, struct err *err)
{
    int size = (int)MIN((size_t)(end - at), (size_t)utf8_size(*at));
    return err_set(err, "22023", "invalid hexadecimal digit: \"%.*s\"", size, at);
}

/* Blanks may stand between bytes. */
static enum status parse_hex(struct slice text, char *out, size_t *size, struct err *err)
{
    const char *next = text.data, *end = text.data + text.size;
    char *to = out;
    while (next < end) {
        if (is_blank(*next)) {
            next++;
            continue;
        }
        int high = hex_value(*next);
        if (high < 0) return refuse_digit(next, end, err);
        if (++next == end)
            return err_set(err, "22023", "invalid hexadecimal data: odd number of digits");
        int low = hex_value(*next);
        if (low < 0) return refuse_digit(next, end, err);
        next++;
        *to++ = (char)(high << 4 | low);
    }
    *size = (size_t)(to - out);
    return OK;
}

static bool is_octal(const char *at)
{
    return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' &&
           at[2] <= '7';
}

static enum status parse_escape(struct slice text, char *out, size_t *size, struct err *err)
{
    const char *next = text.data, *end = text.data + text.size;
    char *to = out;
    while (next < end) {
        if (*next != '\\') {
            *to++ = *next++;
        } else if (end - next >= 4 && is_octal(next + 1)) {
            *to++ = (char)((next[1] - '0') << 6 | (next[2] - '0') << 3 | (next[3] - '0'));
            next += 4;
        } else if (end - next >= 2 && next[1] == '\\') {
            *to++ = '\\';
            next += 2;
        } else {
            return err_set(err, "22P02", "invalid input syntax for type bytea");
        }
    }
    *size = (size_t)(to - out);
    return OK;
}

void bytea_print(struct slice bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'x';
    for (size_t index = 0; index < bytes.size; index++) {
        *out++ = digits[(u8)bytes.data[index] >> 4];
        *out++ = digits[(u8)bytes.data[index] & 15];
    }
}
