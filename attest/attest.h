/* attest.h - evidence in, measured identity out.
 *
 * Pure: bytes, anchors and the time as parameters; no clock, network or file,
 * and nothing is remembered. Every failure refuses; nothing is skipped. In
 * the order a newcomer meets it: */

#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include "attest/anchor.h"   /* whose roots count, and which are simulators  */
#include "attest/identity.h" /* what was measured, and does a rule match it  */

/* The most any evidence may have; longer input is refused unread. */
#define ATTEST_EVIDENCE_MAX ((size_t)32 * 1024)

/* Judges `evidence` at `now` (seconds since 1970) under exactly one of the
 * anchors, the one its chain ends in. Read today: SGX DCAP quotes, version 3,
 * with the certificates inside (certification data of type 5), without
 * collateral: the TCB status is then `unevaluated`, and no revocation list is
 * consulted.
 *
 * Any failure of the evidence is STATUS_DENIED. `origin` of the status is
 * then a stable token and the reason reads "token: sentence":
 *     malformed, version, key-type, v3-header-bytes4-7-nonzero, vendor,
 *     no-pck-chain, nonzero-trailing              the bytes themselves
 *     chain:len, chain:names, chain:root, chain:sig, chain:time, chain:role,
 *     chain:algorithm, chain:extension            the certificates
 *     qe-report-sig, ak-hash, ak-curve, quote-sig the signatures below them
 *     qe-attributes, qe-mrsigner, attributes      enclaves that may not be
 * Tokens of the certificates are followed by a blank and the common name, as
 * far as it is printable. STATUS_INVALID when there are no anchors or one of
 * them is unreadable: an error of the caller's, never an acceptance. A DEBUG
 * enclave is not refused here but reported, for the rule to judge. */
STATUS attest_verify(struct bytes evidence, const struct attest_anchor *anchors,
                     size_t anchors_count, uint64_t now,
                     struct attest_identity *out, struct reason *why);

/* SHA-256 of the evidence bytes: how records and certificates name it. */
STATUS attest_evidence_digest(struct bytes evidence, struct hash *out);

#endif
