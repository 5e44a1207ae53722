#include "flow/stance.h"

#include "base/assert.h"
#include "base/text.h"

struct kind {
    const char *text;
    u32 where;
};

#define STANCE(name, text, where, meaning) { text, where },
static const struct kind kinds[] = {
#include "flow/stances.def"
};
#undef STANCE

void stance_options_init(struct stance_options *options)
{
    *options = (struct stance_options){ .stance = STANCE_BLOCK };
}

const char *stance_name(enum stance stance)
{
    assert(stance < STANCE_COUNT);
    return kinds[stance].text;
}

u32 stance_where(enum stance stance)
{
    assert(stance < STANCE_COUNT);
    return kinds[stance].where;
}

enum stance stance_find(struct slice name)
{
    u32 stance = 0;
    while (stance < STANCE_COUNT && !slice_is(name, kinds[stance].text))
        stance++;
    return (enum stance)stance;
}

/* --- setting --- */

enum status stance_choose(struct stance_options *options, struct slice value, struct err *err)
{
    enum stance stance = stance_find(value);
    if (stance == STANCE_COUNT) {
        err_set(err, "22023", "there is no stance \"%.*s\"", (int)MIN(value.size, 64u), value.data);
        return err_hint(err,
                        "There are block, pull, conflate, every, latest, drop_newest, drop_oldest, "
                        "drop_priority, thin, expire, spill, error, disconnect and ignore.");
    }
    options->stance = stance;
    return OK;
}

/* What is to be protected, as the stance that does it where this passes. */
static enum status set_protect(struct stance_options *options, enum stance_where where,
                               struct slice value, struct err *err)
{
    if (slice_is(value, "integrity"))
        options->stance = STANCE_BLOCK;
    else if (slice_is(value, "timeliness"))
        options->stance = where == STANCE_EVENTS ? STANCE_EXPIRE : STANCE_CONFLATE;
    else if (slice_is(value, "stability"))
        options->stance = STANCE_PULL;
    else {
        err_set(err, "22023", "invalid value for \"protect\": \"%.*s\"", (int)MIN(value.size, 64u),
                value.data);
        return err_hint(err, "There are integrity, timeliness and stability.");
    }
    return OK;
}

static enum status set_keep(struct stance_options *options, struct slice value, struct err *err)
{
    double share;
    if (text_parse_share(value, "keep", &share, err)) return FAIL;
    options->keep_one_in = (u32)MIN(1 / share + 0.5, (double)UINT32_MAX);
    return OK;
}

static enum status set_share_min(struct stance_options *options, struct slice value,
                                 struct err *err)
{
    if (text_parse_share(value, "min_share", &options->share_min, err)) return FAIL;
    if (options->share_min <= 0.1) return OK;
    err_set(err, "22023", "min_share is at most 0.1");
    return err_hint(err, "It is granted to each of up to %d classes.", STANCE_CLASS_COUNT_MAX);
}

static enum status set_positive(struct slice value, const char *name, u64 *count, struct err *err)
{
    if (text_parse_count(value, name, UINT32_MAX, count, err)) return FAIL;
    return *count > 0 ? OK : err_set(err, "22023", "\"%s\" is at least 1", name);
}

enum status stance_set(struct stance_options *options, enum stance_where where, struct slice name,
                       const char *value, bool *known, struct err *err)
{
    struct slice text = slice_of(value);
    *known = true;
    if (slice_is(name, "stance")) return stance_choose(options, text, err);
    if (slice_is(name, "protect")) return set_protect(options, where, text, err);
    if (slice_is(name, "max_items"))
        return set_positive(text, "max_items", &options->items_max, err);
    if (slice_is(name, "max_bytes")) {
        if (text_parse_size(text, "max_bytes", &options->size_max, err)) return FAIL;
        return options->size_max > 0 ? OK : err_set(err, "22023", "\"max_bytes\" is at least 1");
    }
    if (slice_is(name, "max_age")) {
        if (text_parse_duration(text, "max_age", &options->age_us_max, err)) return FAIL;
        return options->age_us_max > 0 ? OK : err_set(err, "22023", "\"max_age\" is above 0");
    }
    if (slice_is(name, "rate")) return text_parse_rate(text, "rate", &options->rate, err);
    if (slice_is(name, "keep")) return set_keep(options, text, err);
    if (slice_is(name, "min_share")) return set_share_min(options, text, err);
    if (slice_is(name, "priority")) {
        options->priority = value;
        return OK;
    }
    *known = false;
    return OK;
}

/* --- checking --- */

static enum status refuse_wrong(const struct stance_options *options, enum stance_where where,
                                const char *name, struct err *err)
{
    const char *stance = stance_name(options->stance);
    if (where == STANCE_EVENTS) {
        err_set(err, "42P17", "stance \"%s\" cannot be used on \"%s\"", stance, name);
        err_detail(err, "Its records are events without a key: no two of them can become one.");
        return err_hint(err, "Use block, spill, latest, thin, expire or one of drop_*.");
    }
    err_set(err, "42P17", "stance \"%s\" would leave what follows \"%s\" wrong", stance, name);
    err_detail(
        err,
        "Whoever misses a delete keeps a row that is gone; who misses an update keeps an old one.");
    return err_hint(
        err,
        "Use conflate to skip to the newest state, every or spill to keep each change, or block.");
}

/* A parameter that its stance would not look at is a mistake of the one who gave it. */
static enum status refuse_idle(const char *parameter, const char *stance, struct err *err)
{
    return err_set(err, "22023", "\"%s\" is for stance \"%s\" only", parameter, stance);
}

static enum status check_parameters(const struct stance_options *options, struct err *err)
{
    enum stance stance = options->stance;
    if (stance == STANCE_EXPIRE && options->age_us_max == 0) {
        err_set(err, "22023", "stance \"expire\" needs \"max_age\"");
        return err_hint(err, "Say how long a record may wait, as in max_age = '200ms'.");
    }
    if (stance == STANCE_THIN && options->keep_one_in == 0) {
        err_set(err, "22023", "stance \"thin\" needs \"keep\"");
        return err_hint(err, "Say which part to keep, as in keep = '1/10'.");
    }
    if (stance == STANCE_DROP_PRIORITY && !options->priority) {
        err_set(err, "22023", "stance \"drop_priority\" needs \"priority\"");
        return err_hint(err, "Name the column with the class: 0 is kept longest, 7 goes first.");
    }
    if (stance != STANCE_EXPIRE && options->age_us_max > 0)
        return refuse_idle("max_age", "expire", err);
    if (stance != STANCE_THIN && options->keep_one_in > 0) return refuse_idle("keep", "thin", err);
    if (stance != STANCE_DROP_PRIORITY && options->priority)
        return refuse_idle("priority", "drop_priority", err);
    if (stance != STANCE_DROP_PRIORITY && options->share_min > 0)
        return refuse_idle("min_share", "drop_priority", err);
    return OK;
}

enum status stance_check(struct stance_options *options, enum stance_where where, const char *name,
                         struct err *err)
{
    if (!(stance_where(options->stance) & where)) return refuse_wrong(options, where, name, err);
    if (check_parameters(options, err)) return FAIL;
    u64 size_default =
        options->stance == STANCE_SPILL ? STANCE_SPILL_MAX_DEFAULT : STANCE_SIZE_MAX_DEFAULT;
    if (options->items_max == 0)
        options->items_max =
            options->stance == STANCE_SPILL ? UINT32_MAX : STANCE_ITEMS_MAX_DEFAULT;
    if (options->size_max == 0) options->size_max = size_default;
    return OK;
}
