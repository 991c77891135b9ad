/* Every allocation of ours may fail; libcrypto's own are not touched. */

#include "tests/support/check.h"

#include "tests/ca/authority.h"
#include "tests/support/torture.h"

static struct status issue_each_kind(void)
{
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        struct ca_certificate_fields fields = sample_fields((enum ca_kind)kind);
        struct ca_facts facts;
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        TRY(ca_certificate_build(&fields, authority_root(&authority),
                                 &authority.signer, &der, NULL));
        TRY(ca_certificate_read(buffer_bytes(&der), &facts, NULL));
    }
    return OK;
}

static struct status build_a_list(void)
{
    static const unsigned char serials[2][CA_SERIAL_LEN] = { { 1 }, { 2 } };
    struct ca_crl_fields fields = { bytes_of(serials, sizeof(serials)), NOW,
                                    NOW + 60, 1 };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CRL_MAX);
    return ca_crl_build(&fields, authority_root(&authority), &authority.signer,
                        &der, NULL);
}

static struct status make_and_read_a_request(void)
{
    static const char *const names[] = { "app.example" };
    struct ca_csr_fields fields = { .common_name = "Ada",
                                    .names = names,
                                    .names_count = 1,
                                    .quote = bytes_of("quote", 5) };
    struct ca_csr csr;
    struct ca_evidence evidence;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    TRY(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    TRY(ca_csr_read(buffer_bytes(&pem), &csr, NULL));
    struct status s = ca_csr_evidence(&csr, &evidence, NULL);
    if (!failed(s))
        ca_evidence_clear(&evidence);
    ca_csr_clear(&csr);
    TRY(s);
    return OK;
}

static struct status vouch_and_check(void)
{
    static const struct hash spki = { { 1 } };
    struct ca_sgx_subject sgx = { .has_report_data = true };
    struct ca_signer node = ca_key_signer(sample_key(CA_KEY_P256));
    struct ca_vouched vouched;
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    const struct ca_public_key *key = ca_key_public(sample_key(CA_KEY_P384));
    TRY(ca_report_data(&key->hash, NULL, sgx.report_data));
    ca_subject_put_sgx(&sgx, &subject);
    TRY(buffer_status(&subject));
    const struct ca_vouch_fields fields = { .spki = ca_spki(key),
                                            .subject = buffer_bytes(&subject),
                                            .serial = { 1 },
                                            .not_before = NOW,
                                            .not_after = NOW + 60 };
    TRY(ca_vouch_make(&fields, sample_der(CA_NODE), &node, &evidence, NULL));
    buffer_put(&evidence, sample_der(CA_NODE));
    TRY(buffer_status(&evidence));
    TRY(ca_vouch_check(buffer_bytes(&evidence), authority_root(&authority), NOW,
                       &vouched, NULL));
    assert_status(STATUS_DENIED,
                  ca_vouch_matches(&vouched, &spki, bytes_of(NULL, 0), NULL));
    return OK;
}

static struct status verify_a_chain(void)
{
    return ca_chain_verify(sample_der(CA_PERSON), authority_root(&authority),
                           NOW, CA_FOR_CLIENT, NULL);
}

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    (void)sample_der(CA_PERSON);
    (void)sample_der(CA_NODE);
    (void)sample_key(CA_KEY_P384);
    (void)sample_fields(CA_INTAKE);
    assert_true(torture(issue_each_kind) > 20);
    assert_true(torture(build_a_list) > 3);
    assert_true(torture(make_and_read_a_request) > 5);
    assert_true(torture(verify_a_chain) > 1);
    assert_true(torture(vouch_and_check) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_out_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
