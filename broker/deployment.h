/* deployment.h - where the users of a final workflow say that its programs
 * are to run: {"deployment", "runtime_configs": {hash: {"deployment"?}}} of
 * one version (section 5.12 of the wire contract). It is kept and shown and
 * decides nothing: what is agreed on, and who gets what, stays as it is. */

#ifndef BROKER_DEPLOYMENT_H
#define BROKER_DEPLOYMENT_H

#include "broker/exchange.h"

#define DEPLOYMENT_MAX ((size_t)64 * 1024) /* bytes of compact JSON */

/* Checks the request's body, but for the hashes. 400 that names the place. */
STATUS deployment_read(struct exchange *x);

/* Its "runtime_configs" name only programs of this version (its record). 400
 * INVALID_VALUE. */
STATUS deployment_check(struct exchange *x, const json_t *version);

/* In place of what was said before; gone with the version. */
void deployment_put(struct exchange *x, struct policy_txn *txn,
                    const struct api_id *workflow, uint32_t version);
void deployment_forget(struct exchange *x, struct policy_txn *txn,
                       const struct api_id *workflow, uint32_t version);

/* Adds what was said to a FinalWorkflowGraph, if anything was. */
STATUS deployment_show(struct exchange *x, struct policy_txn *txn,
                       const struct api_id *workflow, uint32_t version,
                       json_t *graph);

#endif
