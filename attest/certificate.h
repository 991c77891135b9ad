/* certificate.h - one certificate of a chain. Private to attest/. */

#ifndef ATTEST_CERTIFICATE_H
#define ATTEST_CERTIFICATE_H

#include <openssl/types.h>

#include "api/api.h"
#include "attest/anchor.h"
#include "base/bytes.h"
#include "base/status.h"

/* Strict DER, nothing after it. STATUS_INVALID otherwise. The caller owns
 * *out and frees it with X509_free(). */
STATUS attest_x509_read(struct bytes der, X509 **out);

/* Its key, which must be a P-256 point on the curve in the common encoding;
 * STATUS_INVALID otherwise. */
STATUS attest_x509_key(const X509 *certificate, struct api_spki *out);

/* SHA-256 of its SubjectPublicKeyInfo, of whatever kind the key is. */
STATUS attest_x509_spki_hash(const X509 *certificate, struct hash *out);

/* Signed with ecdsa-with-SHA256, ecdsa-with-SHA384. */
bool attest_x509_is_ecdsa_sha256(const X509 *certificate);
bool attest_x509_is_ecdsa_sha384(const X509 *certificate);

/* The family whose roots have a key and a signature like this one's; 0 for
 * every other. */
uint8_t attest_x509_family(const X509 *certificate);

bool attest_x509_is_self_issued(const X509 *certificate);

/* A CA that may sign certificates, by basicConstraints and keyUsage, both of
 * which must be there. */
bool attest_x509_is_ca(X509 *certificate);

/* The certificate of an anchor, checked like attest_anchor_read() does and
 * against the key hash beside it. STATUS_INVALID with a reason otherwise.
 * The caller owns *out. */
STATUS attest_x509_of_anchor(const struct attest_anchor *anchor, X509 **out,
                             struct reason *why);

#define ATTEST_NAME_LEN 64

/* Its single common name, for messages and for roles; "?" when there is not
 * exactly one, or when it is too long or not printable ASCII. */
struct attest_name {
    char text[ATTEST_NAME_LEN + 1];
};
struct attest_name attest_x509_name(const X509 *certificate);

#endif
