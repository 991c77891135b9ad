/* Writes the seeds of the fuzz targets csr, certificate and subject:
 *
 *     ca.make_corpus tests/fuzz/corpus
 *
 * Keys and signatures are new every time; the seeds are kept in git. */

#include <stdlib.h>

#include "base/file.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"
#include "tests/ca/rewrite.h"
#include "tests/support/check.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define F              "\x2b\x06\x01\x04\x01\x83\x84\x1a"

static const char *corpus;

static void seed(const char *target, const char *name, struct bytes contents)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", corpus, target);
    assert_ok(file_make_directory(path, 0755));
    snprintf(path, sizeof(path), "%s/%s/%s", corpus, target, name);
    assert_ok(file_write(path, contents, 0644));
}

/* --- certificates -------------------------------------------------------- */

static void a_seed_of_every_kind(void **state)
{
    (void)state;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++)
        seed("certificate", ca_kind_name((enum ca_kind)kind),
             sample_der((enum ca_kind)kind));
    seed("certificate", "root", authority_root(&authority));
}

static void unusual_certificates(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_ENCLAVE);
    AUTO_CLEAR_BUFFER p384 = buffer_make(CA_CERTIFICATE_MAX);
    fields.spki = ca_spki(ca_key_public(sample_key(CA_KEY_P384)));
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &p384, NULL));
    seed("certificate", "enclave-p384", buffer_bytes(&p384));

    AUTO_CLEAR_BUFFER serial = buffer_make(CA_CERTIFICATE_MAX);
    rewrite_serial(sample_der(CA_PERSON), BYTES("\xff\x01"), &serial);
    seed("certificate", "negative-serial", buffer_bytes(&serial));

    AUTO_CLEAR_BUFFER nul = buffer_make(CA_CERTIFICATE_MAX);
    rewrite_bytes(sample_der(CA_SERVER), BYTES("broker.example"),
                  BYTES("broker\0example"), 0, &nul);
    seed("certificate", "nul-in-name", buffer_bytes(&nul));
}

/* --- requests ------------------------------------------------------------ */

static void a_request_as_we_make_it(void **state)
{
    (void)state;
    static const char *const names[] = { "app.example", "127.0.0.1" };
    struct ca_csr_fields fields = {
        .common_name = "localhost",
        .names = names,
        .names_count = 2,
        .quote = BYTES("a quote"),
    };
    static const char *const kinds[] = { NULL, "p256", "p384", "rsa" };
    for (int kind = CA_KEY_P256; kind <= CA_KEY_RSA_3072; kind++) {
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        assert_ok(ca_csr_make(&fields, sample_key((enum ca_key_kind)kind), &pem,
                              NULL));
        seed("csr", kinds[kind], buffer_bytes(&pem));
    }
}

static void put_carriers(struct buffer *out)
{
    draft_attribute(out, BYTES(F "\x02\x01\x01"), BYTES("\x30\x00"));
    draft_attribute(out, BYTES(F "\x02\x02\x02"),
                    BYTES("\x30\x05\x30\x00\x04\x01q"));
    draft_attribute(out, BYTES(F "\x02\x02\x06"), BYTES("\x04\x02\xd2\x84"));
    draft_attribute(out, BYTES(F "\x02\x02\x10"), BYTES("\x04\x01q"));
    draft_attribute(out, BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"),
                    BYTES("\x13\x01x"));
}

static void put_request(struct buffer *out)
{
    AUTO_CLEAR_BUFFER list = buffer_make(1024);
    draft_extension(&list, oid_alternative_names, 0,
                    BYTES("\x30\x0d\x82\x0b"
                          "app.example"));
    draft_extension(&list, BYTES("\x67\x81\x05\x05\x04\x09"), 1,
                    BYTES("\x30\x00"));
    draft_extension(&list, oid_key_usage, 0, BYTES("\x03\x02\x07\x80"));
    draft_request(out, buffer_bytes(&list));
}

