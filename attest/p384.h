/* p384.h - ECDSA on P-384 with SHA-384: SNP reports and Nitro documents.
 * Private to attest/. */

#ifndef ATTEST_P384_H
#define ATTEST_P384_H

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"

#define ATTEST_P384_SIGNATURE_LEN 96 /* r || s, big-endian */

/* Whether the certificate's key is an uncompressed point on P-384, named by
 * its OID. */
bool attest_p384_has(const X509 *certificate);

/* Verifies the signature over `message` with the certificate's key. Both
 * halves of the order are accepted for s (RFC 6979 says nothing, and neither
 * do the vendors). STATUS_DENIED when it does not hold or the key is of
 * another kind. */
STATUS attest_p384_verify(
    const X509 *certificate, struct bytes message,
    const unsigned char signature[ATTEST_P384_SIGNATURE_LEN]);

#endif
