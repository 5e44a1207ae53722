/* What the operators cost in process, over real tables with primary keys: CPU time a row that comes, or a tick; the
 * median of five. Arguments: names of the benchmarks to run (default: all but those with 10 M).
 *
 *   bare        what orders10k does in plain C, to compare machines with
 *   shop        products by category: count, sum, average; 1 M rows in ticks of 10 K
 *   shop10      the same with 10 M
 *   portfolio   positions x prices x sectors: value of each position, account, sector; 1 M positions
 *   price       one price that 100 positions hold, changed: a tick
 *   orders1, orders100, orders10k   orders x customers by region: ticks of so many orders
 *   orders10m   ticks of 10 K orders over 10 M customers
 *   views       one row that touches one of 10 000 views */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/rand.h"
#include "flow/fill.h"
#include "ops/ops.h"
#include "ops/table.h"

#define RUN_COUNT 5

struct bench {
    struct mem mem;
    struct arena arena; /* schemas, expressions */
    struct arena rows;  /* of a batch on its way in */
    struct graph graph;
    struct rand rand;
    u32 held_count;
    struct op *held[10008];
};

static f64 now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (f64)time.tv_sec * 1e9 + (f64)time.tv_nsec;
}

static void check(enum status status, const struct err *err)
{
    if (!status) return;
    fprintf(stderr, "%s %s\n", err->sqlstate, err->message);
    exit(1);
}

static void bench_open(struct bench *b)
{
    memset(b, 0, sizeof *b);
    mem_init(&b->mem, "bench", NULL, 0);
    arena_init(&b->arena, &b->mem);
    arena_init(&b->rows, &b->mem);
    graph_init(&b->graph, &b->mem, 1);
}

static void bench_close(struct bench *b)
{
    while (b->held_count > 0)
        graph_release(&b->graph, b->held[--b->held_count]);
    graph_deinit(&b->graph);
    arena_deinit(&b->rows);
    arena_deinit(&b->arena);
    mem_deinit(&b->mem);
}

static struct op *hold(struct bench *b, struct op *op)
{
    graph_hold(op);
    b->held[b->held_count++] = op;
    return op;
}

/* --- Tables and ticks --- */

static const u32 first_column[] = { 0 };
static const struct table_key primary = { "pkey", first_column, 1, true, false };

static struct op *make_table(struct bench *b, struct schema_column *columns, u32 count)
{
    struct schema schema = { count, columns, 1, (u32[]){ 0 } };
    struct table_options options = {
        .name = "t", .schema = &schema, .keys = &primary, .key_count = 1
    };
    return hold(b, op_table_make(&b->graph, &options));
}

/* Fills row of the batch for the number-th row of the table. */
typedef void (*row_fn)(struct bench *b, struct batch *batch, u32 row, u64 number);

static void tick_rows(struct bench *b, struct op *table, row_fn make, u64 first, u32 count)
{
    struct table_txn txn;
    struct err err;
    struct table_insert how = { .conflict = TABLE_CONFLICT_ERROR };
    struct table_result result;
    arena_reset(&b->rows);
    table_begin(&txn, &b->graph, &b->rows);
    table_statement_begin(&txn, table);
    for (u32 done = 0; done < count;) {
        u32 taken = MIN(count - done, BATCH_ROW_COUNT_MAX);
        struct batch *batch = batch_make_for(&b->rows, table->schema, taken);
        batch->row_count = taken;
        for (u32 r = 0; r < taken; r++) {
            batch->weights[r] = 1;
            make(b, batch, r, first + done + r);
        }
        check(table_insert(&txn, table, batch, &how, &result, &err), &err);
        done += taken;
    }
    check(table_statement_end(&txn, table, &err), &err);
    table_commit(&txn);
    table_compact(table);
}

static void finish_tick(struct bench *b)
{
    while (graph_step(&b->graph, 4096) == TURN_MORE)
        ;
    graph_settle(&b->graph);
}

static void load(struct bench *b, struct op *table, row_fn make, u64 count, u32 tick)
{
    for (u64 done = 0; done < count; done += tick) {
        tick_rows(b, table, make, done, (u32)MIN(count - done, tick));
        finish_tick(b);
    }
}

