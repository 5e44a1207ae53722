#include "tests/unit/view/replica.h"

#include <stdlib.h>

#include "base/hash.h"
#include "tests/test.h"

/* --- a small strict JSON reader --- */

struct reader {
    const char *at;
    const char *end;
};

static char peek(const struct reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct reader *reader, char c)
{
    if (peek(reader) != c) return false;
    reader->at++;
    return true;
}

static void need(struct reader *reader, char c)
{
    if (!take(reader, c)) fail_msg("'%c' is missing at: %.60s", c, reader->at);
}

/* The text between the quotes. */
static struct slice read_string(struct reader *reader)
{
    need(reader, '"');
    const char *start = reader->at;
    while (peek(reader) != '"') {
        assert_true((u8)peek(reader) >= 0x20);
        reader->at += peek(reader) == '\\' ? 2 : 1;
        assert_true(reader->at < reader->end);
    }
    reader->at++;
    return slice_make(start, (size_t)(reader->at - start - 1));
}

/* A scalar as it stands there. */
static struct slice read_value(struct reader *reader)
{
    const char *start = reader->at;
    if (peek(reader) == '"') {
        read_string(reader);
    } else {
        while (peek(reader) && !strchr(",}]", peek(reader)))
            reader->at++;
    }
    assert_true(reader->at > start);
    return slice_make(start, (size_t)(reader->at - start));
}

static u64 read_number(struct reader *reader)
{
    struct slice text = read_value(reader);
    char *end;
    u64 number = strtoull(text.data, &end, 10);
    assert_ptr_equal(end, text.data + text.size);
    return number;
}

/* --- rows --- */

static u64 text_hash(struct slice text)
{
    u64 hash = hash_bytes_of(text.data, text.size, 7);
    return hash ? hash : 1;
}

u64 replica_row_hash(struct slice text, i64 copies)
{
    return hash_mix(text_hash(text), 11) * (u64)copies;
}

void replica_init(struct replica *replica, struct mem *mem, bool is_bag)
{
    *replica = (struct replica){ .mem = mem, .is_bag = is_bag };
}

static void clear(struct replica *replica)
{
    mem_free(replica->mem, replica->rows, replica->capacity * sizeof *replica->rows);
    replica->rows = NULL;
    replica->capacity = replica->count = 0;
    replica->sum = 0;
}

void replica_deinit(struct replica *replica)
{
    clear(replica);
}

static struct replica_row *find(const struct replica *replica, u64 key)
{
    u32 mask = replica->capacity - 1, at = (u32)key & mask;
    while (replica->rows[at].key && replica->rows[at].key != key)
        at = (at + 1) & mask;
    return &replica->rows[at];
}

/* Rows that went stay as keys without copies until the map grows. */
static void grow(struct replica *replica)
{
    if ((replica->count + 1) * 2 <= replica->capacity) return;
    struct replica_row *old = replica->rows;
    u32 old_capacity = replica->capacity, live = 0;
    for (u32 at = 0; at < old_capacity; at++)
        live += old[at].copies != 0;
    u32 capacity = 16;
    while (capacity < live * 4)
        capacity *= 2;
    replica->rows = mem_zalloc(replica->mem, capacity * sizeof *old);
    replica->capacity = capacity;
    replica->count = live;
    for (u32 at = 0; at < old_capacity; at++)
        if (old[at].copies != 0) *find(replica, old[at].key) = old[at];
    mem_free(replica->mem, old, old_capacity * sizeof *old);
}

static void put(struct replica *replica, u64 key, struct slice text, i64 copies)
{
    grow(replica);
    u64 row_hash = replica_row_hash(text, 1);
    struct replica_row *row = find(replica, key);
    if (!row->key) replica->count++;
    if (copies == row->copies && (copies == 0 || row->row == row_hash)) replica->useless++;
    replica->sum -= row->row * (u64)row->copies;
    *row = (struct replica_row){ .key = key, .row = row_hash, .copies = copies };
    replica->sum += row_hash * (u64)copies;
}

struct row_text {
    struct slice text; /* of a bag: without the number of copies */
    u64 key;
    i64 copies;
};

