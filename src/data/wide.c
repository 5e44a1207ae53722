#include "data/wide.h"

#include <string.h>

#include "base/assert.h"

static void divide_normalised(u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *quotient);

u32 wide_size(const u64 *a, u32 count)
{
    while (count > 0 && a[count - 1] == 0)
        count--;
    return count;
}

int wide_compare(const u64 *a, const u64 *b, u32 count)
{
    while (count-- > 0)
        if (a[count] != b[count]) return a[count] > b[count] ? 1 : -1;
    return 0;
}

u64 wide_add(u64 *a, const u64 *b, u32 count)
{
    u64 carry = 0;
    for (u32 index = 0; index < count; index++) {
        u128 sum = (u128)a[index] + b[index] + carry;
        a[index] = (u64)sum;
        carry = (u64)(sum >> 64);
    }
    return carry;
}

u64 wide_subtract(u64 *a, const u64 *b, u32 count)
{
    u64 borrow = 0;
    for (u32 index = 0; index < count; index++) {
        u128 difference = (u128)a[index] - b[index] - borrow;
        a[index] = (u64)difference;
        borrow = (u64)(difference >> 64) & 1;
    }
    return borrow;
}

u64 wide_multiply_word(u64 *a, u32 count, u64 factor)
{
    u64 carry = 0;
    for (u32 index = 0; index < count; index++) {
        u128 product = (u128)a[index] * factor + carry;
        a[index] = (u64)product;
        carry = (u64)(product >> 64);
    }
    return carry;
}

u64 wide_divide_word(u64 *a, u32 count, u64 divisor)
{
    assert(divisor > 0);
    u64 rest = 0;
    while (count-- > 0) {
        u128 part = (u128)rest << 64 | a[count];
        a[count] = (u64)(part / divisor);
        rest = (u64)(part % divisor);
    }
    return rest;
}

void wide_multiply(const u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *out)
{
    assert(out != a && out != b);
    memset(out, 0, (a_count + b_count) * sizeof *out);
    for (u32 i = 0; i < a_count; i++) {
        u64 carry = 0;
        for (u32 j = 0; j < b_count; j++) {
            u128 product = (u128)a[i] * b[j] + out[i + j] + carry;
            out[i + j] = (u64)product;
            carry = (u64)(product >> 64);
        }
        out[i + b_count] = carry;
    }
}

void wide_divide(u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *quotient)
{
    assert(a_count < WIDE_WORD_COUNT_MAX && b_count <= WIDE_WORD_COUNT_MAX);
    b_count = wide_size(b, b_count);
    assert(b_count > 0);
    memset(quotient, 0, a_count * sizeof *quotient);
    if (wide_size(a, a_count) < b_count) return;
    if (b_count == 1) {
        memcpy(quotient, a, a_count * sizeof *a);
        u64 rest = wide_divide_word(quotient, a_count, b[0]);
        memset(a, 0, a_count * sizeof *a);
        a[0] = rest;
        return;
    }
    u64 dividend[WIDE_WORD_COUNT_MAX], divisor[WIDE_WORD_COUNT_MAX];
    u32 shift = (u32)__builtin_clzll(b[b_count - 1]);
    memcpy(dividend, a, a_count * sizeof *a);
    dividend[a_count] = 0;
    memcpy(divisor, b, b_count * sizeof *b);
    wide_shift_left(dividend, a_count + 1, shift);
    wide_shift_left(divisor, b_count, shift);
    divide_normalised(dividend, a_count, divisor, b_count, quotient);
    wide_shift_right(dividend, a_count + 1, shift);
    memcpy(a, dividend, a_count * sizeof *a);
}

/* Long division (Knuth, volume 2, 4.3.1, algorithm D). a has a word more than a_count; b has its top
 * bit set and at least two words. A digit that is guessed from three words over two is at most one
 * too large. */
static void divide_normalised(u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *quotient)
{
    u64 top = b[b_count - 1], second = b[b_count - 2];
    for (u32 place = a_count - b_count + 1; place-- > 0;) {
        u64 *part = a + place;
        u128 head = (u128)part[b_count] << 64 | part[b_count - 1];
        u128 digit = part[b_count] >= top ? (u128)UINT64_MAX : head / top;
        u128 rest = head - digit * top;
        while (!(rest >> 64) && digit * second > (rest << 64 | part[b_count - 2])) {
            digit--;
            rest += top;
        }
        u64 product[WIDE_WORD_COUNT_MAX + 1];
        memcpy(product, b, b_count * sizeof *b);
        product[b_count] = wide_multiply_word(product, b_count, (u64)digit);
        if (wide_subtract(part, product, b_count + 1)) {
            digit--;
            part[b_count] += wide_add(part, b, b_count);
        }
        quotient[place] = (u64)digit;
    }
}

void wide_shift_left(u64 *a, u32 count, u32 bits)
{
    u32 words = bits / 64, rest = bits % 64;
    for (u32 index = count; index-- > 0;) {
        u64 high = index >= words ? a[index - words] : 0;
        u64 low = index > words ? a[index - words - 1] : 0;
        a[index] = rest ? high << rest | low >> (64 - rest) : high;
    }
}

void wide_shift_right(u64 *a, u32 count, u32 bits)
{
    u32 words = bits / 64, rest = bits % 64;
    for (u32 index = 0; index < count; index++) {
        u64 low = index + words < count ? a[index + words] : 0;
        u64 high = index + words + 1 < count ? a[index + words + 1] : 0;
        a[index] = rest ? low >> rest | high << (64 - rest) : low;
    }
}