static void put_text(struct column *column, u32 row, const char *text)
{
    ((struct str *)column->data)[row] = str_make(text, strlen(text));
}

static void put_number(struct column *column, u32 row, i64 value)
{
    ((i64 *)column->data)[row] = value;
}

/* --- Expressions --- */

static struct expr *column_of(struct bench *b, const struct schema *schema, u32 column)
{
    struct expr *expr = arena_new(&b->arena, struct expr);
    *expr = (struct expr){
        .kind = EXPR_COLUMN, .type = schema->columns[column].type, .position = -1, .column = column
    };
    return expr;
}

static struct expr *cast_of(struct bench *b, struct expr *arg, struct type type)
{
    const struct func *func;
    bool is_free;
    struct err err;
    if (type_equal(arg->type, type)) return arg;
    check(func_find_cast(arg->type, type, CAST_IMPLICIT, &func, &is_free, &err), &err);
    struct expr *expr = arena_new(&b->arena, struct expr);
    if (is_free) {
        *expr = *arg;
        expr->type = type;
        return expr;
    }
    *expr = (struct expr){ .kind = EXPR_CALL, .type = type, .func = func, .arg_count = 1 };
    expr->args = arena_array(&b->arena, struct expr *, 1);
    expr->args[0] = arg;
    return expr;
}

static struct expr *product_of(struct bench *b, struct expr *left, struct expr *right)
{
    struct type types[2] = { left->type, right->type }, casts[2], result;
    const struct func *func;
    struct err err;
    check(func_find(SLICE("*"), FUNC_OPERATOR, types, 2, &func, casts, &result, &err), &err);
    struct expr *expr = arena_new(&b->arena, struct expr);
    *expr = (struct expr){ .kind = EXPR_CALL, .type = result, .func = func, .arg_count = 2 };
    expr->args = arena_array(&b->arena, struct expr *, 2);
    expr->args[0] = cast_of(b, left, casts[0]);
    expr->args[1] = cast_of(b, right, casts[1]);
    return expr;
}

static struct agg_call call_of(enum agg_kind kind, u32 column, struct type type)
{
    return (struct agg_call){
        .kind = kind, .column = column, .filter_column = AGG_NO_COLUMN, .type = type
    };
}

/* --- Shop --- */

static struct schema_column product_columns[] = {
    { "id", { .id = TYPE_INT8 }, true },
    { "name", { .id = TYPE_TEXT }, false },
    { "category", { .id = TYPE_TEXT }, false },
    { "price", { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 }, false }
};

static void make_product(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    static const char *const categories[] = {
        "toys", "books", "garden", "food", "sports gear", "music", "office supplies", "kitchen"
    };
    (void)b;
    put_number(&batch->columns[0], row, (i64)number);
    put_text(&batch->columns[1], row, "a product");
    put_text(&batch->columns[2], row, categories[hash_mix(number, 7) % countof(categories)]);
    put_number(&batch->columns[3], row, (i64)(number * 7919 % 100000));
}

static f64 run_shop(struct bench *b, u64 count)
{
    struct op *product = make_table(b, product_columns, countof(product_columns));
    struct schema_column columns[] = { { "category", { .id = TYPE_TEXT }, false },
                                       { "count", { .id = TYPE_INT8 }, false },
                                       { "sum", { .id = TYPE_NUMERIC }, false },
                                       { "avg", { .id = TYPE_NUMERIC }, false } };
    struct schema schema = { countof(columns), columns, 0, NULL };
    struct agg_call calls[] = { call_of(AGG_COUNT_ROWS, AGG_NO_COLUMN, TYPE(INT8)),
                                call_of(AGG_SUM, 3, TYPE(NUMERIC)),
                                call_of(AGG_AVG, 3, TYPE(NUMERIC)) };
    hold(b, op_aggregate_make(&b->graph, product, (u32[]){ 2 }, 1, calls, countof(calls), false,
                              &schema));
    fill_all(&b->graph, 0);
    f64 start = now_ns();
    load(b, product, make_product, count, 10000);
    return (now_ns() - start) / (f64)count;
}

