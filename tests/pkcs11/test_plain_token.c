/* What the keys of the CCM class are on the token, and how long. */

#include "tests/support/check.h"

#include "pkcs11/plain.h"
#include "pkcs11/rsa.h"
#include "pkcs11/selftest.h"
#include "tests/pkcs11/plain_scene.h"

static CK_OBJECT_HANDLE key_of(const struct api_context *of)
{
    struct hash ctx;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    assert_ok(api_context_hash(of, &ctx));
    assert_ok(
        hsm_credentials_find(p.worker.credentials, &ctx, &key, &p.scene.why));
    return key;
}

/* Whoever has the PIN can neither wrap the one kind nor open with the other:
 * the token says so. */
static void the_token_itself_keeps_them_apart(void **state)
{
    AUTO_CLEAR_BUFFER out = buffer_make(1024);
    struct hash ctx;
    (void)state;
    assert_ok(api_context_hash(&p.context, &ctx));
    assert_true(failed(hsm_wrap(&p.scene.session, key_of(&p.context),
                                ca_key_public(p.scene.enclave), &out)));
    assert_int_equal(out.len, 0);
    assert_ok(hsm_session_renew(&p.scene.session));
    assert_ok(api_context_hash(&p.scene.context, &ctx));
    assert_true(
        failed(hsm_plain_open(&p.scene.session, key_of(&p.scene.context), &ctx,
                              buffer_bytes(&p.scene.sealed.blob), &out)));
    assert_int_equal(out.len, 0);
    assert_ok(hsm_session_renew(&p.scene.session));
}

static void the_kept_key_opens_and_does_nothing_else(void **state)
{
    struct hash ctx;
    CK_MECHANISM_TYPE gcm = CKM_AES_GCM;
    static unsigned char nonce[12];
    CK_GCM_PARAMS params = { nonce, 12, 96, NULL, 0, 128 };
    CK_MECHANISM mechanism = { gcm, &params, sizeof(params) };
    unsigned char value[64];
    size_t len = 0;
    (void)state;
    assert_ok(api_context_hash(&p.context, &ctx));
    assert_ok(hsm_plain_check(&p.scene.session, key_of(&p.context), &ctx,
                              &p.scene.why));
    assert_true(failed(hsm_object_read(&p.scene.session, key_of(&p.context),
                                       CKA_VALUE, value, sizeof(value), &len)));
    assert_true(failed(
        CALL(&p.scene.session, C_EncryptInit, &mechanism, key_of(&p.context))));
    assert_ok(hsm_session_renew(&p.scene.session));
}

static void finds_the_keys_of_both_classes_again(void **state)
{
    struct hsm_credentials *again = NULL;
    CK_OBJECT_HANDLE key;
    struct hash plain, sealed;
    (void)state;
    assert_ok(api_context_hash(&p.context, &plain));
    assert_ok(api_context_hash(&p.scene.context, &sealed));
    assert_ok(hsm_credentials_open(&p.scene.session, &again, &p.scene.why));
    assert_ok(hsm_credentials_find(again, &plain, &key, &p.scene.why));
    assert_ok(hsm_credentials_find(again, &sealed, &key, &p.scene.why));
    assert_int_equal(hsm_credentials_count(again),
                     hsm_credentials_count(p.worker.credentials));
    hsm_credentials_free(again);
}

static size_t keys_on_the_token(void)
{
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE found[2];
    struct hash ctx;
    size_t count = 3;
    assert_ok(api_context_hash(&p.context, &ctx));
    hsm_plain_template(&t, &ctx);
    assert_ok(hsm_object_find(&p.scene.session, &t, found, 2, &count));
    return count;
}

static void is_gone_after_it_was_erased(void **state)
{
    AUTO_CLEAR_BUFFER body = buffer_make(128);
    (void)state;
    assert_int_equal(keys_on_the_token(), 1);
    pkcs11_put_context(&body, &p.context);
    assert_ok(scene_job(&p.scene, PKCS11_ERASE, buffer_bytes(&body)));
    assert_status(STATUS_NOT_FOUND, plain_release());
    assert_int_equal(keys_on_the_token(), 0);
}

/* A token without AES-GCM is found out at the start, not by a client. */
static CK_RV no_gcm(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                    CK_OBJECT_HANDLE key)
{
    (void)session, (void)mechanism, (void)key;
    return CKR_MECHANISM_INVALID;
}

static void the_start_tries_it(void **state)
{
    CK_FUNCTION_LIST *real = p.scene.session.calls, poor = *real;
    (void)state;
    assert_ok(hsm_selftest_plain(&p.scene.session, &p.scene.why));
    poor.C_EncryptInit = no_gcm;
    p.scene.session.calls = &poor;
    assert_status(STATUS_UNAVAILABLE,
                  hsm_selftest_plain(&p.scene.session, &p.scene.why));
    p.scene.session.calls = real;
    assert_non_null(
        strstr(p.scene.why.text,
               "the token does not seal with a key of its own (AES-GCM) ("));
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, plain_fresh, plain_wipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_token_itself_keeps_them_apart),
        CASE(the_kept_key_opens_and_does_nothing_else),
        CASE(finds_the_keys_of_both_classes_again),
        CASE(is_gone_after_it_was_erased),
        CASE(the_start_tries_it),
    };
    return cmocka_run_group_tests(tests, plain_begin, plain_end);
}
