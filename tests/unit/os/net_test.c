#include "os/net.h"

#include <unistd.h>

#include "os/fault.h"
#include "os/poll.h"
#include "tests/test.h"

struct pair {
    int listener;
    int client;
    int server;
    struct net_peer peer;
};

/* Loopback connects at once, but the accepting side may lag a moment behind. */
static void wait_for(int fd, u32 interest);

static void pair_open(struct pair *pair, const char *address, u32 receive_size)
{
    struct err err;
    struct net_listen_options options = { .address = address, .receive_size = receive_size };
    assert_ok(net_listen(&pair->listener, &options, &err), &err);
    char local[NET_ADDRESS_SIZE_MAX];
    net_local_address(pair->listener, local);
    assert_ok(net_connect(&pair->client, local, &err), &err);
    wait_for(pair->listener, POLL_READ);
    assert_int_equal(net_accept(pair->listener, &pair->server, &pair->peer), NET_OK);
    wait_for(pair->client, POLL_WRITE);
    assert_ok(net_connect_finish(pair->client, &err), &err);
}

static void pair_close(struct pair *pair)
{
    net_close(pair->listener);
    net_close(pair->client);
    net_close(pair->server);
}

static void on_ready(struct poll_source *source, u32 ready)
{
    (void)source;
    (void)ready;
}

static void wait_for(int fd, u32 interest)
{
    struct err err;
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct poll_loop loop;
    assert_ok(poll_open(&loop, &mem, &err), &err);
    struct poll_source source = { .fd = fd, .on_ready = on_ready };
    assert_ok(poll_add(&loop, &source, interest, &err), &err);
    while (poll_wait(&loop, 5000000) == 0) {
    }
    poll_remove(&loop, &source);
    poll_close(&loop);
    mem_deinit(&mem);
}

