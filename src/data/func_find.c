/* Which function is meant: PostgreSQL's rules (manual, chapter 10), in the manual's order.
 *
 * A literal whose type is open (unknown) fits everything. Among those that fit, the one with the most
 * exact types wins, then the one with the most preferred types; then the literals' category is
 * guessed from the candidates; and at last all literals are taken to be of the one known type. */
#include <stdio.h>

#include "base/assert.h"
#include "data/func.h"
#include "data/func_internal.h"

#define CANDIDATE_COUNT_MAX 128

struct candidates {
    u32 count;
    const struct func *funcs[CANDIDATE_COUNT_MAX];
};

/* pg_type.typcategory. */
enum category {
    CATEGORY_UNKNOWN,
    CATEGORY_ANY,
    CATEGORY_BOOL,
    CATEGORY_NUMBER,
    CATEGORY_STRING,
    CATEGORY_TIME,
    CATEGORY_SPAN,
    CATEGORY_USER,
};

static enum category category_of(u32 type)
{
    if (type == FUNC_ANY || type == FUNC_SAME) return CATEGORY_ANY;
    switch ((enum type_id)type) {
    case TYPE_UNKNOWN: return CATEGORY_UNKNOWN;
    case TYPE_BOOL: return CATEGORY_BOOL;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC: return CATEGORY_NUMBER;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR: return CATEGORY_STRING;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: return CATEGORY_TIME;
    case TYPE_INTERVAL: return CATEGORY_SPAN;
    case TYPE_BYTEA:
    case TYPE_UUID: return CATEGORY_USER;
    case TYPE_COUNT: break;
    }
    unreachable();
}

/* pg_type.typispreferred: the type that a category prefers. */
static bool is_preferred(u32 type)
{
    return type == TYPE_BOOL || type == TYPE_FLOAT8 || type == TYPE_TEXT ||
           type == TYPE_TIMESTAMPTZ || type == TYPE_INTERVAL;
}

/* The type of argument i of a function that may be variadic. */
static u32 arg_type(const struct func *func, u32 i)
{
    return func->args[MIN(i, func->arg_count - 1u)];
}

static bool can_coerce(u32 from, u32 to)
{
    if (from == to || from == TYPE_UNKNOWN || category_of(to) == CATEGORY_ANY) return true;
    return func_cast_entry(from, to, CAST_IMPLICIT) != NULL;
}

/* Most names differ in their first byte, and this is asked of every line of the table. */
static bool has_name(const struct func *func, struct slice name)
{
    return name.size > 0 && func->name[0] == name.data[0] && slice_is(name, func->name);
}

static void collect(const struct func *table, u32 table_count, struct slice name,
                    enum func_kind kind, u32 arg_count, struct candidates *found)
{
    found->count = 0;
    for (u32 i = 0; i < table_count; i++) {
        const struct func *func = &table[i];
        if (func->kind != kind || !has_name(func, name)) continue;
        bool fits = func->variadic ? arg_count >= func->arg_count : arg_count == func->arg_count;
        if (!fits) continue;
        assert(found->count < CANDIDATE_COUNT_MAX);
        found->funcs[found->count++] = func;
    }
}

/* --- Choosing --- */

static const struct func *find_exact(const struct candidates *all, const u32 *types, u32 count)
{
    for (u32 i = 0; i < all->count; i++) {
        bool exact = true;
        for (u32 arg = 0; arg < count && exact; arg++)
            exact = arg_type(all->funcs[i], arg) == types[arg];
        if (exact) return all->funcs[i];
    }
    return NULL;
}

static void keep_coercible(struct candidates *all, const u32 *types, u32 count)
{
    u32 kept = 0;
    for (u32 i = 0; i < all->count; i++) {
        bool fits = true;
        for (u32 arg = 0; arg < count && fits; arg++)
            fits = can_coerce(types[arg], arg_type(all->funcs[i], arg));
        if (fits) all->funcs[kept++] = all->funcs[i];
    }
    all->count = kept;
}

/* Keeps those with the most known arguments of exactly the type, or with preferred, also those of
 * the argument's category that the category prefers. */
static void keep_closest(struct candidates *all, const u32 *types, u32 count, bool preferred)
{
    u32 best = 0, kept = 0;
    for (u32 i = 0; i < all->count; i++) {
        u32 matches = 0;
        for (u32 arg = 0; arg < count; arg++) {
            u32 wanted = arg_type(all->funcs[i], arg);
            if (types[arg] == TYPE_UNKNOWN) continue;
            bool close =
                preferred && category_of(wanted) == category_of(types[arg]) && is_preferred(wanted);
            matches += wanted == types[arg] || close;
        }
        if (matches > best) {
            best = matches;
            kept = 0;
        }
        if (matches == best) all->funcs[kept++] = all->funcs[i];
    }
    all->count = kept;
}

