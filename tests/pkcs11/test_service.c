/* The program as it runs: supervisor, worker and verifier as processes, the
 * broker's door in front. */

#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "tests/pkcs11/running.h"

static void describes_what_the_ceremony_made(void **state)
{
    struct pkcs11_description d;
    struct ca_root root;
    struct hash empty;
    (void)state;
    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_int_equal(d.epoch, 1);
    assert_int_equal(d.generation, 1);
    assert_int_equal(d.size, 0);
    assert_string_equal(d.domain, STAGE_DOMAIN);
    assert_false(api_id_is_zero(&d.store));
    assert_ok(ca_root_read(buffer_bytes(&d.ca_certificate), &root, &r.why));
    assert_memory_equal(root.key.der, d.ca_key.bytes, API_SPKI_LEN);
    assert_ok(hash_of(&empty, bytes_of(NULL, 0)));
    assert_true(hash_equal(&d.root, &empty));
    pkcs11_description_clear(&d);
}

static void probes(void **state)
{
    (void)state;
    assert_ok(pkcs11_probe(r.door, &r.why));
}

static void gives_the_store_key_once_per_connection(void **state)
{
    struct hash salt = { { 7 } };
    struct secret *key = NULL, *again = NULL;
    (void)state;
    assert_ok(pkcs11_store_key(r.door, &salt, &key, &r.why));
    assert_status(STATUS_DENIED,
                  pkcs11_store_key(r.door, &salt, &again, &r.why));
    assert_non_null(strstr(r.why.text, "once per connection"));
    assert_null(again);

    /* The same salt is the same key, for whoever connects next. */
    running_await(STATUS_OK);
    assert_ok(pkcs11_store_key(r.door, &salt, &again, &r.why));
    assert_true(secret_equals(key, secret_expose(again)));
    secret_free(again);
    secret_free(key);
}

static void appends_and_signs(void **state)
{
    struct pkcs11_description d;
    struct api_head head;
    (void)state;
    head = running_append(3);
    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_ok(api_head_verify(&head, &d.log_key));
    assert_true(hash_equal(&d.root, &head.root));
    assert_int_equal(d.size, head.size);
    assert_true(d.size >= 3);
    pkcs11_description_clear(&d);
}

static void takes_in_a_sealed_credential(void **state)
{
    struct pkcs11_description d;
    struct pkcs11_intake intake = { .context = { .flags = 0 } };
    AUTO_CLEAR_BUFFER kept = buffer_make(PKCS11_KEPT_LEN);
    struct api_sealed sealed;
    struct secret *text = NULL;
    (void)state;

    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_ok(random_fill(intake.context.account.bytes, API_ID_LEN));
    assert_ok(random_fill(intake.context.owner.bytes, HASH_LEN));
    assert_ok(secret_new(5, &text));
    assert_ok(api_seal(&intake.context, buffer_bytes(&d.intake_certificate),
                       text, &sealed, &r.why));
    intake.wrapped = buffer_bytes(&sealed.wrapped);
    intake.proof = sealed.proof;
    assert_ok(hash_of(&intake.blob, buffer_bytes(&sealed.blob)));
    assert_ok(pkcs11_intake(r.door, &intake, &kept, &r.why));
    assert_status(STATUS_CONFLICT,
                  pkcs11_intake(r.door, &intake, &kept, &r.why));
    assert_ok(pkcs11_erase(r.door, &intake.context, &r.why));
    assert_status(STATUS_CONFLICT,
                  pkcs11_intake(r.door, &intake, &kept, &r.why));
    assert_non_null(strstr(r.why.text, "was erased: seal a new one"));
    secret_free(text);
    api_sealed_clear(&sealed);
    pkcs11_description_clear(&d);
}

