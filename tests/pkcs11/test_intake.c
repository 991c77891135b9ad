/* A sealed credential opens only in the context it was made for, and nobody
 * learns why another one did not. */

#include "tests/support/check.h"

#include "pkcs11/rsa.h"
#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct api_sealed sealed;
static struct pkcs11_intake intake; /* valid, of a new version each time */

static const char refusal[] =
    "the sealed credential does not open in this context";

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
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

static int fresh(void **state)
{
    struct api_context context = scene.context;
    (void)state;
    assert_ok(api_id_random(&context.version));
    scene_seal(&scene, &context, &sealed);
    intake = (struct pkcs11_intake){ .context = context,
                                     .wrapped = buffer_bytes(&sealed.wrapped),
                                     .proof = sealed.proof };
    assert_ok(hash_of(&intake.blob, buffer_bytes(&sealed.blob)));
    return 0;
}

static int wipe(void **state)
{
    (void)state;
    api_sealed_clear(&sealed);
    return 0;
}

static void assert_one_refusal(void)
{
    size_t before = hsm_credentials_count(worker.credentials);
    assert_status(STATUS_DENIED, scene_intake(&scene, &intake));
    assert_string_equal(scene.why.text, refusal);
    assert_int_equal(scene.out.len, 0);
    assert_int_equal(hsm_credentials_count(worker.credentials), before);
}

static void keeps_the_key_of_a_valid_seal(void **state)
{
    size_t before = hsm_credentials_count(worker.credentials);
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_int_equal(hsm_credentials_count(worker.credentials), before + 1);
}

static void the_kept_key_has_no_use_and_no_way_out_but_wrapping(void **state)
{
    struct hash ctx;
    CK_OBJECT_HANDLE key;
    struct hsm_template t = { .count = 0 };
    unsigned char value[64];
    size_t len = 0;
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_ok(api_context_hash(&intake.context, &ctx));
    assert_ok(hsm_credentials_find(worker.credentials, &ctx, &key, &scene.why));
    hsm_credential_template(&t, &ctx);
    assert_ok(hsm_template_check(&scene.session, key, &t, "key", &scene.why));
    assert_true(failed(hsm_object_read(&scene.session, key, CKA_VALUE, value,
                                       sizeof(value), &len)));
}

static void refuses_a_wrong_proof(void **state)
{
    (void)state;
    intake.proof.bytes[31] ^= 1;
    assert_one_refusal();
}

static void refuses_another_blob(void **state)
{
    (void)state;
    intake.blob.bytes[0] ^= 1;
    assert_one_refusal();
}

static void refuses_another_account(void **state)
{
    (void)state;
    intake.context.account.bytes[0] ^= 1;
    assert_one_refusal();
}

static void refuses_another_dataset(void **state)
{
    (void)state;
    intake.context.dataset.bytes[0] ^= 1;
    assert_one_refusal();
}

static void refuses_another_version(void **state)
{
    (void)state;
    intake.context.version.bytes[0] ^= 1;
    assert_one_refusal();
}

static void refuses_another_owner(void **state)
{
    (void)state;
    intake.context.owner.bytes[0] ^= 1;
    assert_one_refusal();
}

static void refuses_garbage_instead_of_oaep(void **state)
{
    unsigned char garbage[384];
    (void)state;
    memset(garbage, 0x3c, sizeof(garbage));
    intake.wrapped = bytes_of(garbage, sizeof(garbage));
    assert_one_refusal();
}

static void refuses_a_wrapped_key_of_another_length(void **state)
{
    static const size_t lengths[] = { 0, 1, 256, 383, 385, 512 };
    unsigned char longer[512] = { 0 };
    (void)state;
    memcpy(longer, sealed.wrapped.data, sealed.wrapped.len);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        intake.wrapped = bytes_of(longer, lengths[i]);
        assert_one_refusal();
    }
}

static void refuses_every_flipped_bit_of_some_bytes(void **state)
{
    unsigned char changed[384];
    (void)state;
    assert_int_equal(sealed.wrapped.len, sizeof(changed));
    for (size_t i = 0; i < sizeof(changed); i += 97) {
        memcpy(changed, sealed.wrapped.data, sizeof(changed));
        changed[i] ^= (unsigned char)(1u << (i % 8));
        intake.wrapped = bytes_of(changed, sizeof(changed));
        assert_one_refusal();
    }
}

static void refuses_a_second_key_for_one_version(void **state)
{
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_status(STATUS_CONFLICT, scene_intake(&scene, &intake));
}

static void refuses_the_ccm_class(void **state)
{
    (void)state;
    intake.context.flags = API_CLASS_CCM;
    assert_status(STATUS_INVALID, scene_intake(&scene, &intake));
    assert_string_equal(scene.why.text,
                        "only credentials of the signed class arrive sealed");
}

