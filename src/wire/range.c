#include "wire/range.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/chars.h"

static enum status fail(struct err *err, const char *detail)
{
    err_set(err, "PGRST103", "Requested range not satisfiable");
    return err_detail(err, "%s", detail);
}

/* Takes digits off the start of text; past INT64_MAX it stays there, no table has as many rows. */
static bool take_number(struct slice *text, u64 *number)
{
    size_t size = 0;
    u64 sum = 0;
    for (; size < text->size && chars_is_digit(text->data[size]); size++) {
        u32 digit = (u32)(text->data[size] - '0');
        sum = sum > ((u64)INT64_MAX - digit) / 10 ? (u64)INT64_MAX : sum * 10 + digit;
    }
    *number = sum;
    if (size == 0) return false;
    *text = slice_make(text->data + size, text->size - size);
    return true;
}

enum status range_parse(struct slice range, struct slice unit, struct range *out, struct err *err)
{
    *out = (struct range){ .offset = 0 };
    if (!range.data || (unit.data && !slice_is_nocase(unit, "items"))) return OK;

    u64 first, last;
    if (!take_number(&range, &first)) return OK;
    if (range.size == 0 || range.data[0] != '-') return OK;
    range = slice_make(range.data + 1, range.size - 1);
    bool has_last = take_number(&range, &last);
    if (range.size > 0) return OK;
    if (has_last && last < first)
        return fail(err, "The lower boundary must be lower than or equal to the upper boundary in "
                         "the Range header.");
    *out = (struct range){ .offset = first, .has_limit = has_last };
    if (has_last) out->limit = last - first + 1;
    return OK;
}

/* The first row past the range; UINT64_MAX without a limit. */
static u64 range_end(struct range range)
{
    u64 end;
    if (!range.has_limit || __builtin_add_overflow(range.offset, range.limit, &end))
        return UINT64_MAX;
    return end;
}

enum status range_intersect(struct range a, struct range b, struct range *out, struct err *err)
{
    bool nothing = (a.has_limit && a.limit == 0) || (b.has_limit && b.limit == 0);
    u64 offset = MAX(a.offset, b.offset);
    u64 end = MIN(range_end(a), range_end(b));
    *out = (struct range){ .offset = offset, .has_limit = a.has_limit || b.has_limit };
    if (nothing) return OK;
    if (offset >= end) return fail(err, "The Range header and limit and offset share no row.");
    if (out->has_limit) out->limit = end - offset;
    return OK;
}

static void write_after(struct buf *out, char sign, u64 number)
{
    char *target = buf_reserve(out, 1 + TEXT_NUMBER_SIZE_MAX);
    *target = sign;
    out->size += 1 + text_write_number(target + 1, number, 10);
}

static void write_page(struct buf *out, u64 first, u64 last)
{
    out->size += text_write_number(buf_reserve(out, TEXT_NUMBER_SIZE_MAX), first, 10);
    write_after(out, '-', last);
}

void range_write(u64 offset, u64 count, i64 total, struct buf *out)
{
    if (count == 0)
        buf_putc(out, '*');
    else
        write_page(out, offset, offset + count - 1);
    if (total < 0)
        buf_puts(out, "/*");
    else
        write_after(out, '/', (u64)total);
}

u32 range_status(u64 offset, u64 count, i64 total)
{
    if (total < 0) return 200;
    if (offset > (u64)total) return 416;
    return count < (u64)total ? 206 : 200;
}
