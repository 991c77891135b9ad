/* The terms of a rule, held by the worker itself: how long evidence counts,
 * and that it was made for this certificate; and what it asks about a node's
 * word. */

#include "pkcs11/messages.h"
#include "tests/pkcs11/double.h"
#include "tests/pkcs11/scene.h"
#include "tests/support/check.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct judge_double judge;
static struct pkcs11_certify asked;
static struct api_identity_rule rule;

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    judge_double_start(&judge, &worker.judge);
    scene_make(&scene, &worker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    judge_double_join(&judge);
    stage_clear(&stage);
    return 0;
}

static int reset(void **state)
{
    static const unsigned char evidence[] = "evidence, judged elsewhere";
    (void)state;
    scene.now =
        worker.log.state.time > scene.now ? worker.log.state.time : scene.now;
    scene_reset(&scene);
    rule = scene.rule;
    asked = (struct pkcs11_certify){
        .kind = CA_ENCLAVE,
        .spki = ca_spki(ca_key_public(scene.enclave)),
        .common_name = "app",
        .account = scene.context.account,
        .not_after = scene.now / 1000 + 86400,
        .rule = &rule,
        .evidence = bytes_of(evidence, sizeof(evidence)),
        .binding = { .rule = CA_BINDS_KEY },
    };
    memset(asked.id.bytes, 0x1d, API_ID_LEN);
    memset(asked.configuration.bytes, 0xc0, HASH_LEN);
    return 0;
}

static struct hash subject_of(void)
{
    struct api_certificate_subject subject = {
        .kind = (uint8_t)asked.kind,
        .account = asked.account,
        .id = asked.id,
        .not_after = asked.not_after,
        .configuration = asked.configuration,
    };
    struct hash hash;

    assert_ok(hash_of(&subject.spki, asked.spki));
    assert_ok(api_names_hash(NULL, 0, &subject.names));
    assert_ok(api_identity_hash(&rule, &subject.identity, NULL));
    assert_ok(hash_of(&subject.evidence, asked.evidence));
    assert_ok(api_subject_certificate(asked.salt, &subject, &hash));
    return hash;
}

/* With the leaf that is due. */
static STATUS certify(void)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_CERTIFY_MAX);
    struct api_leaf leaf = { .kind = API_LEAF_CERTIFICATE,
                             .time = scene.now,
                             .account = asked.account };
    struct reason why = { "" };

    leaf.subject = subject_of();
    assert_ok(scene_append(&scene, &leaf, asked.leaf));
    assert_ok(pkcs11_encode_certify(&asked, &body, &why));
    return scene_job(&scene, PKCS11_CERTIFY, buffer_bytes(&body));
}

static void assert_refused(struct status s, const char *part)
{
    assert_int_equal(s.code, STATUS_DENIED);
    if (!strstr(scene.why.text, part))
        print_error("%s\n", scene.why.text);
    assert_non_null(strstr(scene.why.text, part));
}

static struct hash nonce(void)
{
    struct hash made;
    assert_ok(scene_job(&scene, PKCS11_NONCE, bytes_of(NULL, 0)));
    assert_int_equal(scene.out.len, HASH_LEN);
    memcpy(made.bytes, scene.out.data, HASH_LEN);
    return made;
}

static void no_certificate_outlives_the_rules_age(void **state)
{
    (void)state;
    rule.terms.age_max = 86400;
    assert_ok(certify());
    rule.terms.age_max = 86399;
    assert_refused(
        certify(),
        "the rule lets evidence count for 86399 seconds, the certificate");
    asked.not_after--;
    assert_ok(certify());
}

static void a_nonce_that_is_demanded_must_be_there(void **state)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    struct hash spki;
    (void)state;
    rule.terms.nonce_demanded = 1;
    assert_refused(certify(), "the rule demands one");
    asked.nonce = nonce();
    assert_ok(certify());
    assert_ok(hash_of(&spki, asked.spki));
    assert_ok(ca_report_data_fresh(&spki, &asked.configuration, &asked.nonce,
                                   expected));
    assert_memory_equal(judge.report_data, expected, sizeof(expected));
    assert_true(hash_is_zero(&judge.nonce));
}

static void asks_about_a_nodes_word_under_its_own_root(void **state)
{
    static const unsigned char collateral[] = "{}";
    struct hash spki;
    (void)state;
    asked.binding.rule = CA_BINDS_VOUCHED;
    assert_ok(certify());
    assert_int_equal(judge.zone_len, worker.ca_certificate.len);
    assert_ok(hash_of(&spki, asked.spki));
    assert_true(hash_equal(&judge.word.spki, &spki));
    assert_true(hash_equal(&judge.word.configuration, &asked.configuration));
    assert_true(api_id_equal(&judge.word.account, &asked.account));

    asked.binding.rule = CA_BINDS_KEY; /* a platform's: no root is sent */
    assert_ok(certify());
    assert_int_equal(judge.zone_len, 0);

    asked.binding.rule = CA_BINDS_VOUCHED;
    asked.collateral = bytes_of(collateral, sizeof(collateral));
    assert_status(STATUS_INVALID, certify());
    assert_non_null(strstr(
        scene.why.text, "a node's word has neither collateral nor material"));
    asked.collateral = bytes_of(NULL, 0);
    asked.binding.material = bytes_of(collateral, sizeof(collateral));
    assert_status(STATUS_INVALID, certify());
    asked.binding.material = bytes_of(NULL, 0);
    judge.verdict = STATUS_DENIED;
    assert_refused(certify(), "chain:sig");
    judge.verdict = STATUS_OK;
}