static void certifies_a_server_with_leaf_and_receipt(void **state)
{
    static const char *const names[] = { "broker.example.org" };
    struct pkcs11_description d;
    struct ca_key *key = NULL;
    struct api_head head;
    struct ca_facts facts;
    struct hash leaf_hash;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;

    (void)running_append(1);
    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    struct ca_root root;
    assert_ok(ca_root_read(buffer_bytes(&d.ca_certificate), &root, &r.why));
    struct pkcs11_certify certify = {
        .kind = CA_SERVER,
        .spki = ca_spki(ca_key_public(key)),
        .names = names,
        .names_count = 1,
        .not_after = root.not_before + 86400,
    };
    struct api_certificate_subject subject = { .kind = CA_SERVER,
                                               .not_after = certify.not_after };
    assert_ok(hash_of(&subject.spki, certify.spki));
    assert_ok(api_names_hash(names, 1, &subject.names));
    /* The root was made by this machine's clock a moment ago. */
    struct api_leaf leaf = { .kind = API_LEAF_CERTIFICATE,
                             .index = d.size,
                             .time = root.not_before * 1000 };
    assert_ok(api_subject_certificate(certify.salt, &subject, &leaf.subject));
    assert_ok(api_leaf_encode(&leaf, certify.leaf));
    assert_ok(pkcs11_append(r.door, bytes_of(certify.leaf, API_LEAF_LEN), &head,
                            &r.why));
    assert_ok(pkcs11_certify(r.door, &certify, &der, &r.why));
    assert_ok(ca_certificate_read(buffer_bytes(&der), &facts, &r.why));
    assert_ok(api_leaf_hash(certify.leaf, &leaf_hash));
    leaf_hash.bytes[0] &= 0x7f;
    assert_memory_equal(facts.serial, leaf_hash.bytes, CA_SERIAL_LEN);

    /* And revokes it. */
    AUTO_CLEAR_BUFFER crl = buffer_make(CA_CRL_MAX);
    assert_ok(pkcs11_crl(r.door, bytes_of(facts.serial, CA_SERIAL_LEN),
                         root.not_before, root.not_before + 86400, 1, &crl,
                         &r.why));
    assert_true(crl.len > 0);
    ca_key_free(key);
    pkcs11_description_clear(&d);
}

static void serves_one_broker_at_a_time(void **state)
{
    struct pkcs11_door *second = NULL;
    (void)state;
    assert_ok(pkcs11_probe(r.door, &r.why));
    assert_ok(pkcs11_door_open(r.stage.socket_path, 10000, &second));
    assert_status(STATUS_BUSY, pkcs11_probe(second, &r.why));
    assert_non_null(strstr(r.why.text, "another broker"));
    assert_ok(pkcs11_probe(r.door, &r.why));
    pkcs11_door_free(second);
}

static void refuses_other_users(void **state)
{
    int how = 0;
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED LOUDLY: only root can try as somebody else\n");
        skip();
    }
    assert_int_equal(chmod(r.stage.dir.path, 0711), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct pkcs11_door *door = NULL;
        struct reason why = { "" };
        if (setgroups(0, NULL) != 0 || setgid(65534) != 0 ||
            setuid(65534) != 0 ||
            failed(pkcs11_door_open(r.stage.socket_path, 10000, &door)))
            _exit(2);
        struct status s = pkcs11_probe(door, &why);
        pkcs11_door_free(door);
        _exit(s.code == STATUS_DENIED && strstr(why.text, "this user") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    stage_await_line(&r.stage,
                     "supervisor: refused a connection of user 65534");
}

static int connect_raw(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    memcpy(address.sun_path, r.stage.socket_path,
           strlen(r.stage.socket_path) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)),
                     0);
    return fd;
}

/* The broker's process may be hostile: its bytes reach the supervisor. */
static void survives_impossible_frames(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } frames[] = {
        { "\xff\xff\xff\xff\0\0\0\1\1", 9 },
        { "\0\0\0\0\0\0\0\1\1", 9 },
        { "\0\0\0\4\0\0\0\1\1", 9 },
    };
    char byte;
    (void)running_hang_up(state);
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        int fd = connect_raw();
        assert_int_equal(write(fd, frames[i].bytes, frames[i].len),
                         (ssize_t)frames[i].len);
        assert_int_equal(read(fd, &byte, 1), 0);
        (void)close(fd);
    }
    stage_await_line(&r.stage,
                     "supervisor: the broker sent an impossible frame");
    running_await(STATUS_OK);
}

static void refuses_jobs_that_are_not_for_brokers(void **state)
{
    static const unsigned char jobs[] = { 0, PKCS11_ANCHOR, PKCS11_JOBS, 0x41,
                                          255 };
    (void)state;
    (void)running_hang_up(state);
    int fd = connect_raw();
    for (size_t i = 0; i < sizeof(jobs); i++) {
        unsigned char frame[9] = { 0, 0, 0, 5, 0, 0, 0, 9, jobs[i] };
        struct buffer in = buffer_make(PKCS11_ANSWER_MAX);
        struct pkcs11_frame answer;
        assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
        assert_ok(pkcs11_frame_read(fd, &in, &answer));
        assert_int_equal(answer.id, 9);
        assert_int_equal(answer.code, STATUS_INVALID);
        buffer_clear(&in);
    }
    (void)close(fd);
}