/* The category of an open literal: string if a candidate takes one, else what all agree on. */
static bool guess_category(const struct candidates *all, u32 arg, enum category *out,
                           bool *has_preferred)
{
    bool agreed = true;
    *has_preferred = false;
    for (u32 i = 0; i < all->count; i++) {
        u32 wanted = arg_type(all->funcs[i], arg);
        enum category category = category_of(wanted);
        if (i == 0) {
            *out = category;
            *has_preferred = is_preferred(wanted);
        } else if (category == *out) {
            *has_preferred |= is_preferred(wanted);
        } else if (category == CATEGORY_STRING) {
            *out = category;
            *has_preferred = is_preferred(wanted);
            agreed = true;
        } else if (*out != CATEGORY_STRING) {
            agreed = false;
        }
    }
    return agreed;
}

/* Step 4.d-e of the manual: keeps the candidates whose literals are of the guessed categories. */
static void keep_guessed(struct candidates *all, const u32 *types, u32 count)
{
    enum category guessed[FUNC_CALL_ARG_COUNT_MAX];
    bool preferred[FUNC_CALL_ARG_COUNT_MAX];
    for (u32 arg = 0; arg < count; arg++) {
        if (types[arg] != TYPE_UNKNOWN) continue;
        if (!guess_category(all, arg, &guessed[arg], &preferred[arg])) return;
    }
    struct candidates kept = { 0 };
    for (u32 i = 0; i < all->count; i++) {
        bool keep = true;
        for (u32 arg = 0; arg < count && keep; arg++) {
            u32 wanted = arg_type(all->funcs[i], arg);
            if (types[arg] != TYPE_UNKNOWN) continue;
            keep = category_of(wanted) == guessed[arg] && (!preferred[arg] || is_preferred(wanted));
        }
        if (keep) kept.funcs[kept.count++] = all->funcs[i];
    }
    if (kept.count > 0) *all = kept;
}

/* All literals as the one type that the other arguments have. */
static const struct func *find_same_known(const struct candidates *all, const u32 *types, u32 count)
{
    u32 known = TYPE_UNKNOWN;
    for (u32 arg = 0; arg < count; arg++) {
        if (types[arg] == TYPE_UNKNOWN) continue;
        if (known != TYPE_UNKNOWN && known != types[arg]) return NULL;
        known = types[arg];
    }
    if (known == TYPE_UNKNOWN) return NULL;
    const struct func *found = NULL;
    for (u32 i = 0; i < all->count; i++) {
        bool fits = true;
        for (u32 arg = 0; arg < count && fits; arg++)
            fits = can_coerce(known, arg_type(all->funcs[i], arg));
        if (fits && found) return NULL;
        if (fits) found = all->funcs[i];
    }
    return found;
}

/* NULL when more than one is left. */
static const struct func *choose(struct candidates *all, const u32 *types, u32 count)
{
    bool has_unknown = false;
    for (u32 arg = 0; arg < count; arg++)
        has_unknown |= types[arg] == TYPE_UNKNOWN;
    if (all->count > 1) keep_closest(all, types, count, false);
    if (all->count > 1) keep_closest(all, types, count, true);
    if (all->count > 1 && has_unknown) keep_guessed(all, types, count);
    if (all->count == 1) return all->funcs[0];
    return has_unknown ? find_same_known(all, types, count) : NULL;
}

/* --- Messages --- */

static void describe(struct slice name, enum func_kind kind, const struct type *args, u32 count,
                     char out[256])
{
    size_t size = 0;
    char type[64];
    out[0] = '\0';
    if (kind == FUNC_PLAIN) size += (size_t)snprintf(out, 128, "%.*s(", (int)name.size, name.data);
    for (u32 i = 0; i < count && size < 256 - 80; i++) {
        type_name((struct type){ .id = args[i].id }, type);
        if (kind == FUNC_OPERATOR && i + 1 == count) {
            const char *gap = count > 1 ? " " : "";
            size += (size_t)snprintf(out + size, 256 - size, "%s%.*s %s", gap,
                                     (int)MIN(name.size, 60), name.data, type);
        } else {
            size += (size_t)snprintf(out + size, 256 - size, "%s%s",
                                     i > 0 && kind == FUNC_PLAIN ? ", " : "", type);
        }
    }
    if (kind == FUNC_PLAIN) snprintf(out + size, 256 - size, ")");
}

