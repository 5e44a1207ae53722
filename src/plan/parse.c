#include "plan/parse.h"

#include <pg_query.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "plan/parse_internal.h"

/* The library copies the right side of SET (a, b) = … for each column: at most this many bytes. */
#define COPIES_SIZE_MAX    MIB(1)
#define RUN_SIZE_MAX       1000 /* of operator characters: 30 ms for the scanner over all of a text */
#define GRAMMAR_STACK_SIZE 3072 /* at most, for one level of lex_measure's depth: `(SELECT` */

static_assert(PARSE_DEPTH_MAX * GRAMMAR_STACK_SIZE < PARSE_STACK_SIZE - MIB(8), "stack");
static_assert(PARSE_DEPTH_NEAR * GRAMMAR_STACK_SIZE < PARSE_STACK_SIZE_NEAR, "stack");

/* Characters are counted by their first bytes. */
static void split_advance(struct parse_split *split, u64 offset)
{
    for (; split->offset < offset; split->offset++) {
        char c = split->script.data[split->offset];
        bool is_first = ((u8)c & 0xC0) != 0x80;
        split->column += is_first;
        split->chars += is_first;
        if (c != '\n') continue;
        split->line += 1;
        split->column = 0;
    }
}

bool parse_next(struct parse_split *split, struct parse_piece *piece)
{
    struct lex lex = { .text = split->script, .offset = split->offset };
    struct lex_token token = lex_next(&lex);
    while (lex_is_punct(&token, ';'))
        token = lex_next(&lex);
    if (token.kind == LEX_END && !token.is_open) return false;

    /* A comment that is never closed belongs to the piece, so that its error is found. */
    bool is_all_comment = token.kind == LEX_END;
    u64 start = is_all_comment ? split->offset : token.offset, end = start;
    for (; token.kind != LEX_END && !lex_is_punct(&token, ';'); token = lex_next(&lex)) {
        end = lex.offset;
    }
    if (token.is_open) end = split->script.size;
    split_advance(split, start);
    *piece = (struct parse_piece){
        .text = slice_make(split->script.data + start, end - start),
        .offset = start,
        .line = split->line + 1,
        .column = split->column + 1,
        .start = split->chars,
    };
    split_advance(split, end);
    return true;
}

void parse_locate(const struct parse_piece *piece, i32 position, u32 *line, u32 *column)
{
    *line = piece->line;
    *column = piece->column;
    u64 offset = 0;
    for (i32 i = 1; i < position && offset < piece->text.size; i++) {
        bool is_newline = piece->text.data[offset] == '\n';
        offset += utf8_size(piece->text.data[offset]);
        *line += is_newline;
        *column = is_newline ? 1 : *column + 1;
    }
}

/* What one statement's reading takes and gives, also on another stack. */
struct job {
    struct parse parse;
    struct syntax_statement *statement;
};

static enum status check_text(struct slice text, struct err *err)
{
    if (text.size > PARSE_SIZE_MAX) {
        err_set(err, "54000", "statement is too long: %zu bytes", text.size);
        return err_detail(err, "A statement may have up to %llu bytes.",
                          (unsigned long long)PARSE_SIZE_MAX);
    }
    size_t valid = utf8_check(text);
    if (valid == text.size) return OK;
    err_set(err, "22021", "invalid byte sequence for encoding \"UTF8\": 0x%02x",
            (u8)text.data[valid]);
    if (err) err->position = syntax_position(text, (i32)valid);
    return FAIL;
}

static enum status fail_depth(struct err *err)
{
    err_set(err, "54001", "statement is too complex");
    return err_detail(err, "It nests too deeply to be read.");
}

static enum status check_measure(const struct lex_measure *measure, struct slice text,
                                 bool has_runner, struct err *err)
{
    if (measure->depth > (has_runner ? PARSE_DEPTH_MAX : PARSE_DEPTH_NEAR)) return fail_depth(err);
    if (measure->run_size > RUN_SIZE_MAX) {
        err_set(err, "54001", "statement is too complex");
        return err_detail(err, "It has %llu operator characters in a row.",
                          (unsigned long long)measure->run_size);
    }
    if ((u64)measure->row_width * text.size > COPIES_SIZE_MAX) {
        err_set(err, "54001", "statement is too complex");
        return err_detail(err, "It assigns %u columns together.", measure->row_width);
    }
    return OK;
}

