/* accord-enclave itself: what its program gets and sees, and what becomes of
 * what it leaves. */

#include "tests/support/check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/enclave/runner.h"

static void a_program_reads_its_input_and_its_output_is_delivered(void **state)
{
    (void)state;
    struct running r = run(script(
        "{ cat input/patients/data; cat opt/fortanix/enclave-os/app-config/rw/"
        "a/b.txt; echo \" $1 $HOME\"; } | sed \"s|$PWD|here|\""
        " > output/summary/data"));
    assert_said(&r, 0, "certificate: issued until ");
    assert_said(&r, 0, "upload output/summary: delivered");
    assert_delivered(PLAIN "hello one argument here\n");
    buffer_clear(&r.said);
}

static void a_program_sees_its_directory_and_little_else(void **state)
{
    (void)state;
    struct running r = run(script(
        "{ env | sort | sed 's/=.*//'; find . | sort; "
        "stat -c %a .; } > /tmp/accord-test.$$ && cat /tmp/accord-test.$$ > "
        "output/summary/data; rm /tmp/accord-test.$$"));
    assert_said(&r, 0, "delivered");
    assert_delivered(
        "ACCORD_CONFIGURATION\nHOME\nPATH\nPWD\n"
        ".\n./input\n./input/patients\n./input/patients/data\n./opt\n"
        "./opt/fortanix\n./opt/fortanix/enclave-os\n"
        "./opt/fortanix/enclave-os/app-config\n"
        "./opt/fortanix/enclave-os/app-config/rw\n"
        "./opt/fortanix/enclave-os/app-config/rw/a\n"
        "./opt/fortanix/enclave-os/app-config/rw/a/b.txt\n"
        "./opt/fortanix/enclave-os/app-config/rw/app-config.json\n"
        "./opt/fortanix/enclave-os/app-config/rw/input\n"
        "./opt/fortanix/enclave-os/app-config/rw/input/patients\n"
        "./opt/fortanix/enclave-os/app-config/rw/input/patients/dataset\n"
        "./opt/fortanix/enclave-os/app-config/rw/input/patients/dataset/"
        "location.txt\n"
        "./opt/fortanix/enclave-os/app-config/rw/output\n"
        "./opt/fortanix/enclave-os/app-config/rw/output/summary\n"
        "./opt/fortanix/enclave-os/app-config/rw/output/summary/dataset\n"
        "./opt/fortanix/enclave-os/app-config/rw/output/summary/dataset/"
        "location.txt\n"
        "./output\n./output/summary\n700\n");
    buffer_clear(&r.said);
}

static void the_configuration_on_disk_has_the_hash_asked_for(void **state)
{
    (void)state;
    /* Up to ,"extra" it is {"config": and the canonical text. */
    struct running r = run(script(
        "cd opt/fortanix/enclave-os/app-config/rw; "
        "h=$(sed 's/^{\"config\"://; s/,\"extra\":.*//' app-config.json | "
        "tr -d '\\n' | sha256sum | cut -d' ' -f1); cd \"$HOME\"; "
        "[ \"$h\" = \"$ACCORD_CONFIGURATION\" ] && echo same > "
        "output/summary/data"));
    assert_said(&r, 0, "delivered");
    assert_delivered("same\n");
    buffer_clear(&r.said);
}

static void a_program_that_fails_delivers_nothing(void **state)
{
    (void)state;
    struct running r = run(script("echo x > output/summary/data; exit 41"));
    assert_said(&r, 41, "nothing is delivered");
    assert_false(world.datasets[1].exists);
    buffer_clear(&r.said);
    r = run(script("kill -TERM $$"));
    assert_said(&r, 128 + 15, "nothing is delivered");
    buffer_clear(&r.said);
}

static void a_link_is_no_output(void **state)
{
    (void)state;
    struct running r = run(script("ln -s /etc/passwd output/summary/data"));
    assert_said(&r, 1, "upload output/summary: cannot open");
    assert_false(world.datasets[1].exists);
    buffer_clear(&r.said);
    r = run(script("mkfifo output/summary/data"));
    assert_said(&r, 1, "not a regular file");
    buffer_clear(&r.said);
    r = run(script("true"));
    assert_said(&r, 1, "upload output/summary: cannot open");
    buffer_clear(&r.said);
}

