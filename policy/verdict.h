/* verdict.h - what was found of an enclave's evidence when it was judged last.
 *
 * It stands in the certificate's record, not in the certificate: newer
 * collateral judges the same evidence again, and decide() asks what holds
 * now. */

#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include "api/api.h"

#define POLICY_ADVISORIES_MAX 64

struct policy_verdict {
    bool known;   /* a record without one was never judged               */
    bool refused; /* accepted once; judged again, it is good no more     */
    uint16_t tcb; /* one API_TCB_ bit; 0 when refused                    */
    size_t advisories_count;
    char advisory[POLICY_ADVISORIES_MAX][API_ADVISORY_LEN + 1];
    uint64_t judged;        /* milliseconds                               */
    struct hash collateral; /* digest; zero: none was consulted           */
    char why[128];          /* of a refusal; else ""                      */
};

/* {"tcb": name | null, "advisories": [...], "judged": ms,
 *  "collateral": hash | null, "refused": text | null} */
json_t *policy_verdict_json(const struct policy_verdict *verdict);
/* A malformed member is STATUS_CORRUPT; without "verdict" *out is all zero. */
STATUS policy_verdict_read(const json_t *certificate,
                           struct policy_verdict *out);

/* Does it meet the rule's states of the platform at `now` (seconds)? */
bool policy_verdict_meets(const struct policy_verdict *verdict,
                          const struct api_identity_rule *rule, uint64_t now);

#endif
