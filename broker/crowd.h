/* crowd.h - how many connections each address, or each certificate, has open,
 * so that no one of them takes them all. Safe from several threads. */

#ifndef BROKER_CROWD_H
#define BROKER_CROWD_H

#include "base/bytes.h"
#include "base/scope.h"
#include "base/status.h"

struct crowd;

/* At most `most` of each. It holds memory only for those who are in it. */
STATUS crowd_new(size_t most, struct crowd **out);
void crowd_free(struct crowd *crowd); /* NULL is fine */
DEFINE_AUTO_FREE(crowd);

/* One more of `who` (any bytes). False when there are `most` already, or no
 * memory: then it is not counted, and must not leave. */
bool crowd_enter(struct crowd *crowd, struct bytes who);

/* One less of somebody who entered. */
void crowd_leave(struct crowd *crowd, struct bytes who);

#endif
