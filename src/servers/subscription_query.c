#include "servers/subscription_query.h"

#include "base/text.h"
#include "servers/http_filter.h"

static enum status read_duration(struct slice text, const char *name, i64 *duration_us,
                                 struct err *err)
{
    if (text_parse_duration(text, name, duration_us, err)) return FAIL;
    if (*duration_us >= PACE_DURATION_US_MIN && *duration_us <= PACE_DURATION_US_MAX) return OK;
    return err_set(err, "22023", "%s lies between 1 ms and 1 day", name);
}

/* audit=100ms, sample=1s or debounce=200ms&max_wait=2s: at most one of them. */
static enum status read_pace(const struct query *query, struct pace *pace, struct err *err)
{
    const struct {
        const char *name;
        struct slice text;
        enum pace_kind kind;
    } paces[] = { { "audit", query->audit, PACE_AUDIT },
                  { "sample", query->sample, PACE_SAMPLE },
                  { "debounce", query->debounce, PACE_DEBOUNCE } };
    *pace = (struct pace){ .kind = PACE_NONE };
    for (u32 index = 0; index < countof(paces); index++) {
        if (!paces[index].text.data) continue;
        if (pace->kind != PACE_NONE)
            return err_set(err, "22023", "only one of audit, sample and debounce can be given");
        pace->kind = paces[index].kind;
        if (read_duration(paces[index].text, paces[index].name, &pace->duration_us, err))
            return FAIL;
    }
    pace->wait_us_max = pace->duration_us * 10;
    if (!query->max_wait.data) return OK;
    if (pace->kind != PACE_DEBOUNCE) return err_set(err, "22023", "max_wait belongs to debounce");
    if (read_duration(query->max_wait, "max_wait", &pace->wait_us_max, err)) return FAIL;
    if (pace->wait_us_max >= pace->duration_us) return OK;
    return err_set(err, "22023", "max_wait is not shorter than debounce");
}

enum status subscription_query(struct engine *engine, const struct query *query,
                               struct arena *arena, struct subscribe_options *options,
                               struct err *err)
{
    const struct schema *schema = NULL;
    if (query->stance.data && subscribe_check_stance(query->stance, err)) return FAIL;
    if (read_pace(query, &options->pace, err)) return FAIL;
    if (http_filter_needs_schema(query) &&
        read_relation_schema(engine, options->relation, &schema, err))
        return FAIL;
    options->condition = http_filter_condition(query, arena);
    options->columns = http_filter_columns(query, schema, arena, &options->column_count);
    options->order = http_filter_order(query, arena);
    options->order_count = query->order_count;
    options->has_limit = query->has_limit;
    options->limit = query->limit;
    options->offset = query->offset;
    return OK;
}
