/* Bad days of a token, as the shim plays them: hangs, slow writes, a device
 * that is pulled out; and a worker that grew too fat. */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/token.h"
#include "tests/pkcs11/stage.h"
#include "tests/shim/control.h"

static struct stage stage;
static struct pkcs11_door *door;
static struct reason why;
static struct shim_control *shim;

#define FOR_EVER UINT64_MAX

static void ask(size_t rule, enum shim_function function,
                enum shim_trouble trouble, uint64_t code)
{
    shim_ask(&shim->rules[rule], function, trouble, code, 0, FOR_EVER);
}

/* Until a call of the worker has met the trouble. */
static void await_struck(size_t rule)
{
    for (int i = 0; i < 1000 && atomic_load(&shim->rules[rule].struck) == 0;
         i++)
        (void)usleep(10000);
    assert_true(atomic_load(&shim->rules[rule].struck) > 0);
}

static void stop_asking(size_t rule)
{
    shim_stop_asking(&shim->rules[rule]);
}

static void make(const char *more)
{
    stage_heap();
    stage_make_with(&stage, SHIM, more);
    shim = shim_make(stage_file(&stage, "shim"));
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_start(&stage);
    stage_await(&stage, STATUS_OK, &why);
    assert_ok(pkcs11_door_open(stage.socket_path, 20000, &door));
}

static int set_up(void **state)
{
    (void)state;
    make("[limits]\nwait = 300\nrun = 1000\ntoken = 6000\n");
    return 0;
}

static int set_up_fat(void **state)
{
    (void)state;
    make("[limits]\nmemory = 1\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pkcs11_door_free(door);
    stage_clear(&stage);
    return 0;
}

static uint64_t milliseconds(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static uint64_t generation(void)
{
    struct pkcs11_description d = { .epoch = 0 };
    assert_ok(pkcs11_describe(door, &d, &why));
    uint64_t number = d.generation;
    pkcs11_description_clear(&d);
    return number;
}

/* Until a worker younger than `than` serves. */
static void recover(uint64_t than)
{
    struct pkcs11_description d = { .generation = 0 };

    for (int i = 0; i < 500 && d.generation <= than; i++) {
        (void)usleep(20000);
        d.generation = 0;
        if (!failed(pkcs11_describe(door, &d, &why)))
            pkcs11_description_clear(&d);
    }
    assert_true(d.generation > than);
    assert_ok(pkcs11_probe(door, &why));
}

static size_t logins(void)
{
    return atomic_load(&shim->calls[SHIM_Login]);
}

static void a_job_that_hangs_costs_the_worker_and_no_more(void **state)
{
    uint64_t before = generation(), began = milliseconds();
    pid_t worker = stage_child(&stage, "worker");
    char line[64];
    (void)state;
    ask(0, SHIM_Sign, SHIM_HANG, 0);
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(door, &why));
    assert_true(milliseconds() - began >= 900); /* not at once */
    assert_non_null(strstr(why.text, "ended before it answered"));
    (void)snprintf(line, sizeof(line),
                   " did not end in time, worker %d is killed", (int)worker);
    stage_await_line(&stage, line);
    stop_asking(0);
    recover(before);
    assert_int_not_equal(stage_child(&stage, "worker"), worker);
}

struct asker {
    pthread_t thread;
    struct status status;
    uint64_t took;
};

static void *probe(void *argument)
{
    struct asker *asker = argument;
    struct reason ignored = { "" };
    uint64_t began = milliseconds();
    asker->status = pkcs11_probe(door, &ignored);
    asker->took = milliseconds() - began;
    return NULL;
}

/* Two threads work, two more jobs are with the worker; all others wait with
 * the supervisor and are told so, long before anything is killed. */
static void a_job_that_waits_too_long_is_told_so(void **state)
{
    struct asker askers[12];
    size_t busy = 0, unavailable = 0;
    uint64_t before = generation();
    (void)state;
    ask(0, SHIM_Sign, SHIM_HANG, 0);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(
            pthread_create(&askers[i].thread, NULL, probe, &askers[i]), 0);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        if (askers[i].status.code == STATUS_BUSY) {
            busy++;
            assert_true(askers[i].took >= 250); /* not at once */
        } else if (askers[i].status.code == STATUS_UNAVAILABLE) {
            unavailable++;
        }
    }
    assert_int_equal(unavailable, 4);
    assert_int_equal(busy, 8);
    stop_asking(0);
    recover(before);
}

