/* From a request to the evidence in it: each carrier by what surrounds it,
 * exactly one that counts, and the rule that binds it. */

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
#define CHAIN     "\x30\x02\x05\x00\x30\x00" /* two "certificates" */

/* {"pubkey-hash": <<[1, 32 x "h"]>>, "accord-configuration": 32 x "c"} */
#define CLAIMS                                                                 \
    "\xa2\x6bpubkey-hash\x58\x24\x82\x01\x58\x20"                              \
    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"                                         \
    "\x74"                                                                     \
    "accord-configuration\x58\x20"                                             \
    "cccccccccccccccccccccccccccccccc"

static const unsigned char report[CA_SNP_REPORT_LEN] = { 3 };

static struct bytes snp_evidence(struct buffer *out)
{
    buffer_put(out, bytes_of(report, sizeof(report)));
    buffer_put(out, BYTES(CHAIN));
    return buffer_bytes(out);
}

static void make_and_take(const struct ca_csr_fields *fields,
                          struct ca_csr *csr, struct ca_evidence *out)
{
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    if (failed(ca_csr_make(fields, sample_key(CA_KEY_P256), &pem, &why)) ||
        failed(ca_csr_read(buffer_bytes(&pem), csr, &why)) ||
        failed(ca_csr_evidence(csr, out, &why)))
        fail_msg("%s", why.text);
}

static void what_a_request_is_made_with_is_taken_out_again(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER snp = buffer_make(4096);
    const struct {
        enum ca_carrier_kind given, found;
        struct bytes evidence;
        enum ca_evidence_form form;
        enum ca_binding_rule rule;
    } rows[] = {
        { 0, CA_CARRIER_QUOTE, SGX_QUOTE, CA_EVIDENCE_QUOTE, CA_BINDS_KEY },
        { CA_CARRIER_QUOTE, CA_CARRIER_QUOTE, TDX_QUOTE, CA_EVIDENCE_QUOTE,
          CA_BINDS_KEY },
        { CA_CARRIER_DCAP_SGX, CA_CARRIER_DCAP_SGX, SGX_QUOTE,
          CA_EVIDENCE_QUOTE, CA_BINDS_KEY },
        { CA_CARRIER_DCAP_TDX, CA_CARRIER_DCAP_TDX, TDX_QUOTE,
          CA_EVIDENCE_QUOTE, CA_BINDS_KEY },
        { CA_CARRIER_NITRO, CA_CARRIER_NITRO, BYTES("\x84 and so on"),
          CA_EVIDENCE_NITRO, CA_BINDS_KEY },
        { CA_CARRIER_SNP, CA_CARRIER_SNP, snp_evidence(&snp), CA_EVIDENCE_SNP,
          CA_BINDS_KEY },
        { CA_CARRIER_SNP, CA_CARRIER_SNP, bytes_of(report, sizeof(report)),
          CA_EVIDENCE_SNP, CA_BINDS_KEY },
        { CA_CARRIER_VOUCHED, CA_CARRIER_VOUCHED,
          BYTES("\x30\x02\x05\x00\x30\x03\x02\x01\x01"), CA_EVIDENCE_VOUCHED,
          CA_BINDS_VOUCHED },
    };
    static const char *const names[] = { "app.example" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_csr csr;
        struct ca_evidence e;
        const struct ca_csr_fields fields = {
            .common_name = i % 2 ? "localhost" : NULL,
            .names = i % 3 ? names : NULL,
            .names_count = i % 3 ? 1 : 0,
            .carrier = rows[i].given,
            .quote = rows[i].evidence,
        };
        make_and_take(&fields, &csr, &e);
        assert_int_equal(e.carrier, rows[i].found);
        assert_int_equal(e.form, rows[i].form);
        assert_int_equal(e.binding.rule, rows[i].rule);
        assert_int_equal(e.binding.material.len, 0);
        assert_false(e.has_configuration);
        assert_true(bytes_equal(buffer_bytes(&e.bytes), rows[i].evidence));
        ca_evidence_clear(&e);
        ca_csr_clear(&csr);
    }
}

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

static void certificates_vouch_in_either_encoding(void **state)
{
    (void)state;
    static const struct bytes values[] = {
        { (const unsigned char *)"\x30\x0b\x04\x02\x30\x00\x04\x05\x30\x03\x02"
                                 "\x01\x01",
          13 },
        { (const unsigned char *)"\x30\x09\x30\x07\x30\x00\x30\x03\x02\x01\x01",
          11 },
    };
    for (size_t i = 0; i < 2; i++) {
        struct ca_csr csr;
        struct ca_evidence e;
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        draft_attribute(&attributes, BYTES(F "\x02\x02\x01"), values[i]);
        read_draft(bytes_of(NULL, 0), &attributes, &csr);
        assert_ok(ca_csr_evidence(&csr, &e, NULL));
        assert_int_equal(e.form, CA_EVIDENCE_VOUCHED);
        assert_int_equal(e.binding.rule, CA_BINDS_VOUCHED);
        assert_true(bytes_equal(buffer_bytes(&e.bytes),
                                BYTES("\x30\x00\x30\x03\x02\x01\x01")));
        ca_evidence_clear(&e);
        ca_csr_clear(&csr);
    }
}

