/* snp_chain.h - endorsement key (VCEK or VLEK) -> ASK or ASVK -> ARK. Private
 * to attest/. */

#ifndef ATTEST_SNP_CHAIN_H
#define ATTEST_SNP_CHAIN_H

#include <openssl/types.h>

#include "attest/anchor.h"
#include "base/bytes.h"
#include "base/status.h"

struct attest_snp_chain {
    X509 *ek;  /* the leaf */
    X509 *ca;  /* ASK or ASVK; nothing says yet that it is one */
    X509 *ark; /* NULL when the evidence has none; never trusted */
};

void attest_snp_chain_clear(struct attest_snp_chain *chain);

#define AUTO_SNP_CHAIN                                                         \
    __attribute__((cleanup(attest_snp_chain_clear))) struct attest_snp_chain

/* Reads two or three certificates, DER, one after the other: leaf, CA, root.
 * No signature is looked at. STATUS_DENIED: no-endorsement (there is nothing
 * to read), malformed. Clear *out with attest_snp_chain_clear(). */
STATUS attest_snp_chain_read(struct bytes der, struct attest_snp_chain *out,
                             struct reason *why);

/* Verifies at `now` that the chain ends in one of the anchors, and answers
 * which: RSA-4096 with PSS and SHA-384 above, P-384 in the leaf; common names
 * "SEV-VCEK" under "SEV-<product>" or "SEV-VLEK" under "SEV-VLEK-<product>"
 * under "ARK-<product>", and `vlek` says which; a root in the evidence is the
 * anchor's. STATUS_DENIED with a token chain:...; STATUS_INVALID when the
 * anchor does not hold what it says. */
STATUS attest_snp_chain_verify(const struct attest_snp_chain *chain,
                               const struct attest_anchor *anchors,
                               size_t count, bool vlek, uint64_t now,
                               const struct attest_anchor **out,
                               struct reason *why);

#endif
