/* wrapped.h - the placement "wrapped": K' of a credential lies outside the
 * token, wrapped (CKM_AES_KEY_WRAP_PAD, RFC 5649) under a key that the token
 * derives from accord-root and ctx. It opens on this token and in this
 * context alone, so whoever stores it can lose it but not use it elsewhere.
 * Destroying it is up to who stores it, unlike a key on the token. */

#ifndef PKCS11_WRAPPED_H
#define PKCS11_WRAPPED_H

#include "base/buffer.h"
#include "pkcs11/keys.h"

/* Appends K', PKCS11_KEPT_LEN bytes. K' must be extractable; nothing is
 * written to the token. */
STATUS hsm_wrapped_keep(struct hsm_session *session, CK_OBJECT_HANDLE root,
                        CK_OBJECT_HANDLE k_prime, const struct hash *ctx,
                        struct buffer *kept);

/* What the token may do with K' when it comes back. */
enum hsm_wrapped_use {
    HSM_WRAPPED_SEALED, /* nothing but be wrapped to an enclave's key      */
    HSM_WRAPPED_PLAIN,  /* open one blob by AES-GCM, and never leave again */
};

/* K' as a session object, owned by the caller. STATUS_CORRUPT when `kept` is
 * not what hsm_wrapped_keep() made on this token for this ctx: every failure
 * that does not mean a lost token. */
STATUS hsm_wrapped_open(struct hsm_session *session, CK_OBJECT_HANDLE root,
                        struct bytes kept, const struct hash *ctx,
                        enum hsm_wrapped_use use, CK_OBJECT_HANDLE *out);

#endif
