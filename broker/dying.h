/* dying.h - keys of credentials whose end is recorded but may not have
 * happened: the HSM was away when the perform step asked.
 *
 * What takes a version out of use (rotation, erasure, deletion) notes it in
 * the same transaction. The keeper destroys what is noted, again if need be,
 * and forgets it afterwards. */

#ifndef BROKER_DYING_H
#define BROKER_DYING_H

#include "broker/broker.h"

#define DYING_ROUND 64 /* keys per round */

/* This version's key is to be destroyed. */
void dying_note(struct policy_txn *txn, const struct api_context *context);

/* Is this version noted? Then its id may not come back yet: the key that is
 * destroyed could be the new one. */
bool dying_is(struct policy_txn *txn, const struct api_context *context);

/* Destroys up to DYING_ROUND noted keys. Blocks; for a thread that is none
 * of the pool's. */
STATUS dying_round(struct broker *broker, struct reason *why);

#endif
