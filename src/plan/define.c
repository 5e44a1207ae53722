#include "plan/define.h"

#include "base/assert.h"
#include "plan/options.h"

/* A table being defined: what each step reads and fills. */
struct define {
    const struct syntax_create_table *table;
    struct slice text;
    struct catalog_relation *relation;
    struct err *err;
    u32 key_count_max;
};

static enum status at(struct define *define, i32 offset)
{
    if (define->err) define->err->position = syntax_position(define->text, offset);
    return FAIL;
}

static enum status refuse(struct define *define, i32 offset, const char *what)
{
    err_set(define->err, "0A000", "%s is not supported", what);
    return at(define, offset);
}

enum status define_type(const struct syntax_type *written, struct slice text, struct type *type,
                        struct err *err)
{
    enum status status = OK;
    if (written->schema && strcmp(written->schema, "pg_catalog") != 0) {
        status =
            err_set(err, "42704", "type \"%s.%s\" does not exist", written->schema, written->name);
    } else if (written->array_depth > 0) {
        status = err_set(err, "0A000", "type \"%s[]\" is not supported", written->name);
    } else if (written->is_setof) {
        status = err_set(err, "0A000", "SETOF is not supported");
    } else if (written->interval_fields != 0) {
        status = err_set(err, "0A000", "interval with fields or a precision is not supported");
    } else {
        status = type_find(written->name, written->typmods, written->typmod_count, type, err);
    }
    if (status && err) err->position = syntax_position(text, written->offset);
    return status;
}

static enum status define_collation(struct define *define, const struct syntax_column_def *column,
                                    struct type type)
{
    const struct syntax_names *names = &column->collation;
    if (names->count == 0) return OK;
    const char *name = names->items[names->count - 1];
    bool is_bytes =
        strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 || strcmp(name, "default") == 0;
    if (!is_bytes) {
        err_set(define->err, "0A000", "collation \"%s\" is not supported", name);
        err_hint(define->err, "Text is compared by bytes, as with COLLATE \"C\".");
        return at(define, column->offset);
    }
    if (type_is_text(type)) return OK;
    char type_text[64];
    type_name(type, type_text);
    err_set(define->err, "42804", "collations are not supported by type %s", type_text);
    return at(define, column->offset);
}

static enum status define_column(struct define *define, const struct syntax_column_def *from)
{
    struct schema *row = define->relation->row;
    if (schema_find(row, slice_of(from->name)) >= 0) {
        return err_set(define->err, "42701", "column \"%s\" specified more than once", from->name);
    }
    struct schema_column *column = &row->columns[row->column_count];
    enum status status = define_type(from->type, define->text, &column->type, define->err);
    if (status) return status;
    column->name = from->name;
    row->column_count += 1;
    return define_collation(define, from, column->type);
}

static enum status define_columns(struct define *define)
{
    const struct syntax_create_table *table = define->table;
    struct schema *row = arena_new(&define->relation->arena, struct schema);
    define->relation->row = row;
    if (table->column_count == 0) {
        return refuse(define, table->relation.offset, "a table without columns");
    }
    if (table->column_count > SCHEMA_COLUMN_COUNT_MAX) {
        return err_set(define->err, "54011", "tables can have at most %d columns",
                       SCHEMA_COLUMN_COUNT_MAX);
    }
    row->columns = arena_array(&define->relation->arena, struct schema_column, table->column_count);
    enum status status = OK;
    for (u32 i = 0; i < table->column_count && !status; i++) {
        status = define_column(define, &table->columns[i]);
    }
    return status;
}

static enum status define_default(struct define *define, u32 column,
                                  const struct syntax_constraint *constraint)
{
    struct catalog_relation *relation = define->relation;
    if (!relation->defaults) {
        relation->defaults =
            arena_array(&relation->arena, struct syntax_expr *, relation->row->column_count);
    }
    if (relation->defaults[column]) {
        err_set(define->err, "42601",
                "multiple default values specified for column \"%s\" of table \"%s\"",
                relation->row->columns[column].name, relation->name);
        return at(define, constraint->offset);
    }
    relation->defaults[column] = constraint->expr;
    return OK;
}

static bool has_columns(const struct catalog_key *key, const u32 *columns, u32 column_count)
{
    return key->column_count == column_count &&
           memcmp(key->columns, columns, sizeof *columns * column_count) == 0;
}

