/* pool.h - the threads that may block: they read the store and wait for the
 * HSM. The writer is the one among them that commits. */

#ifndef BROKER_POOL_H
#define BROKER_POOL_H

#include "broker/broker.h"
#include "broker/exchange.h"

struct pool;

/* Starts the writer and `workers` worker threads. */
STATUS pool_start(struct broker *broker, size_t workers, struct pool **out);

/* Lets them finish what is queued, then ends them. */
void pool_stop(struct pool *pool);

/* Hands over to ON_POOL or ON_WRITER. An exchange that has not begun is
 * answered "busy" when the pool's queue is full. */
void pool_handover(struct exchange *x, enum place to);

/* Runs the route's prepare, change, perform and answer for the broker's own
 * purposes, from a thread that is none of the above; blocks. Work stays the
 * caller's. */
STATUS pool_run(struct broker *broker, const struct route *route, void *work,
                struct reason *why);

#endif
