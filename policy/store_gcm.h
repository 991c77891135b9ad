/* store_gcm.h - AES-256-GCM over whole messages. Private to policy/. */

#ifndef POLICY_STORE_GCM_H
#define POLICY_STORE_GCM_H

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/status.h"

#define GCM_NONCE_LEN 12
#define GCM_TAG_LEN   16

/* One use of a key. AAD = format byte || associated. */
struct gcm {
    const EVP_CIPHER *cipher;
    const unsigned char *key;   /* 32 bytes */
    const unsigned char *nonce; /* GCM_NONCE_LEN bytes */
    unsigned char format;
    struct bytes associated;
};

/* Writes ciphertext and tag, plain.len + GCM_TAG_LEN bytes. STATUS_NO_MEMORY
 * when libcrypto refuses. At most 2^30 bytes. */
STATUS gcm_seal(const struct gcm *gcm, struct bytes plain, unsigned char *out);

/* Opens ciphertext || tag (at least GCM_TAG_LEN bytes) into sealed.len -
 * GCM_TAG_LEN bytes at `out`, which hold rubbish on STATUS_CORRUPT: the
 * caller wipes them. */
STATUS gcm_open(const struct gcm *gcm, struct bytes sealed, unsigned char *out);

#endif
