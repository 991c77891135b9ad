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
#include "tests/shim/codes.h"
#include "tests/support/check.h"

#define DEADLINE 4200 /* ms: wait 500, a token write 2500, a worker's start */
#define RECOVERY 5000 /* ms; $ACCORD_RECOVERY where the machine is shared */

static const char limits[] = "[limits]\nwait = 500\nrun = 700\ntoken = 2500\n"
                             "[ccm]\nplain_paths = yes\n";

static struct shim_control *shim;
static struct buffer certificate;
static struct api_sealed sealed;
static struct pkcs11_description facts;
static size_t cells, ran, struck, late, slowest, longest_recovery;
static uint64_t in_time = RECOVERY;

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
    AUTO_CLEAR_BUFFER key = buffer_make(1);
    struct api_id kept = journey.context.version;

    assert_ok(api_id_random(&journey.context.version));
    struct status s = journey_bring(&other, &key);
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

/* A release without a leaf: after a failure, whatever it is, the worker opens
 * its session anew. */
static struct status be_refused(void)
{
    AUTO_CLEAR_BUFFER wrapped = buffer_make(512);
    unsigned char grant[API_GRANT_LEN];
    struct pkcs11_release asked;
    struct api_leaf leaf;

    journey_ask(&certificate, grant, &asked, &leaf);
    leaf.index = UINT32_MAX;
    assert_ok(api_leaf_encode(&leaf, asked.leaf));
    struct status s = pkcs11_release(r.door, &asked, &wrapped, &r.why);
    assert_true(failed(s));
    return s.code == STATUS_DENIED ? OK : s;
}

static struct status (*const jobs[])(void) = { be_refused,  probe, release,
                                               come_and_go, plain, list };

