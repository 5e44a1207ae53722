#include "os/process.h"

#include <unistd.h>

#include "os/entropy.h"
#include "tests/test.h"

TEST(process_knows_its_memory_and_its_machine)
{
    u64 resident = process_memory_resident();
    assert_true(resident > KIB(100));
    assert_true(process_memory_resident_peak() >= resident / 2);
    assert_true(process_memory_machine() > resident);
    assert_true(process_core_count() >= 1);
    assert_int_equal(process_id(), getpid());
    assert_true(process_files_raise() >= 256);
    struct process_cpu cpu = process_cpu();
    assert_true(cpu.user_us >= 0 && cpu.system_us >= 0);
}

TEST(entropy_gives_different_bytes)
{
    assert_true(entropy_u64() != entropy_u64());
    u8 bytes[4096] = { 0 };
    entropy_fill(bytes, sizeof bytes);
    u32 zero_count = 0;
    for (size_t index = 0; index < sizeof bytes; index++)
        zero_count += bytes[index] == 0;
    assert_true(zero_count < 100);
}
