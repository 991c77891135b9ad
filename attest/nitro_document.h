/* nitro_document.h - where the parts of an AWS Nitro attestation document lie
 * (AWS Nitro Enclaves, "Cryptographic attestation"). Private to attest/.
 *
 * Checks form only, and everything of it: who wrote the document is not known
 * yet. */

#ifndef ATTEST_NITRO_DOCUMENT_H
#define ATTEST_NITRO_DOCUMENT_H

#include "attest/identity.h"
#include "attest/p384.h"
#include "base/bytes.h"
#include "base/status.h"

#define ATTEST_PCRS       32
#define ATTEST_PCR_LEN    48 /* SHA-384, the only digest documents have */
#define ATTEST_MODULE_MAX 127
#define ATTEST_BUNDLE_MAX 8 /* certificates; real documents have 4 */

/* All borrowed from the evidence. */
struct attest_nitro_document {
    struct bytes protected; /* header: {1: -35}, ES384 */
    struct bytes payload;
    struct bytes signature; /* r || s, 96 */

    struct bytes module_id;        /* 1 to 127 printable ASCII characters */
    uint64_t timestamp;            /* milliseconds since 1970, not 0 */
    struct bytes pcr[ATTEST_PCRS]; /* 48 each; `at` NULL: not there */
    struct bytes certificate;      /* DER, unread */
    struct bytes cabundle[ATTEST_BUNDLE_MAX];  /* DER, the root first */
    size_t cabundle_count;                     /* at least 1 */
    struct bytes public_key, user_data, nonce; /* `at` NULL: null or absent */
};

/* STATUS_DENIED with a token: malformed (not one strict CBOR item of the
 * right shape), algorithm (headers other than exactly {1: -35} protected and
 * nothing unprotected), payload (a member missing, twice, unknown, or not of
 * the type and size it must have). */
STATUS attest_nitro_document_parse(struct bytes evidence,
                                   struct attest_nitro_document *out,
                                   struct reason *why);

#endif
