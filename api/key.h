/* key.h - people's keys: ECDSA P-256 with SHA-256.
 *
 * A public key is its DER SubjectPublicKeyInfo, which for P-256 with an
 * uncompressed point and a named curve is always 91 bytes; other encodings
 * are refused. A signature is r || s, 32 bytes each, big-endian. A message
 * is hashed once with SHA-256; every message this project signs begins with
 * its own label ("accord ... v1"), so none can stand for another. */

#ifndef API_KEY_H
#define API_KEY_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"

#define API_SPKI_LEN      91
#define API_SIGNATURE_LEN 64

struct api_spki {
    unsigned char bytes[API_SPKI_LEN];
};

struct api_signature {
    unsigned char bytes[API_SIGNATURE_LEN];
};

static inline struct bytes api_spki_bytes(const struct api_spki *key)
{
    return bytes_of(key->bytes, sizeof(key->bytes));
}

static inline bool api_spki_equal(const struct api_spki *a,
                                  const struct api_spki *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Checks form and that the point is on the curve; STATUS_INVALID if not. */
STATUS api_spki_read(struct bytes der, struct api_spki *out);
STATUS api_spki_hash(const struct api_spki *key, struct hash *out);

/* OK when the signature holds; STATUS_DENIED when it does not;
 * STATUS_INVALID when the key is not a P-256 key. */
STATUS api_verify(const struct api_spki *key, struct bytes message,
                  const struct api_signature *signature);

/* Whoever can sign: a file's key, a PKCS#11 URI, a test. */
struct api_signer {
    STATUS (*sign)(void *context, struct bytes message,
                   struct api_signature *out);
    void *context;
    struct api_spki key; /* the public half */
};

/* A private key in memory: in the secret heap, which must be open. */
struct api_key;
STATUS api_key_generate(struct api_key **out);
/* PKCS#8 PEM, unencrypted, with the public half, as `openssl genpkey` and
 * api_key_write() write it; anything else is STATUS_INVALID. The caller keeps
 * the file at 0600. */
STATUS api_key_read(const struct secret *pem, struct api_key **out);
STATUS api_key_write(const struct api_key *key, struct secret **pem);
struct api_signer api_key_signer(struct api_key *key); /* borrows `key` */
void api_key_free(struct api_key *key);
DEFINE_AUTO_FREE(api_key);

/* Conversions for OpenSSL users (X9.62 DER ECDSA-Sig-Value, at most 72
 * bytes, strict DER with 0 < r, s). */
STATUS api_signature_to_der(const struct api_signature *signature,
                            struct buffer *out);
STATUS api_signature_from_der(struct bytes der, struct api_signature *out);

#endif
