/* The ceremony, on a real token: what it makes, and what it refuses. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "pkcs11/ceremony.h"
#include "pkcs11/rsa.h"
#include "tests/pkcs11/stage.h"

static struct stage stage; /* with a ceremony held once, for most tests */
static char said[4096];
static struct hsm_worker worker;

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, said, sizeof(said)), 0);
    stage_worker(&stage, &worker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

static CK_BBOOL flag_of(enum hsm_key key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 9;
    size_t len = 0;
    assert_ok(hsm_object_read(&worker.session, worker.keys.handle[key], type,
                              &value, sizeof(value), &len));
    assert_int_equal(len, sizeof(value));
    return value;
}

static void every_key_is_sensitive_stays_and_cannot_be_changed(void **state)
{
    (void)state;
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        assert_int_equal(flag_of(key, CKA_TOKEN), CK_TRUE);
        assert_int_equal(flag_of(key, CKA_PRIVATE), CK_TRUE);
        assert_int_equal(flag_of(key, CKA_SENSITIVE), CK_TRUE);
        assert_int_equal(flag_of(key, CKA_ALWAYS_SENSITIVE), CK_TRUE);
        assert_int_equal(flag_of(key, CKA_EXTRACTABLE), CK_FALSE);
        assert_int_equal(flag_of(key, CKA_NEVER_EXTRACTABLE), CK_TRUE);
        assert_int_equal(flag_of(key, CKA_MODIFIABLE), CK_FALSE);
        assert_int_equal(flag_of(key, CKA_COPYABLE), CK_FALSE);
        assert_int_equal(flag_of(key, CKA_LOCAL), CK_TRUE);
    }
}

static void every_key_has_one_use(void **state)
{
    static const CK_ATTRIBUTE_TYPE uses[] = { CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP,
                                              CKA_DERIVE };
    static const CK_ATTRIBUTE_TYPE sole[HSM_KEYS] = { CKA_SIGN, CKA_SIGN,
                                                      CKA_UNWRAP, CKA_SIGN,
                                                      CKA_DERIVE };
    (void)state;
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++)
        for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
            assert_int_equal(flag_of(key, uses[i]), uses[i] == sole[key]);
    assert_int_equal(flag_of(HSM_STORE, CKA_VERIFY), CK_FALSE);
    assert_int_equal(flag_of(HSM_STORE, CKA_WRAP), CK_FALSE);
    assert_int_equal(flag_of(HSM_ROOT, CKA_ENCRYPT), CK_FALSE);
    assert_int_equal(flag_of(HSM_ROOT, CKA_WRAP), CK_FALSE);
}

static void every_key_has_one_mechanism(void **state)
{
    static const CK_MECHANISM_TYPE sole[HSM_KEYS] = {
        CKM_ECDSA, CKM_ECDSA, CKM_RSA_PKCS_OAEP, CKM_SHA256_HMAC,
        CKM_AES_ECB_ENCRYPT_DATA
    };
    (void)state;
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        CK_MECHANISM_TYPE allowed[4];
        size_t len = 0;
        assert_ok(hsm_object_read(&worker.session, worker.keys.handle[key],
                                  CKA_ALLOWED_MECHANISMS, allowed,
                                  sizeof(allowed), &len));
        assert_int_equal(len, sizeof(allowed[0]));
        assert_int_equal(allowed[0], sole[key]);
    }
}

static void a_key_does_nothing_but_its_own_mechanism(void **state)
{
    CK_MECHANISM hash_and_sign = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_MECHANISM hmac = { CKM_SHA512_HMAC, NULL, 0 };
    CK_MECHANISM decrypt = { CKM_RSA_PKCS, NULL, 0 };
    struct hsm_session session;
    (void)state;

    assert_ok(hsm_session_open(worker.token, &session));
    assert_true(failed(CALL(&session, C_SignInit, &hash_and_sign,
                            worker.keys.handle[HSM_CA])));
    assert_true(failed(
        CALL(&session, C_SignInit, &hmac, worker.keys.handle[HSM_STORE])));
    assert_true(failed(CALL(&session, C_DecryptInit, &decrypt,
                            worker.keys.handle[HSM_INTAKE])));
    hsm_session_clear(&session);
}

static void the_user_cannot_loosen_a_key_later(void **state)
{
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE extractable = { CKA_EXTRACTABLE, &yes, sizeof(yes) };
    CK_ATTRIBUTE decrypt = { CKA_DECRYPT, &yes, sizeof(yes) };
    CK_OBJECT_HANDLE copy;
    (void)state;

    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        CK_OBJECT_HANDLE handle = worker.keys.handle[key];
        assert_true(failed(CALL(&worker.session, C_SetAttributeValue, handle,
                                &extractable, 1)));
        assert_true(failed(
            CALL(&worker.session, C_SetAttributeValue, handle, &decrypt, 1)));
        assert_true(failed(
            CALL(&worker.session, C_CopyObject, handle, NULL, 0, &copy)));
    }
}

