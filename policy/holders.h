/* holders.h - which agreed versions hold a runtime configuration hash.
 * Private to policy/. */

#ifndef POLICY_HOLDERS_H
#define POLICY_HOLDERS_H

#include "policy/nouns.h"
#include "policy/versions.h"

/* One (account, workflow, version) that holds a hash. */
struct holder {
    struct api_id account, workflow;
    uint32_t version;
    uint64_t created_at;
    json_t *runtime;
};

#define HOLDERS_MAX 64

struct holders {
    struct holder at[HOLDERS_MAX];
    size_t count;
};

/* Newest first; clear them with holders_clear(). STATUS_BUSY for more than
 * HOLDERS_MAX. */
STATUS holders_find(struct policy_txn *txn, const struct hash *runtime,
                    struct holders *out);
void holders_clear(struct holders *h);

/* Its WORKFLOW_VERSION record; let go of it with agreed_version_free(). */
STATUS holder_version(struct policy_txn *txn, const struct holder *h,
                      struct agreed_version **out);

enum holder_build {
    HOLDER_BUILD_APPROVED,
    HOLDER_BUILD_PENDING,   /* nobody said yes or no yet        */
    HOLDER_BUILD_WITHDRAWN, /* or denied, or not there any more */
};
STATUS holder_build(struct policy_txn *txn, const struct holder *h,
                    const struct api_id *build, enum holder_build *out);

/* Big-endian, as in keys. */
void version_bytes(uint32_t version, unsigned char out[4]);

#endif
