#include "broker/attempts.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define SETS 1024
#define WAYS 8

/* clang-format off */
static const struct limit {
    uint32_t most;
    uint64_t window, pause; /* seconds */
} limits[] = {
    [ATTEMPTS_PASSWORD] = {  10,  900, 900 },
    [ATTEMPTS_HOST]     = {  60,  300, 300 },
    [ATTEMPTS_SIGN_UP]  = { 200, 3600, 600 },
    [ATTEMPTS_MAIL]     = {   5, 3600, 3600 },
};
/* clang-format on */

struct count {
    struct hash who; /* zero: free */
    uint64_t since, until;
    uint32_t seen;
};

struct attempts {
    struct hash key;
    pthread_mutex_t lock;
    struct count count[SETS][WAYS];
};

struct status attempts_new(struct attempts **out)
{
    AUTO_FREE(attempts) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&made->lock, NULL);
    TRY(random_fill(made->key.bytes, sizeof(made->key.bytes)));
    *out = TAKE(made);
    return OK;
}

void attempts_free(struct attempts *attempts)
{
    if (!attempts)
        return;
    (void)pthread_mutex_destroy(&attempts->lock);
    free(attempts);
}

/* With the lock held. NULL when it is not counted and `make` is false. */
static struct count *find(struct attempts *a, const struct hash *who, bool make)
{
    struct count *set =
        a->count[((size_t)who->bytes[0] << 8 | who->bytes[1]) % SETS];
    struct count *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (hash_equal(&set[i].who, who))
            return &set[i];
        if (set[i].since < oldest->since)
            oldest = &set[i];
    }
    if (!make)
        return NULL;
    *oldest = (struct count){ .who = *who };
    return oldest;
}

/* Libcrypto without memory: as if nothing had been counted. */
static bool name(const struct attempts *a, enum attempts_kind kind,
                 struct bytes who, struct hash *out)
{
    unsigned char byte = (unsigned char)kind;
    return !failed(hash_of(out, hash_bytes(&a->key), bytes_of(&byte, 1), who));
}

uint64_t attempts_wait(struct attempts *a, enum attempts_kind kind,
                       struct bytes who, uint64_t now)
{
    struct hash id;
    uint64_t wait = 0;
    if (!name(a, kind, who, &id))
        return 0;
    (void)pthread_mutex_lock(&a->lock);
    const struct count *c = find(a, &id, false);
    if (c && c->until > now)
        wait = c->until - now;
    (void)pthread_mutex_unlock(&a->lock);
    return wait;
}

void attempts_count(struct attempts *a, enum attempts_kind kind,
                    struct bytes who, uint64_t now)
{
    const struct limit *limit = &limits[kind];
    struct hash id;
    if (!name(a, kind, who, &id))
        return;
    (void)pthread_mutex_lock(&a->lock);
    struct count *c = find(a, &id, true);
    if (c->seen == 0 || now >= c->since + limit->window) {
        c->since = now;
        c->seen = 0;
    }
    if (++c->seen >= limit->most) {
        c->until = now + limit->pause;
        c->seen = 0;
    }
    (void)pthread_mutex_unlock(&a->lock);
}

void attempts_forget(struct attempts *a, enum attempts_kind kind,
                     struct bytes who)
{
    struct hash id;
    if (!name(a, kind, who, &id))
        return;
    (void)pthread_mutex_lock(&a->lock);
    struct count *c = find(a, &id, false);
    if (c)
        *c = (struct count){ .seen = 0 };
    (void)pthread_mutex_unlock(&a->lock);
}
