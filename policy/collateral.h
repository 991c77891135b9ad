/* collateral.h - what platforms were judged with, and that it never goes back:
 * the newest of each kind that was ever used is remembered. */

#ifndef POLICY_COLLATERAL_H
#define POLICY_COLLATERAL_H

#include "policy/log.h"
#include "policy/store.h"

/* Which platforms a set of collateral is about, and how new it is. */
struct policy_collateral {
    struct hash anchor; /* SHA-256 of its root's SubjectPublicKeyInfo */
    uint8_t tee;        /* API_KIND_SGX or API_KIND_TDX                */
    unsigned char fmspc[6];
    uint8_t ca; /* 1: processor, 2: platform                           */

    uint32_t evaluation; /* tcbEvaluationDataNumber, the lesser of both */
    uint64_t issued, qe_issued; /* seconds: when TCB information and the
                                   quoting enclave's identity were issued */
    uint64_t root_crl, pck_crl; /* numbers of the revocation lists      */

    struct hash digest; /* of the encoded set                           */
};

/* In the transaction that uses it. STATUS_DENIED with a reason when it is
 * older in any respect than what was used before; else, when it is newer or
 * the first, it is remembered and kept whole under its digest. *fresh says
 * so: then the caller logs it. */
STATUS policy_collateral_use(struct policy_txn *txn,
                             const struct policy_collateral *set,
                             struct bytes encoded, bool *fresh,
                             struct reason *why);

/* Appends the whole set; STATUS_NOT_FOUND. */
STATUS policy_collateral_get(struct policy_txn *txn, const struct hash *digest,
                             struct buffer *out);

/* "processor", "platform"; NULL for anything else. */
const char *policy_collateral_ca(uint8_t ca);

#endif
