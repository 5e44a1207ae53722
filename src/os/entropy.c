#include "os/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"

void entropy_fill(void *data, size_t size)
{
    u8 *next = data;
    while (size > 0) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0 && errno == EINTR) continue;
        assert(got > 0);
        next += got;
        size -= (size_t)got;
    }
}

u32 entropy_u32(void)
{
    u32 value;
    entropy_fill(&value, sizeof value);
    return value;
}

u64 entropy_u64(void)
{
    u64 value;
    entropy_fill(&value, sizeof value);
    return value;
}
