/* What this machine gives right now: the same work every time, for ratios between runs.
 *
 * A hash join in plain C: a million keys are put into a table and looked up; prints millions of rows a CPU second. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEY_COUNT  (1u << 20)
#define SLOT_COUNT (1u << 22)

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9E3779B97F4A7C15u;
    return x ^ (x >> 29);
}

int main(void)
{
    uint64_t *slots = calloc(SLOT_COUNT, sizeof *slots), found = 0;
    if (!slots) return 1;
    clock_t start = clock();
    for (uint64_t key = 1; key <= KEY_COUNT; key++) {
        uint64_t place = mix(key) % SLOT_COUNT;
        while (slots[place])
            place = (place + 1) % SLOT_COUNT;
        slots[place] = key;
    }
    for (uint64_t key = 1; key <= 4 * (uint64_t)KEY_COUNT; key++) {
        uint64_t place = mix(key) % SLOT_COUNT;
        while (slots[place] && slots[place] != key)
            place = (place + 1) % SLOT_COUNT;
        found += slots[place] == key;
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("{\"name\":\"calibration\",\"million_rows_per_cpu_second\":%.2f}\n",
           5.0 * KEY_COUNT / 1e6 / seconds);
    free(slots);
    return found == KEY_COUNT ? 0 : 1;
}
