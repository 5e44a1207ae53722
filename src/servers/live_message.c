#include "servers/live_message.h"

#include "base/assert.h"
#include "wire/field.h"

/* The numbers that every reader of JSON keeps exactly. */
#define ID_MAX ((UINT64_C(1) << 53) - 1)

static const char *const ops[] = {
    [LIVE_SUBSCRIBE] = "subscribe", [LIVE_REQUEST] = "request", [LIVE_CANCEL] = "cancel",
    [LIVE_INSERT] = "insert",       [LIVE_UPSERT] = "upsert",   [LIVE_PATCH] = "patch",
    [LIVE_DELETE] = "delete",
};

#define OF(op)   (1u << LIVE_##op)
#define WRITES   (OF(INSERT) | OF(UPSERT) | OF(PATCH) | OF(DELETE))
#define FILTERED (OF(SUBSCRIBE) | OF(PATCH) | OF(DELETE))

enum member_kind { KIND_STRING, KIND_NUMBER, KIND_ROWS, KIND_PARAMETER, KIND_LATER };

#define MEMBERS(M)                                                                                 \
    M(OP, "op", ~0u, KIND_STRING)                                                                  \
    M(ID, "id", ~0u, KIND_NUMBER)                                                                  \
    M(N, "n", OF(SUBSCRIBE) | OF(REQUEST), KIND_NUMBER)                                            \
    M(VIEW, "view", OF(SUBSCRIBE), KIND_STRING)                                                    \
    M(SINCE, "since", OF(SUBSCRIBE), KIND_STRING)                                                  \
    M(TABLE, "table", WRITES, KIND_STRING)                                                         \
    M(ROWS, "rows", OF(INSERT) | OF(UPSERT), KIND_ROWS)                                            \
    M(SET, "set", OF(PATCH), KIND_ROWS)                                                            \
    M(WHERE, "where", FILTERED, KIND_STRING)                                                       \
    M(ON_CONFLICT, "on_conflict", OF(UPSERT), KIND_PARAMETER)                                      \
    M(SELECT, "select", OF(SUBSCRIBE), KIND_PARAMETER)                                             \
    M(ORDER, "order", OF(SUBSCRIBE), KIND_PARAMETER)                                               \
    M(LIMIT, "limit", OF(SUBSCRIBE), KIND_PARAMETER)                                               \
    M(OFFSET, "offset", OF(SUBSCRIBE), KIND_PARAMETER)                                             \
    M(STANCE, "stance", OF(SUBSCRIBE), KIND_PARAMETER)                                             \
    M(AUDIT, "audit", OF(SUBSCRIBE), KIND_PARAMETER)                                               \
    M(SAMPLE, "sample", OF(SUBSCRIBE), KIND_PARAMETER)                                             \
    M(DEBOUNCE, "debounce", OF(SUBSCRIBE), KIND_PARAMETER)                                         \
    M(MAX_WAIT, "max_wait", OF(SUBSCRIBE), KIND_PARAMETER)                                         \
    M(GROUP, "group", OF(SUBSCRIBE), KIND_LATER)                                                   \
    M(ACK_WAIT, "ack_wait", OF(SUBSCRIBE), KIND_LATER)                                             \
    M(MAX_DELIVER, "max_deliver", OF(SUBSCRIBE), KIND_LATER)                                       \
    M(ORDER_BY_KEY, "order_by_key", OF(SUBSCRIBE), KIND_LATER)                                     \
    M(DELIVERY, "delivery", 0, KIND_LATER)

#define MEMBER_ID(id, name, of, kind)     MEMBER_##id,
#define MEMBER_NAME(id, name, of, kind)   name,
#define MEMBER_OPTION(id, name, of, kind) { of, kind },
enum member { MEMBERS(MEMBER_ID) MEMBER_COUNT };
static const char *const names[] = { MEMBERS(MEMBER_NAME) };
static const struct {
    u32 of;
    enum member_kind kind;
} members_of[] = { MEMBERS(MEMBER_OPTION) };

static enum status find_op(struct slice name, enum live_op *op, struct err *err);
static enum status check_members(enum live_op op, const struct json_member *list, struct err *err);
static enum status check_needed(const struct live_message *message, const struct json_member *list,
                                struct err *err);
static i64 parse_n(struct slice token);
static struct slice write_query(const struct json_member *list, struct arena *arena);

enum status live_message_parse(struct live_message *message, struct json_members *members,
                               struct buf *text, struct arena *arena, struct err *err)
{
    struct json_member list[MEMBER_COUNT];
    *message = (struct live_message){ .op = LIVE_CANCEL };
    enum status status = json_members_read(members, text, names, MEMBER_COUNT, list, err);
    const struct json_member *id = &list[MEMBER_ID], *n = &list[MEMBER_N];
    message->has_id = id->kind == JSON_MEMBER_TOKEN && field_parse_u64(id->text, &message->id) &&
                      message->id <= ID_MAX;
    if (status) return FAIL;
    if (list[MEMBER_OP].kind != JSON_MEMBER_STRING)
        return err_set(err, "22023", "a message needs an \"op\"");
    if (find_op(list[MEMBER_OP].text, &message->op, err) || check_members(message->op, list, err))
        return FAIL;
    message->has_n = n->kind > JSON_MEMBER_NULL;
    if (message->has_n) message->n = n->kind == JSON_MEMBER_TOKEN ? parse_n(n->text) : 0;
    message->relation = list[message->op == LIVE_SUBSCRIBE ? MEMBER_VIEW : MEMBER_TABLE].text;
    message->since = list[MEMBER_SINCE].text;
    message->rows = list[message->op == LIVE_PATCH ? MEMBER_SET : MEMBER_ROWS].text;
    if (check_needed(message, list, err)) return FAIL;
    message->query = write_query(list, arena);
    return OK;
}

