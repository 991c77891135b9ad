#include "broker/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>

static enum outcome ssl_outcome(const struct wire *w, int rc)
{
    switch (SSL_get_error(w->ssl, rc)) {
    case SSL_ERROR_NONE: return DONE;
    case SSL_ERROR_WANT_READ: return WANT_READ;
    case SSL_ERROR_WANT_WRITE: return WANT_WRITE;
    default: ERR_clear_error(); return ENDED;
    }
}

static enum outcome errno_outcome(enum outcome want)
{
    return errno == EAGAIN || errno == EINTR ? want : ENDED;
}

enum outcome wire_read(const struct wire *w, void *to, size_t room, size_t *len)
{
    if (w->ssl) {
        ERR_clear_error();
        int rc = SSL_read_ex(w->ssl, to, room, len);
        return rc == 1 ? DONE : ssl_outcome(w, rc);
    }
    ssize_t got = recv(w->fd, to, room, 0);
    if (got > 0)
        *len = (size_t)got;
    return got > 0 ? DONE : got == 0 ? ENDED : errno_outcome(WANT_READ);
}

enum outcome wire_write(const struct wire *w, struct bytes bytes, size_t *len)
{
    if (w->ssl) {
        ERR_clear_error();
        int rc = SSL_write_ex(w->ssl, bytes.at, bytes.len, len);
        return rc == 1 ? DONE : ssl_outcome(w, rc);
    }
    ssize_t put = send(w->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
    if (put >= 0)
        *len = (size_t)put;
    return put >= 0 ? DONE : errno_outcome(WANT_WRITE);
}

enum outcome wire_accept(const struct wire *w)
{
    ERR_clear_error();
    int rc = SSL_accept(w->ssl);
    return rc == 1 ? DONE : ssl_outcome(w, rc);
}

bool wire_peer(const struct wire *w, struct buffer *der_out)
{
    X509 *peer = SSL_get1_peer_certificate(w->ssl);
    if (!peer)
        return true;
    unsigned char *der = NULL;
    int len = i2d_X509(peer, &der);
    X509_free(peer);
    if (len <= 0)
        return false;
    buffer_put(der_out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    return !failed(buffer_status(der_out));
}

size_t wire_from(const struct wire *w, unsigned char out[16])
{
    struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof(from);
    if (getpeername(w->fd, (struct sockaddr *)&from, &len) != 0)
        return 0;
    if (from.ss_family == AF_INET) {
        memcpy(out, &((struct sockaddr_in *)(void *)&from)->sin_addr, 4);
        return 4;
    }
    if (from.ss_family != AF_INET6)
        return 0;
    const struct in6_addr *six =
        &((struct sockaddr_in6 *)(void *)&from)->sin6_addr;
    bool mapped = IN6_IS_ADDR_V4MAPPED(six);
    memcpy(out, &six->s6_addr[mapped ? 12 : 0], mapped ? 4 : 8);
    return mapped ? 4 : 8;
}

void wire_goodbye(const struct wire *w)
{
    /* The peer's own close_notify is not waited for: after ours nothing more
     * will be read. Half-close lets the last bytes arrive. */
    if (!w->ssl || SSL_shutdown(w->ssl) >= 0)
        (void)shutdown(w->fd, SHUT_WR);
    ERR_clear_error();
}
