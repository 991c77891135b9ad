/* Listeners, loops and connections, with real sockets on loopback: what goes
 * over the wire, and what is done to clients that misbehave. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/listener.h"
#include "broker/loop.h"
#include "broker/own.h"
#include "broker/pool.h"
#include "tests/broker/stage.h"

static struct stage *stage;
static struct pool *pool;
static struct loop *secure, *operators;
static SSL_CTX *client;
static uint16_t port;
static char operator_path[128];

static int setup(void **state)
{
    struct reason why = { "" };
    struct sockaddr_in at;
    socklen_t len = sizeof(at);
    int fd = -1;
    char where[160];
    assert_int_equal(0, stage_setup(state));
    stage = *state;
    assert_ok(pool_start(&stage->broker, 2, &pool));
    assert_ok(own_renew_tls(&stage->broker, &why));
    assert_ok(listener_tcp("127.0.0.1", 0, &fd, &why));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&at, &len));
    port = ntohs(at.sin_port);
    assert_ok(loop_open(&stage->broker, fd, false, route_groups, &secure));
    (void)snprintf(operator_path, sizeof(operator_path), "%s",
                   temp_dir_path(&stage->dir, "operator"));
    (void)snprintf(where, sizeof(where), "unix:%s", operator_path);
    assert_ok(listener_operator(where, &fd, &why));
    assert_ok(
        loop_open(&stage->broker, fd, true, route_operator_groups, &operators));
    assert_ok(loop_start(secure));
    assert_ok(loop_start(operators));
    client = SSL_CTX_new(TLS_client_method());
    assert_non_null(client);
    return 0;
}

static int teardown(void **state)
{
    SSL_CTX_free(client);
    loop_stop(secure);
    loop_stop(operators);
    pool_stop(pool);
    loop_free(secure);
    loop_free(operators);
    return stage_teardown(state);
}

/* --- a client ------------------------------------------------------------ */

struct link {
    int fd;
    SSL *ssl; /* NULL: plain */
};

static int dial(const struct sockaddr *to, socklen_t len)
{
    struct timeval patience = { .tv_sec = 10 };
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(0, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                                   sizeof(patience)));
    assert_int_equal(0, connect(fd, to, len));
    return fd;
}

static int dial_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    return dial((const struct sockaddr *)&at, sizeof(at));
}

static struct link dial_secure(void)
{
    struct link l = { dial_port(), SSL_new(client) };
    assert_int_equal(1, SSL_set_fd(l.ssl, l.fd));
    assert_int_equal(1, SSL_connect(l.ssl));
    return l;
}

static struct link dial_operators(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    memcpy(at.sun_path, operator_path, strlen(operator_path) + 1);
    return (struct link){ dial((const struct sockaddr *)&at, sizeof(at)),
                          NULL };
}

static void hang_up(struct link *l)
{
    SSL_free(l->ssl);
    (void)close(l->fd);
}

static void say(struct link *l, const char *text)
{
    int len = (int)strlen(text);
    if (l->ssl)
        assert_int_equal(len, SSL_write(l->ssl, text, len));
    else
        assert_int_equal(len, write(l->fd, text, (size_t)len));
}

/* What comes until the server ends the connection. */
static void hear_all(struct link *l, char *out, size_t size)
{
    size_t len = 0;
    int got = 1;
    while (got > 0 && len + 1 < size) {
        int room = (int)(size - len - 1);
        got = l->ssl ? SSL_read(l->ssl, out + len, room)
                     : (int)read(l->fd, out + len, (size_t)room);
        len += got > 0 ? (size_t)got : 0;
    }
    out[len] = '\0';
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what))) {
        n++;
        text += strlen(what);
    }
    return n;
}

#define HEAD(more)                                                             \
    "GET /accord/v1/log/head HTTP/1.1\r\nHost: broker.example\r\n" more "\r\n"

/* --- answers ------------------------------------------------------------- */

static char heard[1 << 16];

static void a_request_is_answered_over_tls(void **state)
{
    (void)state;
    struct link l = dial_secure();
    say(&l, HEAD("Connection: close\r\n"));
    hear_all(&l, heard, sizeof(heard));
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 200 ", 13));
    assert_non_null(strstr(heard, "X-Request-Id: "));
    assert_non_null(strstr(heard, "\"root\":"));
    hang_up(&l);
}

static void one_connection_serves_many_requests_in_order(void **state)
{
    (void)state;
    struct link l = dial_secure();
    say(&l, HEAD("") "GET /accord/v1/nothing HTTP/1.1\r\nHost: b\r\n\r\n" HEAD(
                "Connection: close\r\n"));
    hear_all(&l, heard, sizeof(heard));
    assert_int_equal(2, count(heard, "HTTP/1.1 200 "));
    assert_int_equal(1, count(heard, "HTTP/1.1 404 "));
    const char *first = strstr(heard, "HTTP/1.1 200 ");
    assert_true(first < strstr(heard, "HTTP/1.1 404 "));
    hang_up(&l);
}

static void a_request_may_come_in_pieces(void **state)
{
    (void)state;
    struct link l = dial_secure();
    static const char text[] = HEAD("Connection: close\r\n");
    for (size_t i = 0; text[i]; i++)
        say(&l, (const char[]){ text[i], '\0' });
    hear_all(&l, heard, sizeof(heard));
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 200 ", 13));
    hang_up(&l);
}

