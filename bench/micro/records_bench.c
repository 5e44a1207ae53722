/* What an edge for records costs: batches of 256 records of 16 bytes, within a thread and between two. */
#include <stdio.h>

#include "flow/records.h"
#include "os/clock.h"
#include "os/thread.h"

#define BATCH  256u
#define PASSED 20000000u

static struct record batch[BATCH];

static void produce(void *context)
{
    struct records *records = context;
    for (u64 pushed = 0; pushed < PASSED; pushed += BATCH) {
        u32 taken, from = 0;
        while (records_push(records, batch + from, BATCH - from, &taken, 0) == RECORDS_FULL) {
            from += taken;
            records_wait_room(records);
        }
    }
    records_end(records);
}

static u64 consume(struct records *records)
{
    struct record popped[BATCH];
    u32 got;
    i64 again;
    switch (records_pop(records, popped, BATCH, &got, &again, 0)) {
    case RECORDS_GOT: records_settle(records); return got;
    case RECORDS_IDLE: records_wait_item(records, again); return 0;
    case RECORDS_ENDED: return UINT64_MAX;
    }
    return 0;
}

static void report(const char *what, i64 start, i64 cpu)
{
    printf("%-22s %6.1f M records/s, %.1f ns of CPU each\n", what,
           PASSED / (double)(clock_now() - start),
           (double)(clock_cpu_process() - cpu) * 1e3 / PASSED);
}

int main(void)
{
    struct mem mem;
    struct records records;
    struct stance_options options = { .stance = STANCE_BLOCK,
                                      .items_max = 65536,
                                      .size_max = MIB(4) };
    for (u32 i = 0; i < BATCH; i++)
        batch[i] = (struct record){ .data = "sixteen bytes ..", .size = 16 };
    mem_init(&mem, "records", NULL, 0);
    for (u32 run = 0; run < 5; run++) {
        i64 start = clock_now(), cpu = clock_cpu_process();
        records_init(&records, &mem, &options, NULL);
        for (u64 pushed = 0; pushed < PASSED; pushed += BATCH) {
            u32 taken;
            (void)!records_push(&records, batch, BATCH, &taken, 0);
            consume(&records);
        }
        records_deinit(&records);
        report("within a thread:", start, cpu);

        struct thread thread = { 0 };
        struct err err;
        start = clock_now(), cpu = clock_cpu_process();
        records_init(&records, &mem, &options, NULL);
        if (thread_start(&thread,
                         &(struct thread_options){
                             .name = "producer", .body = produce, .context = &records },
                         &err))
            return 1;
        while (consume(&records) != UINT64_MAX)
            ;
        thread_join(&thread);
        records_deinit(&records);
        report("between two threads:", start, cpu);
    }
    mem_deinit(&mem);
    return 0;
}
