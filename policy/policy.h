/* policy.h - who may do what, right now: sealed records, the log, and the
 * decision. The only folder that sees LMDB. */

#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "policy/collateral.h" /* what judged platforms         */
#include "policy/decide.h"     /* the decision: pure                */
#include "policy/log.h"        /* leaves, proofs, heads             */
#include "policy/nouns.h"      /* account, person, dataset, ...     */
#include "policy/store.h"      /* sealed records, transactions      */

#endif