static void *bring_credential(void *argument)
{
    struct asker *asker = argument;
    struct pkcs11_description d = { .epoch = 0 };
    struct pkcs11_intake intake = { .context = { .flags = 0 } };
    struct api_sealed sealed = { .proof = { { 0 } } };
    AUTO_CLEAR_BUFFER kept = buffer_make(PKCS11_KEPT_LEN);
    struct secret *text = NULL;
    struct reason ignored = { "" };

    asker->status = pkcs11_describe(door, &d, &ignored);
    memset(intake.context.owner.bytes, 0x33, HASH_LEN);
    memset(intake.context.account.bytes, 0x44, API_ID_LEN);
    memset(intake.context.dataset.bytes, 0x55, API_ID_LEN);
    memset(intake.context.version.bytes, 0x66, API_ID_LEN);
    if (!failed(asker->status) && !failed(secret_new(9, &text)))
        asker->status =
            api_seal(&intake.context, buffer_bytes(&d.intake_certificate), text,
                     &sealed, &ignored);
    intake.wrapped = buffer_bytes(&sealed.wrapped);
    intake.proof = sealed.proof;
    if (!failed(asker->status))
        asker->status = hash_of(&intake.blob, buffer_bytes(&sealed.blob));
    uint64_t began = milliseconds();
    if (!failed(asker->status))
        asker->status = pkcs11_intake(door, &intake, &kept, &ignored);
    asker->took = milliseconds() - began;
    secret_free(text);
    api_sealed_clear(&sealed);
    pkcs11_description_clear(&d);
    return NULL;
}

/* A write to the token has its own, longer clock, and another job that
 * hangs meanwhile does not end it half way. */
static void a_write_to_the_token_is_never_interrupted(void **state)
{
    struct asker intake = { .took = 0 };
    uint64_t before = generation();
    (void)state;
    ask(1, SHIM_CopyObject, SHIM_DELAY, 3000);
    assert_int_equal(
        pthread_create(&intake.thread, NULL, bring_credential, &intake), 0);
    await_struck(1); /* the write has begun; it takes three seconds */
    ask(0, SHIM_Sign, SHIM_HANG, 0);
    uint64_t began = milliseconds();
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(door, &why));
    assert_true(milliseconds() - began > 1200); /* the deadline was 1,000 */
    assert_int_equal(pthread_join(intake.thread, NULL), 0);
    assert_ok(intake.status);
    stop_asking(0);
    stop_asking(1);
    recover(before);
}

static void a_device_that_is_gone_costs_one_worker(void **state)
{
    uint64_t before = generation();
    (void)state;
    ask(0, SHIM_Sign, SHIM_ANSWER, CKR_DEVICE_REMOVED);
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(door, &why));
    stage_await_line(&stage,
                     "worker: the token is lost (C_Sign answered 0x32)");
    stop_asking(0);
    recover(before);
}

/* A ceremony needs every key, or there is none. */
static void a_key_that_cannot_be_made_is_named(void **state)
{
    struct stage other;
    char said[1024];
    (void)state;
    stage_make_with(&other, SHIM, "");
    ask(0, SHIM_GenerateKey, SHIM_ANSWER, CKR_DEVICE_MEMORY);
    assert_int_equal(stage_init(&other, said, sizeof(said)), 1);
    stop_asking(0);
    assert_non_null(strstr(said, "the token cannot make accord-store ("));
    assert_int_equal(stage_init(&other, said, sizeof(said)), 0);
    stage_clear(&other);
}

/* A PIN file half written is a token lost: the supervisor waits, says so,
 * and leaves the worker alone. */
