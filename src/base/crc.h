/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the SSE 4.2 instruction where there is one. */
#pragma once

#include "base/base.h"

/* crc is 0 at the start, or what an earlier call returned to go on. */
u32 crc32c(u32 crc, const void *data, size_t size);
