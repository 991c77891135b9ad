#include "broker/connection.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/early.h"
#include "broker/wire.h"

#define INPUT_MAX  (HTTP_HEAD_MAX + HTTP_BODY_MAX)
#define OUTPUT_MAX (24 * 1024 * 1024)
#define CHUNK      16384
#define SMALL      (HTTP_HEAD_MAX + CHUNK) /* has a place without asking */

enum phase {
    HANDSHAKE,
    IDLE,    /* between requests: nothing of the next one is here */
    HEAD,    /* some bytes of a head */
    BODY,    /* the head is good */
    BUSY,    /* an exchange is under way; nothing is read */
    SENDING, /* its answer is going out */
    CLOSING, /* our close_notify is going out */
};

static const time_t seconds_of[] = {
    [HANDSHAKE] = 5, [IDLE] = 60,    [HEAD] = 10,
    [BODY] = 30,     [SENDING] = 30, [CLOSING] = 2,
};

struct connection {
    struct loop *loop;
    struct connection *next, *previous;
    struct wire wire;
    struct event *readable, *writable, *deadline;
    enum phase phase;
    struct buffer in, out;
    size_t sent;
    size_t held; /* of the room for requests: room.h */
    struct http_reader reader;
    struct buffer peer_der;
    unsigned char from[16]; /* the client's host: wire_from() */
    size_t from_len;
    bool of_host, of_certificate; /* counted so: crowd.h */
    bool crowded;                 /* one too many with its certificate */
    bool close_after;             /* this answer is the last */
};

static void proceed(struct connection *c);
static void send_more(struct connection *c);

static void connection_free(struct connection *c)
{
    if (!c)
        return;
    if (c->previous)
        c->previous->next = c->next;
    else if (c->loop->first == c)
        c->loop->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    (void)room_take(&c->loop->broker->input, &c->held, 0);
    if (c->of_host)
        crowd_leave(c->loop->broker->hosts, bytes_of(c->from, c->from_len));
    if (c->of_certificate)
        crowd_leave(c->loop->broker->certificates, buffer_bytes(&c->peer_der));
    c->loop->connections--;
    atomic_fetch_sub(&c->loop->broker->metrics.connections_open, 1);
    if (c->readable)
        event_free(c->readable);
    if (c->writable)
        event_free(c->writable);
    if (c->deadline)
        event_free(c->deadline);
    SSL_free(c->wire.ssl);
    (void)close(c->wire.fd);
    buffer_clear(&c->in);
    buffer_clear(&c->out);
    buffer_clear(&c->peer_der);
    free(c);
}

/* The phase's deadline counts from its beginning, whatever trickles in. */
static void enter(struct connection *c, enum phase phase)
{
    c->phase = phase;
    if (phase == BUSY) {
        (void)event_del(c->deadline);
        return;
    }
    struct timeval wait = { .tv_sec = seconds_of[phase] };
    (void)event_add(c->deadline, &wait);
}

/* Waits for the socket, or ends. False when the connection is gone. */
static bool wait_for(struct connection *c, enum outcome outcome)
{
    switch (outcome) {
    case WANT_READ: (void)event_add(c->readable, NULL); return true;
    case WANT_WRITE: (void)event_add(c->writable, NULL); return true;
    case DONE: return true;
    case ENDED: connection_free(c); return false;
    }
    return false;
}

/* --- handshake ----------------------------------------------------------- */

static void handshake(struct connection *c)
{
    enum outcome outcome = wire_accept(&c->wire);
    if (outcome == ENDED ||
        (outcome == DONE && !wire_peer(&c->wire, &c->peer_der))) {
        atomic_fetch_add(&c->loop->broker->metrics.handshakes_failed, 1);
        connection_free(c);
        return;
    }
    if (outcome != DONE) {
        (void)wait_for(c, outcome);
        return;
    }
    if (c->peer_der.len > 0) {
        c->of_certificate = crowd_enter(c->loop->broker->certificates,
                                        buffer_bytes(&c->peer_der));
        c->crowded = !c->of_certificate;
    }
    /* Who is one too many has no time to be idle. */
    enter(c, c->crowded ? HEAD : IDLE);
    proceed(c);
}

