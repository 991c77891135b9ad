/* requests.h - crafted requests and what must become of them. */

#ifndef TESTS_REQUESTS_H
#define TESTS_REQUESTS_H

#include "base/bytes.h"

struct crafted_request {
    int status;         /* 0: accepted */
    const char *reason; /* NULL when accepted */
    struct bytes text;
};

extern const struct crafted_request crafted_requests[];
extern const size_t crafted_request_count;

#endif
