#include "wire/sha1.h"

#define BLOCK_SIZE 64

static u32 rotate(u32 word, u32 bits)
{
    return word << bits | word >> (32 - bits);
}

/* The function and the constant of a round, by its quarter (RFC 3174, 5). */
static u32 mix(u32 round, u32 b, u32 c, u32 d)
{
    if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
    if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
    if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void add_block(u32 state[5], const u8 *block)
{
    u32 words[80];
    for (u32 index = 0; index < 16; index++, block += 4)
        words[index] = (u32)block[0] << 24 | (u32)block[1] << 16 | (u32)block[2] << 8 | block[3];
    for (u32 index = 16; index < 80; index++)
        words[index] =
            rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1);
    u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (u32 round = 0; round < 80; round++) {
        u32 next = rotate(a, 5) + mix(round, b, c, d) + e + words[round];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

static void put_big(u8 *target, u64 number, u32 size)
{
    for (u32 index = 0; index < size; index++)
        target[index] = (u8)(number >> (size - 1 - index) * 8);
}

void sha1(struct slice text, u8 digest[SHA1_SIZE])
{
    u32 state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    size_t whole = text.size / BLOCK_SIZE * BLOCK_SIZE, rest = text.size - whole;
    for (size_t at = 0; at < whole; at += BLOCK_SIZE)
        add_block(state, (const u8 *)text.data + at);
    u8 last[2 * BLOCK_SIZE] = { 0 };
    if (rest > 0) memcpy(last, text.data + whole, rest);
    last[rest] = 0x80;
    size_t size = rest + 9 <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    put_big(last + size - 8, (u64)text.size * 8, 8);
    for (size_t at = 0; at < size; at += BLOCK_SIZE)
        add_block(state, last + at);
    for (u32 index = 0; index < 5; index++)
        put_big(digest + index * 4, state[index], 4);
}
