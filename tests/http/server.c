#include "tests/http/server.h"

#include "tests/support/check.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"

#define REQUEST_MAX (16UL << 20)

struct server {
    struct server_plan plan;
    struct server_record record;
    SSL_CTX *context;
    pthread_t thread;
    int listener;
    int stop[2]; /* readable when the test is over */
    unsigned port;
    char url[64];
};

/* One connection. */
struct line {
    struct server *server;
    int fd;
    SSL *tls;
};

/* False when the test is over first. */
static bool wait_for(const struct server *server, int fd)
{
    struct pollfd both[] = { { .fd = fd, .events = POLLIN },
                             { .fd = server->stop[0], .events = POLLIN } };
    while (poll(both, 2, -1) < 0)
        continue;
    return both[1].revents == 0;
}

static int line_get(struct line *line, void *to, int room)
{
    if (!(line->tls && SSL_pending(line->tls)) &&
        !wait_for(line->server, line->fd))
        return 0;
    return line->tls ? SSL_read(line->tls, to, room)
                     : (int)recv(line->fd, to, (size_t)room, 0);
}

static void line_put(struct line *line, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = line->tls ? SSL_write(line->tls, text, (int)len)
                                : send(line->fd, text, len, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        text += put;
        len -= (size_t)put;
    }
}

static const struct server_answer *next_answer(const struct server *server)
{
    size_t i = server->record.request_count;
    size_t last = server->plan.answer_count - 1;
    return &server->plan.answers[i < last ? i : last];
}

static bool answer(struct line *line)
{
    struct server *server = line->server;
    const struct server_answer *say = next_answer(server);
    server->record.request_count++;
    if (say->text)
        line_put(line, say->text, say->len ? say->len : strlen(say->text));
    if (!say->text || (say->at_once && !say->then_close))
        (void)wait_for(server, server->stop[0]);
    return say->text && !say->at_once && !say->then_close;
}

/* Reads one request and answers it; false when the connection is over. */
static bool serve_one(struct line *line, struct buffer *input)
{
    static struct http_request request;
    struct server *server = line->server;
    struct http_reader reader = http_reader_make(REQUEST_MAX);
    for (;;) {
        enum http_progress progress =
            http_read(&reader, buffer_bytes(input), &request);
        bool enough =
            progress == HTTP_READ_DONE ||
            (progress == HTTP_READ_BODY && next_answer(server)->at_once);
        if (progress == HTTP_READ_REFUSED)
            print_error("the server refused: %s\n", reader.reason);
        if (progress == HTTP_READ_REFUSED)
            return false;
        if (enough)
            break;
        unsigned char chunk[16384];
        int got = line_get(line, chunk, sizeof(chunk));
        if (got <= 0)
            return false;
        buffer_put(input, bytes_of(chunk, (size_t)got));
    }
    size_t len = reader.consumed ? reader.consumed : input->len;
    buffer_put(&server->record.requests, bytes_of(input->data, len));
    buffer_consume(input, len);
    return answer(line);
}

static void remember_client(struct line *line)
{
    char name[64] = "";
    X509 *certificate = SSL_get1_peer_certificate(line->tls);
    if (!certificate)
        return;
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                                    NID_commonName, name, sizeof(name));
    buffer_clear(&line->server->record.client_name);
    buffer_put_string(&line->server->record.client_name, name);
    X509_free(certificate);
}

static void serve_connection(struct server *server, int fd)
{
    struct line line = { .server = server, .fd = fd };
    AUTO_CLEAR_BUFFER input = buffer_make(REQUEST_MAX + HTTP_HEAD_MAX);
    bool open = true;
    server->record.connections++;
    if (server->plan.deaf) {
        (void)wait_for(server, server->stop[0]);
        open = false;
    } else if (server->context) {
        line.tls = SSL_new(server->context);
        (void)SSL_set_fd(line.tls, fd);
        open = SSL_accept(line.tls) == 1;
        remember_client(&line);
        server->record.resumed += SSL_session_reused(line.tls) == 1;
    }
    while (open && serve_one(&line, &input))
        continue;
    if (line.tls && open)
        (void)SSL_shutdown(line.tls);
    SSL_free(line.tls);
    (void)close(fd);
}