static f64 run_shop1(struct bench *b)
{
    return run_shop(b, 1000000);
}
static f64 run_shop10(struct bench *b)
{
    return run_shop(b, 10000000);
}

/* --- Portfolio --- */

#define SYMBOL_COUNT 10000u /* 100 positions each of a million */

static struct schema_column position_columns[] = { { "id", { .id = TYPE_INT8 }, true },
                                                   { "account", { .id = TYPE_INT8 }, true },
                                                   { "symbol", { .id = TYPE_TEXT }, true },
                                                   { "quantity", { .id = TYPE_INT8 }, true } };
static struct schema_column price_columns[] = {
    { "symbol", { .id = TYPE_TEXT }, true },
    { "price", { .id = TYPE_NUMERIC, .precision = 12, .scale = 2 }, true }
};
static struct schema_column sector_columns[] = { { "symbol", { .id = TYPE_TEXT }, true },
                                                 { "sector", { .id = TYPE_TEXT }, true } };

static void put_symbol(struct bench *b, struct column *column, u32 row, u64 number)
{
    char text[16];
    (void)b;
    int size = snprintf(text, sizeof text, "S%llu", (unsigned long long)number);
    ((struct str *)column->data)[row] = str_make(text, (size_t)size);
}

static void make_price(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    put_symbol(b, &batch->columns[0], row, number);
    put_number(&batch->columns[1], row, (i64)(number * 31 % 10000 + 100));
}

static void make_sector(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    static const char *const sectors[] = { "energy", "health", "finance", "tech", "utilities" };
    put_symbol(b, &batch->columns[0], row, number);
    put_text(&batch->columns[1], row, sectors[number % countof(sectors)]);
}

static void make_position(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    put_number(&batch->columns[0], row, (i64)number);
    put_number(&batch->columns[1], row, (i64)(hash_mix(number, 3) % 50000));
    put_symbol(b, &batch->columns[2], row, hash_mix(number, 5) % SYMBOL_COUNT);
    put_number(&batch->columns[3], row, (i64)(number % 1000 + 1));
}

struct portfolio {
    struct op *position, *price, *sector, *views[3];
};

/* An inner join of position, price and sector by symbol; columns of the output by input and column. */
static struct op *join_portfolio(struct bench *b, struct portfolio *p, u32 *inputs, u32 *columns,
                                 struct schema *schema)
{
    struct op *by_symbol = op_arrange_make(&b->graph, p->position, (u32[]){ 2 }, 1);
    struct op *tables[3] = { p->position, p->price, p->sector };
    struct op *arranged[3] = { by_symbol, p->price, p->sector };
    static u32 symbol_columns[3] = { 2, 0, 0 };
    struct join_step steps[3][2];
    struct join_path paths[3];
    for (u32 driver = 0; driver < 3; driver++) {
        u32 others[2] = { driver == 0 ? 1 : 0, driver == 2 ? 1 : 2 };
        if (driver != 0) { /* the sector or price first: one row, then the positions */
            others[0] = driver == 1 ? 2 : 1;
            others[1] = 0;
        }
        for (u32 s = 0; s < 2; s++) {
            u32 *key = arena_array(&b->arena, u32, 2);
            key[0] = driver;
            key[1] = symbol_columns[driver];
            steps[driver][s] = (struct join_step){ .input = others[s],
                                                   .arrange = arranged[others[s]],
                                                   .key_count = 1,
                                                   .key_inputs = key,
                                                   .key_columns = key + 1 };
        }
        paths[driver] = (struct join_path){ .step_count = 2, .steps = steps[driver] };
    }
    struct join_options options = { .input_count = 3,
                                    .inputs = tables,
                                    .paths = paths,
                                    .output_count = schema->column_count,
                                    .output_inputs = inputs,
                                    .output_columns = columns };
    return op_join_make(&b->graph, &options, schema);
}

