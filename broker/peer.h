/* peer.h - who is at the other end: decided by the client certificate, or,
 * without one, by the session whose token is sent (sessions.h).
 */

#ifndef BROKER_PEER_H
#define BROKER_PEER_H

#include "ca/ca.h"
#include "policy/policy.h"

enum peer_kind {
    PEER_NOBODY,
    PEER_PERSON,
    PEER_ENCLAVE,
    PEER_NODE,
    PEER_SESSION, /* a user, by password: no certificate, no owner key */
};
const char *peer_kind_name(enum peer_kind kind);

struct peer {
    enum peer_kind kind;
    struct ca_facts facts;       /* of its certificate                 */
    struct hash certificate;     /* SHA-256 of the DER                 */
    bool chains;                 /* issued by our CA, for clients, and in
                                    time when the request came: peers.h */
    struct api_id account;       /* whose; a session's: the selected one */
    struct policy_person person; /* person only, by the authorise step */
};

/* Reads a client certificate; an empty `der` is nobody. STATUS_DENIED for one
 * of a form that we would not have issued. No signature is verified here
 * (peers.h); role and revocation are looked up per request, by the authorise
 * step. */
STATUS peer_read(struct bytes der, struct peer *out, struct reason *why);

#endif
