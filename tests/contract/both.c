#include "tests/contract/both.h"

#include <stdlib.h>

#include "base/file.h"
#include "tests/contract/fake_token.h"
#include "tests/pkcs11/stage.h"

struct both both;
const CK_KEY_TYPE both_aes = CKK_AES, both_generic = CKK_GENERIC_SECRET,
                  both_rsa = CKK_RSA;
CK_BYTE both_value[32] = { 1, 2, 3 };

static struct stage stage;
static CK_FUNCTION_LIST fake;
static struct hsm_token fake_as_token;

static void open_fake(void)
{
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    fake_token_reset();
    fake = fake_token_calls();
    assert_int_equal(fake.C_Initialize(&arguments), CKR_OK);
    fake_as_token = (struct hsm_token){ .calls = &fake,
                                        .slot = FAKE_TOKEN_SLOT,
                                        .anchor = CK_INVALID_HANDLE };
    both.token = &fake_as_token;
}

static void open_real(void)
{
    struct reason why = { "" };
    const struct hsm_place place = { .module = stage_module(),
                                     .softhsm_conf =
                                         stage_file(&stage, "softhsm.conf"),
                                     .label = "accord",
                                     .serial = "" };
    assert_ok(hsm_token_open(&place, &both.token, &why));
}

int both_begin(void **state)
{
    AUTO_FREE(secret) pin = NULL;
    struct reason why = { "" };
    (void)state;
    assert_ok(secret_new(strlen(STAGE_PIN), &pin));
    memcpy(secret_fill(pin), STAGE_PIN, strlen(STAGE_PIN));
    if (both.which == BOTH_FAKE)
        open_fake();
    else
        open_real();
    both.calls = both.token->calls;
    assert_ok(hsm_token_login(both.token, pin, &why));
    assert_ok(hsm_session_open(both.token, &both.session));
    return 0;
}

/* What a test left on the token must not meet the next one. */
static void sweep(void)
{
    CK_OBJECT_HANDLE found[64];
    CK_ULONG count = 0;
    assert_ok(hsm_session_renew(&both.session));
    assert_int_equal(RV(C_FindObjectsInit, NULL, 0), CKR_OK);
    assert_int_equal(RV(C_FindObjects, found, 64, &count), CKR_OK);
    assert_int_equal(both.calls->C_FindObjectsFinal(both.session.handle),
                     CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        both_destroy(found[i]);
}

int both_end(void **state)
{
    (void)state;
    sweep();
    hsm_session_clear(&both.session);
    if (both.which != BOTH_FAKE) {
        hsm_token_free(both.token);
        return 0;
    }
    assert_int_equal(both.calls->C_CloseSession(both.token->anchor), CKR_OK);
    assert_int_equal(both.calls->C_Finalize(NULL), CKR_OK);
    return 0;
}

static int real_begin(void **state)
{
    (void)state;
    stage_make(&stage, "");
    return 0;
}

static int real_end(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

int both_run(const struct CMUnitTest *tests, size_t count)
{
    stage_heap();
    both.which = BOTH_FAKE;
    int wrong = _cmocka_run_group_tests("fake", tests, count, NULL, NULL);
    both.which = BOTH_SOFT;
    wrong +=
        _cmocka_run_group_tests("SoftHSM", tests, count, real_begin, real_end);
    both.which = BOTH_STRICT;
    assert_int_equal(0, setenv("ACCORD_TEST_MODULE", SHIM, 1));
    assert_int_equal(0, setenv("ACCORD_SHIM_STRICT", "1", 1));
    return wrong + _cmocka_run_group_tests("strict", tests, count, real_begin,
                                           real_end);
}

CK_OBJECT_HANDLE both_secret(const CK_KEY_TYPE *type, CK_ATTRIBUTE_TYPE use,
                             bool extractable)
{
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    hsm_template_secret(&t, type, use);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, extractable);
    hsm_template_value(&t, CKA_VALUE, both_value, sizeof(both_value));
    assert_ok(hsm_object_make(&both.session, &t, &made));
    return made;
}

void both_destroy(CK_OBJECT_HANDLE object)
{
    assert_int_equal(RV(C_DestroyObject, object), CKR_OK);
}
