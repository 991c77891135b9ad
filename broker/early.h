/* early.h - answers for which there is no exchange yet: to what is no request,
 * and to requests for which there is no room. Each is the last of its
 * connection. */

#ifndef BROKER_EARLY_H
#define BROKER_EARLY_H

#include "http/http.h"

enum early_why {
    EARLY_INVALID, /* the reader has refused: its status and reason        */
    EARLY_CROWDED, /* 429, Retry-After: too many with this certificate     */
    EARLY_FULL,    /* 503, Retry-After: too much is being received already */
};

/* The reply borrows from it: keep it where it was made. */
struct early {
    struct http_reply reply;
    char body[200];
};

void early_make(enum early_why why, const struct http_reader *reader,
                struct early *out);

#endif
