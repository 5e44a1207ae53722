/* What the tests of binding and planning share: a catalog that statements of SQL fill, and trees as
 * text. */
#pragma once

#include "plan/bind.h"
#include "tests/unit/plan/plan_test.h"

struct bind_fixture {
    struct plan_fixture plan;
    struct catalog catalog;
    struct bind_options options; /* of the last statement */
};

void bind_fixture_init(struct bind_fixture *fixture);
void bind_fixture_deinit(struct bind_fixture *fixture);

/* Runs the CREATE statements of a script; they must be right. */
void bind_define(struct bind_fixture *fixture, const char *script);
/* The tables that most tests use: product, bid (append-only), trade, account. */
extern const char *const bind_tables;

/* Reads a statement and sets fixture->options for it. */
struct syntax_statement *bind_parse(struct bind_fixture *fixture, const char *sql);
/* "SQLSTATE@position message" of fixture->plan.err, in fixture->plan.buf. */
const char *bind_error(struct bind_fixture *fixture);
/* A bound SELECT, or what CREATE VIEW keeps, as a tree in text; rewritten when asked. */
const char *bind_tree(struct bind_fixture *fixture, const char *sql, bool is_rewritten);
/* The names, types and key of what a SELECT gives: "id bigint not null, n bigint; key id". */
const char *bind_row(struct bind_fixture *fixture, const char *sql);
