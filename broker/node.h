/* node.h - compute nodes: which hosts run a Node Agent for an account.
 *
 * A node's certificate says who reports. What a program may have is decided by
 * the program's own evidence; by the node's word (word.h) only where a rule
 * that every owner signed says so. */

#ifndef BROKER_NODE_H
#define BROKER_NODE_H

#include "broker/exchange.h"

#define NODES_PER_ACCOUNT 1000

/* The record is a Node of section 5.14 without "certificate" and "apps", and
 * "_serial" of its certificate. STATUS_NOT_FOUND, with a reason. */
STATUS node_get(struct exchange *x, struct policy_txn *txn,
                const struct api_id *account, const struct api_id *node,
                json_t **out);
void node_put(struct policy_txn *txn, const struct api_id *account,
              const struct api_id *node, const json_t *record);

/* Sets status.status and when that was. */
STATUS node_set_status(json_t *record, const char *status, uint64_t now);

/* As it is shown: with the certificate as PEM text, if it has one. */
STATUS node_view(struct exchange *x, struct policy_txn *txn,
                 const json_t *record, json_t **out);

/* A leaf about the node, by whoever asks. */
STATUS node_log(struct exchange *x, struct policy_txn *txn, const char *action,
                const struct api_id *node, const json_t *extra);

#endif