static void what_is_no_request_is_refused_and_the_line_closed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *answer;
    } bad[] = {
        { "nonsense\r\n\r\n", "HTTP/1.1 400 " },
        { "GET / HTTP/1.1\nHost: b\n\n", "HTTP/1.1 400 " },
        { "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 411 " },
        { "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9999999\r\n\r\n",
          "HTTP/1.1 413 " },
        { "BREW / HTTP/1.1\r\nHost: b\r\n\r\n", "HTTP/1.1 501 " },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct link l = dial_secure();
        say(&l, bad[i].text);
        hear_all(&l, heard, sizeof(heard)); /* ends: it was closed */
        if (strncmp(heard, bad[i].answer, strlen(bad[i].answer)) != 0)
            fail_msg("%s answers %s", bad[i].text, heard);
        assert_int_equal(1, count(heard, "HTTP/1.1 "));
        hang_up(&l);
    }
}

/* --- clients that go ----------------------------------------------------- */

/* Until the loop has noticed; each answer takes it round once. */
static void assert_open(uint64_t expected)
{
    for (int i = 0; i < 1000; i++) {
        if (stage->broker.metrics.connections_open == expected)
            return;
        struct link l = dial_operators();
        say(&l, "GET /livez HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
        hear_all(&l, heard, sizeof(heard));
        hang_up(&l);
    }
    assert_int_equal(expected, stage->broker.metrics.connections_open);
}

static void hang_ups_leave_nothing_behind(void **state)
{
    (void)state;
    struct link silent = { dial_port(), NULL };
    struct link idle = dial_secure();
    struct link half = dial_secure();
    say(&half, "GET /accord/v1/log/head HTTP/1.1\r\nHo");
    assert_open(3);
    hang_up(&silent);
    hang_up(&idle);
    hang_up(&half);
    assert_open(0);
}

static void who_speaks_no_tls_is_not_heard(void **state)
{
    (void)state;
    struct link l = { dial_port(), NULL };
    say(&l, HEAD("Connection: close\r\n"));
    hear_all(&l, heard, sizeof(heard));
    assert_int_equal(0, count(heard, "HTTP/1.1"));
    hang_up(&l);
    assert_open(0);
    assert_int_equal(1, stage->broker.metrics.handshakes_failed);
}

static void stopping_ends_what_is_idle(void **state)
{
    (void)state;
    struct link l = dial_secure();
    assert_open(1);
    loop_stop(secure); /* blocks until all are gone */
    hear_all(&l, heard, sizeof(heard));
    assert_string_equal("", heard);
    assert_open(0);
    hang_up(&l);
}

/* --- operators ----------------------------------------------------------- */

static void operator_asks(const char *path)
{
    char text[256];
    struct link l = dial_operators();
    (void)snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
                   path);
    say(&l, text);
    hear_all(&l, heard, sizeof(heard));
    hang_up(&l);
}

static void operators_see_life_readiness_and_counters(void **state)
{
    (void)state;
    operator_asks("/livez");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 200 ", 13));
    operator_asks("/readyz");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 200 ", 13));
    operator_asks("/metrics");
    assert_non_null(strstr(heard, "\naccord_log_leaves 2\n"));
    assert_non_null(strstr(heard, "text/plain; version=0.0.4"));
    operator_asks("/accord/v1/log/head");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 404 ", 13));
}

static void readiness_says_why_not(void **state)
{
    (void)state;
    atomic_store(&stage->broker.metrics.hsm_well, 0);
    operator_asks("/readyz");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 503 ", 13));
    assert_non_null(strstr(heard, "HSM"));
    atomic_store(&stage->broker.metrics.hsm_well, 1);
    stage_jump(60);
    assert_status(STATUS_UNAVAILABLE,
                  clock_check(&stage->broker.clock, clock_now(), 0, NULL));
    operator_asks("/readyz");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 503 ", 13));
    assert_non_null(strstr(heard, "writes are stopped: the clock jumped; check "
                                  "it, then send SIGUSR1"));
    operator_asks("/livez");
    assert_int_equal(0, strncmp(heard, "HTTP/1.1 200 ", 13));
}

static void where_to_listen_is_checked(void **state)
{
    (void)state;
    struct reason why = { "" };
    int fd = -1;
    assert_status(STATUS_INVALID, listener_tcp("nowhere", 1, &fd, &why));
    assert_non_null(strstr(why.text, "\"nowhere\" is not an IP address"));
    char long_path[256] = "unix:/";
    memset(long_path + 6, 'a', 200);
    static const char loopback[] =
        "operator.listen: only a unix socket or loopback";
    static const char expected[] =
        "operator.listen: expected unix:/path or address:port";
    const char *const bad[][2] = {
        { "unix:", "operator.listen: unix: needs an absolute path" },
        { "unix:here", "operator.listen: unix: needs an absolute path" },
        { long_path, "operator.listen: the socket's path is too long" },
        { "0.0.0.0:80", loopback },
        { "nowhere", expected },
        { "127.0.0.1:x", expected },
        { "127.0.0.1:70000", expected },
        { "unix:/no/such/directory/socket", "cannot listen on /no/such/" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(failed(listener_operator(bad[i][0], &fd, &why)));
        assert_non_null(strstr(why.text, bad[i][1]));
    }
    assert_int_equal(-1, fd);
}

#define server_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        server_test(a_request_is_answered_over_tls),
        server_test(one_connection_serves_many_requests_in_order),
        server_test(a_request_may_come_in_pieces),
        server_test(what_is_no_request_is_refused_and_the_line_closed),
        server_test(hang_ups_leave_nothing_behind),
        server_test(who_speaks_no_tls_is_not_heard),
        server_test(stopping_ends_what_is_idle),
        server_test(operators_see_life_readiness_and_counters),
        server_test(readiness_says_why_not),
        server_test(where_to_listen_is_checked),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
