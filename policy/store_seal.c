#include "policy/store_seal.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "policy/store_gcm.h"
#include "policy/store_mac.h"

/* Slots 0.. hold the key whose number is that slot modulo SEAL_SLOTS; the
 * last one holds the current key. 63 keys and the length fill 2 KiB. */
#define SEAL_SLOTS 62

struct seal {
    EVP_CIPHER *cipher;
    struct secret *store_key;
    struct secret *state_key;
    pthread_rwlock_t lock; /* over all below but the last */
    struct secret *keys;
    uint32_t numbers[SEAL_SLOTS + 1]; /* 0: empty */
    uint32_t newest;                  /* number seen */
    uint64_t counter;                 /* of the current key: next to use */
    uint64_t records_max;
};

static struct status derive_state_key(struct seal *seal)
{
    struct hash derived;
    struct bytes label = bytes_of_string("accord state v1");
    TRY(secret_new(SEAL_KEY_LEN, &seal->state_key));
    TRY(mac_parts(secret_expose(seal->store_key), &label, 1, &derived));
    memcpy(secret_fill(seal->state_key), derived.bytes, SEAL_KEY_LEN);
    OPENSSL_cleanse(&derived, sizeof(derived));
    return OK;
}

struct status seal_mac(const struct seal *seal, const struct bytes *parts,
                       size_t count, struct hash *out)
{
    return mac_parts(secret_expose(seal->state_key), parts, count, out);
}

struct status seal_mac_for(const struct seal *seal, const char *label,
                           const struct bytes *parts, size_t count,
                           struct hash *out)
{
    struct hash key;
    struct bytes name = bytes_of_string(label);
    TRY(mac_parts(secret_expose(seal->store_key), &name, 1, &key));
    struct status s = mac_parts(hash_bytes(&key), parts, count, out);
    OPENSSL_cleanse(&key, sizeof(key));
    return s;
}

struct status seal_new(const struct secret *store_key, uint64_t records_max,
                       struct seal **out)
{
    struct bytes given = secret_expose(store_key);
    if (given.len != SEAL_KEY_LEN)
        return failure(STATUS_INVALID, "store key", (uint32_t)given.len);

    AUTO_FREE(seal) seal = calloc(1, sizeof(*seal));
    if (!seal || pthread_rwlock_init(&seal->lock, NULL) != 0) {
        free(TAKE(seal));
        return failure(STATUS_NO_MEMORY, "seal_new", 0);
    }
    seal->records_max = records_max;
    seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (!seal->cipher)
        return failure(STATUS_NO_MEMORY, "EVP_CIPHER_fetch", 0);
    TRY(secret_new(SEAL_KEY_LEN, &seal->store_key));
    TRY(secret_new((size_t)(SEAL_SLOTS + 1) * SEAL_KEY_LEN, &seal->keys));
    memcpy(secret_fill(seal->store_key), given.at, SEAL_KEY_LEN);
    TRY(derive_state_key(seal));
    *out = TAKE(seal);
    return OK;
}

void seal_free(struct seal *seal)
{
    if (!seal)
        return;
    secret_free(seal->keys);
    secret_free(seal->state_key);
    secret_free(seal->store_key);
    EVP_CIPHER_free(seal->cipher);
    (void)pthread_rwlock_destroy(&seal->lock);
    free(seal);
}

static unsigned char *slot_key(const struct seal *seal, size_t slot)
{
    return secret_fill(seal->keys) + slot * SEAL_KEY_LEN;
}

uint32_t seal_number(const struct seal *seal)
{
    return seal->numbers[SEAL_SLOTS];
}

bool seal_exhausted(const struct seal *seal)
{
    return seal_number(seal) == 0 || seal->counter >= seal->records_max;
}

/* Under the lock, for writing. */
static void keep(struct seal *seal, uint32_t number, const unsigned char *key)
{
    size_t slot = number % SEAL_SLOTS;
    memcpy(slot_key(seal, slot), key, SEAL_KEY_LEN);
    seal->numbers[slot] = number;
    if (seal->newest < number)
        seal->newest = number;
}

/* Under the lock, for writing. The old one is fetched when it is wanted. */
static void replace(struct seal *seal, const unsigned char *fresh)
{
    memcpy(slot_key(seal, SEAL_SLOTS), fresh, SEAL_KEY_LEN);
    seal->newest++;
    seal->numbers[SEAL_SLOTS] = seal->newest;
    seal->counter = 0;
}

struct status seal_renew(struct seal *seal)
{
    AUTO_FREE(secret) fresh = NULL;
    TRY(secret_new(SEAL_KEY_LEN, &fresh));
    TRY(random_fill(secret_fill(fresh), SEAL_KEY_LEN));

    (void)pthread_rwlock_wrlock(&seal->lock);
    bool numbers_left = seal->newest < UINT32_MAX;
    if (numbers_left)
        replace(seal, secret_expose(fresh).at);
    (void)pthread_rwlock_unlock(&seal->lock);
    return numbers_left ? OK : failure(STATUS_INVALID, "data key numbers", 0);
}

