/* snp.h - AMD SEV-SNP evidence: report, endorsement key, chain. Private to
 * attest/. */

#ifndef ATTEST_SNP_H
#define ATTEST_SNP_H

#include "attest/judging.h"

/* Whether the evidence begins like a report and not like a quote: a version
 * of 2 to 5 in 32 bits, where a quote has its key's type. */
bool attest_snp_is(struct bytes evidence);

/* Fills the verdict. STATUS_INVALID when the selected anchor does not hold
 * what it says; STATUS_DENIED, STATUS_NO_MEMORY: see judging.h.
 * Tokens beside those of the parts: report-sig, product, ek-tcb, ek-kind,
 * ek-chip, tcb-order, vmpl. */
STATUS attest_snp_judge(struct attest_judging *j);

#endif
