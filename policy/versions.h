/* versions.h - agreed versions of workflows as decide() reads them: parsed,
 * and the approvals' signatures verified, once. Private to policy/.
 *
 * A version is remembered by the name of its record's seal (store.h), so
 * nothing that changes in the store is answered from memory: another status,
 * approval or manifest is another seal. What is remembered was opened and
 * authenticated once under exactly that seal. */

#ifndef POLICY_VERSIONS_H
#define POLICY_VERSIONS_H

#include <stdatomic.h>

#include "policy/decide.h"
#include "policy/store.h"

/* Never changed once made; shared by threads, so its JSON is only read. */
struct agreed_version {
    atomic_size_t holders;
    struct hash record; /* policy_seal_name() */
    size_t size;        /* of the record, bytes */

    json_t *manifest;
    struct hash digest; /* of its text */
    bool active;
    bool plain_class; /* CCM: agreed by passwords, agreement.h */
    uint64_t end;     /* seconds: the first approval to end; UINT64_MAX: none */
    struct policy_approval_fact *approvals;
    size_t approvals_count;
};

/* The WORKFLOW_VERSION record under `key`, STATUS_NOT_FOUND without one;
 * STATUS_CORRUPT or STATUS_INVALID for one that does not parse. Let go of it
 * with agreed_version_free(). */
STATUS versions_get(struct policy_txn *txn, const struct policy_key *key,
                    struct agreed_version **out);
void agreed_version_free(struct agreed_version *version);
DEFINE_AUTO_FREE(agreed_version);

/* What is remembered; one for each open store. At most 64 MiB of records. */
struct versions;
STATUS versions_new(struct versions **out);
void versions_free(struct versions *versions);
DEFINE_AUTO_FREE(versions);

/* Of the store that the transaction is in (store_txn.c). */
struct versions *policy_versions(const struct policy_txn *txn);

#endif
