/* Modules, sessions, login, and what is found: the same on every token. */

#include <stdlib.h>

#include "tests/contract/both.h"
#include "tests/pkcs11/stage.h"

#define SERIAL (CKF_SERIAL_SESSION | CKF_RW_SESSION)

static CK_RV open_one(CK_SESSION_HANDLE *out)
{
    return both.calls->C_OpenSession(both.token->slot, SERIAL, NULL, NULL, out);
}

static CK_RV login(CK_SESSION_HANDLE session, const char *pin)
{
    return both.calls->C_Login(session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin,
                               strlen(pin));
}

static void close_one(CK_SESSION_HANDLE session)
{
    assert_int_equal(both.calls->C_CloseSession(session), CKR_OK);
}

static void log_in_again(void)
{
    assert_int_equal(open_one(&both.token->anchor), CKR_OK);
    assert_int_equal(login(both.token->anchor, STAGE_PIN), CKR_OK);
    assert_ok(hsm_session_open(both.token, &both.session));
}

static void log_out_by_closing(void)
{
    hsm_session_clear(&both.session);
    close_one(both.token->anchor);
}

static CK_RV make_data(CK_SESSION_HANDLE session, bool token, bool private,
                       CK_OBJECT_HANDLE *out)
{
    static CK_OBJECT_CLASS data = CKO_DATA;
    struct hsm_template t = { .count = 0 };
    hsm_template_value(&t, CKA_CLASS, &data, sizeof(data));
    hsm_template_place(&t, token, private);
    hsm_template_value(&t, CKA_LABEL, "contract", 8);
    hsm_template_value(&t, CKA_VALUE, "text", 4);
    return both.calls->C_CreateObject(session, t.rows, t.count, out);
}

static size_t count_of(CK_SESSION_HANDLE handle, const char *label)
{
    struct hsm_session session = { both.calls, both.token->slot, handle };
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE found[8];
    size_t count = 0;
    hsm_template_value(&t, CKA_LABEL, label, strlen(label));
    assert_ok(hsm_object_find(&session, &t, found, 8, &count));
    return count;
}

/* --- the module ---------------------------------------------------------- */

