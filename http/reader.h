/* reader.h - a strict HTTP/1.1 request reader (RFC 9112, and less).
 *
 * A pure function over the bytes received so far. It is called again when
 * more have come, does not look twice at any byte of the head, and gives the
 * same outcome however the bytes were cut. What is ambiguous is refused,
 * never repaired: bare CR or LF, NUL, folded lines, blanks before a colon,
 * a length that is signed, listed, doubled or padded, any Transfer-Encoding,
 * any target but an absolute path, anything but HTTP/1.1.
 *
 *     struct http_reader reader = http_reader_make(HTTP_BODY_MAX);
 *     switch (http_read(&reader, buffer_bytes(&in), &request)) { ... }
 *     consumed = reader.consumed;  the next request starts there
 */

#ifndef HTTP_READER_H
#define HTTP_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/field.h"

enum http_progress {
    HTTP_READ_HEAD,    /* need more: the head is not complete             */
    HTTP_READ_BODY,    /* need more: the head is good, the body is short  */
    HTTP_READ_DONE,    /* one complete request of reader.consumed bytes   */
    HTTP_READ_REFUSED, /* answer reader.status and close; final           */
};

/* Where a name or value lies in the head. */
struct http_span {
    uint16_t at;
    uint16_t len;
};

struct http_field {
    struct http_span name;
    struct http_span value; /* without the blanks around it */
};

/* All public members are to be read only. */
struct http_reader {
    size_t head_len;       /* 0 until the head is complete                  */
    size_t content_length; /* of the body; known with the head              */
    size_t consumed;       /* HTTP_READ_DONE: head and body                 */
    int status;            /* HTTP_READ_REFUSED: 400 405 411 413 414 417
                              431 501 505; else 0                           */
    const char *reason;    /* HTTP_READ_REFUSED: a short stable text        */

    /* private */
    size_t body_max;
    size_t scanned; /* bytes of the head already looked at */
    size_t line;    /* where the current line begins       */
    enum http_method method;
    struct http_span path, query, host;
    unsigned seen; /* which of the fields that come once at most */
    bool close;
    size_t fields;
    struct http_field field[HTTP_FIELDS_MAX];
};

/* Everything borrows from the bytes given to the http_read() that made it. */
struct http_request {
    enum http_method method;
    struct bytes path;  /* "/v1/..." as sent: see http/target.h         */
    struct bytes query; /* what follows '?', as sent; empty if nothing  */
    struct bytes host;  /* host or host:port                            */
    struct bytes body;
    bool keep_alive; /* false when the client said Connection: close */
    struct bytes head;
    size_t fields;
    struct http_field field[HTTP_FIELDS_MAX];
};

/* A reader at the start of a request whose body may have `body_max` bytes. */
struct http_reader http_reader_make(size_t body_max);

/* `input` begins with the request's first byte and only ever grows between
 * calls (it may move). Bytes behind the request are not looked at. *out is
 * touched on HTTP_READ_DONE only. */
enum http_progress http_read(struct http_reader *reader, struct bytes input,
                             struct http_request *out);

/* The value of the first field of that name, of any case; its `at` is NULL
 * when there is none. Host, Content-Length, Content-Type, Authorization and
 * Cookie never occur twice: such requests are refused. */
struct bytes http_request_header(const struct http_request *request,
                                 const char *name);

#endif
