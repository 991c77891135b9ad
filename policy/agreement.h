/* agreement.h - requests, the versions they become, certificates. */

#ifndef POLICY_AGREEMENT_H
#define POLICY_AGREEMENT_H

#include "policy/store.h"
#include "policy/verdict.h"

/* --- request.c ----------------------------------------------------------- */

/* Does it still wait for owners at `now` (seconds)? A pending request whose
 * time to sign is over has expired; its record does not say so. */
bool policy_request_waits(const json_t *request, uint64_t now);

/* The request of a workflow that waits at `now`; STATUS_NOT_FOUND. */
STATUS policy_request_pending(struct policy_txn *txn,
                              const struct api_id *account,
                              const struct api_id *workflow, uint64_t now,
                              json_t **out);

/* Is `name` that of another workflow of the signed class than `workflow`: of
 * one that is agreed, or of a request that waits at `now`? People call
 * workflows by their names. */
enum policy_name_use {
    POLICY_NAME_FREE,
    POLICY_NAME_WAITS,
    POLICY_NAME_AGREED,
};
STATUS policy_workflow_name_use(struct policy_txn *txn,
                                const struct api_id *account,
                                const struct api_id *workflow, const char *name,
                                uint64_t now, enum policy_name_use *out);

/* One owner's decision, already verified, into a pending request: adds it,
 * and when it is a decline or the last approval settles the request (and
 * then makes version, runtime and grant records: workflow.c). Changes
 * `request` in place; the caller puts it. */
struct policy_decision {
    struct api_id person;
    const char *approval; /* the signed text */
    struct api_signature signature;
    struct api_spki key; /* that signed it: the person's current key */
    const char *owner;   /* base64 of the person's owner record */
    bool approve;
    uint64_t valid_until;
    const json_t *grants; /* [{"grant", "signature"}], verified */
};
STATUS policy_request_decide(struct policy_txn *txn,
                             const struct api_id *account, json_t *request,
                             const struct policy_decision *decision,
                             uint64_t now, struct reason *why);

/* --- workflow.c ---------------------------------------------------------- */

/* Makes the version a settled request stands for: WORKFLOW, VERSION, one
 * RUNTIME per app, one GRANT per grant; retires the parent unless "keep". */
STATUS policy_workflow_settle(struct policy_txn *txn,
                              const struct api_id *account,
                              const json_t *request, uint64_t now,
                              struct reason *why);

/* Ends a version ("withdrawn" or "retired"): its RUNTIME and GRANT records
 * go, the version record stays for the history. */
STATUS policy_workflow_end(struct policy_txn *txn, const struct api_id *account,
                           const struct api_id *workflow, uint32_t version,
                           const char *status, struct reason *why);

/* True when an active version uses this dataset or build. */
STATUS policy_workflow_uses(struct policy_txn *txn,
                            const struct api_id *account,
                            const struct api_id *object, bool *out);
/* The same of an application configuration, by its id. */
STATUS policy_workflow_configured(struct policy_txn *txn,
                                  const struct api_id *account,
                                  const struct hash *configuration, bool *out);

/* --- plain_class.c: what passwords agreed on -----------------------------
 *
 * Records of the CCM class bear "class": "ccm"; others are of the signed
 * class. A WORKFLOW_VERSION of this class has
 *     "approvals": [{"user": uuid, "digest": hash, "approve": bool}, ...]
 * and a manifest with the members that decide() reads (manifest.h): account,
 * apps, datasets, people. In it "owner" is policy_user_owner() of the user
 * whose object it is, "people" are users by their id, and a dataset's entry
 * needs no location: the product lets its owner move the data, so the
 * DATASET record says where it lies now. There are no grants. Names in
 * certificates are those of the APP that the BUILD's "app" names:
 * "whitelisted_domains", a list (broker/domains.h). */
bool policy_is_plain_class(const json_t *record);

/* Is any version of this WORKFLOW record active? False for none. */
bool policy_workflow_lives(const json_t *record);

/* SHA-256("accord user v1" || user id 16). */
STATUS policy_user_owner(const struct api_id *user, struct hash *out);

/* --- plain_request.c: requests of the CCM class --------------------------- */

/* One reviewer's word, whose password was right, into a pending request:
 * refused as policy_request_decide() refuses. The first decline settles it.
 * *last is true when now everybody has approved: policy_plain_settle() next.
 * The caller puts the record. */
STATUS policy_plain_decide(json_t *request, const struct api_id *user,
                           bool approve, const char *denial, uint64_t now,
                           bool *last, struct reason *why);

/* Makes the version that an approved request stands for, if what it was
 * derived from still holds and its requester may still ask. *faults tells
 * what does not hold (NULL: the version is made). */
STATUS policy_plain_settle(struct policy_txn *txn, const struct api_id *account,
                           json_t *request, uint64_t now, json_t **faults);

/* --- certificate.c ------------------------------------------------------- */

/* {"serial", "kind", "account", "id", "spki", "not_after", "configuration"?,
 *  "identity"?, "evidence"?, "verdict"? (verdict.h), "revoked": bool} */
STATUS policy_certificate_put(struct policy_txn *txn,
                              const unsigned char serial[16],
                              const json_t *value);
STATUS policy_certificate_revoked(struct policy_txn *txn,
                                  const unsigned char serial[16], bool *out);
/* Both that its record says: the verdict is all zero when there is none. */
STATUS policy_certificate_standing(struct policy_txn *txn,
                                   const unsigned char serial[16],
                                   bool *revoked,
                                   struct policy_verdict *verdict);
/* Evidence digest, CSR key and nonce (zero: none) are accepted once:
 * STATUS_CONFLICT if one was seen; else all are remembered. */
STATUS policy_freshness(struct policy_txn *txn, const struct hash *evidence,
                        const struct hash *spki, const struct hash *nonce,
                        struct reason *why);

#endif
