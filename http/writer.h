/* writer.h - one answer as one run of bytes, so that it is one write. */

#ifndef HTTP_WRITER_H
#define HTTP_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/field.h"

/* Borrowed for the call. */
struct http_reply {
    int status;
    uint64_t date;            /* seconds since the epoch; 0: no Date field */
    const char *content_type; /* NULL: none                                */
    struct bytes body;
    const struct http_header *headers; /* more fields, in this order */
    size_t header_count;
    bool close; /* Connection: close; the caller closes it then */
};

/* Appends the whole answer to `out`. Always Cache-Control: no-store and, but
 * for 204 and 304, which never carry a body, Content-Length. STATUS_INVALID
 * for a status without a text, a field that is not http_header_valid() or
 * that the writer itself writes; nothing is appended then. Otherwise
 * buffer_status(out). */
STATUS http_reply_write(const struct http_reply *reply, struct buffer *out);

/* "Not Found" for 404; NULL for a status this project never sends. */
const char *http_status_text(int status);

#endif
