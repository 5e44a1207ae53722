/* What requests have in common: which relation, which form of answer, from which tick on.
 *
 * A function that says false has answered. */
#pragma once

#include "servers/http.h"
#include "wire/media.h"
#include "wire/prefer.h"

/* The one segment of the path, decoded into the request's arena; 404 PGRST125 for other paths. */
bool http_request_relation(struct http *http, const struct http1_request *request,
                           struct slice *name);
/* What to do about an unknown relation (42P01), where the engine knows nothing better. */
void http_request_hint(struct err *err, struct slice relation);
/* Accept-Profile (reads) or Content-Profile (writes) other than public: 406 PGRST106. */
bool http_request_profile(struct http *http, const struct http1_request *request,
                          enum http1_field field);
/* The best of the offers for Accept, or MEDIA_UNKNOWN; then 406 PGRST107 may be answered. */
enum media http_request_best(const struct http1_request *request, const enum media *offers,
                             size_t offer_count);
enum http_step http_request_refuse_accept(struct http *http, const struct http1_request *request);
bool http_request_prefer(struct http *http, const struct http1_request *request,
                         struct prefer *prefer);
/* Weir-Min-Tick: HTTP_TASK: go on; HTTP_LATER: return it; HTTP_DONE: answered (400, 504). */
enum http_step http_request_min_tick(struct http *http, const struct http1_request *request);
/* Preference-Applied, when there is something to say. */
void http_request_applied(struct http *http, const struct prefer *prefer);
