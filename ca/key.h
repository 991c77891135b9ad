/* key.h - the keys certificates speak of: P-256, P-384, and RSA of 2048 to
 * 4096 bits with e = 65537; nothing else is read or written.
 *
 * A public key is its DER SubjectPublicKeyInfo in the one form accepted:
 * named curve and uncompressed point on it, or rsaEncryption with NULL. */

#ifndef CA_KEY_H
#define CA_KEY_H

#include <openssl/types.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"

#define CA_SPKI_MAX      550 /* RSA-4096 */
#define CA_SIGNATURE_LEN 64

enum ca_key_type {
    CA_P256 = 1,
    CA_P384 = 2,
    CA_RSA = 3,
};

struct ca_public_key {
    enum ca_key_type type;
    unsigned bits; /* 256, 384, or the length of the RSA modulus */
    size_t len;
    unsigned char der[CA_SPKI_MAX];
    struct hash hash; /* SHA-256 of the whole SubjectPublicKeyInfo */
};

static inline struct bytes ca_spki(const struct ca_public_key *key)
{
    return bytes_of(key->der, key->len);
}

/* The modulus of an RSA key, big-endian without a zero in front; borrowed
 * from `key`, which ca_public_key_read() made. Empty for other keys. */
struct bytes ca_rsa_modulus(const struct ca_public_key *key);

/* STATUS_INVALID with a reason for any other type, size or encoding. */
STATUS ca_public_key_read(struct bytes spki_der, struct ca_public_key *out,
                          struct reason *why);

/* Whoever holds the authority's key: the HSM's worker, or a key in memory.
 * `sign` answers ECDSA P-256 over the SHA-256 `digest` as r || s, 32 bytes
 * each, big-endian. */
struct ca_signer {
    STATUS (*sign)(void *context, const struct hash *digest,
                   unsigned char signature[CA_SIGNATURE_LEN]);
    void *context;
};

/* A private key in memory: of a TLS server, an enclave, a node, a test. Its
 * secret numbers live in the secret heap; RSA needs 64 KiB of it. */
struct ca_key;

enum ca_key_kind {
    CA_KEY_P256 = 1,
    CA_KEY_P384 = 2,
    CA_KEY_RSA_3072 = 3,
    CA_KEY_RSA_4096 = 4, /* takes seconds to generate */
};

STATUS ca_key_generate(enum ca_key_kind kind, struct ca_key **out);

/* PKCS#8 PEM without password, one block. Reading accepts the types above
 * only; STATUS_INVALID otherwise. */
STATUS ca_key_read(const struct secret *pem, struct ca_key **out);
STATUS ca_key_write(const struct ca_key *key, struct secret **pem);

/* The public half. */
const struct ca_public_key *ca_key_public(const struct ca_key *key);

/* Borrowed, for a TLS context; lives as long as `key`. */
EVP_PKEY *ca_key_pkey(const struct ca_key *key);

/* A signer that borrows `key`. Signing with a key that is not P-256 answers
 * STATUS_INVALID. */
struct ca_signer ca_key_signer(struct ca_key *key);

void ca_key_free(struct ca_key *key); /* wipes; NULL is fine */
DEFINE_AUTO_FREE(ca_key);

#endif
