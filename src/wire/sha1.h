/* SHA-1 (RFC 3174), for the handshake of WebSockets alone: it proves nothing any more. */
#pragma once

#include "base/bytes.h"

#define SHA1_SIZE 20

void sha1(struct slice text, u8 digest[SHA1_SIZE]);
