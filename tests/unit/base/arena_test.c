#include "base/arena.h"

#include <string.h>

#include "tests/test.h"

TEST(arena_rewind_gives_back_what_came_after_the_mark)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct arena arena;
    arena_init(&arena, &mem);
    memset(arena_alloc(&arena, 100), 1, 100);
    struct arena_mark mark = arena_mark(&arena);
    u64 used = mem.used;
    memset(arena_alloc(&arena, MIB(3)), 2, MIB(3));
    assert_true(mem.used > used + MIB(3));
    arena_rewind(&arena, mark);
    assert_int_equal(mem.used, used);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(arena_reset_keeps_a_small_first_chunk)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct arena arena;
    arena_init(&arena, &mem);
    void *first = arena_alloc(&arena, 8);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 8), first);
    arena_deinit(&arena);
    mem_deinit(&mem);
}
