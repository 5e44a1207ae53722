/* Unit tests: TEST(name) { ... } registers itself; a name is a fact. Checks are cmocka's.
 *
 * A test program is test.c and the files of one folder of tests/unit. Run one test by a part of its
 * name: `build/tests/unit_base arena`. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/status.h"

struct test {
    const char *name;
    void (*body)(void);
    struct test *next;
};

void test_register(struct test *test);

#define TEST(test_name)                                                                            \
    static void test_name(void);                                                                   \
    __attribute__((constructor)) static void register_##test_name(void)                            \
    {                                                                                              \
        static struct test entry = { .name = #test_name, .body = test_name };                      \
        test_register(&entry);                                                                     \
    }                                                                                              \
    static void test_name(void)

/* Fails with the err's own sentence. */
#define assert_ok(expression, err)                                                                 \
    do {                                                                                           \
        if ((expression) != OK) fail_msg("%s %s", (err)->sqlstate, (err)->message);                \
    } while (0)

/* The seed of a property test: WEIR_SEED, or the given one. Printed when the test fails by its
 * own messages. */
u64 test_seed(u64 otherwise);
/* The number of rounds of a property test, multiplied by WEIR_ROUNDS for long runs. */
u32 test_rounds(u32 otherwise);
