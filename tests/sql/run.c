/* Runs .slt files: statements and queries with the answers that PostgreSQL gives (expect.py writes
 * them), each file five ways:
 *
 *   once      all rows of a table in one INSERT
 *   rows      row by row, a transaction each
 *   churn     then a third of the rows is deleted and put back
 *   restart   the engine is closed and opened again in the middle of the rows and before queries
 *   fill      views are made when the rows are there already
 *
 * A record ends at an empty line. Lines that begin with # are comments.
 *
 *   statement ok                  the SQL that follows is right
 *   statement error 42703 8 TEXT  it is not: SQLSTATE, position (0: none) and message
 *   rows TABLE                    lines of cells for INSERT, split at |; NULL is NULL, (empty) is ''
 *   query [ordered]               SQL, then ---- and the rows, which are compared sorted if not ordered
 *
 * A word `weir` behind `error`, `ok` or `query` says that PostgreSQL answers otherwise.
 *
 * Besides, behind every query each view that is kept is compared with its own query, run once. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/grow.h"
#include "tests/scratch.h"
#include "tests/sql/db.h"

enum mode { MODE_ONCE, MODE_ROWS, MODE_CHURN, MODE_RESTART, MODE_FILL, MODE_COUNT };
static const char *const mode_names[] = { "once", "rows", "churn", "restart", "fill" };

enum record_kind { RECORD_OK, RECORD_ERROR, RECORD_ROWS, RECORD_QUERY };

struct record {
    enum record_kind kind;
    u32 line;
    bool is_ordered;
    bool is_view;       /* a statement that makes a view */
    const char *sql;    /* or the table of rows */
    const char **lines; /* rows, or the expected answer */
    u32 line_count;
    char sqlstate[8];
    i32 position;
    const char *message;
};

struct view {
    const char *name, *query;
};

struct run {
    const char *path;
    enum mode mode;
    struct mem mem;
    struct arena arena;
    struct record *records;
    u32 record_count;
    struct view *views;
    u32 view_count;
    struct db db;
    u32 line; /* of the record that runs */
    u32 failure_count;
};

__attribute__((format(printf, 2, 3))) static void report(struct run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%u (%s): ", run->path, run->line, mode_names[run->mode]);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    run->failure_count++;
}

/* ---- Reading a file ---- */

static char *read_all(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = arena_alloc(arena, size + 1);
    size = fread(text, 1, size, file);
    text[size] = 0;
    fclose(file);
    return text;
}

static char *next_line(char **at)
{
    if (!**at) return NULL;
    char *line = *at, *end = strchr(line, '\n');
    *at = end ? end + 1 : line + strlen(line);
    if (end) *end = 0;
    return line;
}

static bool starts_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* The text behind word, if line begins with it. */
static bool take_word(const char **line, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*line, word, size) != 0 || ((*line)[size] && (*line)[size] != ' ')) return false;
    *line += size;
    while (**line == ' ')
        ++*line;
    return true;
}

static void read_head(struct run *run, const char *line, struct record *record)
{
    if (take_word(&line, "statement")) {
        record->kind = take_word(&line, "ok") ? RECORD_OK : RECORD_ERROR;
        if (record->kind == RECORD_OK) return;
        take_word(&line, "error");
        take_word(&line, "weir");
        int used = 0;
        if (sscanf(line, "%5s %d %n", record->sqlstate, &record->position, &used) == 2)
            record->message = line + used;
        return;
    }
    if (take_word(&line, "rows")) {
        record->kind = RECORD_ROWS;
        record->sql = line;
        return;
    }
    if (take_word(&line, "query")) {
        record->kind = RECORD_QUERY;
        take_word(&line, "weir");
        record->is_ordered = take_word(&line, "ordered");
        return;
    }
    fprintf(stderr, "%s:%u: what is \"%s\"?\n", run->path, record->line, line);
    exit(2);
}

static void read_body(struct run *run, char **at, u32 *number, struct record *record)
{
    struct buf sql;
    bool in_answer = record->kind == RECORD_ROWS;
    buf_init(&sql, &run->mem);
    for (char *line; (line = next_line(at)) && ++*number && *line;) {
        if (!in_answer && strcmp(line, "----") == 0)
            in_answer = true;
        else if (in_answer)
            grow_push(&run->arena, record->lines, record->line_count, line);
        else
            buf_format(&sql, "%s%s", sql.size ? "\n" : "", line);
    }
    if (record->kind != RECORD_ROWS) record->sql = arena_string(&run->arena, sql.data, sql.size);
    record->is_view = record->sql && (starts_with(record->sql, "CREATE MATERIALIZED VIEW") ||
                                      starts_with(record->sql, "CREATE VIEW"));
    buf_deinit(&sql);
}

