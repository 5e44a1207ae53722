/* Readers that never read: what they cost a running server, and one reader beside them who does.
 *
 *     stalled_bench PORT PID READERS SECONDS
 *
 * The server has a table board (id bigint PRIMARY KEY, text text) and a view board_shown over it. Its state is 16 KB, and
 * every change is of all of it; the next change comes when the healthy reader has seen the last. First the healthy reader is
 * alone, then beside the others for SECONDS, then alone again. One line of JSON comes out; each second's memory is told on
 * standard error. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define ROW_COUNT  64
#define TEXT_SIZE  230
#define TIMES_MAX  1000000
#define ALONE_PART 6 /* alone, before and after: this part of the time each */

struct writer {
    int port, pid;
    int fd;      /* of the one who writes */
    int healthy; /* of the one who reads */
    long change;
    size_t frame_size; /* of the last one */
};

/* A time of changes one after the other. */
struct phase {
    double *times;
    long count;
    double seconds;
    double cpu; /* the server's */
};

/* What the server holds. */
struct sample {
    double rss_mib;
    double socket_mib; /* of the whole machine's TCP, sent and received */
};

struct held {
    struct sample before, first_half, second_half; /* the halves' largest */
};

static double socket_mib(void)
{
    char line[256];
    long pages = 0;
    FILE *file = fopen("/proc/net/sockstat", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "TCP:", 4) == 0) sscanf(strstr(line, "mem "), "mem %ld", &pages);
    if (file) fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static struct sample sample(int pid)
{
    return (struct sample){ .rss_mib = (double)client_memory(pid, "VmRSS") / 1024,
                            .socket_mib = socket_mib() };
}

static void keep_largest(struct sample *largest, const struct sample *now)
{
    if (now->rss_mib > largest->rss_mib) largest->rss_mib = now->rss_mib;
    if (now->socket_mib > largest->socket_mib) largest->socket_mib = now->socket_mib;
}

/* All rows, with the number of the change in each. */
static void post_all(struct writer *writer)
{
    static char body[ROW_COUNT * (TEXT_SIZE + 64)], head[512];
    size_t size = 0;
    for (int id = 0; id < ROW_COUNT; id++)
        size += (size_t)sprintf(body + size, "%c{\"id\":%d,\"text\":\"%0*ld\"}", id ? ',' : '[', id,
                                TEXT_SIZE, writer->change);
    body[size++] = ']';
    writer->change++;
    int length =
        sprintf(head,
                "POST /board HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Prefer: resolution=merge-duplicates\r\nContent-Length: %zu\r\n\r\n",
                size);
    client_send(writer->fd, head, (size_t)length);
    client_send(writer->fd, body, size);
}

static double change_once(struct writer *writer)
{
    static char text[1 << 18];
    double start = client_now();
    size_t size = 0;
    post_all(writer);
    do {
        ssize_t got = recv(writer->healthy, text + size, sizeof text - size, 0);
        if (got <= 0) client_fail("the healthy reader");
        size += (size_t)got;
    } while (!client_ends_event(text, size));
    double took = client_now() - start;
    writer->frame_size = size;
    if (client_answer(writer->fd) >= 300) exit(1);
    return took;
}

/* held may be NULL. */
static void run_phase(struct writer *writer, double seconds, struct phase *phase, struct held *held)
{
    double start = client_now(), next = start + 1, now = start, cpu = client_cpu(writer->pid);
    while (now < start + seconds && phase->count < TIMES_MAX) {
        phase->times[phase->count++] = change_once(writer);
        now = client_now();
        if (!held || now < next) continue;
        next += 1;
        struct sample seen = sample(writer->pid);
        fprintf(stderr, "%4.0f s: RSS %.1f MiB, sockets %.1f MiB, %ld changes\n", now - start,
                seen.rss_mib, seen.socket_mib, phase->count);
        keep_largest(now < start + seconds / 2 ? &held->first_half : &held->second_half, &seen);
    }
    phase->seconds += now - start;
    phase->cpu += client_cpu(writer->pid) - cpu;
}

static struct phase phase_make(void)
{
    return (struct phase){ .times = malloc(sizeof(double) * TIMES_MAX) };
}

/* With the smallest receive buffer, so that what waits, waits in the server. */
static int open_stalled(int port)
{
    static const char request[] =
        "GET /board_shown HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), size = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) client_fail("connect");
    client_send(fd, request, sizeof request - 1);
    return fd;
}

static void print_phase(const char *name, struct phase *phase)
{
    char full[64];
    snprintf(full, sizeof full, "healthy reader %s", name);
    client_print(full, phase->times, phase->count, phase->cpu / (double)phase->count * 1e6);
}

static void report(const struct writer *writer, int readers, const struct phase *alone,
                   const struct phase *beside, const struct held *held)
{
    double owed = (double)beside->count * (double)writer->frame_size / (1 << 20);
    double alone_rate = (double)alone->count / alone->seconds;
    double beside_rate = (double)beside->count / beside->seconds;
    printf("{\"name\":\"stalled\",\"readers\":%d,\"frame_bytes\":%zu,\"owed_mib_each\":%.1f,"
           "\"owed_mib_each_second\":%.2f,\"rss_growth_mib\":%.2f,\"rss_allowed_mib\":%.2f,"
           "\"rss_growth_second_half_mib\":%.2f,\"socket_mib\":%.2f,\"socket_growth_second_half_"
           "mib\":%.2f,"
           "\"changes_per_second_alone\":%.1f,\"changes_per_second_beside\":%.1f,\"beside_to_"
           "alone\":%.3f}\n",
           readers, writer->frame_size, owed, owed / beside->seconds,
           held->second_half.rss_mib - held->before.rss_mib, 8 + readers * 32 / 1024.0,
           held->second_half.rss_mib - held->first_half.rss_mib,
           held->second_half.socket_mib - held->before.socket_mib,
           held->second_half.socket_mib - held->first_half.socket_mib, alone_rate, beside_rate,
           beside_rate / alone_rate);
}

int main(int argc, char **argv)
{
    if (argc != 5) return 2;
    struct writer writer = { .port = atoi(argv[1]), .pid = atoi(argv[2]) };
    int readers = atoi(argv[3]);
    double seconds = atof(argv[4]), warm_up = 1;
    struct phase warm = phase_make(), alone = phase_make(), beside = phase_make();
    writer.fd = client_connect(writer.port);
    post_all(&writer);
    if (client_answer(writer.fd) >= 300) return 1;
    writer.healthy = client_subscribe(writer.port, "board_shown");
    run_phase(&writer, warm_up, &warm, NULL);
    run_phase(&writer, seconds / ALONE_PART, &alone, NULL);
    struct held held = { .before = sample(writer.pid) };
    int *fds = malloc(sizeof *fds * (size_t)readers);
    for (int index = 0; index < readers; index++)
        fds[index] = open_stalled(writer.port);
    run_phase(&writer, seconds, &beside, &held);
    for (int index = 0; index < readers; index++)
        close(fds[index]);
    run_phase(&writer, warm_up, &warm, NULL);
    run_phase(&writer, seconds / ALONE_PART, &alone, NULL);
    report(&writer, readers, &alone, &beside, &held);
    print_phase("alone", &alone);
    print_phase("beside them", &beside);
    return 0;
}
