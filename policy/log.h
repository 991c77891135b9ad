/* log.h - the store's half of the log: leaves, details, tree nodes, heads.
 * The HSM keeps the other half (the frontier) and signs. */

#ifndef POLICY_LOG_H
#define POLICY_LOG_H

#include "policy/store.h"

/* What happened, before it has an index. */
struct policy_event {
    enum api_leaf_kind kind;
    struct api_id account; /* zero: the installation itself */
    /* The subject: a ready hash (release, certificate: made with `salt`),
     * or else a text such as "dataset/<uuid>" that is hashed with the salt. */
    const struct hash *subject;
    const char *subject_text;
    const unsigned char *salt; /* API_SALT_LEN bytes; NULL: made at random */
    const json_t *detail;      /* {"action", "actor", ...}; canonicalised */
};

struct policy_logged {
    uint64_t index;
    unsigned char leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
};

/* Appends in a writing transaction. `now` is milliseconds; the leaf's time
 * is never before the newest one's. STATUS_INVALID for an event with none or
 * both of the subjects, or a ready one without its salt; any failure spoils
 * the transaction. */
STATUS policy_log_append(struct policy_txn *txn, uint64_t now,
                         const struct policy_event *event,
                         struct policy_logged *out);

/* Number of leaves, and the newest leaf's time (0 when empty). */
STATUS policy_log_size(struct policy_txn *txn, uint64_t *size,
                       uint64_t *newest);

/* Leaf, salt and detail text of one index; STATUS_NOT_FOUND. */
STATUS policy_log_read(struct policy_txn *txn, uint64_t index,
                       struct policy_logged *out, struct buffer *detail);

/* Root over the first `size` leaves; STATUS_INVALID beyond the log, here and
 * in the proofs. STATUS_CORRUPT when a leaf or node was taken away. */
STATUS policy_log_root(struct policy_txn *txn, uint64_t size, struct hash *out);

/* Signed heads: kept for every size signed, newest first wanted most. */
void policy_head_put(struct policy_txn *txn, const struct api_head *head);
STATUS policy_head_newest(struct policy_txn *txn, struct api_head *out);

/* Proofs over what is stored (merkle.h). */
STATUS policy_prove_inclusion(struct policy_txn *txn, uint64_t index,
                              uint64_t size, struct api_proof *out);
STATUS policy_prove_consistency(struct policy_txn *txn, uint64_t old,
                                uint64_t size, struct api_proof *out);

/* The receipt of leaf `index` under `head` (head->size > index). Detail is
 * appended to `detail` with a NUL, which the receipt borrows: the next write
 * to `detail` ends that. */
STATUS policy_receipt(struct policy_txn *txn, uint64_t index,
                      const struct api_head *head, struct buffer *detail,
                      struct api_receipt *out);

#endif
