#include "broker/room.h"

void room_init(struct room *room, size_t most)
{
    atomic_init(&room->taken, 0);
    room->most = most;
}

bool room_take(struct room *room, size_t *held, size_t want)
{
    if (want > *held) {
        size_t more = want - *held;
        size_t before = atomic_fetch_add(&room->taken, more);
        if (more > room->most || before > room->most - more) {
            atomic_fetch_sub(&room->taken, more);
            return false;
        }
    } else {
        atomic_fetch_sub(&room->taken, *held - want);
    }
    *held = want;
    return true;
}
