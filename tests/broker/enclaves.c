/* enclaves.c - programs that prove what they are to the simulator's root. */

#include <stdlib.h>

#include "tests/broker/cast.h"

void quote_make(const struct stage *s, const struct enclave *e,
                struct buffer *quote)
{
    struct simulator_request claims = { .isvprodid = 1, .isvsvn = 1 };
    struct reason why = { "" };
    memset(claims.mrenclave, e->measured, sizeof(claims.mrenclave));
    memset(claims.mrsigner, 0x51, sizeof(claims.mrsigner));
    const struct hash *key = &ca_key_public(e->key)->hash;
    const struct hash *configuration =
        hash_is_zero(&e->configuration) ? NULL : &e->configuration;
    assert_ok(hash_is_zero(&e->nonce)
                  ? ca_report_data(key, configuration, claims.report_data)
                  : ca_report_data_fresh(key, &e->configuration, &e->nonce,
                                         claims.report_data));
    *quote = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(simulator_sgx_quote(s->simulator, &claims, stage_seconds(), quote,
                                  &why));
}

json_t *attest_body(const struct enclave *e, const struct buffer *quote)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr_fields fields = { .common_name = "program",
                                    .quote = buffer_bytes(quote) };
    struct reason why = { "" };
    assert_ok(ca_csr_make(&fields, e->key, &pem, &why));
    json_t *body = json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len);
    assert_non_null(body);
    if (!hash_is_zero(&e->nonce))
        (void)json_object_set_new(body, "nonce", api_json_of_hash(&e->nonce));
    return body;
}

void enclave_make(struct play *play, struct ca_key *key, struct enclave *out)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    *out = (struct enclave){ .key = key,
                             .configuration = play->runtime,
                             .measured = 0xc1,
                             .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    quote_make(play->stage, out, &quote);
    struct answer *a =
        stage_ask(play->stage, AS_NOBODY, HTTP_POST, attest_body(out, &quote),
                  "/accord/v1/certificates");
    assert_answer(a, 200, NULL);
    assert_receipt(play->stage, a);
    take_certificate(a, &out->certificate);
}

static void read_context(const json_t *json, struct hash *ctx)
{
    struct api_context context = { 0 };
    assert_ok(api_json_id(json, "account", &context.account, NULL));
    assert_ok(api_json_id(json, "dataset", &context.dataset, NULL));
    assert_ok(api_json_id(json, "version", &context.version, NULL));
    assert_ok(api_json_hash(json, "owner", &context.owner, NULL));
    assert_ok(api_context_hash(&context, ctx));
}

void enclave_open(const struct enclave *e, const struct answer *released,
                  struct api_credential *out)
{
    AUTO_CLEAR_BUFFER wrapped = buffer_make(1024);
    AUTO_CLEAR_BUFFER blob = buffer_make(API_CREDENTIAL_MAX + 64);
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(secret) encoded = NULL;
    unsigned char raw[512];
    size_t len = sizeof(raw);
    struct hash ctx;
    assert_ok(api_json_base64(released->body, "wrapped", &wrapped, NULL));
    assert_ok(api_json_base64(released->body, "blob", &blob, NULL));
    read_context(json_object_get(released->body, "context"), &ctx);
    assert_true(soft_oaep(ca_key_pkey(e->key), false, buffer_bytes(&wrapped),
                          raw, &len));
    assert_int_equal(API_KEY_LEN, len);
    assert_ok(secret_new(len, &key));
    memcpy(secret_fill(key), raw, len);
    assert_ok(api_open(key, &ctx, buffer_bytes(&blob), &encoded));
    assert_ok(api_credential_decode(secret_expose(encoded), out, NULL));
}

void enclave_clear(struct enclave *e)
{
    buffer_clear(&e->certificate);
}
