/* The rules of Reactive Streams 1.0.4 over /live, by their numbers. The server is Publisher and Subscription; a puppet is the
 * Subscriber. Silence is proven by what follows it: pings, each behind the answer to the one before, pass
 * everything that is due.
 *
 * Not here: 1.5 (a live view never completes), and the rules about the Subscriber's own conduct (2.2, 2.3, 2.5, 2.9,
 * 2.11-2.13), which is the client's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "servers/live_server.h"
#include "tests/test.h"
#include "tests/unit/servers/puppet.h"

static struct world world;
static struct client client;

static void begin(void)
{
    const struct server_options options = world_options();
    world_open(&world, &options,
               "CREATE TABLE t (id bigint PRIMARY KEY, n bigint);"
               "CREATE MATERIALIZED VIEW v AS SELECT id, n FROM t;");
    puppet_open(&client, &world);
}

static void end(void)
{
    client_close(&client);
    world_close(&world);
}

/* One more tick. */
static void change(void)
{
    static u32 n;
    char body[64];
    snprintf(body, sizeof body, "{\"id\":%u,\"n\":%u}", n % 5, n);
    n++;
    ask(&world, 201,
        "POST /t HTTP/1.1\r\nHost: localhost\r\nPrefer: resolution=merge-duplicates\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        strlen(body), body);
}

static void subscribe(u32 id, const char *n)
{
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":%u,\"view\":\"v\"%s%s}", id,
               n ? ",\"n\":" : "", n ? n : "");
}

static void request(u32 id, const char *n)
{
    puppet_say(&client, "{\"op\":\"request\",\"id\":%u,\"n\":%s}", id, n);
}

static void cancel(u32 id)
{
    puppet_say(&client, "{\"op\":\"cancel\",\"id\":%u}", id);
}

static u32 signals(void)
{
    return puppet_barrier(&client, NULL);
}

TEST(rule_1_01_no_more_signals_than_were_requested)
{
    begin();
    subscribe(1, "3");
    assert_int_equal(signals(), 1);
    for (u32 round = 0; round < 6; round++) {
        change();
        assert_int_equal(signals(), round < 2 ? 1 : 0);
    }
    end();
}

TEST(rule_1_02_fewer_signals_than_requested_and_then_an_error)
{
    begin();
    subscribe(1, "100");
    puppet_expect(&client, "init");
    sql(&world, 200, "DROP MATERIALIZED VIEW v");
    puppet_expect(&client, "{\"id\":1,\"event\":\"error\"");
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_1_03_one_signal_at_a_time)
{
    begin();
    for (u32 id = 0; id < 20; id++)
        subscribe(id, "1000");
    for (u32 round = 0; round < 20; round++)
        change();
    /* puppet_hear takes whole frames only, each of them one text that is one object. */
    for (u32 round = 0; round < 20; round++) {
        struct puppet_heard heard;
        puppet_hear(&client, &heard);
        assert_int_equal(heard.text[0], '{');
        assert_int_equal(heard.text[heard.size - 1], '}');
    }
    end();
}

TEST(rule_1_04_what_fails_says_so)
{
    begin();
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":1,\"view\":\"none\"}");
    puppet_expect(&client, "{\"id\":1,\"event\":\"error\",\"code\":\"42P01\"");
    end();
}

TEST(rules_1_06_and_1_07_nothing_comes_after_an_error)
{
    begin();
    subscribe(1, "5");
    puppet_expect(&client, "init");
    request(1, "0");
    puppet_expect(&client, "\"event\":\"error\"");
    change();
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_1_08_signals_stop_after_a_cancel)
{
    begin();
    subscribe(1, "1000");
    puppet_expect(&client, "init");
    cancel(1);
    signals();
    change();
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_1_09_the_state_comes_before_changes_and_nothing_without_demand)
{
    begin();
    change();
    subscribe(1, NULL);
    assert_int_equal(signals(), 0);
    change();
    assert_int_equal(signals(), 0);
    request(1, "2");
    puppet_expect(&client, "\"event\":\"init\"");
    change();
    puppet_expect(&client, "\"event\":\"update\"");
    end();
}

TEST(rule_1_10_a_view_may_be_subscribed_to_again_and_again)
{
    begin();
    for (u32 round = 0; round < 50; round++) {
        subscribe(1, "1");
        puppet_expect(&client, "{\"id\":1,\"event\":\"init\"");
        cancel(1);
    }
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_1_11_subscribers_have_their_own_demand)
{
    begin();
    subscribe(1, "1");
    subscribe(2, "3");
    assert_int_equal(signals(), 2);
    change();
    puppet_expect(&client, "{\"id\":2,");
    change();
    puppet_expect(&client, "{\"id\":2,");
    change();
    assert_int_equal(signals(), 0);
    request(1, "1");
    puppet_expect(&client, "{\"id\":1,\"event\":\"update\"");
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_2_01_demand_comes_by_request)
{
    begin();
    subscribe(1, NULL);
    for (u32 round = 0; round < 5; round++) {
        change();
        assert_int_equal(signals(), 0);
        request(1, "1");
        assert_int_equal(signals(), 1);
    }
    end();
}