/* A worker says of an empty request what is wrong with it, or does it. */
static void takes_every_job_of_a_broker_to_a_worker(void **state)
{
    static const char none[] = "there is no such job";
    (void)state;
    (void)running_hang_up(state);
    int fd = connect_raw();
    for (unsigned char job = PKCS11_DESCRIBE; job < PKCS11_JOBS; job++) {
        unsigned char frame[9] = { 0, 0, 0, 5, 0, 0, 0, 9, job };
        struct buffer in = buffer_make(PKCS11_ANSWER_MAX);
        struct pkcs11_frame answer;
        if (job == PKCS11_ANCHOR)
            continue;
        assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
        assert_ok(pkcs11_frame_read(fd, &in, &answer));
        assert_int_equal(answer.id, 9);
        assert_false(bytes_equal(answer.body, bytes_of_string(none)));
        buffer_clear(&in);
    }
    (void)close(fd);
}

static void makes_a_new_nonce_each_time(void **state)
{
    struct hash first, second;
    (void)state;
    assert_ok(pkcs11_nonce(r.door, &first, &r.why));
    assert_ok(pkcs11_nonce(r.door, &second, &r.why));
    assert_false(hash_equal(&first, &second));
}

static void *probe_often(void *argument)
{
    struct reason why = { "" };
    for (int i = 0; i < 50; i++)
        if (failed(pkcs11_probe(argument, &why)))
            return argument;
    return NULL;
}

static void one_door_serves_many_threads(void **state)
{
    pthread_t threads[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, probe_often, r.door),
                         0);
    for (int i = 0; i < 8; i++) {
        void *trouble = NULL;
        assert_int_equal(pthread_join(threads[i], &trouble), 0);
        assert_null(trouble);
    }
}

static void a_second_instance_is_refused(void **state)
{
    char said[1024];
    const char *const arguments[] = { ACCORD_HSM, "run", "--config",
                                      r.stage.config_path, NULL };
    (void)state;
    assert_int_equal(stage_run(arguments, said, sizeof(said)), 1);
    assert_non_null(strstr(said, "another accord-hsm"));
    assert_ok(pkcs11_probe(r.door, &r.why));
}

/* The PIN in no command line, no environment, no log. */
static void shows_the_pin_to_nobody(void **state)
{
    static const char *const places[] = { "cmdline", "environ" };
    const pid_t processes[] = { r.stage.hsm, stage_child(&r.stage, "worker"),
                                stage_child(&r.stage, "verifier") };
    AUTO_CLEAR_BUFFER log = buffer_make(64 * 1024);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 2; j++) {
            char path[64];
            AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
            (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)processes[i],
                           places[j]);
            if (failed(file_read(path, &text)) || text.len == 0)
                continue; /* not dumpable: only root may look */
            assert_null(
                memmem(text.data, text.len, STAGE_PIN, strlen(STAGE_PIN)));
        }
    }
    assert_ok(file_read(stage_file(&r.stage, "log"), &log));
    assert_null(memmem(log.data, log.len, STAGE_PIN, strlen(STAGE_PIN)));
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, running_connect, running_hang_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(describes_what_the_ceremony_made), /* first: nothing is logged */
        CASE(probes),
        CASE(gives_the_store_key_once_per_connection),
        CASE(appends_and_signs),
        CASE(takes_in_a_sealed_credential),
        CASE(certifies_a_server_with_leaf_and_receipt),
        CASE(serves_one_broker_at_a_time),
        CASE(refuses_other_users),
        CASE(survives_impossible_frames),
        CASE(refuses_jobs_that_are_not_for_brokers),
        CASE(takes_every_job_of_a_broker_to_a_worker),
        CASE(makes_a_new_nonce_each_time),
        CASE(one_door_serves_many_threads),
        CASE(a_second_instance_is_refused),
        CASE(shows_the_pin_to_nobody),
    };
    return cmocka_run_group_tests(tests, running_begin, running_end);
}
