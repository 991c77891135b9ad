/* denial.h - how many denial leaves one identity may cause: 10 a minute, the
 * rest is counted and becomes one summary leaf. Used by the writer thread
 * only. */

#ifndef BROKER_DENIAL_H
#define BROKER_DENIAL_H

#include "base/hash.h"

#define DENIAL_PER_MINUTE 10
#define DENIAL_SLOTS      1024

struct denial_slot {
    struct hash who;
    uint64_t minute;
    uint32_t seen;       /* in that minute */
    uint32_t suppressed; /* of those, without a leaf of their own */
};

struct denial_table {
    struct denial_slot slots[DENIAL_SLOTS];
};

/* True when this denial gets its own leaf. `*summary` is the number of
 * suppressed denials of an earlier minute that now want one summary leaf
 * (of the same identity, or of one whose slot is taken over: `*whose`). */
bool denial_admit(struct denial_table *table, const struct hash *who,
                  uint64_t now_ms, uint32_t *summary, struct hash *whose);

#endif
