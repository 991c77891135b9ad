/* A program's way to its data, against a whole world in this process. */

#include "tests/support/check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "enclave/accord.h"
#include "tests/enclave/world.h"

#define PLAIN "START,STOP\n1,2\n"

static struct world world;

static int setup(void **state)
{
    (void)state;
    world_open(&world, PLAIN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct accord_options options_of(const struct world *w)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration = w->hash_text;
    options.agent = w->agent_url;
    options.broker = host_url(w->broker);
    options.allow_http = 1;
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

static int file_of(const char *name, const char *contents)
{
    const char *path = temp_dir_path(&world.dir, name);
    if (contents)
        assert_ok(file_write(path, bytes_of_string(contents), 0600));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void assert_contents(const char *name, const char *expected)
{
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    assert_ok(file_read(temp_dir_path(&world.dir, name), &text));
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

static void data_comes_in_and_goes_out(void **state)
{
    (void)state;
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);
    assert_string_equal(accord_error(session), "");
    assert_int_equal(accord_dataset_count(session), 2);
    assert_string_equal(accord_dataset_port(session, 0), "input");
    assert_string_equal(accord_dataset_name(session, 0), "patients");
    assert_string_equal(accord_dataset_port(session, 1), "output");
    assert_non_null(strstr(accord_dataset_location(session, 1), "/output.bin"));
    assert_null(accord_dataset_location(session, 2));

    int fd = file_of("in", NULL);
    assert_int_equal(accord_download(session, 0, fd), ACCORD_OK);
    (void)close(fd);
    assert_contents("in", PLAIN);

    /* What goes out comes back: from the position the file is at. */
    fd = file_of("out", "xx" PLAIN PLAIN);
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    assert_int_equal(accord_upload(session, 1, fd), ACCORD_OK);
    (void)close(fd);
    assert_int_equal(world.datasets[1].stored.len, 2 * strlen(PLAIN) + 28);
    fd = file_of("back", NULL);
    assert_int_equal(accord_download(session, 1, fd), ACCORD_OK);
    (void)close(fd);
    assert_contents("back", PLAIN PLAIN);
    accord_session_free(session);
}

/* Longer than every buffer on the way, and of no round length. */
static void large_files_come_back_byte_for_byte(void **state)
{
    (void)state;
    enum { LARGE = 2500001 };
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    AUTO_CLEAR_BUFFER text = buffer_make(LARGE);
    AUTO_CLEAR_BUFFER back = buffer_make(LARGE);
    unsigned char *at = buffer_extend(&text, LARGE);
    assert_non_null(at);
    for (size_t i = 0; i < LARGE; i++)
        at[i] = (unsigned char)(i * 2654435761u >> 24);
    assert_ok(file_write(temp_dir_path(&world.dir, "large"),
                         buffer_bytes(&text), 0600));
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);

    int fd = file_of("large", NULL);
    assert_int_equal(accord_upload(session, 1, fd), ACCORD_OK);
    (void)close(fd);
    assert_int_equal(world.datasets[1].stored.len, LARGE + 28);
    fd = file_of("large-back", NULL);
    assert_int_equal(accord_download(session, 1, fd), ACCORD_OK);
    (void)close(fd);
    assert_ok(file_read(temp_dir_path(&world.dir, "large-back"), &back));
    assert_true(bytes_equal(buffer_bytes(&text), buffer_bytes(&back)));
    accord_session_free(session);
}

static void a_changed_file_leaves_nothing_behind(void **state)
{
    (void)state;
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    struct buffer *stored = &world.datasets[0].stored;
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);
    stored->data[stored->len - 1] ^= 1;
    int fd = file_of("spoilt", "before");
    assert_int_equal(lseek(fd, 0, SEEK_END), 6);
    assert_int_equal(accord_download(session, 0, fd), ACCORD_ERROR);
    assert_non_null(strstr(accord_error(session), "download input/patients"));
    assert_non_null(strstr(accord_error(session), "corrupt"));
    assert_non_null(strstr(accord_error(session),
                           "the file is not what was encrypted with the"));
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
    (void)close(fd);
    assert_contents("spoilt", "before");
    stored->data[stored->len - 1] ^= 1;
    accord_session_free(session);
}

/* A file that cannot be made shorter keeps what came of the data. */
static void remains_that_stay_are_told(void **state)
{
    (void)state;
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    struct buffer *stored = &world.datasets[0].stored;
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);
    stored->data[stored->len - 1] ^= 1;
    int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "before", 6), 6);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_int_equal(accord_download(session, 0, fd), ACCORD_ERROR);
    assert_non_null(
        strstr(accord_error(session),
               "the download failed and its remains could not be removed"));
    (void)close(fd);
    stored->data[stored->len - 1] ^= 1;
    accord_session_free(session);
}