static void job_run(void *arg)
{
    struct job *job = arg;
    struct parse *parse = &job->parse;
    if (!parse_weir(parse, &job->statement)) {
        const pg_node *node = parse_grammar(parse, "", 0, parse->text.size);
        if (node) job->statement = parse_node(parse, node);
    }
    assert(parse->depth == 0);
}

enum status parse_statement(struct slice text, const struct parse_runner *runner,
                            struct arena *arena, struct syntax_statement **statement,
                            struct err *err)
{
    enum status status = check_text(text, err);
    if (status) return status;
    struct arena scratch;
    arena_init(&scratch, arena->mem);
    struct lex_measure measure = lex_measure(text, &scratch);
    status = check_measure(&measure, text, runner, err);
    if (status) goto done;

    struct job job = {
        .parse = { .text = slice_make(arena_string(arena, text.data, text.size), text.size),
                   .arena = arena,
                   .scratch = &scratch,
                   .err = err },
    };
    if (measure.depth <= PARSE_DEPTH_NEAR) {
        job_run(&job);
    } else {
        runner->run(runner->ctx, job_run, &job);
    }
    status = job.parse.has_failed ? FAIL : OK;
    if (status) goto done;
    assert(job.statement);
    job.statement->param_count = job.parse.param_count;
    *statement = job.statement;

done:
    arena_deinit(&scratch);
    return status;
}

enum status parse_script(struct slice script, const struct parse_runner *runner,
                         struct arena *arena, struct parse_result *result, struct err *err)
{
    *result = (struct parse_result){ .count = 0 };
    u32 count = 0;
    struct parse_piece piece;
    struct parse_split split = parse_split_make(script);
    while (parse_next(&split, &piece))
        count += 1;
    result->statements = arena_array(arena, struct syntax_statement *, count);
    result->pieces = arena_array(arena, struct parse_piece, count);

    split = parse_split_make(script);
    while (parse_next(&split, &piece)) {
        enum status status =
            parse_statement(piece.text, runner, arena, &result->statements[result->count], err);
        if (status) {
            result->failed = piece;
            return status;
        }
        result->pieces[result->count++] = piece;
    }
    assert(result->count == count);
    return OK;
}

i32 parse_offset(const struct parse *parse, i32 location)
{
    if (location < 0) return -1;
    u64 offset = parse->source;
    if ((u32)location > parse->prefix_size) offset += (u32)location - parse->prefix_size;
    return (i32)MIN(offset, parse->text.size);
}

