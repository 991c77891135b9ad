/* Requests whose evidence is not taken: two that count, none, carriers that
 * are not what they say. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define F              "\x2b\x06\x01\x04\x01\x83\x84\x1a"
#define TAGGED         "\x67\x81\x05\x05\x04\x09"

/* The first bytes of quotes. */
#define SGX_QUOTE BYTES("\x03\x00\x02\x00\x00\x00\x00\x00 and so on")
#define TDX_QUOTE BYTES("\x04\x00\x02\x00\x81\x00\x00\x00 and so on")
#define ROW(literal)                                                           \
    {                                                                          \
        (const unsigned char *)(literal), sizeof(literal) - 1                  \
    }

static const unsigned char report[CA_SNP_REPORT_LEN] = { 3 };

/* --- requests of any content -----------------------------------------------
 */

static void read_draft(struct bytes subject, const struct buffer *attributes,
                       struct ca_csr *csr)
{
    struct draft draft = { .key = sample_key(CA_KEY_P256),
                           .subject = subject,
                           .attributes = buffer_bytes(attributes) };
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    draft_put(&draft, &der);
    if (failed(ca_csr_read(buffer_bytes(&der), csr, &why)))
        fail_msg("%s", why.text);
}

static void expect_refusal(struct bytes subject,
                           const struct buffer *attributes, const char *because)
{
    struct ca_csr csr;
    struct ca_evidence e = { .carrier = CA_CARRIER_NITRO };
    struct reason why = { "" };
    read_draft(subject, attributes, &csr);
    struct status s = ca_csr_evidence(&csr, &e, &why);
    if (s.code != STATUS_INVALID || !strstr(why.text, because))
        fail_msg("expected \"%s\", got %s \"%s\"", because, status_name(s.code),
                 why.text);
    assert_int_equal(e.carrier, CA_CARRIER_NITRO);
    assert_null(e.bytes.data);
    ca_csr_clear(&csr);
}

static void put_octets(struct buffer *attributes, const char *oid,
                       struct bytes octets)
{
    AUTO_CLEAR_BUFFER value = buffer_make(CA_CSR_MAX);
    der_put(&value, DER_OCTET_STRING, octets);
    draft_attribute(attributes, bytes_of(oid, 11), buffer_bytes(&value));
}

static void tagged(struct bytes value, struct buffer *attributes)
{
    AUTO_CLEAR_BUFFER list = buffer_make(CA_CSR_MAX);
    draft_extension(&list, BYTES(TAGGED), 0, value);
    draft_request(attributes, buffer_bytes(&list));
}

static void other_cbor_is_refused(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
#define ROW(literal) { (const unsigned char *)(literal), sizeof(literal) - 1 }
        ROW("\xd9\xea\x61\x82\x41q\x41"
            "c"), /* another tag */
        ROW("\x82\x41q\x41"
            "c"), /* none */
        ROW("\xd9\xea\x60\x83\x41q\x41"
            "c\x40"),                 /* three items */
        ROW("\xd9\xea\x60\x82\x41q"), /* one */
        ROW("\xd9\xea\x60\x82\x61q\x41"
            "c"), /* text */
        ROW("\xd9\xea\x60\x82\x40\x41"
            "c"),                         /* an empty quote */
        ROW("\xd9\xea\x60\x82\x41q\x40"), /* empty claims */
        ROW("\xd9\xea\x60\x82\x58\x01q\x41"
            "c"), /* not the shortest head */
        ROW("\xd9\xea\x60\x82\x59\x00\x01q\x41"
            "c"),
        ROW("\xd9\xea\x60\x82\x5a\x00\x00\x00\x01q\x41"
            "c"),
        ROW("\xd9\xea\x60\x82\x5b\x00\x00\x00\x00\x00\x00\x00\x01q\x41"
            "c"),
        ROW("\xd9\xea\x60\x82\x5f\x41q\xff\x41"
            "c"),                                     /* indefinite */
        ROW("\xd9\xea\x60\x82\x5a\xff\xff\xff\xffq"), /* beyond the end */
        ROW("\xd9\xea\x60\x82\x41q\x41"
            "c\x00"), /* more behind */
        ROW(""),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        tagged(rows[i], &attributes);
        expect_refusal(bytes_of(NULL, 0), &attributes, "tagged pair");
    }
}

/* Each pair of carriers that count, and a subject's report with each. */
static void two_that_count_are_refused(void **state)
{
    (void)state;
    static const char *const oids[] = { F "\x02\x02\x01", F "\x02\x02\x02",
                                        F "\x02\x02\x05", F "\x02\x02\x06",
                                        F "\x02\x02\x07", F "\x02\x02\x10" };
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    ca_subject_put_snp(bytes_of(report, sizeof(report)), &subject);
    for (size_t i = 0; i < 6; i++) {
        AUTO_CLEAR_BUFFER one = buffer_make(CA_CSR_MAX);
        put_octets(&one, oids[i], SGX_QUOTE);
        expect_refusal(
            buffer_bytes(&subject), &one,
            "certificate request: it carries evidence twice; exactly");
        tagged(BYTES("\xd9\xea\x60\x82\x41q\x41"
                     "c"),
               &one);
        expect_refusal(bytes_of(NULL, 0), &one, "twice");
        for (size_t j = 0; j < i; j++) {
            AUTO_CLEAR_BUFFER two = buffer_make(CA_CSR_MAX);
            put_octets(&two, oids[i], SGX_QUOTE);
            put_octets(&two, oids[j], SGX_QUOTE);
            expect_refusal(bytes_of(NULL, 0), &two, "twice");
        }
    }
}

