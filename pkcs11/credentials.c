/* credentials.c - open addressing with linear probing; keys are SHA-256
 * values, so their first bytes serve as the hash. At most half full. */

#include "pkcs11/credentials.h"

#include <pthread.h>
#include <stdlib.h>

#include "pkcs11/plain.h"
#include "pkcs11/rsa.h"

#define BATCH 256

struct entry {
    bool used;
    bool doubled;
    struct hash ctx;
    CK_OBJECT_HANDLE handle;
};

struct hsm_credentials {
    pthread_mutex_t lock;
    size_t count;
    size_t capacity; /* a power of two */
    struct entry *entries;
};

static size_t home_of(const struct hsm_credentials *c, const struct hash *ctx)
{
    uint64_t first;
    memcpy(&first, ctx->bytes, sizeof(first));
    return (size_t)first & (c->capacity - 1);
}

/* The entry of `ctx`, or the free one where it would stand. */
static struct entry *seek(const struct hsm_credentials *c,
                          const struct hash *ctx)
{
    size_t i = home_of(c, ctx);
    while (c->entries[i].used && !hash_equal(&c->entries[i].ctx, ctx))
        i = (i + 1) & (c->capacity - 1);
    return &c->entries[i];
}

static struct status grow(struct hsm_credentials *c)
{
    struct hsm_credentials wider = *c;

    wider.capacity = c->capacity ? c->capacity * 2 : 1024;
    wider.entries = calloc(wider.capacity, sizeof(*wider.entries));
    if (!wider.entries)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < c->capacity; i++)
        if (c->entries[i].used)
            *seek(&wider, &c->entries[i].ctx) = c->entries[i];
    free(c->entries);
    c->entries = wider.entries;
    c->capacity = wider.capacity;
    return OK;
}

/* Under the lock. */
static struct status insert(struct hsm_credentials *c, const struct hash *ctx,
                            CK_OBJECT_HANDLE handle)
{
    if (c->count * 2 >= c->capacity)
        TRY(grow(c));
    struct entry *entry = seek(c, ctx);
    if (entry->used) {
        entry->doubled = true;
        return OK;
    }
    *entry = (struct entry){ .used = true, .ctx = *ctx, .handle = handle };
    c->count++;
    return OK;
}

STATUS hsm_credentials_add(struct hsm_credentials *credentials,
                           const struct hash *ctx, CK_OBJECT_HANDLE handle)
{
    pthread_mutex_lock(&credentials->lock);
    struct status s = insert(credentials, ctx, handle);
    pthread_mutex_unlock(&credentials->lock);
    return s;
}

void hsm_credentials_remove(struct hsm_credentials *credentials,
                            const struct hash *ctx)
{
    struct hsm_credentials *c = credentials;

    pthread_mutex_lock(&c->lock);
    struct entry *entry = seek(c, ctx);
    if (entry->used) {
        entry->used = false;
        c->count--;
        /* Put the rest of the run where seeking would find it. */
        size_t i = ((size_t)(entry - c->entries) + 1) & (c->capacity - 1);
        while (c->entries[i].used) {
            struct entry moved = c->entries[i];
            c->entries[i].used = false;
            *seek(c, &moved.ctx) = moved;
            i = (i + 1) & (c->capacity - 1);
        }
    }
    pthread_mutex_unlock(&c->lock);
}

STATUS hsm_credentials_find(struct hsm_credentials *credentials,
                            const struct hash *ctx, CK_OBJECT_HANDLE *out,
                            struct reason *why)
{
    pthread_mutex_lock(&credentials->lock);
    struct entry entry = *seek(credentials, ctx);
    pthread_mutex_unlock(&credentials->lock);

    if (!entry.used)
        return refuse(why, STATUS_NOT_FOUND, "credential",
                      "the token has no key for this credential");
    if (entry.doubled)
        return refuse(why, STATUS_CORRUPT, "credential",
                      "the token has two keys for this credential");
    *out = entry.handle;
    return OK;
}

size_t hsm_credentials_count(struct hsm_credentials *credentials)
{
    pthread_mutex_lock(&credentials->lock);
    size_t count = credentials->count;
    pthread_mutex_unlock(&credentials->lock);
    return count;
}

static struct status take_in(struct hsm_session *session,
                             struct hsm_credentials *c, CK_OBJECT_HANDLE object,
                             struct reason *why)
{
    struct hash ctx;
    size_t len = 0;

    TRY(hsm_object_read(session, object, CKA_ID, ctx.bytes, sizeof(ctx.bytes),
                        &len));
    if (len != sizeof(ctx.bytes))
        return refuse(why, STATUS_CORRUPT, "credential",
                      "a credential's key has a CKA_ID of %zu bytes", len);
    return insert(c, &ctx, object);
}

static struct status enumerate(struct hsm_session *session, size_t *count,
                               CK_OBJECT_HANDLE **out)
{
    CK_OBJECT_HANDLE *all = NULL;
    CK_ULONG found = 0;
    struct status s = OK;

    *count = 0;
    do {
        CK_OBJECT_HANDLE *wider = realloc(all, (*count + BATCH) * sizeof(*all));
        if (!wider) {
            free(all);
            return failure(STATUS_NO_MEMORY, "realloc", 0);
        }
        all = wider;
        s = CALL(session, C_FindObjects, all + *count, BATCH, &found);
        *count += failed(s) ? 0 : found;
    } while (!failed(s) && found > 0);
    *out = all;
    return s;
}

static struct status fill(struct hsm_session *session,
                          struct hsm_credentials *c, struct hsm_template *t,
                          struct reason *why)
{
    CK_OBJECT_HANDLE *all = NULL;
    size_t count = 0;

    TRY(CALL(session, C_FindObjectsInit, t->rows, t->count));
    struct status s = enumerate(session, &count, &all);
    (void)session->calls->C_FindObjectsFinal(session->handle);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = take_in(session, c, all[i], why);
    free(all);
    return s;
}

/* The keys of both classes: a ctx says which class it is of. */
static struct status fill_all(struct hsm_session *session,
                              struct hsm_credentials *c, struct reason *why)
{
    struct hsm_template sealed = { .count = 0 }, plain = { .count = 0 };

    hsm_credential_template(&sealed, NULL);
    hsm_plain_template(&plain, NULL);
    TRY(fill(session, c, &sealed, why));
    return fill(session, c, &plain, why);
}

STATUS hsm_credentials_open(struct hsm_session *session,
                            struct hsm_credentials **out, struct reason *why)
{
    AUTO_FREE(hsm_credentials) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    pthread_mutex_init(&made->lock, NULL);
    TRY(grow(made));
    TRY(fill_all(session, made, why));
    *out = TAKE(made);
    return OK;
}

void hsm_credentials_free(struct hsm_credentials *credentials)
{
    if (!credentials)
        return;
    pthread_mutex_destroy(&credentials->lock);
    free(credentials->entries);
    free(credentials);
}