static void a_report_in_the_subject_is_evidence(void **state)
{
    (void)state;
    struct ca_csr csr;
    struct ca_evidence e;
    struct hash id;
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
    AUTO_CLEAR_BUFFER wanted = buffer_make(4096);
    memset(id.bytes, 0xcd, sizeof(id.bytes));
    ca_subject_put_snp(bytes_of(report, sizeof(report)), &subject);
    ca_subject_put_configuration(&id, &subject);
    draft_attribute(&attributes, BYTES(F "\x02\x02\x0f"),
                    BYTES("\x30\x06" CHAIN));
    read_draft(buffer_bytes(&subject), &attributes, &csr);
    assert_ok(ca_csr_evidence(&csr, &e, NULL));
    assert_int_equal(e.carrier, CA_CARRIER_SNP);
    assert_int_equal(e.form, CA_EVIDENCE_SNP);
    assert_true(bytes_equal(buffer_bytes(&e.bytes), snp_evidence(&wanted)));
    assert_int_equal(e.binding.rule, CA_BINDS_DOMAIN);
    assert_true(bytes_equal(e.binding.material, BYTES("\x31\x00")));
    assert_true(e.has_configuration);
    assert_true(hash_equal(&e.configuration, &id));
    ca_evidence_clear(&e);
    ca_csr_clear(&csr);
}

static void a_quote_is_bound_as_the_subject_says(void **state)
{
    (void)state;
    static const unsigned char tee[CA_TEE_INFO_LEN], td[CA_TD_INFO_LEN];
    struct hash id;
    memset(id.bytes, 0xcd, sizeof(id.bytes));
    for (unsigned bits = 0; bits < 4; bits++) {
        struct ca_csr csr;
        struct ca_evidence e;
        AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
        if (bits & 1)
            ca_subject_put_tdx(bytes_of(tee, sizeof(tee)),
                               bytes_of(td, sizeof(td)), &subject);
        if (bits & 2)
            ca_subject_put_configuration(&id, &subject);
        const struct ca_csr_fields fields = { .carrier = CA_CARRIER_DCAP_TDX,
                                              .quote = TDX_QUOTE,
                                              .subject =
                                                  buffer_bytes(&subject) };
        make_and_take(&fields, &csr, &e);
        assert_int_equal(e.binding.rule, bits ? CA_BINDS_DOMAIN : CA_BINDS_KEY);
        assert_true(bytes_equal(e.binding.material,
                                bits ? BYTES("\x31\x00") : BYTES("")));
        assert_int_equal(e.has_configuration, bits >> 1);
        ca_evidence_clear(&e);
        ca_csr_clear(&csr);
    }
}

static void tagged(struct bytes value, struct buffer *attributes)
{
    AUTO_CLEAR_BUFFER list = buffer_make(CA_CSR_MAX);
    draft_extension(&list, BYTES(TAGGED), 0, value);
    draft_request(attributes, buffer_bytes(&list));
}

static void tagged_evidence_is_bound_by_its_claims(void **state)
{
    (void)state;
    static const unsigned char quote[300] = { 3 };
    struct ca_csr csr;
    struct ca_evidence e;
    AUTO_CLEAR_BUFFER value = buffer_make(1024);
    AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
    buffer_put(&value, BYTES("\xd9\xea\x60\x82\x59\x01\x2c"));
    buffer_put(&value, bytes_of(quote, sizeof(quote)));
    buffer_put(&value, BYTES("\x58\x6a"));
    buffer_put(&value, BYTES(CLAIMS));
    tagged(buffer_bytes(&value), &attributes);
    read_draft(bytes_of(NULL, 0), &attributes, &csr);
    assert_ok(ca_csr_evidence(&csr, &e, NULL));
    assert_int_equal(e.carrier, CA_CARRIER_TAGGED);
    assert_int_equal(e.form, CA_EVIDENCE_QUOTE);
    assert_true(
        bytes_equal(buffer_bytes(&e.bytes), bytes_of(quote, sizeof(quote))));
    assert_int_equal(e.binding.rule, CA_BINDS_CLAIMS);
    assert_true(bytes_equal(e.binding.material, BYTES(CLAIMS)));
    assert_true(e.has_configuration);
    assert_int_equal(e.configuration.bytes[0], 'c');
    ca_evidence_clear(&e);
    ca_csr_clear(&csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_request_is_made_with_is_taken_out_again),
        cmocka_unit_test(certificates_vouch_in_either_encoding),
        cmocka_unit_test(a_report_in_the_subject_is_evidence),
        cmocka_unit_test(a_quote_is_bound_as_the_subject_says),
        cmocka_unit_test(tagged_evidence_is_bound_by_its_claims),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