static void what_cannot_run_is_named(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&world.dir, "no-program");
    assert_ok(file_write(path, bytes_of_string("data"), 0600));
    struct running r = run(path);
    assert_said(&r, 1, "run: cannot run ");
    buffer_clear(&r.said);
    r = run("/nonexistent/program");
    assert_said(&r, 1, "program: /nonexistent/program: No such file");
    buffer_clear(&r.said);
}

static void nothing_is_left_of_the_directory(void **state)
{
    (void)state;
    const char *where = temp_dir_path(&world.dir, "where");
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    AUTO_CLEAR_BUFFER command = buffer_make(4096);
    buffer_printf(&command,
                  "printf %%s \"$HOME\" > %s; mkdir -p a/b; echo x > a/b/c; "
                  "echo x > output/summary/data",
                  where);
    buffer_put_u8(&command, '\0');
    struct running r = run(script((const char *)command.data));
    assert_said(&r, 0, "delivered");
    assert_ok(file_read(where, &text));
    buffer_put_u8(&text, '\0');
    assert_int_equal(text.data[0], '/');
    assert_int_not_equal(access((const char *)text.data, F_OK), 0);
    buffer_clear(&r.said);
}

/* A release refused on a certificate that is still good. */
static void a_pause_lets_the_world_change_before_the_release(void **state)
{
    (void)state;
    const char *fifo = temp_dir_path(&world.dir, "go");
    const char *receipts = temp_dir_path(&world.dir, "receipts.json");
    const char *options[] = { "--pause-before-release", fifo, "--receipts",
                              receipts, NULL };
    assert_int_equal(mkfifo(fifo, 0600), 0);
    unsigned before = world.releases;
    struct running r = begin_run(options, script("true"));
    int fd = open(fifo, O_WRONLY | O_CLOEXEC); /* when it has come so far */
    assert_true(fd >= 0);
    assert_int_equal(world.releases, before);
    world.fault = WORLD_DENIES_RELEASE;
    (void)close(fd);
    finish(&r);
    world.fault = WORLD_HONEST;
    assert_said(&r, 3, "release input/patients: the world says no (approvals)");
    assert_said(&r, 3, "certificate: issued until ");
    buffer_clear(&r.said);

    options[1] = receipts; /* "[]\n": a file, not a fifo */
    r = begin_run(options, script("true"));
    finish(&r);
    assert_said(&r, 1, "is not a fifo");
    buffer_clear(&r.said);
}

/* A disk that is full, as far as the runner can tell. */
static void without_room_nothing_is_run(void **state)
{
    (void)state;
    world.datasets[1].exists = false; /* what an earlier test delivered */
    assert_int_equal(setenv("LD_PRELOAD", BROKEN, 1), 0);
    assert_int_equal(setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0), 0);
    assert_int_equal(setenv("ACCORD_BROKEN", "room", 1), 0);
    struct running r = run(script("echo x > output/summary/data"));
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
    assert_int_equal(unsetenv("ACCORD_BROKEN"), 0);
    assert_said(&r, 8, "no room left in the work directory");
    assert_false(world.datasets[1].exists);
    buffer_clear(&r.said);
}

/* Without the permission to take the network away the runner must say so. */
static void a_program_has_no_network_unless_asked(void **state)
{
    (void)state;
    char own[128] = "";
    const char *options[] = { "--network", NULL };
    const char *app =
        script("readlink /proc/self/ns/net > output/summary/data");
    assert_true(readlink("/proc/self/ns/net", own, sizeof(own) - 2) > 0);
    own[strlen(own)] = '\n';
    struct running r = begin_run(options, app);
    finish(&r);
    assert_said(&r, 0, "delivered");
    assert_null(strstr((const char *)r.said.data, "had the machine's network"));
    buffer_clear(&r.said);
    assert_delivered(own);

    r = run(app);
    assert_said(&r, 0, "delivered");
    bool warned =
        strstr((const char *)r.said.data, "had the machine's network") != NULL;
    buffer_clear(&r.said);
    assert_true(warned == is_delivered(own));
    if (warned)
        print_message("NOTE: no permission for a network namespace here\n");
}

