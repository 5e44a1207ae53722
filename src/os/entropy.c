#include "os/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/rand.h"

/* Stands for the machine's chance, which a simulation replaces. Engine thread. */
static struct rand simulated;
static bool is_simulated;

void entropy_simulate(u64 seed)
{
    simulated.state = seed;
    is_simulated = true;
}

static void fill_simulated(u8 *data, size_t size)
{
    for (size_t index = 0; index < size; index++)
        data[index] = (u8)rand_next(&simulated);
}

void entropy_fill(void *data, size_t size)
{
    u8 *next = data;
    if (unlikely(is_simulated)) {
        fill_simulated(next, size);
        return;
    }
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
