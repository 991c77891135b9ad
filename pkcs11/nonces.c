#include "pkcs11/nonces.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/secret.h"

#define MARKED_LEN 16 /* time and random: what the rest authenticates */

struct hsm_nonces {
    struct secret *key;
};

STATUS hsm_nonces_new(struct hsm_nonces **out)
{
    AUTO_FREE(hsm_nonces) nonces = calloc(1, sizeof(*nonces));

    if (!nonces)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(secret_new(HASH_LEN, &nonces->key));
    TRY(random_fill(secret_fill(nonces->key), HASH_LEN));
    *out = TAKE(nonces);
    return OK;
}

void hsm_nonces_free(struct hsm_nonces *nonces)
{
    if (!nonces)
        return;
    secret_free(nonces->key);
    free(nonces);
}

/* Writes the last 16 bytes for the first 16. */
static struct status mark(const struct hsm_nonces *nonces,
                          unsigned char nonce[HASH_LEN])
{
    struct bytes key = secret_expose(nonces->key);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!HMAC(EVP_sha256(), key.at, (int)key.len, nonce, MARKED_LEN, mac, &len))
        return failure(STATUS_NO_MEMORY, "HMAC", 0);
    memcpy(nonce + MARKED_LEN, mac, HASH_LEN - MARKED_LEN);
    return OK;
}

STATUS hsm_nonce_make(const struct hsm_nonces *nonces, uint64_t monotonic,
                      struct hash *out)
{
    struct hash nonce;

    for (size_t i = 0; i < 8; i++)
        nonce.bytes[i] = (unsigned char)(monotonic >> (56 - 8 * i));
    TRY(random_fill(nonce.bytes + 8, MARKED_LEN - 8));
    TRY(mark(nonces, nonce.bytes));
    *out = nonce;
    return OK;
}

STATUS hsm_nonce_check(const struct hsm_nonces *nonces, uint64_t monotonic,
                       const struct hash *nonce, struct reason *why)
{
    struct hash again = *nonce;
    struct cursor in = cursor_of(hash_bytes(nonce));
    uint64_t made = cursor_u64(&in);

    TRY(mark(nonces, again.bytes));
    if (CRYPTO_memcmp(again.bytes, nonce->bytes, HASH_LEN) != 0)
        return refuse(why, STATUS_DENIED, "nonce",
                      "nonce: not one that was made here since the last start: "
                      "ask for another");
    if (made > monotonic || monotonic - made > HSM_NONCE_LIFE)
        return refuse(why, STATUS_DENIED, "nonce",
                      "nonce: more than two minutes old: ask for another");
    return OK;
}
