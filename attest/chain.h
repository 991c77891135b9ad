/* chain.h - PCK certificate -> Processor or Platform CA -> anchor. Private
 * to attest/. */

#ifndef ATTEST_CHAIN_H
#define ATTEST_CHAIN_H

#include "api/api.h"
#include "attest/anchor.h"
#include "attest/pck.h"

/* What a verified chain says. */
struct attest_chain {
    const struct attest_anchor *anchor; /* borrowed from the caller's list */
    struct api_spki key;                /* of the PCK certificate */
    struct attest_pck pck;
};

/* Verifies the three certificates in `pem` at `now`. The root among them
 * only selects the anchor (by subject and key) and is then dropped.
 * STATUS_DENIED with a token chain:... or malformed; STATUS_INVALID when the
 * selected anchor does not hold what it says. */
STATUS attest_chain_verify(struct bytes pem,
                           const struct attest_anchor *anchors, size_t count,
                           uint64_t now, struct attest_chain *out,
                           struct reason *why);

#endif