static enum status find_op(struct slice name, enum live_op *op, struct err *err)
{
    for (u32 index = 0; index < countof(ops); index++) {
        if (!slice_is(name, ops[index])) continue;
        *op = (enum live_op)index;
        return OK;
    }
    if (slice_is(name, "ack") || slice_is(name, "nack"))
        return err_set(err, "0A000", "work sharing (group, ack, nack) is not supported yet");
    return err_set(err, "22023", "\"%.*s\" is not an op", (int)MIN(name.size, (size_t)64),
                   name.data);
}

/* Every member that is there belongs to the op and is of its kind. Null counts as not there. */
static enum status check_members(enum live_op op, const struct json_member *list, struct err *err)
{
    for (u32 index = 0; index < MEMBER_COUNT; index++) {
        enum json_member_kind kind = list[index].kind;
        const char *name = names[index];
        if (kind <= JSON_MEMBER_NULL) continue;
        if (members_of[index].kind == KIND_LATER)
            return err_set(err, "0A000", "work sharing (\"%s\") is not supported yet", name);
        if (!(members_of[index].of & 1u << op))
            return err_set(err, "22023", "\"%s\" is not a member of \"%s\"", name, ops[op]);
        if (members_of[index].kind == KIND_STRING && kind != JSON_MEMBER_STRING)
            return err_set(err, "22023", "\"%s\" is to be a string", name);
        if (members_of[index].kind == KIND_ROWS && kind != JSON_MEMBER_TEXT)
            return err_set(err, "22023", "\"%s\" is to be a JSON object or an array of them", name);
        if (members_of[index].kind == KIND_PARAMETER && kind == JSON_MEMBER_TEXT)
            return err_set(err, "22023", "\"%s\" is to be a string or a number", name);
    }
    return OK;
}

static enum status need(const struct json_member *list, enum live_op op, enum member member,
                        struct err *err)
{
    if (list[member].kind > JSON_MEMBER_NULL) return OK;
    return err_set(err, "22023", "\"%s\" needs \"%s\"", ops[op], names[member]);
}

static enum status check_needed(const struct live_message *message, const struct json_member *list,
                                struct err *err)
{
    enum live_op op = message->op;
    if (need(list, op, MEMBER_ID, err)) return FAIL;
    if (!message->has_id)
        return err_set(err, "22023", "\"id\" is to be a whole number from 0 to 2^53-1");
    switch (op) {
    case LIVE_SUBSCRIBE: return need(list, op, MEMBER_VIEW, err);
    case LIVE_REQUEST: return need(list, op, MEMBER_N, err);
    case LIVE_CANCEL: return OK;
    case LIVE_PATCH:
        if (need(list, op, MEMBER_SET, err)) return FAIL;
        break;
    case LIVE_INSERT:
    case LIVE_UPSERT:
        if (need(list, op, MEMBER_ROWS, err)) return FAIL;
        break;
    case LIVE_DELETE: break;
    }
    return need(list, op, MEMBER_TABLE, err);
}

/* A demand has no upper bound (Reactive Streams 3.17): what does not fit is as good as the most that does. */
static i64 parse_n(struct slice token)
{
    u64 n = 0;
    if (token.size == 0) return 0;
    for (size_t index = 0; index < token.size; index++)
        if (token.data[index] < '0' || token.data[index] > '9') return 0;
    if (!field_parse_u64(token, &n)) n = INT64_MAX;
    return (i64)MIN(n, (u64)INT64_MAX);
}

/* Bytes that a URL would take for something else: in JSON they stand for themselves. */
static void write_escaped(struct buf *out, struct slice text)
{
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        if (c == '%' || c == '&' || c == '+')
            buf_format(out, "%%%02X", (u8)c);
        else
            buf_putc(out, c);
    }
}

static struct slice write_query(const struct json_member *list, struct arena *arena)
{
    struct buf query;
    buf_init(&query, arena->mem);
    if (list[MEMBER_WHERE].text.size > 0)
        buf_append(&query, list[MEMBER_WHERE].text.data, list[MEMBER_WHERE].text.size);
    for (u32 index = 0; index < MEMBER_COUNT; index++) {
        if (members_of[index].kind != KIND_PARAMETER || list[index].kind <= JSON_MEMBER_NULL)
            continue;
        if (query.size > 0) buf_putc(&query, '&');
        buf_puts(&query, names[index]);
        buf_putc(&query, '=');
        write_escaped(&query, list[index].text);
    }
    struct slice copy = { .data = NULL };
    if (query.size > 0) copy = slice_make(arena_string(arena, query.data, query.size), query.size);
    buf_deinit(&query);
    return copy;
}