static void what_only_a_node_can_check_is_no_evidence(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sgx = buffer_make(1024);
    AUTO_CLEAR_BUFFER tdx = buffer_make(1024);
    AUTO_CLEAR_BUFFER none = buffer_make(1024);
    AUTO_CLEAR_BUFFER other = buffer_make(1024);
    put_octets(&sgx, F "\x02\x01\x01", BYTES("x"));
    put_octets(&tdx, F "\x02\x02\x11", BYTES("x"));
    put_octets(&other, F "\x02\x02\x03", BYTES("x"));
    expect_refusal(
        bytes_of(NULL, 0), &sgx,
        "certificate request: evidence of the form sgx-local: only a Node "
        "Agent on the same machine can check it");
    expect_refusal(bytes_of(NULL, 0), &tdx, "tdx-local: only a Node Agent");
    expect_refusal(bytes_of(NULL, 0), &none,
                   "certificate request: it carries no evidence");
    expect_refusal(bytes_of(NULL, 0), &other, "no evidence");
}

static void a_quote_of_the_other_platform_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER sgx = buffer_make(1024);
    AUTO_CLEAR_BUFFER tdx = buffer_make(1024);
    put_octets(&sgx, F "\x02\x02\x05", TDX_QUOTE);
    put_octets(&tdx, F "\x02\x02\x10", SGX_QUOTE);
    expect_refusal(bytes_of(NULL, 0), &sgx, "another platform");
    expect_refusal(bytes_of(NULL, 0), &tdx, "another platform");
}

static void a_carriers_value_is_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *oid;
        struct bytes value;
        const char *because;
    } rows[] = {
        { F "\x02\x02\x05", ROW("\x04\x00"), "malformed" },
        { F "\x02\x02\x05", ROW("\x30\x03\x04\x01q"), "malformed" },
        { F "\x02\x02\x06", ROW("\x03\x02\x00q"), "malformed" },
        { F "\x02\x02\x02", ROW("\x04\x01q"), "malformed" },
        { F "\x02\x02\x01", ROW("\x30\x00"), "malformed" },
        { F "\x02\x02\x07", ROW("\x04\x02qq"), "1184" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        draft_attribute(&attributes, bytes_of(rows[i].oid, 11), rows[i].value);
        expect_refusal(bytes_of(NULL, 0), &attributes, rows[i].because);
    }
}

static void a_chain_is_one_to_three_certificates_of_a_report(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        ROW("\x30\x00"),
        ROW("\x30\x08\x30\x00\x30\x00\x30\x00\x30\x00"),
        ROW("\x30\x02\x04\x00"),
        ROW("\x30\x04\x30\x00\x05\x00"),
        ROW("\x31\x02\x30\x00"),
        ROW("\x30\x03\x30\x00\x30"),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
        put_octets(&attributes, F "\x02\x02\x07",
                   bytes_of(report, sizeof(report)));
        draft_attribute(&attributes, BYTES(F "\x02\x02\x0f"), rows[i]);
        expect_refusal(bytes_of(NULL, 0), &attributes,
                       "one to three certificates");
    }
    AUTO_CLEAR_BUFFER alone = buffer_make(4096);
    put_octets(&alone, F "\x02\x02\x06", BYTES("x"));
    draft_attribute(&alone, BYTES(F "\x02\x02\x0f"), BYTES("\x30\x02\x30\x00"));
    expect_refusal(bytes_of(NULL, 0), &alone, "no SEV-SNP report with it");
}

static void more_than_32_kib_is_refused(void **state)
{
    (void)state;
    static unsigned char much[CA_EVIDENCE_MAX + 1] = { 3 };
    AUTO_CLEAR_BUFFER attributes = buffer_make(CA_CSR_MAX);
    put_octets(&attributes, F "\x02\x02\x05", bytes_of(much, sizeof(much)));
    expect_refusal(bytes_of(NULL, 0), &attributes, "32 KiB");
}

static void evidence_that_does_not_fit_its_carrier_is_not_put(void **state)
{
    (void)state;
    static const struct {
        enum ca_carrier_kind kind;
        struct bytes evidence;
    } rows[] = {
        { CA_CARRIER_QUOTE, { NULL, 0 } },
        { CA_CARRIER_SNP, { report, CA_SNP_REPORT_LEN - 1 } },
        { CA_CARRIER_SNP_CHAIN, { report, CA_SNP_REPORT_LEN } },
        { CA_CARRIER_VOUCHED, ROW("\x30\x00") },
        { CA_CARRIER_VOUCHED, ROW("\x30\x00\x30\x00\x30\x00") },
        { CA_CARRIER_UNKNOWN, ROW("x") },
        { CA_CARRIER_SGX_LOCAL, ROW("x") },
        { CA_CARRIER_TDX_LOCAL, ROW("x") },
        { CA_CARRIER_TAGGED, ROW("x") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(4096);
        assert_status(STATUS_INVALID,
                      ca_evidence_put(rows[i].kind, rows[i].evidence, &out));
        assert_int_equal(out.len, 0);
    }
    const struct ca_csr_fields fields = { .carrier = CA_CARRIER_SNP,
                                          .quote = BYTES("short") };
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, &why));
    assert_non_null(strstr(why.text, "1184"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_cbor_is_refused),
        cmocka_unit_test(two_that_count_are_refused),
        cmocka_unit_test(what_only_a_node_can_check_is_no_evidence),
        cmocka_unit_test(a_quote_of_the_other_platform_is_refused),
        cmocka_unit_test(a_carriers_value_is_read_strictly),
        cmocka_unit_test(a_chain_is_one_to_three_certificates_of_a_report),
        cmocka_unit_test(more_than_32_kib_is_refused),
        cmocka_unit_test(evidence_that_does_not_fit_its_carrier_is_not_put),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
