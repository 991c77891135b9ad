/* exchange.h - one request on its way through the steps.
 *
 * An exchange is a ledger: each step fills its own part, later steps read it
 * and nobody changes it. It belongs to exactly one thread at a time; the
 * engine moves it by reading the `place` column of the table in steps.c and
 * knows nothing of TLS, LMDB or HSMs. */

#ifndef BROKER_EXCHANGE_H
#define BROKER_EXCHANGE_H

#include "api/api.h"
#include "broker/peer.h"
#include "broker/sessions.h"
#include "http/http.h"
#include "policy/policy.h"

enum place {
    ON_LOOP,   /* the connection's own thread: never blocks             */
    ON_POOL,   /* a worker thread: may read the store, may ask the HSM  */
    ON_WRITER, /* the one thread that commits                           */
};

enum when { UNLESS_FAILED, ALWAYS };

struct exchange;

struct step {
    const char *name;
    enum place place;
    enum when when;
    struct status (*run)(struct exchange *x);
    bool (*wanted)(const struct exchange *x); /* NULL: always */
};

/* In the order they run; ends with an empty row. */
extern const struct step exchange_steps[];

struct broker;
struct connection;
struct route;

#define EXCHANGE_LEAVES_MAX 4
#define EXCHANGE_PARTS_MAX  4

struct exchange {
    /* the engine's */
    const struct step *step;
    enum place place;
    void (*handover)(struct exchange *x, enum place to);
    void (*finished)(struct exchange *x); /* after the last step; frees */
    struct exchange *next;                /* in whichever queue holds it */
    struct broker *broker;
    struct status status; /* the first failure, and where it came from */
    const char *failed_step;
    struct reason why; /* for the person; never a secret            */

    /* the connection's: set before the first step, read back by reply */
    struct connection *connection;     /* NULL: the broker asks itself */
    const struct route *const *groups; /* what its listener serves */
    void *own;                         /* then: what waits for it */
    struct buffer raw; /* the request's bytes; `request` borrows them */
    struct http_request request;
    struct bytes peer_der; /* client certificate, empty if none */
    struct bytes from;     /* the host that asks, as attempts.h counts it */
    uint64_t now;          /* milliseconds, when the request was complete */
    struct api_id id;      /* request id */

    /* identify */
    struct peer peer;
    struct session session;          /* PEER_SESSION only */
    enum session_state session_seen; /* of the token that was sent */
    bool token_sent;

    /* authorise: PEER_SESSION only; `member` when an account is selected */
    struct policy_user user;
    struct policy_member member;

    /* decode */
    const struct route *route;
    char part[EXCHANGE_PARTS_MAX][96]; /* decoded {placeholders} of the path */
    char allow[40]; /* the methods that the path takes, for a 405 */
    json_t *body;   /* NULL when there was none */

    /* prepare: the route's own state, freed by route->release */
    void *work;

    /* prepare or perform may set it: puts into the store what needs no leaf,
     * a certificate whose leaf stands, or when a node was last heard of. */
    struct status (*keep)(struct exchange *x, struct policy_txn *txn);

    /* record */
    struct policy_logged leaf[EXCHANGE_LEAVES_MAX];
    size_t leaves;
    struct status outcome; /* what the writer made of it */
    bool recorded;         /* its transaction is committed               */
    bool head_signed;      /* `head` covers its leaves                   */
    struct api_head head;
    const char *code; /* a decision or problem code, when denied; on product
                         rows perhaps an EventType, in capitals          */
    json_t *faults;   /* what is wrong with a graph, for a 400 */

    /* answer */
    int http_status;          /* 0: from `status` */
    json_t *answer;           /* the body, or NULL */
    struct buffer answer_raw; /* instead of `answer`, with its type     */
    const char *answer_type;
    struct buffer set_cookie; /* empty: none */
};

/* Runs steps until one belongs to another place (hands over: `x` may be gone
 * after this) or the table ends. */
void exchange_resume(struct exchange *x);

/* A zeroed exchange at the first step; NULL when out of memory. */
struct exchange *exchange_new(struct broker *broker);
void exchange_free(struct exchange *x);

/* Appends a leaf in `txn` and remembers it for the receipt. */
STATUS exchange_log(struct exchange *x, struct policy_txn *txn,
                    const struct policy_event *event);

/* Adds "receipt" for leaf `which` to x->answer. */
STATUS exchange_add_receipt(struct exchange *x, size_t which);

/* Refuses with a decision code: status DENIED, x->code = code. */
STATUS exchange_deny(struct exchange *x, const char *code, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

#endif
