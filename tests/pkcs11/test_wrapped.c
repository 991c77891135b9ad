/* Placement "wrapped": the keys of credentials lie outside the token, and are
 * worth nothing without it, nor to anything but their own credential. */

#include "tests/support/check.h"

#include "pkcs11/wrapped.h"
#include "tests/pkcs11/plain_scene.h"

static int begin(void **state)
{
    (void)state;
    return plain_begin_with("[credentials]\nplacement = wrapped\n");
}

static void assert_opens(void)
{
    AUTO_FREE(secret) text = NULL;
    assert_ok(scene_release(&p.scene, NULL));
    scene_open(&p.scene, &text);
    assert_string_equal((const char *)secret_expose(text).at,
                        "a credential's bytes");
}

static void assert_refused(enum status_code code, struct status s)
{
    assert_status(code, s);
    assert_int_equal(p.scene.out.len, 0);
}

static void keeps_nothing_on_the_token(void **state)
{
    (void)state;
    assert_int_equal(p.scene.kept.len, PKCS11_KEPT_LEN);
    assert_int_equal(p.blob.len,
                     PLAIN_TEXT.len + API_SEAL_TAG_LEN + PKCS11_KEPT_LEN);
    assert_int_equal(0, hsm_credentials_count(p.worker.credentials));
}

static void gives_the_enclave_the_key_of_its_credential(void **state)
{
    (void)state;
    assert_opens();
    assert_opens();
}

static void gives_back_what_came_in_clear(void **state)
{
    (void)state;
    assert_ok(plain_release());
    assert_true(bytes_equal(buffer_bytes(&p.scene.out), PLAIN_TEXT));
}

/* An operator may change his mind: what was kept stays good. */
static void opens_what_was_kept_under_another_setting(void **state)
{
    (void)state;
    p.worker.settings.wrapped = false;
    assert_opens();
    assert_ok(plain_release());
    p.worker.settings.wrapped = true;
}

static void refuses_a_kept_key_with_any_byte_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PKCS11_KEPT_LEN; i++) {
        p.scene.kept.data[i] ^= 1;
        assert_refused(STATUS_CORRUPT, scene_release(&p.scene, NULL));
        assert_string_equal(p.scene.why.text,
                            "the kept key of this credential does not open on "
                            "this token");
        p.scene.kept.data[i] ^= 1;
    }
    assert_opens();
}

static void refuses_a_kept_key_of_another_length(void **state)
{
    (void)state;
    for (size_t len = 1; len < PKCS11_KEPT_LEN; len++) {
        p.scene.kept.len = len;
        assert_refused(STATUS_CORRUPT, scene_release(&p.scene, NULL));
    }
    p.scene.kept.len = 0; /* none: then the token should have it */
    assert_refused(STATUS_NOT_FOUND, scene_release(&p.scene, NULL));
    p.scene.kept.len = PKCS11_KEPT_LEN;
    assert_opens();
}

/* Another version, dataset or account is another ctx: its key is not this. */
static void refuses_the_kept_key_of_another_credential(void **state)
{
    struct api_context other = p.scene.context;
    struct api_sealed sealed;
    struct pkcs11_intake intake = { .context = { .flags = 0 } };
    AUTO_CLEAR_BUFFER mine = buffer_make(PKCS11_KEPT_LEN);
    (void)state;
    assert_ok(api_id_random(&other.version));
    scene_seal(&p.scene, &other, &sealed);
    intake.context = other;
    intake.wrapped = buffer_bytes(&sealed.wrapped);
    intake.proof = sealed.proof;
    assert_ok(hash_of(&intake.blob, buffer_bytes(&sealed.blob)));
    assert_ok(scene_intake(&p.scene, &intake));
    api_sealed_clear(&sealed);

    buffer_put(&mine, buffer_bytes(&p.scene.kept));
    memcpy(p.scene.kept.data, p.scene.out.data, PKCS11_KEPT_LEN);
    assert_refused(STATUS_CORRUPT, scene_release(&p.scene, NULL));
    memcpy(p.scene.kept.data, mine.data, PKCS11_KEPT_LEN);
    assert_opens();
}

static void refuses_a_plain_blob_with_a_changed_key_behind_it(void **state)
{
    size_t first = p.blob.len - PKCS11_KEPT_LEN;
    (void)state;
    for (size_t i = first; i < p.blob.len; i++) {
        p.blob.data[i] ^= 1;
        assert_refused(STATUS_NOT_FOUND, plain_release());
        p.blob.data[i] ^= 1;
    }
    for (size_t i = 0; i < first; i++) {
        p.blob.data[i] ^= 1;
        assert_refused(STATUS_CORRUPT, plain_release());
        p.blob.data[i] ^= 1;
    }
    assert_ok(plain_release());
}

