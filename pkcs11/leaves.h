/* leaves.h - which leaves may still be performed: appended in this
 * generation, at most 60 s ago, and not yet used. In memory only, so that a
 * restart empties it. Leaves have consecutive indexes, so a ring of 65,536
 * places needs no search. Safe from several threads. */

#ifndef PKCS11_LEAVES_H
#define PKCS11_LEAVES_H

#include "api/api.h"
#include "base/scope.h"

#define HSM_LEAVES_MAX 65536
#define HSM_LEAF_LIFE  60000 /* milliseconds */

struct hsm_leaves;

/* `first` is the index of the first leaf that this generation will append. */
STATUS hsm_leaves_new(uint64_t first, struct hsm_leaves **out);
void hsm_leaves_free(struct hsm_leaves *leaves);
DEFINE_AUTO_FREE(hsm_leaves);

/* Notes an appended leaf. `now` is the monotonic clock in milliseconds. */
void hsm_leaves_add(struct hsm_leaves *leaves, uint64_t index,
                    const struct hash *leaf_hash, uint64_t now);

/* Takes the right to perform this leaf: the second taker is refused, and so
 * is whoever comes late. STATUS_DENIED with a reason; STATUS_UNAVAILABLE for
 * leaves of earlier generations, which are never performed either. */
STATUS hsm_leaves_take(struct hsm_leaves *leaves, uint64_t index,
                       const struct hash *leaf_hash, uint64_t now,
                       struct reason *why);

#endif
