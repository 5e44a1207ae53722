#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/assert.h"

/* Reads a small file of /proc or /sys into text, NUL-ended; false when it cannot be read. */
static bool read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    text[MAX(got, 0)] = '\0';
    return got > 0;
}

u64 process_memory_resident(void)
{
    char text[128];
    if (!read_small("/proc/self/statm", text, sizeof text)) return 0;
    const char *second = strchr(text, ' ');
    if (!second) return 0;
    return strtoull(second, NULL, 10) * (u64)sysconf(_SC_PAGESIZE);
}

u64 process_memory_resident_peak(void)
{
    struct rusage usage;
    int failed = getrusage(RUSAGE_SELF, &usage);
    assert(!failed);
    return (u64)usage.ru_maxrss * 1024;
}

/* "max", or what is not there, is no limit. */
static u64 memory_of_group(const char *path)
{
    char text[64];
    if (!read_small(path, text, sizeof text)) return UINT64_MAX;
    char *end;
    errno = 0;
    u64 bytes = strtoull(text, &end, 10);
    return end == text || errno || bytes == 0 ? UINT64_MAX : bytes;
}

u64 process_memory_machine(void)
{
    struct sysinfo info;
    int failed = sysinfo(&info);
    assert(!failed);
    u64 machine = (u64)info.totalram * info.mem_unit;
    u64 group = memory_of_group("/sys/fs/cgroup/memory.max");
    u64 group_old = memory_of_group("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    return MIN(machine, MIN(group, group_old));
}

u32 process_core_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    return (u32)MAX(CPU_COUNT(&set), 1);
}

struct process_cpu process_cpu(void)
{
    struct rusage usage;
    int failed = getrusage(RUSAGE_SELF, &usage);
    assert(!failed);
    return (struct process_cpu){
        .user_us = (i64)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
        .system_us = (i64)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
    };
}

bool process_is_terminal(int fd)
{
    return isatty(fd);
}

u32 process_id(void)
{
    return (u32)getpid();
}

u64 process_files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit)) limit.rlim_cur = before;
    }
    return limit.rlim_cur;
}
