/* proven.h - signatures that were verified and found to hold, remembered by
 * the SHA-256 of everything they depend on: key, message and signature. Only
 * what held is remembered, and only that: whatever depends on time, on the
 * log or on what is asked is checked anew by each job. In memory only. Safe
 * from several threads. */

#ifndef PKCS11_PROVEN_H
#define PKCS11_PROVEN_H

#include "api/api.h"
#include "base/scope.h"

struct hsm_proven;

STATUS hsm_proven_new(struct hsm_proven **out);
void hsm_proven_free(struct hsm_proven *proven);
DEFINE_AUTO_FREE(hsm_proven);

/* As api_verify(). */
STATUS hsm_proven_verify(struct hsm_proven *proven, const struct api_spki *key,
                         struct bytes message,
                         const struct api_signature *signature);

/* As ca_signature_verify() with that key. */
STATUS hsm_proven_certificate(struct hsm_proven *proven,
                              const struct api_spki *key,
                              struct bytes certificate, struct reason *why);

#endif
