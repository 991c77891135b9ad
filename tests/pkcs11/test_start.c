/* Starts and ends: a worker goes on from exactly where the last one stopped,
 * or says why not. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "tests/pkcs11/running.h"

/* A worker that is killed between two jobs: the log goes on from exactly
 * there, and what was appended before can no longer be performed. */
static void goes_on_after_its_worker_was_killed(void **state)
{
    struct pkcs11_description before, after;
    struct api_head head;
    (void)state;

    head = running_append(5);
    assert_ok(pkcs11_describe(r.door, &before, &r.why));
    pid_t worker = stage_child(&r.stage, "worker");
    assert_true(worker > 0);
    assert_int_equal(stage_signal(worker, SIGKILL), 0);
    for (int i = 0; i < 1000; i++) {
        struct status s = pkcs11_describe(r.door, &after, &r.why);
        if (!failed(s) && after.generation > before.generation)
            break;
        if (!failed(s))
            pkcs11_description_clear(&after);
        (void)usleep(10000);
    }
    assert_int_equal(after.generation, before.generation + 1);
    assert_int_equal(after.size, head.size);
    assert_true(hash_equal(&after.root, &head.root));
    assert_int_not_equal(stage_child(&r.stage, "worker"), worker);
    stage_await_line(&r.stage, "supervisor: the worker ended (signal 9)");
    stage_await_line(&r.stage,
                     "supervisor: single-user mode: the broker's user "
                     "is our own, and could do all we can");
    head = running_append(1);
    assert_int_equal(head.size, after.size + 1);
    pkcs11_description_clear(&before);
    pkcs11_description_clear(&after);
}

/* Killed at any moment of appending: what was answered stays, and history
 * goes on from there without a fork. */
static void keeps_every_answered_head_over_many_kills(void **state)
{
    struct api_frontier mine = { .size = 0 };
    struct pkcs11_description d;
    unsigned kills = 0;
    (void)state;

    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_int_equal(d.size, 0);
    for (unsigned turn = 0; turn < 150; turn++) {
        unsigned char encoded[API_LEAF_LEN];
        const struct api_leaf leaf = { .kind = API_LEAF_CHANGE,
                                       .index = mine.size,
                                       .subject = { { (unsigned char)turn } } };
        struct api_frontier next = mine;
        struct api_head head;
        struct hash hash, root;
        assert_ok(api_leaf_encode(&leaf, encoded));
        assert_ok(api_leaf_hash(encoded, &hash));
        assert_ok(api_frontier_add(&next, &hash));
        if (turn % 30 == 29) { /* at a moment that is never the same */
            (void)usleep(turn * 13 % 400);
            kills +=
                stage_signal(stage_child(&r.stage, "worker"), SIGKILL) == 0;
        }
        struct status s = pkcs11_append(
            r.door, bytes_of(encoded, sizeof(encoded)), &head, &r.why);
        if (failed(s)) { /* unknown: the next describe says what became of it */
            running_await(STATUS_OK);
            pkcs11_description_clear(&d);
            assert_ok(pkcs11_describe(r.door, &d, &r.why));
            mine = d.size == next.size ? next : mine;
            head = (struct api_head){ .size = d.size, .root = d.root };
        } else {
            mine = next;
            assert_ok(api_head_verify(&head, &d.log_key));
        }
        assert_ok(api_frontier_root(&mine, &root));
        assert_int_equal(head.size, mine.size);
        assert_true(hash_equal(&head.root, &root));
    }
    assert_int_equal(kills, 5);
    pkcs11_description_clear(&d);
}

static void refuses_a_frontier_file_older_than_the_anchor(void **state)
{
    AUTO_CLEAR_BUFFER old = buffer_make(16384);
    char path[256];
    (void)state;

    (void)running_append(2);
    (void)snprintf(path, sizeof(path), "%s",
                   stage_file(&r.stage, "state/frontier"));
    assert_ok(file_read(path, &old));
    (void)running_append(2);
    assert_int_equal(stage_stop(&r.stage), 0); /* writes the anchor */
    assert_ok(file_write(path, buffer_bytes(&old), 0600));
    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
    assert_non_null(strstr(
        r.why.text, "the frontier file is older than the token: it stands"));
}

static void refuses_to_start_without_its_frontier_file(void **state)
{
    (void)state;
    assert_int_equal(stage_stop(&r.stage), 0);
    assert_int_equal(unlink(stage_file(&r.stage, "state/frontier")), 0);
    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
    assert_non_null(strstr(r.why.text, "cannot open the frontier file"));
}

