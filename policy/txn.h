/* txn.h - what this folder's own files may do with a transaction beyond
 * store.h. Private to policy/. */

#ifndef POLICY_TXN_H
#define POLICY_TXN_H

#include "policy/store.h"

/* Spoils a writing transaction with a failure found outside the store; the
 * first one stays. OK does nothing. */
void policy_fail(struct policy_txn *txn, struct status why);

/* The last record whose key begins with `prefix`: appends its contents to
 * `out` and sets *key. STATUS_NOT_FOUND when there is none. */
STATUS policy_last(struct policy_txn *txn, const struct policy_key *prefix,
                   struct policy_key *key, struct buffer *out);

#endif
