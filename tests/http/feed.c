#include "tests/http/feed.h"

#include "tests/support/check.h"

#include <stdlib.h>

static bool wants_more(enum http_progress progress)
{
    return progress == HTTP_READ_HEAD || progress == HTTP_READ_BODY;
}

enum http_progress feed(struct http_reader *reader, struct bytes text,
                        size_t step)
{
    static struct http_request request;
    enum http_progress progress = HTTP_READ_HEAD;
    for (size_t len = 0; len < text.len && wants_more(progress);) {
        len = text.len - len < step ? text.len : len + step;
        unsigned char *copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, text.at, len);
        progress = http_read(reader, bytes_of(copy, len), &request);
        free(copy);
    }
    return progress;
}
