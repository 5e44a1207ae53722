/* What the tests of plan share: an account, an arena and a buffer for one test, and a stack. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "plan/parse.h"
#include "tests/test.h"

struct plan_fixture {
    struct mem mem;
    struct arena arena;
    struct buf buf;
    struct err err;
};

void plan_fixture_init(struct plan_fixture *fixture);
/* Checks that all memory came back. */
void plan_fixture_deinit(struct plan_fixture *fixture);

/* Runs on a new thread with PARSE_STACK_SIZE of stack. */
extern const struct parse_runner plan_runner;

/* The statement's tree as text, in fixture's buf and ended by NUL; or "SQLSTATE@position message". */
const char *plan_print(struct plan_fixture *fixture, const char *sql);
/* Reads one statement that is right. */
struct syntax_statement *plan_parse(struct plan_fixture *fixture, const char *sql);