static void check_talk(const char *address, const char *peer_address)
{
    struct pair pair;
    pair_open(&pair, address, 0);
    assert_string_equal(pair.peer.address, peer_address);
    assert_int_equal(pair.peer.port, net_local_port(pair.client));
    assert_true(pair.peer.loopback);

    char data[16];
    size_t count;
    assert_int_equal(net_read(pair.server, data, sizeof data, &count), NET_AGAIN);
    struct slice parts[] = { SLICE("ab"), SLICE(""), SLICE("cde") };
    assert_int_equal(net_write(pair.client, parts, countof(parts), &count), NET_OK);
    assert_int_equal(count, 5);
    wait_for(pair.server, POLL_READ);
    assert_int_equal(net_read(pair.server, data, sizeof data, &count), NET_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(data, "abcde", 5);

    net_shutdown_write(pair.client);
    wait_for(pair.server, POLL_READ);
    assert_int_equal(net_read(pair.server, data, sizeof data, &count), NET_CLOSED);
    pair_close(&pair);
}

TEST(net_talks_over_both_families)
{
    check_talk("127.0.0.1:0", "127.0.0.1");
    check_talk("localhost:0", "127.0.0.1");
    struct err err;
    int fd;
    struct net_listen_options v6 = { .address = "[::1]:0" };
    if (net_listen(&fd, &v6, &err)) return; /* a machine without IPv6 */
    net_close(fd);
    check_talk("[::1]:0", "::1");
}

TEST(net_write_to_a_reset_peer_is_closed_and_no_signal)
{
    struct pair pair;
    pair_open(&pair, "127.0.0.1:0", 0);
    net_reset(pair.server);
    pair.server = -1;
    wait_for(pair.client, POLL_READ);
    struct slice part = SLICE("x");
    size_t count;
    char data[4];
    assert_int_equal(net_read(pair.client, data, sizeof data, &count), NET_CLOSED);
    assert_int_equal(net_write(pair.client, &part, 1, &count), NET_CLOSED);
    assert_int_equal(net_write(pair.client, &part, 1, &count), NET_CLOSED);
    pair_close(&pair);
}

TEST(net_buffers_bound_what_waits_in_the_kernel)
{
    struct pair pair;
    pair_open(&pair, "127.0.0.1:0", KIB(64));
    net_set_send_size(pair.client, KIB(32));
    net_set_unsent_size_max(pair.client, KIB(16));
    static char block[KIB(64)];
    struct slice part = slice_make(block, sizeof block);
    u64 sent = 0;
    for (size_t count; net_write(pair.client, &part, 1, &count) == NET_OK; sent += count)
        assert_true(sent < MIB(1));
    assert_true(sent > 0);
    u64 queued = net_queued_size(pair.client) + net_queued_size(pair.server);
    assert_true(queued > 0 && queued <= 2 * sent); /* what is on the way may count on both sides */
    pair_close(&pair);
}

TEST(net_moves_few_bytes_a_call_when_told)
{
    struct pair pair;
    pair_open(&pair, "127.0.0.1:0", 0);
    fault_set(&(struct fault_plan){ .net_size_max = 3 });
    struct slice parts[] = { SLICE("ab"), SLICE("cde") };
    size_t count;
    assert_int_equal(net_write(pair.client, parts, 2, &count), NET_OK);
    assert_int_equal(count, 3);
    fault_clear();
    pair_close(&pair);
}

TEST(net_refuses_what_is_not_an_address)
{
    const char *bad[] = { "",
                          "8080",
                          "127.0.0.1",
                          "127.0.0.1:",
                          "1.2.3:80",
                          "[::1]",
                          "[::1:80",
                          "127.0.0.1:65536",
                          "::1:80",
                          "example:80",
                          "127.0.0.1:8o",
                          ":80",
                          "[127.0.0.1]:80",
                          "[fe80::1%eth0]:1" };
    for (size_t index = 0; index < countof(bad); index++) {
        struct err err;
        int fd;
        struct net_listen_options options = { .address = bad[index] };
        assert_int_equal(net_listen(&fd, &options, &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
        assert_int_equal(fd, -1);
    }
}

TEST(net_listen_on_a_taken_port_says_so)
{
    struct err err;
    int first, second;
    struct net_listen_options options = { .address = "127.0.0.1:0" };
    assert_ok(net_listen(&first, &options, &err), &err);
    char local[NET_ADDRESS_SIZE_MAX];
    net_local_address(first, local);
    options.address = local;
    assert_int_equal(net_listen(&second, &options, &err), FAIL);
    assert_non_null(strstr(err.message, "Address already in use"));
    net_close(first);
}

TEST(net_accept_tells_when_descriptors_run_out)
{
    struct err err;
    int listener, client, fd;
    struct net_listen_options options = { .address = "127.0.0.1:0" };
    assert_ok(net_listen(&listener, &options, &err), &err);
    char local[NET_ADDRESS_SIZE_MAX];
    net_local_address(listener, local);
    assert_ok(net_connect(&client, local, &err), &err);
    wait_for(listener, POLL_READ);
    static int taken[65536];
    u32 count = 0;
    while (count < countof(taken) && (taken[count] = dup(listener)) >= 0)
        count++;
    struct net_peer peer;
    if (count < countof(taken)) assert_int_equal(net_accept(listener, &fd, &peer), NET_FULL);
    while (count > 0)
        close(taken[--count]);
    assert_int_equal(net_accept(listener, &fd, &peer), NET_OK);
    assert_int_equal(net_accept(listener, &taken[0], &peer), NET_AGAIN);
    net_close(fd);
    net_close(client);
    net_close(listener);
}

TEST(net_knows_loopback_and_literals)
{
    assert_true(net_is_loopback("127.0.0.1:80"));
    assert_true(net_is_loopback("127.9.8.7"));
    assert_true(net_is_loopback("[::1]:80"));
    assert_true(net_is_loopback("::1"));
    assert_true(net_is_loopback("LocalHost:80"));
    assert_false(net_is_loopback("0.0.0.0:80"));
    assert_false(net_is_loopback("[::]:80"));
    assert_false(net_is_loopback("10.0.0.1:80"));
    assert_false(net_is_loopback("128.0.0.1:80"));
    assert_false(net_is_loopback("localhost.example:80"));
    assert_false(net_is_loopback(""));
    assert_true(net_is_literal(SLICE("10.0.0.1")));
    assert_true(net_is_literal(SLICE("[fe80::1]")));
    assert_true(net_is_literal(SLICE("fe80::1")));
    assert_false(net_is_literal(SLICE("[10.0.0.1]")));
    assert_false(net_is_literal(SLICE("10.0.0")));
    assert_false(net_is_literal(SLICE("localhost")));
    assert_false(net_is_literal(SLICE("")));
}
