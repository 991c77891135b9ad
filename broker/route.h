/* route.h - method and path to what is done about it: one row each.
 *
 * A row cannot leave out who may ask. The functions, in the order they run
 * (NULL: not needed):
 *   prepare  ON_POOL    reads the body, checks, reads the store, may ask the
 *                       HSM to take something in; fills x->work
 *   change   ON_WRITER  in the group's transaction: checks again whatever may
 *                       have changed, puts records, exchange_log()s a leaf
 *   perform  ON_POOL    after the head over that leaf is signed: what cannot
 *                       be undone (a release, a certificate)
 *   answer   ON_POOL    fills x->answer and x->http_status
 * A `change` runs inside a nested transaction: when it fails, its records
 * vanish and the rest of the group stands. */

#ifndef BROKER_ROUTE_H
#define BROKER_ROUTE_H

#include "broker/exchange.h"

enum who {
    ANYBODY,
    A_READER, /* a person, by certificate, with at least this role */
    A_WRITER,
    A_MANAGER,
    AN_ENCLAVE,
    A_USER,          /* a session, whether or not it selected an account */
    A_USER_READING,  /* a session in an account, with at least this role */
    A_USER_WRITING,  /* there: what the product calls WRITER */
    A_USER_MANAGING, /* MANAGER */
    A_NODE,          /* a compute node, by certificate */
    A_JOINER,        /* a zone's join token, or a node that renews */
};

enum dialect {
    ACCORD,  /* /accord/v1: problem+json                               */
    PRODUCT, /* /v1: Event errors; also below ROUTE_ALIAS              */
    DSM,     /* /sys/v1 and /crypto/v1: errors are plain text          */
};

struct route {
    enum http_method method;
    const char *path; /* "{}" stands for one segment */
    enum who who;
    enum dialect dialect;
    STATUS (*prepare)(struct exchange *x);
    STATUS (*change)(struct exchange *x, struct policy_txn *txn);
    STATUS (*perform)(struct exchange *x);
    STATUS (*answer)(struct exchange *x);
    void (*release)(void *work);
    bool tightens; /* only takes rights away: commits while the HSM is away */
};

/* What follows stands for "/v1": ROUTE_ALIAS "/apps" is "/v1/apps". */
#define ROUTE_ALIAS "/api/v1/confidential_computing"

/* The groups a listener serves; each ends with an empty row, the list with
 * NULL. */
extern const struct route *const route_groups[];
extern const struct route *const route_operator_groups[];

/* Finds the row among `groups`; fills x->route and x->part.
 * STATUS_NOT_FOUND when no path matches; x->http_status 405 when only the
 * method does not. */
STATUS route_find(struct exchange *x, const struct route *const *groups);

/* The row's, or, without one, what the path looks like: how to refuse. */
enum dialect route_dialect(const struct exchange *x);

#endif
