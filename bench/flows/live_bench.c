/* How long a change is on its way to those who watch, and what telling them costs.
 *
 *     live_bench latency PORT PID COUNT              POST of a row until an SSE subscriber sees it
 *     live_bench echo COUNT                          the same distance without a server's work
 *     live_bench fanout PORT PID SUBSCRIBERS COUNT   one change to all of them
 *     live_bench socket PORT PID SUBSCRIBERS COUNT   the same over WebSockets
 *     live_bench redis PORT PID SUBSCRIBERS COUNT    one PUBLISH to all of them, by a Redis
 *     live_bench skip PORT PID SUBSCRIBERS COUNT     one change to all, by Skip; its streams are at PORT + 1
 *     live_bench sends SUBSCRIBERS COUNT SIZE        no server: one send of SIZE bytes to each of them
 *
 * PID is the server's, for its CPU time; see http_bench.c for its tables. One line of JSON comes out. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

/* --- from one to one --- */

static void run_latency(int port, int pid, long count)
{
    char text[65536];
    double *times = malloc(sizeof *times * (size_t)count);
    int subscriber = client_subscribe(port, "category_total"), writer = client_connect(port);
    double cpu = client_cpu(pid);
    long base = (long)time(NULL) * 1000000;
    for (long index = 0; index < count; index++) {
        double start = client_now();
        client_post_row(writer, base + index);
        size_t size = 0;
        do {
            ssize_t got = recv(subscriber, text + size, sizeof text - size, 0);
            if (got <= 0) client_fail("recv");
            size += (size_t)got;
        } while (!client_ends_event(text, size));
        times[index] = client_now() - start;
        if (client_answer(writer) != 201) exit(1);
    }
    client_print("latency", times, count, (client_cpu(pid) - cpu) / (double)count * 1e6);
}

static int listen_at(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024))
        client_fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return listener;
}

