/* Requests with the structure of the product's clients, which are kept
 * beside this project and not in it. Skipped, loudly, where they are not.
 *
 *   ACCORD_VECTORS   their directory (default: ../shared/vectors) */

#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ca/ca.h"

static unsigned skipped;

/* Reads a vector, or ends the test as skipped. */
static void vector_read(const char *name, struct buffer *out)
{
    const char *directory = getenv("ACCORD_VECTORS");
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", directory ? directory : VECTORS,
             name);
    if (access(path, R_OK) != 0) {
        skipped++;
        print_message("SKIP: %s is not there\n", path);
        skip();
    }
    assert_ok(file_read(path, out));
}

/* The hexadecimal value of a member, by its unique name. */
static void member(struct bytes json, const char *name, unsigned char *out,
                   size_t len)
{
    char key[80];
    snprintf(key, sizeof(key), "\"%s\": \"", name);
    const char *at = memmem(json.at, json.len, key, strlen(key));
    assert_non_null(at);
    assert_ok(hex_decode(bytes_of(at + strlen(key), 2 * len), out, len));
}

static void check_request(const char *name, enum ca_carrier_kind kind,
                          struct ca_csr *csr)
{
    AUTO_CLEAR_BUFFER text = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER json = buffer_make(CA_CSR_MAX);
    vector_read(name, &text);
    vector_read("csr_reportdata.json", &json);

    struct reason why = { "" };
    struct hash spki;
    if (failed(ca_csr_read(buffer_bytes(&text), csr, &why)))
        fail_msg("%s: %s", name, why.text);
    member(buffer_bytes(&json), "spki_sha256", spki.bytes, HASH_LEN);
    assert_true(hash_equal(&csr->key.hash, &spki));
    assert_int_equal(csr->key.type, CA_RSA);
    assert_int_equal(csr->key.bits, 3072);
    assert_string_equal(csr->common_name, "localhost");
    assert_int_equal(csr->names.count, 2);
    assert_string_equal(ca_name_at(&csr->names, 0), "localhost");
    assert_string_equal(ca_name_at(&csr->names, 1), "app.example");
    assert_int_equal(csr->carriers_count, 1);
    assert_int_equal(csr->carriers[0].kind, kind);
}

static void the_nitro_request_carries_its_document(void **state)
{
    (void)state;
    struct ca_csr csr;
    struct bytes document;
    check_request("csr_nitro.pem", CA_CARRIER_NITRO, &csr);
    assert_ok(ca_carrier_document(&csr.carriers[0], &document));
    assert_true(bytes_equal(document, bytes_of_string("\xd2\x84"
                                                      "dummy COSE_Sign1")));
    ca_csr_clear(&csr);
}

static void the_final_sgx_request_carries_two_certificates(void **state)
{
    (void)state;
    struct ca_csr csr;
    struct bytes attestation, node;
    check_request("csr_sgx_fqpe.pem", CA_CARRIER_VOUCHED, &csr);
    assert_ok(ca_carrier_vouched(&csr.carriers[0], &attestation, &node));
    assert_true(bytes_equal(attestation, bytes_of("\x30\x0a\x04\x08"
                                                  "app cert",
                                                  12)));
    assert_true(bytes_equal(node, bytes_of("\x30\x0b\x04\x09"
                                           "node cert",
                                           13)));
    ca_csr_clear(&csr);
}

static void the_local_sgx_request_carries_key_id_and_mac(void **state)
{
    (void)state;
    struct ca_csr csr;
    check_request("csr_sgx_local.pem", CA_CARRIER_SGX_LOCAL, &csr);
    assert_int_equal(csr.carriers[0].value.len, 2 + 2 + 32 + 2 + 16);
    ca_csr_clear(&csr);
}

