/* finals.h - final workflows as the product shows them (section 5.12 of the
 * wire contract), of either class. */

#ifndef BROKER_FINALS_H
#define BROKER_FINALS_H

#include "broker/exchange.h"

/* A FinalWorkflow out of a POLICY_WORKFLOW record, with its active versions;
 * *out stays NULL when none is left. */
STATUS finals_view(struct exchange *x, struct policy_txn *txn,
                   const json_t *record, json_t **out);

/* The VersionInFinalWorkflow; STATUS_NOT_FOUND (no reason given) when it is
 * none, or ended. */
STATUS finals_version_view(struct exchange *x, struct policy_txn *txn,
                           const struct api_id *workflow, uint32_t version,
                           json_t **out);

/* The record of an active version; STATUS_NOT_FOUND. */
STATUS finals_version(struct exchange *x, struct policy_txn *txn,
                      const struct api_id *workflow, uint32_t version,
                      json_t **out);

#endif
