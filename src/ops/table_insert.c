/* INSERT: a batch whose keys are all new goes in as a whole, columns at a time; one whose conflicts are plain goes in as
 * two wholes, the new rows and the updates; anything else row by row. */
#include "base/assert.h"
#include "ops/table_internal.h"

/* One insertion of a batch. */
struct insertion {
    struct table_txn *txn;
    struct table *table;
    const struct batch *rows; /* with weights 1 */
    const struct table_insert *how;
    struct table_result *result;
    u32 arbiter;        /* the key of ON CONFLICT, or key_count: any */
    u64 **hashes;       /* by key, then row */
    u32 **existing;     /* by key, then row: the live slot with that key */
    bool is_unknown;    /* no index holds any of the keys, nor do two of the rows have the same */
    const u32 *numbers; /* by row: which of the batch it is; NULL: the same */
    u32 *stored;        /* by row: its slot, SLOT_NONE when it was left out; NULL: nobody asks */
    u32 conflict_count; /* rows that update another */
    u32 *conflict_rows;
    u32 *conflict_slots;
};

static void insert_into_bag(struct insertion *insertion);
static enum status insert_keyed(struct insertion *insertion, struct err *err);
static void insert_all(struct insertion *insertion, const struct batch *rows, u64 *const *hashes,
                       const u32 *picks);
static void give_back(struct insertion *insertion);

static u32 find_arbiter(const struct table *table, const struct table_key *key)
{
    u32 index = 0;
    while (key && index < table->key_count && strcmp(table->keys[index].key.name, key->name) != 0)
        index++;
    assert(!key || index < table->key_count);
    return key ? index : table->key_count;
}

static u32 *no_slots(struct arena *arena, u32 count)
{
    u32 *slots = arena_alloc(arena, count * sizeof *slots);
    memset(slots, 0xFF, count * sizeof *slots);
    return slots;
}

static enum status insert_rows(struct table_txn *txn, struct table *table, const struct batch *rows,
                               const struct table_insert *how, struct table_result *result,
                               struct err *err)
{
    struct batch ones = *rows;
    ones.weights = arena_alloc(txn->arena, rows->row_count * sizeof(i32));
    for (u32 row = 0; row < rows->row_count; row++)
        ones.weights[row] = 1;
    struct insertion insertion = { .txn = txn,
                                   .table = table,
                                   .rows = &ones,
                                   .how = how,
                                   .result = result,
                                   .arbiter = find_arbiter(table, how->conflict_key),
                                   .hashes = table_hash(table, rows, txn->arena) };
    if (how->returns) insertion.stored = no_slots(txn->arena, rows->row_count);
    enum status status = OK;
    if (table->by_row)
        insert_into_bag(&insertion);
    else if (table->key_count > 0)
        status = insert_keyed(&insertion, err);
    else
        insert_all(&insertion, insertion.rows, insertion.hashes, NULL);
    if (!status && how->returns) give_back(&insertion);
    return status;
}

static struct batch *first_rows(struct arena *arena, const struct batch *rows, u32 count)
{
    u32 picks[BATCH_ROW_COUNT_MAX];
    for (u32 row = 0; row < count; row++)
        picks[row] = row;
    return batch_pick(arena, rows, picks, count);
}

/* The first row to blame is the one that is named, so those before a NULL are tried. */
enum status table_insert(struct table_txn *txn, struct op *op, const struct batch *rows,
                         const struct table_insert *how, struct table_result *result,
                         struct err *err)
{
    struct table *table = table_of(op);
    assert(table->in_txn && rows->column_count == op->schema->column_count);
    assert(how->conflict != TABLE_CONFLICT_UPDATE || how->conflict_key);
    if (rows->row_count == 0) return OK;
    struct err null_err;
    err_clear(&null_err);
    if (!table_check_not_null(table, rows, &null_err)) {
        if (insert_rows(txn, table, rows, how, result, err)) return FAIL;
        table->row_count += rows->row_count;
        return OK;
    }
    u32 count = (u32)null_err.row - 1;
    if (count > 0) {
        const struct batch *before = first_rows(txn->arena, rows, count);
        if (insert_rows(txn, table, before, how, result, err)) return FAIL;
    }
    if (err) *err = null_err;
    return FAIL;
}

