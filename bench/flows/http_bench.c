/* Loads a running server over real sockets, and says what that cost it.
 *
 *     http_bench ndjson PORT PID ROWS                one connection streams rows into /product
 *     http_bench get PORT PID CONNECTIONS COUNT      GET /product?id=eq.N, closed loop
 *     http_bench redis PORT PID CONNECTIONS COUNT    GET product:N from a Redis, in the same loop
 *
 * PID is the server's, for its CPU time. The server has a table product (id bigint PRIMARY KEY, name text, category text,
 * price numeric(10,2)) and a view over it. One line of JSON comes out. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "client.h"

static void run_ndjson(int port, int pid, long rows)
{
    size_t capacity = 1 << 20, size = 0;
    char *buffer = malloc(capacity), head[256];
    int fd = client_connect(port);
    double cpu = client_cpu(pid), start = client_now();
    int length = snprintf(
        head, sizeof head,
        "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    client_send(fd, head, (size_t)length);
    for (long id = 0; id < rows;) {
        size = 0;
        while (id < rows && size < capacity - 256)
            size += client_row(buffer + size, id++);
        length = snprintf(head, sizeof head, "%zx\r\n", size);
        client_send(fd, head, (size_t)length);
        client_send(fd, buffer, size);
        client_send(fd, "\r\n", 2);
    }
    client_send(fd, "0\r\n\r\n", 5);
    if (client_answer(fd) != 201) exit(1);
    double took = client_now() - start, used = client_cpu(pid) - cpu;
    printf(
        "{\"name\":\"ndjson\",\"rows\":%ld,\"rows_per_cpu_second\":%.0f,\"rows_per_second\":%.0f,"
        "\"cpu_s\":%.3f,\"elapsed_s\":%.3f,\"peak_rss_mib\":%ld}\n",
        rows, (double)rows / used, (double)rows / took, used, took,
        client_memory(pid, "VmHWM") / 1024);
}

typedef int make_fn(char *text, long number);

static int make_get(char *text, long number)
{
    return sprintf(text, "GET /product?id=eq.%ld HTTP/1.1\r\nHost: localhost\r\n\r\n", number);
}

static int make_redis_get(char *text, long number)
{
    char key[32];
    int size = sprintf(key, "product:%ld", number);
    return sprintf(text, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", size, key);
}

static void run_get(const char *name, int port, int pid, int connections, long count, make_fn *make)
{
    int epoll = epoll_create1(0);
    double *times = malloc(sizeof *times * (size_t)count),
           *started = calloc((size_t)connections, sizeof *started);
    int *fds = calloc((size_t)connections, sizeof *fds);
    char text[16384];
    long sent = 0, done = 0;
    for (int index = 0; index < connections; index++) {
        fds[index] = client_connect(port);
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[index], &event);
    }
    double cpu = client_cpu(pid);
    for (int index = 0; index < connections; index++) {
        int size = make(text, sent++ % 1000);
        started[index] = client_now();
        client_send(fds[index], text, (size_t)size);
    }
    while (done < count) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, 10000);
        if (ready <= 0) client_fail("no answer");
        for (int at = 0; at < ready && done < count; at++) {
            uint32_t index = events[at].data.u32;
            if (recv(fds[index], text, sizeof text, 0) <= 0) client_fail("recv");
            times[done++] = client_now() - started[index];
            int size = make(text, sent++ % 1000);
            started[index] = client_now();
            client_send(fds[index], text, (size_t)size);
        }
    }
    client_print(name, times, count, (client_cpu(pid) - cpu) / (double)count * 1e6);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int port = argc > 2 ? atoi(argv[2]) : 0, pid = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(name, "ndjson") == 0 && argc == 5)
        run_ndjson(port, pid, atol(argv[4]));
    else if (strcmp(name, "get") == 0 && argc == 6)
        run_get(name, port, pid, atoi(argv[4]), atol(argv[5]), make_get);
    else if (strcmp(name, "redis") == 0 && argc == 6)
        run_get("redis get", port, pid, atoi(argv[4]), atol(argv[5]), make_redis_get);
    else
        return 2;
    return 0;
}
