/* What reading a request costs: its head, and its query string, in ns; the best of some rounds, so
 * that a neighbour on the machine does not count. */
#include <stdio.h>
#include <time.h>

#include "wire/http1.h"
#include "wire/query.h"

static const char get_curl[] = "GET /category_total?category=eq.toys HTTP/1.1\r\n"
                               "Host: localhost:8080\r\n"
                               "User-Agent: curl/7.88.1\r\n"
                               "Accept: */*\r\n\r\n";

static const char get_browser[] =
    "GET /category_total?value=gt.100&order=value.desc&limit=10&select=category,value HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: http://localhost:8081/console/\r\n"
    "Origin: http://localhost:8081\r\n"
    "Connection: keep-alive\r\n"
    "If-None-Match: W/\"3f2a:17\"\r\n"
    "Prefer: count=exact\r\n\r\n";

static const char post_ndjson[] = "POST /product HTTP/1.1\r\n"
                                  "Host: localhost:8080\r\n"
                                  "Content-Type: application/x-ndjson\r\n"
                                  "Prefer: return=minimal\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n";

static f64 now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (f64)time.tv_sec * 1e9 + (f64)time.tv_nsec;
}

#define ROUND_COUNT 20
#define CALL_COUNT  50000

static void bench_head(const char *name, const char *text, size_t size)
{
    static struct http1_request request;
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    f64 best = 1e18;
    for (u32 round = 0; round < ROUND_COUNT; round++) {
        f64 begin = now_ns();
        for (u32 call = 0; call < CALL_COUNT; call++) {
            struct http1_scan scan = { 0 };
            if (http1_parse(&scan, &limits, slice_make(text, size), &request) != HTTP1_DONE) return;
            __asm__ volatile("" : : "r"(&request) : "memory");
        }
        f64 each = (now_ns() - begin) / CALL_COUNT;
        best = MIN(best, each);
    }
    printf("%-24s %4zu bytes %2u fields %6.0f ns/request\n", name, size, request.headers.count,
           best);
}

static void bench_query(const char *name, const char *text)
{
    struct mem mem;
    struct arena arena;
    struct query query;
    struct err err;
    mem_init(&mem, "bench", NULL, 0);
    arena_init(&arena, &mem);
    f64 best = 1e18;
    for (u32 round = 0; round < ROUND_COUNT; round++) {
        f64 begin = now_ns();
        for (u32 call = 0; call < CALL_COUNT; call++) {
            arena_reset(&arena);
            if (query_parse(slice_of(text), &arena, &query, &err)) return;
        }
        f64 each = (now_ns() - begin) / CALL_COUNT;
        best = MIN(best, each);
    }
    printf("%-24s %4zu bytes           %6.0f ns/query\n", name, strlen(text), best);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

int main(void)
{
    bench_head("GET by curl", get_curl, sizeof get_curl - 1);
    bench_head("GET by a browser", get_browser, sizeof get_browser - 1);
    bench_head("POST of NDJSON", post_ndjson, sizeof post_ndjson - 1);
    bench_query("one filter", "category=eq.toys");
    bench_query("filter, order, select",
                "value=gt.100&order=value.desc&limit=10&select=category,value");
    bench_query("groups and a list", "or=(a.eq.1,and(b.gt.2,c.in.(1,2,3)))&d=in.(x,y,\"z,\")");
    return 0;
}
