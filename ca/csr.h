/* csr.h - certificate requests: PKCS#10 v1.
 *
 * The requester's subject and names are wishes. Evidence travels in
 * attributes (carriers); it is handed on as bytes and judged by attest/.
 * F = 1.3.6.1.4.1.49690. */

#ifndef CA_CSR_H
#define CA_CSR_H

#include "api/api.h"
#include "base/buffer.h"
#include "ca/certificate.h"

#define CA_CSR_MAX      ((size_t)64 * 1024) /* bytes, PEM or DER */
#define CA_CARRIERS_MAX 16

enum ca_carrier_kind {
    CA_CARRIER_UNKNOWN = 0,    /* listed so that a person can be told     */
    CA_CARRIER_SGX_LOCAL = 1,  /* F.2.1.1  keyid, mac                     */
    CA_CARRIER_VOUCHED = 2,    /* F.2.2.1  attestation and node certificate */
    CA_CARRIER_QUOTE = 3,      /* F.2.2.2  SEQUENCE { Name, OCTET STRING } */
    CA_CARRIER_DCAP_SGX = 4,   /* F.2.2.5                                 */
    CA_CARRIER_NITRO = 5,      /* F.2.2.6  OCTET STRING                   */
    CA_CARRIER_SNP = 6,        /* F.2.2.7                                 */
    CA_CARRIER_SNP_CHAIN = 7,  /* F.2.2.15                                */
    CA_CARRIER_DCAP_TDX = 8,   /* F.2.2.16                                */
    CA_CARRIER_TAGGED = 9,     /* 2.23.133.5.4.9, in extensionRequest     */
    CA_CARRIER_TDX_LOCAL = 10, /* F.2.2.17  REPORTMACSTRUCT              */
};

/* One attribute (or requested extension) that may carry evidence. */
struct ca_carrier {
    enum ca_carrier_kind kind;
    char oid[64];       /* dotted text, for messages            */
    struct bytes value; /* its single value, DER; borrowed from
                           the request                          */
};

struct ca_csr {
    struct buffer der;    /* the request; what follows points into it */
    struct bytes subject; /* contents of its Name: ca_subject_read() */
    struct ca_public_key key;
    char common_name[CA_COMMON_NAME_MAX + 1]; /* "" when there is none */
    struct ca_names names;                    /* requested dNSNames    */
    struct ca_carrier carriers[CA_CARRIERS_MAX];
    size_t carriers_count;
};
void ca_csr_clear(struct ca_csr *csr);

/* Reads one request, PEM (one block) or DER, of at most CA_CSR_MAX bytes.
 * STATUS_INVALID with a reason unless all of this holds: version 1, strict
 * DER, no trailing bytes, a key ca_public_key_read() accepts, its signature
 * (RSA PKCS#1 v1.5 or ECDSA with SHA-256, -384 or -512) holds, at most one
 * common name, no attribute, value or extension doubled, no unknown critical
 * extension, alternative names that are dNSNames within the grammar. Other
 * subject fields are skipped. On success clear it with ca_csr_clear(). */
STATUS ca_csr_read(struct bytes text, struct ca_csr *out, struct reason *why);

/* "intel-quote", "nitro", ...; "unknown". */
const char *ca_carrier_name(enum ca_carrier_kind kind);

/* The quote inside a CA_CARRIER_QUOTE; borrowed. STATUS_INVALID otherwise. */
STATUS ca_carrier_quote(const struct ca_carrier *carrier, struct bytes *quote);

/* The octets of a CA_CARRIER_NITRO; borrowed. STATUS_INVALID otherwise. */
STATUS ca_carrier_document(const struct ca_carrier *carrier,
                           struct bytes *document);

/* Both certificates (DER, borrowed) of a CA_CARRIER_VOUCHED, in either of
 * its two encodings: two OCTET STRINGs, or one SEQUENCE of both. */
STATUS ca_carrier_vouched(const struct ca_carrier *carrier,
                          struct bytes *attestation, struct bytes *node);

struct ca_csr_fields {
    const char *common_name;  /* NULL or "": empty subject                */
    const char *const *names; /* dNSNames to ask for; NULL: no extension  */
    size_t names_count;
    struct bytes quote;           /* evidence, see evidence.h; or empty       */
    enum ca_carrier_kind carrier; /* of it; UNKNOWN: CA_CARRIER_QUOTE. SNP: the
                                     certificates in it go into SNP_CHAIN */
    struct bytes subject;         /* RDNs after the common name: subject.h  */
};

/* Appends the PEM of a request signed by `key` with SHA-256. */
STATUS ca_csr_make(const struct ca_csr_fields *fields, const struct ca_key *key,
                   struct buffer *pem_out, struct reason *why);

/* The same for a person's P-256 key, which may live in a token. */
STATUS ca_csr_make_signed(const struct ca_csr_fields *fields,
                          const struct api_signer *signer,
                          struct buffer *pem_out, struct reason *why);

#endif
