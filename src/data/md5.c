#include "data/md5.h"

/* Rotations and sine constants of RFC 1321, section 3.4. */
static const u8 rotations[4][4] = {
    { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static const u32 sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void add_block(u32 state[4], const u8 block[64]);

void md5_of(struct slice bytes, u8 out[16])
{
    u32 state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
    size_t whole = bytes.size / 64 * 64;
    for (size_t i = 0; i < whole; i += 64)
        add_block(state, (const u8 *)bytes.data + i);

    /* The rest, a one bit, zeros, and the length in bits at the end of a block. */
    u8 last[128] = { 0 };
    size_t rest = bytes.size - whole, size = rest < 56 ? 64 : 128;
    if (rest > 0) memcpy(last, bytes.data + whole, rest);
    last[rest] = 0x80;
    u64 bits = (u64)bytes.size * 8;
    memcpy(last + size - 8, &bits, 8);
    for (size_t i = 0; i < size; i += 64)
        add_block(state, last + i);
    memcpy(out, state, 16);
}

static u32 mix(u32 round, u32 b, u32 c, u32 d)
{
    switch (round) {
    case 0: return (b & c) | (~b & d);
    case 1: return (d & b) | (~d & c);
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
    }
}

static u32 word_index(u32 round, u32 i)
{
    static const u8 steps[4] = { 1, 5, 3, 7 }, starts[4] = { 0, 1, 5, 0 };
    return (steps[round] * i + starts[round]) % 16;
}

static void add_block(u32 state[4], const u8 block[64])
{
    u32 words[16];
    memcpy(words, block, 64);
    u32 a = state[0], b = state[1], c = state[2], d = state[3];
    for (u32 i = 0; i < 64; i++) {
        u32 round = i / 16;
        u32 sum = a + mix(round, b, c, d) + sines[i] + words[word_index(round, i)];
        u32 turn = rotations[round][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << turn | sum >> (32 - turn);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}
