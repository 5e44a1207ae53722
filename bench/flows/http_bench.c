/* Loads a running server over real sockets, and says what that cost it.
 *
 *     http_bench ndjson PORT PID ROWS             one connection streams rows into /product
 *     http_bench get PORT PID CONNECTIONS COUNT   GET /product?id=eq.N, closed loop
 *     http_bench latency PORT PID COUNT           POST of a row until an SSE subscriber sees it
 *     http_bench fanout PORT PID SUBSCRIBERS COUNT  one change to all of them
 *     http_bench echo COUNT                       the same distance without a server's work
 *
 * PID is the server's, for its CPU time. The server has a table product (id bigint PRIMARY KEY, name text, category text,
 * price numeric(10,2)) and a view category_total over it. One line of JSON comes out. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
    fprintf(stderr, "http_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* User and system seconds of a process. */
static double cpu_of(int pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    unsigned long user = 0, system = 0;
    char *after = strrchr(text, ')');
    if (after)
        sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_kib(int pid)
{
    char path[64], line[256];
    long value = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &value) == 1) break;
    if (file) fclose(file);
    return value;
}

static int connect_to(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        data += sent;
        size -= (size_t)sent;
    }
}

/* Reads one answer with a Content-Length; returns its status. */
static int read_answer(int fd)
{
    char text[8192];
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (got <= 0) fail("recv");
        size += (size_t)got;
        text[size] = '\0';
        char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (!body || !length) continue;
        if (size >= (size_t)(body + 4 - text) + strtoul(length + 16, NULL, 10)) break;
    }
    int status = atoi(text + 9);
    if (status >= 300) fprintf(stderr, "%s\n", text);
    return status;
}

static size_t make_row(char *target, long id)
{
    return (size_t)sprintf(
        target,
        "{\"id\":%ld,\"name\":\"product number %ld\",\"category\":\"c%ld\",\"price\":%ld.%02ld}\n",
        id, id, id % 100, id % 1000, id % 100);
}

static void run_ndjson(int port, int pid, long rows)
{
    size_t capacity = 1 << 20, size = 0;
    char *buffer = malloc(capacity), head[256];
    int fd = connect_to(port);
    double cpu = cpu_of(pid), start = now();
    int length = snprintf(
        head, sizeof head,
        "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    send_all(fd, head, (size_t)length);
    for (long id = 0; id < rows;) {
        size = 0;
        while (id < rows && size < capacity - 256)
            size += make_row(buffer + size, id++);
        length = snprintf(head, sizeof head, "%zx\r\n", size);
        send_all(fd, head, (size_t)length);
        send_all(fd, buffer, size);
        send_all(fd, "\r\n", 2);
    }
    send_all(fd, "0\r\n\r\n", 5);
    if (read_answer(fd) != 201) exit(1);
    double took = now() - start, used = cpu_of(pid) - cpu;
    printf("{\"name\":\"ndjson\",\"rows\":%ld,\"rows_per_cpu_second\":%.0f,\"rows_per_second\":%."
           "0f,\"cpu_s\":%.3f,"
           "\"elapsed_s\":%.3f,\"peak_rss_mib\":%ld}\n",
           rows, (double)rows / used, (double)rows / took, used, took, rss_kib(pid) / 1024);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void print_latency(const char *name, double *times, long count, double extra)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("{\"name\":\"%s\",\"count\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"cpu_"
           "us_each\":%.2f}\n",
           name, count, times[count / 2] * 1e6, times[count * 99 / 100] * 1e6,
           times[count - 1] * 1e6, extra);
}

static void run_get(int port, int pid, int connections, long count)
{
    int epoll = epoll_create1(0);
    double *times = malloc(sizeof *times * (size_t)count),
           *started = calloc((size_t)connections, sizeof *started);
    int *fds = calloc((size_t)connections, sizeof *fds);
    char text[16384];
    long sent = 0, done = 0;
    for (int index = 0; index < connections; index++) {
        fds[index] = connect_to(port);
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[index], &event);
    }
    double cpu = cpu_of(pid), start = now();
    for (int index = 0; index < connections; index++) {
        int size = sprintf(text, "GET /product?id=eq.%ld HTTP/1.1\r\nHost: localhost\r\n\r\n",
                           sent++ % 1000);
        started[index] = now();
        send_all(fds[index], text, (size_t)size);
    }
    while (done < count) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, 10000);
        if (ready <= 0) fail("no answer");
        for (int at = 0; at < ready && done < count; at++) {
            uint32_t index = events[at].data.u32;
            if (recv(fds[index], text, sizeof text, 0) <= 0) fail("recv");
            times[done++] = now() - started[index];
            int size = sprintf(text, "GET /product?id=eq.%ld HTTP/1.1\r\nHost: localhost\r\n\r\n",
                               sent++ % 1000);
            started[index] = now();
            send_all(fds[index], text, (size_t)size);
        }
    }
    double took = now() - start, used = cpu_of(pid) - cpu;
    fprintf(stderr, "%.0f requests/s\n", (double)count / took);
    print_latency("get", times, count, used / (double)count * 1e6);
}

