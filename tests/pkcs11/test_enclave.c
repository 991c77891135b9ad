/* From evidence to credential, through the door of the whole program: an
 * enclave gets its certificate, an owner brings a credential and grants it,
 * the enclave opens it. Nothing here is a double but the platform's keys. */

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tests/attest/forge.h"
#include "tests/support/check.h"

#include "base/file.h"
#include "tests/pkcs11/running.h"

static struct forge forge;
static struct ca_key *enclave;
static struct api_key *owner_key, *recovery_key;
static struct api_owner owner;
static struct api_context context;
static struct api_identity_rule rule;
static struct hash configuration = { { 0xc0, 0xff, 0xee } };

static uint64_t seconds_now(void)
{
    return (uint64_t)time(NULL);
}

/* The simulator's certificates hold today. */
static void make_platform(void)
{
    struct forge_certificate *certificates[] = { &forge.root, &forge.ca,
                                                 &forge.pck };
    forge_init(&forge);
    for (size_t i = 0; i < 3; i++) {
        certificates[i]->says.not_before = seconds_now() - 86400;
        certificates[i]->says.not_after = seconds_now() + 86400;
    }
}

static void write_root(void)
{
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    AUTO_CLEAR_BUFFER pem = buffer_make(16384);
    forge_der(&forge.root, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_ok(
        file_write(stage_file(&r.stage, "root.pem"), buffer_bytes(&pem), 0644));
}

static void make_people(void)
{
    unsigned char random[16] = { 1 };

    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &enclave));
    assert_ok(api_key_generate(&owner_key));
    assert_ok(api_key_generate(&recovery_key));
    owner.first = api_key_signer(owner_key).key;
    owner.recovery = api_key_signer(recovery_key).key;
    assert_ok(api_owner_hash(&owner, &context.owner));
    assert_ok(api_id_random(&context.account));
    assert_ok(api_id_random(&context.version));
    assert_ok(api_id_derive(API_DATASET, &context.account, &context.owner,
                            random, &context.dataset));
    rule =
        (struct api_identity_rule){ .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                    .form = API_SGX_MRENCLAVE,
                                    .tcb_mask = API_TCB_UNEVALUATED,
                                    .anchor = forge.anchor.spki };
    memcpy(rule.sgx.mrenclave, forge.report.mrenclave, 32);
}

static int begin(void **state)
{
    (void)state;
    r = (struct running){ .door = NULL };
    stage_heap();
    make_platform();
    make_people();
    stage_make(&r.stage, "[anchors]\nsimulated = sim:@DIR@/root.pem\n");
    write_root();
    assert_int_equal(stage_init(&r.stage, NULL, 0), 0);
    stage_start(&r.stage);
    stage_await(&r.stage, STATUS_OK, &r.why);
    return 0;
}

static int end(void **state)
{
    stage_clear(&r.stage);
    ca_key_free(enclave);
    api_key_free(owner_key);
    api_key_free(recovery_key);
    forge_clear(&forge);
    (void)state;
    return 0;
}

/* Appends one leaf now; its index and time are filled in. */
static void append(struct api_leaf *leaf, unsigned char out[API_LEAF_LEN])
{
    struct pkcs11_description d;
    struct api_head head;

    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    leaf->index = d.size;
    leaf->time = seconds_now() * 1000;
    if (leaf->time < d.time)
        leaf->time = d.time;
    assert_ok(api_leaf_encode(leaf, out));
    assert_ok(
        pkcs11_append(r.door, bytes_of(out, API_LEAF_LEN), &head, &r.why));
    pkcs11_description_clear(&d);
}

static STATUS certify(const struct ca_key *bound, struct buffer *der)
{
    struct hash spki;
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct pkcs11_certify asked = {
        .kind = CA_ENCLAVE,
        .spki = ca_spki(ca_key_public(enclave)),
        .account = context.account,
        .id = { { 0x1d } },
        .not_after = seconds_now() + 3600,
        .configuration = configuration,
        .rule = &rule,
    };
    struct api_certificate_subject subject = {
        .kind = CA_ENCLAVE,
        .account = asked.account,
        .id = asked.id,
        .not_after = asked.not_after,
        .configuration = configuration,
    };
    struct api_leaf leaf = { .kind = API_LEAF_CERTIFICATE,
                             .account = asked.account };

    assert_ok(hash_of(&spki, ca_spki(ca_key_public(bound))));
    assert_ok(ca_report_data(&spki, &configuration, forge.report.data));
    forge_quote(&forge, &evidence);
    asked.evidence = buffer_bytes(&evidence);
    assert_ok(hash_of(&subject.spki, asked.spki));
    assert_ok(hash_of(&subject.evidence, asked.evidence));
    assert_ok(api_names_hash(NULL, 0, &subject.names));
    assert_ok(api_identity_hash(&rule, &subject.identity, &r.why));
    assert_ok(api_subject_certificate(asked.salt, &subject, &leaf.subject));
    append(&leaf, asked.leaf);
    return pkcs11_certify(r.door, &asked, der, &r.why);
}

static void bring_credential(struct api_sealed *sealed)
{
    struct pkcs11_description d;
    struct secret *text = NULL;

    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_ok(secret_new(6, &text));
    memcpy(secret_fill(text), "secret", 6);
    assert_ok(api_seal(&context, buffer_bytes(&d.intake_certificate), text,
                       sealed, &r.why));
    struct pkcs11_intake intake = { .context = context,
                                    .wrapped = buffer_bytes(&sealed->wrapped),
                                    .proof = sealed->proof };
    assert_ok(hash_of(&intake.blob, buffer_bytes(&sealed->blob)));
    assert_ok(pkcs11_intake(r.door, &intake, &r.why));
    secret_free(text);
    pkcs11_description_clear(&d);
}