static void the_store_s_refusals_have_their_own_results(void **state)
{
    (void)state;
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);
    int fd = file_of("nothing", NULL);
    world.store_status = 503;
    assert_int_equal(accord_download(session, 0, fd), ACCORD_UNAVAILABLE);
    world.store_status = 403; /* the pre-signed URL has ended */
    assert_int_equal(accord_download(session, 0, fd), ACCORD_ERROR);
    world.store_status = 201; /* exactly 200, as in the product */
    assert_int_equal(accord_upload(session, 1, fd), ACCORD_ERROR);
    world.store_status = 0;
    assert_int_equal(accord_upload(session, 2, fd), ACCORD_ERROR);
    assert_non_null(strstr(accord_error(session), "no such dataset"));
    assert_int_equal(accord_upload(session, 1, fd), ACCORD_OK);
    assert_string_equal(accord_error(session), "");
    (void)close(fd);
    accord_session_free(session);
}

static void http_places_need_permission(void **state)
{
    (void)state;
    struct accord_session *session;
    struct accord_options options = options_of(&world);
    options.allow_http = 0;
    assert_int_equal(accord_session_open(&options, &session), ACCORD_OK);
    int fd = file_of("none", NULL);
    assert_int_equal(accord_download(session, 0, fd), ACCORD_ERROR);
    (void)close(fd);
    accord_session_free(session);
}

/* clang-format off */
static const struct {
    enum world_fault fault;
    enum accord_result result;
    const char *says;
} faults[] = {
    { WORLD_REFUSES_EVIDENCE,        ACCORD_ATTESTATION, "certificate: the world says no (evidence)" },
    { WORLD_KNOWS_NO_CONFIGURATION,  ACCORD_ATTESTATION, "certificate: the world says no (configuration)" },
    { WORLD_IS_BUSY,                 ACCORD_UNAVAILABLE, "certificate: the world says no (busy)" },
    { WORLD_CERTIFIES_ANOTHER_KEY,   ACCORD_ATTESTATION, "the certificate is for another key (denied)" },
    { WORLD_CERTIFIES_ANOTHER_HASH,  ACCORD_ATTESTATION, "the certificate is for another configuration" },
    { WORLD_CERTIFIES_A_NODE,        ACCORD_ATTESTATION, "the certificate is of kind node, not enclave" },
    { WORLD_SENDS_NO_ROOT,           ACCORD_ERROR,       "there is a certificate missing in the answer" },
    { WORLD_SENDS_ANOTHER_ROOT,      ACCORD_ATTESTATION, "certificate: " },
    { WORLD_CERTIFICATE_HAS_ENDED,   ACCORD_ATTESTATION, "certificate: " },
    { WORLD_CHANGES_A_LABEL,         ACCORD_ERROR,       "the broker answered with another configuration than" },
    { WORLD_ADDS_A_MEMBER,           ACCORD_ERROR,       "configuration: " },
    { WORLD_DENIES_CONFIGURATION,    ACCORD_DENIED,      "configuration: refused: approvals (approvals)" },
    { WORLD_MOVES_TO_ANOTHER_ROOT,   ACCORD_DENIED,      "(zone-ca)" },
    { WORLD_DENIES_RELEASE,          ACCORD_DENIED,      "release input/patients: the world says no (approvals)" },
    { WORLD_WRAPS_TO_ANOTHER_KEY,    ACCORD_ERROR,       "the credential is not sealed to this program's key" },
    { WORLD_CHANGES_THE_BLOB,        ACCORD_ERROR,       "the credential is not the one that was sealed for" },
    { WORLD_RELEASES_ANOTHER_DATASET, ACCORD_DENIED,     "the credential is for another dataset" },
    { WORLD_SWAPS_THE_CREDENTIAL,    ACCORD_DENIED,      "for another dataset" },
    { WORLD_FORGES_THE_SIGNATURE,    ACCORD_DENIED,      "release input/patients: " },
    { WORLD_CLAIMS_ANOTHER_VERSION,  ACCORD_DENIED,      "the credential was made for another context" },
    { WORLD_CREDENTIAL_IS_NO_JSON,   ACCORD_ERROR,       "credentials: expected '{' at byte 0" },
    { WORLD_USES_ANOTHER_MECHANISM,  ACCORD_ERROR,       "sealed in an unknown way" },
    { WORLD_GIVES_NO_RECEIPT,        ACCORD_ERROR,       "receipt is missing" },
    { WORLD_WITHHOLDS_THE_DETAIL,    ACCORD_DENIED,      "has no detail" },
    { WORLD_CHANGES_THE_DETAIL,      ACCORD_DENIED,      "a detail that is not that of its leaf" },
    { WORLD_LOGS_ANOTHER_CERTIFICATE, ACCORD_DENIED,     "something else than this release" },
    { WORLD_LOGS_ANOTHER_KIND,       ACCORD_DENIED,      "something else than this release" },
    { WORLD_LOGS_ANOTHER_ACCOUNT,    ACCORD_DENIED,      "something else than this release" },
    { WORLD_PROVES_NOTHING,          ACCORD_DENIED,      "does not prove" },
};
/* clang-format on */

