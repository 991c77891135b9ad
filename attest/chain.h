/* chain.h - PCK certificate -> Processor or Platform CA -> anchor; and the
 * signer of collateral -> the same anchor. Private to attest/. */

#ifndef ATTEST_CHAIN_H
#define ATTEST_CHAIN_H

#include "attest/judging.h"
#include "attest/pck.h"
#include "attest/roles.h"

/* What a chain says. Members may be missing when attest_judge() goes on after
 * a failure; after attest_verify()'s checks none is. */
struct attest_chain {
    struct attest_roles roles; /* owned */
    X509 *root;                /* owned: the anchor's own certificate */
    const struct attest_anchor *anchor; /* borrowed from the caller's list */
    bool has_key, has_pck;
    struct api_spki key; /* of the PCK certificate */
    struct attest_pck pck;
};
void attest_chain_clear(struct attest_chain *chain);
#define AUTO_CHAIN                                                             \
    __attribute__((cleanup(attest_chain_clear))) struct attest_chain

/* Verifies the three certificates in `pem`. The root among them only selects
 * the anchor (by subject and key) and is then dropped. Tokens chain:... or
 * malformed; STATUS_INVALID when the selected anchor does not hold what it
 * says. */
STATUS attest_chain_judge(struct attest_judging *j, struct bytes pem,
                          struct attest_chain *out);

/* The signer of TCB information and enclave identities: exactly one
 * certificate issued directly by the anchor of `chain`, and a root. *out is
 * its certificate, owned by the caller, also after failures that are only
 * noted; NULL when there is none to go on with. Tokens tcbchain:... */
STATUS attest_signer_judge(struct attest_judging *j, struct bytes pem,
                           const struct attest_chain *chain, X509 **out);

#endif
