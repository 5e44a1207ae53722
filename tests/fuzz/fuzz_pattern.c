/* Patterns that users write, over text that they write: LIKE, regular expressions, SIMILAR TO, format(), to_char,
 * and the functions of text that count characters. The first byte says which; a NUL parts pattern and text.
 * Nothing may crash, and one row answers as two do. */
#include "base/utf8.h"
#include "data/expr.h"
#include "data/func.h"
#include "tests/fuzz/fuzz.h"

static const struct {
    enum func_kind kind;
    const char *name;
    u32 arg_count;
} calls[] = {
    { FUNC_OPERATOR, "~~", 2 },        { FUNC_OPERATOR, "~~*", 2 },
    { FUNC_OPERATOR, "~", 2 },         { FUNC_OPERATOR, "~*", 2 },
    { FUNC_PLAIN, "substring", 2 },    { FUNC_PLAIN, "regexp_replace", 3 },
    { FUNC_PLAIN, "regexp_count", 2 }, { FUNC_PLAIN, "similar_to_escape", 2 },
    { FUNC_PLAIN, "like_escape", 2 },  { FUNC_PLAIN, "format", 3 },
    { FUNC_PLAIN, "split_part", 3 },   { FUNC_PLAIN, "translate", 3 },
    { FUNC_PLAIN, "replace", 3 },      { FUNC_PLAIN, "lpad", 3 },
    { FUNC_PLAIN, "overlay", 3 },      { FUNC_PLAIN, "initcap", 1 },
    { FUNC_PLAIN, "reverse", 1 },      { FUNC_PLAIN, "quote_ident", 1 },
    { FUNC_PLAIN, "btrim", 2 },        { FUNC_PLAIN, "decode", 2 },
    { FUNC_PLAIN, "to_char", 2 },      { FUNC_PLAIN, "extract", 2 },
    { FUNC_PLAIN, "timezone", 2 },     { FUNC_PLAIN, "md5", 1 },
};

static struct slice cut(struct slice *rest)
{
    const char *at = rest->size > 0 ? memchr(rest->data, '\0', rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    struct slice part = slice_make(rest->data, size);
    size_t skipped = MIN(size + 1, rest->size);
    *rest = slice_make(rest->data + skipped, rest->size - skipped);
    return part;
}

/* What is no text for the function is a number or a moment made of the text's bytes. */
static struct value value_of(struct slice text, enum type_id id)
{
    struct value value = { .type = { .id = id } };
    if (type_phys(value.type) == PHYS_STR)
        value.str = str_make(text.data, text.size);
    else if (text.size > 0)
        memcpy(&value.i, text.data, MIN(text.size, 7u));
    if (id == TYPE_INT4) value.i = (i32)value.i;
    return value;
}

static const struct func *find(u32 index, u32 *arg_count)
{
    *arg_count = calls[index].arg_count;
    for (u32 i = 0; func_at(i); i++) {
        const struct func *func = func_at(i);
        if (func->kind == calls[index].kind && strcmp(func->name, calls[index].name) == 0 &&
            (func->arg_count == *arg_count || func->variadic) && func->args[0] != TYPE_BYTEA)
            return func;
    }
    unreachable();
}

static void run(struct arena *arena, const struct func *func, u32 arg_count, struct slice input)
{
    struct expr call = { .kind = EXPR_CALL, .func = func, .arg_count = arg_count };
    struct expr args[3] = { 0 };
    struct expr *pointers[3] = { &args[0], &args[1], &args[2] };
    struct type types[3];
    call.type = (struct type){ .id = func->result };
    call.args = pointers;
    struct value values[3];
    for (u32 i = 0; i < arg_count; i++) {
        u32 id = func->args[MIN(i, func->arg_count - 1u)];
        values[i] = value_of(cut(&input), id == FUNC_ANY ? TYPE_TEXT : id);
        types[i] = values[i].type;
        args[i] = (struct expr){ .kind = EXPR_COLUMN, .type = types[i], .column = i };
    }
    struct batch *batch = batch_make(arena, types, arg_count, 2);
    batch->row_count = 2;
    for (u32 i = 0; i < arg_count; i++) {
        value_put(&values[i], &batch->columns[i], 0, arena, 2);
        value_put(&values[i], &batch->columns[i], 1, arena, 2);
    }
    struct expr *exprs[1] = { &call };
    struct column out, fixed;
    struct row_errors errors, fixed_errors;
    program_run(program_make(arena, exprs, 1), batch, arena, &out, &errors);
    assert(errors.count % 2 == 0);
    assert(column_identical(&out, 0, &out, 1));

    /* The same as constants. */
    for (u32 i = 0; i < arg_count; i++)
        args[i] = (struct expr){ .kind = EXPR_CONST, .type = types[i], .constant = values[i] };
    program_run(program_make(arena, exprs, 1), batch, arena, &fixed, &fixed_errors);
    assert(fixed_errors.count == errors.count);
    assert(column_identical(&out, 0, &fixed, 0));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (size == 0 || size > 4096) return 0;
    struct slice input = slice_make((const char *)data + 1, size - 1);
    for (struct slice rest = input; rest.size > 0;) { /* text is always valid */
        struct slice part = cut(&rest);
        if (utf8_check(part) != part.size) return 0;
    }
    struct mem mem;
    struct arena arena;
    u32 arg_count;
    const struct func *func = find(data[0] % countof(calls), &arg_count);
    mem_init(&mem, "fuzz", NULL, 0);
    arena_init(&arena, &mem);
    run(&arena, func, arg_count, input);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
