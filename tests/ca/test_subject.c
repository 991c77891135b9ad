/* What subjects say is measured: read as it was written, or refused. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "ca/subject.h"
#include "tests/ca/draft.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define F              "\x2b\x06\x01\x04\x01\x83\x84\x1a"
#define ID             "de7f0cd0a293e8a9a38877d853dd0d94f7b67a09c48c7a520327de4ef87aa9f5"

static struct ca_sgx_subject enclave(bool report_data)
{
    struct ca_sgx_subject sgx = { .has_report_data = report_data };
    memset(sgx.cpusvn, 1, sizeof(sgx.cpusvn));
    memset(sgx.miscselect, 2, sizeof(sgx.miscselect));
    memset(sgx.attributes, 3, sizeof(sgx.attributes));
    memset(sgx.mrenclave, 4, sizeof(sgx.mrenclave));
    memset(sgx.mrsigner, 5, sizeof(sgx.mrsigner));
    sgx.isvprodid[0] = 6;
    sgx.isvsvn[1] = 7;
    if (report_data)
        memset(sgx.report_data, 8, sizeof(sgx.report_data));
    return sgx;
}

static void an_enclaves_fields_are_read_as_written(void **state)
{
    (void)state;
    for (int with = 0; with <= 1; with++) {
        AUTO_CLEAR_BUFFER name = buffer_make(CA_SUBJECT_MAX);
        struct ca_sgx_subject sgx = enclave(with);
        struct ca_subject found;
        draft_rdn(&name, BYTES("\x55\x04\x03"), DER_UTF8_STRING,
                  BYTES("localhost"));
        ca_subject_put_sgx(&sgx, &name);
        assert_ok(ca_subject_read(buffer_bytes(&name), &found, NULL));
        assert_int_equal(found.measured, CA_MEASURED_SGX);
        assert_memory_equal(found.sgx.cpusvn, sgx.cpusvn, 16);
        assert_memory_equal(found.sgx.miscselect, sgx.miscselect, 4);
        assert_memory_equal(found.sgx.attributes, sgx.attributes, 16);
        assert_memory_equal(found.sgx.mrenclave, sgx.mrenclave, 32);
        assert_memory_equal(found.sgx.mrsigner, sgx.mrsigner, 32);
        assert_memory_equal(found.sgx.isvprodid, sgx.isvprodid, 2);
        assert_memory_equal(found.sgx.isvsvn, sgx.isvsvn, 2);
        assert_int_equal(found.sgx.has_report_data, with);
        assert_memory_equal(found.sgx.report_data, sgx.report_data, 64);
        assert_false(found.has_configuration);
    }
}

static void a_domains_fields_are_read_as_written(void **state)
{
    (void)state;
    static const unsigned char tee[CA_TEE_INFO_LEN] = { 1 };
    static const unsigned char td[CA_TD_INFO_LEN] = { 2 };
    static const unsigned char report[CA_SNP_REPORT_LEN] = { 3 };
    AUTO_CLEAR_BUFFER tdx = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER snp = buffer_make(CA_SUBJECT_MAX);
    struct hash id;
    struct ca_subject found;
    memset(id.bytes, 0xab, sizeof(id.bytes));

    ca_subject_put_tdx(bytes_of(tee, sizeof(tee)), bytes_of(td, sizeof(td)),
                       &tdx);
    ca_subject_put_configuration(&id, &tdx);
    assert_ok(ca_subject_read(buffer_bytes(&tdx), &found, NULL));
    assert_int_equal(found.measured, CA_MEASURED_TDX);
    assert_true(bytes_equal(found.tee_info, bytes_of(tee, sizeof(tee))));
    assert_true(bytes_equal(found.td_info, bytes_of(td, sizeof(td))));
    assert_true(bytes_equal(found.coprocessors, BYTES("\x31\x00")));
    assert_true(found.has_configuration);
    assert_true(hash_equal(&found.configuration, &id));

    ca_subject_put_snp(bytes_of(report, sizeof(report)), &snp);
    assert_ok(ca_subject_read(buffer_bytes(&snp), &found, NULL));
    assert_int_equal(found.measured, CA_MEASURED_SNP);
    assert_true(
        bytes_equal(found.snp_report, bytes_of(report, sizeof(report))));
    assert_false(found.has_configuration);
}

static void a_subject_of_names_measures_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER name = buffer_make(1024);
    struct ca_subject found;
    draft_rdn(&name, BYTES("\x55\x04\x03"), DER_UTF8_STRING, BYTES("a"));
    draft_rdn(&name, BYTES(F "\x01\x03\x01"), DER_UTF8_STRING, BYTES("b"));
    assert_ok(ca_subject_read(buffer_bytes(&name), &found, NULL));
    assert_int_equal(found.measured, CA_MEASURED_NONE);
    assert_ok(ca_subject_read(bytes_of(NULL, 0), &found, NULL));
    assert_int_equal(found.measured, CA_MEASURED_NONE);
}

static void expect_refusal(const struct buffer *name, const char *because)
{
    struct ca_subject found, before;
    struct reason why = { "" };
    memset(&found, 0x5a, sizeof(found));
    before = found;
    struct status s = ca_subject_read(buffer_bytes(name), &found, &why);
    if (s.code != STATUS_INVALID || !strstr(why.text, because))
        fail_msg("expected \"%s\", got %s \"%s\"", because, status_name(s.code),
                 why.text);
    assert_memory_equal(&found, &before, sizeof(found));
}

static void a_missing_or_doubled_measurement_is_refused(void **state)
{
    (void)state;
    struct ca_sgx_subject sgx = enclave(true);
    AUTO_CLEAR_BUFFER once = buffer_make(CA_SUBJECT_MAX);
    ca_subject_put_sgx(&sgx, &once);
    struct cursor in = cursor_of(buffer_bytes(&once));
    for (size_t i = 0; i < 8; i++) {
        AUTO_CLEAR_BUFFER without = buffer_make(CA_SUBJECT_MAX);
        AUTO_CLEAR_BUFFER twice = buffer_make(CA_SUBJECT_MAX);
        struct ca_subject found;
        const unsigned char *start = in.at;
        struct bytes rdn = der_take_element(&in);
        buffer_put(&without, bytes_of(once.data, (size_t)(start - once.data)));
        buffer_put(&without, bytes_of(in.at, in.left));
        if (i < 7)
            expect_refusal(&without, "missing");
        else
            assert_ok(ca_subject_read(buffer_bytes(&without), &found, NULL));
        buffer_put(&twice, buffer_bytes(&once));
        buffer_put(&twice, rdn);
        expect_refusal(&twice, "twice");
    }
}

static void other_types_and_sizes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *oid;
        unsigned tag;
        struct bytes value;
        const char *because;
    } rows[] = {
        { F "\x01\x01\x01", DER_OCTET_STRING, { NULL, 16 }, "1.1.1 is not" },
        { F "\x01\x01\x01", DER_BIT_STRING, { NULL, 16 }, "1.1.1 is not" },
        { F "\x01\x01\x04", DER_BIT_STRING, { NULL, 32 }, "of 32 bytes" },
        { F "\x01\x01\x04", DER_BIT_STRING, { NULL, 34 }, "of 32 bytes" },
        { F "\x02\x02\x12", DER_SEQUENCE, { NULL, 0 }, "TDX" },
        { F "\x02\x02\x12", DER_OCTET_STRING, { NULL, 8 }, "TDX" },
        { F "\x02\x02\x0e", DER_SEQUENCE, { NULL, 0 }, "SEV-SNP" },
        { F "\x01\x03\x04", DER_OCTET_STRING, { NULL, 64 }, "64 hexadecimal" },
        { F "\x01\x03\x04",
          DER_UTF8_STRING,
          { (const unsigned char *)ID, 64 },
          "64 hexadecimal" },
        { F "\x01\x03\x04",
          DER_OCTET_STRING,
          { (const unsigned char *)ID, 63 },
          "64 hexadecimal" },
    };
    static const unsigned char zeros[64];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER name = buffer_make(1024);
        struct bytes value = rows[i].value;
        if (!value.at)
            value.at = zeros;
        draft_rdn(&name, bytes_of(rows[i].oid, 11), rows[i].tag, value);
        expect_refusal(&name, rows[i].because);
    }
}

static void two_kinds_are_refused(void **state)
{
    (void)state;
    static const unsigned char tee[CA_TEE_INFO_LEN], td[CA_TD_INFO_LEN];
    static const unsigned char report[CA_SNP_REPORT_LEN];
    struct ca_sgx_subject sgx = enclave(false);
    for (unsigned pair = 3; pair <= 6; pair++) {
        AUTO_CLEAR_BUFFER name = buffer_make(CA_SUBJECT_MAX);
        if (pair == 4) /* one kind alone */
            continue;
        if (pair & 1)
            ca_subject_put_sgx(&sgx, &name);
        if (pair & 2)
            ca_subject_put_tdx(bytes_of(tee, sizeof(tee)),
                               bytes_of(td, sizeof(td)), &name);
        if (pair & 4)
            ca_subject_put_snp(bytes_of(report, sizeof(report)), &name);
        expect_refusal(&name, "two kinds");
    }
}

