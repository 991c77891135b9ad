/* url.h - scheme://host[:port]/path, and nothing else. */

#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

#define HTTP_HOST_MAX 253

struct http_url {
    bool tls;                     /* https */
    char host[HTTP_HOST_MAX + 1]; /* an IPv6 address in its brackets */
    uint16_t port;                /* 443 or 80 when not given */
    struct bytes path;            /* borrowed from the text: "" or "/..." */
};

/* STATUS_INVALID with a reason for any other scheme, user names, queries,
 * fragments, empty or impossible hosts and ports, and every character that
 * RFC 3986 does not allow in a path. The reason never quotes the text. */
STATUS http_url_split(const char *text, struct http_url *out,
                      struct reason *why);

#endif
