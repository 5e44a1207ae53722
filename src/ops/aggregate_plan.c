#include "base/assert.h"
#include "ops/aggregate.h"

static u32 acc_find(struct aggregate *agg, const struct acc *wanted)
{
    for (u32 a = 0; a < agg->acc_count; a++) {
        const struct acc *acc = &agg->accs[a];
        bool same_rows = acc->column == wanted->column &&
                         acc->filter_column == wanted->filter_column &&
                         acc->source == wanted->source;
        if (!same_rows) continue;
        bool counts = wanted->kind == ACC_COUNT && acc->kind != ACC_BEST && acc->kind != ACC_VALUES;
        bool same_kind = acc->kind == wanted->kind && acc->is_largest == wanted->is_largest;
        if (counts || same_kind) return a;
    }
    u32 a = agg->acc_count++;
    agg->accs[a] = *wanted;
    if (wanted->source == ACC_WEIGHT) {
        agg->accs[a].offset = offsetof(struct group, weight);
        return a;
    }
    agg->accs[a].offset = agg->record_size;
    agg->record_size += (u32)align_up(acc_size(wanted), 8);
    return a;
}

static struct acc acc_over(const struct agg_call *call, const struct schema *input,
                           enum acc_kind kind)
{
    struct acc acc = { .kind = kind,
                       .column = call->column,
                       .filter_column = call->filter_column,
                       .source = ACC_NO_COLUMN };
    if (call->column != AGG_NO_COLUMN) acc.type = input->columns[call->column].type;
    return acc;
}

static enum acc_kind sum_kind(struct type type)
{
    switch (type_phys(type)) {
    case PHYS_I64: return ACC_INTEGER;
    case PHYS_F64: return ACC_FLOAT;
    case PHYS_DECIMAL: return ACC_DECIMAL;
    case PHYS_BOOL: return ACC_BOOL;
    case PHYS_INTERVAL: return ACC_INTERVAL;
    case PHYS_STR:
    case PHYS_UUID: break;
    }
    unreachable();
}

static u32 values_find(struct aggregate *agg, const struct agg_call *call,
                       const struct schema *input, bool is_ordered)
{
    struct acc wanted = acc_over(call, input, ACC_VALUES);
    wanted.is_largest = is_ordered; /* tells the two uses of values apart */
    u32 a = acc_find(agg, &wanted);
    if (!agg->accs[a].values)
        agg->accs[a].values =
            values_open(&agg->op.mem, wanted.type, is_ordered, agg->op.graph->seed);
    return a;
}

/* Counts all rows of the group: its head does that already. */
static bool is_weight(const struct agg_call *call, const struct schema *input)
{
    if (call->filter_column != AGG_NO_COLUMN || call->distinct) return false;
    if (call->kind == AGG_COUNT_ROWS) return true;
    return call->kind == AGG_COUNT && input->columns[call->column].not_null;
}

static void plan_call(struct aggregate *agg, const struct agg_call *call,
                      const struct schema *input, bool append_only, struct aggregate_call *out)
{
    bool is_edge = call->kind == AGG_MIN || call->kind == AGG_MAX;
    bool is_count = call->kind == AGG_COUNT || call->kind == AGG_COUNT_ROWS;
    out->scales = ACC_NO_COLUMN;
    if (is_edge && !append_only) {
        out->acc = values_find(agg, call, input, true);
        return;
    }
    enum acc_kind kind = is_edge    ? ACC_BEST
                         : is_count ? ACC_COUNT
                                    : sum_kind(input->columns[call->column].type);
    struct acc wanted = acc_over(call, input, kind);
    wanted.is_largest = call->kind == AGG_MAX;
    if (is_weight(call, input)) {
        wanted.column = ACC_NO_COLUMN;
        wanted.source = ACC_WEIGHT;
    }
    bool is_distinct = call->distinct && !is_edge && call->column != AGG_NO_COLUMN;
    if (is_distinct) wanted.source = values_find(agg, call, input, false);
    out->acc = acc_find(agg, &wanted);
    if (!is_distinct || kind != ACC_DECIMAL) return;
    /* DISTINCT compares without trailing zeros, but shows those of the rows. */
    wanted.source = ACC_NO_COLUMN;
    out->scales = acc_find(agg, &wanted);
}

void aggregate_plan_calls(struct aggregate *agg, const struct schema *input,
                          const struct agg_call *calls, u32 call_count, bool append_only)
{
    struct arena *arena = &agg->op.arena;
    agg->call_count = call_count;
    agg->calls = arena_array(arena, struct aggregate_call, call_count);
    agg->accs = arena_array(arena, struct acc, call_count * 3); /* sum, values, scales */
    agg->record_size = sizeof(struct group);
    /* Counts come last: whatever sums a column counts it too. */
    for (u32 pass = 0; pass < 2; pass++)
        for (u32 c = 0; c < call_count; c++) {
            bool is_count = calls[c].kind == AGG_COUNT || calls[c].kind == AGG_COUNT_ROWS;
            if (is_count != (pass == 1)) continue;
            struct aggregate_call *call = &agg->calls[c];
            call->kind = calls[c].kind;
            call->type = calls[c].type;
            plan_call(agg, &calls[c], input, append_only, call);
        }
}
