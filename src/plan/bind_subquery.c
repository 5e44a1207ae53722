/* Subqueries among expressions. */
#include "plan/bind_internal.h"

struct expr *bind_subquery(struct scope *scope, const struct syntax_expr *syntax)
{
    const char *what = NULL;
    switch (syntax->subquery.kind) {
    case SYNTAX_SUBQUERY_SCALAR: what = "a subquery as a value is not supported"; break;
    case SYNTAX_SUBQUERY_EXISTS: what = "EXISTS is not supported"; break;
    case SYNTAX_SUBQUERY_IN: what = "IN with a subquery is not supported"; break;
    case SYNTAX_SUBQUERY_ANY: what = "ANY with a subquery is not supported"; break;
    case SYNTAX_SUBQUERY_ALL: what = "ALL with a subquery is not supported"; break;
    case SYNTAX_SUBQUERY_ARRAY: what = "arrays are not supported"; break;
    }
    bind_refuse(scope->binder, syntax->offset, "%s", what);
    if (syntax->subquery.kind != SYNTAX_SUBQUERY_ARRAY)
        err_hint(scope->binder->err, "Write the subquery as a join in FROM.");
    return NULL;
}