static void a_nodes_word_has_no_place_for_a_nonce(void **state)
{
    (void)state;
    asked.binding.rule = CA_BINDS_VOUCHED;
    assert_ok(certify());
    rule.terms.nonce_demanded = 1;
    assert_refused(certify(), "the rule demands one");
    asked.nonce = nonce();
    assert_refused(certify(), "nonce: a node's word has no place for one");
    rule.terms.nonce_demanded = 0;
    asked.nonce = nonce();
    assert_refused(certify(), "nonce: a node's word has no place for one");
}

static void a_nonce_that_is_not_demanded_is_bound_all_the_same(void **state)
{
    (void)state;
    asked.nonce = nonce();
    assert_ok(certify());
    asked.nonce.bytes[31] ^= 1;
    assert_refused(certify(),
                   "nonce: not one that was made here since the last start");
}

static void every_byte_of_a_nonce_counts(void **state)
{
    (void)state;
    const struct hash good = nonce();
    for (size_t i = 0; i < HASH_LEN; i++) {
        asked.nonce = good;
        asked.nonce.bytes[i] ^= 0x10;
        assert_refused(
            certify(),
            "nonce: not one that was made here since the last start");
    }
    memset(asked.nonce.bytes, 0x5a, HASH_LEN);
    assert_refused(certify(),
                   "nonce: not one that was made here since the last start");
}

static void a_nonce_lives_for_two_minutes(void **state)
{
    (void)state;
    asked.nonce = nonce();
    scene.monotonic += HSM_NONCE_LIFE;
    assert_ok(certify());
    scene.monotonic += 1;
    assert_refused(certify(), "nonce: more than two minutes old");
    scene.monotonic -= HSM_NONCE_LIFE + 2; /* made in the future */
    assert_refused(certify(), "nonce: more than two minutes old");
}

static void a_nonce_ends_with_its_worker(void **state)
{
    (void)state;
    asked.nonce = nonce();
    hsm_nonces_free(TAKE(worker.nonces));
    assert_ok(hsm_nonces_new(&worker.nonces));
    assert_refused(certify(),
                   "nonce: not one that was made here since the last start");
}

static void no_nonce_is_made_twice(void **state)
{
    (void)state;
    const struct hash first = nonce(), second = nonce();
    assert_false(hash_equal(&first, &second));
    assert_status(STATUS_INVALID,
                  scene_job(&scene, PKCS11_NONCE, bytes_of_string("x")));
}

static void a_nitro_document_has_the_nonce_in_its_own_place(void **state)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    struct hash spki;
    (void)state;
    rule = (struct api_identity_rule){ .kind = API_KIND_NITRO,
                                       .tcb_mask = API_TCB_UP_TO_DATE,
                                       .anchor = scene.rule.anchor };
    for (size_t i = API_PCR0; i <= API_PCR2; i++)
        rule.nitro.pcr[i][0] = 1;
    asked.nonce = nonce();
    assert_ok(certify());
    assert_ok(hash_of(&spki, asked.spki));
    assert_ok(ca_report_data(&spki, &asked.configuration, expected));
    assert_memory_equal(judge.report_data, expected, sizeof(expected));
    assert_true(hash_equal(&judge.nonce, &asked.nonce));
}

static void collateral_goes_to_the_verifier_whole(void **state)
{
    static unsigned char much[PKCS11_COLLATERAL_MAX + 1];
    AUTO_CLEAR_BUFFER body = buffer_make(2 * PKCS11_CERTIFY_MAX);
    struct reason why = { "" };
    (void)state;
    asked.collateral = bytes_of(much, PKCS11_COLLATERAL_MAX);
    assert_ok(certify());
    assert_int_equal(judge.collateral_len, PKCS11_COLLATERAL_MAX);
    asked.collateral.len++;
    assert_status(STATUS_INVALID, pkcs11_encode_certify(&asked, &body, &why));
    assert_non_null(strstr(why.text, "the collateral is longer than"));
}

static void only_enclaves_have_collateral_and_nonces(void **state)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_CERTIFY_MAX);
    struct reason why = { "" };
    (void)state;
    asked.kind = CA_PERSON;
    asked.rule = NULL;
    asked.evidence = bytes_of(NULL, 0);
    memset(&asked.configuration, 0, sizeof(asked.configuration));
    asked.nonce.bytes[0] = 1;
    assert_ok(pkcs11_encode_certify(&asked, &body, &why));
    assert_status(STATUS_INVALID,
                  scene_job(&scene, PKCS11_CERTIFY, buffer_bytes(&body)));
    assert_non_null(strstr(scene.why.text,
                           "collateral, nonce and binding belong to enclaves"));
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_certificate_outlives_the_rules_age),
        TEST(a_nonce_that_is_demanded_must_be_there),
        TEST(asks_about_a_nodes_word_under_its_own_root),
        TEST(a_nodes_word_has_no_place_for_a_nonce),
        TEST(a_nonce_that_is_not_demanded_is_bound_all_the_same),
        TEST(every_byte_of_a_nonce_counts),
        TEST(a_nonce_lives_for_two_minutes),
        TEST(a_nonce_ends_with_its_worker),
        TEST(no_nonce_is_made_twice),
        TEST(a_nitro_document_has_the_nonce_in_its_own_place),
        TEST(collateral_goes_to_the_verifier_whole),
        TEST(only_enclaves_have_collateral_and_nonces),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
