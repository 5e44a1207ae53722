#include "wire/prefer.h"

#include "base/assert.h"
#include "wire/field.h"

/* Every preference that is understood, and which field of struct prefer it sets to what. */
static const struct {
    const char *name;
    const char *value;
    size_t offset;
    u32 setting;
} preferences[] = {
#define PREFERENCE(text_name, text_value, field, constant)                                         \
    {                                                                                              \
        text_name, text_value, offsetof(struct prefer, field), PREFER_##constant                   \
    }
    PREFERENCE("resolution", "merge-duplicates", resolution, RESOLUTION_MERGE_DUPLICATES),
    PREFERENCE("resolution", "ignore-duplicates", resolution, RESOLUTION_IGNORE_DUPLICATES),
    PREFERENCE("missing", "default", missing, MISSING_DEFAULT),
    PREFERENCE("missing", "null", missing, MISSING_NULL),
    PREFERENCE("return", "representation", returning, RETURN_REPRESENTATION),
    PREFERENCE("return", "minimal", returning, RETURN_MINIMAL),
    PREFERENCE("count", "exact", count, COUNT_EXACT),
    PREFERENCE("count", "planned", count, COUNT_PLANNED),
    PREFERENCE("count", "estimated", count, COUNT_ESTIMATED),
    PREFERENCE("tx", "commit", tx, TX_COMMIT),
    PREFERENCE("tx", "rollback", tx, TX_ROLLBACK),
    PREFERENCE("handling", "strict", handling, HANDLING_STRICT),
    PREFERENCE("handling", "lenient", handling, HANDLING_LENIENT),
};

static u32 setting_get(const struct prefer *prefer, size_t offset)
{
    u32 setting;
    memcpy(&setting, (const char *)prefer + offset, sizeof setting);
    return setting;
}

/* Only the first mention counts (RFC 7240 2). */
static void setting_set(struct prefer *prefer, size_t offset, u32 setting)
{
    if (setting_get(prefer, offset) == 0) memcpy((char *)prefer + offset, &setting, sizeof setting);
}

static void invalid_add(struct prefer *prefer, struct slice element)
{
    size_t size = strlen(prefer->invalid), separator = size > 0 ? 2 : 0;
    if (size + separator + element.size >= sizeof prefer->invalid) return;
    memcpy(prefer->invalid + size, ", ", separator);
    memcpy(prefer->invalid + size + separator, element.data, element.size);
}

/* One preference; parameters after ';' have no meaning in any of ours. */
static void add_element(struct prefer *prefer, struct slice element)
{
    struct slice parameters, name, value;
    field_split_pair(field_main(element, &parameters), &name, &value);

    if (slice_is_nocase(name, "max-affected")) {
        u64 number;
        if (!value.data || !field_parse_u64(value, &number)) {
            invalid_add(prefer, element);
        } else if (!prefer->has_max_affected) {
            prefer->has_max_affected = true;
            prefer->max_affected = number;
        }
        return;
    }
    for (size_t index = 0; index < countof(preferences); index++) {
        if (!slice_is_nocase(name, preferences[index].name)) continue;
        if (!value.data || !slice_is_nocase(value, preferences[index].value)) continue;
        setting_set(prefer, preferences[index].offset, preferences[index].setting);
        return;
    }
    invalid_add(prefer, element);
}

void prefer_add(struct prefer *prefer, struct slice line)
{
    struct slice element;
    while (field_next_element(&line, &element))
        add_element(prefer, element);
    assert(prefer->invalid[sizeof prefer->invalid - 1] == '\0');
}

enum status prefer_check(const struct prefer *prefer, struct err *err)
{
    if (prefer->handling != PREFER_HANDLING_STRICT || !prefer->invalid[0]) return OK;
    err_set(err, "PGRST122", "Invalid preferences given with handling=strict");
    return err_detail(err, "Invalid preferences: %s", prefer->invalid);
}

void prefer_write_applied(const struct prefer *prefer, struct buf *out)
{
    const char *separator = "";
    for (size_t index = 0; index < countof(preferences); index++) {
        if (setting_get(prefer, preferences[index].offset) != preferences[index].setting) continue;
        buf_format(out, "%s%s=%s", separator, preferences[index].name, preferences[index].value);
        separator = ", ";
    }
    if (prefer->has_max_affected && prefer->handling == PREFER_HANDLING_STRICT)
        buf_format(out, "%smax-affected=%llu", separator, (unsigned long long)prefer->max_affected);
}
