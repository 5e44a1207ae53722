/* The statements that are Weir's own: known by their first words, and read by PostgreSQL's grammar
 * in pieces that it has. CREATE SOURCE x (…) WITH (…) is a CREATE TABLE; a name is what DROP TABLE
 * takes; WITH (…) alone is that of a table without columns. Offsets stay those of the text. */
#include "base/assert.h"
#include "plan/parse_internal.h"

/* The words from here on; token is the first that was not taken. */
struct words {
    struct lex lex;
    struct lex_token token;
};

static struct words words_make(struct slice text)
{
    struct words words = { .lex = lex_make(text) };
    words.token = lex_next(&words.lex);
    return words;
}

static void words_next(struct words *words)
{
    words->token = lex_next(&words->lex);
}

static bool take_word(struct words *words, const char *word)
{
    if (!lex_is_word(&words->token, word)) return false;
    words_next(words);
    return true;
}

/* All of them or none; words is a list with one blank between. */
static bool take_words(struct words *words, const char *list)
{
    struct words ahead = *words;
    while (*list) {
        char word[32];
        size_t size = strcspn(list, " ");
        assert(size < sizeof word);
        memcpy(word, list, size);
        word[size] = 0;
        if (!take_word(&ahead, word)) return false;
        list += size + (list[size] == ' ');
    }
    *words = ahead;
    return true;
}

static void fail_syntax(struct parse *parse, const struct lex_token *token)
{
    if (token->kind == LEX_END) {
        parse_fail(parse, "42601", (i32)parse->text.size, "syntax error at end of input");
        return;
    }
    parse_fail(parse, "42601", (i32)token->offset, "syntax error at or near \"%.*s\"",
               (int)MIN(token->text.size, 128), token->text.data);
}

static void expect_end(struct parse *parse, struct words *words)
{
    while (lex_is_punct(&words->token, ';'))
        words_next(words);
    if (words->token.kind != LEX_END) fail_syntax(parse, &words->token);
}

static bool is_name(const struct lex_token *token)
{
    return token->kind == LEX_WORD || token->kind == LEX_NAME;
}

/* a, s.a or "s"."a", read as DROP TABLE does: so it is folded, unquoted and checked. */
static struct syntax_relation take_relation(struct parse *parse, struct words *words)
{
    struct syntax_relation relation = { .offset = (i32)words->token.offset };
    u64 start = words->token.offset, end = start;
    for (;;) {
        if (!is_name(&words->token)) {
            fail_syntax(parse, &words->token);
            return relation;
        }
        end = words->token.offset + words->token.text.size;
        words_next(words);
        if (!lex_is_punct(&words->token, '.')) break;
        words_next(words);
    }
    const pg_node *node = parse_grammar(parse, "DROP TABLE ", start, end);
    if (!node) return relation;
    struct syntax_statement *statement = parse_node(parse, node);
    if (!statement) return relation;
    assert(statement->kind == SYNTAX_DROP && statement->drop->relation_count == 1);
    relation.schema = statement->drop->relations[0].schema;
    relation.name = statement->drop->relations[0].name;
    return relation;
}

/* [WITH (…)] and the end. */
static struct syntax_options take_options(struct parse *parse, struct words *words)
{
    if (!lex_is_word(&words->token, "with")) {
        expect_end(parse, words);
        return (struct syntax_options){ .count = 0 };
    }
    const pg_node *node =
        parse_grammar(parse, "CREATE TABLE x () ", words->token.offset, parse->text.size);
    if (!node) return (struct syntax_options){ .count = 0 };
    assert(node->node_case == PG_QUERY__NODE__NODE_CREATE_STMT);
    const struct syntax_create_table *table = parse_create_table(parse, node->create_stmt);
    return table->options;
}

/* The rest of the text from words on, behind words that PostgreSQL has. */
static struct syntax_statement *parse_rest(struct parse *parse, const char *prefix,
                                           const struct words *words)
{
    u64 offset = words->token.offset;
    const pg_node *node = parse_grammar(parse, prefix, offset, parse->text.size);
    return node ? parse_node(parse, node) : NULL;
}

