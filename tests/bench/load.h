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
    unsigned connections;      /* at the same time, one thread each      */
    double rate;               /* requests per second of all together; 0: as
                                  many as come back                      */
    struct sockaddr_in source; /* own address; family 0: any        */
    SSL_CTX *tls;
};

/* The server's, on loopback. */
void load_address(struct load *load, const char *port);

/* Reads root, certificate and key into load->tls; says what is wrong. */
bool load_prepare(struct load *load);

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

/* Sends load->request and reads one answer to its last byte: its status; 0 when
 * there was none. A 503 counts only with Retry-After. */
int connection_ask(const struct load *load, struct connection *connection);

void connection_close(struct connection *connection);

#endif