static int subscribe(int port)
{
    static const char request[] =
        "GET /category_total HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    int fd = connect_to(port);
    send_all(fd, request, sizeof request - 1);
    return fd;
}

/* An event is over, and so is its chunk. */
static int ends_event(const char *text, size_t size)
{
    return size >= 4 && memcmp(text + size - 4, "\n\n\r\n", 4) == 0;
}

/* Until the subscriber has the state. */
static void wait_for_init(int fd)
{
    static char text[1 << 20];
    size_t size = 0;
    do {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (got <= 0) fail("subscribe");
        size += (size_t)got;
        text[size] = '\0';
    } while (!strstr(text, "event: init") || !ends_event(text, size));
}

static void post_row(int fd, long id)
{
    char row[256], text[512];
    size_t length = make_row(row, id);
    int size =
        snprintf(text, sizeof text,
                 "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%.*s",
                 length - 1, (int)length - 1, row);
    send_all(fd, text, (size_t)size);
}

static void run_latency(int port, int pid, long count)
{
    char text[65536];
    double *times = malloc(sizeof *times * (size_t)count);
    int subscriber = subscribe(port), writer = connect_to(port);
    wait_for_init(subscriber);
    double cpu = cpu_of(pid);
    long base = 1000000000 + (long)time(NULL) % 1000000 * 1000;
    for (long index = 0; index < count; index++) {
        double start = now();
        post_row(writer, base + index);
        size_t size = 0;
        do {
            ssize_t got = recv(subscriber, text + size, sizeof text - size, 0);
            if (got <= 0) fail("recv");
            size += (size_t)got;
        } while (!ends_event(text, size));
        times[index] = now() - start;
        if (read_answer(writer) != 201) exit(1);
    }
    print_latency("latency", times, count, (cpu_of(pid) - cpu) / (double)count * 1e6);
}

static void run_fanout(int port, int pid, int subscribers, long count)
{
    char text[65536];
    int epoll = epoll_create1(0), writer = connect_to(port);
    int *fds = calloc((size_t)subscribers, sizeof *fds);
    long *seen = calloc((size_t)subscribers, sizeof *seen);
    double *times = malloc(sizeof *times * (size_t)count);
    for (int index = 0; index < subscribers; index++) {
        fds[index] = subscribe(port);
        wait_for_init(fds[index]);
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[index], &event);
    }
    double cpu = cpu_of(pid);
    long base = 2000000000 + (long)time(NULL) % 1000000 * 1000;
    for (long change = 0; change < count; change++) {
        double start = now();
        post_row(writer, base + change);
        for (int missing = subscribers; missing > 0;) {
            struct epoll_event events[256];
            int ready = epoll_wait(epoll, events, 256, 10000);
            if (ready <= 0) fail("a subscriber was not told");
            for (int at = 0; at < ready; at++) {
                uint32_t index = events[at].data.u32;
                if (recv(fds[index], text, sizeof text, 0) <= 0) fail("recv");
                if (seen[index] > change) continue;
                seen[index] = change + 1;
                missing--;
            }
        }
        times[change] = now() - start;
        if (read_answer(writer) != 201) exit(1);
    }
    double used = cpu_of(pid) - cpu;
    print_latency("fanout", times, count, used / (double)(count * subscribers) * 1e6);
}

static void *echo(void *argument)
{
    int fd = *(int *)argument;
    char text[512];
    ssize_t got;
    while ((got = recv(fd, text, sizeof text, 0)) > 0)
        send_all(fd, text, (size_t)got);
    return NULL;
}

static void run_echo(long count)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1)) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    int fd = connect_to(ntohs(address.sin_port)), peer = accept(listener, NULL, NULL);
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_t thread;
    pthread_create(&thread, NULL, echo, &peer);
    double *times = malloc(sizeof *times * (size_t)count);
    char text[300] = "x";
    for (long index = 0; index < count; index++) {
        double start = now();
        send_all(fd, text, 200);
        for (size_t size = 0; size < 200;) {
            ssize_t got = recv(fd, text, sizeof text, 0);
            if (got <= 0) fail("echo");
            size += (size_t)got;
        }
        times[index] = now() - start;
    }
    print_latency("echo", times, count, 0);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int port = argc > 2 ? atoi(argv[2]) : 0, pid = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(name, "echo") == 0 && argc == 3)
        run_echo(atol(argv[2]));
    else if (strcmp(name, "ndjson") == 0 && argc == 5)
        run_ndjson(port, pid, atol(argv[4]));
    else if (strcmp(name, "get") == 0 && argc == 6)
        run_get(port, pid, atoi(argv[4]), atol(argv[5]));
    else if (strcmp(name, "latency") == 0 && argc == 5)
        run_latency(port, pid, atol(argv[4]));
    else if (strcmp(name, "fanout") == 0 && argc == 6)
        run_fanout(port, pid, atoi(argv[4]), atol(argv[5]));
    else
        return 2;
    return 0;
}
