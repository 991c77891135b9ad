/* world_release.c - how the world's broker and HSM seal a credential and log
 * that they did. */

#include <stdlib.h>

#include "tests/enclave/world_private.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/text.h"

void world_credentials(struct buffer *out)
{
    char key[2 * API_KEY_LEN + 1];
    hex_encode(bytes_of(WORLD_FILE_KEY, API_KEY_LEN), key);
    buffer_put_string(out, "{\"query_string\": \"");
    base64_encode(bytes_of_string(WORLD_QUERY "\n"), out);
    buffer_printf(out, "\", \"encryption\": {\"key\": \"%s\"}}", key);
    assert_ok(buffer_status(out));
}

static void encrypt_blob(const unsigned char *k_prime, const struct hash *ctx,
                         struct bytes plain, struct buffer *blob)
{
    static const unsigned char nonce[12];
    unsigned char tag[16];
    int len = 0;
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    unsigned char *at = buffer_extend(blob, plain.len);
    assert_non_null(at);
    assert_int_equal(
        EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, k_prime, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(gcm, NULL, &len, ctx->bytes, HASH_LEN),
                     1);
    assert_int_equal(EVP_EncryptUpdate(gcm, at, &len, plain.at, (int)plain.len),
                     1);
    assert_int_equal(EVP_EncryptFinal_ex(gcm, at + len, &len), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, 16, tag),
                     1);
    buffer_put(blob, bytes_of(tag, sizeof(tag)));
    EVP_CIPHER_CTX_free(gcm);
}

static void wrap(EVP_PKEY *key, const unsigned char *k_prime,
                 struct buffer *wrapped)
{
    size_t len = (size_t)EVP_PKEY_get_size(key);
    unsigned char *at = buffer_extend(wrapped, len);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(context), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(context, at, &len, k_prime, API_KEY_LEN),
                     1);
    EVP_PKEY_CTX_free(context);
}

void world_seal(const struct api_context *context,
                const struct secret *credential, EVP_PKEY *key,
                struct buffer *wrapped, struct buffer *blob)
{
    unsigned char k_prime[API_KEY_LEN];
    struct hash ctx;
    assert_ok(random_fill(k_prime, sizeof(k_prime)));
    assert_ok(api_context_hash(context, &ctx));
    encrypt_blob(k_prime, &ctx, secret_expose(credential), blob);
    wrap(key, k_prime, wrapped);
}

static const struct world_dataset *dataset_of(const struct world *w,
                                              const struct api_id *id)
{
    for (size_t i = 0; i < 2; i++)
        if (api_id_equal(&w->datasets[i].id, id))
            return &w->datasets[i];
    fail_msg("the program asked for a dataset that does not exist");
    return NULL;
}

static void encode(const struct world *w, const struct world_dataset *d,
                   struct secret **out)
{
    AUTO_CLEAR_BUFFER content = buffer_make(4096);
    struct api_credential credential = { .account = w->account,
                                         .dataset = d->id,
                                         .version = d->version,
                                         .owner = w->owner };
    const struct api_signer signer = api_key_signer(w->owner_key);
    if (world_is(w, WORLD_CREDENTIAL_IS_NO_JSON))
        buffer_put_string(&content, "query_string=1");
    else
        world_credentials(&content);
    memcpy(credential.random, d->random, sizeof(d->random));
    (void)snprintf(credential.location, sizeof(credential.location), "%s%s",
                   host_url(w->store), d->path);
    assert_ok(secret_new(content.len, &credential.content));
    memcpy(secret_fill(credential.content), content.data, content.len);
    assert_ok(api_credential_encode(&credential, &signer, out, NULL));
    api_credential_clear(&credential);
    if (world_is(w, WORLD_FORGES_THE_SIGNATURE))
        secret_fill(*out)[secret_expose(*out).len - 1] ^= 1;
}

static EVP_PKEY *key_of(struct bytes der)
{
    const unsigned char *at = der.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(certificate);
    EVP_PKEY *key = X509_get_pubkey(certificate);
    X509_free(certificate);
    return key;
}

