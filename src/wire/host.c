#include "wire/host.h"

#include "wire/chars.h"

static bool equal_nocase(struct slice a, struct slice b)
{
    if (a.size != b.size) return false;
    for (size_t index = 0; index < a.size; index++)
        if (chars_lower(a.data[index]) != chars_lower(b.data[index])) return false;
    return true;
}

/* Digits up to 65535, at most five of them. */
static bool parse_port(struct slice text, u16 *port)
{
    u32 sum = 0;
    if (text.size == 0 || text.size > 5) return false;
    for (size_t index = 0; index < text.size; index++) {
        if (!chars_is_digit(text.data[index])) return false;
        sum = sum * 10 + (u32)(text.data[index] - '0');
    }
    *port = (u16)sum;
    return sum <= UINT16_MAX;
}

/* Four decimal numbers up to 255 without leading zeros (RFC 3986 3.2.2): 127.1 and 0177.0.0.1 are
 * addresses to some programs and names to others, so they are names here. */
static bool is_ipv4(struct slice text)
{
    u32 part_count = 0;
    for (size_t index = 0; index < text.size;) {
        size_t begin = index;
        u32 number = 0;
        for (; index < text.size && chars_is_digit(text.data[index]) && index - begin < 3; index++)
            number = number * 10 + (u32)(text.data[index] - '0');
        bool is_number =
            index > begin && number <= 255 && (index - begin == 1 || text.data[begin] != '0');
        if (!is_number) return false;
        part_count++;
        if (index == text.size) break;
        if (text.data[index++] != '.' || part_count == 4 || index == text.size) return false;
    }
    return part_count == 4;
}

static size_t hex_run(const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && chars_hex_value(*at) >= 0)
        at++;
    return (size_t)(at - begin);
}

/* Groups of hex digits with colons between, as many as there are, until the end or "::". Returns how
 * many 16-bit groups were read, an IPv4 address at the very end being two; -1 when malformed. */
static int ipv6_groups(const char **cursor, const char *end)
{
    const char *at = *cursor;
    int count = 0;
    while (at < end && *at != ':') {
        size_t size = hex_run(at, end);
        if (at + size < end && at[size] == '.') {
            if (!is_ipv4(slice_make(at, (size_t)(end - at)))) return -1;
            *cursor = end;
            return count + 2;
        }
        if (size < 1 || size > 4) return -1;
        count++;
        at += size;
        if (at == end || *at != ':') break;
        if (at + 1 < end && at[1] == ':') break;
        if (++at == end) return -1;
    }
    *cursor = at;
    return count;
}

/* Eight groups, or fewer around one "::" (RFC 3986 3.2.2). No zones. */
static bool is_ipv6(struct slice text)
{
    const char *at = text.data, *end = text.data + text.size;
    int before = ipv6_groups(&at, end);
    if (before < 0) return false;
    if (at == end) return before == 8;
    if (end - at < 2 || at[0] != ':' || at[1] != ':') return false;
    at += 2;
    int after = ipv6_groups(&at, end);
    return after >= 0 && at == end && before + after <= 7;
}

/* Letters, digits, '-', '.', '_' : names as they are in use; no escapes, no user information. */
static bool is_name(struct slice text)
{
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        if (!chars_is_letter(c) && !chars_is_digit(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return text.size > 0;
}

/* Divides text into name and what follows it; brackets come off. */
static bool split(struct slice text, struct host *host, struct slice *rest)
{
    bool bracket = text.size > 0 && text.data[0] == '[';
    const char *mark = text.size ? memchr(text.data, bracket ? ']' : ':', text.size) : NULL;
    if (bracket && !mark) return false;
    size_t size = mark ? (size_t)(mark - text.data) : text.size;
    size_t skip = bracket ? 1 : 0;
    host->name = slice_make(text.data + skip, size - skip);
    *rest = slice_make(text.data + size + skip, text.size - size - skip);
    if (bracket) {
        host->kind = HOST_IPV6;
        return is_ipv6(host->name);
    }
    host->kind = is_ipv4(host->name) ? HOST_IPV4 : HOST_NAME;
    return is_name(host->name);
}

bool host_parse(struct slice text, struct host *host)
{
    struct slice rest;
    *host = (struct host){ .kind = HOST_NAME };
    if (!split(text, host, &rest)) return false;
    if (rest.size == 0) return true;
    host->has_port = true;
    return rest.data[0] == ':' && parse_port(slice_make(rest.data + 1, rest.size - 1), &host->port);
}

bool host_allowed(struct slice text, const struct slice *names, size_t name_count)
{
    struct host host, named;
    if (!host_parse(text, &host)) return false;
    if (host.kind != HOST_NAME || slice_is_nocase(host.name, "localhost")) return true;
    for (size_t index = 0; index < name_count; index++) {
        if (!host_parse(names[index], &named) || !equal_nocase(host.name, named.name)) continue;
        if (!named.has_port || (host.has_port && host.port == named.port)) return true;
    }
    return false;
}

static bool is_scheme(struct slice text)
{
    if (text.size == 0 || !chars_is_letter(text.data[0])) return false;
    for (size_t index = 1; index < text.size; index++) {
        char c = text.data[index];
        if (!chars_is_letter(c) && !chars_is_digit(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static u16 default_port(struct slice scheme)
{
    if (slice_is_nocase(scheme, "http")) return 80;
    if (slice_is_nocase(scheme, "https")) return 443;
    return 0;
}

bool host_origin_parse(struct slice text, struct host_origin *origin)
{
    *origin = (struct host_origin){ .is_null = slice_is(text, "null") };
    if (origin->is_null) return true;
    const char *mark = text.size ? memmem(text.data, text.size, "://", 3) : NULL;
    if (!mark) return false;
    origin->scheme = slice_make(text.data, (size_t)(mark - text.data));
    struct slice rest = slice_make(mark + 3, text.size - origin->scheme.size - 3);
    if (!is_scheme(origin->scheme) || !host_parse(rest, &origin->host)) return false;
    origin->port = origin->host.has_port ? origin->host.port : default_port(origin->scheme);
    return true;
}

static bool origin_equal(const struct host_origin *a, const struct host_origin *b)
{
    if (a->is_null || b->is_null) return a->is_null && b->is_null;
    return equal_nocase(a->scheme, b->scheme) && a->host.kind == b->host.kind &&
           equal_nocase(a->host.name, b->host.name) && a->port == b->port;
}

bool host_origin_allowed(struct slice text, const struct slice *names, size_t name_count)
{
    struct host_origin origin, named;
    if (!host_origin_parse(text, &origin)) return false;
    for (size_t index = 0; index < name_count; index++)
        if (host_origin_parse(names[index], &named) && origin_equal(&origin, &named)) return true;
    return false;
}