struct status seal_data_key(const struct seal *seal, struct bytes key,
                            struct buffer *out)
{
    unsigned char nonce[GCM_NONCE_LEN];
    TRY(random_fill(nonce, sizeof(nonce)));
    struct gcm gcm = { seal->cipher, secret_expose(seal->store_key).at, nonce,
                       SEAL_FORMAT, key };
    unsigned char *at = buffer_extend(out, SEAL_DATA_KEY_LEN);
    if (!at)
        return buffer_status(out);
    at[0] = SEAL_FORMAT;
    memcpy(at + 1, nonce, sizeof(nonce));
    return gcm_seal(&gcm, bytes_of(slot_key(seal, SEAL_SLOTS), SEAL_KEY_LEN),
                    at + 1 + GCM_NONCE_LEN);
}

struct status seal_learn(struct seal *seal, uint32_t number, struct bytes key,
                         struct bytes sealed)
{
    AUTO_FREE(secret) plain = NULL;
    struct cursor in = cursor_of(sealed);
    uint8_t format = cursor_u8(&in);
    struct bytes nonce = cursor_take(&in, GCM_NONCE_LEN);
    struct bytes body = cursor_take(&in, SEAL_KEY_LEN + SEAL_TAG_LEN);
    if (failed(cursor_finish(&in, "data key")) || format != SEAL_FORMAT ||
        number == 0)
        return failure(STATUS_CORRUPT, "data key", number);

    TRY(secret_new(SEAL_KEY_LEN, &plain));
    struct gcm gcm = { seal->cipher, secret_expose(seal->store_key).at,
                       nonce.at, SEAL_FORMAT, key };
    TRY(gcm_open(&gcm, body, secret_fill(plain)));

    (void)pthread_rwlock_wrlock(&seal->lock);
    keep(seal, number, secret_expose(plain).at);
    (void)pthread_rwlock_unlock(&seal->lock);
    return OK;
}

struct status seal_record(struct seal *seal, struct bytes key,
                          struct bytes contents, struct buffer *out)
{
    if (contents.len > SEAL_CONTENTS_MAX || seal_exhausted(seal))
        return failure(STATUS_INVALID, "seal_record", 0);
    unsigned char *at = buffer_extend(out, contents.len + SEAL_OVERHEAD);
    if (!at)
        return buffer_status(out);

    uint64_t counter = seal->counter++; /* spent even when this fails */
    uint32_t number = seal_number(seal);
    at[0] = SEAL_FORMAT;
    for (size_t i = 0; i < 4; i++)
        at[1 + i] = (unsigned char)(number >> (24 - 8 * i));
    for (size_t i = 0; i < 8; i++)
        at[5 + i] = (unsigned char)(counter >> (56 - 8 * i));
    struct gcm gcm = { seal->cipher, slot_key(seal, SEAL_SLOTS), at + 1,
                       SEAL_FORMAT, key };
    return gcm_seal(&gcm, contents, at + SEAL_HEAD_LEN);
}

struct opening {
    struct seal *seal;
    struct bytes key;
    seal_fetch_fn fetch;
    void *context;
};

/* STATUS_NOT_FOUND when the data key is not in memory. */
static struct status open_with(struct opening *o, uint32_t number,
                               struct bytes nonce, struct bytes body,
                               unsigned char *out)
{
    struct seal *seal = o->seal;
    struct status s = failure(STATUS_NOT_FOUND, "data key", number);
    size_t slot = number % SEAL_SLOTS;
    (void)pthread_rwlock_rdlock(&seal->lock);
    if (seal->numbers[SEAL_SLOTS] == number)
        slot = SEAL_SLOTS;
    if (seal->numbers[slot] == number) {
        struct gcm gcm = { seal->cipher, slot_key(seal, slot), nonce.at,
                           SEAL_FORMAT, o->key };
        s = gcm_open(&gcm, body, out);
    }
    (void)pthread_rwlock_unlock(&seal->lock);
    return s;
}

/* Another thread may push the fetched key out again before it was used. */
static struct status open_fetching(struct opening *o, struct bytes nonce,
                                   struct bytes body, unsigned char *out)
{
    struct cursor head = cursor_of(nonce);
    uint32_t number = cursor_u32(&head);
    if (number == 0) /* an empty slot's */
        return failure(STATUS_CORRUPT, "data key", 0);
    for (;;) {
        struct status s = open_with(o, number, nonce, body, out);
        if (s.code != STATUS_NOT_FOUND)
            return s;
        s = o->fetch(o->context, number);
        if (s.code == STATUS_NOT_FOUND)
            return failure(STATUS_CORRUPT, "data key is gone", number);
        TRY(s);
    }
}

struct status seal_open(struct seal *seal, struct bytes key,
                        struct bytes sealed, seal_fetch_fn fetch, void *context,
                        struct buffer *out)
{
    struct opening o = { seal, key, fetch, context };
    struct cursor in = cursor_of(sealed);
    uint8_t format = cursor_u8(&in);
    struct bytes nonce = cursor_take(&in, GCM_NONCE_LEN);
    struct bytes body = cursor_take(&in, in.left);
    if (format != SEAL_FORMAT || body.len < SEAL_TAG_LEN ||
        body.len > SEAL_CONTENTS_MAX + SEAL_TAG_LEN)
        return failure(STATUS_CORRUPT, "record", 0);

    size_t before = out->len, len = body.len - SEAL_TAG_LEN;
    unsigned char none;
    unsigned char *at = len ? buffer_extend(out, len) : &none;
    if (!at)
        return buffer_status(out);
    struct status s = open_fetching(&o, nonce, body, at);
    if (failed(s)) {
        OPENSSL_cleanse(at, len);
        out->len = before;
    }
    return s;
}
