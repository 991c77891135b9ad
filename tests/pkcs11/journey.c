#include "tests/pkcs11/journey.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "tests/support/check.h"

struct journey journey = { .configuration = { { 0xc0, 0xff, 0xee } } };

uint64_t journey_now(void)
{
    return (uint64_t)time(NULL);
}

/* The simulator's certificates hold today. */
static void make_platform(void)
{
    struct forge *forge = &journey.forge;
    struct forge_certificate *certificates[] = { &forge->root, &forge->ca,
                                                 &forge->pck };
    forge_init(forge);
    for (size_t i = 0; i < 3; i++) {
        certificates[i]->says.not_before = journey_now() - 86400;
        certificates[i]->says.not_after = journey_now() + 86400;
    }
}

static void write_root(void)
{
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    AUTO_CLEAR_BUFFER pem = buffer_make(16384);
    forge_der(&journey.forge.root, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_ok(
        file_write(stage_file(&r.stage, "root.pem"), buffer_bytes(&pem), 0644));
}

static void make_people(void)
{
    struct journey *j = &journey;
    unsigned char random[16] = { 1 };

    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &j->enclave));
    assert_ok(api_key_generate(&j->owner_key));
    assert_ok(api_key_generate(&j->recovery_key));
    j->owner.first = api_key_signer(j->owner_key).key;
    j->owner.recovery = api_key_signer(j->recovery_key).key;
    assert_ok(api_owner_hash(&j->owner, &j->context.owner));
    assert_ok(api_id_random(&j->context.account));
    assert_ok(api_id_random(&j->context.version));
    assert_ok(api_id_derive(API_DATASET, &j->context.account, &j->context.owner,
                            random, &j->context.dataset));
    j->rule =
        (struct api_identity_rule){ .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                    .form = API_SGX_MRENCLAVE,
                                    .tcb_mask = API_TCB_UNEVALUATED,
                                    .anchor = j->forge.anchor.spki };
    memcpy(j->rule.sgx.mrenclave, j->forge.report.mrenclave, 32);
}

void journey_begin(const char *module, const char *more)
{
    char text[512];
    r = (struct running){ .door = NULL };
    stage_heap();
    make_platform();
    make_people();
    (void)snprintf(text, sizeof(text),
                   "[anchors]\nsimulated = sim:@DIR@/root.pem\n%s", more);
    stage_make_with(&r.stage, module, text);
    write_root();
    assert_int_equal(stage_init(&r.stage, NULL, 0), 0);
    stage_start(&r.stage);
    stage_await(&r.stage, STATUS_OK, &r.why);
}

void journey_end(void)
{
    stage_clear(&r.stage);
    ca_key_free(journey.enclave);
    api_key_free(journey.owner_key);
    api_key_free(journey.recovery_key);
    forge_clear(&journey.forge);
    buffer_clear(&journey.kept);
}

STATUS journey_append(struct api_leaf *leaf, unsigned char out[API_LEAF_LEN],
                      struct api_head *head)
{
    struct pkcs11_description d;

    TRY(pkcs11_describe(r.door, &d, &r.why));
    leaf->index = d.size;
    leaf->time = journey_now() * 1000;
    if (leaf->time < d.time)
        leaf->time = d.time;
    pkcs11_description_clear(&d);
    TRY(api_leaf_encode(leaf, out));
    return pkcs11_append(r.door, bytes_of(out, API_LEAF_LEN), head, &r.why);
}

STATUS journey_certify(const struct ca_key *bound, struct buffer *der)
{
    struct hash spki;
    struct api_head head;
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct pkcs11_certify asked = {
        .kind = CA_ENCLAVE,
        .spki = ca_spki(ca_key_public(journey.enclave)),
        .account = journey.context.account,
        .id = { { 0x1d } },
        .not_after = journey_now() + 3600,
        .configuration = journey.configuration,
        .rule = &journey.rule,
        .binding = { .rule = CA_BINDS_KEY },
    };
    struct api_certificate_subject subject = {
        .kind = CA_ENCLAVE,
        .account = asked.account,
        .id = asked.id,
        .not_after = asked.not_after,
        .configuration = journey.configuration,
    };
    struct api_leaf leaf = { .kind = API_LEAF_CERTIFICATE,
                             .account = asked.account };

    TRY(hash_of(&spki, ca_spki(ca_key_public(bound))));
    TRY(ca_report_data(&spki, &journey.configuration,
                       journey.forge.report.data));
    forge_quote(&journey.forge, &evidence);
    asked.evidence = buffer_bytes(&evidence);
    TRY(hash_of(&subject.spki, asked.spki));
    TRY(hash_of(&subject.evidence, asked.evidence));
    TRY(api_names_hash(NULL, 0, &subject.names));
    TRY(api_identity_hash(&journey.rule, &subject.identity, &r.why));
    TRY(api_subject_certificate(asked.salt, &subject, &leaf.subject));
    TRY(journey_append(&leaf, asked.leaf, &head));
    return pkcs11_certify(r.door, &asked, der, &r.why);
}

