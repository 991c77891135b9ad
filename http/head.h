/* head.h - the lines of a request's head. For this folder only.
 *
 * Each function fills its part of the reader, or says in one refusal what
 * is wrong with the line; the reader is of no further use then. */

#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/reader.h"

/* status 0: nothing is wrong. */
struct http_refusal {
    int status;
    const char *reason; /* a constant: short and stable */
};

static inline struct http_refusal http_accept(void)
{
    return (struct http_refusal){ 0, NULL };
}

static inline struct http_refusal http_refuse(int status, const char *reason)
{
    return (struct http_refusal){ status, reason };
}

/* Lines are runs of the head, without their CRLF, and hold visible ASCII,
 * blanks and tabs only. */
struct http_refusal http_request_line_read(struct http_reader *reader,
                                           struct bytes head,
                                           struct bytes line);
struct http_refusal http_field_line_read(struct http_reader *reader,
                                         struct bytes head, struct bytes line);

/* What only the whole head can tell. */
struct http_refusal http_head_check(const struct http_reader *reader);

/* Where `part`, a run of `head`, lies in it. */
static inline struct http_span http_span_of(struct bytes head,
                                            struct bytes part)
{
    size_t at = part.len ? (size_t)(part.at - head.at) : 0;
    return (struct http_span){ (uint16_t)at, (uint16_t)part.len };
}

#endif
