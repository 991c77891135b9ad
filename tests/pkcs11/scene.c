#include "tests/pkcs11/scene.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "tests/support/check.h"

static const char credential[] = "a credential's bytes";

STATUS scene_job(struct scene *scene, enum pkcs11_job job, struct bytes body)
{
    buffer_clear(&scene->out);
    scene->out = buffer_make(PKCS11_ANSWER_MAX);
    scene->why.text[0] = '\0';
    const struct hsm_job asked = {
        .worker = scene->worker,
        .session = &scene->session,
        .now = scene->now,
        .monotonic = scene->monotonic,
        .out = &scene->out,
        .why = &scene->why,
    };
    struct status s = hsm_job_run(&asked, (uint8_t)job, body);
    if (failed(s)) /* as the worker does */
        assert_ok(hsm_session_renew(&scene->session));
    return s;
}

STATUS scene_append(struct scene *scene, struct api_leaf *leaf,
                    unsigned char encoded[API_LEAF_LEN])
{
    leaf->index = scene->worker->log.state.frontier.size;
    assert_ok(api_leaf_encode(leaf, encoded));
    return scene_job(scene, PKCS11_APPEND, bytes_of(encoded, API_LEAF_LEN));
}

void scene_seal(struct scene *scene, const struct api_context *context,
                struct api_sealed *out)
{
    struct secret *text = NULL;
    struct reason why = { "" };

    assert_ok(secret_new(sizeof(credential), &text));
    memcpy(secret_fill(text), credential, sizeof(credential));
    assert_ok(api_seal(context,
                       buffer_bytes(&scene->worker->intake_certificate), text,
                       out, &why));
    secret_free(text);
}

STATUS scene_intake(struct scene *scene, const struct pkcs11_intake *intake)
{
    AUTO_CLEAR_BUFFER body = buffer_make(4096);
    pkcs11_encode_intake(intake, &body);
    assert_ok(buffer_status(&body));
    return scene_job(scene, PKCS11_INTAKE, buffer_bytes(&body));
}

static void make_people(struct scene *scene)
{
    assert_ok(api_key_generate(&scene->owner_key));
    assert_ok(api_key_generate(&scene->recovery_key));
    scene->owner.first = api_key_signer(scene->owner_key).key;
    scene->owner.recovery = api_key_signer(scene->recovery_key).key;
    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &scene->enclave));
}

static void make_credential(struct scene *scene)
{
    unsigned char random[16];

    assert_ok(api_id_random(&scene->context.account));
    assert_ok(api_id_random(&scene->context.version));
    assert_ok(api_owner_hash(&scene->owner, &scene->context.owner));
    assert_ok(random_fill(random, sizeof(random)));
    assert_ok(api_id_derive(API_DATASET, &scene->context.account,
                            &scene->context.owner, random,
                            &scene->context.dataset));
    scene_seal(scene, &scene->context, &scene->sealed);
    struct pkcs11_intake intake = {
        .context = scene->context,
        .wrapped = buffer_bytes(&scene->sealed.wrapped),
        .proof = scene->sealed.proof,
    };
    assert_ok(hash_of(&intake.blob, buffer_bytes(&scene->sealed.blob)));
    assert_ok(scene_intake(scene, &intake));
    scene->kept = buffer_make(PKCS11_KEPT_LEN);
    buffer_put(&scene->kept, buffer_bytes(&scene->out));
}

void scene_make(struct scene *scene, struct hsm_worker *worker)
{
    struct ca_root root;
    struct reason why = { "" };

    assert_ok(ca_root_read(buffer_bytes(&worker->ca_certificate), &root, &why));
    uint64_t start = root.not_before + 10 * 86400;
    *scene = (struct scene){ .worker = worker,
                             .start = start,
                             .now = start * 1000,
                             .monotonic = 5000000,
                             .out = buffer_make(1) };
    assert_ok(hsm_session_open(worker->token, &scene->session));
    make_people(scene);
    make_credential(scene);
    scene_reset(scene);
}

void scene_clear(struct scene *scene)
{
    api_sealed_clear(&scene->sealed);
    ca_key_free(scene->enclave);
    api_key_free(scene->owner_key);
    api_key_free(scene->recovery_key);
    buffer_clear(&scene->out);
    buffer_clear(&scene->kept);
    hsm_session_clear(&scene->session);
}

