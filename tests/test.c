#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_COUNT_MAX 4096

static struct test *first, **last = &first;

void test_register(struct test *test)
{
    *last = test;
    last = &test->next;
}

u64 test_seed(u64 otherwise)
{
    const char *text = getenv("WEIR_SEED");
    return text ? strtoull(text, NULL, 0) : otherwise;
}

u32 test_rounds(u32 otherwise)
{
    const char *text = getenv("WEIR_ROUNDS");
    return text ? otherwise * (u32)strtoul(text, NULL, 0) : otherwise;
}

static void run_one(void **state)
{
    const struct test *test = *state;
    test->body();
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[TEST_COUNT_MAX];
    size_t count = 0;
    for (struct test *test = first; test; test = test->next) {
        if (argc > 1 && !strstr(test->name, argv[1])) continue;
        if (count == TEST_COUNT_MAX) return 2;
        tests[count++] =
            (struct CMUnitTest){ .name = test->name, .test_func = run_one, .initial_state = test };
    }
    return _cmocka_run_group_tests(argv[0], tests, count, NULL, NULL) ? 1 : 0;
}