static struct syntax_statement *create_source(struct parse *parse, struct words *words)
{
    u64 offset = words->token.offset;
    const pg_node *node = parse_grammar(parse, "CREATE TABLE ", offset, parse->text.size);
    if (!node) return NULL;
    if (node->node_case != PG_QUERY__NODE__NODE_CREATE_STMT) {
        parse_refuse(parse, (i32)offset, "CREATE SOURCE AS");
        return NULL;
    }
    struct syntax_statement *statement = parse_node(parse, node);
    if (statement) statement->create_table->is_source = true;
    return statement;
}

static struct syntax_statement *replace_materialized_view(struct parse *parse, struct words *words)
{
    struct syntax_statement *statement = parse_rest(parse, "CREATE MATERIALIZED VIEW ", words);
    if (!statement) return NULL;
    assert(statement->kind == SYNTAX_CREATE_VIEW);
    statement->create_view->is_replace = true;
    if (statement->create_view->is_if_not_exists) {
        parse_fail(parse, "42601", 0, "OR REPLACE and IF NOT EXISTS cannot be used together");
    }
    return statement;
}

static struct syntax_statement *drop_ours(struct parse *parse, struct words *words,
                                          enum syntax_object_kind kind)
{
    struct syntax_statement *statement = parse_rest(parse, "DROP TABLE ", words);
    if (statement) statement->drop->kind = kind;
    return statement;
}

static struct syntax_statement *comment_on_ours(struct parse *parse, struct words *words,
                                                enum syntax_object_kind kind)
{
    struct syntax_statement *statement = parse_rest(parse, "COMMENT ON TABLE ", words);
    if (statement) statement->comment->kind = kind;
    return statement;
}

static struct syntax_statement *statement_new(struct parse *parse, enum syntax_statement_kind kind)
{
    struct syntax_statement *statement = arena_new(parse->arena, struct syntax_statement);
    statement->kind = kind;
    statement->text = parse->text;
    return statement;
}

static struct syntax_statement *create_sink(struct parse *parse, struct words *words)
{
    struct syntax_statement *statement = statement_new(parse, SYNTAX_CREATE_SINK);
    struct syntax_create_sink *sink = arena_new(parse->arena, struct syntax_create_sink);
    statement->create_sink = sink;
    sink->is_if_not_exists = take_words(words, "if not exists");
    sink->relation = take_relation(parse, words);
    if (lex_is_word(&words->token, "as")) {
        parse_refuse(parse, (i32)words->token.offset, "CREATE SINK AS");
        return NULL;
    }
    if (!take_word(words, "from")) {
        fail_syntax(parse, &words->token);
        return NULL;
    }
    sink->from = take_relation(parse, words);
    sink->options = take_options(parse, words);
    return statement;
}

static struct syntax_statement *explain_pressure(struct parse *parse, struct words *words)
{
    struct syntax_statement *statement = statement_new(parse, SYNTAX_PRESSURE);
    statement->pressure = arena_new(parse->arena, struct syntax_pressure);
    statement->pressure->relation.offset = -1;
    bool has_name = take_word(words, "for") || is_name(&words->token);
    if (has_name) statement->pressure->relation = take_relation(parse, words);
    expect_end(parse, words);
    return statement;
}

/* From the `(` that words stands at to its `)`; the place behind it. */
static u64 skip_brackets(struct words *words)
{
    u64 end = words->token.offset;
    u32 level = 0;
    do {
        if (lex_is_punct(&words->token, '(')) level += 1;
        if (lex_is_punct(&words->token, ')')) level -= 1;
        end = words->token.offset + words->token.text.size;
        words_next(words);
    } while (level > 0 && words->token.kind != LEX_END);
    return end;
}

