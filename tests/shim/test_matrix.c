/* Every function that the worker calls, times every code it may answer, once,
 * three times, for ever; lost answers, hangs, delays, logouts, closed
 * sessions. In each cell: every job ends within its deadline, says OK only
 * with an answer that holds, and is served again within five seconds of the
 * end of the trouble; and a PIN is never tried again after a code about it.
 *
 * ctest runs a part (ACCORD_CELLS=N: every N-th cell); scripts/hsm-faults all
 * of it. */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/pkcs11/journey.h"
#include "tests/shim/control.h"
#include "tests/support/check.h"

#define DEADLINE 3200 /* ms: wait 500 and run 700, and a worker's start */
#define RECOVERY 5000 /* ms */

static const char limits[] = "[limits]\nwait = 500\nrun = 700\ntoken = 1500\n"
                             "[ccm]\nplain_paths = yes\n";

static struct shim_control *shim;
static struct buffer certificate;
static struct api_sealed sealed;
static struct pkcs11_description facts;
static size_t cells, ran, struck, slowest, longest_recovery;

static uint64_t milliseconds(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* --- jobs ---------------------------------------------------------------- */

/* One release of the credential, from its leaf to the opened secret. An OK
 * that does not open is the one thing that must never be. */
static struct status release(void)
{
    AUTO_CLEAR_BUFFER wrapped = buffer_make(512);
    AUTO_FREE(secret) text = NULL;
    unsigned char grant[API_GRANT_LEN];
    struct pkcs11_release asked;
    struct api_leaf leaf;
    struct api_head head;

    journey_ask(&certificate, grant, &asked, &leaf);
    TRY(journey_append(&leaf, asked.leaf, &head));
    assert_ok(api_head_verify(&head, &facts.log_key));
    assert_int_equal(leaf.index + 1, head.size);
    TRY(pkcs11_release(r.door, &asked, &wrapped, &r.why));
    assert_ok(journey_open(buffer_bytes(&wrapped), buffer_bytes(&sealed.blob),
                           &text));
    assert_true(secret_equals(text, bytes_of("secret", 6)));
    return OK;
}

/* A new version of the credential comes in, and is erased again. */
static struct status come_and_go(void)
{
    struct api_sealed other = { .proof = { { 0 } } };
    struct api_id kept = journey.context.version;

    assert_ok(api_id_random(&journey.context.version));
    struct status s = journey_bring(&other);
    if (!failed(s))
        s = pkcs11_erase(r.door, &journey.context, &r.why);
    journey.context.version = kept;
    api_sealed_clear(&other);
    return s;
}

static struct status probe(void)
{
    return pkcs11_probe(r.door, &r.why);
}

static struct status list(void)
{
    AUTO_CLEAR_BUFFER crl = buffer_make(4096);
    return pkcs11_crl(r.door, bytes_of(NULL, 0), journey_now(),
                      journey_now() + 60, 1, &crl, &r.why);
}

/* What went out in clear and is not what came in must never be either. */
static struct status plain(void)
{
    struct status s = journey_plain(&certificate);
    if (s.origin)
        assert_string_not_equal("plain", s.origin);
    return s;
}

static struct status (*const jobs[])(void) = { probe, release, come_and_go,
                                               plain, list };
#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

/* All jobs, each within its deadline; the first failure. */
static struct status all_jobs(void)
{
    struct status first = OK;
    for (size_t i = 0; i < JOBS; i++) {
        uint64_t began = milliseconds();
        struct status s = jobs[i]();
        size_t took = (size_t)(milliseconds() - began);
        if (took > slowest)
            slowest = took;
        if (took > DEADLINE)
            fail_msg("job %zu took %zu ms", i, took);
        if (failed(s) && !failed(first))
            first = s;
    }
    return first;
}

static void recover(const char *cell)
{
    uint64_t began = milliseconds();
    struct status s = failure(STATUS_UNAVAILABLE, "-", 0);
    while (failed(s) && milliseconds() - began < RECOVERY)
        s = all_jobs();
    if (failed(s))
        fail_msg("%s: not served %d ms after its end: %s (%s)", cell, RECOVERY,
                 r.why.text, s.origin ? s.origin : "-");
    size_t took = (size_t)(milliseconds() - began);
    if (took > longest_recovery)
        longest_recovery = took;
}

/* --- cells --------------------------------------------------------------- */

struct cell {
    enum shim_function function;
    enum shim_trouble trouble;
    uint64_t code, after, times;
};

/* Which cells run: every `step`-th, beginning with one that the day of the
 * build does not change. */
static bool is_due(void)
{
    const char *text = getenv("ACCORD_CELLS");
    size_t step = text ? strtoul(text, NULL, 10) : 1;
    return cells++ % (step ? step : 1) == 0;
}

static void run(const struct cell *c, bool at_start)
{
    char name[128];
    if (!is_due())
        return;
    (void)snprintf(name, sizeof(name),
                   "%s trouble %d code 0x%llx after %llu times %llu%s",
                   shim_name(c->function), (int)c->trouble,
                   (unsigned long long)c->code, (unsigned long long)c->after,
                   (unsigned long long)c->times, at_start ? " at start" : "");
    shim_ask(&shim->rules[0], c->function, c->trouble, c->code, c->after,
             c->times);
    if (at_start)
        assert_int_equal(
            0, stage_signal(stage_child(&r.stage, "worker"), SIGKILL));
    status_ignore(all_jobs()); /* what fails must fail cleanly */
    shim_stop_asking(&shim->rules[0]);
    ran++;
    struck += atomic_load(&shim->rules[0].struck) > 0;
    recover(name);
}

/* PKCS#11 2.40 table 11.1.7 and each function's list, as far as a module may
 * say it of a call that is right; and one of a vendor's. */
static const CK_RV codes[] = {
    CKR_HOST_MEMORY,           CKR_GENERAL_ERROR,
    CKR_FUNCTION_FAILED,       CKR_ARGUMENTS_BAD,
    CKR_DEVICE_ERROR,          CKR_DEVICE_MEMORY,
    CKR_DEVICE_REMOVED,        CKR_FUNCTION_CANCELED,
    CKR_KEY_HANDLE_INVALID,    CKR_OBJECT_HANDLE_INVALID,
    CKR_OPERATION_ACTIVE,      CKR_OPERATION_NOT_INITIALIZED,
    CKR_SESSION_CLOSED,        CKR_SESSION_HANDLE_INVALID,
    CKR_TOKEN_NOT_PRESENT,     CKR_USER_NOT_LOGGED_IN,
    CKR_BUFFER_TOO_SMALL,      CKR_CRYPTOKI_NOT_INITIALIZED,
    CKR_TEMPLATE_INCONSISTENT, CKR_VENDOR_DEFINED + 77,
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static const enum shim_function while_serving[] = {
    SHIM_CreateObject,    SHIM_CopyObject,   SHIM_DestroyObject,
    SHIM_FindObjectsInit, SHIM_FindObjects,  SHIM_FindObjectsFinal,
    SHIM_SignInit,        SHIM_Sign,         SHIM_WrapKey,
    SHIM_UnwrapKey,       SHIM_DeriveKey,    SHIM_GetAttributeValue,
    SHIM_OpenSession,     SHIM_CloseSession, SHIM_GenerateKey,
    SHIM_EncryptInit,     SHIM_Encrypt,      SHIM_DecryptInit,
    SHIM_Decrypt,
};
#define SERVING (sizeof(while_serving) / sizeof(while_serving[0]))

static void any_code_of_any_function(void **state)
{
    static const uint64_t times[] = { 1, 3, UINT64_MAX };
    (void)state;
    for (size_t f = 0; f < SERVING; f++)
        for (size_t c = 0; c < CODES; c++)
            for (size_t t = 0; t < 3; t++)
                run(&(struct cell){ while_serving[f], SHIM_ANSWER, codes[c], 0,
                                    times[t] },
                    false);
}

/* The call went well and nobody learns it: what it made must not be in the
 * way of what comes later. */
static void an_answer_that_is_lost(void **state)
{
    (void)state;
    for (size_t f = 0; f < SERVING; f++)
        for (uint64_t after = 0; after < 3; after++)
            run(&(struct cell){ while_serving[f], SHIM_LOSE, CKR_DEVICE_ERROR,
                                after, 1 },
                false);
}

static void a_function_that_hangs_or_is_late(void **state)
{
    (void)state;
    for (size_t f = 0; f < SERVING; f++) {
        run(&(struct cell){ while_serving[f], SHIM_HANG, 0, 0, 1 }, false);
        run(&(struct cell){ while_serving[f], SHIM_DELAY, 100, 0, 5 }, false);
    }
}

static void a_token_that_logs_out_or_closes_sessions(void **state)
{
    (void)state;
    for (size_t f = 0; f < SERVING; f++)
        for (uint64_t after = 0; after < 2; after++) {
            run(&(struct cell){ while_serving[f], SHIM_LOGOUT, 0, after, 1 },
                false);
            run(&(struct cell){ while_serving[f], SHIM_CLOSE, 0, after, 1 },
                false);
        }
}

static void a_token_that_is_pulled_out(void **state)
{
    static const CK_RV gone[] = { CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT };
    (void)state;
    for (uint64_t after = 0; after < 40; after++)
        for (size_t c = 0; c < 2; c++)
            run(&(struct cell){ SHIM_ANY, SHIM_ANSWER, gone[c], after,
                                UINT64_MAX },
                false);
}

/* A worker that starts on a bad day; codes about the PIN apart. */
static void any_code_while_a_worker_starts(void **state)
{
    static const enum shim_function at_start[] = {
        SHIM_Initialize,
        SHIM_GetSlotList,
        SHIM_GetTokenInfo,
        SHIM_OpenSession,
        SHIM_Login,
        SHIM_FindObjectsInit,
        SHIM_FindObjects,
        SHIM_FindObjectsFinal,
        SHIM_GetAttributeValue,
        SHIM_CreateObject,
        SHIM_SignInit,
        SHIM_Sign,
    };
    static const CK_RV some[] = { CKR_GENERAL_ERROR, CKR_DEVICE_ERROR,
                                  CKR_DEVICE_REMOVED, CKR_HOST_MEMORY,
                                  CKR_VENDOR_DEFINED + 77 };
    (void)state;
    for (size_t f = 0; f < sizeof(at_start) / sizeof(at_start[0]); f++)
        for (size_t c = 0; c < sizeof(some) / sizeof(some[0]); c++)
            run(&(struct cell){ at_start[f], SHIM_ANSWER, some[c], 0, 1 },
                true);
}

/* Last: nobody serves until an operator clears it. */
static void a_code_about_the_pin_is_believed_at_once(void **state)
{
    (void)state;
    shim_ask(&shim->rules[0], SHIM_Login, SHIM_ANSWER, CKR_PIN_INCORRECT, 0,
             UINT64_MAX);
    uint64_t before = atomic_load(&shim->calls[SHIM_Login]);
    assert_int_equal(0, stage_signal(stage_child(&r.stage, "worker"), SIGKILL));
    uint64_t began = milliseconds();
    while (milliseconds() - began < 3000) {
        struct status s = pkcs11_probe(r.door, &r.why);
        assert_true(failed(s));
        (void)usleep(20000);
    }
    assert_int_equal(before + 1, atomic_load(&shim->calls[SHIM_Login]));
    assert_non_null(strstr(r.why.text, "refuses the PIN"));
}

/* --- the program --------------------------------------------------------- */

static char path[] = "/tmp/accord-shim-XXXXXX"; /* each generation opens it */

static int begin(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0 && close(fd) == 0);
    shim = shim_make(path);
    journey_begin(SHIM, limits);
    assert_ok(pkcs11_door_open(r.stage.socket_path, 20000, &r.door));
    assert_ok(pkcs11_describe(r.door, &facts, &r.why));
    certificate = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(journey_certify(journey.enclave, &certificate));
    assert_ok(journey_bring(&sealed));
    assert_ok(all_jobs());
    return 0;
}

static int end(void **state)
{
    (void)state;
    print_message("%zu of %zu cells, trouble met in %zu; slowest job %zu ms, "
                  "longest recovery %zu ms\n",
                  ran, cells, struck, slowest, longest_recovery);
    pkcs11_door_free(r.door);
    pkcs11_description_clear(&facts);
    buffer_clear(&certificate);
    api_sealed_clear(&sealed);
    journey_end();
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_code_of_any_function),
        cmocka_unit_test(an_answer_that_is_lost),
        cmocka_unit_test(a_function_that_hangs_or_is_late),
        cmocka_unit_test(a_token_that_logs_out_or_closes_sessions),
        cmocka_unit_test(a_token_that_is_pulled_out),
        cmocka_unit_test(any_code_while_a_worker_starts),
        cmocka_unit_test(a_code_about_the_pin_is_believed_at_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
