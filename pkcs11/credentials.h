/* credentials.h - ctx to the handle of its key K' on the token: enumerated
 * once at start, so that no request ever searches the token. Safe from
 * several threads. */

#ifndef PKCS11_CREDENTIALS_H
#define PKCS11_CREDENTIALS_H

#include "api/api.h"
#include "pkcs11/template.h"

struct hsm_credentials;

/* Finds every credential's key. What has another attribute than the intake
 * gives, or no value (left by a kill), is not one of them. Two keys under
 * one ctx make that ctx unusable (hsm_credentials_find), not the start. */
STATUS hsm_credentials_open(struct hsm_session *session,
                            struct hsm_credentials **out, struct reason *why);
void hsm_credentials_free(struct hsm_credentials *credentials);
DEFINE_AUTO_FREE(hsm_credentials);

size_t hsm_credentials_count(struct hsm_credentials *credentials);

/* STATUS_NOT_FOUND, or STATUS_CORRUPT when two keys bear this ctx. */
STATUS hsm_credentials_find(struct hsm_credentials *credentials,
                            const struct hash *ctx, CK_OBJECT_HANDLE *out,
                            struct reason *why);

STATUS hsm_credentials_add(struct hsm_credentials *credentials,
                           const struct hash *ctx, CK_OBJECT_HANDLE handle);
void hsm_credentials_remove(struct hsm_credentials *credentials,
                            const struct hash *ctx);

#endif
