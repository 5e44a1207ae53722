#include "plan/syntax.h"

#include "base/assert.h"
#include "base/utf8.h"

static const char *object_word(enum syntax_object_kind kind)
{
    switch (kind) {
    case SYNTAX_OBJECT_TABLE: return "DROP TABLE";
    case SYNTAX_OBJECT_VIEW: return "DROP VIEW";
    case SYNTAX_OBJECT_MATERIALIZED_VIEW: return "DROP MATERIALIZED VIEW";
    case SYNTAX_OBJECT_INDEX: return "DROP INDEX";
    case SYNTAX_OBJECT_SOURCE: return "DROP SOURCE";
    case SYNTAX_OBJECT_SINK: return "DROP SINK";
    case SYNTAX_OBJECT_COLUMN: break;
    }
    unreachable();
}

static const char *transaction_word(enum syntax_transaction_kind kind)
{
    switch (kind) {
    case SYNTAX_BEGIN: return "BEGIN";
    case SYNTAX_COMMIT: return "COMMIT";
    case SYNTAX_ROLLBACK:
    case SYNTAX_ROLLBACK_TO: return "ROLLBACK";
    case SYNTAX_SAVEPOINT: return "SAVEPOINT";
    case SYNTAX_RELEASE: return "RELEASE";
    }
    unreachable();
}

const char *syntax_tag(const struct syntax_statement *statement)
{
    switch (statement->kind) {
    case SYNTAX_SELECT: return "SELECT";
    case SYNTAX_INSERT: return "INSERT";
    case SYNTAX_UPDATE: return "UPDATE";
    case SYNTAX_DELETE: return "DELETE";
    case SYNTAX_TRUNCATE: return "TRUNCATE TABLE";
    case SYNTAX_CREATE_TABLE:
        return statement->create_table->is_source ? "CREATE SOURCE" : "CREATE TABLE";
    case SYNTAX_CREATE_VIEW:
        return statement->create_view->is_materialized ? "CREATE MATERIALIZED VIEW" : "CREATE VIEW";
    case SYNTAX_CREATE_SINK: return "CREATE SINK";
    case SYNTAX_CREATE_INDEX: return "CREATE INDEX";
    case SYNTAX_DROP: return object_word(statement->drop->kind);
    case SYNTAX_COMMENT: return "COMMENT";
    case SYNTAX_EXPLAIN:
    case SYNTAX_PRESSURE: return "EXPLAIN";
    case SYNTAX_SHOW: return "SHOW";
    case SYNTAX_SET: return "SET";
    case SYNTAX_RESET: return "RESET";
    case SYNTAX_TRANSACTION: return transaction_word(statement->transaction->kind);
    case SYNTAX_SUBSCRIBE: return "SUBSCRIBE";
    }
    unreachable();
}

i32 syntax_position(struct slice text, i32 offset)
{
    if (offset < 0) return 0;
    size_t size = MIN((size_t)offset, text.size);
    return (i32)utf8_length(slice_make(text.data, size)) + 1;
}
