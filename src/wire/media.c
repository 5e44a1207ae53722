#include "wire/media.h"

#include "base/assert.h"
#include "wire/chars.h"
#include "wire/field.h"

/* The first name of each is what we write; the others are understood. */
static const struct {
    enum media media;
    const char *name;
} names[] = {
    { MEDIA_JSON, "application/json" },
    { MEDIA_NDJSON, "application/x-ndjson" },
    { MEDIA_NDJSON, "application/ndjson" },
    { MEDIA_NDJSON, "application/jsonl" },
    { MEDIA_CSV, "text/csv" },
    { MEDIA_EVENT_STREAM, "text/event-stream" },
    { MEDIA_PGRST_OBJECT, "application/vnd.pgrst.object+json" },
    { MEDIA_PGRST_OBJECT, "application/vnd.pgrst.object" },
    { MEDIA_PGRST_ARRAY, "application/vnd.pgrst.array+json" },
    { MEDIA_PGRST_ARRAY, "application/vnd.pgrst.array" },
    { MEDIA_OPENAPI, "application/openapi+json" },
    { MEDIA_SQL, "application/sql" },
    { MEDIA_TEXT, "text/plain" },
    { MEDIA_HTML, "text/html" },
    { MEDIA_FORM, "application/x-www-form-urlencoded" },
    { MEDIA_BYTES, "application/octet-stream" },
};

const char *media_name(enum media media)
{
    switch (media) {
    case MEDIA_JSON: return "application/json; charset=utf-8";
    case MEDIA_NDJSON: return "application/x-ndjson";
    case MEDIA_CSV: return "text/csv; charset=utf-8";
    case MEDIA_EVENT_STREAM: return "text/event-stream";
    case MEDIA_PGRST_OBJECT: return "application/vnd.pgrst.object+json; charset=utf-8";
    case MEDIA_PGRST_ARRAY: return "application/vnd.pgrst.array+json; charset=utf-8";
    case MEDIA_OPENAPI: return "application/openapi+json; charset=utf-8";
    case MEDIA_SQL: return "application/sql";
    case MEDIA_TEXT: return "text/plain; charset=utf-8";
    case MEDIA_HTML: return "text/html; charset=utf-8";
    case MEDIA_FORM: return "application/x-www-form-urlencoded";
    case MEDIA_BYTES: return "application/octet-stream";
    case MEDIA_UNKNOWN:
    case MEDIA_MALFORMED: break;
    }
    unreachable();
}

/* type "/" subtype, divided from its parameters (RFC 9110 8.3.1). */
static bool split(struct slice text, struct slice *type, struct slice *subtype,
                  struct slice *parameters)
{
    struct slice full = field_main(text, parameters);
    const char *slash = full.size ? memchr(full.data, '/', full.size) : NULL;
    if (!slash) return false;
    size_t size = (size_t)(slash - full.data);
    *type = slice_make(full.data, size);
    *subtype = slice_make(slash + 1, full.size - size - 1);
    return field_is_token(*type) && field_is_token(*subtype);
}

static enum media find(struct slice type, struct slice subtype)
{
    struct slice full = slice_make(type.data, type.size + 1 + subtype.size);
    for (size_t index = 0; index < countof(names); index++)
        if (slice_is_nocase(full, names[index].name)) return names[index].media;
    return MEDIA_UNKNOWN;
}

enum media media_parse(struct slice content_type)
{
    struct slice type, subtype, parameters, name, value;
    if (!split(content_type, &type, &subtype, &parameters)) return MEDIA_MALFORMED;
    enum media media = find(type, subtype);
    while (field_next_parameter(&parameters, &name, &value)) {
        if (!slice_is_nocase(name, "charset")) continue;
        if (!slice_is_nocase(value, "utf-8") && !slice_is_nocase(value, "us-ascii"))
            return MEDIA_UNKNOWN;
    }
    return media;
}

/* "0" ["." up to three digits] or "1" ["." up to three zeros] (RFC 9110 12.4.2). */
static bool parse_quality(struct slice text, u16 *quality)
{
    if (text.size < 1 || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1'))
        return false;
    if (text.size > 1 && text.data[1] != '.') return false;
    u32 sum = (u32)(text.data[0] - '0');
    for (size_t index = 2; index < 5; index++) {
        char c = index < text.size ? text.data[index] : '0';
        if (!chars_is_digit(c)) return false;
        sum = sum * 10 + (u32)(c - '0');
    }
    if (text.size == 1) sum = (u32)(text.data[0] - '0') * 1000;
    *quality = (u16)sum;
    return sum <= 1000;
}

static bool parse_range_parameters(struct slice parameters, u16 *quality)
{
    struct slice name, value;
    *quality = 1000;
    while (field_next_parameter(&parameters, &name, &value)) {
        if (slice_is_nocase(name, "q") && !parse_quality(value, quality)) return false;
        if (slice_is_nocase(name, "nulls") && slice_is_nocase(value, "stripped")) return false;
    }
    return true;
}

static bool equal_nocase(struct slice text, const char *other)
{
    for (size_t index = 0; index < text.size; index++)
        if (chars_lower(text.data[index]) != chars_lower(other[index])) return false;
    return true;
}

/* How closely the range names a media type, given by its name; 0: not at all. */
static u8 specificity_of(struct slice type, struct slice subtype, const char *name)
{
    if (slice_is(type, "*")) return slice_is(subtype, "*") ? 1 : 0;
    size_t type_size = strcspn(name, "/");
    if (type.size != type_size || !equal_nocase(type, name)) return 0;
    if (slice_is(subtype, "*")) return 2;
    return slice_is_nocase(subtype, name + type_size + 1) ? 3 : 0;
}

static void wish_update(struct media_wish *wish, u8 specificity, u16 quality, u8 order)
{
    bool closer = specificity > wish->specificity ||
                  (specificity == wish->specificity && quality > wish->quality);
    if (specificity > 0 && closer)
        *wish =
            (struct media_wish){ .quality = quality, .specificity = specificity, .order = order };
}

#define RANGE_COUNT_MAX UINT8_MAX

void media_accept_add(struct media_accept *accept, struct slice line)
{
    struct slice element, type, subtype, parameters;
    while (field_next_element(&line, &element)) {
        u16 quality;
        if (accept->range_count == RANGE_COUNT_MAX) return;
        u8 order = (u8)accept->range_count++;
        if (!split(element, &type, &subtype, &parameters)) continue;
        if (!parse_range_parameters(parameters, &quality)) continue;
        for (size_t index = 0; index < countof(names); index++)
            wish_update(&accept->wish[names[index].media],
                        specificity_of(type, subtype, names[index].name), quality, order);
    }
}

enum media media_accept_best(const struct media_accept *accept, const enum media *offers,
                             size_t offer_count)
{
    if (accept->range_count == 0) return offer_count > 0 ? offers[0] : MEDIA_UNKNOWN;
    enum media best = MEDIA_UNKNOWN;
    struct media_wish best_wish = { .quality = 0 };
    for (size_t index = 0; index < offer_count; index++) {
        assert(offers[index] < MEDIA_COUNT);
        struct media_wish wish = accept->wish[offers[index]];
        bool better = wish.quality > best_wish.quality ||
                      (wish.quality == best_wish.quality && wish.order < best_wish.order);
        if (wish.quality == 0 || !better) continue;
        best = offers[index];
        best_wish = wish;
    }
    return best;
}