static void a_configuration_has_one_spelling(void **state)
{
    (void)state;
    struct ca_subject found;
    AUTO_CLEAR_BUFFER name = buffer_make(1024);
    AUTO_CLEAR_BUFFER upper = buffer_make(1024);
    draft_rdn(&name, BYTES(F "\x01\x03\x04"), DER_OCTET_STRING, BYTES(ID));
    assert_ok(ca_subject_read(buffer_bytes(&name), &found, NULL));
    assert_int_equal(found.configuration.bytes[0], 0xde);
    draft_rdn(&name, BYTES(F "\x01\x03\x04"), DER_OCTET_STRING, BYTES(ID));
    expect_refusal(&name, "twice");
    draft_rdn(&upper, BYTES(F "\x01\x03\x04"), DER_OCTET_STRING,
              BYTES("D"
                    "e7f0cd0a293e8a9a38877d853dd0d94f7b67a09c48c7a520327de4ef8"
                    "7aa9f5"));
    expect_refusal(&upper, "lower case");
}

static void what_is_malformed_or_too_long_is_refused(void **state)
{
    (void)state;
    static const unsigned char much[CA_SUBJECT_MAX];
    AUTO_CLEAR_BUFFER name = buffer_make(2 * CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER more = buffer_make(1024);
    draft_rdn(&name, BYTES("\x55\x04\x03"), DER_UTF8_STRING,
              bytes_of(much, sizeof(much)));
    expect_refusal(&name, "8 KiB");
    buffer_put(&more, BYTES("\x31\x07\x30\x05\x06\x03\x55\x04\x03"));
    expect_refusal(&more, "malformed");
    buffer_clear(&more);
    buffer_put(&more, BYTES("\x30\x00"));
    expect_refusal(&more, "malformed");
    buffer_clear(&more); /* two values in a pair */
    buffer_put(&more, BYTES("\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x05\x00\x05"
                            "\x00"));
    expect_refusal(&more, "malformed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enclaves_fields_are_read_as_written),
        cmocka_unit_test(a_domains_fields_are_read_as_written),
        cmocka_unit_test(a_subject_of_names_measures_nothing),
        cmocka_unit_test(a_missing_or_doubled_measurement_is_refused),
        cmocka_unit_test(other_types_and_sizes_are_refused),
        cmocka_unit_test(two_kinds_are_refused),
        cmocka_unit_test(a_configuration_has_one_spelling),
        cmocka_unit_test(what_is_malformed_or_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
