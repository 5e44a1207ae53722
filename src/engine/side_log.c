#include "engine/side_log.h"

struct side_record {
    struct link link; /* in engine.side_records, in their order */
    enum engine_record kind;
    u64 sequence;
    size_t size;
    char payload[];
};

static void forget(struct engine *engine, struct side_record *record)
{
    list_remove(&record->link);
    mem_free(&engine->mem, record, sizeof *record + record->size);
}

/* They are in the order of their sequences. */
static void forget_durable(struct engine *engine)
{
    u64 durable = log_durable(&engine->log);
    while (!list_empty(&engine->side_records)) {
        struct side_record *first =
            container_of(engine->side_records.next, struct side_record, link);
        if (first->sequence > durable) return;
        forget(engine, first);
    }
}

enum status side_log_append(struct engine *engine, enum engine_record kind, struct slice payload,
                            struct err *err)
{
    forget_durable(engine);
    if (log_append(&engine->log, (u8)kind, engine->tick, &payload, 1, &engine->sequence, err))
        return FAIL;
    struct side_record *record = mem_alloc(&engine->mem, sizeof *record + payload.size);
    record->kind = kind;
    record->sequence = engine->sequence;
    record->size = payload.size;
    memcpy(record->payload, payload.data, payload.size);
    list_append(&engine->side_records, &record->link);
    return OK;
}

enum status side_log_repeat(struct engine *engine, struct err *err)
{
    forget_durable(engine);
    list_each(&engine->side_records, link)
    {
        struct side_record *record = container_of(link, struct side_record, link);
        struct slice payload = slice_make(record->payload, record->size);
        if (log_append(&engine->log, (u8)record->kind, engine->tick, &payload, 1, &record->sequence,
                       err))
            return FAIL;
    }
    return OK;
}

void side_log_deinit(struct engine *engine)
{
    list_each_safe(&engine->side_records, link, following)
        forget(engine, container_of(link, struct side_record, link));
}