static int accept_one(int listener)
{
    int fd = accept(listener, NULL, NULL), one = 1;
    if (fd < 0) client_fail("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void *echo(void *argument)
{
    int fd = *(int *)argument;
    char text[512];
    ssize_t got;
    while ((got = recv(fd, text, sizeof text, 0)) > 0)
        client_send(fd, text, (size_t)got);
    return NULL;
}

static void run_echo(long count)
{
    int port, listener = listen_at(&port), fd = client_connect(port), peer = accept_one(listener);
    pthread_t thread;
    pthread_create(&thread, NULL, echo, &peer);
    double *times = malloc(sizeof *times * (size_t)count);
    char text[300] = "x";
    for (long index = 0; index < count; index++) {
        double start = client_now();
        client_send(fd, text, 200);
        for (size_t size = 0; size < 200;) {
            ssize_t got = recv(fd, text, sizeof text, 0);
            if (got <= 0) client_fail("echo");
            size += (size_t)got;
        }
        times[index] = client_now() - start;
    }
    client_print("echo", times, count, -1);
}

/* --- from one to many --- */

/* Who is asked to tell: how one subscribes, how one changes something, and how a delivery ends. */
struct teller {
    const char *name;
    const char *end;
    int (*subscribe)(int port);
    void (*change)(int fd, long number);
    void (*settle)(int fd); /* the answer to the change */
};

static int weir_subscribe(int port)
{
    return client_subscribe(port, "category_total");
}

static void http_settle(int fd)
{
    if (client_answer(fd) >= 300) exit(1);
}

static const struct teller weir = { .name = "fanout",
                                    .end = "\n\n\r\n",
                                    .subscribe = weir_subscribe,
                                    .change = client_post_row,
                                    .settle = http_settle };

static void read_until(int fd, const char *end)
{
    static char text[1 << 16];
    size_t size = 0, wanted = strlen(end);
    do {
        ssize_t got = recv(fd, text + size, sizeof text - size, 0);
        if (got <= 0) client_fail("recv");
        size += (size_t)got;
    } while (size < wanted || memcmp(text + size - wanted, end, wanted) != 0);
}

/* Masked with zeros, so that it can be read here. */
static int socket_subscribe(int port)
{
    static const char handshake[] =
        "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    static const char message[] = "{\"op\":\"subscribe\",\"id\":1,\"view\":\"category_total\","
                                  "\"n\":1000000000}";
    char head[6] = { (char)0x81, (char)(0x80 | (sizeof message - 1)) };
    int fd = client_connect(port);
    client_send(fd, handshake, sizeof handshake - 1);
    read_until(fd, "\r\n\r\n");
    client_send(fd, head, sizeof head);
    client_send(fd, message, sizeof message - 1);
    read_until(fd, "]}");
    return fd;
}

static const struct teller weir_socket = { .name = "socket fanout",
                                           .end = "]}",
                                           .subscribe = socket_subscribe,
                                           .change = client_post_row,
                                           .settle = http_settle };

static int redis_subscribe(int port)
{
    int fd = client_connect(port);
    client_send(fd, "SUBSCRIBE category_total\r\n", 26);
    read_until(fd, ":1\r\n");
    return fd;
}

/* As many bytes as a frame of ours. */
static void redis_change(int fd, long number)
{
    char text[512], body[256];
    int size = snprintf(body, sizeof body, "%0160ld", number);
    size = snprintf(text, sizeof text,
                    "*3\r\n$7\r\nPUBLISH\r\n$14\r\ncategory_total\r\n$%d\r\n%s\r\n", size, body);
    client_send(fd, text, (size_t)size);
}

static void redis_settle(int fd)
{
    read_until(fd, "\r\n");
}

static const struct teller redis = { .name = "redis fanout",
                                     .end = "\r\n",
                                     .subscribe = redis_subscribe,
                                     .change = redis_change,
                                     .settle = redis_settle };

/* An instance of the resource is made first; its name leads to the stream. */
static int skip_subscribe(int port)
{
    static const char make[] = "POST /v1/streams/totals HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    char text[4096] = "", name[64] = "";
    int control = client_connect(port), fd = client_connect(port + 1);
    client_send(control, make, sizeof make - 1);
    ssize_t got = recv(control, text, sizeof text - 1, 0);
    const char *body = got > 0 ? strstr(text, "\r\n\r\n") : NULL;
    if (!body || sscanf(body + 4, "%63[0-9a-fA-F-]", name) != 1) client_fail("skip");
    close(control);
    int size = snprintf(text, sizeof text,
                        "GET /v1/streams/%s HTTP/1.1\r\nHost: localhost\r\n"
                        "Accept: text/event-stream\r\n\r\n",
                        name);
    client_send(fd, text, (size_t)size);
    read_until(fd, "\n\n\r\n");
    return fd;
}

static void skip_change(int fd, long number)
{
    char text[512], body[256];
    int size =
        snprintf(body, sizeof body,
                 "[[%ld,[{\"name\":\"product number %ld\",\"category\":\"c%ld\",\"price\":%ld}]]]",
                 number, number, number % 100, number % 1000);
    size = snprintf(text, sizeof text,
                    "PATCH /v1/inputs/products HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                    size, body);
    client_send(fd, text, (size_t)size);
}

static const struct teller skip = { .name = "skip fanout",
                                    .end = "\n\n\r\n",
                                    .subscribe = skip_subscribe,
                                    .change = skip_change,
                                    .settle = http_settle };

struct audience {
    int epoll;
    int count;
    int *fds;
    long *seen;
    const char *end;
    size_t last_size; /* of one delivery */
};

static void audience_add(struct audience *audience, int index, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
    audience->fds[index] = fd;
    epoll_ctl(audience->epoll, EPOLL_CTL_ADD, fd, &event);
}

static struct audience audience_make(int count, const char *end)
{
    return (struct audience){ .epoll = epoll_create1(0),
                              .count = count,
                              .fds = calloc((size_t)count, sizeof(int)),
                              .seen = calloc((size_t)count, sizeof(long)),
                              .end = end };
}

/* Until everybody has heard of the change. */
static void audience_wait(struct audience *audience, long change)
{
    char text[65536];
    size_t end = strlen(audience->end);
    for (int missing = audience->count; missing > 0;) {
        struct epoll_event events[256];
        int ready = epoll_wait(audience->epoll, events, 256, 10000);
        if (ready <= 0) client_fail("a subscriber was not told");
        for (int at = 0; at < ready; at++) {
            uint32_t index = events[at].data.u32;
            ssize_t got = recv(audience->fds[index], text, sizeof text, 0);
            if (got <= 0) client_fail("recv");
            if ((size_t)got < end || memcmp(text + got - end, audience->end, end) != 0) continue;
            if (audience->seen[index] > change) continue;
            audience->seen[index] = change + 1;
            audience->last_size = (size_t)got;
            missing--;
        }
    }
}

static void run_fanout(const struct teller *teller, int port, int pid, int subscribers, long count)
{
    struct audience audience = audience_make(subscribers, teller->end);
    double *times = malloc(sizeof *times * (size_t)count);
    for (int index = 0; index < subscribers; index++)
        audience_add(&audience, index, teller->subscribe(port));
    int writer = client_connect(port);
    double cpu = client_cpu(pid);
    long base = (long)time(NULL) * 1000000;
    for (long change = 0; change < count; change++) {
        double start = client_now();
        teller->change(writer, base + change);
        audience_wait(&audience, change);
        times[change] = client_now() - start;
        teller->settle(writer);
    }
    double used = client_cpu(pid) - cpu;
    fprintf(stderr, "%s: %zu bytes each\n", teller->name, audience.last_size);
    client_print(teller->name, times, count, used / (double)(count * subscribers) * 1e6);
}

/* The least that telling everybody can cost: woken by a byte, it sends the same to each. */
static void send_to_all(int listener, int count, size_t size)
{
    static char text[65536];
    int *fds = calloc((size_t)count, sizeof *fds), control = accept_one(listener);
    for (int index = 0; index < count; index++)
        fds[index] = accept_one(listener);
    memset(text, 'x', size);
    memcpy(text + size - 4, weir.end, 4);
    for (char go; recv(control, &go, 1, 0) == 1;)
        for (int index = 0; index < count; index++)
            if (send(fds[index], text, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) exit(1);
    exit(0);
}

static void run_sends(int subscribers, long count, size_t size)
{
    int port, listener = listen_at(&port);
    pid_t child = fork();
    if (child == 0) send_to_all(listener, subscribers, size);
    int control = client_connect(port);
    struct audience audience = audience_make(subscribers, weir.end);
    double *times = malloc(sizeof *times * (size_t)count);
    for (int index = 0; index < subscribers; index++)
        audience_add(&audience, index, client_connect(port));
    double cpu = client_cpu(child);
    for (long change = 0; change < count; change++) {
        double start = client_now();
        client_send(control, "x", 1);
        audience_wait(&audience, change);
        times[change] = client_now() - start;
    }
    double used = client_cpu(child) - cpu;
    close(control);
    waitpid(child, NULL, 0);
    client_print("bare sends", times, count, used / (double)(count * subscribers) * 1e6);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    long a[4] = { 0 };
    for (int index = 2; index < argc && index < 6; index++)
        a[index - 2] = atol(argv[index]);
    if (strcmp(name, "latency") == 0 && argc == 5)
        run_latency((int)a[0], (int)a[1], a[2]);
    else if (strcmp(name, "echo") == 0 && argc == 3)
        run_echo(a[0]);
    else if (strcmp(name, "fanout") == 0 && argc == 6)
        run_fanout(&weir, (int)a[0], (int)a[1], (int)a[2], a[3]);
    else if (strcmp(name, "socket") == 0 && argc == 6)
        run_fanout(&weir_socket, (int)a[0], (int)a[1], (int)a[2], a[3]);
    else if (strcmp(name, "redis") == 0 && argc == 6)
        run_fanout(&redis, (int)a[0], (int)a[1], (int)a[2], a[3]);
    else if (strcmp(name, "skip") == 0 && argc == 6)
        run_fanout(&skip, (int)a[0], (int)a[1], (int)a[2], a[3]);
    else if (strcmp(name, "sends") == 0 && argc == 5)
        run_sends((int)a[0], a[1], (size_t)a[2]);
    else
        return 2;
    return 0;
}
