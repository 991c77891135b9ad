/* The quotes the simulator writes, taken apart by hand: each version's
 * layout, and what its signature covers. */

#include <openssl/x509.h>

#include "tests/support/check.h"

#include "agent/sgx_quote.h"
#include "agent/simulator.h"
#include "agent/td_report.h"
#include "api/api.h"
#include "tests/support/temp_dir.h"

#define NOW       1750000000u
#define QUOTE_MAX ((size_t)32 * 1024)

static struct temp_dir dir;
static struct simulator *simulator;

static int start(void **state)
{
    (void)state;
    dir = temp_dir_make();
    assert_ok(simulator_make(temp_dir_path(&dir, "sim"), NOW, NULL));
    assert_ok(simulator_open(temp_dir_path(&dir, "sim"), &simulator, NULL));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    simulator_free(simulator);
    temp_dir_remove(&dir);
    return 0;
}

static uint64_t little(const struct buffer *b, size_t at, size_t len)
{
    uint64_t value = 0;
    assert_true(at + len <= b->len);
    for (size_t i = len; i > 0; i--)
        value = value << 8 | b->data[at + i - 1];
    return value;
}

/* A point x || y as a key. */
static EVP_PKEY *key_of(const unsigned char *point)
{
    static const unsigned char head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
                                          0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                          0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                          0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
                                          0x42, 0x00, 0x04 };
    unsigned char der[sizeof(head) + 64];
    const unsigned char *at = der;
    memcpy(der, head, sizeof(head));
    memcpy(der + sizeof(head), point, 64);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, sizeof(der));
    assert_non_null(key);
    return key;
}

static bool holds(EVP_PKEY *key, const unsigned char *signature,
                  struct bytes message)
{
    struct api_signature raw;
    AUTO_CLEAR_BUFFER der = buffer_make(128);
    memcpy(raw.bytes, signature, sizeof(raw.bytes));
    assert_ok(api_signature_to_der(&raw, &der));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int result =
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(ctx, der.data, der.len, message.at, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return result;
}

/* The signature data at `at`, which ends where the quote does. */
static void check_signature_data(const struct buffer *q, size_t at,
                                 unsigned version)
{
    size_t signed_len = at;
    assert_int_equal(little(q, at, 4), q->len - at - 4);
    at += 4;
    EVP_PKEY *key = key_of(q->data + at + 64);
    assert_true(holds(key, q->data + at, bytes_of(q->data, signed_len)));
    assert_false(holds(key, q->data + at, bytes_of(q->data, signed_len - 1)));
    EVP_PKEY_free(key);
    at += 128;
    if (version > 3) {
        assert_int_equal(little(q, at, 2), 6);
        assert_int_equal(little(q, at + 2, 4), q->len - at - 6);
        at += 6;
    }
    at += 384 + 64;
    assert_int_equal(little(q, at, 2), 32);
    at += 2 + 32;
    assert_int_equal(little(q, at, 2), 5);
    assert_int_equal(little(q, at + 2, 4), q->len - at - 6);
    assert_int_equal(q->data[q->len - 1], 0);
}

static void sgx_is_in_all_three_versions(void **state)
{
    (void)state;
    for (uint16_t version = 3; version <= 5; version++) {
        AUTO_CLEAR_BUFFER q = buffer_make(QUOTE_MAX);
        struct simulator_request request = { .version = version, .isvsvn = 7 };
        size_t body = version == 5 ? 54 : 48;
        memset(request.mrenclave, 0x11, 32);
        memset(request.report_data, 0x22, 64);
        assert_ok(simulator_sgx_quote(simulator, &request, NOW, &q, NULL));
        assert_int_equal(little(&q, 0, 2), version);
        assert_int_equal(little(&q, 2, 2), 2);
        assert_int_equal(little(&q, 4, 4), 0);
        if (version == 5) {
            assert_int_equal(little(&q, 48, 2), 1);
            assert_int_equal(little(&q, 50, 4), 384);
        }
        assert_memory_equal(q.data + body + 64, request.mrenclave, 32);
        assert_int_equal(little(&q, body + 258, 2), 7);
        assert_memory_equal(q.data + body + 320, request.report_data, 64);
        check_signature_data(&q, body + 384, version);
    }
}

static struct td_report domain(bool v15)
{
    struct td_report report;
    simulator_td(&report);
    report.v15 = v15;
    memset(report.mrtd, 0x31, 48);
    for (size_t i = 0; i < 4; i++)
        memset(report.rtmr[i], (int)(0x40 + i), 48);
    memset(report.data, 0x22, 64);
    memset(report.mrservicetd, 0x55, 48);
    return report;
}

static void check_domain(const struct buffer *q, size_t body)
{
    static const unsigned char svn[] = { 4, 1, 6, 0 };
    assert_int_equal(little(q, 4, 4), 0x81);
    assert_memory_equal(q->data + body, svn, 4);
    assert_int_equal(little(q, body + 120, 8), TD_SEPT_VE_DISABLE);
    assert_int_equal(little(q, body + 128, 8), 0xe7);
    assert_int_equal(q->data[body + 136], 0x31);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(q->data[body + 328 + 48 * i], 0x40 + i);
        assert_int_equal(q->data[body + 328 + 48 * i + 47], 0x40 + i);
    }
    assert_int_equal(q->data[body + 520], 0x22);
    assert_int_equal(q->data[body + 583], 0x22);
}