static void every_wrong_answer_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct accord_options options = options_of(&world);
        world.fault = faults[i].fault;
        assert_outcome(&options, faults[i].result, faults[i].says);
        world_show_own_root(&world);
    }
    world.fault = WORLD_HONEST;
}

static void a_head_is_checked_when_the_log_s_key_is_given(void **state)
{
    (void)state;
    char key[65];
    struct accord_options options = options_of(&world);
    world_log_key(&world, key);
    options.log_key = key;
    assert_outcome(&options, ACCORD_OK, "");
    world.fault = WORLD_SIGNS_THE_HEAD_WITH_ANOTHER_KEY;
    assert_outcome(&options, ACCORD_DENIED, "release input/patients");
    options.log_key = NULL;
    assert_outcome(&options, ACCORD_OK, "");
    world.fault = WORLD_HONEST;
    options.log_key = world.hash_text; /* the hash of no key */
    assert_outcome(&options, ACCORD_DENIED,
                   "the broker's log has another key than the one given");
}

static void only_the_given_root_is_trusted(void **state)
{
    (void)state;
    struct accord_options options = options_of(&world);
    options.ca_file = world_root_file(&world);
    assert_outcome(&options, ACCORD_OK, "");
    world.fault = WORLD_SENDS_ANOTHER_ROOT;
    assert_outcome(&options, ACCORD_ATTESTATION,
                   "the certificate comes from another root than the one");
    world.fault = WORLD_HONEST;
    options.ca_file = "/nonexistent";
    assert_outcome(&options, ACCORD_USAGE, "cannot read /nonexistent");
}

static void a_zone_without_the_certificate_s_root_gets_no_request(void **state)
{
    (void)state;
    struct world other;
    world_open(&other, PLAIN);
    world_other_zone(&other);
    struct accord_options options = options_of(&other);
    assert_outcome(&options, ACCORD_DENIED,
                   "the configuration's zone_ca does not hold the");
    assert_int_equal(other.releases, 0);
    world_close(&other);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    struct accord_options options = options_of(&world);
    options.configuration = "abc";
    assert_outcome(&options, ACCORD_USAGE, "configuration: expected 64");
    options.configuration = NULL;
    assert_outcome(&options, ACCORD_USAGE, "configuration: expected 64");
    options = options_of(&world);
    options.log_key = "abc";
    assert_outcome(&options, ACCORD_USAGE, "log key: expected 64");
    options.size = 8;
    assert_outcome(&options, ACCORD_USAGE, "another version");
    options = options_of(&world);
    options.program = "/nonexistent";
    assert_outcome(&options, ACCORD_ERROR, "measurement: cannot read");
}

static void without_an_agent_nothing_is_asked(void **state)
{
    (void)state;
    struct accord_options options = options_of(&world);
    unsigned before = world.certificates;
    options.agent = "http://127.0.0.1:1";
    assert_outcome(&options, ACCORD_UNAVAILABLE, "evidence: ");
    assert_int_equal(world.certificates, before);
    assert_string_equal(accord_error(NULL),
                        "memory: none left, or none that can be locked");
    accord_session_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_comes_in_and_goes_out),
        cmocka_unit_test(large_files_come_back_byte_for_byte),
        cmocka_unit_test(a_changed_file_leaves_nothing_behind),
        cmocka_unit_test(remains_that_stay_are_told),
        cmocka_unit_test(the_store_s_refusals_have_their_own_results),
        cmocka_unit_test(http_places_need_permission),
        cmocka_unit_test(every_wrong_answer_is_seen),
        cmocka_unit_test(a_head_is_checked_when_the_log_s_key_is_given),
        cmocka_unit_test(only_the_given_root_is_trusted),
        cmocka_unit_test(a_zone_without_the_certificate_s_root_gets_no_request),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(without_an_agent_nothing_is_asked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