/* id, account, sector, quantity * price */
static struct op *value_stream(struct bench *b, struct op *join)
{
    struct expr *exprs[] = {
        column_of(b, join->schema, 0), column_of(b, join->schema, 1), column_of(b, join->schema, 2),
        product_of(b, column_of(b, join->schema, 3), column_of(b, join->schema, 4))
    };
    struct schema_column columns[] = { { "id", exprs[0]->type, false },
                                       { "account", exprs[1]->type, false },
                                       { "sector", exprs[2]->type, false },
                                       { "value", exprs[3]->type, false } };
    struct schema schema = { countof(columns), columns, 0, NULL };
    return op_map_make(&b->graph, join, NULL, exprs, countof(exprs), &schema);
}

static struct op *totals_by(struct bench *b, struct op *input, u32 group)
{
    struct schema_column columns[] = { input->schema->columns[group],
                                       { "value", { .id = TYPE_NUMERIC }, false } };
    struct schema schema = { countof(columns), columns, 0, NULL };
    struct agg_call calls[] = { call_of(AGG_SUM, 3, TYPE(NUMERIC)) };
    return op_aggregate_make(&b->graph, input, &group, 1, calls, 1, false, &schema);
}

static void open_portfolio(struct bench *b, struct portfolio *p)
{
    p->position = make_table(b, position_columns, countof(position_columns));
    p->price = make_table(b, price_columns, countof(price_columns));
    p->sector = make_table(b, sector_columns, countof(sector_columns));
    u32 inputs[] = { 0, 0, 2, 0, 1 }, columns[] = { 0, 1, 1, 3, 1 };
    struct schema_column outputs[] = { position_columns[0], position_columns[1], sector_columns[1],
                                       position_columns[3], price_columns[1] };
    struct schema schema = { countof(outputs), outputs, 0, NULL };
    struct op *join = join_portfolio(b, p, inputs, columns, &schema);
    p->views[0] = hold(b, op_arrange_make(&b->graph, value_stream(b, join), (u32[]){ 0 }, 1));
    p->views[1] = hold(b, totals_by(b, p->views[0], 1));
    p->views[2] = hold(b, totals_by(b, p->views[0], 2));
    fill_all(&b->graph, 0);
    load(b, p->price, make_price, SYMBOL_COUNT, 10000);
    load(b, p->sector, make_sector, SYMBOL_COUNT, 10000);
}

static f64 run_portfolio(struct bench *b)
{
    struct portfolio p;
    u64 count = 1000000;
    open_portfolio(b, &p);
    f64 start = now_ns();
    load(b, p.position, make_position, count, 10000);
    f64 ns = (now_ns() - start) / (f64)count;
    u64 size = 0;
    for (u32 i = 0; i < b->graph.op_count; i++)
        if (b->graph.ops[i]) size += op_size(b->graph.ops[i]);
    printf("  (%.1f bytes a position, all views included)\n", (f64)size / (f64)count);
    return ns;
}

/* In microseconds a tick. */
static f64 run_price(struct bench *b)
{
    struct portfolio p;
    open_portfolio(b, &p);
    load(b, p.position, make_position, 1000000, 10000);
    u32 rounds = 20000;
    f64 total = 0;
    for (u32 i = 0; i < rounds; i++) {
        struct table_txn txn;
        struct err err;
        struct table_result result;
        arena_reset(&b->rows);
        struct batch *batch = batch_make_for(&b->rows, p.price->schema, 1);
        batch->row_count = 1;
        batch->weights[0] = 1;
        u64 number = rand_below(&b->rand, SYMBOL_COUNT);
        make_price(b, batch, 0, number);
        put_number(&batch->columns[1], 0, (i64)rand_below(&b->rand, 100000) + 100);
        f64 start = now_ns();
        u32 slot = table_find_new(p.price, batch->columns, 0);
        table_begin(&txn, &b->graph, &b->rows);
        table_statement_begin(&txn, p.price);
        check(table_update(&txn, p.price, &slot, batch, &result, &err), &err);
        check(table_statement_end(&txn, p.price, &err), &err);
        table_commit(&txn);
        table_compact(p.price);
        finish_tick(b);
        total += now_ns() - start;
    }
    return total / rounds / 1000;
}

/* --- Orders --- */

static struct schema_column customer_columns[] = { { "id", { .id = TYPE_INT8 }, true },
                                                   { "region", { .id = TYPE_TEXT }, false },
                                                   { "name", { .id = TYPE_TEXT }, false } };