static void reset_rule(struct api_identity_rule *rule)
{
    *rule =
        (struct api_identity_rule){ .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                    .form = API_SGX_MRENCLAVE,
                                    .tcb_mask = API_TCB_UNEVALUATED };
    memset(rule->sgx.mrenclave, 0xe1, sizeof(rule->sgx.mrenclave));
    memset(rule->anchor.bytes, 0xa1, sizeof(rule->anchor.bytes));
}

void scene_reset(struct scene *scene)
{
    struct ca_statement *statement = &scene->statement;
    struct reason why = { "" };

    reset_rule(&scene->rule);
    assert_int_equal(scene->owner.changes, 0);
    *statement = (struct ca_statement){ .kind = CA_ENCLAVE,
                                        .account = scene->context.account,
                                        .evidence_kind = scene->rule.kind,
                                        .evidence_time = scene->start * 1000 };
    memset(statement->id.bytes, 0x1d, sizeof(statement->id.bytes));
    memset(statement->configuration.bytes, 0xc0, HASH_LEN);
    memset(statement->evidence.bytes, 0xed, HASH_LEN);
    assert_ok(api_identity_hash(&scene->rule, &statement->identity, &why));
    scene->not_before = scene->start - 3600;
    scene->not_after = scene->start + 3600;
    scene->spki = ca_spki(ca_key_public(scene->enclave));
    scene->name = NULL;
    scene->delay = 0;
    scene->other_ca = scene->wrong_subject = scene->skip_append = false;
    scene->grant_key = scene->owner_key;
    scene->grant = (struct api_grant){
        .account = scene->context.account,
        .dataset = scene->context.dataset,
        .owner = scene->context.owner,
        .configuration = statement->configuration,
        .identity = statement->identity,
        .not_before = scene->start - 86400,
        .not_after = scene->start + 86400,
    };
    memset(scene->grant.digest.bytes, 0xd1, HASH_LEN);
    scene->leaf = (struct api_leaf){ .kind = API_LEAF_RELEASE,
                                     .time = scene->now,
                                     .account = scene->context.account };
}

static struct ca_certificate_fields certificate_fields(struct scene *scene,
                                                       const char *name,
                                                       const char **names)
{
    struct ca_certificate_fields fields = {
        .statement = scene->statement,
        .spki = scene->spki,
        .serial = { 0x11 },
        .not_before = scene->not_before,
        .not_after = scene->not_after,
        .common_name = "somebody",
    };
    if (scene->statement.kind == CA_ENCLAVE) {
        names[0] = name;
        fields.names = names;
        fields.names_count = 1;
    }
    return fields;
}

/* Signed by the token's CA key, or by another root altogether. */
static void build_certificate(struct scene *scene, struct buffer *out)
{
    struct hsm_signer key = { &scene->session,
                              scene->worker->keys.handle[HSM_CA] };
    struct ca_signer signer = hsm_ca_signer(&key);
    struct ca_enclave_name name = { .configuration =
                                        scene->statement.configuration };
    char text[CA_NAME_MAX + 1];
    const char *names[1];
    struct ca_key *other = NULL;
    AUTO_CLEAR_BUFFER root = buffer_make(CA_CERTIFICATE_MAX);
    const unsigned char serial[CA_SERIAL_LEN] = { 0x22 };
    struct reason why = { "" };

    memset(name.label, 'a', CA_LABEL_LEN);
    assert_ok(ca_enclave_name_write(&name, STAGE_DOMAIN, text));
    struct ca_certificate_fields fields =
        certificate_fields(scene, scene->name ? scene->name : text, names);
    buffer_put(&root, buffer_bytes(&scene->worker->ca_certificate));
    if (scene->other_ca) {
        buffer_clear(&root);
        assert_ok(ca_key_generate(CA_KEY_P256, &other));
        signer = ca_key_signer(other);
        assert_ok(ca_root_build(ca_spki(ca_key_public(other)), serial,
                                scene->start - 86400, &signer, &root, &why));
    }
    struct status s =
        ca_certificate_build(&fields, buffer_bytes(&root), &signer, out, &why);
    if (failed(s))
        print_error("certificate: %s\n", why.text);
    assert_ok(s);
    ca_key_free(other);
}

