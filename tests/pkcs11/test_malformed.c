/* Every job, cut anywhere and with a byte too many: the worker refuses it in a
 * sentence, before it looks at anything else. What is whole is in the seeds of
 * the fuzz target `job`. */

#include <stdio.h>

#include "base/file.h"
#include "pkcs11/messages.h"
#include "pkcs11/worker.h"
#include "tests/support/check.h"

static const struct {
    uint8_t job;
    const char *seed;
    size_t fixed; /* bytes before what may be cut; 0: all of it is needed */
    const char *says, * or ; /* NULL: nothing else */
} rows[] = {
    { PKCS11_DESCRIBE, "describe", 0, "the describe message is malformed",
      NULL },
    { PKCS11_PROBE, "describe", 0, "the probe message is malformed", NULL },
    { PKCS11_ANCHOR, "describe", 0, "the anchor message is malformed", NULL },
    { PKCS11_NONCE, "describe", 0, "the nonce message is malformed", NULL },
    { PKCS11_STORE_KEY, "store-key", 0, "the store-key message is malformed",
      NULL },
    { PKCS11_INTAKE, "intake", 0, "the intake message is malformed", NULL },
    { PKCS11_CERTIFY, "certify-server", 0, "the certify message is malformed",
      NULL },
    { PKCS11_CERTIFY, "certify-enclave", 0, "the certify message is malformed",
      "the rule is cut short" },
    { PKCS11_RELEASE, "release", 0, "the release message is malformed", NULL },
    { PKCS11_CRL, "crl", 24, "the crl message is malformed", NULL },
    { PKCS11_ERASE, "erase", 0, "the erase message is malformed", NULL },
    { PKCS11_INTAKE_PLAIN, "intake-plain", 81,
      "the intake message is malformed", NULL },
    { PKCS11_RELEASE_PLAIN, "release-plain",
      API_LEAF_LEN + API_SALT_LEN + 81 + 2, "the release message is malformed",
      NULL },
    { PKCS11_APPEND, "append", 0, " bytes are not at most 512 leaves of 97",
      NULL },
};

static void assert_refused(size_t row, const char *body, size_t len)
{
    static struct hsm_worker nothing;
    static struct hsm_session no_token;
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_ANSWER_MAX);
    struct reason why = { "" };
    const struct hsm_job job = {
        .worker = &nothing, .session = &no_token, .out = &out, .why = &why
    };
    struct status s = hsm_job_run(&job, rows[row].job, bytes_of(body, len));
    bool named = strstr(why.text, rows[row].says) ||
                 (rows[row].or &&strstr(why.text, rows[row].or));
    if (s.code != STATUS_INVALID || !named)
        fail_msg("%s, %zu bytes: %s \"%s\"", rows[row].seed, len,
                 status_name(s.code), why.text);
    assert_int_equal(out.len, 0);
}

/* The message of a seed, without the number before it. */
static void read_seed(const char *name, struct buffer *out)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", SEEDS, name);
    assert_ok(file_read(path, out));
    buffer_consume(out, 1);
}

static void what_is_cut_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
        read_seed(rows[i].seed, &seed);
        size_t whole = rows[i].fixed ? rows[i].fixed : seed.len;
        size_t least = rows[i].job == PKCS11_APPEND; /* none is none to add */
        for (size_t len = least; len < whole; len++)
            assert_refused(i, (const char *)seed.data, len);
    }
}

static void a_byte_too_many_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
        read_seed(rows[i].seed, &seed);
        buffer_put_u8(&seed, 0);
        assert_ok(buffer_status(&seed));
        if (rows[i].job != PKCS11_INTAKE_PLAIN && /* these end with a rest */
            rows[i].job != PKCS11_RELEASE_PLAIN)
            assert_refused(i, (const char *)seed.data, seed.len);
    }
}

static void there_is_no_other_job(void **state)
{
    (void)state;
    static struct hsm_worker nothing;
    static struct hsm_session no_token;
    for (unsigned number = 0; number < 256; number++) {
        char expected[32];
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        const struct hsm_job job = {
            .worker = &nothing, .session = &no_token, .out = &out, .why = &why
        };
        if (number > 0 && number < PKCS11_JOBS)
            continue;
        assert_status(STATUS_INVALID,
                      hsm_job_run(&job, (uint8_t)number, bytes_of(NULL, 0)));
        (void)snprintf(expected, sizeof(expected), "there is no job %u",
                       number);
        assert_string_equal(expected, why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cut_is_refused_by_name),
        cmocka_unit_test(a_byte_too_many_is_refused_by_name),
        cmocka_unit_test(there_is_no_other_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