/* A kept key of the sealed class never opens in clear, nor the other way. */
static void keeps_the_classes_apart(void **state)
{
    struct hash ctx, plain;
    CK_OBJECT_HANDLE out = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE root = p.worker.keys.handle[HSM_ROOT];
    (void)state;
    assert_ok(api_context_hash(&p.scene.context, &ctx));
    assert_ok(api_context_hash(&p.context, &plain));
    assert_false(hash_equal(&ctx, &plain));
    assert_status(STATUS_CORRUPT,
                  hsm_wrapped_open(&p.scene.session, root,
                                   buffer_bytes(&p.scene.kept), &plain,
                                   HSM_WRAPPED_PLAIN, &out));
}

static void assert_attributes(CK_OBJECT_HANDLE key, bool plain)
{
    struct hsm_template t = { .count = 0 };
    struct reason why = { "" };
    CK_KEY_TYPE aes = CKK_AES;
    unsigned char value[64];
    size_t len = 0;
    hsm_template_secret(&t, &aes, plain ? CKA_DECRYPT : HSM_NO_USE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, !plain);
    hsm_template_flag(&t, CKA_COPYABLE, false);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    struct status s =
        hsm_template_check(&p.scene.session, key, &t, "the key", &why);
    assert_string_equal("", why.text);
    assert_ok(s);
    assert_true(failed(hsm_object_read(&p.scene.session, key, CKA_VALUE, value,
                                       sizeof(value), &len)));
}

static void what_comes_back_has_no_other_use(void **state)
{
    struct hash ctx;
    AUTO_DESTROY sealed = { &p.scene.session, CK_INVALID_HANDLE };
    AUTO_DESTROY plain = { &p.scene.session, CK_INVALID_HANDLE };
    CK_OBJECT_HANDLE root = p.worker.keys.handle[HSM_ROOT];
    (void)state;
    assert_ok(api_context_hash(&p.scene.context, &ctx));
    assert_ok(hsm_wrapped_open(&p.scene.session, root,
                               buffer_bytes(&p.scene.kept), &ctx,
                               HSM_WRAPPED_SEALED, &sealed.handle));
    assert_attributes(sealed.handle, false);
    assert_ok(api_context_hash(&p.context, &ctx));
    assert_ok(hsm_wrapped_open(
        &p.scene.session, root,
        bytes_of(p.blob.data + p.blob.len - PKCS11_KEPT_LEN, PKCS11_KEPT_LEN),
        &ctx, HSM_WRAPPED_PLAIN, &plain.handle));
    assert_attributes(plain.handle, true);
}

/* The store alone, or beside another token, opens nothing. */
static void opens_under_this_token_s_root_alone(void **state)
{
    struct hash ctx;
    CK_OBJECT_HANDLE out = CK_INVALID_HANDLE;
    AUTO_DESTROY other = { &p.scene.session, CK_INVALID_HANDLE };
    CK_MECHANISM generation = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_KEY_TYPE aes = CKK_AES;
    CK_ULONG len = 32;
    struct hsm_template t = { .count = 0 };
    (void)state;
    hsm_template_secret(&t, &aes, CKA_DERIVE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, false);
    hsm_template_value(&t, CKA_VALUE_LEN, &len, sizeof(len));
    assert_ok(CALL((&p.scene.session), C_GenerateKey, &generation, t.rows,
                   t.count, &other.handle));
    assert_ok(api_context_hash(&p.scene.context, &ctx));
    assert_status(STATUS_CORRUPT,
                  hsm_wrapped_open(&p.scene.session, other.handle,
                                   buffer_bytes(&p.scene.kept), &ctx,
                                   HSM_WRAPPED_SEALED, &out));
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, plain_fresh, plain_wipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keeps_nothing_on_the_token),
        CASE(gives_the_enclave_the_key_of_its_credential),
        CASE(gives_back_what_came_in_clear),
        CASE(opens_what_was_kept_under_another_setting),
        CASE(refuses_a_kept_key_with_any_byte_changed),
        CASE(refuses_a_kept_key_of_another_length),
        CASE(refuses_the_kept_key_of_another_credential),
        CASE(refuses_a_plain_blob_with_a_changed_key_behind_it),
        CASE(keeps_the_classes_apart),
        CASE(what_comes_back_has_no_other_use),
        CASE(opens_under_this_token_s_root_alone),
    };
    return cmocka_run_group_tests(tests, begin, plain_end);
}
