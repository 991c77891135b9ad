/* signature.h - the signatures on certificates and requests. Private to ca/.
 */

#ifndef CA_SIGNATURE_H
#define CA_SIGNATURE_H

#include "ca/key.h"

/* Appends the AlgorithmIdentifier for signatures by such a key over
 * SHA-256. */
void signature_put_algorithm(struct buffer *out, enum ca_key_type type);

/* OK when `signature` by `key` over `message` holds, STATUS_DENIED when it
 * does not. `algorithm` is the contents of the AlgorithmIdentifier;
 * STATUS_INVALID for one that is unknown or not for this key. */
STATUS signature_check(const struct ca_public_key *key, struct bytes algorithm,
                       struct bytes message, struct bytes signature);

/* Appends the signature over SHA-256 of `message`. */
STATUS signature_make(const struct ca_key *key, struct bytes message,
                      struct buffer *out);

/* Appends SEQUENCE { tbs, ecdsa-with-SHA256, signature by `signer` }. A
 * signature that does not hold under `key` is never answered:
 * STATUS_UNAVAILABLE. */
STATUS signature_put_signed(struct bytes tbs, const struct ca_signer *signer,
                            const struct ca_public_key *key,
                            struct buffer *out);

/* What such a SEQUENCE holds, borrowed: the element that was signed, and
 * the contents of the other two. */
struct signature_parts {
    struct bytes message;
    struct bytes algorithm;
    struct bytes signature;
};
STATUS signature_take_signed(struct bytes der, struct signature_parts *out);

/* Is it the algorithm that every certificate of ours is signed with? */
bool signature_is_ecdsa_sha256(struct bytes algorithm);

#endif