/* The slots behind those that earlier batches of the statement gave. */
static void give_back(struct insertion *insertion)
{
    struct table_result *result = insertion->result;
    u32 row_count = insertion->rows->row_count, before = result->returned_count;
    u32 *all = arena_alloc(insertion->txn->arena, (before + row_count) * sizeof(u32));
    if (before > 0) memcpy(all, result->returned, before * sizeof(u32));
    for (u32 row = 0; row < row_count; row++) {
        all[result->returned_count] = insertion->stored[row];
        result->returned_count += insertion->stored[row] != SLOT_NONE;
    }
    result->returned = all;
}

/* The row is stored in the slot. */
static void note(struct insertion *insertion, u32 row, u32 slot)
{
    insertion->result->row_count++;
    if (insertion->stored) insertion->stored[row] = slot;
}

/* New rows, as a whole; they are the insertion's rows picks, or all of them. */
static void insert_all(struct insertion *insertion, const struct batch *rows, u64 *const *hashes,
                       const u32 *picks)
{
    struct table *table = insertion->table;
    u32 slots[BATCH_ROW_COUNT_MAX];
    rows_add_batch(table->op.rows, rows, slots);
    table_index(table, rows, slots, hashes, insertion->is_unknown);
    if (insertion->how->conflict == TABLE_CONFLICT_UPDATE)
        for (u32 row = 0; row < rows->row_count; row++)
            table_touch(table, slots[row])->is_born = true;
    for (u32 row = 0; row < rows->row_count; row++)
        note(insertion, picks ? picks[row] : row, slots[row]);
}

/* Some of the rows, as a whole. */
static void insert_picks(struct insertion *insertion, const u32 *picks, u32 count)
{
    if (count == 0) return;
    struct table *table = insertion->table;
    struct arena *arena = insertion->txn->arena;
    struct batch *rows = batch_pick(arena, insertion->rows, picks, count);
    u32 hash_count = table->by_row ? 1 : table->key_count;
    u64 **hashes = arena_array(arena, u64 *, hash_count);
    for (u32 key = 0; key < hash_count; key++) {
        hashes[key] = arena_alloc(arena, count * sizeof(u64));
        for (u32 at = 0; at < count; at++)
            hashes[key][at] = insertion->hashes[key][picks[at]];
    }
    insert_all(insertion, rows, hashes, picks);
}

/* Splits the rows: repeats are those whose hash an earlier row has too, so perhaps they are equal; firsts are the
 * others. Rows that the key (may be NULL) does not concern are firsts. Returns the number of repeats. */
static u32 find_repeats(const struct batch *rows, const struct table_key *key, const u64 *hashes,
                        u32 *firsts, u32 *repeats)
{
    u16 places[2 * BATCH_ROW_COUNT_MAX]; /* row + 1 by hash */
    u32 mask = countof(places) - 1, repeat_count = 0;
    bool has_exempt = key && table_may_exempt(key, rows);
    if (rows->row_count > 1) memset(places, 0, sizeof places);
    for (u32 row = 0; row < rows->row_count; row++) {
        firsts[row - repeat_count] = row;
        if (rows->row_count == 1 || (has_exempt && table_is_exempt(key, rows, row))) continue;
        u32 place = (u32)hashes[row] & mask;
        while (places[place] && hashes[places[place] - 1] != hashes[row])
            place = (place + 1) & mask;
        if (places[place])
            repeats[repeat_count++] = row;
        else
            places[place] = (u16)(row + 1);
    }
    return repeat_count;
}

/* --- a bag: copies of a row share one slot --- */

