#!/usr/bin/env python3
"""Writes src/data/number_powers.inc: `tools/gen_number_powers.py > src/data/number_powers.inc`.

Each line is a power of ten as a fraction of 128 bits, 2^127 <= f < 2^128, rounded up, so that
10^k = f * 2^(floor(log2(10^k)) - 127) with an error below one unit, and none for k in 0..55.
"""
FIRST, LAST = -342, 324

def floor_log2(numerator, denominator):
    shift = numerator.bit_length() - denominator.bit_length()
    scaled = (numerator << max(-shift, 0)) >= (denominator << max(shift, 0))
    return shift if scaled else shift - 1

print("/* 10^%d .. 10^%d; made by tools/gen_number_powers.py. */" % (FIRST, LAST))
for k in range(FIRST, LAST + 1):
    numerator, denominator = (10 ** k, 1) if k >= 0 else (1, 10 ** -k)
    shift = 127 - floor_log2(numerator, denominator)
    if shift >= 0:
        numerator <<= shift
    else:
        denominator <<= -shift
    fraction = -(-numerator // denominator)
    assert 1 << 127 <= fraction < 1 << 128
    print("{ 0x%016X, 0x%016X }," % (fraction >> 64, fraction & (1 << 64) - 1))
