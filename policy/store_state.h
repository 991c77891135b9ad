/* store_state.h - one number that stands for all records, so that a record
 * put back as it was, or taken away, is seen. Private to store_*.c.
 *
 * sum = the sum modulo 2^256 of HMAC-SHA-256(state key, key length 1 || key
 * || sealed value) over every record but those of the log, which the tree
 * and the HSM answer for. The record META "state" = sum 32 || leaves in the
 * log 8 is written by every transaction that changes anything, and compared
 * with what is there by policy_open(), where no leaf may be missing. Whoever
 * puts back everything but the log is betrayed by the number of leaves, and
 * whoever puts back the log by the HSM. */

#ifndef POLICY_STORE_STATE_H
#define POLICY_STORE_STATE_H

#include "policy/store_private.h"

/* All three take an outermost transaction.
 *
 * Takes account of what is about to happen to `key`: its sealed value
 * becomes `after`, or (NULL) it goes. */
STATUS state_change(struct policy_txn *txn, struct bytes key,
                    const struct bytes *after);

/* Writes the record, last thing before the commit, if anything changed. */
STATUS state_write(struct policy_txn *txn);

/* Compares. STATUS_CORRUPT, with a reason that names a record which does not
 * open, if there is one. */
STATUS state_check(struct policy_txn *txn, const char *directory,
                   struct reason *why);

#endif
