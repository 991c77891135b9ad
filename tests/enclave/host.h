/* host.h - a server in threads of the test whose answers are made by a
 * function: the broker and the object store of a small world. */

#ifndef TESTS_ENCLAVE_HOST_H
#define TESTS_ENCLAVE_HOST_H

#include <openssl/ssl.h>

#include "http/http.h"

struct host_answer {
    int status;         /* 200 unless it is set */
    struct buffer body; /* JSON, or anything */
};

/* `peer` is the client's certificate (DER), empty when it showed none. */
typedef void (*host_fn)(void *context, const struct http_request *request,
                        struct bytes peer, struct host_answer *answer);

struct host;

/* Listens on 127.0.0.1 on a port of its own; `tls` (borrowed) may be NULL.
 * One request is answered at a time. */
struct host *host_start(host_fn answer, void *context, SSL_CTX *tls);
void host_stop(struct host *host);

/* "http://127.0.0.1:PORT" or https. */
const char *host_url(const struct host *host);

/* A server's context with this certificate (DER) and key, which asks every
 * client for a certificate and believes all of them. */
SSL_CTX *host_tls(struct bytes certificate, EVP_PKEY *key);

#endif
