/* field.h - words both ends share: methods, header fields, limits. */

#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stddef.h>

#include "base/bytes.h"

enum http_method {
    HTTP_GET,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
};

/* For the Allow field of a 405 answer (RFC 9110, 15.5.6) to a method that no
 * path takes. */
#define HTTP_METHODS "GET, POST, PUT, PATCH, DELETE"

#define HTTP_REQUEST_LINE_MAX 8192            /* without its CRLF          */
#define HTTP_HEAD_MAX         16384           /* up to and with CRLF CRLF  */
#define HTTP_FIELDS_MAX       64              /* header fields             */
#define HTTP_BODY_MAX         (1024UL * 1024) /* unless a caller says less */

/* "GET", "POST", ... */
const char *http_method_name(enum http_method method);

/* One header field to be sent. Borrowed. */
struct http_header {
    const char *name;
    const char *value;
};

/* True for a name that is a token (RFC 9110, 5.6.2) and a value of visible
 * ASCII, blanks and tabs: nothing that could end the field early. */
bool http_header_valid(const struct http_header *header);

#endif