static struct schema_column order_columns[] = {
    { "id", { .id = TYPE_INT8 }, true },
    { "customer", { .id = TYPE_INT8 }, false },
    { "amount", { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 }, false }
};

static u64 customer_count;

static void make_customer(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    static const char *const regions[] = { "north", "south", "east", "west", "centre" };
    (void)b;
    put_number(&batch->columns[0], row, (i64)number);
    put_text(&batch->columns[1], row, regions[hash_mix(number, 11) % countof(regions)]);
    put_text(&batch->columns[2], row, "a customer");
}

static void make_order(struct bench *b, struct batch *batch, u32 row, u64 number)
{
    (void)b;
    put_number(&batch->columns[0], row, (i64)number);
    put_number(&batch->columns[1], row, (i64)(hash_mix(number, 13) % customer_count));
    put_number(&batch->columns[2], row, (i64)(number % 10000));
}

static struct op *open_orders(struct bench *b, u64 customers)
{
    struct op *order = make_table(b, order_columns, countof(order_columns));
    struct op *customer = make_table(b, customer_columns, countof(customer_columns));
    struct op *inputs[2] = { order, customer };
    struct op *by_customer = op_arrange_make(&b->graph, order, (u32[]){ 1 }, 1);
    u32 zero[] = { 0 }, one[] = { 1 };
    struct join_step to_customer = { 1, customer, 1, zero, one, NULL };
    struct join_step to_order = { 0, by_customer, 1, one, zero, NULL };
    struct join_path paths[2] = { { 1, &to_customer, NULL }, { 1, &to_order, NULL } };
    struct schema_column outputs[] = { customer_columns[1], order_columns[2] };
    struct schema schema = { countof(outputs), outputs, 0, NULL };
    struct join_options options = { 2, inputs, paths, 2, (u32[]){ 1, 0 }, (u32[]){ 1, 2 } };
    struct op *join = op_join_make(&b->graph, &options, &schema);
    struct schema_column columns[] = { customer_columns[1],
                                       { "count", { .id = TYPE_INT8 }, false },
                                       { "amount", { .id = TYPE_NUMERIC }, false } };
    struct schema totals = { countof(columns), columns, 0, NULL };
    struct agg_call calls[] = { call_of(AGG_COUNT_ROWS, AGG_NO_COLUMN, TYPE(INT8)),
                                call_of(AGG_SUM, 1, TYPE(NUMERIC)) };
    hold(b, op_aggregate_make(&b->graph, join, zero, 1, calls, countof(calls), false, &totals));
    fill_all(&b->graph, 0);
    customer_count = customers;
    load(b, customer, make_customer, customers, 10000);
    return order;
}

static f64 run_orders(struct bench *b, u64 customers, u64 count, u32 tick)
{
    struct op *order = open_orders(b, customers);
    load(b, order, make_order, count / 4, 10000);
    f64 start = now_ns();
    for (u64 done = count / 4; done < count; done += tick) {
        tick_rows(b, order, make_order, done, (u32)MIN(count - done, tick));
        finish_tick(b);
    }
    return (now_ns() - start) / (f64)(count - count / 4);
}

static f64 run_orders1(struct bench *b)
{
    return run_orders(b, 10000, 400000, 1);
}
static f64 run_orders100(struct bench *b)
{
    return run_orders(b, 10000, 1000000, 100);
}
static f64 run_orders10k(struct bench *b)
{
    return run_orders(b, 10000, 2000000, 10000);
}
static f64 run_orders10m(struct bench *b)
{
    return run_orders(b, 10000000, 4000000, 10000);
}

/* --- Many views --- */

