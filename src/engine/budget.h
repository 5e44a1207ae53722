/* The memory budget: who waits and who goes when it is used up.
 *
 * Below BUDGET_FULL everything is taken. From there on producers wait and CREATE is refused; DELETE, TRUNCATE and
 * DROP go on. A view whose step takes memory past BUDGET_RESERVE is suspended with all that depends on it: its state is
 * freed and its readers are told. Tables stay. The same holds at the replay of the log. */
#pragma once

#include "engine/engine_internal.h"

/* In percent of the budget. */
#define BUDGET_FULL    85
#define BUDGET_RESERVE 90

bool budget_is_full(const struct engine *engine);
/* 53200 with the figures when it is full. */
enum status budget_check(const struct engine *engine, struct err *err);
/* After a piece of a tick's steps: suspends what took memory past the reserve. */
void budget_guard(struct engine *engine);
/* After a tick has settled: takes down what was suspended in it. */
void budget_settle(struct engine *engine);
/* Would this transaction give memory back? */
bool budget_frees(const struct txn *txn);
