/* vouched.h - what a node's word says was measured, as an identity.
 *
 * Whether it is a node's word is judged elsewhere, before: it carries no
 * signature of the platform. So the identity is of a kind of its own, which no
 * rule for hardware matches, its state is `unevaluated`, and its anchor is
 * the root that the node's certificate ends in. */

#ifndef ATTEST_VOUCHED_H
#define ATTEST_VOUCHED_H

#include "attest/identity.h"

/* `platform` is API_KIND_SGX, _TDX or _SNP; `report` what a quote of it would
 * hold: 384 bytes, 648, or 1184. STATUS_DENIED with a token and a reason for
 * what no platform's evidence may say either: attributes that no application
 * may have, a malformed SNP report, one that the host asked for. STATUS_INVALID
 * for another platform or length. */
STATUS attest_vouched(uint8_t platform, struct bytes report,
                      const struct hash *anchor, struct attest_identity *out,
                      struct reason *why);

#endif