static void read_records(struct run *run)
{
    char *at = read_all(&run->arena, run->path);
    u32 number = 0;
    for (char *line; (line = next_line(&at));) {
        number++;
        if (!*line || *line == '#') continue;
        struct record record = { .line = number };
        read_head(run, line, &record);
        read_body(run, &at, &number, &record);
        grow_push(&run->arena, run->records, run->record_count, record);
    }
}

/* ---- Statements ---- */

static enum status execute(struct run *run, const char *sql)
{
    return db_run(&run->db, slice_of(sql));
}

static void must_execute(struct run *run, const char *sql)
{
    if (execute(run, sql) == OK) return;
    report(run, "%s %s\n  %s", run->db.err.sqlstate, run->db.err.message, sql);
}

/* CREATE MATERIALIZED VIEW name [(…)] AS query: kept for check_views. */
static void remember_view(struct run *run, const struct record *record)
{
    const char *words = "CREATE MATERIALIZED VIEW ";
    if (!starts_with(record->sql, words)) return;
    const char *name = record->sql + strlen(words), *query = strstr(name, " AS");
    size_t size = strcspn(name, " (\n");
    if (!query) return;
    struct view view = { arena_string(&run->arena, name, size), query + 3 };
    grow_push(&run->arena, run->views, run->view_count, view);
}

static void run_statement(struct run *run, const struct record *record)
{
    enum status status = execute(run, record->sql);
    const struct err *err = &run->db.err;
    if (record->kind == RECORD_OK) {
        if (status)
            report(run, "%s@%d %s %s", err->sqlstate, err->position, err->message, err->hint);
        else
            remember_view(run, record);
        return;
    }
    if (!status) {
        report(run, "no error, but %s %s", record->sqlstate, record->message);
        return;
    }
    bool is_same = strcmp(err->sqlstate, record->sqlstate) == 0 &&
                   err->position == record->position &&
                   (!record->message || strcmp(err->message, record->message) == 0);
    if (!is_same)
        report(run, "error %s %d %s\n  expected %s %d %s", err->sqlstate, err->position,
               err->message, record->sqlstate, record->position, record->message);
}

/* ---- Rows ---- */

static void put_cells(struct buf *sql, const char *line)
{
    buf_putc(sql, '(');
    for (const char *cell = line;; cell++) {
        size_t size = strcspn(cell, "|");
        if (cell != line) buf_putc(sql, ',');
        bool is_null = size == 4 && strncmp(cell, "NULL", 4) == 0;
        if (is_null)
            buf_puts(sql, "NULL");
        else {
            buf_putc(sql, '\'');
            bool is_empty = size == strlen(DB_CELL_EMPTY) && !strncmp(cell, DB_CELL_EMPTY, size);
            for (size_t i = 0; !is_empty && i < size; i++)
                buf_format(sql, cell[i] == '\'' ? "''" : "%c", cell[i]);
            buf_putc(sql, '\'');
        }
        cell += size;
        if (!*cell) break;
    }
    buf_putc(sql, ')');
}

static void insert(struct run *run, const struct record *record, u32 first, u32 count)
{
    struct buf sql;
    buf_init(&sql, &run->mem);
    for (u32 i = 0; i < count; i++) {
        if (i == 0)
            buf_format(&sql, "INSERT INTO %s VALUES ", record->sql);
        else
            buf_puts(&sql, ", ");
        put_cells(&sql, record->lines[first + i]);
    }
    if (sql.size) {
        buf_putc(&sql, 0);
        must_execute(run, sql.data);
    }
    buf_deinit(&sql);
}

