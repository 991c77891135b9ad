/* The log between two runs of a program. */

#include "tests/support/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "enclave/accord.h"
#include "tests/enclave/world.h"

static struct world world;
static char log_key[65];
static char *head_file;

static int setup(void **state)
{
    (void)state;
    world_open(&world, "START,STOP\n1,2\n");
    world_log_key(&world, log_key);
    head_file = strdup(temp_dir_path(&world.dir, "log-head.json"));
    return head_file ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(head_file);
    world_close(&world);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    (void)unlink(head_file);
    world.fault = WORLD_HONEST;
    return 0;
}

static struct accord_options options_with(const char *head)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration = world.hash_text;
    options.agent = world.agent_url;
    options.broker = host_url(world.broker);
    options.log_key = log_key;
    options.head = head;
    return options;
}

static void assert_outcome(const struct accord_options *options,
                           enum accord_result expected, const char *says)
{
    struct accord_session *session = NULL;
    enum accord_result result = accord_session_open(options, &session);
    assert_non_null(session);
    if (result != expected || !strstr(accord_error(session), says))
        fail_msg("%d \"%s\", expected %d \"%s\"", result, accord_error(session),
                 expected, says);
    accord_session_free(session);
}

static void assert_runs(const char *head)
{
    struct accord_options options = options_with(head);
    assert_outcome(&options, ACCORD_OK, "");
}

static void read_kept(struct api_head *out)
{
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    AUTO_JSON *json = NULL;
    assert_ok(file_read(head_file, &text));
    assert_ok(api_json_read(buffer_bytes(&text), text.len, false, &json, &why));
    assert_ok(api_head_from_json(json, out, &why));
}

static void the_newest_head_is_kept_and_the_next_run_holds_the_log_to_it(
    void **state)
{
    (void)state;
    struct api_head first, second;
    const struct api_spki key = api_key_signer(world.log_key).key;
    assert_runs(head_file);
    read_kept(&first);
    assert_ok(api_head_verify(&first, &key));
    assert_int_equal(first.size, world.leaves); /* that of the last receipt */
    assert_runs(NULL); /* the log grows without this file */
    assert_runs(head_file);
    read_kept(&second);
    assert_int_equal(second.size, world.leaves);
    assert_int_equal(second.size, first.size + 4); /* two datasets, twice */
}

/* clang-format off */
static const struct {
    enum world_fault fault;
    bool grown; /* the log has leaves behind those that were seen */
    const char *says;
} lies[] = {
    { WORLD_SHOWS_AN_OLDER_LOG,    false, "log: THE LOG WENT BACK: 11 leaves were signed before, the" },
    { WORLD_SHOWS_ANOTHER_EPOCH,   false, "(epoch 2, was 1) (log)" },
    { WORLD_SHOWS_ANOTHER_EPOCH,   true,  "(epoch 2, was 1) (log)" },
    { WORLD_SHOWS_ANOTHER_LOG,     false, "log: THE LOG WAS FORKED: the head over " },
    { WORLD_SHOWS_ANOTHER_LOG,     true,  "that you have seen (log)" },
    { WORLD_PROVES_NO_CONSISTENCY, true,  "log: THE LOG WAS FORKED: the head over " },
    { WORLD_HAS_NO_PROOF,          true,  "log: the broker's consistency proof is malformed (log)" },
    { WORLD_SIGNS_THE_HEAD_WITH_ANOTHER_KEY, true,
      "log: the broker's head is not signed by the log's key (denied)" },
};
/* clang-format on */

static void a_log_that_does_not_continue_gets_no_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct accord_options options = options_with(head_file);
        struct api_head before, after;
        (void)unlink(head_file);
        assert_runs(head_file);
        if (lies[i].grown)
            assert_runs(NULL);
        read_kept(&before);
        unsigned releases = world.releases;
        world.fault = lies[i].fault;
        assert_outcome(&options, ACCORD_DENIED, lies[i].says);
        world.fault = WORLD_HONEST;
        assert_int_equal(world.releases, releases);
        read_kept(&after);
        assert_int_equal(after.size, before.size);
        assert_runs(head_file);
    }
}

static void a_receipt_of_another_log_is_refused(void **state)
{
    (void)state;
    struct accord_options options = options_with(NULL);
    world.fault = WORLD_GIVES_RECEIPTS_OF_ANOTHER_LOG;
    assert_outcome(&options, ACCORD_OK, ""); /* nothing to compare with */
    options.head = head_file;
    assert_outcome(&options, ACCORD_DENIED,
                   "release input/patients: THE LOG WAS FORKED: the head over");
}

static void a_first_run_makes_the_file(void **state)
{
    (void)state;
    struct api_head head;
    assert_int_not_equal(access(head_file, F_OK), 0);
    assert_runs(head_file);
    read_kept(&head);
    assert_int_equal(head.epoch, 1);
}

static void an_edited_file_does_not_count(void **state)
{
    (void)state;
    struct accord_options options = options_with(head_file);
    struct api_head head;
    unsigned releases;
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    assert_runs(head_file);
    releases = world.releases;
    read_kept(&head);
    head.size = 1; /* less to hold the log to */
    AUTO_JSON *json = api_head_to_json(&head);
    assert_ok(api_json_canonical(json, &text));
    assert_ok(file_write(head_file, buffer_bytes(&text), 0644));
    assert_outcome(&options, ACCORD_DENIED, "holds the head of another log");
    assert_int_equal(world.releases, releases);
}

static void a_file_that_is_no_head_is_named(void **state)
{
    (void)state;
    struct accord_options options = options_with(head_file);
    unsigned certificates = world.certificates;
    assert_ok(file_write(head_file, bytes_of_string("{}\n"), 0644));
    assert_outcome(&options, ACCORD_USAGE,
                   "log-head.json does not hold a head of a log");
    assert_ok(file_write(head_file, bytes_of_string("size 3\n"), 0644));
    assert_outcome(&options, ACCORD_USAGE,
                   "log-head.json does not hold a head of a log");
    options.head = "/proc/self";
    assert_outcome(&options, ACCORD_USAGE, "cannot read /proc/self");
    assert_int_equal(world.certificates, certificates);
}

/* A head that cannot be kept would be forgotten: then nothing is asked for. */
static void without_a_place_for_the_head_nothing_is_released(void **state)
{
    (void)state;
    struct accord_options options = options_with("/proc/no-such-place/head");
    unsigned releases = world.releases;
    assert_outcome(&options, ACCORD_ERROR,
                   "log: cannot write /proc/no-such-place/head");
    assert_int_equal(world.releases, releases);
}

static void a_head_needs_the_log_s_key(void **state)
{
    (void)state;
    struct accord_options options = options_with(head_file);
    options.log_key = NULL;
    assert_outcome(
        &options, ACCORD_USAGE,
        "options: a head is kept of a log whose key is known: log key");
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_run_makes_the_file),
        TEST(the_newest_head_is_kept_and_the_next_run_holds_the_log_to_it),
        TEST(a_log_that_does_not_continue_gets_no_request),
        TEST(a_receipt_of_another_log_is_refused),
        TEST(an_edited_file_does_not_count),
        TEST(a_file_that_is_no_head_is_named),
        TEST(without_a_place_for_the_head_nothing_is_released),
        TEST(a_head_needs_the_log_s_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