static const struct catalog_key *find_key(const struct catalog_relation *relation, const char *name)
{
    for (u32 i = 0; i < relation->key_count; i++) {
        if (strcmp(relation->keys[i].name, name) == 0) return &relation->keys[i];
    }
    return NULL;
}

static const char *choose_key_name(struct define *define, const struct catalog_key *key)
{
    struct catalog_relation *relation = define->relation;
    struct syntax_names names = { .items = arena_array(&relation->arena, const char *,
                                                       key->column_count) };
    for (u32 i = 0; i < key->column_count && !key->is_primary; i++) {
        names.items[names.count++] = relation->row->columns[key->columns[i]].name;
    }
    const char *suffix = key->is_primary ? "pkey" : "key";
    const char *name = catalog_make_name(relation->name, &names, suffix, 0, &relation->arena);
    for (u32 i = 1; find_key(relation, name); i++) {
        name = catalog_make_name(relation->name, &names, suffix, i, &relation->arena);
    }
    return name;
}

/* The primary key goes to the front. A key over the columns of another one adds nothing. */
static enum status add_key(struct define *define, struct catalog_key *key,
                           const struct syntax_constraint *constraint)
{
    struct catalog_relation *relation = define->relation;
    bool has_primary = relation->key_count > 0 && relation->keys[0].is_primary;
    if (key->is_primary && has_primary) {
        err_set(define->err, "42P16", "multiple primary keys for table \"%s\" are not allowed",
                relation->name);
        return at(define, constraint->offset);
    }
    if (constraint->name && find_key(relation, constraint->name)) {
        err_set(define->err, "42P07", "relation \"%s\" already exists", constraint->name);
        return at(define, constraint->offset);
    }
    for (u32 i = 0; i < relation->key_count && !key->is_primary; i++) {
        if (has_columns(&relation->keys[i], key->columns, key->column_count)) return OK;
    }
    key->name = constraint->name ? constraint->name : choose_key_name(define, key);
    assert(relation->key_count < define->key_count_max);
    u32 place = key->is_primary ? 0 : relation->key_count;
    memmove(relation->keys + place + 1, relation->keys + place,
            sizeof *key * (relation->key_count - place));
    relation->keys[place] = *key;
    relation->key_count += 1;
    return OK;
}

static enum status define_key(struct define *define, i32 own_column,
                              const struct syntax_constraint *constraint)
{
    struct catalog_relation *relation = define->relation;
    u32 column_count = own_column >= 0 ? 1 : constraint->columns.count;
    struct catalog_key key = {
        .columns = arena_array(&relation->arena, u32, column_count),
        .is_primary = constraint->kind == SYNTAX_PRIMARY_KEY,
        .is_nulls_not_distinct = constraint->is_nulls_not_distinct,
    };
    for (u32 i = 0; i < column_count; i++) {
        const char *name = own_column >= 0 ? NULL : constraint->columns.items[i];
        i32 column = name ? schema_find(relation->row, slice_of(name)) : own_column;
        if (column < 0) {
            err_set(define->err, "42703", "column \"%s\" named in key does not exist", name);
            return at(define, constraint->offset);
        }
        for (u32 j = 0; j < i; j++) {
            if (key.columns[j] != (u32)column) continue;
            err_set(define->err, "42701", "column \"%s\" appears twice in %s constraint", name,
                    key.is_primary ? "primary key" : "unique");
            return at(define, constraint->offset);
        }
        key.columns[key.column_count++] = (u32)column;
    }
    return add_key(define, &key, constraint);
}

static enum status define_constraint(struct define *define, i32 column,
                                     const struct syntax_constraint *constraint)
{
    switch (constraint->kind) {
    case SYNTAX_NULL:
    case SYNTAX_NOT_NULL: return OK;
    case SYNTAX_DEFAULT_VALUE: return define_default(define, (u32)column, constraint);
    case SYNTAX_PRIMARY_KEY:
    case SYNTAX_UNIQUE: return define_key(define, column, constraint);
    case SYNTAX_CHECK: return refuse(define, constraint->offset, "CHECK");
    case SYNTAX_REFERENCES: return refuse(define, constraint->offset, "a foreign key");
    case SYNTAX_GENERATED: return refuse(define, constraint->offset, "a generated column");
    }
    unreachable();
}

