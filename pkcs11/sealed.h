/* sealed.h - the two jobs in which a sealed credential's key comes and goes;
 * part of the door, and as all of it: pkcs11.h. */

#ifndef PKCS11_SEALED_H
#define PKCS11_SEALED_H

#include "api/api.h"

struct pkcs11_door;

/* Takes a sealed credential's key into the token (seal.h): the worker unwraps
 * K, derives K', compares the proof, and keeps K' under CKA_ID = ctx; with
 * credentials.placement = wrapped it appends K' to `kept` instead, wrapped, to
 * be shown at every release. One STATUS_DENIED for every way a seal can be
 * wrong; STATUS_CONFLICT when that ctx has a key on the token already. */
#define PKCS11_KEPT_LEN 40 /* RFC 5649: 32 bytes and one block of 8 */
struct pkcs11_intake {
    struct api_context context;
    struct bytes wrapped;
    struct hash proof;
    struct hash blob; /* SHA-256 */
};
STATUS pkcs11_intake(struct pkcs11_door *door,
                     const struct pkcs11_intake *intake, struct buffer *kept,
                     struct reason *why);

/* K' of one credential version wrapped (RSA-OAEP-SHA1) to the key of the
 * enclave's own certificate. The worker checks all that section 4 of the
 * design lists: leaf appended in this generation and unused, its subject,
 * certificate by accord-ca, of an enclave and in time, configuration and
 * identity equal to the grant's, dataset, account and owner of the grant
 * equal to ctx's, grant signed by the owner's current key, in time. The leaf
 * is filed under ctx's account. STATUS_NOT_FOUND when there is no key for
 * that version, STATUS_CORRUPT when the token has two or `kept` does not
 * open. */
struct pkcs11_release {
    unsigned char leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    struct api_context context; /* the worker computes ctx and owner itself */
    struct bytes certificate;   /* DER */
    struct bytes grant;         /* API_GRANT_LEN */
    struct api_signature signature;
    const struct api_owner *owner;
    struct bytes kept; /* as the intake gave it; empty: K' is on the token */
};
STATUS pkcs11_release(struct pkcs11_door *door,
                      const struct pkcs11_release *release,
                      struct buffer *wrapped, struct reason *why);

#endif
