/* What an operator is told of a token, a module or a PIN that does not serve:
 * which file, which attribute, which answer. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/file.h"
#include "pkcs11/pin.h"
#include "pkcs11/state.h"
#include "tests/pkcs11/scene.h"
#include "tests/support/check.h"

static struct stage stage;
static struct reason why;

static void assert_told(const char *text)
{
    if (!strstr(why.text, text))
        fail_msg("told: %s", why.text);
}

static int set_up(void **state)
{
    (void)state;
    stage_heap();
    stage_make(&stage, "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

/* --- the PIN -------------------------------------------------------------- */

static void a_pin_that_is_nowhere_is_asked_for(void **state)
{
    struct hsm_settings settings = { .pin_file = "" };
    AUTO_FREE(secret) pin = NULL;
    (void)state;
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_status(STATUS_NOT_FOUND, hsm_pin_read(&settings, &pin, &why));
    assert_told("token.pin_file is not set and there is no");
    assert_true(failed(hsm_pin_read_file("/nowhere/pin", &pin, &why)));
    assert_told("cannot read the PIN file /nowhere/pin (");
}

/* --- the module ----------------------------------------------------------- */

static STATUS open_place(const char *module, const char *conf,
                         struct hsm_token **out)
{
    const struct hsm_place place = { module, conf, "accord", "" };
    why.text[0] = '\0';
    return hsm_token_open(&place, out, &why);
}

static void a_module_that_does_not_load_is_named(void **state)
{
    AUTO_FREE(hsm_token) token = NULL;
    char text[256], conf[256], none[256];
    (void)state;
    assert_true(failed(open_place("/nowhere.so", "", &token)));
    assert_told("cannot read the PKCS#11 module /nowhere.so: ");
    (void)snprintf(none, sizeof(none), "%s", stage_file(&stage, "none.so"));
    assert_ok(file_write(none, bytes_of_string("no library"), 0600));
    assert_true(failed(open_place(none, "", &token)));
    assert_told("cannot load the PKCS#11 module /");
    assert_true(failed(open_place(stage_module(), "/nowhere.conf", &token)));
    assert_told("cannot read softhsm_conf /nowhere.conf: ");
    (void)snprintf(conf, sizeof(conf), "%s", stage_file(&stage, "bad.conf"));
    (void)snprintf(text, sizeof(text),
                   "directories.tokendir = %s\nobjectstore.backend = file\n",
                   stage_file(&stage, "no-tokens"));
    assert_ok(file_write(conf, bytes_of_string(text), 0600));
    assert_status(STATUS_UNAVAILABLE, open_place(stage_module(), conf, &token));
    assert_told("C_Initialize answered 0x");
}

static void two_tokens_of_one_label_need_a_serial(void **state)
{
    AUTO_FREE(hsm_token) token = NULL;
    char conf[256];
    const char *const arguments[] = {
        "softhsm2-util", "--init-token", "--free", "--label", "accord",
        "--so-pin",      "so-4711",      "--pin",  STAGE_PIN, NULL
    };
    (void)state;
    (void)snprintf(conf, sizeof(conf), "%s",
                   stage_file(&stage, "softhsm.conf"));
    assert_int_equal(stage_run(arguments, NULL, 0), 0);
    assert_status(STATUS_CONFLICT, open_place(stage_module(), conf, &token));
    assert_told("2 tokens have the label accord: name the serial too");
}

/* --- a token that answers otherwise --------------------------------------- */

static CK_FUNCTION_LIST *own; /* what answers well */

static CK_RV no_login(CK_SESSION_HANDLE session, CK_USER_TYPE user,
                      CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
    (void)session, (void)user, (void)pin, (void)len;
    return CKR_DEVICE_ERROR;
}

static CK_RV finds_nothing(CK_SESSION_HANDLE session,
                           CK_OBJECT_HANDLE_PTR found, CK_ULONG max,
                           CK_ULONG_PTR count)
{
    (void)session, (void)found, (void)max;
    *count = 0;
    return CKR_OK;
}