/* --- requests ------------------------------------------------------------ */

/* Before there is an exchange; the last answer of its connection. */
static void turn_away(struct connection *c, enum early_why why)
{
    struct early early;
    struct metrics *m = &c->loop->broker->metrics;
    early_make(why, &c->reader, &early);
    if (why == EARLY_CROWDED)
        atomic_fetch_add(&m->connections_refused, 1);
    metrics_answer(m, early.reply.status);
    connection_reply(c, &early.reply);
}

/* The request's bytes move to the exchange; what follows them stays. */
static bool split_request(struct connection *c, struct exchange *x)
{
    /* The same outcome over the moved bytes: http/reader.h promises it. */
    x->raw = buffer_make(INPUT_MAX);
    buffer_put(&x->raw, bytes_of(c->in.data, c->reader.consumed));
    if (failed(buffer_status(&x->raw)) ||
        http_read(&c->reader, buffer_bytes(&x->raw), &x->request) !=
            HTTP_READ_DONE)
        return false;
    buffer_consume(&c->in, c->reader.consumed);
    return true;
}

/* The exchange has run all its steps; its answer lies in `out`. */
static void finished(struct exchange *x)
{
    struct connection *c = x->connection;
    exchange_free(x);
    (void)room_take(&c->loop->broker->input, &c->held, 0);
    enter(c, SENDING);
    send_more(c);
}

static void begin_exchange(struct connection *c)
{
    struct exchange *x = exchange_new(c->loop->broker);
    if (!x || failed(api_id_random(&x->id)) || !split_request(c, x)) {
        exchange_free(x);
        connection_free(c);
        return;
    }
    x->connection = c;
    x->groups = c->loop->groups;
    x->handover = loop_handover;
    x->finished = finished;
    x->peer_der = buffer_bytes(&c->peer_der);
    x->from = bytes_of(c->from, c->from_len);
    x->now = clock_now().wall;
    c->close_after = !x->request.keep_alive;
    c->reader = http_reader_make(HTTP_BODY_MAX);
    enter(c, BUSY);
    exchange_resume(x);
}

static void look_at_input(struct connection *c)
{
    struct http_request request;
    switch (http_read(&c->reader, buffer_bytes(&c->in), &request)) {
    case HTTP_READ_HEAD:
        if (c->phase == IDLE && c->in.len > 0)
            enter(c, HEAD);
        break;
    case HTTP_READ_BODY:
        if (c->phase != BODY)
            enter(c, BODY);
        break;
    case HTTP_READ_DONE:
        if (c->crowded)
            turn_away(c, EARLY_CROWDED);
        else
            begin_exchange(c);
        return;
    case HTTP_READ_REFUSED: turn_away(c, EARLY_INVALID); return;
    }
    (void)wait_for(c, WANT_READ);
}

/* Reads what is there, at most what one request may still need. */
static void receive_more(struct connection *c)
{
    unsigned char chunk[CHUNK];
    size_t len = 0;
    enum outcome outcome = wire_read(&c->wire, chunk, sizeof(chunk), &len);
    if (outcome != DONE) {
        (void)wait_for(c, outcome);
        return;
    }
    buffer_put(&c->in, bytes_of(chunk, len));
    OPENSSL_cleanse(chunk, len);
    if (failed(buffer_status(&c->in)))
        connection_free(c);
    else if (c->in.len > SMALL &&
             !room_take(&c->loop->broker->input, &c->held, c->in.len))
        turn_away(c, EARLY_FULL);
    else
        look_at_input(c);
}

/* A request may wait already behind the last one. */
static void receive(struct connection *c)
{
    if (c->in.len > 0)
        look_at_input(c);
    else
        receive_more(c);
}

/* --- answers ------------------------------------------------------------- */

static void say_goodbye(struct connection *c)
{
    enter(c, CLOSING);
    wire_goodbye(&c->wire);
    connection_free(c);
}