static void refuses_a_certificate_of_another_ceremony(void **state)
{
    struct stage other;
    AUTO_CLEAR_BUFFER pem = buffer_make(16384);
    (void)state;
    stage_make(&other, "");
    assert_int_equal(stage_init(&other, NULL, 0), 0);
    assert_ok(file_read(stage_file(&other, "state/ca.pem"), &pem));
    stage_clear(&other);
    assert_int_equal(stage_stop(&r.stage), 0);
    assert_ok(file_write(stage_file(&r.stage, "state/ca.pem"),
                         buffer_bytes(&pem), 0644));
    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
}

/* One attempt, not one per restart: real tokens lock after a few. */
static void latches_on_a_wrong_pin_until_an_operator_acts(void **state)
{
    char path[256];
    AUTO_CLEAR_BUFFER log = buffer_make(64 * 1024);
    (void)state;

    assert_int_equal(stage_stop(&r.stage), 0);
    (void)snprintf(path, sizeof(path), "%s", stage_file(&r.stage, "pin"));
    assert_ok(file_write(path, bytes_of_string("wrong-pin"), 0400));
    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
    assert_non_null(strstr(r.why.text, "the token refuses the PIN (0x"));
    for (int i = 0; i < 50; i++) { /* well past the first back-offs */
        assert_status(STATUS_UNAVAILABLE, pkcs11_probe(r.door, &r.why));
        (void)usleep(10000);
    }
    assert_int_equal(stage_child(&r.stage, "worker"), 0);
    assert_ok(file_read(stage_file(&r.stage, "log"), &log));
    char *text = buffer_string(&log);
    assert_non_null(text);
    char *first = strstr(text, "refuses to start");
    assert_non_null(first);
    assert_null(strstr(first + 1, "refuses to start"));
    free(text);

    assert_ok(file_write(path, bytes_of_string(STAGE_PIN), 0400));
    assert_int_equal(stage_signal(r.stage.hsm, SIGHUP), 0);
    running_await(STATUS_OK);
}

/* systemd signals every process of a unit. */
static void its_children_leave_signals_to_the_supervisor(void **state)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    pid_t worker = stage_child(&r.stage, "worker");
    pid_t verifier = stage_child(&r.stage, "verifier");
    (void)state;
    assert_true(worker > 0 && verifier > 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stage_signal(worker, signals[i]), 0);
        assert_int_equal(stage_signal(verifier, signals[i]), 0);
        (void)running_append(1);
    }
    assert_int_equal(stage_child(&r.stage, "worker"), worker);
    assert_int_equal(stage_child(&r.stage, "verifier"), verifier);
    assert_int_equal(stage_signal(worker, SIGTERM), 0);
    assert_int_equal(stage_stop(&r.stage), 0);
    stage_start(&r.stage);
    running_await(STATUS_OK);
}

/* The door's reader may see the end a little later than waitpid() did. */
static void await_hang_up(void)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    for (int i = 0; i < 20000 && pkcs11_door_connected(r.door); i++)
        (void)nanosleep(&moment, NULL);
}

static void stops_cleanly_and_leaves_no_socket(void **state)
{
    (void)state;
    (void)running_append(1);
    assert_int_equal(stage_stop(&r.stage), 0);
    assert_int_equal(access(r.stage.socket_path, F_OK), -1);
    await_hang_up();
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(r.door, &r.why));
    assert_non_null(strstr(r.why.text, "cannot reach accord-hsm at /"));
    stage_start(&r.stage);
    running_await(STATUS_OK);
    assert_ok(pkcs11_probe(r.door, &r.why)); /* the same door again */
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, running_connect, running_hang_up)

int main(void)
{
    const struct CMUnitTest one_after_the_other[] = {
        CASE(goes_on_after_its_worker_was_killed),
        CASE(its_children_leave_signals_to_the_supervisor),
        CASE(stops_cleanly_and_leaves_no_socket),
        CASE(latches_on_a_wrong_pin_until_an_operator_acts),
        CASE(refuses_a_frontier_file_older_than_the_anchor), /* last */
    };
    const struct CMUnitTest killed_often[] = {
        CASE(keeps_every_answered_head_over_many_kills),
    };
    const struct CMUnitTest without_frontier[] = {
        CASE(refuses_to_start_without_its_frontier_file),
    };
    const struct CMUnitTest with_other_certificate[] = {
        CASE(refuses_a_certificate_of_another_ceremony),
    };
    return cmocka_run_group_tests(one_after_the_other, running_begin,
                                  running_end) +
           cmocka_run_group_tests(killed_often, running_begin, running_end) +
           cmocka_run_group_tests(without_frontier, running_begin,
                                  running_end) +
           cmocka_run_group_tests(with_other_certificate, running_begin,
                                  running_end);
}
