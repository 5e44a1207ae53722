/* What os/file.c asks of os/fault.c before each call. */
#pragma once

#include "os/fault.h"

/* Whether a plan is set; everything below is asked only then. */
bool fault_is_on(void);
bool fault_discards(void);

/* Counts the call; the errno it must fail with, or 0. */
int fault_fail(enum fault_call call);

/* Before a write of *size bytes that ends a file of size_old bytes at offset + *size: lowers *size to
 * what may be written, and returns the errno to fail with after that. */
int fault_write(u64 size_old, u64 offset, size_t *size);

/* Before the file's size changes: the errno to fail with, or 0. */
int fault_resize(u64 size_old, u64 size_new);