static void a_trust_domain_is_in_versions_4_and_5(void **state)
{
    (void)state;
    const struct td_report old = domain(false), new = domain(true);
    const struct {
        const struct td_report *report;
        uint16_t asked, version;
        size_t body, len;
        unsigned type;
    } rows[] = {
        { &old, 0, 4, 48, 584, 0 },
        { &old, 4, 4, 48, 584, 0 },
        { &old, 5, 5, 54, 584, 2 },
        { &new, 0, 5, 54, 648, 3 },
    };
    for (size_t i = 0; i < 4; i++) {
        AUTO_CLEAR_BUFFER q = buffer_make(QUOTE_MAX);
        assert_ok(simulator_tdx_quote(simulator, rows[i].report, rows[i].asked,
                                      NOW, &q, NULL));
        assert_int_equal(little(&q, 0, 2), rows[i].version);
        if (rows[i].type) {
            assert_int_equal(little(&q, 48, 2), rows[i].type);
            assert_int_equal(little(&q, 50, 4), rows[i].len);
        }
        check_domain(&q, rows[i].body);
        if (rows[i].len == 648) {
            assert_int_equal(little(&q, 54 + 584, 4), 0x00060104);
            assert_int_equal(q.data[54 + 600], 0x55);
            assert_int_equal(q.data[54 + 647], 0x55);
        }
        check_signature_data(&q, rows[i].body + rows[i].len, rows[i].version);
    }
}

static void a_version_without_such_a_body_is_refused(void **state)
{
    (void)state;
    const struct td_report old = domain(false), new = domain(true);
    struct simulator_request request = { .version = 2 };
    AUTO_CLEAR_BUFFER q = buffer_make(QUOTE_MAX);
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  simulator_tdx_quote(simulator, &old, 3, NOW, &q, &why));
    assert_non_null(strstr(why.text, "version 3"));
    assert_status(STATUS_INVALID,
                  simulator_tdx_quote(simulator, &new, 4, NOW, &q, &why));
    assert_status(STATUS_INVALID,
                  simulator_tdx_quote(simulator, &new, 6, NOW, &q, &why));
    assert_status(STATUS_INVALID,
                  simulator_sgx_quote(simulator, &request, NOW, &q, &why));
    request.version = 6;
    assert_status(STATUS_INVALID,
                  simulator_sgx_quote(simulator, &request, NOW, &q, &why));
    assert_int_equal(q.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgx_is_in_all_three_versions),
        cmocka_unit_test(a_trust_domain_is_in_versions_4_and_5),
        cmocka_unit_test(a_version_without_such_a_body_is_refused),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, start, stop);
}
