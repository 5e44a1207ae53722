/* A SELECT, once: straight from one relation, or by a dataflow of its own that is filled, read and dropped. */
#pragma once

#include "engine/reader.h"
#include "plan/select.h"

struct query;

/* The statement's tree lives as long as the query. Positions in errors count in text. */
enum status query_open(struct engine *engine, const struct syntax_select *select, struct slice text,
                       struct query **out, struct err *err);
/* The query of INSERT ... SELECT, with its columns cast to the table's; *out is NULL when the rows are VALUES. */
enum status query_open_insert(struct engine *engine, const struct syntax_statement *statement,
                              struct query **out, struct err *err);
/* What a URL asks for: a bound query, or a page of the rows that a relation stores (options say what is read of them); both
 * live as long as the query. With counts the rows are counted before the first of them is given. */
enum status query_open_bound(struct engine *engine, const struct bind_query *bound, bool counts,
                             struct query **out, struct err *err);
enum status query_open_stored(struct engine *engine, const struct relation *relation,
                              const struct reader_options *options, bool counts, struct query **out,
                              struct err *err);
void query_close(struct query *query);
const struct schema *query_schema(const struct query *query);
/* The tick it shows; known once it is begun: rows or the end came. */
bool query_is_begun(const struct query *query);
u64 query_tick(const struct query *query);
/* Rows that match, before limit and offset; UINT64_MAX until they are known or when nobody counts. */
u64 query_count(const struct query *query);
/* READER_MORE: call again; a dataflow moves on between ticks only. */
enum reader_result query_next(struct query *query, const struct batch **out, struct err *err);
