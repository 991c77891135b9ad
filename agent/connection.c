/* connection.c - one client: read a request, answer it, again. Every phase
 * has an absolute deadline, so that no client holds a thread by trickling. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/exchange.h"

#define IDLE_MS  60000
#define HEAD_MS  10000
#define BODY_MS  30000
#define WRITE_MS 30000

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd poll_fd = { .fd = fd, .events = events };
        if (left <= 0)
            return false;
        int ready = poll(&poll_fd, 1, (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* Appends what has come; false at the end, on failure and past the deadline. */
static bool receive(int fd, struct buffer *in, int64_t deadline)
{
    unsigned char piece[16384];
    if (!wait_for(fd, POLLIN, deadline))
        return false;
    ssize_t len = recv(fd, piece, sizeof(piece), 0);
    if (len <= 0)
        return false;
    buffer_put(in, bytes_of(piece, (size_t)len));
    return !failed(buffer_status(in));
}

static bool send_all(int fd, struct bytes bytes)
{
    int64_t deadline = now_ms() + WRITE_MS;
    while (bytes.len > 0) {
        ssize_t len =
            send(fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        bool later = len < 0 && (errno == EINTR || errno == EAGAIN);
        if (len > 0)
            bytes = bytes_of(bytes.at + len, bytes.len - (size_t)len);
        else if (!later || !wait_for(fd, POLLOUT, deadline))
            return false;
    }
    return true;
}

static bool send_answer(int fd, struct agent_answer *answer, bool close_after)
{
    AUTO_CLEAR_BUFFER out = buffer_make(AGENT_ANSWER_MAX + HTTP_HEAD_MAX);
    const struct http_header allow = { "Allow", HTTP_METHODS };
    if (failed(buffer_status(&answer->body)))
        return false;
    const struct http_reply reply = {
        .status = answer->status,
        .date = (uint64_t)time(NULL),
        .content_type = "application/json",
        .body = buffer_bytes(&answer->body),
        .headers = &allow,
        .header_count = answer->status == 405 ? 1 : 0,
        .close = close_after,
    };
    return !failed(http_reply_write(&reply, &out)) &&
           send_all(fd, buffer_bytes(&out));
}

/* A request is complete or refused, or the client is gone. */
static enum http_progress read_request(int fd, struct http_reader *reader,
                                       struct buffer *in,
                                       struct http_request *out)
{
    int64_t began = now_ms();
    bool waiting = in->len == 0;
    int64_t deadline = began + (waiting ? IDLE_MS : HEAD_MS);
    enum http_progress before = HTTP_READ_HEAD;
    for (;;) {
        enum http_progress progress = http_read(reader, buffer_bytes(in), out);
        if (progress == HTTP_READ_DONE || progress == HTTP_READ_REFUSED)
            return progress;
        if (progress == HTTP_READ_BODY && before == HTTP_READ_HEAD)
            deadline = now_ms() + BODY_MS;
        before = progress;
        if (!receive(fd, in, deadline))
            return progress;
        if (waiting) {
            waiting = false;
            deadline = now_ms() + HEAD_MS;
        }
    }
}

/* False when the connection is to be closed. */
static bool serve_one(struct agent *agent, int fd, struct buffer *in)
{
    struct http_reader reader = http_reader_make(AGENT_BODY_MAX);
    struct http_request request;
    struct agent_answer answer = { .body = buffer_make(AGENT_ANSWER_MAX) };
    bool again = false;
    enum http_progress progress = read_request(fd, &reader, in, &request);
    if (progress == HTTP_READ_REFUSED) {
        agent_refuse(&answer, reader.status, "BAD_REQUEST", reader.reason);
        (void)send_answer(fd, &answer, true); /* it ends here either way */
    } else if (progress == HTTP_READ_DONE) {
        agent_route(agent, &request, &answer);
        again =
            send_answer(fd, &answer, !request.keep_alive) && request.keep_alive;
        buffer_consume(in, reader.consumed);
    }
    buffer_clear(&answer.body);
    return again;
}

void agent_connection_serve(struct agent *agent, int fd)
{
    AUTO_CLEAR_BUFFER in = buffer_make(HTTP_HEAD_MAX + AGENT_BODY_MAX + 65536);
    while (serve_one(agent, fd, &in))
        continue;
}
