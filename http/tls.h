/* tls.h - what a client believes and what it shows. For this folder only. */

#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/scope.h"
#include "base/status.h"

struct http_tls {
    X509_STORE *roots;      /* the only roots believed; NULL: see below */
    STACK_OF(X509) * chain; /* the client's own first; NULL: none       */
    EVP_PKEY *key;          /* of chain's first; NULL: none             */
};

/* Reads PEM `roots` and `certificate` (each may be empty) and takes a
 * reference to `key`. STATUS_INVALID names what cannot be read, or says that
 * the key is not that of the certificate. */
STATUS http_tls_new(struct bytes roots, struct bytes certificate, EVP_PKEY *key,
                    struct http_tls **out, struct reason *why);

void http_tls_free(struct http_tls *tls); /* NULL is fine */
DEFINE_AUTO_FREE(http_tls);

/* Puts all of it into a fresh context, whose own roots stay when there are
 * none here; false when OpenSSL refuses. */
bool http_tls_apply(const struct http_tls *tls, SSL_CTX *context);

#endif
