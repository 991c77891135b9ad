/* start.h - from a configuration to a broker that may open its port. Each
 * step refuses with the cause rather than start half safe. */

#ifndef BROKER_START_H
#define BROKER_START_H

#include "broker/broker.h"

/* Anchors, HSM, store, the log's frontier, nobody logged in. */
STATUS start_anchors(struct broker *broker, struct reason *why);
/* Reads evidence.collateral; also later, in place of what was held. */
STATUS start_collateral(struct broker *broker, struct reason *why);
STATUS start_hsm(struct broker *broker, struct reason *why);
STATUS start_store(struct broker *broker, struct reason *why);
/* The store alone, whatever the HSM has signed: for accordd --restore. */
STATUS start_open_store(struct broker *broker, struct reason *why);
STATUS start_sessions(struct broker *broker, struct reason *why);

void start_clear(struct broker *broker); /* in the reverse order */

#endif
