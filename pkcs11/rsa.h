/* rsa.h - RSA public keys between X.509 and Cryptoki, and the two ways they
 * are used on sealed credentials: K comes in, K' goes out. */

#ifndef PKCS11_RSA_H
#define PKCS11_RSA_H

#include "ca/ca.h"
#include "pkcs11/keys.h"
#include "pkcs11/pkcs11.h"

/* Appends the SubjectPublicKeyInfo of (modulus, 65537). */
STATUS hsm_rsa_spki(struct bytes modulus, struct buffer *out);

/* Opens a sealed credential's key: K is unwrapped by accord-intake and never
 * leaves the token, K' and the proof key are derived from it, the proof is
 * compared. *out is K', a session object without any use, owned by the
 * caller. Every way in which wrapped or proof can be wrong is one
 * STATUS_DENIED with one text, so that nobody learns which it was. */
STATUS hsm_intake_open(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                       const struct pkcs11_intake *sealed,
                       const struct hash *ctx, CK_OBJECT_HANDLE *out,
                       struct reason *why);

/* The same, but says what failed: for self-tests, never for clients. */
STATUS hsm_intake_try(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                      const struct pkcs11_intake *sealed,
                      const struct hash *ctx, CK_OBJECT_HANDLE *out);

/* Keeps K' as a token object under CKA_ID = ctx. A token write. CKA_COPYABLE
 * stays true: SoftHSM lets no copy change it. */
STATUS hsm_intake_keep(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                       const struct hash *ctx, CK_OBJECT_HANDLE *out);

/* Appends RSA-OAEP-SHA1(`to`, K'). `to` must be RSA. */
STATUS hsm_wrap(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                const struct ca_public_key *to, struct buffer *out);

/* The template of K' on the token, for finding and checking. Borrows `ctx`,
 * which may be NULL for the keys of all credentials. */
void hsm_credential_template(struct hsm_template *t, const struct hash *ctx);

#endif
