#include "pkcs11/selftest.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "pkcs11/plain.h"
#include "pkcs11/rsa.h"
#include "pkcs11/wrapped.h"

static const char probe_text[] = "accord self-test, not a credential";

struct sample {
    struct api_context context;
    struct hash ctx;
    struct api_sealed sealed;
    struct pkcs11_intake intake;
};

/* A credential that nobody owns, sealed as an owner would. */
static struct status make_sample(struct bytes certificate, struct sample *out,
                                 struct reason *why)
{
    AUTO_FREE(secret) text = NULL;

    TRY(api_id_random(&out->context.account));
    TRY(api_id_random(&out->context.dataset));
    TRY(api_id_random(&out->context.version));
    TRY(random_fill(out->context.owner.bytes, HASH_LEN));
    TRY(api_context_hash(&out->context, &out->ctx));
    TRY(secret_new(sizeof(probe_text), &text));
    memcpy(secret_fill(text), probe_text, sizeof(probe_text));
    TRY(api_seal(&out->context, certificate, text, &out->sealed, why));
    out->intake = (struct pkcs11_intake){
        .context = out->context,
        .wrapped = buffer_bytes(&out->sealed.wrapped),
        .proof = out->sealed.proof,
    };
    struct status s =
        hash_of(&out->intake.blob, buffer_bytes(&out->sealed.blob));
    if (failed(s))
        api_sealed_clear(&out->sealed);
    return s;
}

/* A call that failed may go well another time; a wrong result is no accident.
 */
static struct status named(struct status s, const char *what,
                           struct reason *why)
{
    if (!failed(s))
        return OK;
    bool answered = s.origin && strncmp(s.origin, "C_", 2) == 0 && s.detail;
    return refuse(why, answered ? STATUS_UNAVAILABLE : STATUS_CORRUPT, s.origin,
                  "the token does not %s (%s, 0x%x)", what,
                  s.origin ? s.origin : "self-test", (unsigned)s.detail);
}

static struct status open_sample(struct hsm_session *session,
                                 CK_OBJECT_HANDLE intake,
                                 const struct sample *sample,
                                 CK_OBJECT_HANDLE *out, struct reason *why)
{
    return named(
        hsm_intake_try(session, intake, &sample->intake, &sample->ctx, out),
        "open what is sealed to its intake certificate", why);
}

STATUS hsm_selftest_intake(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                           struct bytes intake_certificate, struct reason *why)
{
    struct sample sample = { .context = { .flags = 0 } };
    AUTO_DESTROY k_prime = { session, CK_INVALID_HANDLE };

    TRY(make_sample(intake_certificate, &sample, why));
    struct status s =
        open_sample(session, intake, &sample, &k_prime.handle, why);
    api_sealed_clear(&sample.sealed);
    return s;
}

/* RSA-OAEP-SHA1 outside the token, as an enclave does it. */
static struct status unwrap_outside(EVP_PKEY *key, struct bytes wrapped,
                                    struct secret **out)
{
    AUTO_FREE(secret) wide = NULL;
    AUTO_FREE(secret) k_prime = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = 512;
    bool done = false;

    TRY(secret_new(len, &wide));
    if (context && EVP_PKEY_decrypt_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1)
        done = EVP_PKEY_decrypt(context, secret_fill(wide), &len, wrapped.at,
                                wrapped.len) == 1;
    EVP_PKEY_CTX_free(context);
    if (!done || len != API_KEY_LEN)
        return failure(STATUS_CORRUPT, "EVP_PKEY_decrypt", 0);
    TRY(secret_new(API_KEY_LEN, &k_prime));
    memcpy(secret_fill(k_prime), secret_expose(wide).at, API_KEY_LEN);
    *out = TAKE(k_prime);
    return OK;
}

static struct status check_released(const struct ca_key *enclave,
                                    const struct sample *sample,
                                    struct bytes wrapped)
{
    AUTO_FREE(secret) k_prime = NULL;
    AUTO_FREE(secret) text = NULL;

    TRY(unwrap_outside(ca_key_pkey(enclave), wrapped, &k_prime));
    TRY(api_open(k_prime, &sample->ctx, buffer_bytes(&sample->sealed.blob),
                 &text));
    return secret_equals(text, bytes_of(probe_text, sizeof(probe_text)))
               ? OK
               : failure(STATUS_CORRUPT, "release", 0);
}

