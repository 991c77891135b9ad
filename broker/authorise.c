/* authorise.c - may this peer ask this at all? Roles and revocation; what a
 * program may have is decide()'s question, asked by the route. */

#include "broker/broker.h"
#include "broker/route.h"
#include "broker/steps.h"

static struct status not_revoked(struct exchange *x, struct policy_txn *txn)
{
    bool revoked = true;
    TRY(policy_certificate_revoked(txn, x->peer.facts.serial, &revoked));
    if (revoked)
        return exchange_deny(x, "certificate", "this certificate was revoked");
    return OK;
}

/* The person behind the key: role and state are the store's, not the
 * certificate's, so that a change holds at once. */
static struct status find_person(struct exchange *x, struct policy_txn *txn)
{
    struct status found =
        policy_person_find(txn, &x->peer.facts.key.hash, &x->peer.person);
    if (found.code == STATUS_NOT_FOUND)
        return exchange_deny(x, "certificate",
                             "this key belongs to nobody here any more");
    TRY(found);
    if (!api_id_equal(&x->peer.person.person, &x->peer.facts.statement.id) ||
        !api_id_equal(&x->peer.person.account, &x->peer.account))
        return exchange_deny(x, "certificate",
                             "this certificate names another person");
    if (!x->peer.chains) /* TLS saw to that; a connection may outlive it */
        return exchange_deny(x, "certificate",
                             "this certificate is not in time");
    if (x->peer.person.suspended)
        return exchange_deny(x, "suspended",
                             "a manager has suspended your access");
    return OK;
}

static struct status need_role(struct exchange *x, enum policy_role least)
{
    if (x->peer.kind != PEER_PERSON) {
        x->http_status = x->peer.kind == PEER_NOBODY ? 401 : 0;
        return exchange_deny(x, "certificate",
                             "this needs a person's client certificate: "
                             "accord join");
    }
    if (x->peer.person.role < least)
        return exchange_deny(x, "role", "this needs the role %s, yours is %s",
                             policy_role_name(least),
                             policy_role_name(x->peer.person.role));
    return OK;
}

static struct status need_enclave(struct exchange *x)
{
    if (x->peer.kind == PEER_ENCLAVE)
        return OK;
    x->http_status = x->peer.kind == PEER_NOBODY ? 401 : 0;
    return exchange_deny(x, "certificate",
                         "this needs an enclave's client certificate");
}

static struct status look_up(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    if (x->peer.kind == PEER_NOBODY)
        return OK;
    TRY(policy_read(x->broker->store, &txn));
    TRY(not_revoked(x, txn));
    return x->peer.kind == PEER_PERSON ? find_person(x, txn) : OK;
}

struct status step_authorise(struct exchange *x)
{
    TRY(look_up(x));
    switch (x->route->who) {
    case ANYBODY: return OK;
    case A_READER: return need_role(x, POLICY_READER);
    case A_WRITER: return need_role(x, POLICY_WRITER);
    case A_MANAGER: return need_role(x, POLICY_MANAGER);
    case AN_ENCLAVE: return need_enclave(x);
    }
    return failure(STATUS_DENIED, "authorise", 0);
}
