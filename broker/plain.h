/* plain.h - objects of the CCM class, and the wall between the two classes.
 *
 * What password sessions make under /v1 bears "class": "ccm"; what people
 * make under /accord/v1 with their keys does not (policy/agreement.h). Each
 * side reads both and changes its own: every row that changes or uses an
 * object takes it from here or from signed_own() of body.h. */

#ifndef BROKER_PLAIN_H
#define BROKER_PLAIN_H

#include "broker/product.h"

/* The object of `kind` under `id` in the session's account, of either class,
 * for reading; 404 NOT_FOUND naming `what` ("app", "build", ...). */
STATUS plain_find(struct exchange *x, struct policy_txn *txn,
                  enum policy_kind kind, struct bytes id, const char *what,
                  json_t **out);

/* The same, to change or to use it: 403 FORBIDDEN for an object of the
 * signed class. */
STATUS plain_own(struct exchange *x, struct policy_txn *txn,
                 enum policy_kind kind, struct bytes id, const char *what,
                 json_t **out);

/* Marks the record as one of the CCM class and stores it as a new object. 400
 * UNIQUE_VIOLATION when the id is taken or another object of the kind has
 * its "name", whatever class that is of. */
STATUS plain_new(struct exchange *x, struct policy_txn *txn,
                 enum policy_kind kind, struct bytes id, json_t *record,
                 const char *what);

/* A leaf about the object `what`/`id` by the session's user, with the class
 * in its detail; `extra` (NULL: none) is added to that. */
STATUS plain_log(struct exchange *x, struct policy_txn *txn, const char *action,
                 const char *what, const char *id, const json_t *extra);

/* How a record is shown under /v1; *out stays NULL to leave it out. */
typedef STATUS (*plain_view_fn)(struct exchange *x, struct policy_txn *txn,
                                const json_t *record, json_t **out);

/* Answers a list of the account's records of `kind`. */
STATUS plain_answer_list(struct exchange *x, enum policy_kind kind,
                         plain_view_fn view, const struct product_list *list);

/* "ccm" or "signed". */
const char *plain_class_name(const json_t *record);

#endif