static enum status fail_ambiguous(const char *described, enum func_kind kind, struct err *err)
{
    const char *word = kind == FUNC_PLAIN ? "function" : "operator";
    if (kind == FUNC_PLAIN)
        err_set(err, "42725", "function %s is not unique", described);
    else
        err_set(err, "42725", "operator is not unique: %s", described);
    return err_hint(err,
                    "Could not choose a best candidate %s. You might need to add explicit type "
                    "casts.",
                    word);
}

static enum status fail_missing(const char *described, enum func_kind kind, u32 count,
                                struct err *err)
{
    if (kind == FUNC_PLAIN) {
        err_set(err, "42883", "function %s does not exist", described);
        return err_hint(err, "No function matches the given name and argument types. You might "
                             "need to add explicit type casts.");
    }
    err_set(err, "42883", "operator does not exist: %s", described);
    if (count == 1)
        return err_hint(err, "No operator matches the given name and argument type. You might "
                             "need to add an explicit type cast.");
    return err_hint(err, "No operator matches the given name and argument types. You might need "
                         "to add explicit type casts.");
}

/* --- func_find --- */

static const struct func *find_operator_exact(const struct candidates *all, const u32 *types,
                                              u32 count);
static void fill_casts(const struct func *func, const struct type *args, u32 arg_count,
                       struct type *casts);

enum status func_find_in(const struct func *table, u32 table_count, struct slice name,
                         enum func_kind kind, const struct type *args, u32 arg_count,
                         const struct func **out, struct type *casts, struct type *result,
                         struct err *err)
{
    if (arg_count > FUNC_CALL_ARG_COUNT_MAX)
        return err_set(err, "54023", "cannot pass more than %d arguments to a function",
                       FUNC_CALL_ARG_COUNT_MAX);
    struct candidates all;
    u32 types[FUNC_CALL_ARG_COUNT_MAX];
    for (u32 i = 0; i < arg_count; i++)
        types[i] = args[i].id;
    collect(table, table_count, name, kind, arg_count, &all);
    const struct func *found = find_exact(&all, types, arg_count);
    if (!found && kind == FUNC_OPERATOR) found = find_operator_exact(&all, types, arg_count);
    if (!found) {
        keep_coercible(&all, types, arg_count);
        bool any = all.count > 0;
        found = choose(&all, types, arg_count);
        if (!found) {
            char described[256];
            describe(name, kind, args, arg_count, described);
            return any ? fail_ambiguous(described, kind, err)
                       : fail_missing(described, kind, arg_count, err);
        }
    }
    fill_casts(found, args, arg_count, casts);
    *out = found;
    *result = (struct type){ .id = found->result };
    return OK;
}

static void fill_casts(const struct func *func, const struct type *args, u32 arg_count,
                       struct type *casts)
{
    for (u32 i = 0; i < arg_count; i++) {
        u32 wanted = arg_type(func, i);
        if (wanted == FUNC_ANY) wanted = args[i].id == TYPE_UNKNOWN ? TYPE_TEXT : args[i].id;
        casts[i] = wanted == args[i].id ? args[i] : (struct type){ .id = (u8)wanted };
    }
}

/* PostgreSQL has them, Weir does not, or not for all types: refused and not called unknown. */
/* clang-format off */
static const char *const refused[] = {
    "array_append", "array_cat", "array_length", "array_position", "array_remove",
    "array_to_string", "bit_count", "cardinality", "convert", "convert_from", "convert_to",
    "current_setting", "format_type", "hashtext", "json_build_object", "jsonb_build_object",
    "make_time", "normalize", "overlaps", "parse_ident", "pg_typeof", "regexp_match",
    "regexp_matches", "regexp_split_to_array", "setseed", "sha224", "sha256", "sha384",
    "sha512", "string_to_array", "to_ascii", "to_char", "to_date", "to_json", "to_jsonb",
    "to_number", "to_timestamp", "trim_array", "unistr", "unnest",
};
/* clang-format on */

static bool is_refused(struct slice name, enum func_kind kind)
{
    for (u32 i = 0; i < countof(refused) && kind == FUNC_PLAIN; i++) {
        if (slice_is(name, refused[i])) return true;
    }
    return false;
}

static const struct func *find_same(struct slice name, enum func_kind kind, u32 arg_count);
static enum status bring_to_one(const struct func *func, const struct type *args, u32 arg_count,
                                struct type *common, struct err *err);

