/* receipt.h - proof, for whoever was answered, that the log has it.
 *
 *   {"leaf": base64 97, "salt": base64 32, "detail": text | absent,
 *    "proof": [hash, ...], "head": HEAD}
 *   HEAD = {"store": uuid, "epoch": integer, "size": integer,
 *           "time": milliseconds, "root": hash, "signature": base64 64} */

#ifndef API_RECEIPT_H
#define API_RECEIPT_H

#include "api/json.h"
#include "api/leaf.h"
#include "api/merkle.h"

struct api_receipt {
    unsigned char leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    const char *detail; /* borrowed; NULL when withheld */
    struct api_proof proof;
    struct api_head head;
};

json_t *api_head_to_json(const struct api_head *head);
STATUS api_head_from_json(const json_t *value, struct api_head *out,
                          struct reason *why);
json_t *api_receipt_to_json(const struct api_receipt *receipt);
STATUS api_receipt_from_json(const json_t *value, struct api_receipt *out,
                             struct reason *why);

/* What was signed before still stands: `head` is of the same store and epoch
 * as `seen` and covers no fewer leaves. Signatures are the caller's to check.
 * STATUS_CORRUPT with a reason. */
STATUS api_head_not_back(const struct api_head *seen,
                         const struct api_head *head, struct reason *why);

/* The same, and the broker's answer {"proof": [hash, ...]} leads from the
 * leaves under `seen` to those under `head`. */
STATUS api_head_continues(const struct api_head *seen,
                          const struct api_head *head, const json_t *answer,
                          struct reason *why);

/* The whole check: head signed by `log_key`, inclusion of the leaf at its
 * index, detail hash when the detail is there. STATUS_DENIED with a reason. */
STATUS api_receipt_verify(const struct api_receipt *receipt,
                          const struct api_spki *log_key, struct reason *why);

#endif
