/* sign.c - signatures made inside the token. */

#include "pkcs11/keys.h"

static struct status sign_with(struct hsm_session *session,
                               CK_OBJECT_HANDLE key,
                               CK_MECHANISM_TYPE mechanism_type,
                               struct bytes message, struct bytes out)
{
    CK_MECHANISM mechanism = { mechanism_type, NULL, 0 };
    CK_ULONG len = out.len;

    TRY(CALL(session, C_SignInit, &mechanism, key));
    TRY(CALL(session, C_Sign, (CK_BYTE_PTR)(uintptr_t)message.at, message.len,
             (CK_BYTE_PTR)(uintptr_t)out.at, &len));
    if (len != out.len)
        return failure(STATUS_UNAVAILABLE, "C_Sign length", (uint32_t)len);
    return OK;
}

STATUS hsm_sign(struct hsm_session *session, CK_OBJECT_HANDLE key,
                const struct hash *digest, unsigned char out[API_SIGNATURE_LEN])
{
    return sign_with(session, key, CKM_ECDSA, hash_bytes(digest),
                     bytes_of(out, API_SIGNATURE_LEN));
}

STATUS hsm_mac(struct hsm_session *session, CK_OBJECT_HANDLE key,
               struct bytes message, unsigned char out[HASH_LEN])
{
    return sign_with(session, key, CKM_SHA256_HMAC, message,
                     bytes_of(out, HASH_LEN));
}

static struct status sign_for_ca(void *context, const struct hash *digest,
                                 unsigned char signature[CA_SIGNATURE_LEN])
{
    struct hsm_signer *signer = context;
    return hsm_sign(signer->session, signer->key, digest, signature);
}

struct ca_signer hsm_ca_signer(struct hsm_signer *signer)
{
    return (struct ca_signer){ sign_for_ca, signer };
}

STATUS hsm_possession(struct hsm_session *session, CK_OBJECT_HANDLE key,
                      const struct api_spki *spki, const char *name,
                      struct reason *why)
{
    struct bytes text = bytes_of_string("accord probe v1");
    struct api_signature signature;
    struct hash digest;

    TRY(hash_of(&digest, text));
    TRY(hsm_sign(session, key, &digest, signature.bytes));
    struct status holds = api_verify(spki, text, &signature);
    if (is_wanting(holds))
        return holds;
    if (failed(holds))
        return refuse(why, STATUS_CORRUPT, "possession",
                      "%s does not sign for the public key it is known by",
                      name);
    return OK;
}
