#include "view/tombstones.h"

#include "base/rand.h"
#include "tests/test.h"

#define KEPT_COUNT 600

static u32 find(const struct tombstones *tombstones, const struct feed_list *list, u64 hash,
                u32 wanted)
{
    u32 probe = tombstones_probe(hash), kept, found = 0;
    while ((kept = tombstones_next(tombstones, list, hash, &probe)) != TOMBSTONE_NONE)
        found += kept == wanted;
    return found;
}

/* Hashes that meet often: few different upper halves, next to each other. */
TEST(tombstones_are_found_by_hash_and_list_whatever_came_and_went)
{
    struct mem mem;
    struct tombstones tombstones;
    struct entry_list orders[2] = { { 0 } };
    struct feed_list *const lists[2] = { (void *)&orders[0], (void *)&orders[1] };
    struct rand rand = { .state = test_seed(9) };
    u64 hashes[KEPT_COUNT] = { 0 };
    u8 owners[KEPT_COUNT] = { 0 }; /* list + 1; 0: not there */
    u32 count = 0;
    mem_init(&mem, "test", NULL, 0);
    tombstones_init(&tombstones, &mem);
    for (u32 round = 0; round < 20000; round++) {
        /* Now more come, now more go. */
        u32 kept = (u32)rand_below(&rand, round / 4000 % 2 ? KEPT_COUNT : KEPT_COUNT / 20);
        if (!owners[kept]) {
            u32 list = (u32)rand_below(&rand, 2);
            hashes[kept] = rand_below(&rand, 40) << 32 | rand_below(&rand, 3);
            owners[kept] = (u8)(list + 1);
            tombstones_add(&tombstones, lists[list], &orders[list], kept, hashes[kept], 1, 2);
            count++;
        } else if (rand_chance(&rand, 1, 2) || round % 4000 > 3000) {
            tombstones_remove(&tombstones, &orders[owners[kept] - 1], kept);
            owners[kept] = 0;
            count--;
        }
        assert_int_equal(tombstones.count, count);
        u32 asked = (u32)rand_below(&rand, KEPT_COUNT);
        for (u32 list = 0; list < 2; list++)
            assert_int_equal(find(&tombstones, lists[list], hashes[asked], asked),
                             owners[asked] == list + 1);
        assert_int_equal(tombstones_has(&tombstones, asked), owners[asked] != 0);
    }
    tombstones_deinit(&tombstones);
    mem_deinit(&mem);
}
