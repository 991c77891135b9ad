/* dsm_sessions.c - chains of sessions, by the certificate they belong to. */

#include "broker/dsm_sessions.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"

#define CHAINS 4096

struct session {
    struct session *next;
    struct hash certificate;
    struct hash token; /* SHA-256 of it */
    uint64_t opened, used;
};

struct dsm_sessions {
    pthread_mutex_t lock;
    size_t count;
    struct session *chains[CHAINS];
};

struct status dsm_sessions_new(struct dsm_sessions **out)
{
    struct dsm_sessions *made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&made->lock, NULL);
    *out = made;
    return OK;
}

void dsm_sessions_free(struct dsm_sessions *sessions)
{
    if (!sessions)
        return;
    for (size_t i = 0; i < CHAINS; i++)
        while (sessions->chains[i]) {
            struct session *first = sessions->chains[i];
            sessions->chains[i] = first->next;
            free(first);
        }
    (void)pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

static struct session **chain_of(struct dsm_sessions *sessions,
                                 const struct hash *certificate)
{
    size_t at = (size_t)certificate->bytes[0] << 8 | certificate->bytes[1];
    return &sessions->chains[at % CHAINS];
}

static bool is_over(const struct session *s, uint64_t now)
{
    return now >= s->used + DSM_IDLE || now >= s->opened + DSM_LIFE;
}

/* Takes the session out of the chain that *at is a link of. */
static void drop(struct dsm_sessions *sessions, struct session **at)
{
    struct session *gone = *at;
    *at = gone->next;
    free(gone);
    sessions->count--;
}

static void drop_over(struct dsm_sessions *sessions, struct session **at,
                      uint64_t now)
{
    while (*at)
        if (is_over(*at, now))
            drop(sessions, at);
        else
            at = &(*at)->next;
}

/* Room for one more of this certificate. */
static void make_room(struct dsm_sessions *sessions, struct session **chain,
                      const struct hash *certificate)
{
    struct session **oldest = NULL;
    size_t mine = 0;
    for (struct session **at = chain; *at; at = &(*at)->next) {
        if (!hash_equal(&(*at)->certificate, certificate))
            continue;
        mine++;
        if (!oldest || (*at)->used < (*oldest)->used)
            oldest = at;
    }
    if (mine >= DSM_PER_CERTIFICATE)
        drop(sessions, oldest);
}

static struct status add(struct dsm_sessions *sessions,
                         const struct hash *certificate,
                         const struct hash *token, uint64_t now)
{
    struct session **chain = chain_of(sessions, certificate);
    if (sessions->count >= DSM_SESSIONS_MAX)
        for (size_t i = 0; i < CHAINS; i++)
            drop_over(sessions, &sessions->chains[i], now);
    drop_over(sessions, chain, now);
    make_room(sessions, chain, certificate);
    if (sessions->count >= DSM_SESSIONS_MAX)
        return failure(STATUS_BUSY, "dsm sessions", 0);
    struct session *made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    *made = (struct session){ *chain, *certificate, *token, now, now };
    *chain = made;
    sessions->count++;
    return OK;
}

struct status dsm_sessions_open(struct dsm_sessions *sessions,
                                const struct hash *certificate, uint64_t now,
                                char token[DSM_TOKEN_CHARS + 1])
{
    unsigned char raw[DSM_TOKEN_CHARS / 2];
    struct hash digest;
    TRY(random_fill(raw, sizeof(raw)));
    hex_encode(bytes_of(raw, sizeof(raw)), token);
    OPENSSL_cleanse(raw, sizeof(raw));
    TRY(hash_of(&digest, bytes_of(token, DSM_TOKEN_CHARS)));
    (void)pthread_mutex_lock(&sessions->lock);
    struct status s = add(sessions, certificate, &digest, now);
    (void)pthread_mutex_unlock(&sessions->lock);
    return s;
}

/* Under the lock: the link that holds it; NULL when there is none. */
static struct session **find(struct dsm_sessions *sessions,
                             const struct hash *certificate, struct bytes token)
{
    struct hash digest;
    if (failed(hash_of(&digest, token)))
        return NULL;
    for (struct session **at = chain_of(sessions, certificate); *at;
         at = &(*at)->next)
        if (hash_equal(&(*at)->certificate, certificate) &&
            hash_equal(&(*at)->token, &digest))
            return at;
    return NULL;
}

bool dsm_sessions_use(struct dsm_sessions *sessions,
                      const struct hash *certificate, struct bytes token,
                      uint64_t now)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct session **found = find(sessions, certificate, token);
    bool live = found && !is_over(*found, now);
    if (live)
        (*found)->used = now;
    else if (found)
        drop(sessions, found);
    (void)pthread_mutex_unlock(&sessions->lock);
    return live;
}

void dsm_sessions_end(struct dsm_sessions *sessions,
                      const struct hash *certificate, struct bytes token)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct session **found = find(sessions, certificate, token);
    if (found)
        drop(sessions, found);
    (void)pthread_mutex_unlock(&sessions->lock);
}
