/* server.h - an HTTP server for one test: it says what it is told to say,
 * and remembers what it was asked. */

#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <openssl/x509.h>

#include "base/buffer.h"

/* What is sent once a request is complete. */
struct server_answer {
    const char *text; /* NULL: nothing, and the connection stays open */
    size_t len;       /* 0: strlen(text) */
    bool then_close;
    bool at_once; /* when the head is complete; no more is read then */
};

struct server_plan {
    const struct server_answer *answers; /* the last one is repeated */
    size_t answer_count;
    X509 *certificate; /* NULL: no TLS */
    EVP_PKEY *key;
    X509 *client_root; /* a certificate of its is demanded; NULL: none is */
    bool deaf;         /* accepts connections and does nothing with them */
};

struct server_record {
    struct buffer requests; /* all their bytes, in order */
    unsigned request_count;
    unsigned connections;
    struct buffer client_name; /* CN of the last client certificate */
    struct buffer asked_name;  /* the last SNI */
    struct buffer ciphers;     /* of the last ClientHello, two bytes each */
    struct buffer versions;    /* the same */
    struct buffer groups;      /* the same */
    unsigned resumed;          /* connections that continued a session */
};

struct server;

/* Listens on 127.0.0.1, on a port of its own. */
struct server *server_start(const struct server_plan *plan);
unsigned server_port(const struct server *server);

/* "http://127.0.0.1:PORT" or https; lives as long as the server. */
const char *server_url(const struct server *server);

/* Hangs up, and gives what it remembers. Clear that. */
struct server_record server_stop(struct server *server);
void server_record_clear(struct server_record *record);

#endif
