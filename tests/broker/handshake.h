/* handshake.h - a TLS client and the server on trial, both in memory. */

#ifndef TESTS_BROKER_HANDSHAKE_H
#define TESTS_BROKER_HANDSHAKE_H

#include <openssl/ssl.h>

#include "tests/broker/soft_door.h"

/* Both ends of one connection. */
struct pair {
    SSL *client, *server;
};

/* A client that takes any server, without a certificate; the caller frees. */
SSL_CTX *client_context(void);
void use_certificate(SSL_CTX *c, struct ca_key *key, const struct buffer *der);

/* A certificate of that kind for `key` by `by`, an hour from `from` on. */
void issue(struct pkcs11_door *by, enum ca_kind kind, struct ca_key *key,
           uint64_t from, struct buffer *der);

struct pair pair_of(SSL_CTX *client, SSL_CTX *server);
/* Lets both work until both are done (true) or one has failed. */
bool shake(struct pair *p);
void end(struct pair *p);

#endif
