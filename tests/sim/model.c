#include "tests/sim/model.h"

#include <stdlib.h>

#include "tests/unit/view/replica.h"

struct model_change model_draw(struct rand *rand)
{
    /* Truncation is rare, or nothing is ever there. */
    struct model_change change = { .kind =
                                       (enum model_change_kind)rand_below(rand, MODEL_TRUNCATE) };
    if (rand_chance(rand, 1, 60)) change.kind = MODEL_TRUNCATE;
    change.group = (i32)rand_below(rand, MODEL_GROUP_COUNT);
    change.other = (i32)rand_below(rand, MODEL_GROUP_COUNT);
    change.value = (i64)rand_below(rand, 9) - 3;
    change.id_count = 1 + (u32)rand_below(rand, MODEL_ID_MAX);
    u32 first = (u32)rand_below(rand, MODEL_ITEM_COUNT), step = 1 + 2 * (u32)rand_below(rand, 2);
    for (u32 index = 0; index < change.id_count; index++)
        change.ids[index] = (first + index * step) % MODEL_ITEM_COUNT;
    return change;
}

static void write_rows(const struct model_change *change, struct buf *out)
{
    for (u32 index = 0; index < change->id_count; index++)
        buf_format(out, "%s(%u, %d, %lld)", index ? ", " : "", change->ids[index],
                   (change->group + (i32)index) % MODEL_GROUP_COUNT,
                   (long long)(change->value + (i64)index));
}

void model_sql(const struct model_change *change, struct buf *out)
{
    long long value = change->value;
    switch (change->kind) {
    case MODEL_INSERT:
    case MODEL_UPSERT:
        buf_puts(out, "INSERT INTO item VALUES ");
        write_rows(change, out);
        if (change->kind == MODEL_UPSERT)
            buf_puts(out, " ON CONFLICT (id) DO UPDATE SET g = excluded.g, v = excluded.v");
        return;
    case MODEL_ADD:
        buf_format(out, "UPDATE item SET v = v + %lld WHERE g = %d", value, change->group);
        return;
    case MODEL_MOVE:
        buf_format(out, "UPDATE item SET g = %d WHERE g = %d", change->other, change->group);
        return;
    case MODEL_DELETE:
        buf_format(out, "DELETE FROM item WHERE id %% 3 = %d", change->group % 3);
        return;
    case MODEL_PRICE:
        buf_format(
            out, "INSERT INTO price VALUES (%d, %lld) ON CONFLICT (g) DO UPDATE SET p = excluded.p",
            change->group, value + 4);
        return;
    case MODEL_UNPRICE: buf_format(out, "DELETE FROM price WHERE g = %d", change->group); return;
    case MODEL_TRUNCATE: buf_puts(out, "TRUNCATE item"); return;
    case MODEL_CHANGE_COUNT: break;
    }
    abort();
}

static bool put_items(struct model *model, const struct model_change *change)
{
    for (u32 index = 0; change->kind == MODEL_INSERT && index < change->id_count; index++)
        if (model->items[change->ids[index]].is_there) return false;
    for (u32 index = 0; index < change->id_count; index++)
        model->items[change->ids[index]] =
            (struct model_item){ .is_there = true,
                                 .group = (change->group + (i32)index) % MODEL_GROUP_COUNT,
                                 .value = change->value + (i64)index };
    return true;
}

static void change_item(struct model_item *item, u32 id, const struct model_change *change)
{
    bool matches = item->group == change->group;
    if (change->kind == MODEL_ADD && matches) item->value += change->value;
    if (change->kind == MODEL_MOVE && matches) item->group = change->other;
    bool goes = change->kind == MODEL_DELETE && (i32)(id % 3) == change->group % 3;
    if (goes || change->kind == MODEL_TRUNCATE) item->is_there = false;
}

bool model_apply(struct model *model, const struct model_change *change)
{
    if (change->kind == MODEL_INSERT || change->kind == MODEL_UPSERT)
        return put_items(model, change);
    if (change->kind == MODEL_PRICE) model->prices[change->group] = change->value + 4;
    if (change->kind == MODEL_UNPRICE) model->prices[change->group] = 0;
    for (u32 id = 0; id < MODEL_ITEM_COUNT; id++)
        if (model->items[id].is_there) change_item(&model->items[id], id, change);
    return true;
}

/* --- relations --- */

#define each_item(model, id)                                                                       \
    for (u32 id = 0; id < MODEL_ITEM_COUNT; id++)                                                  \
        if ((model)->items[id].is_there)

