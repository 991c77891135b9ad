/* Every way in which a release is refused, one change each; and the one in
 * which it is not. */

#include "tests/support/check.h"

#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct api_context original; /* the scene's, as it was made */

static int set_up(void **state)
{
    char said[2048];
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, said, sizeof(said)), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    original = scene.context;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    scene.now = scene.start * 1000;
    scene.owner.changes = 0;
    scene.context = original;
    scene_reset(&scene);
    return 0;
}

static void assert_refused(struct status s, const char *text)
{
    if (s.code != STATUS_DENIED || !strstr(scene.why.text, text))
        print_error("%s: %s\n", status_name(s.code), scene.why.text);
    assert_status(STATUS_DENIED, s);
    assert_non_null(strstr(scene.why.text, text));
    assert_int_equal(scene.out.len, 0);
}

static void gives_the_enclave_the_key_of_exactly_that_credential(void **state)
{
    struct secret *text = NULL;
    (void)state;
    assert_ok(scene_release(&scene, NULL));
    scene_open(&scene, &text);
    assert_string_equal((const char *)secret_expose(text).at,
                        "a credential's bytes");
    secret_free(text);
}

static void refuses_a_leaf_that_was_not_appended(void **state)
{
    (void)state;
    scene.skip_append = true;
    assert_refused(scene_release(&scene, NULL),
                   "was not appended in this generation");
}

static void refuses_a_leaf_a_second_time(void **state)
{
    AUTO_CLEAR_BUFFER asked = buffer_make(16 * 1024);
    (void)state;
    assert_ok(scene_release(&scene, &asked));
    assert_refused(scene_job(&scene, PKCS11_RELEASE, buffer_bytes(&asked)),
                   "was performed already");
}

static void refuses_a_leaf_after_a_minute(void **state)
{
    (void)state;
    scene.delay = HSM_LEAF_LIFE + 1;
    assert_refused(scene_release(&scene, NULL),
                   "was appended more than 60 s ago");
    scene.delay = HSM_LEAF_LIFE;
    assert_ok(scene_release(&scene, NULL));
}

static void refuses_a_leaf_with_another_subject(void **state)
{
    (void)state;
    scene.wrong_subject = true;
    assert_refused(scene_release(&scene, NULL),
                   "has another subject than what is asked");
}

static void refuses_a_leaf_of_another_kind(void **state)
{
    (void)state;
    scene.leaf.kind = API_LEAF_CHANGE;
    assert_refused(scene_release(&scene, NULL),
                   "leaf 5 is not of kind release");
}

/* Else the owners would never find it in their part of the log. */
static void refuses_a_leaf_filed_under_another_account(void **state)
{
    (void)state;
    scene.leaf.account.bytes[0] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "is filed under another account");
}

static void refuses_a_certificate_of_another_authority(void **state)
{
    (void)state;
    scene.other_ca = true;
    assert_status(STATUS_DENIED, scene_release(&scene, NULL));
    assert_int_equal(scene.out.len, 0);
}

static void refuses_a_person(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    scene.statement = (struct ca_statement){ .kind = CA_PERSON };
    scene.statement.account = scene.context.account;
    memset(scene.statement.id.bytes, 0x77, API_ID_LEN);
    scene.spki = ca_spki(ca_key_public(key));
    assert_refused(scene_release(&scene, NULL), "not an enclave's");
    ca_key_free(key);
}

static void refuses_an_expired_certificate(void **state)
{
    (void)state;
    scene.not_before = scene.start - 7200;
    scene.not_after = scene.start - 1;
    assert_refused(scene_release(&scene, NULL), "the certificate has expired");
}

static void refuses_a_certificate_of_the_future(void **state)
{
    (void)state;
    scene.not_before = scene.start + 1;
    assert_refused(scene_release(&scene, NULL), "certificate is not valid yet");
}

static void refuses_another_configuration(void **state)
{
    (void)state;
    scene.grant.configuration.bytes[5] ^= 1;
    assert_refused(
        scene_release(&scene, NULL),
        "the certificate is for another configuration than the grant");
}

static void refuses_another_identity(void **state)
{
    (void)state;
    scene.grant.identity.bytes[5] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "the certificate is for another program identity than");
}

static void refuses_a_certificate_of_another_account(void **state)
{
    (void)state;
    scene.statement.account.bytes[3] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "the certificate is for another account");
}

static void refuses_a_grant_for_another_dataset(void **state)
{
    (void)state;
    scene.grant.dataset.bytes[15] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "the grant is for another dataset");
}

static void refuses_a_grant_for_another_account(void **state)
{
    (void)state;
    scene.grant.account.bytes[0] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "the grant is for another account");
}

static void refuses_a_grant_by_another_owner(void **state)
{
    (void)state;
    scene.grant.owner.bytes[0] ^= 1;
    assert_refused(scene_release(&scene, NULL),
                   "the grant is by another owner");
}

static void refuses_an_expired_grant(void **state)
{
    (void)state;
    scene.grant.not_after = scene.start - 1;
    assert_refused(scene_release(&scene, NULL), "the grant has expired");
}

static void refuses_a_grant_of_the_future(void **state)
{
    (void)state;
    scene.grant.not_before = scene.start + 1;
    assert_refused(scene_release(&scene, NULL), "the grant is not valid yet");
}

static void refuses_a_grant_signed_by_someone_else(void **state)
{
    struct api_key *stranger = NULL;
    (void)state;
    assert_ok(api_key_generate(&stranger));
    scene.grant_key = stranger;
    assert_refused(scene_release(&scene, NULL),
                   "the grant is not signed by the owner's current key");
    api_key_free(stranger);
}

