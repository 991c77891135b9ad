/* keys.h - the five named keys that the ceremony makes, what each may do,
 * and the operations they do. Their attributes stand in one table (keys.c),
 * which makes them, reads them back, and is checked at every start. */

#ifndef PKCS11_KEYS_H
#define PKCS11_KEYS_H

#include "api/api.h"
#include "ca/ca.h"
#include "pkcs11/template.h"

enum hsm_key {
    HSM_CA,     /* accord-ca: EC P-256, signs certificates and CRLs      */
    HSM_LOG,    /* accord-log: EC P-256, signs tree heads                */
    HSM_INTAKE, /* accord-intake: RSA-3072, unwraps sealed credentials   */
    HSM_STORE,  /* accord-store: HMAC key behind the store's data keys   */
    HSM_ROOT,   /* accord-root: AES-256, derives wrapping keys           */
};
#define HSM_KEYS 5

struct hsm_keys {
    CK_OBJECT_HANDLE handle[HSM_KEYS];
};

const char *hsm_key_label(enum hsm_key key);

/* Makes one key (and its public half) on the token, every attribute
 * explicit. *public_half is CK_INVALID_HANDLE for secret keys. */
STATUS hsm_key_generate(struct hsm_session *session, enum hsm_key key,
                        CK_OBJECT_HANDLE *secret_half,
                        CK_OBJECT_HANDLE *public_half);

/* Finds all five: exactly one object of each label and class. Reads every
 * attribute back. STATUS_NOT_FOUND, STATUS_CONFLICT or STATUS_CORRUPT with a
 * reason that names key and attribute. */
STATUS hsm_keys_find(struct hsm_session *session, struct hsm_keys *out,
                     struct reason *why);

/* How many objects bear one of the five labels, of whatever class. */
STATUS hsm_keys_count(struct hsm_session *session, size_t *out);

/* The SubjectPublicKeyInfo of the public object beside a key pair. Public
 * objects are not protected by the PIN: believe it only after a test of
 * possession. */
STATUS hsm_key_spki(struct hsm_session *session, enum hsm_key key,
                    struct ca_public_key *out, struct reason *why);

/* ECDSA P-256 over a digest, as r || s. */
STATUS hsm_sign(struct hsm_session *session, CK_OBJECT_HANDLE key,
                const struct hash *digest,
                unsigned char out[API_SIGNATURE_LEN]);

/* HMAC-SHA-256 inside the token. */
STATUS hsm_mac(struct hsm_session *session, CK_OBJECT_HANDLE key,
               struct bytes message, unsigned char out[HASH_LEN]);

/* A signer for ca.h that borrows `session`. */
struct hsm_signer {
    struct hsm_session *session;
    CK_OBJECT_HANDLE key;
};
struct ca_signer hsm_ca_signer(struct hsm_signer *signer);

/* Signs a fixed text and verifies it under `spki` outside the token: does
 * the token hold the key that everyone was told of? STATUS_CORRUPT if not. */
STATUS hsm_possession(struct hsm_session *session, CK_OBJECT_HANDLE key,
                      const struct api_spki *spki, const char *name,
                      struct reason *why);

#endif