/* Reads an object; key is the hash of the texts of the key's members, which must be there. */
static struct row_text read_row(struct replica *replica, struct reader *reader)
{
    struct row_text row = { .copies = 1 };
    struct slice keys[8] = { 0 };
    const char *start = reader->at, *last = start;
    need(reader, '{');
    do {
        last = reader->at;
        struct slice name = read_string(reader);
        need(reader, ':');
        struct slice value = read_value(reader);
        for (u32 key = 0; key < replica->key_count; key++)
            if (slice_is(name, replica->key_names[key])) keys[key] = value;
        if (replica->is_bag && slice_is(name, "_count")) row.copies = strtoll(value.data, NULL, 10);
    } while (take(reader, ','));
    need(reader, '}');
    const char *end = replica->is_bag ? last : reader->at;
    row.text = slice_make(start, (size_t)(end - start));
    row.key = text_hash(row.text);
    for (u32 key = 0; key < replica->key_count; key++) {
        assert_non_null(keys[key].data);
        u64 hash = text_hash(keys[key]);
        row.key = key == 0 ? hash : hash_mix(row.key, hash) | 1;
    }
    return row;
}

static void read_upserts(struct replica *replica, struct reader *reader)
{
    need(reader, '[');
    if (take(reader, ']')) return;
    do {
        struct row_text row = read_row(replica, reader);
        put(replica, row.key, row.text, row.copies);
        replica->upserted++;
    } while (take(reader, ','));
    need(reader, ']');
}

/* Deleting a key that is not there is allowed. */
static void read_deletes(struct replica *replica, struct reader *reader)
{
    need(reader, '[');
    if (take(reader, ']')) return;
    do {
        struct row_text row = read_row(replica, reader);
        put(replica, row.key, row.text, 0);
        replica->deleted++;
    } while (take(reader, ','));
    need(reader, ']');
}

static void read_key(struct replica *replica, struct reader *reader)
{
    replica->key_count = 0;
    need(reader, '[');
    if (take(reader, ']')) return;
    do {
        struct slice name = read_string(reader);
        char *target = replica->key_names[replica->key_count++];
        assert_true(name.size < sizeof replica->key_names[0]);
        memcpy(target, name.data, name.size);
        target[name.size] = '\0';
    } while (take(reader, ','));
    need(reader, ']');
}

static bool read_true(struct reader *reader)
{
    assert_true(slice_is(read_value(reader), "true"));
    return true;
}

/* A state that replaces another one, perhaps in the middle of it. */
static void read_reset(struct replica *replica, struct reader *reader)
{
    replica->was_reset = read_true(reader);
    if (!replica->is_staged) return;
    clear(replica);
    replica->init_count++;
}

static bool read_members(struct replica *replica, struct reader *reader, bool is_init)
{
    bool more = false;
    do {
        struct slice name = read_string(reader);
        need(reader, ':');
        if (slice_is(name, "tick"))
            replica->tick = read_number(reader);
        else if (slice_is(name, "reset") && is_init)
            read_reset(replica, reader);
        else if (slice_is(name, "conflated") && !is_init)
            replica->conflated = read_number(reader);
        else if (slice_is(name, "key") && is_init)
            read_key(replica, reader);
        else if (slice_is(name, is_init ? "rows" : "upsert"))
            read_upserts(replica, reader);
        else if (slice_is(name, "delete") && !is_init && !replica->is_bag)
            read_deletes(replica, reader);
        else if (slice_is(name, "more"))
            more = read_true(reader);
        else
            fail_msg("a frame has a member \"%.*s\"", (int)name.size, name.data);
    } while (take(reader, ','));
    return more;
}

void replica_apply(struct replica *replica, struct slice frame, bool is_init, bool more)
{
    struct reader reader = { .at = frame.data, .end = frame.data + frame.size };
    u64 tick = replica->tick;
    bool is_first = !replica->is_staged || (is_init && !replica->was_init);
    replica->was_init = is_init;
    need(&reader, '{');
    if (is_first) {
        replica->was_reset = false;
        replica->conflated = 0;
        replica->init_count += is_init;
        if (is_init) clear(replica);
    }
    bool said_more = read_members(replica, &reader, is_init);
    need(&reader, '}');
    assert_ptr_equal(reader.at, reader.end);
    assert_true(said_more == more);
    assert_true(replica->tick >= tick);
    assert_true(replica->conflated != 1);
    assert_true(is_init || replica->has_begun);
    replica->is_staged = more;
    if (!more) replica->has_begun = true;
}