/* EXPLAIN's (…) in start to end, which VACUUM takes too. */
static void take_explain_options(struct parse *parse, struct syntax_explain *explain, u64 start,
                                 u64 end)
{
    const pg_node *node = parse_grammar(parse, "VACUUM ", start, end);
    if (!node) return;
    assert(node->node_case == PG_QUERY__NODE__NODE_VACUUM_STMT);
    explain->options =
        parse_options(parse, node->vacuum_stmt->options, node->vacuum_stmt->n_options);
    parse_explain_options(parse, explain);
}

/* EXPLAIN [ANALYZE] [VERBOSE] | (…) [MATERIALIZED] VIEW name; NULL, and nothing done, for another statement. */
static struct syntax_statement *explain_view(struct parse *parse, struct words *words)
{
    u64 start = words->token.offset, end = start;
    bool has_brackets = lex_is_punct(&words->token, '(');
    if (has_brackets) end = skip_brackets(words);
    bool is_analyze = !has_brackets && take_word(words, "analyze");
    bool is_verbose = !has_brackets && take_word(words, "verbose");
    if (!take_words(words, "materialized view") && !take_word(words, "view")) return NULL;
    struct syntax_statement *statement = statement_new(parse, SYNTAX_EXPLAIN);
    struct syntax_explain *explain = arena_new(parse->arena, struct syntax_explain);
    *explain = (struct syntax_explain){ .is_analyze = is_analyze, .is_verbose = is_verbose };
    statement->explain = explain;
    if (has_brackets) take_explain_options(parse, explain, start, end);
    explain->relation = take_relation(parse, words);
    expect_end(parse, words);
    return statement;
}

static struct syntax_select *take_query(struct parse *parse, struct words *words)
{
    u64 start = words->token.offset;
    const pg_node *node = parse_grammar(parse, "", start, skip_brackets(words));
    return node ? parse_select_node(parse, node) : NULL;
}

static struct syntax_statement *subscribe(struct parse *parse, struct words *words)
{
    struct syntax_statement *statement = statement_new(parse, SYNTAX_SUBSCRIBE);
    statement->subscribe = arena_new(parse->arena, struct syntax_subscribe);
    statement->subscribe->relation.offset = -1;
    take_word(words, "to");
    if (lex_is_punct(&words->token, '(')) {
        statement->subscribe->query = take_query(parse, words);
    } else {
        statement->subscribe->relation = take_relation(parse, words);
    }
    statement->subscribe->options = take_options(parse, words);
    return statement;
}

static struct syntax_statement *parse_explain_ours(struct parse *parse, struct words *words)
{
    if (take_word(words, "pressure")) return explain_pressure(parse, words);
    return explain_view(parse, words);
}

bool parse_weir(struct parse *parse, struct syntax_statement **statement)
{
    struct words words = words_make(parse->text);
    if (take_words(&words, "create source")) {
        *statement = create_source(parse, &words);
    } else if (take_words(&words, "create sink")) {
        *statement = create_sink(parse, &words);
    } else if (take_words(&words, "create or replace materialized view")) {
        *statement = replace_materialized_view(parse, &words);
    } else if (take_words(&words, "drop source")) {
        *statement = drop_ours(parse, &words, SYNTAX_OBJECT_SOURCE);
    } else if (take_words(&words, "drop sink")) {
        *statement = drop_ours(parse, &words, SYNTAX_OBJECT_SINK);
    } else if (take_words(&words, "comment on source")) {
        *statement = comment_on_ours(parse, &words, SYNTAX_OBJECT_SOURCE);
    } else if (take_words(&words, "comment on sink")) {
        *statement = comment_on_ours(parse, &words, SYNTAX_OBJECT_SINK);
    } else if (take_word(&words, "subscribe")) {
        *statement = subscribe(parse, &words);
    } else if (take_word(&words, "explain")) {
        *statement = parse_explain_ours(parse, &words);
        return *statement || parse->has_failed;
    } else {
        return false;
    }
    return true;
}
