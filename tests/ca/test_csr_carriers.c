/* Evidence on its way in a request: found, named, taken out. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define F              "\x2b\x06\x01\x04\x01\x83\x84\x1a"
#define TAGGED         "\x67\x81\x05\x05\x04\x09"

static void read_attributes(const struct buffer *attributes, struct ca_csr *csr)
{
    struct draft draft = { .key = sample_key(CA_KEY_P256),
                           .attributes = buffer_bytes(attributes) };
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    draft_put(&draft, &der);
    if (failed(ca_csr_read(buffer_bytes(&der), csr, &why)))
        fail_msg("%s", why.text);
}

static void every_carrier_is_found_by_its_identifier(void **state)
{
    (void)state;
    static const struct {
        const char *oid;
        size_t len;
        enum ca_carrier_kind kind;
        const char *text, *name;
    } rows[] = {
        { F "\x02\x01\x01", 11, CA_CARRIER_SGX_LOCAL, "1.3.6.1.4.1.49690.2.1.1",
          "sgx-local" },
        { F "\x02\x02\x01", 11, CA_CARRIER_VOUCHED, "1.3.6.1.4.1.49690.2.2.1",
          "node-vouched" },
        { F "\x02\x02\x02", 11, CA_CARRIER_QUOTE, "1.3.6.1.4.1.49690.2.2.2",
          "intel-quote" },
        { F "\x02\x02\x05", 11, CA_CARRIER_DCAP_SGX, "1.3.6.1.4.1.49690.2.2.5",
          "dcap-sgx" },
        { F "\x02\x02\x06", 11, CA_CARRIER_NITRO, "1.3.6.1.4.1.49690.2.2.6",
          "nitro" },
        { F "\x02\x02\x07", 11, CA_CARRIER_SNP, "1.3.6.1.4.1.49690.2.2.7",
          "snp-report" },
        { F "\x02\x02\x0f", 11, CA_CARRIER_SNP_CHAIN,
          "1.3.6.1.4.1.49690.2.2.15", "snp-chain" },
        { F "\x02\x02\x10", 11, CA_CARRIER_DCAP_TDX, "1.3.6.1.4.1.49690.2.2.16",
          "dcap-tdx" },
        { F "\x02\x02\x03", 11, CA_CARRIER_UNKNOWN, "1.3.6.1.4.1.49690.2.2.3",
          "unknown" },
        { TAGGED, 6, CA_CARRIER_UNKNOWN, "2.23.133.5.4.9", "unknown" },
    };
    struct bytes value = BYTES("\x04\x03"
                               "abc");
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER attributes = buffer_make(2048);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        draft_attribute(&attributes, bytes_of(rows[i].oid, rows[i].len), value);
    read_attributes(&attributes, &csr);
    assert_int_equal(csr.carriers_count, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < csr.carriers_count; i++) {
        assert_int_equal(csr.carriers[i].kind, rows[i].kind);
        assert_string_equal(csr.carriers[i].oid, rows[i].text);
        assert_string_equal(ca_carrier_name(csr.carriers[i].kind),
                            rows[i].name);
        assert_true(bytes_equal(csr.carriers[i].value, value));
    }
    ca_csr_clear(&csr);
}

static void tagged_evidence_is_an_extension(void **state)
{
    (void)state;
    for (int critical = 0; critical <= 1; critical++) {
        struct ca_csr csr;
        AUTO_CLEAR_BUFFER list = buffer_make(1024);
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        draft_extension(&list, BYTES(TAGGED), critical, BYTES("\x30\x00"));
        draft_extension(&list, BYTES("\x55\x1d\x13"), 0, BYTES("\x30\x00"));
        draft_request(&attributes, buffer_bytes(&list));
        read_attributes(&attributes, &csr);
        assert_int_equal(csr.carriers_count, 1);
        assert_int_equal(csr.carriers[0].kind, CA_CARRIER_TAGGED);
        assert_string_equal(ca_carrier_name(CA_CARRIER_TAGGED),
                            "tagged-evidence");
        assert_true(bytes_equal(csr.carriers[0].value, BYTES("\x30\x00")));
        ca_csr_clear(&csr);
    }
}

static void a_quote_is_taken_out_of_its_frame(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *value;
        size_t len;
        bool good;
    } rows[] = {
        { "empty name", "\x30\x05\x30\x00\x04\x01q", 7, true },
        { "any name", "\x30\x07\x30\x02\x31\x00\x04\x01q", 9, true },
        { "no name", "\x30\x03\x04\x01q", 5, false },
        { "no quote", "\x30\x02\x30\x00", 4, false },
        { "empty quote", "\x30\x04\x30\x00\x04\x00", 6, false },
        { "something more", "\x30\x07\x30\x00\x04\x01q\x05\x00", 9, false },
        { "something behind", "\x30\x05\x30\x00\x04\x01q\x05\x00", 9, false },
        { "bare", "\x04\x01q", 3, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_carrier carrier = {
            .kind = CA_CARRIER_QUOTE,
            .value = bytes_of(rows[i].value, rows[i].len),
        };
        struct bytes quote = BYTES("untouched");
        struct status got = ca_carrier_quote(&carrier, &quote);
        if (got.code != (rows[i].good ? STATUS_OK : STATUS_INVALID))
            fail_msg("%s", rows[i].what);
        assert_true(
            bytes_equal(quote, rows[i].good ? BYTES("q") : BYTES("untouched")));
        carrier.kind = CA_CARRIER_DCAP_SGX;
        assert_status(STATUS_INVALID, ca_carrier_quote(&carrier, &quote));
    }
}

static void a_nitro_document_is_taken_out(void **state)
{
    (void)state;
    struct ca_carrier carrier = { .kind = CA_CARRIER_NITRO,
                                  .value = BYTES("\x04\x02\xd2\x84") };
    struct bytes document;
    assert_ok(ca_carrier_document(&carrier, &document));
    assert_true(bytes_equal(document, BYTES("\xd2\x84")));
    carrier.value = BYTES("\x04\x02\xd2\x84\x00");
    assert_status(STATUS_INVALID, ca_carrier_document(&carrier, &document));
    carrier.value = BYTES("\x04\x00");
    assert_status(STATUS_INVALID, ca_carrier_document(&carrier, &document));
    carrier.value = BYTES("\x30\x00");
    assert_status(STATUS_INVALID, ca_carrier_document(&carrier, &document));
    carrier.value = BYTES("\x04\x02\xd2\x84");
    carrier.kind = CA_CARRIER_QUOTE;
    assert_status(STATUS_INVALID, ca_carrier_document(&carrier, &document));
}

static void both_forms_of_vouching_give_two_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *value;
        size_t len;
        bool good;
    } rows[] = {
        { "octet strings", "\x30\x08\x04\x02\x30\x00\x04\x02\x31\x00", 10,
          true },
        { "certificates", "\x30\x06\x30\x04\x30\x00\x31\x00", 8, true },
        { "one octet string", "\x30\x04\x04\x02\x30\x00", 6, false },
        { "an empty one", "\x30\x06\x04\x02\x30\x00\x04\x00", 8, false },
        { "three octet strings",
          "\x30\x0a\x04\x02\x30\x00\x04\x02\x31\x00\x04\x00", 12, false },
        { "one certificate", "\x30\x04\x30\x02\x30\x00", 6, false },
        { "three certificates", "\x30\x08\x30\x06\x30\x00\x31\x00\x30\x00", 10,
          false },
        { "two lists", "\x30\x08\x30\x04\x30\x00\x31\x00\x30\x00", 10, false },
        { "bare", "\x30\x04\x30\x00\x31\x00", 6, false },
        { "behind it", "\x30\x06\x30\x04\x30\x00\x31\x00\x05\x00", 10, false },
        { "nothing", "\x30\x00", 2, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_carrier carrier = {
            .kind = CA_CARRIER_VOUCHED,
            .value = bytes_of(rows[i].value, rows[i].len),
        };
        struct bytes first = BYTES("?"), second = BYTES("?");
        struct status got = ca_carrier_vouched(&carrier, &first, &second);
        if (got.code != (rows[i].good ? STATUS_OK : STATUS_INVALID))
            fail_msg("%s", rows[i].what);
        assert_true(
            bytes_equal(first, rows[i].good ? BYTES("\x30\x00") : BYTES("?")));
        assert_true(
            bytes_equal(second, rows[i].good ? BYTES("\x31\x00") : BYTES("?")));
        carrier.kind = CA_CARRIER_UNKNOWN;
        assert_status(STATUS_INVALID,
                      ca_carrier_vouched(&carrier, &first, &second));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_carrier_is_found_by_its_identifier),
        cmocka_unit_test(tagged_evidence_is_an_extension),
        cmocka_unit_test(a_quote_is_taken_out_of_its_frame),
        cmocka_unit_test(a_nitro_document_is_taken_out),
        cmocka_unit_test(both_forms_of_vouching_give_two_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