/* The leaf of a release of `context`; an empty grant is none. */
static void add_leaf(struct scene *scene, const struct api_context *context,
                     struct bytes certificate, struct bytes grant,
                     unsigned char salt[API_SALT_LEN],
                     unsigned char leaf[API_LEAF_LEN])
{
    struct hash ctx, certificate_hash, grant_hash = { 0 };

    assert_ok(random_fill(salt, API_SALT_LEN));
    assert_ok(api_context_hash(context, &ctx));
    assert_ok(hash_of(&certificate_hash, certificate));
    if (grant.len > 0)
        assert_ok(hash_of(&grant_hash, grant));
    assert_ok(api_subject_release(salt, &ctx, &certificate_hash, &grant_hash,
                                  &scene->leaf.subject));
    scene->leaf.subject.bytes[0] ^= scene->wrong_subject;
    if (!scene->skip_append) {
        assert_ok(scene_append(scene, &scene->leaf, leaf));
        return;
    }
    scene->leaf.index = scene->worker->log.state.frontier.size;
    assert_ok(api_leaf_encode(&scene->leaf, leaf));
}

void scene_prepare_release(struct scene *scene, struct buffer *body)
{
    AUTO_CLEAR_BUFFER certificate = buffer_make(CA_CERTIFICATE_MAX);
    unsigned char grant[API_GRANT_LEN];
    struct pkcs11_release release = { .context = scene->context,
                                      .grant = bytes_of(grant, sizeof(grant)),
                                      .owner = &scene->owner,
                                      .kept = buffer_bytes(&scene->kept) };
    struct api_signer signer = api_key_signer(scene->grant_key);

    build_certificate(scene, &certificate);
    release.certificate = buffer_bytes(&certificate);
    assert_ok(api_grant_encode(&scene->grant, grant));
    assert_ok(signer.sign(signer.context, release.grant, &release.signature));
    add_leaf(scene, &scene->context, release.certificate, release.grant,
             release.salt, release.leaf);
    assert_ok(pkcs11_encode_release(&release, body));
}

STATUS scene_release(struct scene *scene, struct buffer *asked)
{
    AUTO_CLEAR_BUFFER body = buffer_make(16 * 1024);

    scene_prepare_release(scene, &body);
    if (asked)
        buffer_put(asked, buffer_bytes(&body));
    scene->monotonic += scene->delay;
    return scene_job(scene, PKCS11_RELEASE, buffer_bytes(&body));
}

void scene_open(const struct scene *scene, struct secret **out)
{
    AUTO_FREE(secret) k_prime = NULL;
    struct hash ctx;
    size_t len = 512;
    unsigned char key[512];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(ca_key_pkey(scene->enclave), NULL);

    assert_int_equal(scene->out.len, 384);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_decrypt(context, key, &len, scene->out.data, scene->out.len),
        1);
    EVP_PKEY_CTX_free(context);
    assert_int_equal(len, 32);
    assert_ok(secret_new(32, &k_prime));
    memcpy(secret_fill(k_prime), key, 32);
    assert_ok(api_context_hash(&scene->context, &ctx));
    assert_ok(api_open(k_prime, &ctx, buffer_bytes(&scene->sealed.blob), out));
}

STATUS scene_intake_plain(struct scene *scene,
                          const struct api_context *context, struct bytes text)
{
    const struct pkcs11_intake_plain_message asked = { *context, text };
    AUTO_CLEAR_BUFFER body = buffer_make(API_CREDENTIAL_MAX + 256);

    pkcs11_encode_intake_plain(&asked, &body);
    assert_ok(buffer_status(&body));
    return scene_job(scene, PKCS11_INTAKE_PLAIN, buffer_bytes(&body));
}

STATUS scene_release_plain(struct scene *scene,
                           const struct api_context *context, struct bytes blob,
                           struct buffer *asked)
{
    AUTO_CLEAR_BUFFER certificate = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER body = buffer_make(API_CREDENTIAL_MAX + 16 * 1024);
    struct pkcs11_release_plain release = { .context = *context, .blob = blob };

    build_certificate(scene, &certificate);
    release.certificate = buffer_bytes(&certificate);
    add_leaf(scene, context, release.certificate, bytes_of(NULL, 0),
             release.salt, release.leaf);
    pkcs11_encode_release_plain(&release, &body);
    assert_ok(buffer_status(&body));
    if (asked)
        buffer_put(asked, buffer_bytes(&body));
    scene->monotonic += scene->delay;
    return scene_job(scene, PKCS11_RELEASE_PLAIN, buffer_bytes(&body));
}
