#include "wire/field.h"

#include "base/assert.h"
#include "wire/chars.h"

const bool field_token_chars[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};

bool field_is_token(struct slice text)
{
    for (size_t index = 0; index < text.size; index++)
        if (!field_is_token_char(text.data[index])) return false;
    return text.size > 0;
}

struct slice field_trim(struct slice text)
{
    while (text.size > 0 && chars_is_space(text.data[0]))
        text = slice_make(text.data + 1, text.size - 1);
    while (text.size > 0 && chars_is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* The index of the first separator outside of quoted strings; the size when there is none. */
static size_t find_separator(struct slice text, char separator)
{
    bool quoted = false;
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        if (c == '"') quoted = !quoted;
        if (c == '\\' && quoted) index++;
        if (c == separator && !quoted) return index;
    }
    return text.size;
}

bool field_next_element(struct slice *rest, struct slice *element)
{
    while (rest->size > 0) {
        size_t end = find_separator(*rest, ',');
        size_t skip = end < rest->size ? end + 1 : end;
        *element = field_trim(slice_make(rest->data, end));
        *rest = slice_make(rest->data + skip, rest->size - skip);
        if (element->size > 0) return true;
    }
    return false;
}

struct slice field_main(struct slice element, struct slice *rest)
{
    size_t end = find_separator(element, ';');
    *rest = slice_make(element.data + end, element.size - end);
    return field_trim(slice_make(element.data, end));
}

bool field_next_parameter(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->size == 0) return false;
    assert(rest->data[0] == ';');
    struct slice pair = field_main(slice_make(rest->data + 1, rest->size - 1), rest);
    field_split_pair(pair, name, value);
    return true;
}

void field_split_pair(struct slice pair, struct slice *name, struct slice *value)
{
    const char *equals = pair.size ? memchr(pair.data, '=', pair.size) : NULL;
    size_t size = equals ? (size_t)(equals - pair.data) : pair.size;
    *name = field_trim(slice_make(pair.data, size));
    *value = slice_make(NULL, 0);
    if (!equals) return;
    *value = field_trim(slice_make(equals + 1, pair.size - size - 1));
    if (value->size >= 2 && value->data[0] == '"' && value->data[value->size - 1] == '"')
        *value = slice_make(value->data + 1, value->size - 2);
}

bool field_parse_u64(struct slice text, u64 *number)
{
    u64 sum = 0;
    for (size_t index = 0; index < text.size; index++) {
        u32 digit = (u32)(u8)text.data[index] - '0';
        if (digit > 9) return false;
        if (__builtin_mul_overflow(sum, 10u, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *number = sum;
    return text.size > 0;
}
