#include "state/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

struct held {
    u64 reference;
    u32 size;
    u8 fill;
};

static void check(const struct heap *heap, const struct held *held)
{
    const char *data = heap_get(heap, held->reference);
    for (u32 i = 0; i < held->size; i++)
        if ((u8)data[i] != held->fill) fail_msg("byte %u of %u", i, held->size);
}

static u32 random_size(struct rand *rand, u32 shift)
{
    u32 size = 13 + (u32)rand_below(rand, 64u << shift);
    if (rand_chance(rand, 1, 500)) size = 8000 + (u32)rand_below(rand, 400);
    if (rand_chance(rand, 1, 2000)) size = 65530 + (u32)rand_below(rand, 12);
    return size;
}

TEST(heap_gives_back_what_was_put)
{
    struct mem mem;
    struct heap heap;
    mem_init(&mem, "test", NULL, 0);
    heap_init(&heap, &mem);
    enum { COUNT = 4000 };
    static struct held held[COUNT];
    memset(held, 0, sizeof held);
    struct rand rand = { .state = test_seed(3) };
    for (u32 step = 0; step < test_rounds(100000); step++) {
        struct held *one = &held[rand_below(&rand, COUNT)];
        if (one->size) {
            check(&heap, one);
            heap_free(&heap, one->reference, one->size);
            one->size = 0;
            continue;
        }
        static char data[70000];
        one->size = random_size(&rand, step / 15000);
        one->fill = (u8)rand_next(&rand);
        memset(data, one->fill, one->size);
        one->reference = heap_put(&heap, data, one->size);
        if (step % 64 == 0) assert_int_equal(heap_size(&heap), mem.used);
    }
    for (u32 i = 0; i < COUNT; i++) {
        if (!held[i].size) continue;
        check(&heap, &held[i]);
        heap_free(&heap, held[i].reference, held[i].size);
    }
    assert_int_equal(heap.live_count, 0);
    heap_drop(&heap);
    assert_int_equal(mem.used, 0);
    heap_deinit(&heap);
    mem_deinit(&mem);
}

/* Strings that all grow leave no memory behind in the classes they came from. */
TEST(heap_pages_of_one_class_serve_another)
{
    struct mem mem;
    struct heap heap;
    mem_init(&mem, "test", NULL, 0);
    heap_init(&heap, &mem);
    enum { COUNT = 20000 };
    static u64 references[COUNT];
    static char data[2048];
    u32 size = 16;
    for (u32 i = 0; i < COUNT; i++)
        references[i] = heap_put(&heap, data, size);
    while (size < 1024) {
        u32 larger = size * 5 / 4;
        for (u32 i = 0; i < COUNT; i++) {
            heap_free(&heap, references[i], size);
            references[i] = heap_put(&heap, data, larger);
        }
        size = larger;
    }
    assert_true(mem.used < (u64)COUNT * size * 3 / 2);
    for (u32 i = 0; i < COUNT; i++)
        heap_free(&heap, references[i], size);
    heap_deinit(&heap);
    mem_deinit(&mem);
}

TEST(heap_of_few_strings_is_small)
{
    struct mem mem;
    struct heap heap;
    mem_init(&mem, "test", NULL, 0);
    heap_init(&heap, &mem);
    assert_int_equal(mem.used, 0);
    u64 reference = heap_put(&heap, "thirteen bytes", 14);
    assert_true(mem.used < 1500);
    heap_free(&heap, reference, 14);
    heap_deinit(&heap);
    mem_deinit(&mem);
}
