#include "tests/http/place.h"

#include "tests/support/check.h"

#include <stdio.h>

#include "tests/http/case.h"

struct http_place place_of(const struct secret *query)
{
    static char location[128];
    (void)snprintf(location, sizeof(location), "%s/bucket/a%%20b",
                   server_url(server));
    return (struct http_place){ .location = location,
                                .query = query,
                                .allow_http = true,
                                .stall_seconds = 1 };
}

void assert_discreet_reason(const char *format)
{
    assert_reason(format);
    assert_null(strstr(why.text, "s3cr3t"));
}

/* clang-format off */
const struct other_status other_statuses[] = {
    { STATUS_INVALID,     201 }, { STATUS_INVALID,     202 },
    { STATUS_INVALID,     204 }, { STATUS_INVALID,     206 },
    { STATUS_INVALID,     301 }, { STATUS_INVALID,     302 },
    { STATUS_INVALID,     307 }, { STATUS_INVALID,     400 },
    { STATUS_DENIED,      401 }, { STATUS_DENIED,      403 },
    { STATUS_NOT_FOUND,   404 }, { STATUS_INVALID,     410 },
    { STATUS_UNAVAILABLE, 500 }, { STATUS_UNAVAILABLE, 503 },
};
/* clang-format on */

const size_t other_status_count =
    sizeof(other_statuses) / sizeof(other_statuses[0]);

void other_status_texts(int status, char answer[128], char reason[128])
{
    (void)snprintf(answer, 128, "HTTP/1.1 %d X\r\nLocation: /b\r\n%s\r\n",
                   status,
                   status == 204 ? "" : "Content-Length: 5\r\n\r\nerror");
    (void)snprintf(reason, 128,
                   "127.0.0.1:PORT answered with status %d, not 200", status);
}
