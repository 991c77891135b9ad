#include "tests/enclave/host.h"

#include "tests/support/check.h"

#include <arpa/inet.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)4 << 20)
#define VISITS_MAX  1024

struct visit {
    struct host *host;
    pthread_t thread;
    int fd;
    SSL *tls;
    struct buffer peer;
};

struct host {
    host_fn answer;
    void *context;
    SSL_CTX *tls;
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    bool stopping;
    size_t visits;
    struct visit visit[VISITS_MAX];
    char url[64];
};

static int visit_get(struct visit *v, void *to, int room)
{
    return v->tls ? SSL_read(v->tls, to, room)
                  : (int)recv(v->fd, to, (size_t)room, 0);
}

static void visit_put(struct visit *v, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t put = v->tls ? SSL_write(v->tls, bytes.at, (int)bytes.len)
                             : send(v->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        bytes = bytes_of(bytes.at + put, bytes.len - (size_t)put);
    }
}

static bool read_one(struct visit *v, struct buffer *in,
                     struct http_reader *reader, struct http_request *out)
{
    for (;;) {
        enum http_progress progress = http_read(reader, buffer_bytes(in), out);
        if (progress == HTTP_READ_DONE)
            return true;
        if (progress == HTTP_READ_REFUSED)
            print_error("the host refused: %s\n", reader->reason);
        unsigned char piece[16384];
        int len = progress == HTTP_READ_REFUSED
                      ? 0
                      : visit_get(v, piece, sizeof(piece));
        if (len <= 0)
            return false;
        buffer_put(in, bytes_of(piece, (size_t)len));
    }
}

static bool serve_one(struct visit *v, struct buffer *in)
{
    struct http_request request;
    struct http_reader reader = http_reader_make(REQUEST_MAX);
    if (!read_one(v, in, &reader, &request))
        return false;

    struct host_answer answer = { 200, buffer_make(REQUEST_MAX) };
    AUTO_CLEAR_BUFFER out = buffer_make(REQUEST_MAX + HTTP_HEAD_MAX);
    (void)pthread_mutex_lock(&v->host->lock);
    v->host->answer(v->host->context, &request, buffer_bytes(&v->peer),
                    &answer);
    (void)pthread_mutex_unlock(&v->host->lock);
    const struct http_reply reply = { .status = answer.status,
                                      .content_type = "application/json",
                                      .body = buffer_bytes(&answer.body) };
    bool written = !failed(http_reply_write(&reply, &out));
    if (written)
        visit_put(v, buffer_bytes(&out));
    buffer_clear(&answer.body);
    buffer_consume(in, reader.consumed);
    return written;
}

static bool greet(struct visit *v)
{
    v->tls = SSL_new(v->host->tls);
    (void)SSL_set_fd(v->tls, v->fd);
    if (SSL_accept(v->tls) != 1)
        return false;
    X509 *peer = SSL_get1_peer_certificate(v->tls);
    unsigned char *der = NULL;
    int len = peer ? i2d_X509(peer, &der) : 0;
    if (len > 0)
        buffer_put(&v->peer, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    X509_free(peer);
    return true;
}

static void *visit_run(void *argument)
{
    struct visit *v = argument;
    AUTO_CLEAR_BUFFER in = buffer_make(REQUEST_MAX + HTTP_HEAD_MAX);
    sigset_t pipe_signal;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    bool open = !v->host->tls || greet(v);
    while (open && serve_one(v, &in))
        continue;
    (void)shutdown(v->fd, SHUT_RDWR);
    return NULL;
}

static void *host_run(void *argument)
{
    struct host *host = argument;
    for (;;) {
        int fd = accept(host->listener, NULL, NULL);
        (void)pthread_mutex_lock(&host->lock);
        bool stopping = host->stopping || fd < 0;
        if (!stopping && host->visits < VISITS_MAX) {
            struct visit *v = &host->visit[host->visits++];
            *v = (struct visit){ .host = host, .fd = fd };
            v->peer = buffer_make(16384);
            (void)pthread_create(&v->thread, NULL, visit_run, v);
        }
        (void)pthread_mutex_unlock(&host->lock);
        if (stopping)
            return NULL;
    }
}

struct host *host_start(host_fn answer, void *context, SSL_CTX *tls)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    struct host *host = calloc(1, sizeof(*host));
    assert_non_null(host);
    host->answer = answer;
    host->context = context;
    host->tls = tls;
    (void)pthread_mutex_init(&host->lock, NULL);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    host->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(host->listener, (struct sockaddr *)&at, sizeof(at)),
                     0);
    assert_int_equal(listen(host->listener, 16), 0);
    assert_int_equal(getsockname(host->listener, (struct sockaddr *)&at, &len),
                     0);
    (void)snprintf(host->url, sizeof(host->url), "%s://127.0.0.1:%u",
                   tls ? "https" : "http", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&host->thread, NULL, host_run, host), 0);
    return host;
}

const char *host_url(const struct host *host)
{
    return host->url;
}

void host_stop(struct host *host)
{
    (void)pthread_mutex_lock(&host->lock);
    host->stopping = true;
    (void)pthread_mutex_unlock(&host->lock);
    (void)shutdown(host->listener, SHUT_RDWR);
    (void)pthread_join(host->thread, NULL);
    for (size_t i = 0; i < host->visits; i++) {
        struct visit *v = &host->visit[i];
        (void)shutdown(v->fd, SHUT_RDWR);
        (void)pthread_join(v->thread, NULL);
        SSL_free(v->tls);
        (void)close(v->fd);
        buffer_clear(&v->peer);
    }
    (void)close(host->listener);
    (void)pthread_mutex_destroy(&host->lock);
    free(host);
}

static int believe(int preverified, X509_STORE_CTX *context)
{
    (void)preverified;
    (void)context;
    return 1;
}

SSL_CTX *host_tls(struct bytes certificate, EVP_PKEY *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate_ASN1(context, (int)certificate.len,
                                                  certificate.at),
                     1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, believe);
    return context;
}
