/* em_app.h - the product's program library, as it speaks: TLS 1.2 with the
 * certificate it was issued, hyper's headers; and a broker with sockets for
 * it. */

#ifndef TESTS_BROKER_EM_APP_H
#define TESTS_BROKER_EM_APP_H

#include <openssl/ssl.h>

#include "broker/loop.h"
#include "broker/pool.h"
#include "tests/broker/cast.h"

#define EM_APP_HOST "broker.example"

struct em_app {
    struct stage *stage;
    const struct enclave *enclave; /* NULL: somebody without certificate */
    const struct hash *runtime;    /* that it was started with */
    struct pool *pool;             /* of em_app_serve() */
    struct loop *loop;
    uint16_t port;
};

/* From now on the stage's broker answers on sockets only. */
void em_app_serve(struct em_app *app);
void em_app_stop(struct em_app *app);

/* --- connections --------------------------------------------------------- */

struct link {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
};
struct link em_app_dial(const struct em_app *app, const char *server_name);
void em_app_hang_up(struct link *l);

struct heard {
    int status;
    char head[2048];
    struct buffer body; /* buffer_clear() it */
};
/* Sends the text as it is, and hears one answer. */
void em_app_ask(struct link *l, const char *text, struct heard *out);
/* The body of a 200, which is JSON; clears `heard`. */
json_t *em_app_json(struct heard *heard);
const char *em_app_text(const json_t *object, const char *member);

/* --- what it does -------------------------------------------------------- */

/* GET of the runtime configuration at `path`; its hash is the expected one. */
json_t *em_app_runtime(const struct em_app *app, const char *path);

/* The requests to DSM, on one connection. */
void em_app_log_in(struct link *l, const char *app, char token[80]);
void em_app_export(struct link *l, const char *key, const char *token,
                   struct heard *heard);
void em_app_terminate(struct link *l, const char *token);

#endif
