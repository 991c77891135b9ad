/* attest.h - evidence in, measured identity out.
 *
 * Pure: bytes, anchors and the time as parameters; no clock, network or file,
 * and nothing is remembered. Every failure refuses; nothing is skipped. In
 * the order a newcomer meets it: */

#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include "attest/anchor.h"     /* whose roots count, and which are simulators */
#include "attest/collateral.h" /* what vendors say about platforms            */
#include "attest/identity.h"   /* what was measured, and does a rule match it */
#include "attest/verdict.h"    /* all that was found, for people              */
#include "attest/vouched.h"    /* what a node says was measured               */

/* The most any evidence may have; longer input is refused unread. */
#define ATTEST_EVIDENCE_MAX ((size_t)32 * 1024)

/* One question. Evidence is one byte string:
 *     SGX, TDX   the quote, of version 3, 4 or 5
 *     SEV-SNP    the report (1184 bytes), then DER certificates: the VCEK or
 *                VLEK, the ASK or ASVK, and, which is ignored, the ARK
 *     Nitro      the attestation document (COSE_Sign1) */
struct attest_question {
    struct bytes evidence;
    const struct attest_anchor *anchors;
    size_t anchors_count;
    const struct attest_collateral *collateral; /* NULL: none; SGX and TDX are
                                                   then `unevaluated`. Of SNP
                                                   AMD's root_crl counts, if
                                                   it is there */
    uint32_t evaluation_min; /* the least tcbEvaluationDataNumber accepted */
    uint64_t now;            /* seconds since 1970 */
};

/* A question without collateral. */
static inline struct attest_question attest_ask(
    struct bytes evidence, const struct attest_anchor *anchors,
    size_t anchors_count, uint64_t now)
{
    return (struct attest_question){ .evidence = evidence,
                                     .anchors = anchors,
                                     .anchors_count = anchors_count,
                                     .now = now };
}

/* Judges the evidence under exactly one of the anchors, the one its chain
 * ends in; everything in the collateral must end in the same one.
 *
 * Any failure of the evidence is STATUS_DENIED. `origin` of the status is
 * then a stable token and the reason reads "token: sentence":
 *     malformed, version, key-type, v3-header-bytes4-7-nonzero, vendor,
 *     body-type/tee mismatch, no-pck-chain, nonzero-trailing
 *                                                 the bytes themselves
 *     chain:len, chain:names, chain:root, chain:sig, chain:time, chain:role,
 *     chain:algorithm, chain:extension            the certificates
 *     qe-report-sig, ak-hash, ak-curve, quote-sig the signatures below them
 *     qe-attributes, qe-mrsigner, qe-..., attributes
 *                                                 enclaves that may not be
 *     tcbchain:..., root_ca.crl.der..., pck_ca.crl.der..., tcbInfo-...,
 *     tcbinfo-..., enclaveIdentity-..., fmspc-mismatch, tcb-level-none, tcb,
 *     advisories
 *                                                 the collateral
 *     mrsignerseam, seamattributes, tdx-module-...
 *                                                 the TDX module
 *     signature-algorithm, signing-key, cpuid, policy, no-endorsement
 *                                                 the bytes of an SNP report
 *     report-sig, product, ek:extension, ek-kind, ek-tcb, ek-chip, tcb-order,
 *     vmpl                                        the chip and its firmware
 *     algorithm, payload, cose-sig, timestamp, pcr
 *                                                 a Nitro document
 * Tokens of certificates are followed by a blank and the common name, as far
 * as it is printable. STATUS_INVALID when there are no anchors or one of them
 * is unreadable: an error of the caller's, never an acceptance. DEBUG and
 * every state of the platform but Revoked and NotSupported are not refused
 * here but reported, for the rule to judge (attest_matches()). */
STATUS attest_verify(const struct attest_question *question,
                     struct attest_identity *out, struct reason *why);

/* The same and everything found, whatever it is: for tools that explain.
 * Without anchors nothing chains to one, which is then a failure among others.
 * STATUS_INVALID for an unreadable anchor, STATUS_NO_MEMORY; else OK with the
 * verdict. */
STATUS attest_judge(const struct attest_question *question,
                    struct attest_verdict *out, struct reason *why);

/* SHA-256 of the evidence bytes: how records and certificates name it. */
STATUS attest_evidence_digest(struct bytes evidence, struct hash *out);

#endif
