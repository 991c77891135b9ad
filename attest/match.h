/* match.h - what each kind's rule asks of each kind's identity. Private to
 * attest/. */

#ifndef ATTEST_MATCH_H
#define ATTEST_MATCH_H

#include "attest/identity.h"

/* "member: sentence", with the member as the status's origin. */
STATUS attest_differs(struct reason *why, const char *member,
                      const char *sentence);

STATUS attest_match_tdx(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why);
STATUS attest_match_snp(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why);
STATUS attest_match_nitro(const struct api_identity_rule *rule,
                          const struct attest_identity *identity,
                          struct reason *why);

#endif