static void a_module_is_initialised_once_and_ends(void **state)
{
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    CK_SESSION_HANDLE opened;
    CK_ULONG count = 0;
    (void)state;
    assert_int_equal(both.calls->C_Initialize(&arguments),
                     CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_int_equal(both.calls->C_Finalize(NULL), CKR_OK);
    assert_int_equal(open_one(&opened), CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(both.calls->C_GetSlotList(CK_TRUE, NULL, &count),
                     CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(both.calls->C_Finalize(NULL),
                     CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(both.calls->C_Initialize(&arguments), CKR_OK);
    /* Nothing of before is left but what is on the token. */
    assert_int_equal(both.calls->C_CloseSession(both.session.handle),
                     CKR_SESSION_HANDLE_INVALID);
    log_in_again();
}

static void a_token_is_known_by_its_label(void **state)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8, none = 0;
    CK_TOKEN_INFO info;
    (void)state;
    assert_int_equal(both.calls->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_in_range(count, 1, 8);
    assert_int_equal(both.calls->C_GetSlotList(CK_TRUE, slots, &none),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(both.calls->C_GetTokenInfo(both.token->slot, &info),
                     CKR_OK);
    assert_memory_equal(info.label, "accord                          ", 32);
    assert_true(info.flags & CKF_TOKEN_INITIALIZED);
    assert_true(info.flags & CKF_LOGIN_REQUIRED);
    assert_int_equal(both.calls->C_GetTokenInfo(999999, &info),
                     CKR_SLOT_ID_INVALID);
}

/* --- sessions ------------------------------------------------------------ */

static void a_session_is_opened_on_a_slot_and_closed_once(void **state)
{
    CK_SESSION_HANDLE one, two;
    (void)state;
    assert_int_equal(both.calls->C_OpenSession(both.token->slot, CKF_RW_SESSION,
                                               NULL, NULL, &one),
                     CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    assert_int_equal(
        both.calls->C_OpenSession(999999, SERIAL, NULL, NULL, &one),
        CKR_SLOT_ID_INVALID);
    assert_int_equal(open_one(&one), CKR_OK);
    assert_int_equal(open_one(&two), CKR_OK);
    assert_int_not_equal(one, two);
    close_one(one);
    assert_int_equal(both.calls->C_CloseSession(one),
                     CKR_SESSION_HANDLE_INVALID);
    close_one(two);
}

/* Every call that takes a session, on one that was closed. */
static void a_closed_session_does_nothing(void **state)
{
    CK_MECHANISM mac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_SESSION_HANDLE gone;
    CK_OBJECT_HANDLE object = 1;
    CK_ULONG count = 0;
    CK_BYTE out[64];
    CK_ULONG len = sizeof(out);
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE row = { CKA_TOKEN, &no, sizeof(no) };
    CK_FUNCTION_LIST *c = both.calls;
    (void)state;
    assert_int_equal(open_one(&gone), CKR_OK);
    close_one(gone);
    const CK_RV answers[] = {
        make_data(gone, false, true, &object),
        c->C_CopyObject(gone, 1, &row, 1, &object),
        c->C_DestroyObject(gone, 1),
        c->C_GetAttributeValue(gone, 1, &row, 1),
        c->C_FindObjectsInit(gone, NULL, 0),
        c->C_FindObjects(gone, &object, 1, &count),
        c->C_FindObjectsFinal(gone),
        c->C_SignInit(gone, &mac, 1),
        c->C_Sign(gone, out, 1, out, &len),
        c->C_EncryptInit(gone, &mac, 1),
        c->C_Encrypt(gone, out, 1, out, &len),
        c->C_DecryptInit(gone, &mac, 1),
        c->C_Decrypt(gone, out, 1, out, &len),
        c->C_GenerateKey(gone, &mac, &row, 1, &object),
        c->C_WrapKey(gone, &mac, 1, 1, out, &len),
        c->C_UnwrapKey(gone, &mac, 1, out, 1, &row, 1, &object),
        c->C_DeriveKey(gone, &mac, 1, &row, 1, &object),
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i] != CKR_SESSION_HANDLE_INVALID)
            fail_msg("call %zu: 0x%lx", i, (unsigned long)answers[i]);
}

static void a_session_s_objects_end_with_it(void **state)
{
    CK_SESSION_HANDLE other;
    CK_OBJECT_HANDLE in_session, on_token;
    (void)state;
    assert_int_equal(open_one(&other), CKR_OK);
    assert_int_equal(make_data(other, false, true, &in_session), CKR_OK);
    assert_int_equal(make_data(other, true, true, &on_token), CKR_OK);
    assert_int_equal(count_of(both.session.handle, "contract"), 2);
    close_one(other);
    assert_int_equal(count_of(both.session.handle, "contract"), 1);
    assert_int_equal(RV(C_DestroyObject, in_session),
                     CKR_OBJECT_HANDLE_INVALID);
    both_destroy(on_token);
}

/* A module's own limit; SoftHSM alone has none. */
static void the_25th_session_is_refused(void **state)
{
    CK_SESSION_HANDLE opened[24];
    size_t count = 0;
    struct hsm_session more;
    (void)state;
    if (both.which == BOTH_SOFT)
        return;
    for (; count + 2 < 24; count++)
        assert_int_equal(open_one(&opened[count]), CKR_OK);
    assert_status(STATUS_BUSY, hsm_session_open(both.token, &more));
    while (count > 0)
        close_one(opened[--count]);
    assert_ok(hsm_session_open(both.token, &more));
    hsm_session_clear(&more);
}

/* --- login --------------------------------------------------------------- */

static void login_is_the_token_s_and_ends_with_the_last_session(void **state)
{
    CK_OBJECT_HANDLE made;
    CK_SESSION_HANDLE session;
    (void)state;
    assert_int_equal(login(both.token->anchor, STAGE_PIN),
                     CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(make_data(both.session.handle, false, true, &made),
                     CKR_OK); /* though another session logged in */
    log_out_by_closing();
    assert_int_equal(open_one(&session), CKR_OK);
    assert_int_equal(make_data(session, false, true, &made),
                     CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(make_data(session, false, false, &made), CKR_OK);
    close_one(session);
    log_in_again();
}

static void a_wrong_pin_is_named_and_does_not_log_in(void **state)
{
    AUTO_FREE(secret) wrong = NULL;
    struct reason why = { "" };
    CK_OBJECT_HANDLE made;
    (void)state;
    log_out_by_closing();
    assert_ok(secret_new(4, &wrong));
    memcpy(secret_fill(wrong), "0815", 4);
    assert_status(STATUS_DENIED, hsm_token_login(both.token, wrong, &why));
    assert_non_null(strstr(why.text, "the token refuses the PIN (0xa0)"));
    assert_int_equal(make_data(both.token->anchor, false, true, &made),
                     CKR_USER_NOT_LOGGED_IN);
    close_one(both.token->anchor);
    log_in_again();
}

static void private_objects_are_not_seen_without_login(void **state)
{
    CK_OBJECT_HANDLE hidden, open;
    CK_SESSION_HANDLE session;
    (void)state;
    assert_int_equal(make_data(both.session.handle, true, true, &hidden),
                     CKR_OK);
    assert_int_equal(make_data(both.session.handle, true, false, &open),
                     CKR_OK);
    log_out_by_closing();
    assert_int_equal(open_one(&session), CKR_OK);
    assert_int_equal(count_of(session, "contract"), 1);
    close_one(session);
    log_in_again();
    assert_int_equal(count_of(both.session.handle, "contract"), 2);
}

/* --- finding ------------------------------------------------------------- */

static void objects_are_found_in_pieces_by_every_row(void **state)
{
    CK_OBJECT_HANDLE made[5], found[8];
    CK_ULONG count = 0;
    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            make_data(both.session.handle, false, i % 2 == 0, &made[i]),
            CKR_OK);
    assert_int_equal(RV(C_FindObjectsInit, NULL, 0), CKR_OK); /* everything */
    assert_int_equal(RV(C_FindObjects, found, 2, &count), CKR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(RV(C_FindObjects, found, 8, &count), CKR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(RV(C_FindObjects, found, 8, &count), CKR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(both.calls->C_FindObjectsFinal(both.session.handle),
                     CKR_OK);
    assert_int_equal(count_of(both.session.handle, "contract"), 5);
    assert_int_equal(count_of(both.session.handle, "contrac"), 0);
    struct hsm_template t = { .count = 0 };
    size_t n = 0;
    hsm_template_value(&t, CKA_LABEL, "contract", 8);
    hsm_template_flag(&t, CKA_PRIVATE, false);
    assert_ok(hsm_object_find(&both.session, &t, found, 8, &n));
    assert_int_equal(n, 2);
}

static void a_search_is_one_operation_of_its_session(void **state)
{
    CK_OBJECT_HANDLE found;
    CK_ULONG count = 0;
    CK_SESSION_HANDLE other;
    CK_FUNCTION_LIST *c = both.calls;
    (void)state;
    assert_int_equal(RV(C_FindObjects, &found, 1, &count),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(c->C_FindObjectsFinal(both.session.handle),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(RV(C_FindObjectsInit, NULL, 0), CKR_OK);
    assert_int_equal(RV(C_FindObjectsInit, NULL, 0), CKR_OPERATION_ACTIVE);
    assert_int_equal(open_one(&other), CKR_OK); /* has none of it */
    assert_int_equal(c->C_FindObjects(other, &found, 1, &count),
                     CKR_OPERATION_NOT_INITIALIZED);
    close_one(other);
    /* The recovery that the worker relies on. */
    assert_ok(hsm_session_renew(&both.session));
    assert_int_equal(RV(C_FindObjectsInit, NULL, 0), CKR_OK);
    assert_int_equal(c->C_FindObjectsFinal(both.session.handle), CKR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_module_is_initialised_once_and_ends),
        BOTH(a_token_is_known_by_its_label),
        BOTH(a_session_is_opened_on_a_slot_and_closed_once),
        BOTH(a_closed_session_does_nothing),
        BOTH(a_session_s_objects_end_with_it),
        BOTH(the_25th_session_is_refused),
        BOTH(login_is_the_token_s_and_ends_with_the_last_session),
        BOTH(a_wrong_pin_is_named_and_does_not_log_in),
        BOTH(private_objects_are_not_seen_without_login),
        BOTH(objects_are_found_in_pieces_by_every_row),
        BOTH(a_search_is_one_operation_of_its_session),
    };
    return both_run(tests, sizeof(tests) / sizeof(tests[0]));
}