static void item_rows(const struct model *model, struct buf *out)
{
    each_item(model, id) buf_format(out, "{\"id\":%u,\"g\":%d,\"v\":%lld}\n", id,
                                    model->items[id].group, (long long)model->items[id].value);
}

static void price_rows(const struct model *model, struct buf *out)
{
    for (u32 group = 0; group < MODEL_GROUP_COUNT; group++)
        if (model->prices[group])
            buf_format(out, "{\"g\":%u,\"p\":%lld}\n", group, (long long)model->prices[group]);
}

static void total_rows(const struct model *model, struct buf *out)
{
    for (i32 group = 0; group < MODEL_GROUP_COUNT; group++) {
        u32 count = 0;
        long long sum = 0;
        each_item(model, id)
        {
            if (model->items[id].group != group) continue;
            count++;
            sum += model->items[id].value;
        }
        if (count > 0) buf_format(out, "{\"g\":%d,\"n\":%u,\"s\":%lld}\n", group, count, sum);
    }
}

static void joined_rows(const struct model *model, struct buf *out)
{
    each_item(model, id)
    {
        const struct model_item *item = &model->items[id];
        i64 price = model->prices[item->group];
        if (price)
            buf_format(out, "{\"id\":%u,\"g\":%d,\"w\":%lld}\n", id, item->group,
                       (long long)(item->value * price));
    }
}

static void above_rows(const struct model *model, struct buf *out)
{
    u32 counts[MODEL_GROUP_COUNT] = { 0 };
    each_item(model, id) counts[model->items[id].group]++;
    for (u32 group = 0; group < MODEL_GROUP_COUNT; group++)
        if (counts[group] > 0 && model->prices[group])
            buf_format(out, "{\"g\":%u,\"n\":%u}\n", group, counts[group]);
}

static void quotient_rows(const struct model *model, struct buf *out)
{
    each_item(model, id) if (model->items[id].value != 0)
        buf_format(out, "{\"id\":%u,\"q\":%lld}\n", id, (long long)(100 / model->items[id].value));
}

static void lone_rows(const struct model *model, struct buf *out)
{
    each_item(model, id)
    {
        const struct model_item *item = &model->items[id];
        if (!model->prices[item->group])
            buf_format(out, "{\"id\":%u,\"v\":%lld}\n", id, (long long)item->value);
    }
}

static void top_rows(const struct model *model, struct buf *out)
{
    bool taken[MODEL_ITEM_COUNT] = { false };
    for (u32 place = 0; place < 5; place++) {
        i32 best = -1;
        each_item(model, id)
        {
            if (taken[id]) continue;
            if (best < 0 || model->items[id].value > model->items[best].value) best = (i32)id;
        }
        if (best < 0) return;
        taken[best] = true;
        buf_format(out, "{\"id\":%d,\"v\":%lld}\n", best, (long long)model->items[best].value);
    }
}

#define VIEW(name_, uses_, rows_, query_)                                                          \
    {                                                                                              \
        .name = name_, .uses = uses_, .rows = rows_, .query = query_,                              \
        .definition = "CREATE MATERIALIZED VIEW " name_ " AS " query_                              \
    }

const struct model_relation model_relations[MODEL_RELATION_COUNT] = {
    { .name = "item", .rows = item_rows, .query = "SELECT * FROM item" },
    { .name = "price", .rows = price_rows, .query = "SELECT * FROM price" },
    VIEW("total", NULL, total_rows, "SELECT g, count(*) AS n, sum(v) AS s FROM item GROUP BY g"),
    VIEW("joined", NULL, joined_rows,
         "SELECT i.id, p.g, i.v * p.p AS w FROM item i JOIN price p ON p.g = i.g"),
    VIEW("above", "joined", above_rows, "SELECT g, count(*) AS n FROM joined GROUP BY g"),
    VIEW("quotient", NULL, quotient_rows, "SELECT id, 100 / v AS q FROM item"),
    VIEW("lone", NULL, lone_rows,
         "SELECT i.id, i.v FROM item i LEFT JOIN price p ON p.g = i.g WHERE p.g IS NULL"),
    VIEW("top", NULL, top_rows, "SELECT id, v FROM item ORDER BY v DESC, id LIMIT 5"),
};

u64 model_sum(struct slice lines)
{
    u64 sum = 0;
    while (lines.size > 0) {
        const char *newline = memchr(lines.data, '\n', lines.size);
        size_t size = newline ? (size_t)(newline - lines.data) : lines.size;
        sum += replica_row_hash(slice_make(lines.data, size), 1);
        size += newline != NULL;
        lines = slice_make(lines.data + size, lines.size - size);
    }
    return sum;
}
