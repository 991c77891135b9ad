/* judging.h - one question on its way through the checks. Private to
 * attest/.
 *
 * Checks answer STATUS_DENIED with a token and a sentence. attest_verify()
 * stops at the first; attest_judge() notes it and goes on as far as the bytes
 * allow, by the same code: attest_found() is where they differ. */

#ifndef ATTEST_JUDGING_H
#define ATTEST_JUDGING_H

#include "attest/attest.h"

struct attest_judging {
    const struct attest_question *question;
    struct attest_verdict *verdict;
    bool stop;          /* at the first failure */
    struct reason *why; /* never NULL */
};

/* Passes `s` on when it is OK, when it ends everything (STATUS_INVALID,
 * STATUS_NO_MEMORY), or when the first failure does; else notes the failure
 * that is in j->why and answers OK. */
STATUS attest_found(struct attest_judging *j, struct status s);

/* The families; each fills j->verdict. Others: snp.h, nitro.h. */
STATUS attest_dcap_judge(struct attest_judging *j); /* dcap.c */

#endif
