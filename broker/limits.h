/* limits.h - how many things of one kind an account may keep: [limits] of the
 * broker's configuration. */

#ifndef BROKER_LIMITS_H
#define BROKER_LIMITS_H

#include "broker/exchange.h"

/* In the writer, before one more of `kind` is put. Refused, naming `what`
 * ("apps") and the number, when there are as many as the option of that name
 * says, of either class: 403 QUOTA_EXCEEDED under /v1, else STATUS_CONFLICT. */
STATUS limit_check(struct exchange *x, struct policy_txn *txn,
                   enum policy_kind kind, const char *what);

/* The same of requests that wait for somebody's approval ("requests"). */
STATUS limit_check_waiting(struct exchange *x, struct policy_txn *txn);

#endif