static void a_signal_is_passed_on(void **state)
{
    (void)state;
    const char *ready = temp_dir_path(&world.dir, "ready");
    AUTO_CLEAR_BUFFER command = buffer_make(4096);
    assert_int_equal(mkfifo(ready, 0600), 0);
    buffer_printf(&command,
                  "trap 'exit 9' TERM; echo > %s; while :; do sleep 0.05; done",
                  ready);
    buffer_put_u8(&command, '\0');
    struct running r = begin_run(NULL, script((const char *)command.data));
    char line;
    int fd = open(ready, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, &line, 1), 1); /* the trap is set */
    (void)close(fd);
    assert_int_equal(kill(r.pid, SIGTERM), 0);
    finish(&r);
    assert_said(&r, 9, "ended with 9");
    buffer_clear(&r.said);
}

static void receipts_are_written_on_request(void **state)
{
    (void)state;
    const char *receipts = temp_dir_path(&world.dir, "receipts.json");
    const char *options[] = { "-q", "--receipts", receipts, NULL };
    struct reason why = { "" };
    struct api_receipt receipt;
    AUTO_JSON *list = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(1 << 20);
    const struct api_spki key = api_key_signer(world.log_key).key;
    struct running r =
        begin_run(options, script("echo x > output/summary/data"));
    finish(&r);
    assert_said(&r, 0, "");
    assert_null(strstr((const char *)r.said.data, "certificate")); /* -q */
    assert_ok(file_read(receipts, &text));
    assert_ok(api_json_read(buffer_bytes(&text), text.len, false, &list, &why));
    assert_int_equal(json_array_size(list), 2);
    assert_ok(api_receipt_from_json(json_array_get(list, 1), &receipt, &why));
    assert_ok(api_receipt_verify(&receipt, &key, &why));
    buffer_clear(&r.said);
}

static void what_is_printed_is_what_is_measured(void **state)
{
    (void)state;
    const char *app = script("true");
    const char *words[] = { "accord-enclave", "measure", "--", app,
                            "an argument",    NULL };
    struct running r = begin(words);
    finish(&r);
    assert_int_equal(r.code, 0);
    assert_int_equal(r.said.len, 2 * HASH_LEN + 2); /* newline and NUL */
    AUTO_CLEAR_BUFFER first = buffer_make(1024);
    buffer_put(&first, buffer_bytes(&r.said));
    buffer_clear(&r.said);

    words[4] = "another";
    r = begin(words);
    finish(&r);
    assert_false(bytes_equal(buffer_bytes(&first), buffer_bytes(&r.said)));
    buffer_clear(&r.said);
}

/* The child's standard error and exit code, for a command line that is wrong.
 */
static void wrong_usage_is_explained(void **state)
{
    (void)state;
    const char *words[] = { "accord-enclave", "fly", NULL };
    struct running r = begin(words);
    finish(&r);
    assert_said(&r, 2, "unknown command fly");
    assert_said(&r, 2, "usage: accord-enclave run");
    buffer_clear(&r.said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_reads_its_input_and_its_output_is_delivered),
        cmocka_unit_test(a_program_sees_its_directory_and_little_else),
        cmocka_unit_test(the_configuration_on_disk_has_the_hash_asked_for),
        cmocka_unit_test(a_program_that_fails_delivers_nothing),
        cmocka_unit_test(a_link_is_no_output),
        cmocka_unit_test(what_cannot_run_is_named),
        cmocka_unit_test(nothing_is_left_of_the_directory),
        cmocka_unit_test(a_pause_lets_the_world_change_before_the_release),
        cmocka_unit_test(without_room_nothing_is_run),
        cmocka_unit_test(a_program_has_no_network_unless_asked),
        cmocka_unit_test(a_signal_is_passed_on),
        cmocka_unit_test(receipts_are_written_on_request),
        cmocka_unit_test(what_is_printed_is_what_is_measured),
        cmocka_unit_test(wrong_usage_is_explained),
    };
    return cmocka_run_group_tests(tests, runner_setup, runner_teardown);
}