static void sign_grant(struct pkcs11_release *release,
                       unsigned char encoded[API_GRANT_LEN])
{
    struct api_grant grant = { .account = context.account,
                               .dataset = context.dataset,
                               .owner = context.owner,
                               .configuration = configuration,
                               .not_before = seconds_now() - 60,
                               .not_after = seconds_now() + 86400 };
    struct api_signer signer = api_key_signer(owner_key);

    memset(grant.digest.bytes, 0xd1, HASH_LEN);
    assert_ok(api_identity_hash(&rule, &grant.identity, &r.why));
    assert_ok(api_grant_encode(&grant, encoded));
    release->grant = bytes_of(encoded, API_GRANT_LEN);
    assert_ok(signer.sign(signer.context, release->grant, &release->signature));
}

static void open_as_enclave(struct bytes wrapped, struct bytes blob,
                            struct secret **out)
{
    struct secret *k_prime = NULL;
    unsigned char key[512];
    size_t len = sizeof(key);
    struct hash ctx;
    EVP_PKEY_CTX *decryption = EVP_PKEY_CTX_new(ca_key_pkey(enclave), NULL);

    assert_int_equal(EVP_PKEY_decrypt_init(decryption), 1);
    assert_int_equal(
        EVP_PKEY_CTX_set_rsa_padding(decryption, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_decrypt(decryption, key, &len, wrapped.at, wrapped.len), 1);
    EVP_PKEY_CTX_free(decryption);
    assert_ok(secret_new(len, &k_prime));
    memcpy(secret_fill(k_prime), key, len);
    assert_ok(api_context_hash(&context, &ctx));
    assert_ok(api_open(k_prime, &ctx, blob, out));
    secret_free(k_prime);
}

static void an_enclave_opens_what_its_owner_granted(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER wrapped = buffer_make(512);
    struct api_sealed sealed;
    struct secret *text = NULL;
    unsigned char grant[API_GRANT_LEN];
    struct pkcs11_release release = { .context = context, .owner = &owner };
    struct api_leaf leaf = { .kind = API_LEAF_RELEASE,
                             .account = context.account };
    struct hash ctx, certificate_hash, grant_hash;
    (void)state;

    assert_ok(certify(enclave, &der));
    bring_credential(&sealed);
    sign_grant(&release, grant);
    release.certificate = buffer_bytes(&der);
    assert_ok(api_context_hash(&context, &ctx));
    assert_ok(hash_of(&certificate_hash, release.certificate));
    assert_ok(hash_of(&grant_hash, release.grant));
    assert_ok(api_subject_release(release.salt, &ctx, &certificate_hash,
                                  &grant_hash, &leaf.subject));
    append(&leaf, release.leaf);
    assert_ok(pkcs11_release(r.door, &release, &wrapped, &r.why));
    open_as_enclave(buffer_bytes(&wrapped), buffer_bytes(&sealed.blob), &text);
    assert_true(secret_equals(text, bytes_of("secret", 6)));
    secret_free(text);
    api_sealed_clear(&sealed);

    /* The leaf is used up, and a restarted worker has forgotten it too. */
    buffer_clear(&wrapped);
    assert_status(STATUS_DENIED,
                  pkcs11_release(r.door, &release, &wrapped, &r.why));
    assert_non_null(strstr(r.why.text, "performed already"));
    append(&leaf, release.leaf);
    assert_int_equal(kill(stage_child(&r.stage, "worker"), SIGKILL), 0);
    running_await(STATUS_OK);
    assert_status(STATUS_DENIED,
                  pkcs11_release(r.door, &release, &wrapped, &r.why));
    assert_non_null(strstr(r.why.text, "not appended in this generation"));
    append(&leaf, release.leaf);
    assert_ok(pkcs11_release(r.door, &release, &wrapped, &r.why));
}

static void evidence_for_another_key_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    assert_status(STATUS_DENIED, certify(forge.other, &der));
    assert_non_null(strstr(r.why.text, "does not bind"));
    assert_int_equal(der.len, 0);
}

static void evidence_of_another_program_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    forge.report.mrenclave[0] ^= 1;
    assert_status(STATUS_DENIED, certify(enclave, &der));
    forge.report.mrenclave[0] ^= 1;
    assert_int_equal(der.len, 0);
}

static void evidence_under_another_root_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    forge.root.key = forge.root.signer = forge.ca.signer = forge.other;
    assert_status(STATUS_DENIED, certify(enclave, &der));
    forge.root.key = forge.root.signer = forge.ca.signer = forge.keys[0];
    assert_int_equal(der.len, 0);
}

/* A verifier that was brought down by what it read costs one generation. */
static void a_verifier_that_died_is_replaced(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    pid_t verifier = stage_child(&r.stage, "verifier");
    struct status s = { .code = STATUS_UNAVAILABLE };
    (void)state;
    assert_int_equal(kill(verifier, SIGKILL), 0);
    for (int i = 0; i < 500 && failed(s); i++) {
        (void)usleep(20000);
        s = pkcs11_probe(r.door, &r.why);
        pid_t now = stage_child(&r.stage, "verifier");
        if (now == verifier || now == 0)
            s.code = STATUS_UNAVAILABLE;
    }
    assert_ok(s);
    assert_ok(certify(enclave, &der));
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, running_connect, running_hang_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_enclave_opens_what_its_owner_granted),
        CASE(evidence_for_another_key_gets_no_certificate),
        CASE(evidence_of_another_program_gets_no_certificate),
        CASE(evidence_under_another_root_gets_no_certificate),
        CASE(a_verifier_that_died_is_replaced),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