static void insert_into_bag(struct insertion *insertion)
{
    struct table *table = insertion->table;
    const struct batch *rows = insertion->rows;
    const u64 *hashes = insertion->hashes[0];
    u32 repeats[BATCH_ROW_COUNT_MAX], firsts[BATCH_ROW_COUNT_MAX], found[BATCH_ROW_COUNT_MAX];
    u32 repeat_count = find_repeats(rows, NULL, hashes, firsts, repeats), fresh_count = 0;
    index_find_row_batch(table->by_row, rows, hashes, found);
    for (u32 at = 0; at < rows->row_count - repeat_count; at++) {
        u32 row = firsts[at];
        firsts[fresh_count] = row;
        fresh_count += found[row] == SLOT_NONE;
        if (found[row] == SLOT_NONE) continue;
        rows_change(table->op.rows, found[row], 1);
        note(insertion, row, found[row]);
    }
    if (fresh_count == rows->row_count)
        insert_all(insertion, rows, insertion->hashes, NULL);
    else
        insert_picks(insertion, firsts, fresh_count);
    for (u32 at = 0; at < repeat_count; at++) {
        u32 row = repeats[at], slot = index_find_row(table->by_row, rows, row, hashes[row]);
        if (slot == SLOT_NONE) {
            insert_picks(insertion, &row, 1);
            continue;
        }
        rows_change(table->op.rows, slot, 1);
        note(insertion, row, slot);
    }
}

/* --- a table with keys --- */

enum plan { PLAN_ALL_NEW, PLAN_TWO_WHOLES, PLAN_ROW_BY_ROW, PLAN_FAIL };

static enum plan plan_insertion(struct insertion *insertion, bool repeats, u32 *fresh,
                                u32 *fresh_count, struct err *err);
static enum status update_conflicts(struct insertion *insertion, struct err *err);
static enum status insert_row_by_row(struct insertion *insertion, struct err *err);
static bool has_repeats(const struct insertion *insertion);
static enum status insert_in_waves(struct insertion *insertion, struct err *err);

static enum status insert_keyed(struct insertion *insertion, struct err *err)
{
    u32 fresh[BATCH_ROW_COUNT_MAX], fresh_count;
    u32 row_count = insertion->rows->row_count;
    insertion->conflict_rows = arena_alloc(insertion->txn->arena, row_count * sizeof(u32));
    insertion->conflict_slots = arena_alloc(insertion->txn->arena, row_count * sizeof(u32));
    bool repeats = has_repeats(insertion);
    bool may_wave = insertion->how->may_repeat && insertion->table->key_count == 1;
    if (repeats && may_wave) return insert_in_waves(insertion, err);
    switch (plan_insertion(insertion, repeats, fresh, &fresh_count, err)) {
    case PLAN_ALL_NEW: insert_all(insertion, insertion->rows, insertion->hashes, NULL); return OK;
    case PLAN_TWO_WHOLES:
        insert_picks(insertion, fresh, fresh_count);
        return update_conflicts(insertion, err);
    case PLAN_ROW_BY_ROW: return insert_row_by_row(insertion, err);
    case PLAN_FAIL: return FAIL;
    }
    unreachable();
}

/* The live slots with the rows' keys. Returns whether there are any; *held says whether there are others at least, on
 * their way out. */
static bool find_existing(struct insertion *insertion, bool *held)
{
    struct table *table = insertion->table;
    struct arena *arena = insertion->txn->arena;
    u32 row_count = insertion->rows->row_count;
    bool any = false;
    insertion->existing = arena_array(arena, u32 *, table->key_count);
    *held = false;
    for (u32 key = 0; key < table->key_count; key++) {
        const struct table_unique *unique = &table->keys[key];
        struct column columns[TABLE_KEY_COLUMN_MAX];
        table_key_columns(&unique->key, insertion->rows, columns);
        u32 *slots = arena_alloc(arena, row_count * sizeof(u32));
        *held |= index_find_batch(unique->index, columns, insertion->hashes[key], row_count,
                                  unique->key.is_nulls_not_distinct, SIDE_NEW, slots);
        for (u32 row = 0; row < row_count; row++)
            any |= slots[row] != SLOT_NONE;
        insertion->existing[key] = slots;
    }
    return any;
}

static bool has_repeats(const struct insertion *insertion)
{
    u32 firsts[BATCH_ROW_COUNT_MAX], repeats[BATCH_ROW_COUNT_MAX];
    for (u32 key = 0; key < insertion->table->key_count; key++)
        if (find_repeats(insertion->rows, &insertion->table->keys[key].key, insertion->hashes[key],
                         firsts, repeats) > 0)
            return true;
    return false;
}

