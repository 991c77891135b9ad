#include "pkcs11/proven.h"

#include <pthread.h>
#include <stdlib.h>

#include "ca/ca.h"

/* A power of two; a statement that was pushed out is verified again. */
#define PLACES 8192

struct hsm_proven {
    pthread_mutex_t lock;
    struct hash places[PLACES]; /* all zero: empty */
};

STATUS hsm_proven_new(struct hsm_proven **out)
{
    struct hsm_proven *proven = calloc(1, sizeof(*proven));
    if (!proven)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    pthread_mutex_init(&proven->lock, NULL);
    *out = proven;
    return OK;
}

void hsm_proven_free(struct hsm_proven *proven)
{
    if (!proven)
        return;
    pthread_mutex_destroy(&proven->lock);
    free(proven);
}

static struct hash *place_of(struct hsm_proven *proven,
                             const struct hash *statement)
{
    size_t at = (size_t)statement->bytes[0] << 8 | statement->bytes[1];
    return &proven->places[at % PLACES];
}

static bool holds(struct hsm_proven *proven, const struct hash *statement)
{
    pthread_mutex_lock(&proven->lock);
    bool found = hash_equal(place_of(proven, statement), statement);
    pthread_mutex_unlock(&proven->lock);
    return found;
}

static void note(struct hsm_proven *proven, const struct hash *statement)
{
    pthread_mutex_lock(&proven->lock);
    *place_of(proven, statement) = *statement;
    pthread_mutex_unlock(&proven->lock);
}

STATUS hsm_proven_verify(struct hsm_proven *proven, const struct api_spki *key,
                         struct bytes message,
                         const struct api_signature *signature)
{
    struct hash statement;
    TRY(hash_of(&statement, bytes_of_string("signature"), api_spki_bytes(key),
                bytes_of(signature->bytes, sizeof(signature->bytes)), message));
    if (holds(proven, &statement))
        return OK;
    TRY(api_verify(key, message, signature));
    note(proven, &statement);
    return OK;
}

STATUS hsm_proven_certificate(struct hsm_proven *proven,
                              const struct api_spki *key,
                              struct bytes certificate, struct reason *why)
{
    struct hash statement;
    TRY(hash_of(&statement, bytes_of_string("certificate"), api_spki_bytes(key),
                certificate));
    if (holds(proven, &statement))
        return OK;
    TRY(ca_signature_verify(certificate, api_spki_bytes(key), why));
    note(proven, &statement);
    return OK;
}
