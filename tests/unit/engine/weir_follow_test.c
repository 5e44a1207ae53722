#include "weir.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

struct heard {
    char last[512];
    int frames, ends;
};

static void on_frame(void *context, int is_init, uint64_t tick, const char *json, size_t size)
{
    struct heard *heard = context;
    (void)is_init, (void)tick;
    heard->frames++;
    snprintf(heard->last, sizeof heard->last, "%.*s", (int)size, json);
}

static void on_end(void *context)
{
    ((struct heard *)context)->ends++;
}

static void on_row(void *context, uint32_t count, const char *const *names,
                   const char *const *values)
{
    (void)count, (void)names;
    snprintf(context, 512, "%s", values[0]);
}

static void on_bytes(void *context, const char *bytes, size_t size)
{
    char *text = context;
    snprintf(text, 512, "%.*s", (int)size, bytes);
}

static struct weir *begin(void)
{
    struct weir *weir;
    const struct weir_options options = { .memory_max = 1u << 28 };
    assert_int_equal(weir_open(&weir, &options, NULL), WEIR_OK);
    weir_exec(weir, "CREATE TABLE t (id bigint PRIMARY KEY, n bigint)", NULL, NULL, NULL);
    weir_exec(weir, "CREATE VIEW small AS SELECT id FROM t WHERE n < 10", NULL, NULL, NULL);
    weir_exec(weir, "INSERT INTO t VALUES (1, 5), (2, 50)", NULL, NULL, NULL);
    return weir;
}

/* Steps until so many frames came. */
static void wait_for(struct weir *weir, const struct heard *heard, int frames)
{
    for (int step = 0; step < 1000 && heard->frames < frames; step++)
        weir_step(weir);
    assert_int_equal(heard->frames, frames);
}

TEST(weir_reads_and_follows_plain_views)
{
    struct weir *weir = begin();
    struct heard heard = { .frames = 0 };
    const struct weir_subscriber subscriber = { on_frame, on_end, &heard };
    struct weir_subscription *subscription;
    char text[512];
    uint64_t tick;
    assert_int_equal(weir_read(weir, "small", "json", on_bytes, text, &tick, NULL), WEIR_OK);
    assert_string_equal(text, "[{\"id\":1}]");
    assert_int_equal(tick, 1);
    assert_int_equal(weir_subscribe(weir, "small", &subscriber, &subscription, NULL), WEIR_OK);
    weir_request(subscription, 10);
    wait_for(weir, &heard, 1);
    assert_string_equal(heard.last, "{\"tick\":1,\"key\":[\"id\"],\"rows\":[{\"id\":1}]}");
    weir_exec(weir, "DROP VIEW small", NULL, NULL, NULL);
    weir_step(weir);
    assert_int_equal(heard.ends, 1);
    weir_close(weir);
}

TEST(weir_follows_any_query)
{
    struct weir *weir = begin();
    struct heard one = { .frames = 0 }, two = { .frames = 0 };
    const struct weir_subscriber subscribers[] = { { on_frame, on_end, &one },
                                                   { on_frame, on_end, &two } };
    struct weir_subscription *subscriptions[2];
    struct weir_error error;
    const char *query = "SELECT n % 2 AS odd, count(*) AS n FROM t GROUP BY 1 HAVING count(*) > 0";
    assert_int_equal(weir_subscribe_query(weir, query, &subscribers[0], &subscriptions[0], NULL),
                     WEIR_OK);
    assert_int_equal(weir_subscribe_query(weir, query, &subscribers[1], &subscriptions[1], NULL),
                     WEIR_OK);
    weir_request(subscriptions[0], 10);
    wait_for(weir, &one, 1);
    weir_exec(weir, "INSERT INTO t VALUES (3, 7)", NULL, NULL, NULL);
    wait_for(weir, &one, 2);
    assert_string_equal(one.last, "{\"tick\":2,\"upsert\":[{\"odd\":1,\"n\":2}],\"delete\":[]}");
    weir_request(subscriptions[1], 1);
    wait_for(weir, &two, 1);
    char text[512];
    weir_exec(weir, "SELECT subscriptions FROM weir.views WHERE kind = 'hidden view'", on_row, text,
              NULL);
    assert_string_equal(text, "2"); /* one view for both */
    assert_int_equal(
        weir_subscribe_query(weir, "DELETE FROM t", &subscribers[0], &subscriptions[0], &error),
        WEIR_FAILED);
    assert_string_equal(error.sqlstate, "0A000");
    assert_int_equal(
        weir_subscribe_query(weir, "SELECT m FROM t", &subscribers[0], &subscriptions[0], &error),
        WEIR_FAILED);
    assert_string_equal(error.sqlstate, "42703");
    assert_int_equal(error.position, 8);
    weir_close(weir);
}
