/* erased.h - the contexts whose keys were destroyed, for good: what a broker
 * saw when a credential came in, it could bring in again afterwards.
 *
 * file = 32 bytes ctx, again and again; what is left of a torn write at its end
 * was never answered and is overwritten. Only accord-hsm can touch it, as the
 * frontier file. It grows by 32 bytes with each key that is destroyed. Safe
 * from several threads. */

#ifndef PKCS11_ERASED_H
#define PKCS11_ERASED_H

#include "base/hash.h"
#include "base/scope.h"
#include "base/status.h"

struct hsm_erased;

/* Reads it; makes it (0600) where there is none. STATUS_DENIED when others may
 * write it, STATUS_UNAVAILABLE with errno. */
STATUS hsm_erased_open(const char *path, struct hsm_erased **out,
                       struct reason *why);
void hsm_erased_free(struct hsm_erased *erased);
DEFINE_AUTO_FREE(hsm_erased);

bool hsm_erased_holds(struct hsm_erased *erased, const struct hash *ctx);

/* On disk before it returns; fine when it is there already. After a failure
 * it may be there or not. */
STATUS hsm_erased_add(struct hsm_erased *erased, const struct hash *ctx);

#endif
