#include "wire/pgrst.h"

#include <string.h>

/* The first line whose prefix fits decides, so the longer ones stand first. */
static const struct {
    const char *prefix;
    u32 status;
} statuses[] = {
    { "PGRST103", 416 }, /* the range cannot be satisfied */
    { "PGRST106", 406 }, /* a schema that is not there */
    { "PGRST107", 406 }, /* none of the media types can be made */
    { "PGRST116", 406 }, /* one row was asked for, there are none or several */
    { "PGRST117", 405 }, /* a method that the relation does not have */
    { "PGRST125", 404 }, /* a path that leads nowhere */
    { "PGRST205", 404 }, /* no such relation */
    { "PGRST301", 401 }, /* a token that is not good */
    { "PGRST302", 401 }, /* no token */
    { "PGRST", 400 },    /* the others: a request that makes no sense */
    { "08", 503 },       /* connection */
    { "0L", 403 },       /* grantor */
    { "0P", 403 },       /* role */
    { "23", 409 },       /* constraints */
    { "25001", 400 },    /* not inside a transaction */
    { "25006", 405 },    /* not to be written to */
    { "25P01", 400 },    /* only inside a transaction */
    { "25", 500 },       /* state of the transaction */
    { "28", 403 },       /* authorization */
    { "2D", 500 },       /* end of the transaction */
    { "3B", 500 },       /* savepoint */
    { "40", 500 },       /* rollback */
    { "42501", 403 },    /* privilege */
    { "42883", 404 },    /* no such function */
    { "42P01", 404 },    /* no such relation */
    { "53", 503 },       /* out of memory, disk or connections */
    { "54", 413 },       /* past a limit of the program */
    { "55000", 503 },    /* being filled, or suspended */
    { "55", 500 },       /* state of an object */
    { "57014", 503 },    /* waited for too long */
    { "57P0", 503 },     /* draining */
    { "57", 500 },       /* intervention */
    { "58", 500 },       /* input and output */
    { "XX", 500 },       /* ourselves */
};

u32 pgrst_status(const char *code)
{
    for (size_t index = 0; index < countof(statuses); index++)
        if (strncmp(code, statuses[index].prefix, strlen(statuses[index].prefix)) == 0)
            return statuses[index].status;
    return 400;
}
