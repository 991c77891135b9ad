/* seal.h - how a credential travels: sealed by its owner to the HSM, and from
 * the HSM to one enclave, never in clear in between.
 *
 * ctx   = SHA-256("accord secret v1" || account 16 || dataset 16 ||
 *                 version id 16 || owner hash 32 || class flags 1)
 * K     = 32 random bytes, new for every upload
 * K'    = AES-256-ECB_K(ctx)                                  (two blocks)
 * blob  = AES-256-GCM_K'(credential/v1, nonce 12 zero bytes, AAD = ctx)
 *         = ciphertext || tag 16; K' seals exactly one blob
 * proof = HMAC-SHA-256(AES-256-ECB_K(SHA-256("accord intake proof v1" ||
 *                      ctx)), ctx || SHA-256(blob))
 * sent  = RSA-OAEP(intake key, K), blob, proof; OAEP with SHA-1 and MGF1-SHA-1
 *         and no label, the one form SoftHSM 2.6.1 has: named
 *         "RSA-OAEP-SHA1" in what is stored and sent.
 *
 * class flags: bit 0 = CCM class (owner hash zero, else never zero), the
 * others zero; STATUS_INVALID from api_context_hash() otherwise. The CCM class
 * has no credential/v1.
 *
 * credential/v1 =
 *     "accord credential v1" 20 || account 16 || dataset 16 || random 16 ||
 *     version id 16 || class flags 1 || owner (api_owner_encode) ||
 *     location length 2 || location || credential length 4 || credential ||
 *     signature 64 by the owner's current key over all before it
 * The credential bytes are the product's own ({"query_string", "encryption"}).
 * A credential/v1 is at most 64 KiB. */

#ifndef API_SEAL_H
#define API_SEAL_H

#include "api/id.h"
#include "api/owner.h"
#include "base/secret.h"

#define API_CREDENTIAL_MAX (64 * 1024)
#define API_LOCATION_MAX   2048
#define API_KEY_LEN        32
#define API_SEAL_TAG_LEN   16
#define API_CLASS_CCM      0x01

struct api_context {
    struct api_id account;
    struct api_id dataset;
    struct api_id version;
    struct hash owner;
    uint8_t flags;
};

STATUS api_context_hash(const struct api_context *context, struct hash *out);

struct api_credential {
    struct api_id account;
    struct api_id dataset;
    unsigned char random[16]; /* what the dataset's id was derived with */
    struct api_id version;
    uint8_t flags;
    struct api_owner owner;
    char location[API_LOCATION_MAX + 1];
    struct secret *content; /* the product's credential bytes; owned */
};

void api_credential_clear(struct api_credential *credential);

/* Encodes and signs. STATUS_INVALID with a reason when a member does not
 * fit or the id does not follow from account, owner and random. */
STATUS api_credential_encode(const struct api_credential *credential,
                             const struct api_signer *owner,
                             struct secret **out, struct reason *why);

/* Decodes and checks everything the bytes can prove by themselves: form,
 * owner chain, signature by the current key, dataset id derived from account,
 * owner and random. STATUS_DENIED with a reason when one does not hold. The
 * caller compares dataset and account with what it asked for. */
STATUS api_credential_decode(struct bytes encoded, struct api_credential *out,
                             struct reason *why);

/* K' from K, and the proof key from K: one AES-256-ECB over 32 bytes. */
STATUS api_seal_derive(const struct secret *k, const struct hash *input,
                       struct secret **out);

/* The owner's side, whole: makes K, wraps it to the intake key (RSA public
 * key out of the intake certificate, DER), seals, proves. */
struct api_sealed {
    struct buffer wrapped; /* RSA-OAEP(K), as long as the modulus */
    struct buffer blob;
    struct hash proof;
};

void api_sealed_clear(struct api_sealed *sealed);
STATUS api_seal(const struct api_context *context,
                struct bytes intake_certificate_der,
                const struct secret *credential_v1, struct api_sealed *out,
                struct reason *why);

/* proof for a blob hash under a proof key; the HSM computes the same. */
STATUS api_seal_proof(const struct secret *proof_key, const struct hash *ctx,
                      const struct hash *blob, struct hash *out);

/* Opens a blob with K'. STATUS_CORRUPT when the tag does not hold. */
STATUS api_open(const struct secret *k_prime, const struct hash *ctx,
                struct bytes blob, struct secret **credential_v1);

#endif
