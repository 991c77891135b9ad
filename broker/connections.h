/* connections.h - extra.connections of a runtime configuration: where what
 * is on the ports lies, beside the hashed half that says what it is. */

#ifndef BROKER_CONNECTIONS_H
#define BROKER_CONNECTIONS_H

#include "broker/broker.h"
#include "broker/exchange.h"

/* {port: {object: connection}} with the keys of `config`'s workflow.port_map;
 * {} without a workflow. A dataset's location is, of the signed class, the
 * one in the manifest all owners signed and, of the CCM class, that of its
 * record; "credentials" names the DSM paths only where a credential is given
 * in clear. An app's is the name that its certificate carries. STATUS_DENIED
 * when a dataset is gone. */
STATUS connections_make(struct exchange *x, struct policy_txn *txn,
                        const struct policy_answer *answer,
                        const json_t *config, json_t **out);

#endif