static void finds_the_keys_again_in_the_next_generation(void **state)
{
    struct hsm_credentials *again = NULL;
    struct hash ctx;
    CK_OBJECT_HANDLE key;
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_ok(hsm_credentials_open(&scene.session, &again, &scene.why));
    assert_int_equal(hsm_credentials_count(again),
                     hsm_credentials_count(worker.credentials));
    assert_ok(api_context_hash(&intake.context, &ctx));
    assert_ok(hsm_credentials_find(again, &ctx, &key, &scene.why));
    hsm_credentials_free(again);
}

static void a_version_with_two_keys_is_not_used(void **state)
{
    struct hsm_credentials *again = NULL;
    struct hash ctx;
    CK_OBJECT_HANDLE key, second;
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_ok(api_context_hash(&intake.context, &ctx));
    CK_OBJECT_HANDLE opened;
    assert_ok(hsm_intake_open(&scene.session, worker.keys.handle[HSM_INTAKE],
                              &intake, &ctx, &opened, &scene.why));
    assert_ok(hsm_intake_keep(&scene.session, opened, &ctx, &second));
    assert_ok(hsm_credentials_open(&scene.session, &again, &scene.why));
    assert_status(STATUS_CORRUPT,
                  hsm_credentials_find(again, &ctx, &key, &scene.why));
    assert_string_equal(scene.why.text,
                        "the token has two keys for this credential");
    hsm_credentials_free(again);

    AUTO_CLEAR_BUFFER body = buffer_make(128);
    pkcs11_put_context(&body, &intake.context);
    assert_ok(scene_job(&scene, PKCS11_ERASE, buffer_bytes(&body)));
    assert_ok(hsm_credentials_open(&scene.session, &again, &scene.why));
    assert_status(STATUS_NOT_FOUND,
                  hsm_credentials_find(again, &ctx, &key, &scene.why));
    assert_string_equal(scene.why.text,
                        "the token has no key for this credential");
    hsm_credentials_free(again);
}

/* CKA_UNWRAP_TEMPLATE: even with the PIN, K cannot be unwrapped readable. */
static void nobody_unwraps_a_key_that_could_be_read(void **state)
{
    static CK_RSA_PKCS_OAEP_PARAMS oaep = { .hashAlg = CKM_SHA_1,
                                            .mgf = CKG_MGF1_SHA1,
                                            .source = CKZ_DATA_SPECIFIED };
    static CK_KEY_TYPE aes = CKK_AES;
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct hsm_template t = { .count = 0 };
        CK_OBJECT_HANDLE key;
        hsm_template_secret(&t, &aes, CKA_DERIVE);
        hsm_template_place(&t, false, true);
        hsm_template_flag(&t, CKA_SENSITIVE, i == 1);
        hsm_template_flag(&t, CKA_EXTRACTABLE, i > 0);
        assert_true(failed(CALL(&scene.session, C_UnwrapKey, &mechanism,
                                worker.keys.handle[HSM_INTAKE],
                                (CK_BYTE_PTR)(uintptr_t)intake.wrapped.at,
                                intake.wrapped.len, t.rows, t.count, &key)));
        assert_ok(hsm_session_renew(&scene.session));
    }
}

static void nobody_makes_a_readable_copy_of_the_kept_key(void **state)
{
    struct hash ctx;
    CK_OBJECT_HANDLE key, copy;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE readable = { CKA_SENSITIVE, &no, sizeof(no) };
    CK_ATTRIBUTE derives = { CKA_DERIVE, &yes, sizeof(yes) };
    CK_ATTRIBUTE encrypts = { CKA_ENCRYPT, &yes, sizeof(yes) };
    CK_ATTRIBUTE *tries[] = { &readable, &derives, &encrypts };
    (void)state;
    assert_ok(scene_intake(&scene, &intake));
    assert_ok(api_context_hash(&intake.context, &ctx));
    assert_ok(hsm_credentials_find(worker.credentials, &ctx, &key, &scene.why));
    for (size_t i = 0; i < 3; i++) {
        assert_true(failed(
            CALL(&scene.session, C_SetAttributeValue, key, tries[i], 1)));
        assert_true(failed(
            CALL(&scene.session, C_CopyObject, key, tries[i], 1, &copy)));
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fresh, wipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keeps_the_key_of_a_valid_seal),
        CASE(the_kept_key_has_no_use_and_no_way_out_but_wrapping),
        CASE(refuses_a_wrong_proof),
        CASE(refuses_another_blob),
        CASE(refuses_another_account),
        CASE(refuses_another_dataset),
        CASE(refuses_another_version),
        CASE(refuses_another_owner),
        CASE(refuses_garbage_instead_of_oaep),
        CASE(refuses_a_wrapped_key_of_another_length),
        CASE(refuses_every_flipped_bit_of_some_bytes),
        CASE(refuses_a_second_key_for_one_version),
        CASE(refuses_the_ccm_class),
        CASE(finds_the_keys_again_in_the_next_generation),
        CASE(a_version_with_two_keys_is_not_used),
        CASE(nobody_unwraps_a_key_that_could_be_read),
        CASE(nobody_makes_a_readable_copy_of_the_kept_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
