/* nitro.h - AWS Nitro evidence: document, chain, signature. Private to
 * attest/. */

#ifndef ATTEST_NITRO_H
#define ATTEST_NITRO_H

#include "attest/judging.h"

/* Whether the evidence begins like CBOR that can be a COSE_Sign1: with an
 * array or a tag. */
bool attest_nitro_is(struct bytes evidence);

/* Fills the verdict. STATUS_INVALID when the selected anchor does not hold
 * what it says; STATUS_DENIED, STATUS_NO_MEMORY: see judging.h.
 * Tokens beside those of the document: chain:..., cose-sig, timestamp (in the
 * future), pcr (of 0 to 2 one is not there). */
STATUS attest_nitro_judge(struct attest_judging *j);

#endif
