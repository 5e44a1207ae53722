#include "base/crc.h"

#include <string.h>

#define POLYNOMIAL 0x82F63B78u /* reversed 0x1EDC6F41 */

static u32 crc_by_bit(u32 crc, const u8 *data, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        crc ^= data[index];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1)));
    }
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static u32 crc_by_instruction(u32 crc, const u8 *data,
                                                                size_t size)
{
    u64 wide = crc;
    for (; size >= 8; size -= 8, data += 8) {
        u64 word;
        memcpy(&word, data, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (u32)wide;
    for (; size > 0; size--, data++)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
}
#endif

u32 crc32c(u32 crc, const void *data, size_t size)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2")) return ~crc_by_instruction(~crc, data, size);
#endif
    return ~crc_by_bit(~crc, data, size);
}