TEST(rule_2_06_and_2_08_a_cancel_ends_what_was_just_begun)
{
    begin();
    subscribe(1, "1");
    cancel(1);
    /* What was on its way may still come, and no more than that. */
    assert_true(signals() <= 1);
    change();
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_2_10_an_error_comes_without_demand)
{
    begin();
    subscribe(1, NULL);
    signals();
    sql(&world, 200, "DROP MATERIALIZED VIEW v");
    puppet_expect(&client, "{\"id\":1,\"event\":\"error\"");
    end();
}

TEST(rule_3_01_a_socket_reaches_only_its_own_subscriptions)
{
    struct client other;
    begin();
    puppet_open(&other, &world);
    subscribe(1, "2");
    puppet_expect(&client, "init");
    puppet_say(&other, "{\"op\":\"cancel\",\"id\":1}");
    puppet_say(&other, "{\"op\":\"request\",\"id\":1,\"n\":100}");
    assert_int_equal(puppet_barrier(&other, NULL), 0);
    change();
    puppet_expect(&client, "update");
    change();
    assert_int_equal(signals(), 0);
    client_close(&other);
    end();
}

TEST(rule_3_02_a_request_may_answer_a_signal)
{
    begin();
    subscribe(1, "1");
    puppet_expect(&client, "init");
    for (u32 round = 0; round < 20; round++) {
        request(1, "1");
        change();
        puppet_expect(&client, "{\"id\":1,\"event\":\"update\"");
    }
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_3_03_a_million_requests_of_one_take_no_memory)
{
    begin();
    subscribe(1, NULL);
    static const char message[] = "{\"op\":\"request\",\"id\":1,\"n\":1}";
    struct buf frames;
    buf_init(&frames, &world.mem);
    for (u32 count = 0; count < 1000; count++) {
        frames.size += websocket_head_write(WEBSOCKET_OPCODE_TEXT, sizeof message - 1,
                                            buf_reserve(&frames, 16));
        frames.data[frames.size - 1] = (char)(frames.data[frames.size - 1] | 0x80);
        buf_append(&frames, "\0\0\0\0", 4);
        buf_append(&frames, message, sizeof message - 1);
    }
    u32 texts = signals();
    u64 used = 0;
    for (u32 round = 0; round < 1000; round++) {
        client_send_bytes(&client, frames.data, frames.size);
        if (round % 100 == 99) texts += signals();
        if (round == 99) used = world.server.mem.used;
    }
    buf_deinit(&frames);
    assert_int_equal(texts, 1);
    assert_true(world.server.mem.used <= used);
    change();
    puppet_expect(&client, "update");
    end();
}

TEST(rules_3_05_and_3_07_a_second_cancel_does_nothing)
{
    begin();
    subscribe(1, "1");
    puppet_expect(&client, "init");
    for (u32 round = 0; round < 5; round++)
        cancel(1);
    cancel(99);
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_3_06_a_request_after_a_cancel_does_nothing)
{
    begin();
    subscribe(1, "1");
    puppet_expect(&client, "init");
    cancel(1);
    request(1, "10");
    request(1, "-1");
    change();
    assert_int_equal(signals(), 0);
    end();
}

TEST(rule_3_08_requests_add_up)
{
    begin();
    subscribe(1, "1");
    request(1, "2");
    request(1, "3");
    u32 total = signals();
    for (u32 round = 0; round < 10; round++) {
        change();
        total += signals();
    }
    assert_int_equal(total, 6);
    end();
}

TEST(rule_3_09_a_request_of_less_than_one_is_an_error)
{
    static const char *const cases[] = { "0",    "-1",  "-9223372036854775808",
                                         "1.5",  "1e3", "\"5\"",
                                         "true", "[1]" };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        subscribe(1, "1");
        puppet_expect(&client, "init");
        request(1, cases[index]);
        puppet_expect(&client, "{\"id\":1,\"event\":\"error\",\"code\":\"22023\"");
        change();
        assert_int_equal(signals(), 0);
        subscribe(2, cases[index]);
        puppet_expect(&client, "{\"id\":2,\"event\":\"error\",\"code\":\"22023\"");
    }
    assert_int_equal(signals(), 0);
    end();
}