static void *serve(void *context)
{
    struct server *server = context;
    /* For this thread only: the client under test must not need it. */
    sigset_t pipe_signal;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    while (wait_for(server, server->listener)) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd >= 0)
            serve_connection(server, fd);
    }
    return NULL;
}

/* The extension's contents, without what stands before its list or name. */
static void remember_extension(SSL *tls, unsigned type, size_t before,
                               struct buffer *out)
{
    const unsigned char *at = NULL;
    size_t len = 0;
    buffer_clear(out);
    if (SSL_client_hello_get0_ext(tls, type, &at, &len) == 1 && len > before)
        buffer_put(out, bytes_of(at + before, len - before));
}

static int on_hello(SSL *tls, int *alert, void *context)
{
    (void)alert;
    struct server_record *record = &((struct server *)context)->record;
    const unsigned char *list = NULL;
    size_t len = SSL_client_hello_get0_ciphers(tls, &list);
    buffer_clear(&record->ciphers);
    buffer_put(&record->ciphers, bytes_of(list, len));
    /* RFC 6066: two lengths and a type stand before the one name. */
    remember_extension(tls, TLSEXT_TYPE_server_name, 5, &record->asked_name);
    remember_extension(tls, TLSEXT_TYPE_supported_versions, 1,
                       &record->versions);
    remember_extension(tls, TLSEXT_TYPE_supported_groups, 2, &record->groups);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void context_make(struct server *server)
{
    const struct server_plan *plan = &server->plan;
    server->context = SSL_CTX_new(TLS_server_method());
    assert_non_null(server->context);
    assert_int_equal(
        SSL_CTX_use_certificate(server->context, plan->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->context, plan->key), 1);
    SSL_CTX_set_client_hello_cb(server->context, on_hello, server);
    if (plan->client_root) {
        X509_STORE *roots = X509_STORE_new();
        assert_int_equal(X509_STORE_add_cert(roots, plan->client_root), 1);
        SSL_CTX_set_cert_store(server->context, roots);
        SSL_CTX_set_verify(server->context,
                           SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
    }
}

static void listen_somewhere(struct server *server)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&at, sizeof(at)),
                     0);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(
        getsockname(server->listener, (struct sockaddr *)&at, &len), 0);
    server->port = ntohs(at.sin_port);
    (void)snprintf(server->url, sizeof(server->url), "%s://127.0.0.1:%u",
                   server->plan.certificate ? "https" : "http", server->port);
}

struct server *server_start(const struct server_plan *plan)
{
    struct server *server = calloc(1, sizeof(*server));
    assert_non_null(server);
    server->plan = *plan;
    server->record.requests = buffer_make(REQUEST_MAX);
    server->record.client_name = buffer_make(256);
    server->record.asked_name = buffer_make(256);
    server->record.ciphers = buffer_make(1024);
    server->record.versions = buffer_make(256);
    server->record.groups = buffer_make(256);
    if (plan->certificate)
        context_make(server);
    listen_somewhere(server);
    assert_int_equal(pipe(server->stop), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

unsigned server_port(const struct server *server)
{
    return server->port;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

struct server_record server_stop(struct server *server)
{
    (void)close(server->stop[1]);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->stop[0]);
    (void)close(server->listener);
    SSL_CTX_free(server->context);
    struct server_record record = server->record;
    free(server);
    return record;
}

void server_record_clear(struct server_record *record)
{
    buffer_clear(&record->requests);
    buffer_clear(&record->client_name);
    buffer_clear(&record->asked_name);
    buffer_clear(&record->ciphers);
    buffer_clear(&record->versions);
    buffer_clear(&record->groups);
}
