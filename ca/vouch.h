/* vouch.h - a node's word about a program on it.
 *
 * A Node Agent that checked a program's local report certifies the program's
 * key for a short while: an attestation certificate,
 *     X.509 v3, ecdsa-with-SHA256 by the node's key; issuer: the node
 *     certificate's subject; subject: what was measured, in the fields of
 *     subject.h; CA:FALSE critical; keyUsage digitalSignature critical; both
 *     key identifiers
 * It and the node certificate travel in F.2.2.1. The platform's own signature
 * is in neither: it is the node's word, and is labelled so
 * (API_KIND_NODE_VOUCHED): word.h. */

#ifndef CA_VOUCH_H
#define CA_VOUCH_H

#include "ca/certificate.h"
#include "ca/subject.h"

#define CA_VOUCH_LIFE_MAX 3600u /* seconds */

struct ca_vouch_fields {
    struct bytes spki;    /* of the program's key            */
    struct bytes subject; /* RDNs of subject.h, as verified  */
    unsigned char serial[CA_SERIAL_LEN];
    uint64_t not_before, not_after; /* seconds; at most CA_VOUCH_LIFE_MAX
                                       apart                           */
};

/* Appends the DER. `node` is the node certificate, `signer` its key's.
 * STATUS_INVALID with a reason for a longer life, a subject that measures
 * nothing, a serial or key that may not be, or a certificate that is not a
 * node's. A signature that does not hold is STATUS_UNAVAILABLE. */
STATUS ca_vouch_make(const struct ca_vouch_fields *fields, struct bytes node,
                     const struct ca_signer *signer, struct buffer *der_out,
                     struct reason *why);

/* What a node says. Borrows from the evidence. */
struct ca_vouched {
    struct ca_facts node;      /* whose word it is; the caller asks whether
                                  its serial is revoked                */
    struct ca_subject subject; /* what was measured                    */
    struct hash spki;          /* of the program's key                 */
    bool attested;             /* the node itself was                  */
    bool has_configuration;
    struct hash configuration; /* SGX: from the report data; else from
                                  F.1.3.4                              */
};

/* Judges attestation certificate || node certificate at `now` (seconds) under
 * the zone root (DER). STATUS_DENIED with a reason unless all of this holds:
 * the node certificate is of kind node, by the root and in time; the
 * attestation certificate is of exactly the form above, signed by the node's
 * key, in time and within the node certificate's time; and what it says was
 * measured binds its key: SGX as ca_report_data() has it, SNP as
 * CA_BINDS_DOMAIN. (Of TDX the node alone saw the report data.) */
STATUS ca_vouch_check(struct bytes evidence, struct bytes root, uint64_t now,
                      struct ca_vouched *out, struct reason *why);

/* Whose word it was: for evidence that ca_vouch_check() took once, and that may
 * be too old now. Judges nothing; STATUS_CORRUPT when it is of another form. */
STATUS ca_vouch_node(struct bytes evidence, struct ca_facts *out);

/* STATUS_DENIED with a reason unless the request is for the vouched key and,
 * as far as its subject measures anything, says the same. `subject` is the
 * contents of the request's Name. */
STATUS ca_vouch_matches(const struct ca_vouched *vouched,
                        const struct hash *spki, struct bytes subject,
                        struct reason *why);

#endif
