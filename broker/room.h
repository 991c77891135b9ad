/* room.h - so many bytes for all together: what one holds, another has not.
 * Safe from several threads. */

#ifndef BROKER_ROOM_H
#define BROKER_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct room {
    atomic_size_t taken;
    size_t most;
};

void room_init(struct room *room, size_t most);

/* Holds `want` bytes instead of *held. False, and nothing is changed, when
 * there is no room for more; never for less. */
bool room_take(struct room *room, size_t *held, size_t want);

#endif
