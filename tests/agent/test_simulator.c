/* The simulated platform: what it makes is what a verifier accepts, under
 * its own root and no other, and its keys are nobody else's to read. */

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/attest/plain.h"
#include "tests/support/check.h"

#include "agent/simulator.h"
#include "attest/attest.h"
#include "base/file.h"
#include "ca/ca.h"
#include "tests/support/temp_dir.h"

#define NOW 1750000000u /* in June 2025 */
#define DAY 86400u

static struct temp_dir dir;

static int start(void **state)
{
    (void)state;
    dir = temp_dir_make();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

/* In "one" or "two" below the test's directory. */
static struct simulator *make(const char *name)
{
    struct simulator *simulator = NULL;
    struct reason why = { "" };
    assert_ok(simulator_make(temp_dir_path(&dir, name), NOW, &why));
    assert_ok(simulator_open(temp_dir_path(&dir, name), &simulator, &why));
    return simulator;
}

/* Where only the files matter. */
static void make_files(const char *name)
{
    simulator_free(make(name));
}

static struct simulator_request asking(void)
{
    struct simulator_request request = { .isvprodid = 0x0102,
                                         .isvsvn = 0x0304 };
    memset(request.mrenclave, 0x11, sizeof(request.mrenclave));
    memset(request.mrsigner, 0x22, sizeof(request.mrsigner));
    for (unsigned char i = 0; i < sizeof(request.report_data); i++)
        request.report_data[i] = i;
    return request;
}

static struct attest_anchor anchor_of(const struct simulator *simulator)
{
    struct attest_anchor anchor;
    assert_ok(attest_anchor_read(simulator_root_pem(simulator), "simulator",
                                 true, &anchor, NULL));
    return anchor;
}

static void a_verifier_reads_back_what_was_asked_for(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = make("one");
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    struct simulator_request request = asking();
    struct attest_anchor anchor = anchor_of(simulator);
    struct attest_identity id;
    struct reason why = { "" };
    assert_ok(simulator_sgx_quote(simulator, &request, NOW, &quote, &why));
    assert_ok(plain_verify(buffer_bytes(&quote), &anchor, 1, NOW, &id, &why));
    assert_int_equal(id.kind, API_KIND_SGX | API_KIND_SIMULATED);
    assert_memory_equal(id.sgx.mrenclave, request.mrenclave, 32);
    assert_memory_equal(id.sgx.mrsigner, request.mrsigner, 32);
    assert_int_equal(id.sgx.isvprodid, 0x0102);
    assert_int_equal(id.sgx.isvsvn, 0x0304);
    assert_false(id.debug);
    assert_ok(attest_binds(&id, request.report_data));
    request.debug = true;
    buffer_clear(&quote);
    assert_ok(simulator_sgx_quote(simulator, &request, NOW, &quote, &why));
    assert_ok(plain_verify(buffer_bytes(&quote), &anchor, 1, NOW, &id, &why));
    assert_true(id.debug);
}

static void another_simulators_root_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_FREE(simulator) one = make("one");
    AUTO_FREE(simulator) two = make("two");
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    struct simulator_request request = asking();
    struct attest_anchor anchor = anchor_of(two); /* the same names */
    struct attest_identity id;
    struct reason why = { "" };
    assert_ok(simulator_sgx_quote(one, &request, NOW, &quote, &why));
    assert_status(STATUS_DENIED, plain_verify(buffer_bytes(&quote), &anchor, 1,
                                              NOW, &id, &why));
    assert_non_null(strstr(why.text, "chain:sig"));
}

static void a_simulator_opened_again_is_the_same_platform(void **state)
{
    (void)state;
    AUTO_FREE(simulator) first = make("one");
    AUTO_FREE(simulator) again = NULL;
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    struct simulator_request request = asking();
    struct attest_anchor anchor = anchor_of(first);
    struct attest_identity id;
    struct reason why = { "" };
    assert_ok(simulator_open(temp_dir_path(&dir, "one"), &again, &why));
    assert_true(
        bytes_equal(simulator_root_pem(first), simulator_root_pem(again)));
    assert_ok(simulator_sgx_quote(again, &request, NOW, &quote, &why));
    assert_ok(plain_verify(buffer_bytes(&quote), &anchor, 1, NOW, &id, &why));
}

