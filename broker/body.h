/* body.h - what routes have in common: members of the body, owners, subjects
 * of leaves, and changes to one record. */

#ifndef BROKER_BODY_H
#define BROKER_BODY_H

#include "broker/broker.h"
#include "broker/route.h"

/* Refuses a body that is missing or has members other than `names`. */
STATUS body_only(struct exchange *x, const char *const *names, size_t count);
#define BODY_ONLY(x, ...)                                                      \
    body_only((x), (const char *const[]){ __VA_ARGS__ },                       \
              sizeof((const char *const[]){ __VA_ARGS__ }) /                   \
                  sizeof(const char *))

/* The body's "owner": decoded, its chain verified, and it is the asking
 * person's own owner record (STATUS_DENIED otherwise). */
STATUS body_owner(struct exchange *x, struct api_owner *out,
                  struct api_spki *current);

/* The body's "id", which must follow from the person's account and owner
 * hash and the body's "random". */
STATUS body_derived_id(struct exchange *x, enum api_object kind,
                       struct api_id *out);

/* The placeholder `index` of the path as an id, or a hash. */
STATUS path_id(struct exchange *x, size_t index, struct api_id *out);
STATUS path_hash(struct exchange *x, size_t index, struct hash *out);

/* The object of the person's account, to change or to use it: one of the CCM
 * class is STATUS_DENIED with the code "class". */
STATUS signed_own(struct exchange *x, struct policy_txn *txn,
                  enum policy_kind kind, struct bytes id, json_t **out);
STATUS signed_only(struct exchange *x, const json_t *record);

/* One leaf of kind CHANGE in the peer's account: {"action", "actor",
 * "subject", ...extra}; `extra` may be NULL. What a session changes says
 * "by": "password" besides. */
STATUS log_change(struct exchange *x, struct policy_txn *txn,
                  const char *action, const char *subject_kind,
                  const char *subject_id, const json_t *extra);

/* The same with another leaf kind. */
STATUS log_event(struct exchange *x, struct policy_txn *txn,
                 enum api_leaf_kind kind, const char *action,
                 const char *subject_kind, const char *subject_id,
                 const json_t *extra);

/* Answers x->answer = {"items": list of that kind}. Objects that are of a
 * class say which. */
STATUS answer_list(struct exchange *x, enum policy_kind kind);

/* Answers the view of one record, with its class and the receipt of leaf 0 if
 * there is one. */
STATUS answer_record(struct exchange *x, const json_t *record, int status);

#endif
