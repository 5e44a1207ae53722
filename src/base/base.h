/* The words that the rest is written in: integer types and a few macros. */
#pragma once

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef float f32;
typedef double f64;
__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

#ifndef __cplusplus
#define static_assert _Static_assert
#endif

#define MUST_USE                          __attribute__((warn_unused_result))
#define PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
#define NORETURN                          __attribute__((noreturn, cold))
#define UNUSED                            __attribute__((unused))
/* Marks the few functions that the shared library shows (include/weir.h). */
#define EXPORT __attribute__((visibility("default")))

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define KIB(n) ((u64)(n) << 10)
#define MIB(n) ((u64)(n) << 20)
#define GIB(n) ((u64)(n) << 30)

/* alignment is a power of two. */
static inline u64 align_up(u64 value, u64 alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}
