/* call.h - a call, checked and made into lines. For this folder only. */

#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include "http/client.h"
#include "http/handle.h"

/* Nothing in it could end a line or the head early, and nothing contradicts
 * what libcurl writes itself. */
STATUS http_call_check(const struct http_call *call, bool unverified,
                       struct reason *why);

/* The lines of its head that libcurl does not know of. */
STATUS http_call_lines(const struct http_call *call, struct http_lines *lines);

/* POST, PUT and PATCH. */
bool http_has_body(enum http_method method);

#endif
