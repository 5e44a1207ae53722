#include "servers/http_producer.h"

#include <stdio.h>

#include "wire/field.h"

#define PART_SIZE_MAX 63

enum status http_producer_name(struct http *http, const struct http1_request *request,
                               struct err *err)
{
    struct slice part = http1_head_find(&request->headers, HTTP1_WEIR_PRODUCER);
    for (size_t index = 0; index < part.size; index++) {
        if (field_is_token_char(part.data[index]) && !strchr("!#$%&'*+^`|~", part.data[index]))
            continue;
        return err_set(err, "22023",
                       "Weir-Producer has other characters than letters, digits, - _ .");
    }
    char name[sizeof http->producer_name];
    int size = snprintf(name, sizeof name, part.size ? "%s/%.*s" : "%s", http->conn.peer.address,
                        (int)part.size, part.data);
    if (size >= (int)sizeof name || part.size > PART_SIZE_MAX)
        return err_set(err, "22023", "Weir-Producer is longer than %d characters", PART_SIZE_MAX);
    if (strcmp(name, http->producer_name) == 0) return OK;
    if (http->producer) producer_release(http->producer);
    http->producer = NULL;
    strcpy(http->producer_name, name);
    return OK;
}

enum status http_producer_take(struct http *http, struct err *err)
{
    if (http->producer) return OK;
    http->producer = producer_get(http_server_of(http)->engine, slice_of(http->producer_name));
    return http->producer ? OK : err_set(err, "53300", "there are too many producers");
}

enum status http_producer_choose(struct http *http, const struct http1_request *request,
                                 struct err *err)
{
    if (http_producer_name(http, request, err)) return FAIL;
    return http_producer_take(http, err);
}
