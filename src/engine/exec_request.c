#include "engine/exec_request.h"

#include "engine/ddl.h"

/* What was there since the beginning or the end of a block. */
struct part {
    const struct syntax_statement *change; /* the last one; NULL: none */
    const struct syntax_statement *alone;
};

static enum status check(struct part *part, const struct syntax_statement *statement,
                         struct err *err);

bool exec_is_change(const struct syntax_statement *statement)
{
    return statement->kind == SYNTAX_INSERT || statement->kind == SYNTAX_UPDATE ||
           statement->kind == SYNTAX_DELETE || statement->kind == SYNTAX_TRUNCATE;
}

bool exec_is_insert_select(const struct syntax_statement *statement)
{
    return statement->kind == SYNTAX_INSERT && statement->insert->select &&
           statement->insert->select->kind != SYNTAX_SELECT_VALUES;
}

static bool stands_alone(const struct syntax_statement *statement)
{
    return ddl_is(statement) || statement->kind == SYNTAX_SET || statement->kind == SYNTAX_RESET;
}

enum status exec_request_check(const struct parse_result *script, u32 *wrong, struct err *err)
{
    struct part part = { .change = NULL };
    bool in_block = false;
    for (u32 index = 0; index < script->count; index++) {
        const struct syntax_statement *statement = script->statements[index];
        if (statement->kind == SYNTAX_TRANSACTION) {
            in_block = statement->transaction->kind == SYNTAX_BEGIN;
            part = (struct part){ .change = NULL };
        } else if (!in_block && check(&part, statement, err)) {
            *wrong = index;
            return FAIL;
        }
    }
    return OK;
}

static enum status refuse_alone(const struct syntax_statement *alone,
                                const struct syntax_statement *change, struct err *err)
{
    err_set(err, "25001", "%s stands alone: it cannot be in one transaction with %s",
            syntax_tag(alone), syntax_tag(change));
    return err_hint(err, "Nothing was run. Send changes in a request of their own, or put them "
                         "between BEGIN and COMMIT.");
}

static enum status refuse_pair(const struct syntax_statement *change, struct err *err)
{
    err_set(err, "0A000", "INSERT ... SELECT cannot be in one transaction with %s",
            syntax_tag(change));
    return err_hint(err, "Nothing was run. Send it in a request of its own.");
}

static enum status refuse_read(const struct syntax_statement *read,
                               const struct syntax_statement *change, struct err *err)
{
    err_set(err, "0A000", "%s behind %s in one transaction is not supported", syntax_tag(read),
            syntax_tag(change));
    return err_hint(err, "Nothing was run. Use RETURNING, put the changes between BEGIN and "
                         "COMMIT, or read in a request of its own.");
}

static enum status check(struct part *part, const struct syntax_statement *statement,
                         struct err *err)
{
    const struct syntax_statement *change = part->change;
    if (stands_alone(statement)) {
        part->alone = statement;
        return change ? refuse_alone(statement, change, err) : OK;
    }
    if (!exec_is_change(statement)) return change ? refuse_read(statement, change, err) : OK;
    if (part->alone) return refuse_alone(part->alone, statement, err);
    part->change = statement;
    if (!change || (!exec_is_insert_select(statement) && !exec_is_insert_select(change))) return OK;
    return refuse_pair(exec_is_insert_select(statement) ? change : statement, err);
}
