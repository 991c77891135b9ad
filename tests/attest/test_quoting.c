/* Under a vendor's root only that vendor's quoting enclave counts. */

#include "attest/attest.h"
#include "attest/quoting.h"
#include "tests/support/check.h"

/* Intel's root, and the signer of its quoting enclaves. */
static const struct hash intel = {
    { 0xa0, 0xaf, 0x03, 0x12, 0x89, 0xf5, 0xd5, 0xd4, 0x13, 0x2f, 0x91,
      0x86, 0x06, 0x8a, 0x7f, 0xc1, 0x36, 0x28, 0x63, 0x3b, 0xa2, 0x35,
      0x77, 0x74, 0x72, 0xe2, 0x9b, 0x6b, 0x6c, 0x67, 0xa4, 0x9e }
};
static const unsigned char signer[32] = {
    0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
    0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
    0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff,
};

static STATUS check(const struct attest_report *qe, bool under_intel,
                    struct reason *why)
{
    return attest_quoting_check(
        qe, false, under_intel ? attest_vendor_find(&intel) : NULL, why);
}

/* TDX quotes have a quoting enclave of their own. */
static void each_kind_of_quote_has_its_enclave(void **state)
{
    (void)state;
    const struct attest_vendor *vendor = attest_vendor_find(&intel);
    struct attest_report sgx = { .flags = ATTEST_INIT,
                                 .mrsigner = bytes_of(vendor->qe.mrsigner, 32),
                                 .isvprodid = vendor->qe.isvprodid };
    struct attest_report tdx = { .flags = ATTEST_INIT,
                                 .mrsigner =
                                     bytes_of(vendor->td_qe.mrsigner, 32),
                                 .isvprodid = vendor->td_qe.isvprodid };
    assert_ok(attest_quoting_check(&sgx, false, vendor, NULL));
    assert_ok(attest_quoting_check(&tdx, true, vendor, NULL));
    assert_status(STATUS_DENIED,
                  attest_quoting_check(&sgx, true, vendor, NULL));
    assert_status(STATUS_DENIED,
                  attest_quoting_check(&tdx, false, vendor, NULL));
}

static void intels_own_enclave_passes(void **state)
{
    (void)state;
    struct attest_report qe = { .flags = ATTEST_INIT | ATTEST_PROVISION_KEY,
                                .mrsigner = bytes_of(signer, sizeof(signer)),
                                .isvprodid = 1 };
    assert_non_null(attest_vendor_find(&intel));
    assert_ok(check(&qe, true, NULL));
}

static void another_enclave_on_intels_platform_does_not(void **state)
{
    (void)state;
    struct reason why = { "" };
    unsigned char other[32];
    memcpy(other, signer, sizeof(other));
    other[31] ^= 1;
    struct attest_report qe = { .flags = ATTEST_INIT,
                                .mrsigner = bytes_of(other, sizeof(other)),
                                .isvprodid = 1 };
    assert_status(STATUS_DENIED, check(&qe, true, &why));
    assert_non_null(strstr(why.text, "qe-mrsigner: "));
    assert_ok(check(&qe, false, NULL)); /* a simulator has its own */
    qe.mrsigner = bytes_of(signer, sizeof(signer));
    qe.isvprodid = 2; /* the one for TDX */
    assert_status(STATUS_DENIED, check(&qe, true, NULL));
}

static void a_debug_enclave_never_passes(void **state)
{
    (void)state;
    struct attest_report qe = { .flags = ATTEST_INIT | ATTEST_DEBUG,
                                .mrsigner = bytes_of(signer, sizeof(signer)),
                                .isvprodid = 1 };
    assert_status(STATUS_DENIED, check(&qe, true, NULL));
    assert_status(STATUS_DENIED, check(&qe, false, NULL));
    qe.flags = 0;
    assert_status(STATUS_DENIED, check(&qe, false, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_quote_has_its_enclave),
        cmocka_unit_test(intels_own_enclave_passes),
        cmocka_unit_test(another_enclave_on_intels_platform_does_not),
        cmocka_unit_test(a_debug_enclave_never_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
