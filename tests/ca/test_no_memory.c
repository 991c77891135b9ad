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

static struct status verify_a_chain(void)
{
    return ca_chain_verify(sample_der(CA_PERSON), authority_root(&authority),
                           NOW, CA_FOR_CLIENT, NULL);
}

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    (void)sample_der(CA_PERSON);
    (void)sample_fields(CA_INTAKE);
    assert_true(torture(issue_each_kind) > 20);
    assert_true(torture(build_a_list) > 3);
    assert_true(torture(make_and_read_a_request) > 5);
    assert_true(torture(verify_a_chain) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_out_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
