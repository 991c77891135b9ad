/* merkle.h - the RFC 6962 tree: frontier, proofs, signed heads.
 *
 * A frontier is the list of roots of the perfect subtrees of a tree of
 * `size` leaves, largest first: one hash per set bit of size. It is all that
 * appending needs.
 *
 * signed head: the log key signs, with P-256 and SHA-256, the 82 bytes
 *     "accord head v1" 14 || store id 16 || epoch 4 || size 8 || time 8 ||
 *     root 32
 * Time is milliseconds since the epoch. Epochs begin at 1 and are counted up
 * only by a restore. */

#ifndef API_MERKLE_H
#define API_MERKLE_H

#include "api/id.h"
#include "api/key.h"
#include "base/cursor.h"
#include "base/hash.h"

#define API_HEAD_LEN  82
#define API_PROOF_MAX 64

struct api_frontier {
    uint64_t size;
    struct hash nodes[64]; /* popcount(size) of them, largest subtree first */
};

/* Adds one leaf hash. STATUS_CONFLICT when the tree is full (2^63). */
STATUS api_frontier_add(struct api_frontier *frontier,
                        const struct hash *leaf_hash);

/* MTH of the leaves so far; for size 0, SHA-256 of nothing. */
STATUS api_frontier_root(const struct api_frontier *frontier, struct hash *out);

/* SHA-256(0x01 || left || right). */
STATUS api_node_hash(const struct hash *left, const struct hash *right,
                     struct hash *out);

struct api_proof {
    size_t count;
    struct hash nodes[API_PROOF_MAX];
};

/* Reads the root of the perfect subtree of 2^level leaves that begins at
 * leaf `start` (a multiple of 2^level); level 0 is a leaf hash. */
typedef STATUS (*api_tree_fn)(void *context, unsigned level, uint64_t start,
                              struct hash *out);

/* RFC 6962 2.1.1 and 2.1.2; STATUS_INVALID when index >= size or
 * old > size or old is 0. */
STATUS api_inclusion_prove(uint64_t index, uint64_t size, api_tree_fn read,
                           void *context, struct api_proof *out);
STATUS api_consistency_prove(uint64_t old, uint64_t size, api_tree_fn read,
                             void *context, struct api_proof *out);

/* RFC 9162 2.1.3.2 and 2.1.4.2: OK, or STATUS_CORRUPT when it does not hold. */
STATUS api_inclusion_verify(const struct hash *leaf_hash, uint64_t index,
                            uint64_t size, const struct api_proof *proof,
                            const struct hash *root);
STATUS api_consistency_verify(uint64_t old, const struct hash *old_root,
                              uint64_t size, const struct hash *root,
                              const struct api_proof *proof);

struct api_head {
    struct api_id store;
    uint32_t epoch;
    uint64_t size;
    uint64_t time; /* milliseconds */
    struct hash root;
    struct api_signature signature; /* not among the signed bytes */
};

/* STATUS_INVALID for epoch 0. */
STATUS api_head_encode(const struct api_head *head,
                       unsigned char out[API_HEAD_LEN]);

/* Verifies the signature under the log key. */
STATUS api_head_verify(const struct api_head *head,
                       const struct api_spki *log_key);

#endif
