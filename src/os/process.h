/* What this process uses and what the machine gives it. */
#pragma once

#include "base/base.h"

/* Bytes of memory resident now; read from /proc, some microseconds. */
u64 process_memory_resident(void);
/* The highest it ever was. */
u64 process_memory_resident_peak(void);

/* Memory this process may use: the machine's, or less where a control group says so. */
u64 process_memory_machine(void);

/* Cores this process may run on, at least 1. */
u32 process_core_count(void);

/* Microseconds of processor time: in the program and in the kernel for it. */
struct process_cpu {
    i64 user_us;
    i64 system_us;
};
struct process_cpu process_cpu(void);

u32 process_id(void);

/* Does a person see what is written to this descriptor? */
bool process_is_terminal(int fd);

/* Raises the limit of open files to what the system allows; returns the limit now in force. */
u64 process_files_raise(void);