static void it_works_for_its_ten_years_and_no_longer(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = make("one");
    struct simulator_request request = asking();
    const struct {
        uint64_t now;
        enum status_code code;
    } rows[] = {
        { NOW - DAY, STATUS_OK },
        { NOW - DAY - 1, STATUS_UNAVAILABLE },
        { NOW - DAY + SIMULATOR_LIFETIME, STATUS_OK },
        { NOW - DAY + SIMULATOR_LIFETIME + 1, STATUS_UNAVAILABLE },
        { 0, STATUS_UNAVAILABLE },
        { UINT64_MAX, STATUS_UNAVAILABLE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
        struct reason why = { "" };
        assert_status(rows[i].code,
                      simulator_sgx_quote(simulator, &request, rows[i].now,
                                          &quote, &why));
        assert_int_equal(quote.len > 0, rows[i].code == STATUS_OK);
        if (rows[i].code != STATUS_OK)
            assert_string_equal(why.text,
                                "the simulator's certificates are "
                                "not valid now: make a new simulator");
    }
}

/* "one/name". */
static const char *in_one(const char *name)
{
    char both[64];
    (void)snprintf(both, sizeof(both), "one/%s", name);
    return temp_dir_path(&dir, both);
}

static void only_the_owner_may_read_its_keys(void **state)
{
    (void)state;
    static const char *const keys[] = { "root.key", "platform-ca.key",
                                        "pck.key", "attestation.key" };
    struct stat info;
    make_files("one");
    assert_int_equal(stat(temp_dir_path(&dir, "one"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(stat(in_one(keys[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void a_key_others_may_read_is_not_used(void **state)
{
    (void)state;
    struct simulator *again = NULL;
    struct reason why = { "" };
    make_files("one");
    assert_int_equal(chmod(in_one("pck.key"), 0640), 0);
    assert_status(STATUS_DENIED,
                  simulator_open(temp_dir_path(&dir, "one"), &again, &why));
    assert_non_null(strstr(why.text, "pck.key"));
    assert_null(again);
}

static void quoting_needs_neither_the_roots_nor_the_cas_key(void **state)
{
    (void)state;
    AUTO_FREE(simulator) again = NULL;
    make_files("one");
    assert_int_equal(unlink(in_one("root.key")), 0);
    assert_int_equal(unlink(in_one("platform-ca.key")), 0);
    assert_ok(simulator_open(temp_dir_path(&dir, "one"), &again, NULL));
}

static void a_directory_others_may_enter_is_refused(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&dir, "one");
    struct reason why = { "" };
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0750), 0);
    assert_status(STATUS_DENIED, simulator_make(path, NOW, &why));
    assert_non_null(strstr(why.text, "0700"));
    assert_int_not_equal(access(in_one("root.key"), F_OK), 0);
}

static void what_is_there_is_not_made_again(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = make("one");
    AUTO_FREE(simulator) again = NULL;
    const char *path = temp_dir_path(&dir, "one");
    struct reason why = { "" };
    assert_status(STATUS_CONFLICT, simulator_make(path, NOW, &why));
    assert_non_null(strstr(why.text, "already"));
    assert_ok(simulator_open(path, &again, &why));
    assert_true(
        bytes_equal(simulator_root_pem(simulator), simulator_root_pem(again)));
}

static void a_half_made_one_is_made_anew(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = make("one");
    AUTO_FREE(simulator) again = NULL;
    const char *path = temp_dir_path(&dir, "one");
    assert_int_equal(unlink(in_one("root.pem")), 0); /* written last */
    assert_status(STATUS_NOT_FOUND, simulator_open(path, &again, NULL));
    assert_ok(simulator_make(path, NOW, NULL));
    assert_ok(simulator_open(path, &again, NULL));
    assert_false(
        bytes_equal(simulator_root_pem(simulator), simulator_root_pem(again)));
}

static void where_there_is_none_it_says_so(void **state)
{
    (void)state;
    struct simulator *simulator = NULL;
    struct reason why = { "" };
    assert_status(STATUS_NOT_FOUND,
                  simulator_open(temp_dir_path(&dir, "one"), &simulator, &why));
    assert_non_null(strstr(why.text, "pck.key"));
    assert_null(simulator);
}

static void parts_of_two_simulators_do_not_mix(void **state)
{
    (void)state;
    static const char *const parts[] = { "pck.key", "pck.pem",
                                         "platform-ca.pem", "root.pem" };
    for (size_t i = 0; i < 4; i++) {
        make_files("one");
        make_files("two");
        struct simulator *mixed = NULL;
        char from[64];
        (void)snprintf(from, sizeof(from), "two/%s", parts[i]);
        assert_int_equal(rename(temp_dir_path(&dir, from), in_one(parts[i])),
                         0);
        assert_status(STATUS_CORRUPT,
                      simulator_open(temp_dir_path(&dir, "one"), &mixed, NULL));
        temp_dir_remove(&dir);
        dir = temp_dir_make();
    }
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    static const char *const parts[] = { "pck.key", "attestation.key",
                                         "pck.pem", "root.pem" };
    static const char *const says[] = { "does not hold a private key",
                                        "does not hold a private key",
                                        "does not hold a certificate",
                                        "does not hold a certificate" };
    for (size_t i = 0; i < 4; i++) {
        make_files("one");
        struct simulator *broken = NULL;
        struct reason why = { "" };
        assert_ok(
            file_write(in_one(parts[i]), bytes_of_string("nothing"), 0600));
        assert_status(STATUS_CORRUPT, simulator_open(temp_dir_path(&dir, "one"),
                                                     &broken, &why));
        assert_non_null(strstr(why.text, parts[i]));
        assert_non_null(strstr(why.text, says[i]));
        temp_dir_remove(&dir);
        dir = temp_dir_make();
    }
}

static void a_key_of_another_kind_is_refused(void **state)
{
    (void)state;
    AUTO_FREE(ca_key) key = NULL;
    AUTO_FREE(secret) pem = NULL;
    struct simulator *broken = NULL;
    struct reason why = { "" };
    make_files("one");
    assert_ok(ca_key_generate(CA_KEY_P384, &key));
    assert_ok(ca_key_write(key, &pem));
    assert_ok(file_write(in_one("attestation.key"), secret_expose(pem), 0600));
    assert_status(STATUS_CORRUPT,
                  simulator_open(temp_dir_path(&dir, "one"), &broken, &why));
    assert_non_null(strstr(why.text, "attestation.key is not a P-256 key"));
}

static void a_name_too_long_is_refused(void **state)
{
    (void)state;
    char name[5000];
    struct simulator *none = NULL;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_status(STATUS_INVALID, simulator_make(name, NOW, NULL));
    assert_status(STATUS_INVALID, simulator_open(name, &none, NULL));
}

static void what_is_no_directory_is_refused(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&dir, "one");
    struct reason why = { "" };
    assert_ok(file_write(path, bytes_of_string("a file"), 0600));
    assert_status(STATUS_UNAVAILABLE, simulator_make(path, NOW, &why));
    assert_non_null(strstr(why.text, "cannot make the directory"));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_verifier_reads_back_what_was_asked_for),
        EACH(another_simulators_root_vouches_for_nothing),
        EACH(a_simulator_opened_again_is_the_same_platform),
        EACH(it_works_for_its_ten_years_and_no_longer),
        EACH(only_the_owner_may_read_its_keys),
        EACH(a_key_others_may_read_is_not_used),
        EACH(quoting_needs_neither_the_roots_nor_the_cas_key),
        EACH(a_directory_others_may_enter_is_refused),
        EACH(what_is_there_is_not_made_again),
        EACH(a_half_made_one_is_made_anew),
        EACH(where_there_is_none_it_says_so),
        EACH(parts_of_two_simulators_do_not_mix),
        EACH(a_damaged_file_is_named),
        EACH(a_key_of_another_kind_is_refused),
        EACH(a_name_too_long_is_refused),
        EACH(what_is_no_directory_is_refused),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
