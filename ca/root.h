/* root.h - the zone root, and the certificate of the intake key. Both are
 * made once, in the ceremony. */

#ifndef CA_ROOT_H
#define CA_ROOT_H

#include "ca/certificate.h"

#define CA_ROOT_LIFETIME (3652ull * 86400) /* seconds: ten years */

/* Appends the DER of the self-signed root for the P-256 key `spki`: CN
 * "Accord Zone Root <first 16 hex digits of the SPKI hash>", CA:TRUE with
 * path length 0, digitalSignature, keyCertSign and cRLSign, ten years from
 * `not_before` (seconds). The signer must hold that key: the signature is
 * checked before it is answered. */
STATUS ca_root_build(struct bytes spki,
                     const unsigned char serial[CA_SERIAL_LEN],
                     uint64_t not_before, const struct ca_signer *signer,
                     struct buffer *der_out, struct reason *why);

struct ca_root {
    struct ca_public_key key;
    uint64_t not_before, not_after; /* seconds */
};

/* Reads a root of exactly that form and checks its own signature.
 * STATUS_INVALID with a reason otherwise. Whether it is the pinned one is
 * the caller's to compare (key.hash). */
STATUS ca_root_read(struct bytes der, struct ca_root *out, struct reason *why);

/* Appends the certificate of the RSA-3072 intake key: CN "Accord intake",
 * keyEncipherment only, until the root ends. Read it with
 * ca_certificate_read(); its kind is CA_INTAKE. */
STATUS ca_intake_build(struct bytes spki,
                       const unsigned char serial[CA_SERIAL_LEN],
                       struct bytes issuer, const struct ca_signer *signer,
                       struct buffer *der_out, struct reason *why);

#endif
