/* plain.h - the CCM class on the token: K' is made there, opens by AES-GCM,
 * and never leaves. The keys of sealed credentials have the opposite
 * attributes (rsa.h), so that the token itself opens nothing that came
 * sealed, and wraps nothing that came plain. */

#ifndef PKCS11_PLAIN_H
#define PKCS11_PLAIN_H

#include "base/buffer.h"
#include "pkcs11/keys.h"

/* The template of K' on the token, for finding. Borrows `ctx`, which may be
 * NULL for all keys of this class. Without CKA_ALLOWED_MECHANISMS: SoftHSM
 * finds nothing by it. */
void hsm_plain_template(struct hsm_template *t, const struct hash *ctx);

/* Reads back every attribute of K' on the token: STATUS_CORRUPT with a reason
 * when one differs. */
STATUS hsm_plain_check(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                       const struct hash *ctx, struct reason *why);

/* Makes K', a session object owned by the caller, and with it the one blob
 * that it will ever seal; appended. `extractable` for hsm_wrapped_keep()
 * alone. */
STATUS hsm_plain_seal(struct hsm_session *session, const struct hash *ctx,
                      struct bytes credential, bool extractable,
                      struct buffer *blob, CK_OBJECT_HANDLE *out);

/* Keeps K' as a token object under CKA_ID = ctx, which can no longer seal. A
 * token write. */
STATUS hsm_plain_keep(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                      const struct hash *ctx, CK_OBJECT_HANDLE *out);

/* Appends the credential. STATUS_CORRUPT when the tag does not hold: every
 * failure that does not mean a lost token. */
STATUS hsm_plain_open(struct hsm_session *session, CK_OBJECT_HANDLE k_prime,
                      const struct hash *ctx, struct bytes blob,
                      struct buffer *out);

#endif