static void send_more(struct connection *c)
{
    while (c->sent < c->out.len) {
        size_t len = 0;
        struct bytes rest =
            bytes_of(c->out.data + c->sent, c->out.len - c->sent);
        enum outcome outcome = wire_write(&c->wire, rest, &len);
        if (outcome != DONE) {
            (void)wait_for(c, outcome);
            return;
        }
        c->sent += len;
    }
    buffer_clear(&c->out);
    c->sent = 0;
    if (c->close_after || c->loop->stopping) {
        say_goodbye(c);
        return;
    }
    enter(c, IDLE);
    /* Through the loop, not by a call: a client that has sent a thousand
     * requests at once must not make us recurse a thousand times. */
    if (c->in.len > 0)
        event_active(c->readable, EV_READ, 1);
    else
        (void)wait_for(c, WANT_READ);
}

void connection_reply(struct connection *c, const struct http_reply *reply)
{
    c->close_after |= reply->close;
    if (failed(http_reply_write(reply, &c->out)))
        c->close_after = true;
    if (c->phase == BUSY)
        return; /* finished() sends it */
    enter(c, SENDING);
    send_more(c);
}

/* --- events -------------------------------------------------------------- */

static void proceed(struct connection *c)
{
    switch (c->phase) {
    case HANDSHAKE: handshake(c); break;
    case IDLE: receive(c); break;
    case HEAD:
    case BODY: receive_more(c); break;
    case BUSY: break;
    case SENDING: send_more(c); break;
    case CLOSING: connection_free(c); break;
    }
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    proceed(context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    connection_free(context); /* never armed while BUSY */
}

static bool prepare_events(struct connection *c)
{
    struct event_base *base = c->loop->base;
    c->readable = event_new(base, c->wire.fd, EV_READ, on_ready, c);
    c->writable = event_new(base, c->wire.fd, EV_WRITE, on_ready, c);
    c->deadline = evtimer_new(base, on_deadline, c);
    return c->readable && c->writable && c->deadline;
}

/* Operators are not counted: they come from one address. */
static bool has_room(struct connection *c)
{
    struct broker *b = c->loop->broker;
    if (c->loop->plain)
        return true;
    c->of_host = crowd_enter(b->hosts, bytes_of(c->from, c->from_len));
    if (!c->of_host)
        atomic_fetch_add(&b->metrics.connections_refused, 1);
    return c->of_host;
}

static bool prepare_tls(struct connection *c)
{
    struct loop *loop = c->loop;
    if (loop->plain)
        return true;
    if (failed(tls_context(loop->broker->tls, &loop->tls)))
        return false;
    c->wire.ssl = SSL_new(loop->tls.context);
    return c->wire.ssl && SSL_set_fd(c->wire.ssl, c->wire.fd) == 1;
}

struct status connection_open(struct loop *loop, int fd)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        (void)close(fd);
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    }
    c->loop = loop;
    c->wire.fd = fd;
    c->from_len = wire_from(&c->wire, c->from);
    c->in = buffer_make(INPUT_MAX + CHUNK);
    c->out = buffer_make(OUTPUT_MAX);
    c->peer_der = buffer_make(CA_CERTIFICATE_MAX);
    c->reader = http_reader_make(HTTP_BODY_MAX);
    c->next = loop->first;
    if (c->next)
        c->next->previous = c;
    loop->first = c;
    loop->connections++;
    atomic_fetch_add(&loop->broker->metrics.connections, 1);
    atomic_fetch_add(&loop->broker->metrics.connections_open, 1);
    if (!has_room(c) || !prepare_events(c) || !prepare_tls(c)) {
        connection_free(c);
        return failure(STATUS_UNAVAILABLE, "connection", 0);
    }
    enter(c, loop->plain ? IDLE : HANDSHAKE);
    proceed(c);
    return OK;
}

struct loop *connection_loop(const struct connection *c)
{
    return c->loop;
}

struct connection *connection_next(const struct connection *c)
{
    return c->next;
}

void connection_stop(struct connection *c)
{
    if (c->phase == BUSY || c->phase == SENDING)
        c->close_after = true;
    else
        say_goodbye(c);
}
