/* approval.h - an owner's signed decision on one request.
 *
 * The signed message is the canonical JSON text
 *   {"accord": "approval/v1", "request": uuid, "digest": hash,
 *    "decision": "approve" | "decline",
 *    "head": {"size": integer, "root": hash},   the last log head that the
 *                                               signer verified
 *    "sign_by": seconds, "valid_until": seconds}
 * and the grants that go with an approval are signed one by one (grant.h). */

#ifndef API_APPROVAL_H
#define API_APPROVAL_H

#include "api/grant.h"
#include "api/json.h"
#include "api/key.h"

struct api_approval {
    struct api_id request;
    struct hash digest;
    bool approve;
    uint64_t head_size;
    struct hash head_root;
    uint64_t sign_by;     /* seconds: the decision must arrive before */
    uint64_t valid_until; /* seconds: grants end no later             */
};

/* Appends the canonical text. */
STATUS api_approval_text(const struct api_approval *approval,
                         struct buffer *out);

/* Reads such a text back; it must be byte for byte canonical. */
STATUS api_approval_read(struct bytes text, struct api_approval *out,
                         struct reason *why);

/* Every grant that owner `owner` must sign for this manifest: one for each
 * (dataset owned, app it is connected to), in the order of the manifest. The
 * caller frees *out (malloc) of *count grants; none is not an error. */
STATUS api_grants_wanted(const json_t *manifest, const struct hash *digest,
                         const struct hash *owner, uint64_t not_before,
                         uint64_t not_after, struct api_grant **out,
                         size_t *count);

#endif