static void it_prints_what_others_pin(void **state)
{
    char hex[2 * HASH_LEN + 1];
    struct hash hash;
    (void)state;
    assert_non_null(strstr(said, "store "));
    assert_non_null(strstr(said, "RSA-OAEP-SHA1"));
    assert_ok(api_spki_hash(&worker.ca_key, &hash));
    for (size_t i = 0; i < HASH_LEN; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
    assert_non_null(strstr(said, hex));
    assert_ok(api_spki_hash(&worker.log_key, &hash));
    for (size_t i = 0; i < HASH_LEN; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
    assert_non_null(strstr(said, hex));
}

static void nothing_of_the_self_test_stays_on_the_token(void **state)
{
    (void)state;
    assert_int_equal(hsm_credentials_count(worker.credentials), 0);
}

static void a_second_ceremony_is_refused(void **state)
{
    char again[1024];
    (void)state;
    assert_int_equal(stage_init(&stage, again, sizeof(again)), 1);
    assert_non_null(strstr(again, "had its ceremony"));
}

/* Without the files too: the token alone remembers. */
static void a_token_that_has_keys_is_refused(void **state)
{
    struct stage other;
    char text[1024];
    (void)state;
    stage_make(&other, "");
    assert_int_equal(stage_init(&other, text, sizeof(text)), 0);
    assert_int_equal(unlink(stage_file(&other, "state/frontier")), 0);
    assert_int_equal(unlink(stage_file(&other, "state/ca.pem")), 0);
    assert_int_equal(unlink(stage_file(&other, "state/intake.pem")), 0);
    assert_int_equal(stage_init(&other, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "accord keys already: it had its"));
    stage_clear(&other);
}

static void a_failed_ceremony_leaves_a_token_that_can_have_one(void **state)
{
    struct stage other;
    char text[1024];
    (void)state;
    stage_make(&other, "");
    /* Writing ca.pem fails after the keys were made: its name is taken by
     * something that cannot be replaced by a file. */
    assert_int_equal(mkdir(stage_file(&other, "state/.x"), 0700), 0);
    assert_int_equal(rmdir(stage_file(&other, "state/.x")), 0);
    assert_int_equal(
        symlink("nowhere/at/all", stage_file(&other, "state/frontier")), 0);
    assert_int_equal(stage_init(&other, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "frontier"));
    assert_int_equal(unlink(stage_file(&other, "state/frontier")), 0);
    assert_int_equal(access(stage_file(&other, "state/ca.pem"), F_OK), -1);
    assert_int_equal(stage_init(&other, text, sizeof(text)), 0);
    stage_clear(&other);
}

static void a_wrong_pin_is_named(void **state)
{
    struct stage other;
    char text[1024];
    (void)state;
    stage_make(&other, "");
    assert_ok(file_write(stage_file(&other, "pin"),
                         bytes_of_string("wrong-pin"), 0400));
    assert_int_equal(stage_init(&other, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "the token refuses the PIN (0x"));
    stage_clear(&other);
}

static void a_pin_file_that_others_can_read_is_refused(void **state)
{
    struct stage other;
    char text[1024];
    (void)state;
    stage_make(&other, "");
    assert_int_equal(chmod(stage_file(&other, "pin"), 0644), 0);
    assert_int_equal(stage_init(&other, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "can be read by others: chmod 0400"));
    stage_clear(&other);
}

static void a_missing_token_is_explained(void **state)
{
    struct stage other;
    char text[1024];
    (void)state;
    stage_make(&other, "");
    AUTO_CLEAR_BUFFER config = buffer_make(8192);
    assert_ok(file_read(other.config_path, &config));
    buffer_put_string(&config, "");
    /* The label is set in a section that the file has once. */
    char *whole = buffer_string(&config);
    assert_non_null(whole);
    AUTO_CLEAR_BUFFER changed = buffer_make(8192);
    buffer_put_string(&changed, "[token]\nlabel = elsewhere\n");
    buffer_put_string(&changed, whole + strlen("[token]\n"));
    free(whole);
    assert_ok(file_write(other.config_path, buffer_bytes(&changed), 0600));
    assert_int_equal(stage_init(&other, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "no initialised token with label elsewhere; "
                                 "make one with: softhsm2-util"));
    assert_non_null(strstr(text, "elsewhere"));
    stage_clear(&other);
}

static void the_certificates_belong_to_the_keys(void **state)
{
    struct ca_root root;
    struct ca_facts intake;
    struct reason why = { "" };
    (void)state;
    assert_ok(ca_root_read(buffer_bytes(&worker.ca_certificate), &root, &why));
    assert_ok(ca_certificate_read(buffer_bytes(&worker.intake_certificate),
                                  &intake, &why));
    assert_int_equal(intake.statement.kind, CA_INTAKE);
    assert_int_equal(intake.key.bits, 3072);
    assert_ok(ca_chain_verify(buffer_bytes(&worker.intake_certificate),
                              buffer_bytes(&worker.ca_certificate),
                              intake.not_before + 60, CA_FOR_INTAKE, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_sensitive_stays_and_cannot_be_changed),
        cmocka_unit_test(every_key_has_one_use),
        cmocka_unit_test(every_key_has_one_mechanism),
        cmocka_unit_test(a_key_does_nothing_but_its_own_mechanism),
        cmocka_unit_test(the_user_cannot_loosen_a_key_later),
        cmocka_unit_test(it_prints_what_others_pin),
        cmocka_unit_test(nothing_of_the_self_test_stays_on_the_token),
        cmocka_unit_test(a_second_ceremony_is_refused),
        cmocka_unit_test(a_token_that_has_keys_is_refused),
        cmocka_unit_test(a_failed_ceremony_leaves_a_token_that_can_have_one),
        cmocka_unit_test(a_wrong_pin_is_named),
        cmocka_unit_test(a_pin_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_missing_token_is_explained),
        cmocka_unit_test(the_certificates_belong_to_the_keys),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