/* NULL contradicts NOT NULL and PRIMARY KEY. */
static enum status define_null(struct define *define, u32 index)
{
    const struct syntax_column_def *from = &define->table->columns[index];
    struct schema_column *column = &define->relation->row->columns[index];
    bool is_null = false, is_not_null = column->not_null;
    for (u32 i = 0; i < from->constraint_count; i++) {
        is_null |= from->constraints[i].kind == SYNTAX_NULL;
        is_not_null |= from->constraints[i].kind == SYNTAX_NOT_NULL;
        if (!is_null || !is_not_null) continue;
        err_set(define->err, "42601",
                "conflicting NULL/NOT NULL declarations for column \"%s\" of table \"%s\"",
                column->name, define->relation->name);
        return at(define, from->constraints[i].offset);
    }
    column->not_null = is_not_null;
    return OK;
}

static u32 constraint_count(const struct syntax_create_table *table)
{
    u32 count = table->constraint_count;
    for (u32 i = 0; i < table->column_count; i++)
        count += table->columns[i].constraint_count;
    return count;
}

static void set_row_key(struct catalog_relation *relation)
{
    if (relation->key_count == 0 || !relation->keys[0].is_primary) return;
    relation->row->key = relation->keys[0].columns;
    relation->row->key_count = relation->keys[0].column_count;
    for (u32 i = 0; i < relation->row->key_count; i++) {
        relation->row->columns[relation->row->key[i]].not_null = true;
    }
}

static enum status define_constraints(struct define *define)
{
    const struct syntax_create_table *table = define->table;
    define->key_count_max = constraint_count(table);
    define->relation->keys =
        arena_array(&define->relation->arena, struct catalog_key, define->key_count_max);
    enum status status = OK;
    for (u32 i = 0; i < table->column_count && !status; i++) {
        const struct syntax_column_def *column = &table->columns[i];
        for (u32 j = 0; j < column->constraint_count && !status; j++) {
            status = define_constraint(define, (i32)i, &column->constraints[j]);
        }
    }
    for (u32 i = 0; i < table->constraint_count && !status; i++) {
        status = define_constraint(define, -1, &table->constraints[i]);
    }
    if (status) return status;
    set_row_key(define->relation);
    for (u32 i = 0; i < table->column_count && !status; i++)
        status = define_null(define, i);
    return status;
}

struct table_options {
    bool is_append_only;
    i64 retain_us;
};

static const struct options_spec table_specs[] = {
    { "append_only", OPTIONS_BOOL, offsetof(struct table_options, is_append_only) },
    { "retain", OPTIONS_DURATION, offsetof(struct table_options, retain_us) },
};

/* Those of the table alone: the connector of a source reads the others. */
static struct syntax_options own_options(struct define *define)
{
    struct syntax_options all = define->table->options;
    if (!define->table->is_source) return all;
    struct syntax_options own = { .items = arena_array(&define->relation->arena,
                                                       struct syntax_option, all.count) };
    for (u32 i = 0; i < all.count; i++) {
        for (u32 j = 0; j < countof(table_specs); j++) {
            if (strcmp(all.items[i].name, table_specs[j].name) != 0) continue;
            own.items[own.count++] = all.items[i];
        }
    }
    return own;
}

static enum status define_options(struct define *define)
{
    struct table_options values = { .is_append_only = define->table->is_source };
    struct syntax_options own = own_options(define);
    enum status status =
        options_read(&own, table_specs, countof(table_specs), &values, define->text, define->err);
    if (status) return status;
    if (define->table->is_source && !values.is_append_only) {
        err_set(define->err, "22023", "a source is always append-only");
        return at(define, define->table->relation.offset);
    }
    define->relation->is_append_only = values.is_append_only;
    define->relation->retain_us = values.retain_us;
    return OK;
}

enum status define_table(const struct syntax_statement *statement,
                         struct catalog_relation *relation, struct err *err)
{
    assert(statement->kind == SYNTAX_CREATE_TABLE && relation->id == 0);
    struct define define = {
        .table = statement->create_table, .text = statement->text, .relation = relation, .err = err
    };
    enum status status = define_columns(&define);
    if (!status) status = define_constraints(&define);
    if (!status) status = define_options(&define);
    return status;
}
