/* load.h - what the load client's two halves share: what to do, and one
 * connection. */

#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct load {
    struct sockaddr_in address; /* loopback                               */
    const char *certificate;    /* PEM files: the client's certificate,   */
    const char *key;            /*   its key, and the root that the       */
    const char *root;           /*   server's certificate must chain to   */
    const char *request;        /* bytes to send; NULL: handshakes only   */
    double seconds;
    unsigned connections; /* at the same time, one thread each      */
    SSL_CTX *tls;
};

struct connection {
    int fd;
    SSL *ssl;
};

/* Connects and completes a TLS 1.3 handshake with the client certificate,
 * the server's verified. False and nothing open when that failed. */
bool connection_open(const struct load *load, struct connection *out);

/* Ends a connection that made no request: true when the server took the
 * client's certificate. In TLS 1.3 the client learns that only by reading. */
bool connection_was_accepted(struct connection *connection);

/* Sends load->request and reads one answer to its last byte; true for 200. */
bool connection_ask(const struct load *load, struct connection *connection);

void connection_close(struct connection *connection);

#endif