/* Deletes the row by all of its cells; equal rows all go, and their number comes back. */
static u32 delete_row(struct run *run, const char *table, const char *line)
{
    struct buf sql;
    buf_init(&sql, &run->mem);
    if (execute(run, arena_format(&run->arena, "SELECT * FROM %s LIMIT 1", table))) return 0;
    const char **names =
        arena_copy(&run->arena, run->db.rows.names, run->db.rows.column_count * sizeof *names);
    buf_format(&sql, "DELETE FROM %s WHERE ", table);
    const char *cell = line;
    for (u32 c = 0; c < run->db.rows.column_count; c++) {
        size_t size = strcspn(cell, "|");
        bool is_null = size == 4 && strncmp(cell, "NULL", 4) == 0;
        buf_format(&sql, "%s%s ", c ? " AND " : "", names[c]);
        if (is_null)
            buf_puts(&sql, "IS NULL");
        else {
            struct buf value;
            buf_init(&value, &run->mem);
            put_cells(&value, arena_string(&run->arena, cell, size));
            buf_format(&sql, "= %.*s", (int)value.size, value.data);
            buf_deinit(&value);
        }
        cell += size + (cell[size] == '|');
    }
    buf_putc(&sql, 0);
    must_execute(run, sql.data);
    buf_deinit(&sql);
    return (u32)atoi(run->db.tag + strlen("DELETE "));
}

static bool is_append_only(struct run *run, const char *table)
{
    const char *words = arena_format(&run->arena, "CREATE TABLE %s ", table);
    for (u32 i = 0; i < run->record_count; i++)
        if (run->records[i].sql && starts_with(run->records[i].sql, words))
            return strstr(run->records[i].sql, "append_only") != NULL;
    return false;
}

/* A third of the rows goes and comes again. */
static void churn(struct run *run, const struct record *record)
{
    if (is_append_only(run, record->sql)) return;
    u32 *copies = arena_array(&run->arena, u32, record->line_count);
    for (u32 i = 0; i < record->line_count; i += 3)
        copies[i] = delete_row(run, record->sql, record->lines[i]);
    for (u32 i = 0; i < record->line_count; i += 3)
        for (u32 c = 0; c < copies[i]; c++)
            insert(run, record, i, 1);
}

static void run_rows(struct run *run, const struct record *record)
{
    u32 count = record->line_count;
    switch (run->mode) {
    case MODE_ONCE:
    case MODE_FILL: insert(run, record, 0, count); return;
    case MODE_ROWS:
    case MODE_CHURN:
        for (u32 i = 0; i < count; i++)
            insert(run, record, i, 1);
        if (run->mode == MODE_CHURN) churn(run, record);
        return;
    case MODE_RESTART:
        insert(run, record, 0, count / 2);
        db_restart(&run->db);
        insert(run, record, count / 2, count - count / 2);
        return;
    case MODE_COUNT: break;
    }
    abort();
}

/* ---- Queries ---- */

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Numbers that differ in the last digits of a double are equal. */
static bool same_cell(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size == b_size && memcmp(a, b, a_size) == 0) return true;
    if (!memchr(a, '.', a_size) && !memchr(a, 'e', a_size)) return false;
    char a_text[64], b_text[64], *a_end, *b_end;
    if (a_size >= sizeof a_text || b_size >= sizeof b_text || a_size < 14 || b_size < 14)
        return false;
    snprintf(a_text, sizeof a_text, "%.*s", (int)a_size, a);
    snprintf(b_text, sizeof b_text, "%.*s", (int)b_size, b);
    double left = strtod(a_text, &a_end), right = strtod(b_text, &b_end);
    return !*a_end && !*b_end && fabs(left - right) <= 1e-12 * fmax(fabs(left), fabs(right));
}

static bool same_line(const char *a, const char *b)
{
    while (true) {
        size_t a_size = strcspn(a, "|"), b_size = strcspn(b, "|");
        if (!same_cell(a, a_size, b, b_size)) return false;
        a += a_size;
        b += b_size;
        if (!*a || !*b) return *a == *b;
        a++;
        b++;
    }
}

static const char **answer_lines(struct run *run, u32 *count)
{
    const struct db_rows *rows = &run->db.rows;
    const char **lines = arena_array(&run->arena, const char *, rows->row_count + 1);
    struct buf line;
    buf_init(&line, &run->mem);
    for (u32 r = 0; r < rows->row_count; r++) {
        buf_clear(&line);
        for (u32 c = 0; c < rows->column_count; c++)
            buf_format(&line, "%s%s", c ? "|" : "", rows->cells[r * rows->column_count + c]);
        lines[r] = arena_string(&run->arena, line.data, line.size);
    }
    buf_deinit(&line);
    *count = rows->row_count;
    return lines;
}