static void report_data_is_what_the_product_computes(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER json = buffer_make(CA_CSR_MAX);
    vector_read("csr_reportdata.json", &json);
    struct bytes text = buffer_bytes(&json);
    struct hash spki, configuration;
    unsigned char wanted[CA_REPORT_DATA_LEN], got[CA_REPORT_DATA_LEN];
    member(text, "spki_sha256", spki.bytes, HASH_LEN);
    member(text, "config_id", configuration.bytes, HASH_LEN);

    member(text, "em_app_reportdata_without_config", wanted, sizeof(wanted));
    assert_ok(ca_report_data(&spki, NULL, got));
    assert_memory_equal(got, wanted, sizeof(wanted));
    member(text, "em_app_reportdata_with_config", wanted, sizeof(wanted));
    assert_ok(ca_report_data(&spki, &configuration, got));
    assert_memory_equal(got, wanted, sizeof(wanted));

    const struct ca_binding domain = { CA_BINDS_DOMAIN,
                                       bytes_of("\x31\x00", 2) };
    member(text, "tdx_snp_reportdata_without_config", wanted, sizeof(wanted));
    assert_ok(ca_binding_report_data(&domain, &spki, NULL, got));
    assert_memory_equal(got, wanted, sizeof(wanted));
    member(text, "tdx_snp_reportdata_with_config", wanted, sizeof(wanted));
    assert_ok(ca_binding_report_data(&domain, &spki, &configuration, got));
    assert_memory_equal(got, wanted, sizeof(wanted));
}

static void subjects_hold_the_products_fields(void **state)
{
    (void)state;
    static const char *const names[] = { "csr_sgx_local.pem",
                                         "csr_sgx_fqpe.pem" };
    AUTO_CLEAR_BUFFER json = buffer_make(CA_CSR_MAX);
    unsigned char wanted[64];
    vector_read("csr_reportdata.json", &json);
    for (size_t i = 0; i < 2; i++) {
        struct ca_csr csr;
        struct ca_subject subject;
        check_request(names[i], i ? CA_CARRIER_VOUCHED : CA_CARRIER_SGX_LOCAL,
                      &csr);
        assert_ok(ca_subject_read(csr.subject, &subject, NULL));
        assert_int_equal(subject.measured, CA_MEASURED_SGX);
        member(buffer_bytes(&json), "mrenclave", wanted, 32);
        assert_memory_equal(subject.sgx.mrenclave, wanted, 32);
        member(buffer_bytes(&json), "isvsvn", wanted, 2);
        assert_memory_equal(subject.sgx.isvsvn, wanted, 2);
        assert_true(subject.sgx.has_report_data);
        member(buffer_bytes(&json), "reportdata", wanted, 64);
        assert_memory_equal(subject.sgx.report_data, wanted, 64);
        ca_csr_clear(&csr);
    }
}

static void each_form_of_evidence_is_taken_out(void **state)
{
    (void)state;
    struct ca_csr csr;
    struct ca_evidence e;
    check_request("csr_nitro.pem", CA_CARRIER_NITRO, &csr);
    assert_ok(ca_csr_evidence(&csr, &e, NULL));
    assert_int_equal(e.form, CA_EVIDENCE_NITRO);
    assert_int_equal(e.binding.rule, CA_BINDS_KEY);
    ca_evidence_clear(&e);
    ca_csr_clear(&csr);
    check_request("csr_sgx_fqpe.pem", CA_CARRIER_VOUCHED, &csr);
    assert_ok(ca_csr_evidence(&csr, &e, NULL));
    assert_int_equal(e.form, CA_EVIDENCE_VOUCHED);
    assert_int_equal(e.bytes.len, 12 + 13);
    ca_evidence_clear(&e);
    ca_csr_clear(&csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nitro_request_carries_its_document),
        cmocka_unit_test(the_final_sgx_request_carries_two_certificates),
        cmocka_unit_test(the_local_sgx_request_carries_key_id_and_mac),
        cmocka_unit_test(report_data_is_what_the_product_computes),
        cmocka_unit_test(subjects_hold_the_products_fields),
        cmocka_unit_test(each_form_of_evidence_is_taken_out),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    if (skipped > 0)
        print_message("SKIP: %u of %zu tests had no vectors\n", skipped,
                      sizeof(tests) / sizeof(tests[0]));
    return failures == 0 && skipped > 0 ? 77 : failures;
}
