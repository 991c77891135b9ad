/* objects.h - builds, datasets, configurations, and what a
 * manifest is derived from. */

#ifndef POLICY_OBJECTS_H
#define POLICY_OBJECTS_H

#include "policy/store.h"

/* --- object.c: builds, datasets, configurations, apps -------------------- */

/* (kind, account, id) records with a unique "name" per account. */
STATUS policy_object_get(struct policy_txn *txn, enum policy_kind kind,
                         const struct api_id *account, struct bytes id,
                         json_t **out, struct reason *why);
void policy_object_put(struct policy_txn *txn, enum policy_kind kind,
                       const struct api_id *account, struct bytes id,
                       const json_t *value);
/* STATUS_CONFLICT when the id exists or another object has the name. */
STATUS policy_object_new(struct policy_txn *txn, enum policy_kind kind,
                         const struct api_id *account, struct bytes id,
                         const json_t *value, struct reason *why);
void policy_object_delete(struct policy_txn *txn, enum policy_kind kind,
                          const struct api_id *account, struct bytes id);
/* Sets "name" after seeing that no other object of the account has it;
 * STATUS_CONFLICT otherwise. The caller puts the record. */
STATUS policy_object_rename(struct policy_txn *txn, enum policy_kind kind,
                            const struct api_id *account, json_t *value,
                            const char *name, struct reason *why);
/* A JSON array of all of an account's objects, without members that begin
 * with "_" . */
STATUS policy_object_list(struct policy_txn *txn, enum policy_kind kind,
                          const struct api_id *account, json_t **out);
/* A copy without the members that begin with "_". */
json_t *policy_object_view(const json_t *value);

/* Is `owner` (hash) the owner of this dataset or build record? */
bool policy_object_owned(const json_t *value, const struct hash *owner);

/* --- suspension.c -------------------------------------------------------- */

/* After an older store was put back: suspends every dataset of every account
 * until its owner resumes it ("by": "restore", with the epoch that began and
 * its leaf), those of the CCM class until each user does. A manager's
 * suspension holds again behind it ("before"). */
STATUS policy_suspend_all(struct policy_txn *txn, uint32_t epoch,
                          uint64_t leaf);

/* Sets the record's "suspended" to what stands behind it, or null. */
STATUS policy_suspension_end(json_t *record);

/* --- proposal.c ---------------------------------------------------------- */

/* Gathers everything a manifest is derived from (api/manifest.h) for `graph`
 * ({"name", "description", "objects", "edges"}). Unknown references are left
 * out: api_proposal_check() names them. */
STATUS policy_proposal(struct policy_txn *txn, const struct api_id *account,
                       const json_t *graph, const struct api_id *workflow,
                       const char *zone_ca, json_t **out, struct reason *why);

/* Faults of builds and datasets that only records know: not approved,
 * withdrawn, erased, suspended. Appended to `faults`. */
STATUS policy_proposal_check_records(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const json_t *proposal, json_t *faults);

/* --- plain_proposal.c: the same for the CCM class (api/plain_manifest.h) ---
 *
 * `people` are the contributors and the requester, as far as they are active
 * members. A workflow's next version is one more than its newest. */
STATUS policy_plain_proposal(struct policy_txn *txn,
                             const struct api_id *account, const json_t *graph,
                             const struct api_id *workflow, const char *zone_ca,
                             const struct api_id *requester, json_t **out,
                             struct reason *why);

/* An image that is not approved, a configuration that its "configs" lack or
 * that is of the signed class, a dataset that rests. */
STATUS policy_plain_check_records(struct policy_txn *txn,
                                  const struct api_id *account,
                                  const json_t *proposal, json_t *faults);

#endif
