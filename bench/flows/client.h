/* What the programs that load a server over real sockets share: connections, requests, clocks, figures. */
#pragma once

#include <stddef.h>

/* Says what failed, with errno, and ends the program. */
_Noreturn void client_fail(const char *what);

double client_now(void);
/* Seconds that the threads of a process ran; not those of threads that ended. */
double client_cpu(int pid);
/* A line of /proc/PID/status in KiB: "VmRSS", "VmHWM". */
long client_memory(int pid, const char *field);

/* To loopback, without delay. */
int client_connect(int port);
void client_send(int fd, const char *data, size_t size);
/* Reads one answer with a Content-Length; returns its status, and prints one that is an error. */
int client_answer(int fd);

/* A row of product as JSON with a line feed; at most 128 bytes. */
size_t client_row(char *target, long id);
/* POST of that row, without waiting for the answer. */
void client_post_row(int fd, long id);
/* Subscribes and reads the state. query may be empty. */
int client_subscribe(int port, const char *relation);
/* An event is over, and so is its chunk. */
int client_ends_event(const char *text, size_t size);

/* One line of JSON: the times' middle, their 99th of 100, their largest, in microseconds. Sorts them. */
void client_print(const char *name, double *times, long count, double cpu_us_each);
