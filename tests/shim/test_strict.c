/* The strict shim is as strict as control says: or the suite behind it would
 * prove nothing more than the suite before it. */

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pkcs11/stage.h"
#include "tests/support/check.h"

static struct stage stage;
static CK_FUNCTION_LIST_PTR strict, lax;
static CK_SLOT_ID slot;

static CK_FUNCTION_LIST_PTR list_of(const char *path)
{
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST_PTR list = NULL;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(module);
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    assert_non_null(get);
    assert_int_equal(CKR_OK, get(&list));
    return list;
}

static int begin(void **state)
{
    CK_ULONG count = 1;
    (void)state;
    stage_make_with(&stage, SHIM, "");
    assert_int_equal(
        0, setenv("SOFTHSM2_CONF", stage_file(&stage, "softhsm.conf"), 1));
    assert_int_equal(0, setenv("ACCORD_SHIM_STRICT", "1", 1));
    lax = list_of("/usr/lib/softhsm/libsofthsm2.so");
    strict = list_of(SHIM);
    assert_int_equal(CKR_OK, strict->C_Initialize(NULL));
    assert_int_equal(CKR_OK, strict->C_GetSlotList(CK_TRUE, NULL, &count));
    CK_SLOT_ID slots[8];
    assert_in_range(count, 1, 8);
    assert_int_equal(CKR_OK, strict->C_GetSlotList(CK_TRUE, slots, &count));
    slot = slots[0];
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(CKR_OK, strict->C_Finalize(NULL));
    stage_clear(&stage);
    return 0;
}

static CK_SESSION_HANDLE open_one(void)
{
    CK_SESSION_HANDLE session = 0;
    assert_int_equal(
        CKR_OK, strict->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                      NULL, NULL, &session));
    return session;
}

static CK_RV login(CK_SESSION_HANDLE session)
{
    char pin[] = STAGE_PIN;
    return strict->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR)pin,
                           strlen(pin));
}

static void logs_in_by_the_first_session_alone(void **state)
{
    (void)state;
    CK_SESSION_HANDLE first = open_one(), second = open_one();
    assert_int_equal(CKR_USER_ALREADY_LOGGED_IN, login(second));
    assert_int_equal(CKR_OK, strict->C_CloseSession(second));
    assert_int_equal(CKR_OK, login(first));
    assert_int_equal(CKR_OK, strict->C_Logout(first));
    assert_int_equal(CKR_OK, strict->C_CloseSession(first));
}

static void has_no_more_than_24_sessions(void **state)
{
    CK_SESSION_HANDLE sessions[24], more = 0;
    (void)state;
    for (size_t i = 0; i < 24; i++)
        sessions[i] = open_one();
    assert_int_equal(
        CKR_SESSION_COUNT,
        strict->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &more));
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(CKR_OK, strict->C_CloseSession(sessions[i]));
    assert_int_equal(CKR_OK, strict->C_CloseSession(open_one()));
}

/* Who keeps a handle of another process, or of the module's own, fails. */
static void renumbers_handles(void **state)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE rows[] = { { CKA_CLASS, &class, sizeof(class) },
                            { CKA_PRIVATE, &no, sizeof(no) } };
    CK_OBJECT_HANDLE object = 0;
    CK_SESSION_HANDLE session = open_one();
    (void)state;
    assert_int_equal(CKR_OK, strict->C_CreateObject(session, rows, 2, &object));
    CK_ATTRIBUTE read = { CKA_CLASS, NULL, 0 };
    assert_int_equal(CKR_OK,
                     strict->C_GetAttributeValue(session, object, &read, 1));
    assert_int_not_equal(CKR_OK,
                         lax->C_GetAttributeValue(session, object, &read, 1));
    assert_int_equal(CKR_OK, strict->C_CloseSession(session));
}

static void a_child_has_to_initialise_for_itself(void **state)
{
    int status = 0;
    CK_SESSION_HANDLE session = open_one();
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        CK_SESSION_HANDLE mine = 0;
        CK_RV rv =
            strict->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &mine);
        _exit(rv == CKR_CRYPTOKI_NOT_INITIALIZED ? 0 : 1);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
    assert_int_equal(CKR_OK, strict->C_CloseSession(session));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_by_the_first_session_alone),
        cmocka_unit_test(has_no_more_than_24_sessions),
        cmocka_unit_test(renumbers_handles),
        cmocka_unit_test(a_child_has_to_initialise_for_itself),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