/* Each object twice. */
static CK_RV finds_a_namesake(CK_SESSION_HANDLE session,
                              CK_OBJECT_HANDLE_PTR found, CK_ULONG max,
                              CK_ULONG_PTR count)
{
    CK_RV rv = own->C_FindObjects(session, found, max, count);
    if (rv == CKR_OK && *count == 1 && max > 1)
        found[(*count)++] = found[0];
    return rv;
}

static CK_RV knows_no_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                            CK_ATTRIBUTE_PTR rows, CK_ULONG count)
{
    (void)session, (void)object;
    for (CK_ULONG i = 0; i < count; i++)
        rows[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return CKR_OK;
}

static CK_RV knows_another_value(CK_SESSION_HANDLE session,
                                 CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR rows,
                                 CK_ULONG count)
{
    CK_RV rv = own->C_GetAttributeValue(session, object, rows, count);
    if (rv == CKR_OK && rows[0].ulValueLen > 0 && rows[0].pValue)
        ((unsigned char *)rows[0].pValue)[0] ^= 1;
    return rv;
}

static void a_token_that_cannot_log_in_is_no_wrong_pin(void **state)
{
    AUTO_FREE(hsm_token) token = NULL;
    AUTO_FREE(secret) pin = NULL;
    CK_FUNCTION_LIST poor;
    char conf[256];
    (void)state;
    (void)snprintf(conf, sizeof(conf), "%s",
                   stage_file(&stage, "softhsm.conf"));
    assert_ok(open_place(stage_module(), conf, &token));
    assert_ok(file_read_secret(stage_file(&stage, "pin"), 64, true, &pin));
    own = token->calls;
    poor = *own;
    poor.C_Login = no_login;
    token->calls = &poor;
    struct status s = hsm_token_login(token, pin, &why);
    token->calls = own;
    assert_true(failed(s));
    assert_int_not_equal(s.code, STATUS_DENIED);
    assert_told("the token cannot log in (0x30)");
}

static void a_key_that_is_not_as_the_ceremony_made_it_is_named(void **state)
{
    struct hsm_worker worker;
    struct hsm_session session;
    struct hsm_keys keys;
    struct hsm_state anchor;
    struct ca_public_key key;
    struct api_spki spki;
    CK_FUNCTION_LIST poor;
    (void)state;
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    assert_ok(hsm_session_open(worker.token, &session));
    own = session.calls;
    poor = *own;
    session.calls = &poor;

    poor.C_FindObjects = finds_nothing;
    assert_status(STATUS_NOT_FOUND, hsm_keys_find(&session, &keys, &why));
    assert_told("the token has no key accord-ca: run accord-hsm init");
    assert_status(STATUS_NOT_FOUND, hsm_anchor_read(&session, &anchor, &why));
    assert_told("the token has no accord anchor: it is not the token");
    poor.C_FindObjects = finds_a_namesake;
    assert_status(STATUS_CONFLICT, hsm_keys_find(&session, &keys, &why));
    assert_told("the token has more than one key accord-ca");
    poor.C_FindObjects = own->C_FindObjects;

    poor.C_GetAttributeValue = knows_no_value;
    assert_status(STATUS_UNAVAILABLE, hsm_keys_find(&session, &keys, &why));
    assert_told("the module does not support CKA_");
    assert_status(STATUS_CORRUPT, hsm_anchor_read(&session, &anchor, &why));
    assert_told("no anchor on the token is whole");
    poor.C_GetAttributeValue = knows_another_value;
    assert_status(STATUS_CORRUPT, hsm_keys_find(&session, &keys, &why));
    assert_told(" of accord-ca is not what the ceremony demands");
    session.calls = own;

    assert_ok(hsm_key_spki(&session, HSM_CA, &key, &why));
    assert_ok(api_spki_read(ca_spki(&key), &spki));
    assert_status(STATUS_CORRUPT,
                  hsm_possession(&session, worker.keys.handle[HSM_LOG], &spki,
                                 "accord-log", &why));
    assert_told("accord-log does not sign for the public key it is known by");
    hsm_session_clear(&session);
    hsm_worker_clear(&worker);
}

/* --- the files of the ceremony -------------------------------------------- */

/* Signed by the same key, but for a server. */
static void write_for_a_server(struct hsm_worker *worker, const char *path)
{
    static const char *const names[] = { "broker.example.org" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CERTIFICATE_MAX * 2);
    struct hsm_session session;
    struct ca_key *key = NULL;
    struct ca_root root;
    assert_ok(ca_root_read(buffer_bytes(&worker->ca_certificate), &root, &why));
    assert_ok(hsm_session_open(worker->token, &session));
    struct hsm_signer own_key = { &session, worker->keys.handle[HSM_CA] };
    struct ca_signer signer = hsm_ca_signer(&own_key);
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    const struct ca_certificate_fields fields = {
        .statement = { .kind = CA_SERVER },
        .spki = ca_spki(ca_key_public(key)),
        .serial = { 0x11 },
        .not_before = root.not_before,
        .not_after = root.not_before + 86400,
        .names = names,
        .names_count = 1,
    };
    assert_ok(ca_certificate_build(
        &fields, buffer_bytes(&worker->ca_certificate), &signer, &der, &why));
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_ok(file_write(path, buffer_bytes(&pem), 0644));
    ca_key_free(key);
    hsm_session_clear(&session);
}

static void another_certificate_is_none_of_an_intake_key(void **state)
{
    AUTO_CLEAR_BUFFER config = buffer_make(HSM_CONFIG_MAX);
    AUTO_FREE(secret) pin = NULL;
    struct hsm_worker worker;
    bool refuses = false;
    (void)state;
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    write_for_a_server(&worker, stage_file(&stage, "state/intake.pem"));
    hsm_worker_clear(&worker);
    assert_ok(file_read(stage.config_path, &config));
    assert_ok(file_read_secret(stage_file(&stage, "pin"), 64, true, &pin));
    assert_status(
        STATUS_CORRUPT,
        hsm_worker_open(&worker, buffer_bytes(&config), pin, &refuses, &why));
    assert_told("intake.pem is not the certificate of an intake key");
    hsm_worker_clear(&worker);
}

/* --- the service ---------------------------------------------------------- */

/* Descriptors for itself, but none for a worker: it goes on trying. */
static void a_worker_that_cannot_be_started_is_told(void **state)
{
    struct rlimit own_limit, few;
    (void)state;
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &own_limit), 0);
    few = own_limit;
    few.rlim_cur = 12;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    stage_start(&stage);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &own_limit), 0);
    stage_await_line(&stage, "supervisor: cannot start a worker (");
    assert_int_equal(stage_stop(&stage), 0);
}

static void a_socket_that_cannot_be_made_is_named(void **state)
{
    const char *const run[] = { ACCORD_HSM, "run", "--config",
                                stage.config_path, NULL };
    char said[2048];
    (void)state;
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    assert_int_equal(mkdir(stage.socket_path, 0700), 0);
    assert_int_equal(stage_run(run, said, sizeof(said)), 1);
    assert_non_null(strstr(said, "cannot listen at /"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_pin_that_is_nowhere_is_asked_for),
        CASE(a_module_that_does_not_load_is_named),
        CASE(two_tokens_of_one_label_need_a_serial),
        CASE(a_token_that_cannot_log_in_is_no_wrong_pin),
        CASE(a_key_that_is_not_as_the_ceremony_made_it_is_named),
        CASE(another_certificate_is_none_of_an_intake_key),
        CASE(a_worker_that_cannot_be_started_is_told),
        CASE(a_socket_that_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