static void refuses_the_recovery_key_for_grants(void **state)
{
    (void)state;
    scene.grant_key = scene.recovery_key;
    assert_refused(scene_release(&scene, NULL),
                   "the grant is not signed by the owner's current key");
}

static void refuses_an_owner_who_is_not_the_credentials(void **state)
{
    struct api_spki first = scene.owner.first;
    struct api_key *stranger = NULL;
    (void)state;
    assert_ok(api_key_generate(&stranger));
    scene.owner.first = api_key_signer(stranger).key;
    scene.grant_key = stranger;
    assert_refused(scene_release(&scene, NULL),
                   "the owner's keys are not those of the credential");
    scene.owner.first = first;
    api_key_free(stranger);
}

static void follows_the_owner_to_a_new_key(void **state)
{
    struct api_key *next = NULL;
    (void)state;
    assert_ok(api_key_generate(&next));
    struct api_spki next_spki = api_key_signer(next).key;
    struct api_signer owner = api_key_signer(scene.owner_key);
    assert_ok(api_owner_change(&scene.owner, &next_spki, &owner, &scene.why));
    assert_refused(scene_release(&scene, NULL),
                   "the grant is not signed by the owner's current key");
    scene.grant_key = next;
    assert_ok(scene_release(&scene, NULL));
    api_key_free(next);
}

static void refuses_a_broken_chain_of_keys(void **state)
{
    struct api_key *next = NULL;
    (void)state;
    assert_ok(api_key_generate(&next));
    struct api_spki next_spki = api_key_signer(next).key;
    struct api_signer owner = api_key_signer(scene.owner_key);
    assert_ok(api_owner_change(&scene.owner, &next_spki, &owner, &scene.why));
    scene.owner.chain[0].signature.bytes[40] ^= 1;
    scene.grant_key = next;
    assert_refused(scene_release(&scene, NULL), "1");
    api_key_free(next);
}

static void refuses_every_key_but_rsa_3072_and_4096(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    scene.spki = ca_spki(ca_key_public(key));
    assert_refused(scene_release(&scene, NULL),
                   "a sealed release needs an RSA key of 3072 or 4096");
    ca_key_free(key);
}

static void refuses_credentials_of_the_ccm_class(void **state)
{
    (void)state;
    scene.context.flags = API_CLASS_CCM;
    memset(&scene.context.owner, 0, sizeof(scene.context.owner));
    assert_refused(scene_release(&scene, NULL), "signed class");
}

static void refuses_a_version_that_was_never_brought(void **state)
{
    (void)state;
    scene.context.version.bytes[0] ^= 1;
    assert_status(STATUS_NOT_FOUND, scene_release(&scene, NULL));
}

static void refuses_a_message_with_a_byte_too_much(void **state)
{
    AUTO_CLEAR_BUFFER asked = buffer_make(16 * 1024);
    (void)state;
    assert_ok(scene_release(&scene, &asked));
    buffer_put_u8(&asked, 0);
    assert_status(STATUS_INVALID,
                  scene_job(&scene, PKCS11_RELEASE, buffer_bytes(&asked)));
}

/* Erasing is the withdrawal that holds against a compromised broker. */
static void refuses_after_the_key_was_erased(void **state)
{
    AUTO_CLEAR_BUFFER body = buffer_make(128);
    (void)state;
    assert_ok(scene_release(&scene, NULL));
    pkcs11_put_context(&body, &scene.context);
    assert_ok(scene_job(&scene, PKCS11_ERASE, buffer_bytes(&body)));
    assert_status(STATUS_NOT_FOUND, scene_release(&scene, NULL));
    assert_ok(scene_job(&scene, PKCS11_ERASE, buffer_bytes(&body)));
}

#define CASE(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gives_the_enclave_the_key_of_exactly_that_credential),
        CASE(refuses_a_leaf_that_was_not_appended),
        CASE(refuses_a_leaf_a_second_time),
        CASE(refuses_a_leaf_after_a_minute),
        CASE(refuses_a_leaf_with_another_subject),
        CASE(refuses_a_leaf_of_another_kind),
        CASE(refuses_a_leaf_filed_under_another_account),
        CASE(refuses_a_certificate_of_another_authority),
        CASE(refuses_a_person),
        CASE(refuses_an_expired_certificate),
        CASE(refuses_a_certificate_of_the_future),
        CASE(refuses_another_configuration),
        CASE(refuses_another_identity),
        CASE(refuses_a_certificate_of_another_account),
        CASE(refuses_a_grant_for_another_dataset),
        CASE(refuses_a_grant_for_another_account),
        CASE(refuses_a_grant_by_another_owner),
        CASE(refuses_an_expired_grant),
        CASE(refuses_a_grant_of_the_future),
        CASE(refuses_a_grant_signed_by_someone_else),
        CASE(refuses_the_recovery_key_for_grants),
        CASE(refuses_an_owner_who_is_not_the_credentials),
        CASE(follows_the_owner_to_a_new_key),
        CASE(refuses_a_broken_chain_of_keys),
        CASE(refuses_every_key_but_rsa_3072_and_4096),
        CASE(refuses_credentials_of_the_ccm_class),
        CASE(refuses_a_version_that_was_never_brought),
        CASE(refuses_a_message_with_a_byte_too_much),
        CASE(refuses_after_the_key_was_erased), /* last: the key is gone */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