enum status func_find(struct slice name, enum func_kind kind, const struct type *args,
                      u32 arg_count, const struct func **out, struct type *casts,
                      struct type *result, struct err *err)
{
    const struct func *same = find_same(name, kind, arg_count);
    if (!same) {
        u32 count;
        const struct func *table = func_table(&count);
        enum status status =
            func_find_in(table, count, name, kind, args, arg_count, out, casts, result, err);
        if (!status || !is_refused(name, kind)) return status;
        bool is_there = false;
        for (u32 i = 0; i < count; i++)
            is_there |= table[i].kind == kind && slice_is(name, table[i].name);
        return err_set(err, "0A000", "function %.*s is not supported%s", (int)name.size, name.data,
                       is_there ? " for these arguments" : "");
    }
    struct type common;
    if (bring_to_one(same, args, arg_count, &common, err)) return FAIL;
    for (u32 i = 0; i < arg_count; i++)
        casts[i] = common;
    *out = same;
    *result = same->result == FUNC_SAME ? common : (struct type){ .id = same->result };
    return OK;
}

/* The function of this name if its arguments are brought to one type. */
static const struct func *find_same(struct slice name, enum func_kind kind, u32 arg_count)
{
    u32 count;
    const struct func *table = func_table(&count);
    for (u32 i = 0; i < count; i++) {
        const struct func *func = &table[i];
        if (func->kind != kind || func->arg_count == 0 || func->args[0] != FUNC_SAME) continue;
        bool fits = func->variadic ? arg_count >= func->arg_count : arg_count == func->arg_count;
        if (fits && slice_is(name, func->name)) return func;
    }
    return NULL;
}

/* As CASE does for greatest and least, as the operator = does for the others. */
static enum status bring_to_one(const struct func *func, const struct type *args, u32 arg_count,
                                struct type *common, struct err *err)
{
    if (func->variadic) {
        const char *what = slice_is(slice_of(func->name), "least") ? "LEAST" : "GREATEST";
        return func_common_type(args, arg_count, what, common, err);
    }
    const struct func *equal;
    struct type pair[2], ignored;
    if (func_find(SLICE("="), FUNC_OPERATOR, args, arg_count, &equal, pair, &ignored, err))
        return FAIL;
    /* Cross-type equality: of integers as the wider one, of times as the timestamp, of numerics
     * with different modifiers without them. */
    *common = pair[0];
    if (type_equal(pair[0], pair[1])) return OK;
    bool second = can_coerce(pair[0].id, pair[1].id);
    *common = (struct type){ .id = second ? pair[1].id : pair[0].id };
    return OK;
}

/* An operator's one open literal is first taken to be of the other argument's type. */
static const struct func *find_operator_exact(const struct candidates *all, const u32 *types,
                                              u32 count)
{
    if (count != 2 || (types[0] == TYPE_UNKNOWN) == (types[1] == TYPE_UNKNOWN)) return NULL;
    u32 known = types[0] == TYPE_UNKNOWN ? types[1] : types[0];
    return find_exact(all, (u32[]){ known, known }, 2);
}

/* --- Common types --- */

enum status func_common_type(const struct type *types, u32 count, const char *what,
                             struct type *out, struct err *err)
{
    struct type common = { .id = TYPE_UNKNOWN };
    bool same_modifiers = true;
    for (u32 i = 0; i < count; i++) {
        struct type next = types[i];
        same_modifiers &= type_equal(next, types[0]);
        if (next.id == TYPE_UNKNOWN || next.id == common.id) continue;
        if (common.id == TYPE_UNKNOWN) {
            common = next;
        } else if (category_of(next.id) != category_of(common.id)) {
            char a[64], b[64];
            type_name((struct type){ .id = common.id }, a);
            type_name((struct type){ .id = next.id }, b);
            return err_set(err, "42804", "%s types %s and %s cannot be matched", what, a, b);
        } else if (!is_preferred(common.id) && can_coerce(common.id, next.id) &&
                   !can_coerce(next.id, common.id)) {
            common = next;
        }
    }
    if (common.id == TYPE_UNKNOWN) common.id = TYPE_TEXT;
    if (!same_modifiers) common = (struct type){ .id = common.id };
    for (u32 i = 0; i < count; i++) {
        if (can_coerce(types[i].id, common.id)) continue;
        char a[64], b[64];
        type_name((struct type){ .id = types[i].id }, a);
        type_name(common, b);
        return err_set(err, "42846", "%s could not convert type %s to %s", what, a, b);
    }
    *out = common;
    return OK;
}
