/* authorise.c - may this peer ask this at all? Roles and revocation; what a
 * program may have is decide()'s question, asked by the route.
 *
 * People by certificate and users by password never stand in for each other:
 * rows for persons refuse sessions, rows for users refuse certificates. */

#include "broker/broker.h"
#include "broker/credentials.h"
#include "broker/product.h"
#include "broker/route.h"
#include "broker/steps.h"
#include "broker/zone.h"

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

/* --- sessions ------------------------------------------------------------ */

/* Without a session: what is missing. No leaf: nobody is known. */
static struct status no_session(struct exchange *x)
{
    if (x->peer.kind != PEER_NOBODY)
        return product_refuse(x, 403, "FORBIDDEN",
                              "this needs a log-in with a password, not a "
                              "certificate");
    if (x->session_seen == SESSION_EXPIRED)
        return product_refuse(x, 401, "SESSION_EXPIRED",
                              "this session has ended: log in again");
    if (x->token_sent)
        return product_refuse(x, 401, "INVALID_SESSION",
                              "this token belongs to no session: log in");
    return product_refuse(x, 401, "AUTH_FAILED", "log in first");
}

/* User and membership are the store's, so that a change holds at once. */
static struct status find_user(struct exchange *x, struct policy_txn *txn)
{
    struct status got = policy_user_get(txn, &x->session.user, &x->user);
    if (got.code == STATUS_NOT_FOUND ||
        (!failed(got) && x->user.epoch != x->session.epoch)) {
        x->peer.kind = PEER_NOBODY; /* there is no such user any more */
        x->session_seen = SESSION_UNKNOWN;
        return OK;
    }
    TRY(got);
    if (api_id_is_zero(&x->session.account))
        return OK;
    got = policy_member_get(txn, &x->session.account, &x->session.user,
                            &x->member);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (!failed(got) && x->member.state == POLICY_MEMBER_ACTIVE)
        x->peer.account = x->member.account;
    else
        x->member = (struct policy_member){ .role = POLICY_NO_ROLE };
    return OK;
}

static struct status need_user(struct exchange *x, enum policy_role least)
{
    if (x->peer.kind != PEER_SESSION)
        return no_session(x);
    if (x->session.form == SESSION_COOKIE &&
        http_request_header(&x->request, "X-CSRF-Header").len == 0)
        return product_refuse(x, 403, "FORBIDDEN",
                              "a session by cookie needs X-CSRF-Header: true");
    if (least == POLICY_NO_ROLE)
        return OK;
    if (api_id_is_zero(&x->peer.account))
        return product_refuse(x, 403, "NO_ACCOUNT_SELECTED",
                              "select an account first");
    if (x->member.role < least)
        return product_refuse(
            x, 403, "FORBIDDEN", "this needs the role %s, yours is %s",
            product_role_name(least), product_role_name(x->member.role));
    return OK;
}

/* --- programs ------------------------------------------------------------ */

static struct status need_node(struct exchange *x)
{
    if (x->peer.kind == PEER_NODE && x->peer.chains)
        return OK;
    if (x->peer.kind == PEER_NOBODY)
        return product_refuse(x, 401, "NODE_NOT_ENROLLED",
                              "this needs a compute node's client "
                              "certificate");
    return product_refuse(x, 403, "NODE_NOT_ENROLLED",
                          "this needs a compute node's client certificate");
}

/* Who has a zone's join token may enrol nodes in it; x->peer.account is the
 * zone's. */
static struct status need_joiner(struct exchange *x)
{
    if (x->peer.kind == PEER_NODE && x->peer.chains)
        return OK;
    struct bytes token =
        credentials_bearer(http_request_header(&x->request, "Authorization"));
    if (x->peer.kind == PEER_NOBODY &&
        !failed(zone_token_account(x, token, &x->peer.account)))
        return OK;
    return product_refuse(x, 401, "AUTH_FAILED",
                          "this needs a zone's join token that is in time");
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
    if (x->peer.kind == PEER_SESSION)
        return find_user(x, txn);
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
    case A_USER: return need_user(x, POLICY_NO_ROLE);
    case A_USER_READING: return need_user(x, POLICY_READER);
    case A_USER_WRITING: return need_user(x, POLICY_WRITER);
    case A_USER_MANAGING: return need_user(x, POLICY_MANAGER);
    case A_NODE: return need_node(x);
    case A_JOINER: return need_joiner(x);
    }
    return failure(STATUS_DENIED, "authorise", 0);
}
