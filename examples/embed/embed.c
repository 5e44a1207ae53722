/* Weir inside a program: a table, a view that is kept, and a subscriber with demand.
 *
 *     cc embed.c $(pkg-config --cflags --libs weir) -o embed && ./embed
 *     ./embed 'CREATE TABLE t (i int); INSERT INTO t VALUES (1); SELECT * FROM t'
 *
 * With an argument it runs that script and prints the rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir.h>

static const char schema[] =
    "CREATE TABLE orders (id bigint PRIMARY KEY, city text, amount numeric(10,2));"
    "CREATE MATERIALIZED VIEW revenue AS"
    "  SELECT city, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY city;";

static const char first[] = "{\"id\":1,\"city\":\"Lisbon\",\"amount\":90}\n"
                            "{\"id\":2,\"city\":\"Porto\",\"amount\":15.5}\n";
static const char second[] = "{\"id\":3,\"city\":\"Lisbon\",\"amount\":30}\n";

static void check(enum weir_result result, const struct weir_error *error)
{
    if (result == WEIR_OK) return;
    fprintf(stderr, "%s: %s %s\n", error->sqlstate, error->message, error->detail);
    exit(1);
}

static void print_row(void *context, uint32_t column_count, const char *const *names,
                      const char *const *values)
{
    (void)context, (void)names;
    for (uint32_t column = 0; column < column_count; column++)
        printf("%s%s", column > 0 ? " | " : "", values[column] ? values[column] : "");
    putchar('\n');
}

static void print_frame(void *context, int is_init, uint64_t tick, const char *json, size_t size)
{
    (void)context;
    printf("%s at tick %llu: %.*s\n", is_init ? "state" : "change", (unsigned long long)tick,
           (int)size, json);
}

static void show(struct weir *weir)
{
    struct weir_error error;
    struct weir_subscription *subscription;
    struct weir_subscriber subscriber = { .on_frame = print_frame };
    check(weir_exec(weir, schema, NULL, NULL, &error), &error);
    check(weir_push(weir, "orders", "ndjson", first, strlen(first), NULL, NULL, &error), &error);
    check(weir_subscribe(weir, "revenue", &subscriber, &subscription, &error), &error);

    weir_request(subscription, 1); /* the state, and nothing more */
    weir_step(weir);
    check(weir_push(weir, "orders", "ndjson", second, strlen(second), NULL, NULL, &error), &error);
    check(weir_exec(weir, "DELETE FROM orders WHERE city = 'Porto'", NULL, NULL, &error), &error);
    printf("two changes later\n");
    weir_request(subscription, 1); /* both of them, as one */
    weir_step(weir);

    check(weir_exec(weir, "SELECT city, amount FROM revenue", print_row, NULL, &error), &error);
    weir_cancel(subscription);
}

int main(int argc, char **argv)
{
    struct weir *weir;
    struct weir_error error;
    struct weir_options options = { .data_dir = NULL };
    check(weir_open(&weir, &options, &error), &error);
    if (argc > 1)
        check(weir_exec(weir, argv[1], print_row, NULL, &error), &error);
    else
        show(weir);
    weir_close(weir);
    return 0;
}
