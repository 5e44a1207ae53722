#include "flow/forecast.h"

static enum status find_capacity(const struct forecast_input *input, double *capacity,
                                 struct err *err);
static void add_stance(struct forecast *forecast, const struct forecast_input *input,
                       enum stance stance);
static void advise(struct forecast *forecast, const struct forecast_input *input);

enum status forecast_make(const struct forecast_input *input, struct forecast *out, struct err *err)
{
    static const enum stance stances[] = {
        STANCE_BLOCK,       STANCE_CONFLATE,    STANCE_LATEST, STANCE_EXPIRE,
        STANCE_DROP_OLDEST, STANCE_DROP_NEWEST, STANCE_SPILL,  STANCE_ERROR,
    };
    static_assert(countof(stances) == FORECAST_STANCE_COUNT, "one line each");
    *out = (struct forecast){ .utilisation = input->in / input->out };
    if (input->in <= 0 || input->out <= 0)
        return err_set(err, "22023", "both rates must be above 0");
    if (find_capacity(input, &out->capacity, err)) return FAIL;
    double growth = input->in - input->out;
    double free = out->capacity - input->burst;
    out->overflows = growth > 0 || free < 0;
    if (growth > 0 && free > 0) out->overflow_after_s = free / growth;
    out->latency_s = (out->overflows ? out->capacity : input->burst) / input->out;
    for (u32 i = 0; i < countof(stances); i++)
        add_stance(out, input, stances[i]);
    advise(out, input);
    return OK;
}

static enum status find_capacity(const struct forecast_input *input, double *capacity,
                                 struct err *err)
{
    if (input->size_max > 0 && input->item_size <= 0) {
        err_set(err, "22023", "a bound in bytes needs the size of an item");
        return err_hint(err, "Add --item-size, as in --item-size 200B.");
    }
    double by_size = input->size_max > 0 ? input->size_max / input->item_size : 0;
    if (input->items_max > 0 && by_size > 0)
        *capacity = MIN(input->items_max, by_size);
    else
        *capacity = input->items_max > 0 ? input->items_max : by_size;
    if (*capacity <= 0) *capacity = STANCE_ITEMS_MAX_DEFAULT;
    return OK;
}

static void add_stance(struct forecast *forecast, const struct forecast_input *input,
                       enum stance stance)
{
    double surplus = MAX(input->in - input->out, 0);
    struct forecast_stance *line = &forecast->stances[forecast->stance_count++];
    *line = (struct forecast_stance){ .stance = stance,
                                      .passed = input->in - surplus,
                                      .latency_s = forecast->latency_s };
    if (stance == STANCE_BLOCK) line->held = surplus;
    if (stance == STANCE_SPILL) line->disk = surplus * input->item_size;
    if (stance == STANCE_ERROR) line->ends = forecast->overflows;
    if (stance == STANCE_CONFLATE || stance == STANCE_LATEST) line->latency_s = 1 / input->out;
    if (stance_where(stance) == STANCE_EVENTS) line->lost = surplus;
}

/* The decision tree: what can wait, waits at its source; what cannot, is kept on disk where nothing may be lost, and
 * left out where that is allowed. */
static void advise(struct forecast *forecast, const struct forecast_input *input)
{
    forecast->items_max_advised = forecast->capacity;
    if (!forecast->overflows) {
        forecast->advised = STANCE_BLOCK;
        forecast->reason = "It does not overflow: any stance will do, and block costs nothing.";
    } else if (input->in <= input->out && input->controllable != FORECAST_YES &&
               input->loss != FORECAST_YES) {
        forecast->advised = STANCE_BLOCK;
        forecast->items_max_advised = input->burst;
        forecast->reason = "Only bursts overflow: a bound as large as a burst holds them.";
    } else if (input->controllable == FORECAST_YES) {
        forecast->advised = STANCE_BLOCK;
        forecast->reason =
            "The producer can wait: nothing is lost, and the surplus stays at its side.";
    } else if (input->loss == FORECAST_YES) {
        forecast->advised = STANCE_DROP_OLDEST;
        forecast->reason =
            "The producer cannot wait and loss is allowed: the newest items are worth most.";
    } else if (input->loss == FORECAST_NO) {
        forecast->advised = STANCE_SPILL;
        forecast->reason =
            "The producer cannot wait and nothing may be lost: disk buys time, only a faster "
            "consumer or a slower producer ends the growth.";
    } else {
        forecast->advised = STANCE_BLOCK;
        forecast->reason =
            "Until it is known whether the producer can wait and whether loss is allowed, "
            "nothing should be lost.";
    }
}