static void requests_of_the_products_clients(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bytes vouched;
    } rows[] = {
        { "vouched-octets",
          { (const unsigned char *)"\x30\x08\x04\x02\x30\x00\x04\x02\x31\x00",
            10 } },
        { "vouched-certificates",
          { (const unsigned char *)"\x30\x06\x30\x04\x30\x00\x31\x00", 8 } },
    };
    AUTO_CLEAR_BUFFER subject = buffer_make(1024);
    draft_rdn(&subject, oid_common_name, DER_UTF8_STRING, BYTES("localhost"));
    draft_rdn(&subject, BYTES(F "\x01\x01\x06"), DER_BIT_STRING,
              BYTES("\0\1\0"));
    for (size_t i = 0; i < 2; i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
        draft_attribute(&attributes, BYTES(F "\x02\x02\x01"), rows[i].vouched);
        put_carriers(&attributes);
        put_request(&attributes);
        struct draft draft = { .key = sample_key(CA_KEY_P256),
                               .subject = buffer_bytes(&subject),
                               .attributes = buffer_bytes(&attributes) };
        draft_put(&draft, &der);
        seed("csr", rows[i].name, buffer_bytes(&der));
    }
}

/* --- evidence ------------------------------------------------------------- */

static const unsigned char report[CA_SNP_REPORT_LEN] = { 3 };
static const unsigned char tee_info[CA_TEE_INFO_LEN] = { 1 };
static const unsigned char td_info[CA_TD_INFO_LEN] = { 2 };

static void put_domain(struct buffer *subject)
{
    static const struct hash id = { { 0xab, 1, 2 } };
    ca_subject_put_tdx(bytes_of(tee_info, sizeof(tee_info)),
                       bytes_of(td_info, sizeof(td_info)), subject);
    ca_subject_put_configuration(&id, subject);
}

static void subjects_of_every_kind(void **state)
{
    (void)state;
    const struct ca_sgx_subject sgx = { .has_report_data = true };
    AUTO_CLEAR_BUFFER enclave = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER domain = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER guest = buffer_make(CA_SUBJECT_MAX);
    ca_subject_put_sgx(&sgx, &enclave);
    put_domain(&domain);
    ca_subject_put_snp(bytes_of(report, sizeof(report)), &guest);
    seed("subject", "sgx", buffer_bytes(&enclave));
    seed("subject", "tdx", buffer_bytes(&domain));
    seed("subject", "snp", buffer_bytes(&guest));
}

static void seed_request(const char *name, struct bytes subject,
                         const struct buffer *attributes)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    const struct draft draft = { .key = sample_key(CA_KEY_P256),
                                 .subject = subject,
                                 .attributes = buffer_bytes(attributes) };
    draft_put(&draft, &der);
    seed("csr", name, buffer_bytes(&der));
}

static void requests_with_one_carrier_each(void **state)
{
    (void)state;
    static const struct {
        const char *name, *oid;
        struct bytes value;
    } rows[] = {
        { "nitro",
          F "\x02\x02\x06",
          { (const unsigned char *)"\x04\x02\x84\x40", 4 } },
        { "dcap-sgx",
          F "\x02\x02\x05",
          { (const unsigned char *)"\x04\x08\x03\0\2\0\0\0\0\0", 10 } },
        { "sgx-local",
          F "\x02\x01\x01",
          { (const unsigned char *)"\x30\x00", 2 } },
        { "tdx-domain",
          F "\x02\x02\x10",
          { (const unsigned char *)"\x04\x08\x04\0\2\0\x81\0\0\0", 10 } },
        { "snp-subject",
          F "\x02\x02\x0f",
          { (const unsigned char *)"\x30\x04\x30\x00\x30\x00", 6 } },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
        AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
        draft_attribute(&attributes, bytes_of(rows[i].oid, 11), rows[i].value);
        if (strcmp(rows[i].name, "tdx-domain") == 0)
            put_domain(&subject);
        if (strcmp(rows[i].name, "snp-subject") == 0)
            ca_subject_put_snp(bytes_of(report, sizeof(report)), &subject);
        seed_request(rows[i].name, buffer_bytes(&subject), &attributes);
    }
}

static void a_request_with_tagged_evidence(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER list = buffer_make(1024);
    AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
    draft_extension(&list, BYTES("\x67\x81\x05\x05\x04\x09"), 0,
                    BYTES("\xd9\xea\x60\x82\x41q\x43"
                          "abc"));
    draft_request(&attributes, buffer_bytes(&list));
    seed_request("tagged", BYTES(""), &attributes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest seeds[] = {
        cmocka_unit_test(a_seed_of_every_kind),
        cmocka_unit_test(unusual_certificates),
        cmocka_unit_test(a_request_as_we_make_it),
        cmocka_unit_test(requests_of_the_products_clients),
        cmocka_unit_test(subjects_of_every_kind),
        cmocka_unit_test(requests_with_one_carrier_each),
        cmocka_unit_test(a_request_with_tagged_evidence),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    return cmocka_run_group_tests(seeds, authority_setup, authority_teardown);
}
