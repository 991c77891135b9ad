/* restore.h - an older store is accepted: what accord-hsm and the broker must
 * compute alike, so that the new epoch cannot begin without its leaf.
 *
 * request = "accord restore v1" 17 || store id 16 || size 8 || time 8 ||
 *           popcount(size) * node 32
 *           the tree of the older store, as its broker reads it
 * record  = "accord restored v1" 18 || store id 16 || epoch 4 || time 8 ||
 *           kept size 8 || kept root 32 || lost size 8 || lost root 32
 *           what the holder of the PIN accepted; times in milliseconds
 *
 * The leaf behind the kept ones follows from the record alone: kind restore,
 * no account, subject "store", the record's time, a detail that names what
 * was lost, and salt = SHA-256("accord restore salt v1" || record). */

#ifndef API_RESTORE_H
#define API_RESTORE_H

#include "api/json.h"
#include "api/leaf.h"
#include "api/merkle.h"

#define API_RESTORE_LEN         126
#define API_RESTORE_REQUEST_MAX (17 + 16 + 8 + 8 + 64 * HASH_LEN)

struct api_restore_request {
    struct api_id store;
    uint64_t time; /* of its newest leaf, milliseconds */
    struct api_frontier frontier;
};

STATUS api_restore_request_encode(const struct api_restore_request *request,
                                  struct buffer *out);
/* STATUS_INVALID for any other length, for a store without a leaf, and for
 * one of 2^63 leaves or more. */
STATUS api_restore_request_decode(struct bytes encoded,
                                  struct api_restore_request *out);

struct api_restore {
    struct api_id store;
    uint32_t epoch; /* the new one: at least 2 */
    uint64_t time;  /* milliseconds */
    uint64_t kept_size, lost_size;
    struct hash kept_root, lost_root;
};

/* Both refuse an epoch below 2, a kept size of 0 or above the lost one, and a
 * lost one of 2^63 or more: STATUS_INVALID. */
STATUS api_restore_encode(const struct api_restore *restore,
                          unsigned char out[API_RESTORE_LEN]);
STATUS api_restore_decode(struct bytes encoded, struct api_restore *out);

/* The leaf. *detail is the caller's: {"action": "store-restore", "epoch",
 * "kept": {"size", "root"}, "lost": {"size", "root"}}. */
STATUS api_restore_leaf(const struct api_restore *restore,
                        unsigned char leaf[API_LEAF_LEN],
                        unsigned char salt[API_SALT_LEN], json_t **detail);

#endif