STATUS journey_bring(struct api_sealed *sealed, struct buffer *kept)
{
    struct pkcs11_description d;
    AUTO_FREE(secret) text = NULL;

    TRY(pkcs11_describe(r.door, &d, &r.why));
    TRY(secret_new(6, &text));
    memcpy(secret_fill(text), "secret", 6);
    struct status s =
        api_seal(&journey.context, buffer_bytes(&d.intake_certificate), text,
                 sealed, &r.why);
    pkcs11_description_clear(&d);
    TRY(s);
    struct pkcs11_intake intake = { .context = journey.context,
                                    .wrapped = buffer_bytes(&sealed->wrapped),
                                    .proof = sealed->proof };
    TRY(hash_of(&intake.blob, buffer_bytes(&sealed->blob)));
    *kept = buffer_make(PKCS11_KEPT_LEN);
    return pkcs11_intake(r.door, &intake, kept, &r.why);
}

void journey_ask(const struct buffer *certificate,
                 unsigned char encoded[API_GRANT_LEN],
                 struct pkcs11_release *out, struct api_leaf *leaf)
{
    struct api_signer signer = api_key_signer(journey.owner_key);
    struct hash ctx, certificate_hash, grant_hash;
    struct api_grant grant = { .account = journey.context.account,
                               .dataset = journey.context.dataset,
                               .owner = journey.context.owner,
                               .configuration = journey.configuration,
                               .not_before = journey_now() - 60,
                               .not_after = journey_now() + 86400 };

    *out = (struct pkcs11_release){ .context = journey.context,
                                    .certificate = buffer_bytes(certificate),
                                    .grant = bytes_of(encoded, API_GRANT_LEN),
                                    .owner = &journey.owner,
                                    .kept = buffer_bytes(&journey.kept) };
    *leaf = (struct api_leaf){ .kind = API_LEAF_RELEASE,
                               .account = journey.context.account };
    memset(grant.digest.bytes, 0xd1, HASH_LEN);
    assert_ok(api_identity_hash(&journey.rule, &grant.identity, &r.why));
    assert_ok(api_grant_encode(&grant, encoded));
    assert_ok(signer.sign(signer.context, out->grant, &out->signature));
    assert_ok(api_context_hash(&journey.context, &ctx));
    assert_ok(hash_of(&certificate_hash, out->certificate));
    assert_ok(hash_of(&grant_hash, out->grant));
    assert_ok(api_subject_release(out->salt, &ctx, &certificate_hash,
                                  &grant_hash, &leaf->subject));
}

static struct status release_plain(const struct buffer *certificate,
                                   const struct api_context *context,
                                   struct bytes blob)
{
    struct pkcs11_release_plain asked = { .context = *context,
                                          .certificate =
                                              buffer_bytes(certificate),
                                          .blob = blob };
    struct api_leaf leaf = { .kind = API_LEAF_RELEASE,
                             .account = context->account };
    struct hash ctx, certificate_hash;
    const struct hash no_grant = { { 0 } };
    struct api_head head;
    AUTO_FREE(secret) text = NULL;

    TRY(api_context_hash(context, &ctx));
    TRY(hash_of(&certificate_hash, asked.certificate));
    TRY(api_subject_release(asked.salt, &ctx, &certificate_hash, &no_grant,
                            &leaf.subject));
    TRY(journey_append(&leaf, asked.leaf, &head));
    TRY(pkcs11_release_plain(r.door, &asked, &text, &r.why));
    return secret_equals(text, bytes_of("secret", 6))
               ? OK
               : failure(STATUS_CORRUPT, "plain", 0);
}

STATUS journey_plain(const struct buffer *certificate)
{
    struct api_context context = { .account = journey.context.account,
                                   .flags = API_CLASS_CCM };
    AUTO_CLEAR_BUFFER blob = buffer_make(256);
    AUTO_FREE(secret) text = NULL;

    TRY(api_id_random(&context.dataset));
    TRY(api_id_random(&context.version));
    TRY(secret_new(6, &text));
    memcpy(secret_fill(text), "secret", 6);
    TRY(pkcs11_intake_plain(r.door, &context, text, &blob, &r.why));
    struct status s = release_plain(certificate, &context, buffer_bytes(&blob));
    struct status gone = pkcs11_erase(r.door, &context, &r.why);
    return failed(s) ? s : gone;
}

STATUS journey_open(struct bytes wrapped, struct bytes blob,
                    struct secret **out)
{
    AUTO_FREE(secret) k_prime = NULL;
    unsigned char key[512];
    size_t len = sizeof(key);
    struct hash ctx;
    EVP_PKEY_CTX *decryption =
        EVP_PKEY_CTX_new(ca_key_pkey(journey.enclave), NULL);

    assert_int_equal(EVP_PKEY_decrypt_init(decryption), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(decryption, RSA_PKCS1_OAEP_PADDING), 1);
    int opened =
        EVP_PKEY_decrypt(decryption, key, &len, wrapped.at, wrapped.len);
    EVP_PKEY_CTX_free(decryption);
    if (opened != 1)
        return failure(STATUS_CORRUPT, "EVP_PKEY_decrypt", 0);
    TRY(secret_new(len, &k_prime));
    memcpy(secret_fill(k_prime), key, len);
    TRY(api_context_hash(&journey.context, &ctx));
    return api_open(k_prime, &ctx, blob, out);
}
