/* The memory budget: who waits and who goes when it is used up.
 *
 * Below BUDGET_FULL everything is taken. From there on producers wait, CREATE and whatever reads by collecting rows are
 * refused; DELETE, TRUNCATE and DROP go on. When the steps of a tick take memory past BUDGET_RESERVE, the operators that
 * grew most in it are suspended, one after the other until it is enough, with all that depends on them: the
 * state of their views is freed and their readers are told. Tables stay. The same holds at the replay of the log. */
#pragma once

#include "engine/engine_internal.h"

/* In percent of the budget. */
#define BUDGET_CAREFUL 50 /* past it steps are small */
#define BUDGET_FULL    85
#define BUDGET_RESERVE 90
#define BUDGET_LAST    97 /* past it nothing is read that has to be collected first */
/* What one reader may collect also when the budget is full. */
#define BUDGET_READ_SIZE MIB(1)

bool budget_is_full(const struct engine *engine);
/* 53200 with the figures when it is full. */
enum status budget_check(const struct engine *engine, struct err *err);
/* The same for a reader that has collected size bytes. */
enum status budget_check_read(const struct engine *engine, u64 size, struct err *err);
/* The same for a transaction in the middle of its resolving: what it adds and what logging that takes must fit. */
enum status budget_check_write(const struct engine *engine, struct err *err);
/* A filling at the replay, which may too. */
bool budget_is_short(const struct engine *engine);
/* Is it full, and do those who write wait for it? */
bool budget_makes_wait(const struct engine *engine);
/* Nothing is left but for DELETE, TRUNCATE and DROP. */
bool budget_is_last(const struct engine *engine);
/* After a record of the log was replayed: 53200 when what cannot be suspended does not fit. */
enum status budget_check_replay(const struct engine *engine, struct err *err);
/* For the middle of a piece: between two batches, what is pushed past the last is stopped at once. */
void budget_limit(struct engine *engine);
/* Rows of a tick's next piece: fewer where they might take what is left. */
u32 budget_step_rows(const struct engine *engine, u32 rows);
/* After a piece of a tick's steps: suspends what took memory past the reserve. */
void budget_guard(struct engine *engine);
/* After a tick has settled: takes down what was suspended in it. */
void budget_settle(struct engine *engine);
/* Need this transaction not wait for memory? It gives memory back; or it is a CREATE, which is told at once. */
bool budget_passes(const struct txn *txn);