static void compare(struct run *run, const char *what, const char **got, u32 got_count,
                    const char **expected, u32 expected_count, bool is_ordered)
{
    if (!is_ordered) {
        qsort(got, got_count, sizeof *got, compare_lines);
        qsort(expected, expected_count, sizeof *expected, compare_lines);
    }
    u32 at = 0, shared = MIN(got_count, expected_count);
    while (at < shared && same_line(got[at], expected[at]))
        at++;
    if (at == got_count && at == expected_count) return;
    report(run, "%u rows, expected %u; row %u is\n  %s\n  expected\n  %s\n  of %s", got_count,
           expected_count, at + 1, at < got_count ? got[at] : "(none)",
           at < expected_count ? expected[at] : "(none)", what);
}

static void run_query(struct run *run, const struct record *record)
{
    if (execute(run, record->sql)) {
        report(run, "%s@%d %s", run->db.err.sqlstate, run->db.err.position, run->db.err.message);
        return;
    }
    u32 count;
    const char **got = answer_lines(run, &count);
    const char **expected =
        arena_copy(&run->arena, record->lines, record->line_count * sizeof *expected);
    compare(run, record->sql, got, count, expected, record->line_count, record->is_ordered);
}

/* What is kept up to date is what its query gives. A LIMIT without a whole order may differ. */
static void check_views(struct run *run)
{
    for (u32 i = 0; i < run->view_count; i++) {
        const struct view *view = &run->views[i];
        u32 got_count, expected_count;
        if (strstr(view->query, "LIMIT")) continue;
        if (execute(run, arena_format(&run->arena, "SELECT * FROM %s", view->name))) continue;
        const char **got = answer_lines(run, &got_count);
        if (execute(run, view->query)) {
            report(run, "%s %s: %s", run->db.err.sqlstate, run->db.err.message, view->query);
            continue;
        }
        const char **expected = answer_lines(run, &expected_count);
        compare(run, view->name, got, got_count, expected, expected_count, false);
    }
}

/* ---- A file ---- */

static void run_record(struct run *run, const struct record *record)
{
    run->line = record->line;
    switch (record->kind) {
    case RECORD_OK:
    case RECORD_ERROR: run_statement(run, record); return;
    case RECORD_ROWS: run_rows(run, record); return;
    case RECORD_QUERY:
        run_query(run, record);
        check_views(run);
        return;
    }
    abort();
}

/* Views wait until the first record behind them that is neither rows nor a view. */
static void run_filled(struct run *run)
{
    u32 *waiting = arena_array(&run->arena, u32, run->record_count), waiting_count = 0;
    for (u32 i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (record->kind == RECORD_OK && record->is_view) {
            waiting[waiting_count++] = i;
            continue;
        }
        if (record->kind != RECORD_ROWS) {
            for (u32 w = 0; w < waiting_count; w++)
                run_record(run, &run->records[waiting[w]]);
            waiting_count = 0;
        }
        run_record(run, record);
    }
}

static void run_file(struct run *run)
{
    char dir[SCRATCH_SIZE];
    bool keeps = run->mode == MODE_RESTART;
    if (keeps) scratch_make(dir);
    db_open(&run->db, keeps ? dir : NULL);
    if (run->mode == MODE_FILL) run_filled(run);
    for (u32 i = 0; run->mode != MODE_FILL && i < run->record_count; i++) {
        bool is_query = run->records[i].kind == RECORD_QUERY;
        if (keeps && is_query && i && run->records[i - 1].kind != RECORD_QUERY)
            db_restart(&run->db);
        run_record(run, &run->records[i]);
    }
    db_close(&run->db);
    if (keeps) scratch_remove(dir);
}

static u32 run_path(const char *path, const char *only, u32 *record_count)
{
    u32 failure_count = 0;
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        if (only && strcmp(only, mode_names[mode]) != 0) continue;
        struct run run = { .path = path, .mode = (enum mode)mode };
        mem_init(&run.mem, "run", NULL, 0);
        arena_init(&run.arena, &run.mem);
        read_records(&run);
        run_file(&run);
        *record_count += run.record_count;
        arena_deinit(&run.arena);
        mem_deinit(&run.mem);
        failure_count += run.failure_count;
    }
    return failure_count;
}

/* sql_run [-m MODE] FILE… */
int main(int count, char **words)
{
    const char *only = NULL;
    int first = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 2 && strcmp(words[1], "-m") == 0) {
        only = words[2];
        first = 3;
    }
    u32 failure_count = 0, record_count = 0;
    for (int i = first; i < count; i++)
        failure_count += run_path(words[i], only, &record_count);
    /* A record in each mode is a test; one that fails may say so more than once. */
    u32 failed = MIN(failure_count, record_count);
    printf("%u passed, %u failed\n", record_count - failed, failed);
    return failure_count ? 1 : 0;
}
