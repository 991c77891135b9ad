#include <errno.h>
#include <unistd.h>

#include "http/transfer.h"

static struct status write_to(void *context, struct bytes chunk)
{
    const int *fd = context;
    while (chunk.len > 0) {
        ssize_t put = write(*fd, chunk.at, chunk.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failure(STATUS_UNAVAILABLE, "write", (uint32_t)errno);
        chunk = bytes_of(chunk.at + put, chunk.len - (size_t)put);
    }
    return OK;
}

static struct status read_from(void *context, void *at, size_t room,
                               size_t *out_len)
{
    const int *fd = context;
    ssize_t got;
    do
        got = read(*fd, at, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure(STATUS_UNAVAILABLE, "read", (uint32_t)errno);
    *out_len = (size_t)got;
    return OK;
}

struct http_sink http_sink_to(int *fd)
{
    return (struct http_sink){ write_to, fd };
}

struct http_source http_source_from(int *fd)
{
    return (struct http_source){ read_from, fd };
}
