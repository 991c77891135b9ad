/* client.h - calls to one server: a broker, an agent, a key manager.
 *
 * TLS 1.2 or 1.3 with ECDHE and AEAD suites only, the server's certificate
 * verified up to roots the caller brings (never the system's), no redirects,
 * no proxy, no environment, no file, no session resumption. One connection
 * is kept open between calls. A client belongs to one thread at a time.
 * Every failure's reason is a sentence for a person and names host and port,
 * never a secret. */

#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"
#include "http/field.h"

struct http_client;

struct http_client_settings {
    const char *base_url; /* https://host[:port]; a path is put before every
                             call's path */
    bool allow_http;      /* also admit http://host[:port] */

    struct bytes roots;      /* PEM, one or more: the only roots trusted. May be
                                empty for http:// only */
    const char *server_name; /* the name the certificate must bear, and the
                                one asked for, instead of the URL's host;
                                NULL: that host */

    struct bytes certificate; /* PEM: the client's own, then its issuers;
                                 empty: none */
    EVP_PKEY *key;            /* of that certificate; NULL: none */

    unsigned connect_ms; /* TCP and TLS handshake; 0: 5,000 */
    unsigned total_ms;   /* one whole call; 0: 30,000 */
    size_t answer_max;   /* bytes of an answer's body; 0: HTTP_BODY_MAX */
};

/* Checks all of it and connects to nothing. Copies what it needs (the key by
 * reference count). STATUS_INVALID names the setting that is wrong. */
STATUS http_client_open(const struct http_client_settings *settings,
                        struct http_client **out, struct reason *why);

/* A client that believes any certificate, for one purpose: to fetch the CA
 * certificate that is then compared with a pinned hash. So it only does GET,
 * and sends no header and no certificate of the caller's. https:// only. */
STATUS http_client_open_unverified(const char *base_url,
                                   struct http_client **out,
                                   struct reason *why);

void http_client_free(struct http_client *client); /* NULL is fine */
DEFINE_AUTO_FREE(http_client);

/* Borrowed for the call. */
struct http_call {
    enum http_method method;
    const char *path;         /* "/v1/...", encoded, may have a ?query */
    const char *content_type; /* NULL: the field is not sent */
    struct bytes body;        /* must be empty for GET and DELETE */
    const struct http_header *headers;
    size_t header_count;
    const struct secret *authorization; /* the value of that field, such as
                                           "Bearer ..."; NULL: none */
};

struct http_answer {
    int status;
    struct buffer body;
    struct buffer fields; /* for http_answer_header() */
};

void http_answer_clear(struct http_answer *answer); /* wipes */

#define AUTO_CLEAR_ANSWER                                                      \
    __attribute__((cleanup(http_answer_clear))) struct http_answer

/* The value of the first field of that name, of any case; `at` is NULL when
 * there is none. Borrowed. */
struct bytes http_answer_header(const struct http_answer *answer,
                                const char *name);

/* Makes the call. Any status but 3xx is an answer; caller clears it.
 *   STATUS_INVALID      the call itself is malformed; a redirect; an answer
 *                       that is too long or not HTTP
 *   STATUS_DENIED       the server's certificate was not accepted
 *   STATUS_UNAVAILABLE  no address, no connection, no or half an answer, too
 *                       late. The server may have acted all the same
 *   STATUS_NO_MEMORY; STATUS_BUSY when the secret heap is full
 * `out` is untouched on failure. */
STATUS http_call(struct http_client *client, const struct http_call *call,
                 struct http_answer *out, struct reason *why);

#endif