static struct status release_sample(struct hsm_session *session,
                                    CK_OBJECT_HANDLE intake,
                                    const struct sample *sample,
                                    struct reason *why)
{
    AUTO_DESTROY k_prime = { session, CK_INVALID_HANDLE };
    AUTO_DESTROY kept = { session, CK_INVALID_HANDLE };
    AUTO_FREE(ca_key) enclave = NULL;
    AUTO_CLEAR_BUFFER wrapped = buffer_make(512);
    struct hsm_template t = { .count = 0 };

    TRY(open_sample(session, intake, sample, &k_prime.handle, why));
    TRY(named(
        hsm_intake_keep(session, k_prime.handle, &sample->ctx, &kept.handle),
        "keep a derived key (C_CopyObject)", why));
    hsm_credential_template(&t, &sample->ctx);
    TRY(hsm_template_check(session, kept.handle, &t, "a credential's key",
                           why));
    TRY(ca_key_generate(CA_KEY_RSA_3072, &enclave));
    TRY(named(hsm_wrap(session, kept.handle, ca_key_public(enclave), &wrapped),
              "wrap a key to an imported RSA key", why));
    return named(check_released(enclave, sample, buffer_bytes(&wrapped)),
                 "release what was sealed", why);
}

STATUS hsm_selftest_release(struct hsm_session *session,
                            CK_OBJECT_HANDLE intake,
                            struct bytes intake_certificate, struct reason *why)
{
    struct sample sample = { .context = { .flags = 0 } };

    TRY(make_sample(intake_certificate, &sample, why));
    struct status s = release_sample(session, intake, &sample, why);
    api_sealed_clear(&sample.sealed);
    return s;
}

STATUS hsm_selftest_plain(struct hsm_session *session, struct reason *why)
{
    const struct bytes text = bytes_of(probe_text, sizeof(probe_text));
    AUTO_DESTROY k_prime = { session, CK_INVALID_HANDLE };
    AUTO_DESTROY kept = { session, CK_INVALID_HANDLE };
    AUTO_CLEAR_BUFFER blob = buffer_make(256), opened = buffer_make(256);
    struct hash ctx;

    TRY(random_fill(ctx.bytes, HASH_LEN));
    TRY(named(
        hsm_plain_seal(session, &ctx, text, false, &blob, &k_prime.handle),
        "seal with a key of its own (AES-GCM)", why));
    TRY(named(hsm_plain_keep(session, k_prime.handle, &ctx, &kept.handle),
              "keep a generated key (C_CopyObject)", why));
    TRY(hsm_plain_check(session, kept.handle, &ctx, why));
    TRY(named(hsm_plain_open(session, kept.handle, &ctx, buffer_bytes(&blob),
                             &opened),
              "open what it sealed (AES-GCM)", why));
    return bytes_equal(buffer_bytes(&opened), text)
               ? OK
               : named(failure(STATUS_CORRUPT, "C_Decrypt", 0),
                       "open what it sealed (AES-GCM)", why);
}

STATUS hsm_selftest_wrapped(struct hsm_session *session, CK_OBJECT_HANDLE root,
                            struct reason *why)
{
    const struct bytes text = bytes_of(probe_text, sizeof(probe_text));
    AUTO_DESTROY k_prime = { session, CK_INVALID_HANDLE };
    AUTO_DESTROY back = { session, CK_INVALID_HANDLE };
    AUTO_CLEAR_BUFFER blob = buffer_make(256), opened = buffer_make(256);
    AUTO_CLEAR_BUFFER kept = buffer_make(PKCS11_KEPT_LEN);
    struct hash ctx;

    TRY(random_fill(ctx.bytes, HASH_LEN));
    TRY(named(hsm_plain_seal(session, &ctx, text, true, &blob, &k_prime.handle),
              "seal with a key of its own (AES-GCM)", why));
    TRY(named(hsm_wrapped_keep(session, root, k_prime.handle, &ctx, &kept),
              "wrap a key (AES-KEY-WRAP-PAD)", why));
    TRY(named(hsm_wrapped_open(session, root, buffer_bytes(&kept), &ctx,
                               HSM_WRAPPED_PLAIN, &back.handle),
              "unwrap a key (AES-KEY-WRAP-PAD)", why));
    struct status s = hsm_plain_open(session, back.handle, &ctx,
                                     buffer_bytes(&blob), &opened);
    if (!failed(s) && !bytes_equal(buffer_bytes(&opened), text))
        s = failure(STATUS_CORRUPT, "C_UnwrapKey", 0);
    return named(s, "open with a key that was wrapped", why);
}
