/* evidence.h - from a request to the evidence in it, whatever carries it.
 *
 * F = 1.3.6.1.4.1.49690. What each carrier's value is:
 *     F.2.2.1   SEQUENCE { OCTET STRING, OCTET STRING } or
 *               SEQUENCE { SEQUENCE { Certificate, Certificate } }: attestation
 *               certificate, node certificate
 *     F.2.2.2   SEQUENCE { Name, OCTET STRING quote }, SGX or TDX
 *     F.2.2.5   OCTET STRING quote, SGX        F.2.2.16  the same, TDX
 *     F.2.2.6   OCTET STRING Nitro document
 *     F.2.2.7   OCTET STRING SEV-SNP report, or the subject's F.2.2.14;
 *               F.2.2.15 besides: SEQUENCE { Certificate, ... } of one to
 *               three, the endorsement key's first
 *     2.23.133.5.4.9 (extension)  CBOR 60000([quote bytes, claims bytes])
 * F.2.1.1 and F.2.2.17 hold reports that only a Node Agent on the same machine
 * can check, and are no evidence here. */

#ifndef CA_EVIDENCE_H
#define CA_EVIDENCE_H

#include "ca/binding.h"
#include "ca/csr.h"

#define CA_EVIDENCE_MAX ((size_t)32 * 1024)

/* The forms that attest/ judges (ca_evidence.bytes). */
enum ca_evidence_form {
    CA_EVIDENCE_QUOTE = 1,   /* the quote                                 */
    CA_EVIDENCE_SNP = 2,     /* report || certificates, DER, as they came */
    CA_EVIDENCE_NITRO = 3,   /* the document                              */
    CA_EVIDENCE_VOUCHED = 4, /* attestation certificate || node's: vouch.h */
};

struct ca_evidence {
    enum ca_carrier_kind carrier;
    enum ca_evidence_form form;
    struct buffer bytes;       /* owned; at most CA_EVIDENCE_MAX          */
    struct ca_binding binding; /* its material borrows from the request   */

    /* The configuration that the subject names, which the binding then
     * covers. Otherwise it is in the evidence's report data (CA_BINDS_KEY),
     * or in the claims. */
    bool has_configuration;
    struct hash configuration;
};
void ca_evidence_clear(struct ca_evidence *evidence);

/* Takes the evidence out of `csr`, which must outlive it. STATUS_INVALID with
 * a reason unless there is exactly one carrier that counts, well-formed, with
 * a quote of the platform its identifier names. Believes nothing: whoever
 * calls has it judged and compares the report data. On success clear it. */
STATUS ca_csr_evidence(const struct ca_csr *csr, struct ca_evidence *out,
                       struct reason *why);

/* Appends the value of a carrier around evidence in the form above; for
 * CA_CARRIER_SNP the report only, for CA_CARRIER_SNP_CHAIN what follows it.
 * CA_CARRIER_VOUCHED: as two OCTET STRINGs. STATUS_INVALID for evidence that
 * is not of the form, and for carriers that hold none. */
STATUS ca_evidence_put(enum ca_carrier_kind carrier, struct bytes evidence,
                       struct buffer *out);

#endif
