#include "pkcs11/leaves.h"

#include <pthread.h>
#include <stdlib.h>

struct place {
    bool known;
    bool performed;
    uint64_t index;
    uint64_t added; /* monotonic milliseconds */
    struct hash hash;
};

struct hsm_leaves {
    pthread_mutex_t lock;
    uint64_t first; /* that this generation can append */
    struct place places[HSM_LEAVES_MAX];
};

STATUS hsm_leaves_new(uint64_t first, struct hsm_leaves **out)
{
    struct hsm_leaves *leaves = calloc(1, sizeof(*leaves));
    if (!leaves)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    pthread_mutex_init(&leaves->lock, NULL);
    leaves->first = first;
    *out = leaves;
    return OK;
}

void hsm_leaves_free(struct hsm_leaves *leaves)
{
    if (!leaves)
        return;
    pthread_mutex_destroy(&leaves->lock);
    free(leaves);
}

void hsm_leaves_add(struct hsm_leaves *leaves, uint64_t index,
                    const struct hash *leaf_hash, uint64_t now)
{
    pthread_mutex_lock(&leaves->lock);
    leaves->places[index % HSM_LEAVES_MAX] = (struct place){
        .known = true, .index = index, .added = now, .hash = *leaf_hash
    };
    pthread_mutex_unlock(&leaves->lock);
}

/* Refused either way. An honest broker has leaves of the generation before
 * when the worker was replaced between its two jobs: that is no denial. */
static struct status not_appended(uint64_t index, uint64_t first,
                                  struct reason *why)
{
    return refuse(why, index < first ? STATUS_UNAVAILABLE : STATUS_DENIED,
                  "leaf", "leaf %llu was not appended in this generation",
                  (unsigned long long)index);
}

/* Under the lock. */
static struct status take(struct hsm_leaves *leaves, uint64_t index,
                          const struct hash *leaf_hash, uint64_t now,
                          struct reason *why)
{
    struct place *place = &leaves->places[index % HSM_LEAVES_MAX];
    if (!place->known || place->index != index ||
        !hash_equal(&place->hash, leaf_hash))
        return not_appended(index, leaves->first, why);
    if (place->performed)
        return refuse(why, STATUS_DENIED, "leaf",
                      "leaf %llu was performed already",
                      (unsigned long long)index);
    if (now - place->added > HSM_LEAF_LIFE)
        return refuse(why, STATUS_DENIED, "leaf",
                      "leaf %llu was appended more than 60 s ago",
                      (unsigned long long)index);
    place->performed = true;
    return OK;
}

STATUS hsm_leaves_take(struct hsm_leaves *leaves, uint64_t index,
                       const struct hash *leaf_hash, uint64_t now,
                       struct reason *why)
{
    pthread_mutex_lock(&leaves->lock);
    struct status s = take(leaves, index, leaf_hash, now, why);
    pthread_mutex_unlock(&leaves->lock);
    return s;
}