/* May the row that collides with this key do something else than fail? */
static bool is_covered(const struct insertion *insertion, u32 key)
{
    return insertion->how->conflict != TABLE_CONFLICT_ERROR &&
           (key == insertion->arbiter || insertion->arbiter == insertion->table->key_count);
}

/* What the row collides with: the arbiter's slot, or another key's, or nothing (SLOT_NONE). */
static u32 collision_of(const struct insertion *insertion, u32 row, u32 *key)
{
    u32 arbiter = insertion->arbiter, key_count = insertion->table->key_count;
    if (arbiter < key_count && insertion->existing[arbiter][row] != SLOT_NONE) {
        *key = arbiter;
        return insertion->existing[arbiter][row];
    }
    for (*key = 0; *key < key_count; ++*key)
        if (insertion->existing[*key][row] != SLOT_NONE) return insertion->existing[*key][row];
    return SLOT_NONE;
}

/* Rows that meet each other inside the statement need the order of the rows. */
static enum plan plan_insertion(struct insertion *insertion, bool repeats, u32 *fresh,
                                u32 *fresh_count, struct err *err)
{
    bool any_held, any_live = find_existing(insertion, &any_held);
    if (repeats) return PLAN_ROW_BY_ROW;
    insertion->is_unknown = !any_held;
    if (!any_live) return PLAN_ALL_NEW;
    *fresh_count = 0;
    for (u32 row = 0; row < insertion->rows->row_count; row++) {
        u32 key, slot = collision_of(insertion, row, &key);
        if (slot == SLOT_NONE) {
            fresh[(*fresh_count)++] = row;
            continue;
        }
        bool covered = is_covered(insertion, key), updates = insertion->conflict_count > 0;
        if (!covered && !updates) {
            table_key_exists(insertion->table, key, insertion->rows, row, err);
            return PLAN_FAIL;
        }
        if (!covered || table_touched(insertion->table, slot)) {
            insertion->conflict_count = 0;
            return PLAN_ROW_BY_ROW;
        }
        if (insertion->how->conflict == TABLE_CONFLICT_IGNORE) continue;
        insertion->conflict_rows[insertion->conflict_count] = row;
        insertion->conflict_slots[insertion->conflict_count++] = slot;
    }
    return PLAN_TWO_WHOLES;
}

/* Rows that repeat a key, one version after the other: first all first ones, then all that follow. */
static enum status insert_in_waves(struct insertion *insertion, struct err *err)
{
    struct arena *arena = insertion->txn->arena;
    const struct batch *rows = insertion->rows;
    u32 firsts[BATCH_ROW_COUNT_MAX], repeats[BATCH_ROW_COUNT_MAX];
    u32 repeat_count =
        find_repeats(rows, &insertion->table->keys[0].key, insertion->hashes[0], firsts, repeats);
    u32 counts[2] = { rows->row_count - repeat_count, repeat_count };
    const u32 *picks[2] = { firsts, repeats };
    for (u32 half = 0; half < 2; half++) {
        struct insertion wave = *insertion;
        wave.rows = batch_pick(arena, rows, picks[half], counts[half]);
        wave.numbers = picks[half];
        wave.hashes = table_hash(insertion->table, wave.rows, arena);
        if (insertion->stored) wave.stored = no_slots(arena, counts[half]);
        enum status status = insert_keyed(&wave, err);
        for (u32 at = 0; insertion->stored && at < counts[half]; at++)
            insertion->stored[picks[half][at]] = wave.stored[at];
        if (!status) continue;
        if (err && err->row > 0) err->row = picks[half][err->row - 1] + 1;
        return FAIL;
    }
    return OK;
}

/* Asks what the rows that collided become. */
static enum status ask_update(struct insertion *insertion, u32 count, struct batch **updated,
                              u32 *picks, struct err *err)
{
    struct arena *arena = insertion->txn->arena;
    const struct rows *rows = insertion->table->op.rows;
    struct batch existing = { .row_count = count, .column_count = rows_column_count(rows) };
    existing.columns = arena_array(arena, struct column, existing.column_count);
    existing.weights = arena_array(arena, i32, count);
    rows_gather(rows, insertion->conflict_slots, count, NULL, 0, arena, existing.columns);
    const struct batch *excluded = insertion->rows;
    if (count < excluded->row_count)
        excluded = batch_pick(arena, excluded, insertion->conflict_rows, count);
    const struct table_insert *how = insertion->how;
    if (how->update(how->context, &existing, excluded, arena, updated, picks, err)) return FAIL;
    assert((*updated)->row_count <= count);
    return OK;
}