static void seal_for(const struct world *w, const struct world_dataset *d,
                     const struct api_context *context, struct bytes peer,
                     json_t *answer)
{
    AUTO_CLEAR_BUFFER wrapped = buffer_make(1024);
    AUTO_CLEAR_BUFFER blob = buffer_make(API_CREDENTIAL_MAX);
    AUTO_FREE(secret) credential = NULL;
    EVP_PKEY *key = world_is(w, WORLD_WRAPS_TO_ANOTHER_KEY) ? EVP_RSA_gen(3072)
                                                            : key_of(peer);
    encode(w, d, &credential);
    world_seal(context, credential, key, &wrapped, &blob);
    EVP_PKEY_free(key);
    assert_non_null(blob.data);
    if (world_is(w, WORLD_CHANGES_THE_BLOB))
        blob.data[5] ^= 1;
    assert_int_equal(
        json_object_set_new(answer, "wrapped",
                            api_json_of_base64(buffer_bytes(&wrapped))),
        0);
    assert_int_equal(
        json_object_set_new(answer, "blob",
                            api_json_of_base64(buffer_bytes(&blob))),
        0);
}

json_t *world_release(struct world *w, const struct api_id *dataset,
                      struct bytes peer)
{
    const struct world_dataset *d = dataset_of(w, dataset);
    assert_non_null(d);
    if (!d) /* gcc does not know that the line above ends the test */
        abort();
    const struct world_dataset *other =
        d == &w->datasets[0] ? &w->datasets[1] : &w->datasets[0];
    struct api_context context = { .account = w->account, .dataset = d->id };
    if (world_is(w, WORLD_RELEASES_ANOTHER_DATASET))
        context.dataset = other->id;
    context.version =
        world_is(w, WORLD_CLAIMS_ANOTHER_VERSION) ? other->version : d->version;
    assert_ok(api_owner_hash(&w->owner, &context.owner));

    bool swaps = world_is(w, WORLD_SWAPS_THE_CREDENTIAL) ||
                 world_is(w, WORLD_RELEASES_ANOTHER_DATASET);
    json_t *answer =
        json_pack("{s:s, s:{s:o, s:o, s:o, s:o, s:i}}", "mechanism",
                  world_is(w, WORLD_USES_ANOTHER_MECHANISM) ? "RSA-PKCS1"
                                                            : "RSA-OAEP-SHA1",
                  "context", "account", api_json_of_id(&context.account),
                  "dataset", api_json_of_id(&context.dataset), "version",
                  api_json_of_id(&context.version), "owner",
                  api_json_of_hash(&context.owner), "flags", 0);
    seal_for(w, swaps ? other : d, &context, peer, answer);
    if (!world_is(w, WORLD_GIVES_NO_RECEIPT))
        assert_int_equal(json_object_set_new(answer, "receipt",
                                             world_receipt(w, &context, peer)),
                         0);
    return answer;
}

/* --- the leaf ------------------------------------------------------------- */

static void leaf_of(const struct world *w, const struct api_context *context,
                    struct bytes peer, const struct hash *grant,
                    struct api_receipt *receipt)
{
    struct hash ctx, certificate;
    struct api_leaf leaf = { .kind = API_LEAF_RELEASE,
                             .index = w->leaves,
                             .time = (uint64_t)time(NULL) * 1000,
                             .account = context->account };
    assert_ok(api_context_hash(context, &ctx));
    assert_ok(hash_of(&certificate, peer));
    if (world_is(w, WORLD_LOGS_ANOTHER_CERTIFICATE))
        certificate.bytes[0] ^= 1;
    if (world_is(w, WORLD_LOGS_ANOTHER_KIND))
        leaf.kind = API_LEAF_CHANGE;
    if (world_is(w, WORLD_LOGS_ANOTHER_ACCOUNT))
        leaf.account.bytes[0] ^= 1;
    assert_ok(api_subject_release(receipt->salt, &ctx, &certificate, grant,
                                  &leaf.subject));
    assert_ok(api_detail_hash(receipt->salt, bytes_of_string(receipt->detail),
                              &leaf.detail));
    assert_ok(api_leaf_encode(&leaf, receipt->leaf));
}

json_t *world_receipt(struct world *w, const struct api_context *context,
                      struct bytes peer)
{
    char detail[256], text[65];
    struct hash grant;
    struct api_receipt receipt = { .detail = detail };
    memset(grant.bytes, 0x44, sizeof(grant.bytes));
    hex_encode(hash_bytes(&grant), text);
    (void)snprintf(detail, sizeof(detail),
                   "{\"action\":\"release\",\"grant\":\"%s\"}", text);
    assert_ok(random_fill(receipt.salt, sizeof(receipt.salt)));
    leaf_of(w, context, peer, &grant, &receipt);
    world_log_add(w, &receipt);
    if (world_is(w, WORLD_WITHHOLDS_THE_DETAIL))
        receipt.detail = NULL;
    if (world_is(w, WORLD_CHANGES_THE_DETAIL))
        detail[12] = 'R';
    json_t *json = api_receipt_to_json(&receipt);
    assert_non_null(json);
    return json;
}
