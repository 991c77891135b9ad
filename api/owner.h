/* owner.h - who owns an object, for ever, and which key speaks for the owner
 * today.
 *
 * owner hash = SHA-256("accord owner v1" || SHA-256(owner SPKI) ||
 *                      SHA-256(recovery SPKI))          never changes
 *
 * key change, 172 bytes =
 *     "accord key v1" 13 || owner hash 32 || number 4 || SHA-256(old SPKI) 32
 *     || new SPKI 91
 * signed (64 bytes) by the key before it or by the recovery key. Numbers
 * count from 1. A chain has at most 8 links; the key after the last link is
 * the owner's current key, and only it may sign (older keys are dead). */

#ifndef API_OWNER_H
#define API_OWNER_H

#include "api/key.h"
#include "base/cursor.h"

#define API_CHAIN_MAX      8
#define API_KEY_CHANGE_LEN 172

struct api_key_change {
    struct hash owner;
    uint32_t number;
    struct hash old_key;
    struct api_spki new_key;
    struct api_signature signature; /* not among the 172 signed bytes */
};

struct api_owner {
    struct api_spki first;    /* the key the owner began with */
    struct api_spki recovery; /* may sign a change when the key is lost */
    size_t changes;           /* links in use, 0..API_CHAIN_MAX */
    struct api_key_change chain[API_CHAIN_MAX];
};

STATUS api_owner_hash(const struct api_owner *owner, struct hash *out);

/* Verifies every link and yields the key that speaks now. STATUS_DENIED,
 * with the link's number in the reason, when one does not hold. */
STATUS api_owner_current(const struct api_owner *owner, struct api_spki *out,
                         struct reason *why);

/* Makes the next link, signed by `by` (current key or recovery key), and
 * appends it. STATUS_CONFLICT when the chain is full, STATUS_DENIED when
 * `by` may not. */
STATUS api_owner_change(struct api_owner *owner, const struct api_spki *new_key,
                        const struct api_signer *by, struct reason *why);

/* first 91 || recovery 91 || count 1 || count * (172 || signature 64). The
 * form inside credentials, job messages and (as base64) JSON. Decoding
 * checks form only; api_owner_current() checks signatures. */
STATUS api_owner_encode(const struct api_owner *owner, struct buffer *out);
STATUS api_owner_decode(struct cursor *in, struct api_owner *out);

#endif
