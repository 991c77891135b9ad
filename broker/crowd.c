#include "broker/crowd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOTS 4096 /* lists of some entries each, at 10,000 connections */

struct one {
    struct one *next;
    struct hash who;
    size_t count;
};

struct crowd {
    pthread_mutex_t lock;
    size_t most;
    unsigned char seed[16]; /* so that nobody can choose a slot */
    struct one *slot[SLOTS];
};

struct status crowd_new(size_t most, struct crowd **out)
{
    AUTO_FREE(crowd) crowd = calloc(1, sizeof(*crowd));
    if (!crowd)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&crowd->lock, NULL);
    crowd->most = most;
    TRY(random_fill(crowd->seed, sizeof(crowd->seed)));
    *out = TAKE(crowd);
    return OK;
}

void crowd_free(struct crowd *crowd)
{
    if (!crowd)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        for (struct one *one = crowd->slot[i], *next; one; one = next) {
            next = one->next;
            free(one);
        }
    (void)pthread_mutex_destroy(&crowd->lock);
    free(crowd);
}

static bool digest(const struct crowd *crowd, struct bytes who,
                   struct hash *out)
{
    return !failed(
        hash_of(out, bytes_of(crowd->seed, sizeof(crowd->seed)), who));
}

/* Where the entry is, or would be. */
static struct one **find(struct crowd *crowd, const struct hash *who)
{
    size_t at = ((size_t)who->bytes[0] << 8 | who->bytes[1]) % SLOTS;
    struct one **one = &crowd->slot[at];
    while (*one && !hash_equal(&(*one)->who, who))
        one = &(*one)->next;
    return one;
}

/* Under the lock. */
static bool enter(struct crowd *crowd, const struct hash *who)
{
    struct one **one = find(crowd, who);
    if (!*one) {
        *one = calloc(1, sizeof(**one));
        if (!*one)
            return false;
        (*one)->who = *who;
    }
    if ((*one)->count == crowd->most)
        return false;
    (*one)->count++;
    return true;
}

static void leave(struct crowd *crowd, const struct hash *who)
{
    struct one **at = find(crowd, who), *one = *at;
    if (!one || --one->count > 0)
        return;
    *at = one->next;
    free(one);
}

bool crowd_enter(struct crowd *crowd, struct bytes who)
{
    struct hash key;
    if (!digest(crowd, who, &key))
        return false;
    (void)pthread_mutex_lock(&crowd->lock);
    bool entered = enter(crowd, &key);
    (void)pthread_mutex_unlock(&crowd->lock);
    return entered;
}

void crowd_leave(struct crowd *crowd, struct bytes who)
{
    struct hash key;
    if (!digest(crowd, who, &key))
        return; /* it stays counted: the safe side */
    (void)pthread_mutex_lock(&crowd->lock);
    leave(crowd, &key);
    (void)pthread_mutex_unlock(&crowd->lock);
}
