/* keeper.h - what must happen without anybody asking: HSM probe every 15 s,
 * keys destroyed whose end is recorded, evidence judged again when collateral
 * has changed, renewal of the TLS certificate at half
 * its life. */

#ifndef BROKER_KEEPER_H
#define BROKER_KEEPER_H

#include "broker/broker.h"

struct keeper;

STATUS keeper_start(struct broker *broker, struct keeper **out);
void keeper_stop(struct keeper *keeper);

/* One round at `now` (milliseconds): what is due is done. */
void keeper_round(struct broker *broker, uint64_t now);

#endif
