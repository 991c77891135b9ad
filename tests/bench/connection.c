#include "tests/bench/load.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 * 1024)

void load_address(struct load *load, const char *port)
{
    load->address.sin_family = AF_INET;
    load->address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    load->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

bool load_prepare(struct load *load)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    load->tls = tls;
    if (!tls || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
        SSL_CTX_load_verify_locations(tls, load->root, NULL) != 1 ||
        SSL_CTX_use_certificate_file(tls, load->certificate,
                                     SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, load->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1) {
        (void)fputs("load: cannot use the certificate, its key or the root\n",
                    stderr);
        return false;
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    /* To each server the same message: not the root as well where the root
     * that we trust happens to be our own issuer. */
    (void)SSL_CTX_set_mode(tls, SSL_MODE_NO_AUTO_CHAIN);
    return true;
}

static bool dial(const struct load *load, int *out)
{
    const int on = 1;
    const struct timeval patience = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if ((load->source.sin_family != 0 &&
         bind(fd, (const struct sockaddr *)&load->source,
              sizeof(load->source)) != 0) ||
        connect(fd, (const struct sockaddr *)&load->address,
                sizeof(load->address)) != 0) {
        (void)close(fd);
        return false;
    }
    *out = fd;
    return true;
}

bool connection_open(const struct load *load, struct connection *out)
{
    struct connection c = { .fd = -1 };
    if (!dial(load, &c.fd))
        return false;
    c.ssl = SSL_new(load->tls);
    if (!c.ssl || SSL_set_fd(c.ssl, c.fd) != 1 || SSL_connect(c.ssl) != 1) {
        connection_close(&c);
        return false;
    }
    *out = c;
    return true;
}

bool connection_was_accepted(struct connection *connection)
{
    unsigned char byte;
    ERR_clear_error();
    if (SSL_shutdown(connection->ssl) < 0)
        return false;
    int n = SSL_read(connection->ssl, &byte, 1);
    int why = SSL_get_error(connection->ssl, n);
    unsigned long error = ERR_peek_error();
    /* An alert is a refusal; close_notify or a plain end is not. */
    bool alert = ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
    bool eof = ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return why == SSL_ERROR_ZERO_RETURN ||
           (why == SSL_ERROR_SSL && eof && !alert);
}

void connection_close(struct connection *connection)
{
    /* Without lingering, so that no port waits two minutes for its next
     * use: a run opens thousands. */
    const struct linger none = { .l_onoff = 1, .l_linger = 0 };
    SSL_free(connection->ssl);
    if (connection->fd >= 0) {
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none,
                         sizeof(none));
        (void)close(connection->fd);
    }
    *connection = (struct connection){ .fd = -1 };
}

/* Reads until `have` bytes hold a head; its length, or 0. */
static size_t read_head(SSL *ssl, char *answer, size_t *have)
{
    for (*have = 0; *have < ANSWER_MAX;) {
        int n = SSL_read(ssl, answer + *have, (int)(ANSWER_MAX - *have));
        if (n <= 0)
            return 0;
        *have += (size_t)n;
        answer[*have] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        if (end)
            return (size_t)(end - answer) + 4;
    }
    return 0;
}

static bool read_rest(SSL *ssl, char *answer, size_t have, size_t whole)
{
    while (have < whole) {
        int n = SSL_read(ssl, answer, (int)(whole - have));
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return have == whole;
}

int connection_ask(const struct load *load, struct connection *connection)
{
    char answer[ANSWER_MAX + 1];
    size_t have;
    int len = (int)strlen(load->request);
    if (SSL_write(connection->ssl, load->request, len) != len)
        return 0;
    size_t head = read_head(connection->ssl, answer, &have);
    const char *length =
        head ? strcasestr(answer, "\r\ncontent-length:") : NULL;
    if (!length || length > answer + head ||
        strncmp(answer, "HTTP/1.1 ", 9) != 0)
        return 0;
    int status = (int)strtol(answer + 9, NULL, 10);
    const char *later = strcasestr(answer, "\r\nretry-after:");
    if (status == 503 && (!later || later > answer + head))
        return 0;
    size_t body = strtoul(length + 17, NULL, 10);
    return body <= ANSWER_MAX &&
                   read_rest(connection->ssl, answer, have, head + body)
               ? status
               : 0;
}
