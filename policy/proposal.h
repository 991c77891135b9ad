/* proposal.h - what proposals of both classes are gathered with. Private to
 * policy/. */

#ifndef POLICY_PROPOSAL_H
#define POLICY_PROPOSAL_H

#include "policy/store.h"

/* Puts a record's members that the manifest needs into `into`, under its id;
 * a reference to nothing is left out. */
STATUS proposal_gather(struct policy_txn *txn, const struct api_id *account,
                       enum policy_kind kind, const char *id_text,
                       const char *const *members, json_t *into);

/* {"where": "objects.KEY", "fault"} */
STATUS proposal_add_fault(json_t *faults, const char *key, const char *fault);

#endif
