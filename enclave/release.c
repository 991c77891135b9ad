/* release.c - one credential: asked for over mutual TLS, sealed to this
 * program's key, opened here, and believed for its owner's signature. */

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "enclave/credentials_json.h"
#include "enclave/session.h"

#define BODY_MAX ((size_t)1024 * 1024)

struct sealed_answer {
    struct buffer wrapped, blob;
    struct api_context context;
};

static void sealed_answer_clear(struct sealed_answer *answer)
{
    buffer_clear(&answer->wrapped);
    buffer_clear(&answer->blob);
}

static struct status ask(struct accord_session *session,
                         const struct api_id *dataset, json_t **out,
                         struct trouble *trouble)
{
    char id[API_ID_TEXT];
    AUTO_CLEAR_BUFFER body = buffer_make(256);
    AUTO_CLEAR_ANSWER answer = { 0 };
    api_id_text(dataset, id);
    buffer_printf(&body, "{\"dataset\":\"%s\"}", id);
    TRY(buffer_status(&body));
    const struct http_call call = { .method = HTTP_POST,
                                    .path = "/accord/v1/release",
                                    .content_type = "application/json",
                                    .body = buffer_bytes(&body) };
    struct status called =
        http_call(session->broker_client, &call, &answer, &trouble->why);
    if (called.code == STATUS_DENIED)
        trouble_code(trouble, "zone-ca"); /* no broker of these owners */
    TRY(called);
    if (answer.status != 200)
        return trouble_from_answer(&answer, "broker", trouble);
    return api_json_read(buffer_bytes(&answer.body), BODY_MAX, false, out,
                         &trouble->why);
}

static struct status read_context(const json_t *answer, struct api_context *out,
                                  struct reason *why)
{
    const json_t *context;
    int64_t flags;
    TRY(api_json_object(answer, "context", &context, why));
    TRY(api_json_id(context, "account", &out->account, why));
    TRY(api_json_id(context, "dataset", &out->dataset, why));
    TRY(api_json_id(context, "version", &out->version, why));
    TRY(api_json_hash(context, "owner", &out->owner, why));
    TRY(api_json_integer(context, "flags", 0, 255, &flags, why));
    out->flags = (uint8_t)flags;
    return OK;
}

static struct status read_answer(const json_t *answer,
                                 struct sealed_answer *out, struct reason *why)
{
    const char *mechanism;
    TRY(api_json_text(answer, "mechanism", &mechanism, why));
    if (strcmp(mechanism, "RSA-OAEP-SHA1") != 0)
        return refuse(why, STATUS_INVALID, "mechanism",
                      "the credential is sealed in an unknown way");
    TRY(api_json_base64(answer, "wrapped", &out->wrapped, why));
    TRY(api_json_base64(answer, "blob", &out->blob, why));
    return read_context(answer, &out->context, why);
}

/* One status and one text for every way in which it does not open. */
static struct status no_unwrap(struct reason *why)
{
    return refuse(why, STATUS_CORRUPT, "unwrap",
                  "the credential is not sealed to this program's key");
}

static bool decrypt(EVP_PKEY_CTX *context, struct bytes wrapped,
                    struct secret *out)
{
    unsigned char *at = secret_fill(out);
    size_t len = secret_expose(out).len;
    return EVP_PKEY_decrypt_init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha1()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha1()) == 1 &&
           EVP_PKEY_decrypt(context, at, &len, wrapped.at, wrapped.len) == 1 &&
           len == API_KEY_LEN;
}

static struct status unwrap(const struct accord_session *session,
                            struct bytes wrapped, struct secret **out,
                            struct reason *why)
{
    EVP_PKEY *key = ca_key_pkey(session->key);
    AUTO_FREE(secret) plain = NULL; /* OpenSSL wants room for the modulus */
    AUTO_FREE(secret) k_prime = NULL;
    TRY(secret_new((size_t)EVP_PKEY_get_size(key), &plain));
    TRY(secret_new(API_KEY_LEN, &k_prime));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool opened = context && decrypt(context, wrapped, plain);
    EVP_PKEY_CTX_free(context);
    if (!opened)
        return no_unwrap(why);
    memcpy(secret_fill(k_prime), secret_expose(plain).at, API_KEY_LEN);
    *out = TAKE(k_prime);
    return OK;
}

