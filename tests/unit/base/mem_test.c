#include "base/mem.h"

#include <string.h>

#include "tests/test.h"

TEST(mem_map_grow_keeps_the_content_and_clears_the_rest)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    size_t sizes[] = { KIB(64), KIB(128), KIB(1024), MIB(2), MIB(4), MIB(6), MIB(14) };
    u8 *block = NULL;
    size_t size = 0;
    for (size_t i = 0; i < countof(sizes); i++) {
        block = mem_map_grow(&mem, block, size, sizes[i]);
        assert_int_equal(mem.used, sizes[i]);
        for (size_t at = 0; at < sizes[i]; at += 4096)
            assert_int_equal(block[at], at < size ? at / 4096 % 251 : 0);
        if (sizes[i] >= MEM_HUGE_SIZE) assert_int_equal((uintptr_t)block % MEM_HUGE_SIZE, 0);
        size = sizes[i];
        for (size_t at = 0; at < size; at += 4096)
            block[at] = (u8)(at / 4096 % 251);
    }
    mem_unmap(&mem, block, size);
    mem_deinit(&mem);
}
