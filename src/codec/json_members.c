#include "codec/json_members.h"

#include "base/assert.h"
#include "codec/json_simd.h"

/* A reader that holds more than for texts of this length is not kept. */
#define KEPT_SIZE_MAX KIB(256)

struct json_members {
    struct mem *mem;
    const struct json_simd *simd;
    struct json_reader *reader; /* NULL until it is needed */
    u64 reader_size;            /* charged to mem */
    /* of the read that goes on */
    const char *const *names;
    u32 count;
    struct json_member *out;
    struct err *err;
};

static int on_raw_key(void *context, const char *raw, u32 ordinal);
static int on_key(void *context, const char *key, size_t size);
static bool on_cell(void *context, int column, enum json_cell kind, const char *text, size_t size);

struct json_members *json_members_open(struct mem *mem)
{
    struct json_members *members = mem_zalloc(mem, sizeof *members);
    members->mem = mem;
#ifdef __x86_64__
    bool avx2 = __builtin_cpu_supports("avx2");
#else
    bool avx2 = false;
#endif
    members->simd = avx2 ? &json_simd_avx2 : &json_simd_plain;
    return members;
}

static void reader_close(struct json_members *members)
{
    if (members->reader) members->simd->close(members->reader);
    mem_discharge(members->mem, members->reader_size);
    members->reader = NULL;
    members->reader_size = 0;
}

static void reader_charge(struct json_members *members)
{
    u64 size = members->simd->size(members->reader);
    mem_charge(members->mem, size - members->reader_size);
    members->reader_size = size;
}

void json_members_close(struct json_members *members)
{
    reader_close(members);
    mem_free(members->mem, members, sizeof *members);
}

void json_members_forget(struct json_members *members)
{
    if (members->reader_size > KEPT_SIZE_MAX) reader_close(members);
}

enum status json_members_read(struct json_members *members, struct buf *text,
                              const char *const *names, u32 count, struct json_member *out,
                              struct err *err)
{
    assert(count <= JSON_MEMBERS_COUNT_MAX);
    static const struct json_sink sink = { .on_raw_key = on_raw_key,
                                           .on_key = on_key,
                                           .on_cell = on_cell };
    struct json_sink mine = sink;
    mine.context = members;
    members->names = names;
    members->count = count;
    members->out = out;
    members->err = err;
    memset(out, 0, count * sizeof *out);
    memset(buf_reserve(text, JSON_PADDING), ' ', JSON_PADDING);
    if (!members->reader) members->reader = members->simd->open();
    size_t offset;
    const char *why = members->simd->begin(members->reader, text->data, text->size, false);
    enum json_next next = JSON_NEXT_BAD;
    reader_charge(members);
    if (!why && text->data[strspn(text->data, " \t\r\n")] != '{') why = "it is not an object";
    if (!why) next = members->simd->next(members->reader, &mine, &offset, &why);
    if (next == JSON_NEXT_ROW) return OK;
    if (next == JSON_NEXT_STOPPED) return FAIL;
    err_set(err, "22P02", "the message is not a JSON object");
    return err_detail(err, "%s", why ? why : "it is empty");
}

static int on_raw_key(void *context, const char *raw, u32 ordinal)
{
    (void)context;
    (void)raw;
    (void)ordinal;
    return JSON_KEY_UNKNOWN;
}

static int on_key(void *context, const char *key, size_t size)
{
    struct json_members *members = context;
    struct slice name = slice_make(key, size);
    for (u32 index = 0; index < members->count; index++) {
        if (!slice_is(name, members->names[index])) continue;
        if (members->out[index].kind == JSON_MEMBER_ABSENT) return (int)index;
        err_set(members->err, "22023", "\"%s\" comes twice", members->names[index]);
        return JSON_KEY_STOP;
    }
    err_set(members->err, "22023", "\"%.*s\" is not a member of a message",
            (int)MIN(size, (size_t)64), key);
    return JSON_KEY_STOP;
}

static bool on_cell(void *context, int column, enum json_cell kind, const char *text, size_t size)
{
    static const enum json_member_kind kinds[] = {
        [JSON_CELL_NULL] = JSON_MEMBER_NULL,
        [JSON_CELL_TOKEN] = JSON_MEMBER_TOKEN,
        [JSON_CELL_STRING] = JSON_MEMBER_STRING,
        [JSON_CELL_TEXT] = JSON_MEMBER_TEXT,
    };
    struct json_members *members = context;
    members->out[column] =
        (struct json_member){ .kind = kinds[kind], .text = slice_make(text, size) };
    return true;
}
