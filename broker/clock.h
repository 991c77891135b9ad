/* clock.h - may we believe the wall clock?
 *
 * The wall clock is compared with the monotonic one: more than 5 s of
 * difference since the last group, or a wall clock behind the newest leaf,
 * stops all writes until an operator accepts the time (SIGUSR1 to accordd),
 * which a leaf then names. Both readings are parameters; only clock_now()
 * reads a clock. */

#ifndef BROKER_CLOCK_H
#define BROKER_CLOCK_H

#include <pthread.h>

#include "base/status.h"

#define CLOCK_TOLERANCE_MS 5000

struct clock_reading {
    uint64_t wall;      /* milliseconds since the epoch */
    uint64_t monotonic; /* milliseconds since some start */
};

struct clock_watch {
    pthread_mutex_t lock;
    struct clock_reading last; /* at the last group, or at the start */
    bool stopped;
    char cause[128];
};

struct clock_reading clock_now(void);

void clock_watch_init(struct clock_watch *watch, struct clock_reading start);

/* Looks at the time before a group: OK, or STATUS_UNAVAILABLE from the first
 * jump on until clock_accept(). `newest` is the newest leaf's time. */
STATUS clock_check(struct clock_watch *watch, struct clock_reading now,
                   uint64_t newest, struct reason *why);

/* An operator says the wall clock is right. True when writes were stopped:
 * then a clock leaf is due. A time before the newest leaf stays refused. */
bool clock_accept(struct clock_watch *watch, struct clock_reading now);

bool clock_trusted(struct clock_watch *watch);

#endif
