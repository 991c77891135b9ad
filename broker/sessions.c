#include "broker/sessions.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

/* A token's hash says which set; a set that is full loses its least recently
 * used session. 16,384 in all. */
#define SETS 1024
#define WAYS 16

struct slot {
    bool taken;
    struct session session;
};

struct sessions {
    uint64_t idle, absolute;
    pthread_mutex_t lock;
    struct slot slot[SETS][WAYS];
};

struct status sessions_new(uint64_t idle, uint64_t absolute,
                           struct sessions **out)
{
    struct sessions *made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&made->lock, NULL);
    made->idle = idle;
    made->absolute = absolute;
    *out = made;
    return OK;
}

void sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return;
    (void)pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

uint64_t sessions_absolute_end(const struct sessions *sessions,
                               const struct session *session)
{
    return session->opened + sessions->absolute;
}

uint64_t sessions_idle_end(const struct sessions *sessions,
                           const struct session *session)
{
    uint64_t idle = session->used + sessions->idle;
    uint64_t end = sessions_absolute_end(sessions, session);
    return idle < end ? idle : end;
}

/* --- with the lock held -------------------------------------------------- */

static struct slot *set_of(struct sessions *s, const struct hash *id)
{
    return s->slot[((size_t)id->bytes[0] << 8 | id->bytes[1]) % SETS];
}

static struct slot *find(struct sessions *s, const struct hash *id)
{
    struct slot *set = set_of(s, id);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].taken && hash_equal(&set[i].session.id, id))
            return &set[i];
    return NULL;
}

static bool is_over(const struct sessions *s, const struct slot *slot,
                    uint64_t now)
{
    return now >= sessions_idle_end(s, &slot->session);
}

/* Free, over, or unused for longest. */
static struct slot *room(struct sessions *s, const struct hash *id,
                         uint64_t now)
{
    struct slot *set = set_of(s, id), *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i].taken || is_over(s, &set[i], now))
            return &set[i];
        if (set[i].session.used < oldest->session.used)
            oldest = &set[i];
    }
    return oldest;
}

static void keep_to_the_limit(struct sessions *s, const struct api_id *user,
                              uint64_t now)
{
    struct slot *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < (size_t)SETS * WAYS; i++) {
        struct slot *slot = &s->slot[i / WAYS][i % WAYS];
        if (!slot->taken || !api_id_equal(&slot->session.user, user) ||
            is_over(s, slot, now))
            continue;
        count++;
        if (!oldest || slot->session.used < oldest->session.used)
            oldest = slot;
    }
    if (count >= SESSIONS_PER_USER)
        oldest->taken = false;
}

/* --- doors --------------------------------------------------------------- */

static struct status make_token(struct secret **out, struct hash *id)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                   "pqrstuvwxyz0123456789-_";
    AUTO_FREE(secret) token = NULL;
    unsigned char random[SESSION_TOKEN_CHARS];
    TRY(secret_new(SESSION_TOKEN_CHARS, &token));
    TRY(random_fill(random, sizeof(random)));
    for (size_t i = 0; i < sizeof(random); i++) /* 6 bits of each: 258 */
        secret_fill(token)[i] = (unsigned char)alphabet[random[i] & 63];
    OPENSSL_cleanse(random, sizeof(random));
    TRY(hash_of(id, secret_expose(token)));
    *out = TAKE(token);
    return OK;
}

struct status sessions_open(struct sessions *sessions,
                            const struct api_id *user, uint64_t epoch,
                            enum session_form form, uint64_t now,
                            struct secret **token, struct session *out)
{
    struct session made = {
        .user = *user, .epoch = epoch, .form = form, .opened = now, .used = now
    };
    TRY(make_token(token, &made.id));
    (void)pthread_mutex_lock(&sessions->lock);
    keep_to_the_limit(sessions, user, now);
    *room(sessions, &made.id, now) = (struct slot){ true, made };
    (void)pthread_mutex_unlock(&sessions->lock);
    *out = made;
    return OK;
}

enum session_state sessions_find(struct sessions *sessions, struct bytes token,
                                 uint64_t now, struct session *out)
{
    struct hash id;
    enum session_state state = SESSION_UNKNOWN;
    if (failed(hash_of(&id, token)))
        return SESSION_UNKNOWN;
    (void)pthread_mutex_lock(&sessions->lock);
    struct slot *slot = find(sessions, &id);
    if (slot && is_over(sessions, slot, now)) {
        slot->taken = false;
        state = SESSION_EXPIRED;
    } else if (slot) {
        if (now > slot->session.used)
            slot->session.used = now;
        *out = slot->session;
        state = SESSION_LIVE;
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return state;
}

void sessions_select(struct sessions *sessions, const struct hash *id,
                     const struct api_id *account)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct slot *slot = find(sessions, id);
    if (slot)
        slot->session.account = *account;
    (void)pthread_mutex_unlock(&sessions->lock);
}

void sessions_end(struct sessions *sessions, const struct hash *id)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct slot *slot = find(sessions, id);
    if (slot)
        slot->taken = false;
    (void)pthread_mutex_unlock(&sessions->lock);
}

void sessions_end_all(struct sessions *sessions, const struct api_id *user,
                      const struct hash *keep, uint64_t epoch)
{
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < (size_t)SETS * WAYS; i++) {
        struct slot *slot = &sessions->slot[i / WAYS][i % WAYS];
        if (!slot->taken || !api_id_equal(&slot->session.user, user))
            continue;
        slot->taken = keep && hash_equal(&slot->session.id, keep);
        slot->session.epoch = epoch;
    }
    (void)pthread_mutex_unlock(&sessions->lock);
}
