/* evidence.h - evidence judged with what this broker holds, now and again when
 * newer collateral has come. */

#ifndef BROKER_EVIDENCE_H
#define BROKER_EVIDENCE_H

#include "broker/broker.h"

struct evidence_judged {
    struct attest_identity identity;
    struct buffer collateral;       /* encoded; empty: none was held for it */
    struct policy_collateral about; /* ... which it is */
};
void evidence_judged_clear(struct evidence_judged *judged);

/* Judges at `now` (seconds) with the newest collateral held for that platform.
 * SGX and TDX without any are `unevaluated`: for the rule to judge. Collateral
 * that is held decides: evidence that fails with it is refused. STATUS_DENIED
 * with the verifier's reason. On success clear *out. */
STATUS evidence_judge(struct broker *broker, struct bytes evidence,
                      uint64_t now, struct evidence_judged *out,
                      struct reason *why);

/* What the record keeps of it; `now` in milliseconds. */
struct policy_verdict evidence_verdict(const struct evidence_judged *judged,
                                       uint64_t now);

/* Is the evaluation new enough for the rule? STATUS_DENIED with a reason. */
STATUS evidence_evaluation(const struct evidence_judged *judged,
                           const struct api_identity_rule *rule,
                           struct reason *why);

/* In the transaction of whatever relies on it: refuses collateral older than
 * what was used before, and keeps and logs what is new. Only where there is
 * collateral. */
struct exchange;
STATUS evidence_use(struct exchange *x, struct policy_txn *txn,
                    const struct evidence_judged *judged);

/* --- evidence_again.c ----------------------------------------------------- */

/* Judges the evidence of every living certificate again, if collateral has
 * changed since the last time: where the verdict differs, the record gets the
 * new one and a leaf says why. Blocks; for a thread that is none of the
 * pool's. `now` in milliseconds. */
STATUS evidence_again(struct broker *broker, uint64_t now, struct reason *why);

#endif
