/* nonces.h - a value that evidence must contain to be proven new.
 *
 *     nonce 32 = time 8 (monotonic, milliseconds) || random 8 ||
 *                first 16 bytes of HMAC-SHA-256(key, time || random)
 *
 * The key is made at start and never leaves the worker: nobody else makes one,
 * nothing is remembered per nonce, so asking often costs nobody else theirs,
 * and a restart ends them all. That each is used once is the broker's to see
 * to; that none is older than two minutes is not. */

#ifndef PKCS11_NONCES_H
#define PKCS11_NONCES_H

#include "base/hash.h"
#include "base/scope.h"
#include "base/status.h"

#define HSM_NONCE_LIFE ((uint64_t)120 * 1000) /* milliseconds */

struct hsm_nonces;
STATUS hsm_nonces_new(struct hsm_nonces **out);
void hsm_nonces_free(struct hsm_nonces *nonces);
DEFINE_AUTO_FREE(hsm_nonces);

/* Both are safe from several threads. */
STATUS hsm_nonce_make(const struct hsm_nonces *nonces, uint64_t monotonic,
                      struct hash *out);
/* STATUS_DENIED with a reason unless it was made here and is not too old. */
STATUS hsm_nonce_check(const struct hsm_nonces *nonces, uint64_t monotonic,
                       const struct hash *nonce, struct reason *why);

#endif
