/* MD5 (RFC 1321), for SQL's md5(): a name for bytes, not a protection. */
#pragma once

#include "base/bytes.h"

void md5_of(struct slice bytes, u8 out[16]);