/* All jobs, each within its deadline; the first failure. */
static struct status all_jobs(void)
{
    struct status first = OK;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
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

/* One that comes late is told and counted, and the other cells go on. */
static void recover(const char *cell)
{
    uint64_t began = milliseconds();
    struct status s = failure(STATUS_UNAVAILABLE, "-", 0);
    while (failed(s) && milliseconds() - began < 12 * RECOVERY)
        s = all_jobs();
    size_t took = (size_t)(milliseconds() - began);
    if (failed(s))
        fail_msg("%s: not served %zu ms after its end: %s (%s)", cell, took,
                 r.why.text, s.origin ? s.origin : "-");
    if (took > in_time)
        print_error("LATE: %s: served %zu ms after its end\n", cell, took);
    late += took > in_time;
    if (took > longest_recovery)
        longest_recovery = took;
}

/* --- cells --------------------------------------------------------------- */

struct cell {
    enum shim_function function;
    enum shim_trouble trouble;
    uint64_t code, after, times;
};

/* Which cells run: every `step`-th. */
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

/* What the worker was seen to call, and so what the cells are made of. */
static bool while_serving[SHIM_ANY], at_start[SHIM_ANY];

static uint64_t calls_of(enum shim_function f)
{
    return atomic_load(&shim->calls[f]);
}

static void note_calls(uint64_t before[SHIM_ANY], bool called[SHIM_ANY])
{
    for (enum shim_function f = SHIM_NONE + 1; f < SHIM_ANY; f++) {
        called[f] |= calls_of(f) > before[f];
        before[f] = calls_of(f);
    }
}

static void any_number_of_times(enum shim_function f, CK_RV code)
{
    static const uint64_t times[] = { 1, 3, UINT64_MAX };
    for (size_t t = 0; t < 3; t++)
        run(&(struct cell){ f, SHIM_ANSWER, code, 0, times[t] }, false);
}

#define EACH(f, called)                                                        \
    for (enum shim_function f = SHIM_NONE + 1; (f) < SHIM_ANY; (f)++)          \
        if ((called)[f])

static void any_code_of_any_function(void **state)
{
    (void)state;
    EACH(f, while_serving)
    {
        CK_RV code;
        for (size_t c = 0; c < shim_codes_count; c++)
            any_number_of_times(f, shim_codes[c]);
        for (size_t c = 0; (code = shim_own_code(f, c)) != CKR_OK; c++)
            any_number_of_times(f, code);
    }
}

/* It went well and nobody learns it: what it made is in nobody's way later. */
static void an_answer_that_is_lost(void **state)
{
    (void)state;
    EACH(f, while_serving)
    for (uint64_t after = 0; after < 3; after++)
        run(&(struct cell){ f, SHIM_LOSE, CKR_DEVICE_ERROR, after, 1 }, false);
}

static void a_function_that_hangs_or_is_late(void **state)
{
    (void)state;
    EACH(f, while_serving)
    {
        run(&(struct cell){ f, SHIM_HANG, 0, 0, 1 }, false);
        run(&(struct cell){ f, SHIM_DELAY, 100, 0, 5 }, false);
    }
}

static void a_token_that_logs_out_or_closes_sessions(void **state)
{
    (void)state;
    EACH(f, while_serving)
    for (uint64_t after = 0; after < 2; after++) {
        run(&(struct cell){ f, SHIM_LOGOUT, 0, after, 1 }, false);
        run(&(struct cell){ f, SHIM_CLOSE, 0, after, 1 }, false);
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
    (void)state;
    EACH(f, at_start)
    {
        CK_RV code;
        for (size_t c = 0; c < shim_codes_count; c++)
            run(&(struct cell){ f, SHIM_ANSWER, shim_codes[c], 0, 1 }, true);
        for (size_t c = 0; (code = shim_own_code(f, c)) != CKR_OK; c++)
            if (code != CKR_PIN_EXPIRED)
                run(&(struct cell){ f, SHIM_ANSWER, code, 0, 1 }, true);
    }
}

/* All cells were served in time again; and no call of the worker, in whatever
 * trouble, is of a function without its cells: those that only end a module
 * have none. */
static void every_cell_is_over_in_time_and_none_is_missing(void **state)
{
    (void)state;
    assert_int_equal(0, late);
    for (enum shim_function f = SHIM_NONE + 1; f < SHIM_ANY; f++) {
        bool in_a_ceremony = f == SHIM_GenerateKeyPair;
        bool in_cells = while_serving[f] || at_start[f];
        if (!in_cells && !in_a_ceremony && f != SHIM_Finalize)
            assert_int_equal(0, calls_of(f));
        if (in_a_ceremony)
            assert_false(in_cells);
    }
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

static char path[] = "/tmp/accord-shim-XXXXXX"; /* each generation opens it */

/* A fresh worker's start; then all jobs. */
static void see_what_is_called(void)
{
    uint64_t before[SHIM_ANY] = { 0 };
    bool ignored[SHIM_ANY] = { false };
    struct pkcs11_description now = { .generation = 0 };

    note_calls(before, ignored);
    assert_int_equal(0, stage_signal(stage_child(&r.stage, "worker"), SIGKILL));
    for (int i = 0; i < 1000 && now.generation <= facts.generation; i++) {
        pkcs11_description_clear(&now);
        now.generation = 0;
        status_ignore(pkcs11_describe(r.door, &now, &r.why));
        (void)usleep(10000);
    }
    assert_true(now.generation > facts.generation);
    pkcs11_description_clear(&now);
    note_calls(before, at_start);
    assert_ok(all_jobs());
    note_calls(before, while_serving);
}

static int begin(void **state)
{
    char more[256];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0 && close(fd) == 0);
    shim = shim_make(path);
    const char *placement = getenv("ACCORD_PLACEMENT");
    const char *patience = getenv("ACCORD_RECOVERY");
    in_time = patience ? strtoul(patience, NULL, 10) : RECOVERY;
    (void)snprintf(more, sizeof(more), "%s[credentials]\nplacement = %s\n",
                   limits, placement ? placement : "token");
    journey_begin(SHIM, more);
    assert_ok(pkcs11_door_open(r.stage.socket_path, 20000, &r.door));
    assert_ok(pkcs11_describe(r.door, &facts, &r.why));
    certificate = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(journey_certify(journey.enclave, &certificate));
    assert_ok(journey_bring(&sealed, &journey.kept));
    assert_ok(all_jobs());
    see_what_is_called();
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
        cmocka_unit_test(every_cell_is_over_in_time_and_none_is_missing),
        cmocka_unit_test(a_code_about_the_pin_is_believed_at_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
