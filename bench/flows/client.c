#include "client.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void client_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

double client_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* As the scheduler counts it, to the nanosecond: times(2) and stat have steps of 10 ms. */
double client_cpu(int pid)
{
    char path[64];
    double seconds = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        char file_path[400];
        unsigned long long ran = 0;
        snprintf(file_path, sizeof file_path, "%s/%s/schedstat", path, task->d_name);
        FILE *file = fopen(file_path, "r");
        if (file && fscanf(file, "%llu", &ran) == 1) seconds += (double)ran / 1e9;
        if (file) fclose(file);
    }
    if (tasks) closedir(tasks);
    return seconds;
}

long client_memory(int pid, const char *field)
{
    char path[64], line[256];
    long value = 0;
    size_t size = strlen(field);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, field, size) == 0 && line[size] == ':') value = atol(line + size + 1);
    if (file) fclose(file);
    return value;
}

int client_connect(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) client_fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

void client_send(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0) client_fail("send");
        data += sent;
        size -= (size_t)sent;
    }
}

int client_answer(int fd)
{
    char text[8192];
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (got <= 0) client_fail("recv");
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

size_t client_row(char *target, long id)
{
    return (size_t)sprintf(
        target,
        "{\"id\":%ld,\"name\":\"product number %ld\",\"category\":\"c%ld\",\"price\":%ld.%02ld}\n",
        id, id, id % 100, id % 1000, id % 100);
}

void client_post_row(int fd, long id)
{
    char row[256], text[512];
    size_t length = client_row(row, id);
    int size =
        snprintf(text, sizeof text,
                 "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%.*s",
                 length - 1, (int)length - 1, row);
    client_send(fd, text, (size_t)size);
}

int client_ends_event(const char *text, size_t size)
{
    return size >= 4 && memcmp(text + size - 4, "\n\n\r\n", 4) == 0;
}

int client_subscribe(int port, const char *relation)
{
    static char text[1 << 20];
    int fd = client_connect(port);
    size_t size = (size_t)snprintf(
        text, sizeof text,
        "GET /%s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", relation);
    client_send(fd, text, size);
    size = 0;
    do {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (got <= 0) client_fail("subscribe");
        size += (size_t)got;
        text[size] = '\0';
    } while (!strstr(text, "event: init") || !client_ends_event(text, size));
    return fd;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

void client_print(const char *name, double *times, long count, double cpu_us_each)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("{\"name\":\"%s\",\"count\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f", name,
           count, times[count / 2] * 1e6, times[count * 99 / 100] * 1e6, times[count - 1] * 1e6);
    if (cpu_us_each >= 0) printf(",\"cpu_us_each\":%.2f", cpu_us_each);
    printf("}\n");
}