TEST(rules_3_12_and_3_13_a_cancel_leaves_nothing_behind)
{
    u64 used[3];
    begin();
    for (u32 round = 0; round < 3; round++) { /* buffers have their size after the first */
        for (u32 id = 0; id < 100; id++)
            subscribe(id, "1");
        assert_int_equal(signals(), 100);
        used[round] = world.server.mem.used;
        for (u32 id = 0; id < 100; id++)
            cancel(id);
        assert_int_equal(signals(), 0);
        assert_true(world.server.mem.used < used[round]);
        used[round] = world.server.mem.used;
    }
    assert_int_equal(used[1], used[2]);
    assert_non_null(strstr(sql(&world, 200, "SELECT view FROM weir.subscriptions"), "\"rows\":[]"));
    end();
}

TEST(rules_3_15_and_3_16_the_socket_survives_whatever_is_requested)
{
    begin();
    for (u32 id = 0; id < 10; id++) {
        request(id, "1");
        cancel(id);
    }
    assert_int_equal(signals(), 0);
    subscribe(1, "1");
    puppet_expect(&client, "init");
    end();
}

TEST(rule_3_17_demand_has_no_upper_bound)
{
    static const char *const cases[] = { "9223372036854775807", "9223372036854775808",
                                         "18446744073709551616",
                                         "99999999999999999999999999999999999999" };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        subscribe(1, cases[index]);
        request(1, cases[index]);
        request(1, "1");
        puppet_expect(&client, "init");
        for (u32 round = 0; round < 3; round++) {
            change();
            puppet_expect(&client, "update");
        }
        cancel(1);
    }
    assert_int_equal(signals(), 0);
    end();
}

/* --- at random --- */

#define PUPPET_COUNT 20

struct script {
    u32 id;
    u64 demanded;
    u64 received;
    u64 tick; /* of the last frame */
    bool is_cancelled;
};

static void act(struct rand *rand, struct script *script)
{
    u32 n = (u32)rand_below(rand, 3) + 1;
    char text[24];
    snprintf(text, sizeof text, "%u", n);
    switch (rand_below(rand, 8)) {
    case 0:
        cancel(script->id);
        script->is_cancelled = true;
        return;
    case 1:
    case 2:
        request(script->id, text);
        if (!script->is_cancelled) script->demanded += n;
        return;
    default: return;
    }
}

/* A frame of whom? It must have been asked for. */
static void account(struct script *scripts, const char *text)
{
    u32 id = (u32)strtoul(text + strlen("{\"id\":"), NULL, 10);
    const char *tick = strstr(text, "\"tick\":");
    for (u32 index = 0; index < PUPPET_COUNT; index++) {
        struct script *script = &scripts[index];
        if (script->id != id) continue;
        script->received++;
        script->tick = strtoul(tick + strlen("\"tick\":"), NULL, 10);
        if (script->received > script->demanded)
            fail_msg("%u was sent %llu frames of %llu", id, (unsigned long long)script->received,
                     (unsigned long long)script->demanded);
        return;
    }
    fail_msg("a frame for nobody: %s", text);
}

static void settle(struct script *scripts)
{
    bool is_silent = false;
    for (u32 round = 0; round < 2 || !is_silent; round++) {
        struct puppet_heard heard;
        is_silent = true;
        puppet_frame(&client, 0x89, "b", 1);
        for (puppet_hear(&client, &heard); heard.opcode != WEBSOCKET_OPCODE_PONG;
             puppet_hear(&client, &heard)) {
            is_silent = false;
            if (!strstr(heard.text, "\"event\":\"credit\"") &&
                !strstr(heard.text, "\"event\":\"ack\""))
                account(scripts, heard.text);
        }
    }
}

TEST(ten_thousand_random_sequences_stay_within_their_demand)
{
    struct rand rand = { .state = test_seed(20261120) };
    begin();
    u32 rounds = test_rounds(10000 / PUPPET_COUNT);
    for (u32 round = 0; round < rounds; round++) {
        struct script scripts[PUPPET_COUNT];
        for (u32 index = 0; index < PUPPET_COUNT; index++) {
            scripts[index] = (struct script){ .id = round * PUPPET_COUNT + index, .demanded = 1 };
            subscribe(scripts[index].id, "1");
        }
        u32 steps = (u32)rand_below(&rand, 4) + 1;
        for (u32 step = 0; step < steps; step++) {
            puppet_say(
                &client,
                "{\"op\":\"upsert\",\"id\":%llu,\"table\":\"t\",\"rows\":{\"id\":1,\"n\":%u}}",
                1ull << 40, round * 8 + step);
            for (u32 index = 0; index < PUPPET_COUNT; index++)
                act(&rand, &scripts[index]);
            settle(scripts);
        }
        /* Who still has demand was told of the present; the others are silent at it. */
        u64 tick = engine_tick(world.engine);
        for (u32 index = 0; index < PUPPET_COUNT; index++) {
            const struct script *script = &scripts[index];
            if (!script->is_cancelled && script->received < script->demanded)
                assert_int_equal(script->tick, tick);
            cancel(script->id);
        }
        settle(scripts);
    }
    end();
}