static struct status open_blob(const struct accord_session *session,
                               const struct sealed_answer *answer,
                               struct secret **out, struct reason *why)
{
    struct hash ctx;
    AUTO_FREE(secret) k_prime = NULL;
    TRY(api_context_hash(&answer->context, &ctx));
    TRY(unwrap(session, buffer_bytes(&answer->wrapped), &k_prime, why));
    struct status s = api_open(k_prime, &ctx, buffer_bytes(&answer->blob), out);
    return s.code == STATUS_CORRUPT
               ? refuse(why, STATUS_CORRUPT, "blob",
                        "the credential is not the one that was sealed for "
                        "this dataset")
               : s;
}

/* Everything that the owner signed must be what was asked for. */
static struct status check_credential(const struct api_credential *credential,
                                      const struct api_context *context,
                                      const struct enclave_dataset *dataset,
                                      struct reason *why)
{
    struct hash owner;
    TRY(api_owner_hash(&credential->owner, &owner));
    if (!api_id_equal(&credential->dataset, &dataset->id) ||
        !api_id_equal(&context->dataset, &dataset->id))
        return refuse(why, STATUS_DENIED, "dataset",
                      "the credential is for another dataset");
    if (!api_id_equal(&credential->account, &context->account) ||
        !api_id_equal(&credential->version, &context->version) ||
        !hash_equal(&owner, &context->owner) ||
        credential->flags != context->flags)
        return refuse(why, STATUS_DENIED, "context",
                      "the credential was made for another context");
    return OK;
}

static struct status take_credential(struct bytes encoded,
                                     const struct api_context *context,
                                     struct enclave_dataset *dataset,
                                     struct reason *why)
{
    struct api_credential credential = { 0 };
    struct credentials found;
    TRY(api_credential_decode(encoded, &credential, why));
    struct status s = check_credential(&credential, context, dataset, why);
    if (!failed(s))
        s = credentials_json_read(secret_expose(credential.content), &found,
                                  why);
    if (!failed(s)) {
        memcpy(dataset->location, credential.location,
               sizeof(dataset->location));
        dataset->query = TAKE(found.query);
        dataset->key = TAKE(found.key);
    }
    api_credential_clear(&credential);
    return s;
}

static struct status copy_secret(const struct secret *from, struct secret **out)
{
    if (!from)
        return OK;
    struct bytes bytes = secret_expose(from);
    TRY(secret_new(bytes.len, out));
    memcpy(secret_fill(*out), bytes.at, bytes.len);
    return OK;
}

/* A dataset on two ports is released once: budgets count releases. */
static const struct enclave_dataset *released_before(
    const struct accord_session *session, const struct enclave_dataset *dataset)
{
    for (const struct enclave_dataset *d = session->datasets; d < dataset; d++)
        if (d->key && api_id_equal(&d->id, &dataset->id))
            return d;
    return NULL;
}

static struct status share(const struct enclave_dataset *from,
                           struct enclave_dataset *to)
{
    memcpy(to->location, from->location, sizeof(to->location));
    TRY(copy_secret(from->query, &to->query));
    return copy_secret(from->key, &to->key);
}

static struct status open_answer(struct accord_session *session,
                                 const json_t *answer,
                                 struct sealed_answer *sealed,
                                 struct enclave_dataset *dataset,
                                 struct trouble *trouble)
{
    AUTO_FREE(secret) encoded = NULL;
    TRY(read_answer(answer, sealed, &trouble->why));
    TRY(session_check_receipt(session, answer, &sealed->context, trouble));
    TRY(open_blob(session, sealed, &encoded, &trouble->why));
    return take_credential(secret_expose(encoded), &sealed->context, dataset,
                           &trouble->why);
}

struct status session_release(struct accord_session *session,
                              struct enclave_dataset *dataset,
                              struct trouble *trouble)
{
    const struct enclave_dataset *before = released_before(session, dataset);
    AUTO_JSON *answer = NULL;
    if (before)
        return share(before, dataset);
    struct sealed_answer sealed = { .wrapped = buffer_make(1024),
                                    .blob =
                                        buffer_make(API_CREDENTIAL_MAX + 16) };
    TRY(ask(session, &dataset->id, &answer, trouble));
    struct status s = open_answer(session, answer, &sealed, dataset, trouble);
    sealed_answer_clear(&sealed);
    return s;
}
