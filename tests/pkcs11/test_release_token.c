/* What a release does to the token, and what the token may do to it. */

#include "tests/support/check.h"

#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;

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

static void leaves_no_wrapping_key_behind(void **state)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_BBOOL no = CK_FALSE;
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE found[8];
    size_t count = 9;
    (void)state;
    assert_ok(scene_release(&scene, NULL));
    hsm_template_value(&t, CKA_CLASS, &class, sizeof(class));
    hsm_template_value(&t, CKA_TOKEN, &no, sizeof(no));
    assert_ok(hsm_object_find(&scene.session, &t, found, 8, &count));
    assert_int_equal(count, 0);
}

/* Plays the erasure that comes between finding the key and wrapping it. */
static CK_RV erased_meanwhile(CK_SESSION_HANDLE session,
                              CK_MECHANISM_PTR mechanism,
                              CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                              CK_BYTE_PTR out, CK_ULONG_PTR len)
{
    struct hash ctx;
    (void)session, (void)mechanism, (void)wrapping, (void)key, (void)out;
    (void)len;
    if (!failed(api_context_hash(&scene.context, &ctx)))
        hsm_credentials_remove(worker.credentials, &ctx);
    return CKR_KEY_HANDLE_INVALID;
}

static void an_erasure_in_between_is_not_a_lost_token(void **state)
{
    CK_FUNCTION_LIST *real = scene.session.calls, played = *real;
    struct hash ctx;
    CK_OBJECT_HANDLE key;
    (void)state;
    assert_ok(api_context_hash(&scene.context, &ctx));
    assert_ok(hsm_credentials_find(worker.credentials, &ctx, &key, &scene.why));
    played.C_WrapKey = erased_meanwhile;
    scene.session.calls = &played;
    assert_status(STATUS_NOT_FOUND, scene_release(&scene, NULL));
    scene.session.calls = real;
    assert_int_equal(scene.out.len, 0);

    /* The same answer while the key is there: the token is at fault. */
    assert_ok(hsm_credentials_add(worker.credentials, &ctx, 0x7fffffff));
    assert_true(hsm_is_lost(scene_release(&scene, NULL)));
    hsm_credentials_remove(worker.credentials, &ctx);
    assert_ok(hsm_credentials_add(worker.credentials, &ctx, key));
    assert_ok(scene_release(&scene, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_no_wrapping_key_behind),
        cmocka_unit_test(an_erasure_in_between_is_not_a_lost_token),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