/* DO UPDATE for the rows that collided so far. */
static enum status update_conflicts(struct insertion *insertion, struct err *err)
{
    u32 count = insertion->conflict_count;
    if (count == 0) return OK;
    insertion->conflict_count = 0;
    struct table *table = insertion->table;
    struct batch *updated;
    u32 picks[BATCH_ROW_COUNT_MAX], slots[BATCH_ROW_COUNT_MAX], made[BATCH_ROW_COUNT_MAX];
    if (ask_update(insertion, count, &updated, picks, err)) return FAIL;
    for (u32 row = 0; row < updated->row_count; row++) {
        slots[row] = insertion->conflict_slots[picks[row]];
        table_touch(table, slots[row])->is_updated = true;
    }
    u64 row_count = 0;
    if (table_replace(table, insertion->txn, slots, updated, made, &row_count, err)) {
        if (err && err->row > 0) err->row = insertion->conflict_rows[picks[err->row - 1]] + 1;
        return FAIL;
    }
    for (u32 row = 0; row < updated->row_count; row++) {
        u32 from = insertion->conflict_rows[picks[row]];
        struct table_touch *touch = table_touch(table, made[row]);
        touch->is_born |= made[row] != slots[row];
        touch->row = table->row_count + (insertion->numbers ? insertion->numbers[from] : from) + 1;
        note(insertion, from, made[row]);
    }
    return OK;
}

/* --- row by row --- */

/* What the row collides with now, as collision_of. */
static u32 collision_now(struct insertion *insertion, u32 row, u32 *key)
{
    struct table *table = insertion->table;
    for (u32 k = 0; k < table->key_count; k++)
        insertion->existing[k][row] =
            table_find_key(table, k, insertion->rows, row, insertion->hashes[k][row], SLOT_NONE);
    return collision_of(insertion, row, key);
}

static enum status second_time(u32 row, struct err *err)
{
    err_set(err, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time");
    err_hint(err, "Ensure that no rows proposed for insertion within the same command "
                  "have duplicate constrained values.");
    if (err) err->row = row + 1;
    return FAIL;
}

/* The row that collides updates the one at slot, once it is its turn. */
static enum status put_off(struct insertion *insertion, u32 row, u32 slot, struct err *err)
{
    struct table_touch *touch = table_touch(insertion->table, slot);
    if ((touch->is_born || touch->is_updated) && !insertion->how->may_repeat)
        return second_time(row, err);
    insertion->conflict_rows[insertion->conflict_count] = row;
    insertion->conflict_slots[insertion->conflict_count++] = slot;
    return OK;
}

static enum status insert_row(struct insertion *insertion, u32 row, struct err *err)
{
    u32 key, slot = collision_now(insertion, row, &key);
    bool is_plain =
        slot == SLOT_NONE || (is_covered(insertion, key) && !table_touched(insertion->table, slot));
    if (!is_plain && insertion->conflict_count > 0) {
        /* What was put off may be in the way, or be the very row that is to be updated again. */
        if (update_conflicts(insertion, err)) return FAIL;
        slot = collision_now(insertion, row, &key);
    }
    if (slot == SLOT_NONE)
        insert_picks(insertion, &row, 1);
    else if (!is_covered(insertion, key))
        return table_key_exists(insertion->table, key, insertion->rows, row, err);
    else if (insertion->how->conflict == TABLE_CONFLICT_UPDATE)
        return put_off(insertion, row, slot, err);
    return OK;
}

static enum status insert_row_by_row(struct insertion *insertion, struct err *err)
{
    for (u32 row = 0; row < insertion->rows->row_count; row++)
        if (insert_row(insertion, row, err)) return FAIL;
    return update_conflicts(insertion, err);
}