bool parse_fail(struct parse *parse, const char *sqlstate, i32 offset, const char *format, ...)
{
    if (parse->has_failed) return false;
    parse->has_failed = true;
    char message[sizeof parse->err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    message[utf8_check(slice_of(message))] = 0; /* where it was cut */
    err_set(parse->err, sqlstate, "%s", message);
    if (parse->err) parse->err->position = syntax_position(parse->text, offset);
    return true;
}

void parse_refuse(struct parse *parse, i32 offset, const char *what)
{
    parse_fail(parse, "0A000", offset, "%s is not supported", what);
}

bool parse_enter(struct parse *parse, i32 offset)
{
    if (parse->has_failed) return false;
    if (parse->depth == SYNTAX_DEPTH_MAX) {
        bool is_first = parse_fail(parse, "54001", offset, "statement is too complex");
        if (is_first) {
            err_detail(parse->err, "It nests deeper than %d levels.", SYNTAX_DEPTH_MAX);
        }
        return false;
    }
    parse->depth += 1;
    return true;
}

void parse_leave(struct parse *parse)
{
    assert(parse->depth > 0);
    parse->depth -= 1;
}

/* The library keeps PostgreSQL's message but not its code. Most that the grammar says is 42601. */
static const char *sqlstate_of(const char *message)
{
    static const struct {
        const char *part;
        const char *sqlstate;
    } others[] = {
        { "LIMIT #,# syntax", "42601" },
        { "not yet implemented", "0A000" },
        { "not supported", "0A000" },
        { "cannot be marked", "0A000" },
        { "current database cannot be changed", "0A000" },
        { "precision for type float", "22023" },
        { "frame start", "42P20" },
        { "frame end", "42P20" },
        { "frame starting", "42P20" },
        { "invalid Unicode escape value", "42601" },
        { "invalid Unicode escape", "22025" },
        { "unsafe use of", "22P06" },
        { "invalid byte sequence", "22021" },
        { "memory exhausted", "54001" },
    };
    if (strncmp(message, "syntax error", 12) == 0) return "42601";
    for (u32 i = 0; i < countof(others); i++) {
        if (strstr(message, others[i].part)) return others[i].sqlstate;
    }
    return "42601";
}

/* PostgreSQL's hints are not kept either. */
static void add_hint(struct err *err, const char *message)
{
    if (strcmp(message, "subquery in FROM must have an alias") == 0) {
        err_hint(err, "For example, FROM (SELECT ...) [AS] foo.");
    } else if (strcmp(message, "VALUES in FROM must have an alias") == 0) {
        err_hint(err, "For example, FROM (VALUES ...) [AS] foo.");
    } else if (strcmp(message, "LIMIT #,# syntax is not supported") == 0) {
        err_hint(err, "Use separate LIMIT and OFFSET clauses.");
    }
}

/* The position is in characters from 1 of what the grammar was given. */
static void fail_grammar(struct parse *parse, const PgQueryError *error)
{
    const char *sqlstate = sqlstate_of(error->message);
    bool is_deep = strcmp(sqlstate, "54001") == 0;
    bool is_first = parse_fail(parse, sqlstate, -1, "%s",
                               is_deep ? "statement is too complex" : error->message);
    if (!is_first || !parse->err) return;
    if (is_deep) err_detail(parse->err, "It nests too deeply to be read.");
    add_hint(parse->err, error->message);
    if (error->cursorpos <= 0) return;
    i32 before = (i32)utf8_length(slice_make(parse->text.data, parse->source));
    i32 inside = MAX(error->cursorpos - (i32)parse->prefix_size, 1);
    parse->err->position = before + inside;
}

static void *scratch_alloc(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void scratch_free(void *arena, void *block)
{
    (void)arena;
    (void)block;
}

static pg_node *unpack(struct parse *parse, const PgQueryProtobuf *packed)
{
    ProtobufCAllocator allocator = { .alloc = scratch_alloc,
                                     .free = scratch_free,
                                     .allocator_data = parse->scratch };
    PgQuery__ParseResult *tree = pg_query__parse_result__unpack(
        &allocator, packed->len, (const u8 *)(const void *)packed->data);
    assert(tree);
    if (tree->n_stmts == 1) return tree->stmts[0]->stmt;
    if (tree->n_stmts == 0) {
        parse_fail(parse, "42601", (i32)parse->text.size, "syntax error at end of input");
    } else {
        parse_fail(parse, "42601", parse_offset(parse, tree->stmts[1]->stmt_location),
                   "cannot insert multiple commands into a prepared statement");
    }
    return NULL;
}

pg_node *parse_grammar(struct parse *parse, const char *prefix, u64 source, u64 end)
{
    assert(source <= end && end <= parse->text.size);
    if (parse->has_failed) return NULL;
    parse->prefix_size = (u32)strlen(prefix);
    parse->source = source;
    char *input = arena_alloc(parse->scratch, parse->prefix_size + (end - source) + 1);
    memcpy(input, prefix, parse->prefix_size);
    memcpy(input + parse->prefix_size, parse->text.data + source, end - source);
    input[parse->prefix_size + (end - source)] = 0;

    PgQueryProtobufParseResult result = pg_query_parse_protobuf(input);
    pg_node *node = NULL;
    if (result.error) {
        fail_grammar(parse, result.error);
    } else {
        node = unpack(parse, &result.parse_tree);
    }
    pg_query_free_protobuf_parse_result(result);
    return node;
}