/* Each over a table of its own: one tick touches one of them. In microseconds. */
static f64 run_views(struct bench *b)
{
    u32 view_count = 5000; /* and as many tables */
    struct op *tables[5000];
    struct schema_column columns[] = { { "category", { .id = TYPE_TEXT }, false },
                                       { "count", { .id = TYPE_INT8 }, false } };
    struct schema schema = { countof(columns), columns, 0, NULL };
    struct agg_call calls[] = { call_of(AGG_COUNT_ROWS, AGG_NO_COLUMN, TYPE(INT8)) };
    for (u32 v = 0; v < view_count; v++) {
        tables[v] = make_table(b, product_columns, countof(product_columns));
        hold(b, op_aggregate_make(&b->graph, tables[v], (u32[]){ 2 }, 1, calls, 1, false, &schema));
    }
    fill_all(&b->graph, 0);
    u32 rounds = 20000;
    f64 start = now_ns();
    for (u32 i = 0; i < rounds; i++) {
        tick_rows(b, tables[i * 977 % view_count], make_product, i, 1);
        finish_tick(b);
    }
    return (now_ns() - start) / rounds / 1000;
}

/* --- Calibration --- */

/* What orders10k does, by hand: rows in an array, two open hash tables of what they need, totals by region. */
static f64 run_bare(struct bench *b)
{
    (void)b;
    u32 count = 2000000, customers = 10000, bits = 22;
    struct bare_order {
        i64 id, customer, amount;
    } *orders = malloc(sizeof(*orders) * count);
    u32 *by_id = calloc(sizeof(u32), (size_t)1 << bits);
    u32 *chain = malloc(sizeof(u32) * count), *heads = calloc(sizeof(u32), customers);
    u32 *regions = malloc(sizeof(u32) * customers);
    i64 totals[8] = { 0 }, counts[8] = { 0 };
    for (u32 i = 0; i < customers; i++)
        regions[i] = (u32)(hash_mix(i, 11) % 5);
    f64 start = now_ns();
    for (u32 i = 0; i < count; i++) {
        struct bare_order order = { i, (i64)(hash_mix(i, 13) % customers), i % 10000 };
        orders[i] = order;
        u64 at = hash_mix(1, (u64)order.id) >> (64 - bits);
        while (by_id[at] && orders[by_id[at] - 1].id != order.id)
            at = (at + 1) & ((1u << bits) - 1);
        by_id[at] = i + 1;
        chain[i] = heads[order.customer];
        heads[order.customer] = i + 1;
        u32 region = regions[order.customer];
        totals[region] += order.amount;
        counts[region]++;
    }
    f64 ns = (now_ns() - start) / count;
    if (totals[0] + counts[0] == 0) printf("nothing\n");
    free(orders), free(by_id), free(chain), free(heads), free(regions);
    return ns;
}

/* --- All of them --- */

static const struct {
    const char *name;
    f64 (*run)(struct bench *b);
    bool is_micros;
    bool is_large;
} benches[] = {
    { "bare", run_bare, false, false },           { "shop", run_shop1, false, false },
    { "portfolio", run_portfolio, false, false }, { "price", run_price, true, false },
    { "orders1", run_orders1, false, false },     { "orders100", run_orders100, false, false },
    { "orders10k", run_orders10k, false, false }, { "views", run_views, true, false },
    { "shop10", run_shop10, false, true },        { "orders10m", run_orders10m, false, true },
};

static int compare_f64(const void *a, const void *b)
{
    f64 x = *(const f64 *)a, y = *(const f64 *)b;
    return (x > y) - (x < y);
}

static bool is_wanted(int argc, char **argv, u32 index)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], benches[index].name) == 0) return true;
    return argc == 1 && !benches[index].is_large;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const char *runs_text = getenv("WEIR_RUNS");
    u32 runs = runs_text ? (u32)atoi(runs_text) : RUN_COUNT;
    for (u32 i = 0; i < countof(benches); i++) {
        if (!is_wanted(argc, argv, i)) continue;
        f64 results[RUN_COUNT];
        for (u32 r = 0; r < MIN(runs, RUN_COUNT); r++) {
            bench_open(&bench);
            results[r] = benches[i].run(&bench);
            bench_close(&bench);
        }
        qsort(results, runs, sizeof *results, compare_f64);
        f64 median = results[runs / 2];
        if (benches[i].is_micros)
            printf("%-12s %8.2f us a tick\n", benches[i].name, median);
        else
            printf("%-12s %8.1f ns a row  %6.2f M/s\n", benches[i].name, median, 1e3 / median);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %ld MiB\n", usage.ru_maxrss / 1024);
    return 0;
}