static void a_login_that_hangs_is_not_killed(void **state)
{
    pid_t worker;
    size_t before = logins();
    uint64_t last = generation();
    (void)state;
    ask(0, SHIM_Login, SHIM_HANG, 0);
    assert_int_equal(stage_signal(stage_child(&stage, "worker"), SIGKILL), 0);
    for (int i = 0; i < 900; i++) {
        struct status s = pkcs11_probe(door, &why);
        if (s.code == STATUS_UNAVAILABLE && strstr(why.text, "not logged in"))
            break;
        (void)usleep(10000);
    }
    assert_non_null(strstr(why.text, "not logged in"));
    worker = stage_child(&stage, "worker");
    assert_true(worker > 0);
    (void)usleep(300000);
    assert_int_equal(stage_child(&stage, "worker"), worker);
    assert_int_equal(logins(), before + 1);
    stop_asking(0);
    recover(last); /* by itself: the login went through after all */
    assert_int_equal(stage_child(&stage, "worker"), worker);
}

/* A worker that outlives its supervisor, for whatever reason: the next one
 * does not start beside it. Two on one token would spoil both. */
static void no_supervisor_starts_beside_an_old_worker(void **state)
{
    const char *const again[] = { ACCORD_HSM, "run", "--config",
                                  stage.config_path, NULL };
    char said[1024];
    int how = 0;
    (void)state;
    ask(0, SHIM_Sign, SHIM_HANG, 0);
    pid_t worker = stage_child(&stage, "worker");
    struct asker asker;
    assert_int_equal(pthread_create(&asker.thread, NULL, probe, &asker), 0);
    await_struck(0); /* a thread of the worker hangs now */
    assert_int_equal(stage_signal(stage.hsm, SIGKILL), 0);
    assert_int_equal(waitpid(stage.hsm, &how, 0), stage.hsm);
    stage.hsm = 0;
    assert_int_equal(pthread_join(asker.thread, NULL), 0);
    assert_int_equal(stage_signal(worker, 0), 0);
    assert_int_equal(stage_run(again, said, sizeof(said)), 1);
    assert_non_null(strstr(said, "another accord-hsm"));
    stop_asking(0); /* it notices that it is alone, and ends */
    for (int i = 0; i < 500 && stage_signal(worker, 0) == 0; i++)
        (void)usleep(20000);
    stage_start(&stage);
    pkcs11_door_free(door);
    door = NULL;
    stage_await(&stage, STATUS_OK, &why);
}

static void a_wrong_pin_is_tried_once(void **state)
{
    size_t before = logins();
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s", stage_file(&stage, "pin"));
    pkcs11_door_free(door);
    door = NULL;
    assert_int_equal(stage_stop(&stage), 0);
    assert_ok(file_write(path, bytes_of_string("wrong-pin"), 0400));
    stage_start(&stage);
    stage_await(&stage, STATUS_UNAVAILABLE, &why);
    (void)usleep(1500000); /* several back-offs would fit */
    assert_int_equal(logins(), before + 1);
    stage_await(&stage, STATUS_UNAVAILABLE, &why);
    assert_non_null(strstr(why.text, "the token refuses the PIN (0x"));
}

/* SoftHSM leaks: the worker is replaced, between two jobs. */
static void a_fat_worker_is_replaced_without_a_failed_job(void **state)
{
    uint64_t before = generation();
    (void)state;
    for (int i = 0; i < 600; i++)
        assert_ok(pkcs11_probe(door, &why));
    assert_true(generation() > before);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_job_that_hangs_costs_the_worker_and_no_more),
        CASE(a_job_that_waits_too_long_is_told_so),
        CASE(a_write_to_the_token_is_never_interrupted),
        CASE(a_device_that_is_gone_costs_one_worker),
        CASE(a_key_that_cannot_be_made_is_named),
        CASE(a_login_that_hangs_is_not_killed),
        CASE(no_supervisor_starts_beside_an_old_worker),
        CASE(a_wrong_pin_is_tried_once),
        cmocka_unit_test_setup_teardown(
            a_fat_worker_is_replaced_without_a_failed_job, set_up_fat,
            tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
