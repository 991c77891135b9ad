/* Roots in AMD's and AWS' manner: which become anchors, and of what. */

#include "tests/attest/forge_vendor.h"
#include "tests/support/check.h"

#define PEM_MAX ((size_t)8192)

static struct ca_key *rsa, *p384;

static struct vendor_certificate root(const char *name, enum pki_manner manner,
                                      const struct ca_key *key)
{
    return (struct vendor_certificate){
        .says = { .name = name,
                  .issuer = name,
                  .path_length = 2,
                  .not_before = VENDOR_NOW - VENDOR_DAY,
                  .not_after = VENDOR_NOW + VENDOR_DAY,
                  .manner = manner },
        .key = key,
        .signer = key,
    };
}

static void read_ark(const char *name, bool simulated, uint8_t product)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    struct vendor_certificate ark = root(name, PKI_LIKE_AMD, rsa);
    struct attest_anchor anchor;
    struct reason why = { "" };
    vendor_pem(&ark, &pem);
    assert_ok(attest_anchor_read(buffer_bytes(&pem), "ark", simulated, &anchor,
                                 &why));
    assert_int_equal(anchor.family, ATTEST_SNP);
    assert_int_equal(anchor.product, product);
}

static void an_ark_is_of_the_product_it_is_named_after(void **state)
{
    (void)state;
    read_ark("ARK-Milan", false, ATTEST_MILAN);
    read_ark("ARK-Genoa", false, ATTEST_GENOA);
    read_ark("ARK-Turin", true, ATTEST_TURIN);
    read_ark("ARK-Simulated", true, 0);
}

static void a_p384_root_is_of_nitro(void **state)
{
    (void)state;
    struct vendor_certificate aws = root(PKI_NITRO_NAME, PKI_LIKE_AWS, p384);
    struct attest_anchor anchor;
    vendor_anchor(&aws, &anchor);
    assert_int_equal(anchor.family, ATTEST_NITRO);
    assert_int_equal(anchor.product, 0);
}

static void refuse_root(const struct vendor_certificate *what, bool simulated,
                        const char *says)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    struct attest_anchor anchor;
    struct reason why = { "" };
    vendor_pem(what, &pem);
    assert_status(STATUS_INVALID, attest_anchor_read(buffer_bytes(&pem), "root",
                                                     simulated, &anchor, &why));
    if (!strstr(why.text, says))
        fail_msg("expected \"%s\", got \"%s\"", says, why.text);
}

static void no_product_is_guessed(void **state)
{
    (void)state;
    static const char *const names[] = { "ARK-Milan-B0", "ARK-",
                                         "ARK-milan",    "ARK-Milano",
                                         "ARK-Rome",     "ARK-Simulated" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct vendor_certificate ark = root(names[i], PKI_LIKE_AMD, rsa);
        refuse_root(&ark, false, "not the root of a known product");
    }
    struct vendor_certificate nameless = root("SEV-Milan", PKI_LIKE_AMD, rsa);
    refuse_root(&nameless, true, "not named ARK-<product>");
}

static void an_ark_is_signed_with_pss_and_nothing_weaker(void **state)
{
    (void)state;
    static void (*const signs[])(X509 *, const struct ca_key *) = {
        vendor_sign_pkcs1, vendor_sign_sha256, vendor_sign_short_salt
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        struct vendor_certificate ark = root("ARK-Milan", PKI_LIKE_AMD, rsa);
        ark.sign = signs[i];
        refuse_root(&ark, true, "RSA-4096 with PSS and SHA-384");
    }
}

static void an_ark_has_4096_bits(void **state)
{
    (void)state;
    struct ca_key *shorter = NULL;
    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &shorter));
    struct vendor_certificate ark = root("ARK-Milan", PKI_LIKE_AMD, shorter);
    refuse_root(&ark, true, "RSA-4096 with PSS and SHA-384");
    ca_key_free(shorter);
}

static void a_root_is_a_ca_in_every_family(void **state)
{
    (void)state;
    struct vendor_certificate ark = root("ARK-Milan", PKI_LIKE_AMD, rsa);
    struct vendor_certificate aws = root(PKI_NITRO_NAME, PKI_LIKE_AWS, p384);
    ark.retouch = vendor_drop_usage;
    aws.retouch = vendor_drop_constraints;
    refuse_root(&ark, true, "not a CA");
    refuse_root(&aws, true, "not a CA");
}

static void the_vendors_are_known_by_their_keys(void **state)
{
    (void)state;
    /* Of ARK-Milan's, and of AWS' first root's, SubjectPublicKeyInfo. */
    static const struct hash milan = {
        { 0x9f, 0x05, 0x6b, 0xee, 0x44, 0x37, 0x7e, 0x29, 0x30, 0x8c, 0xb5,
          0xff, 0xa8, 0x95, 0xbd, 0xfb, 0x62, 0xd1, 0x88, 0x81, 0xfa, 0x6b,
          0xed, 0x8d, 0x6f, 0x07, 0x5b, 0x02, 0x04, 0x08, 0x9c, 0xb9 }
    };
    static const struct hash aws = {
        { 0xf2, 0xca, 0xf5, 0xec, 0xc6, 0x19, 0x0b, 0x4a, 0x83, 0x99, 0xb7,
          0x8b, 0xc5, 0x8a, 0x2b, 0xbc, 0xd0, 0x38, 0x23, 0x75, 0xdb, 0x8a,
          0x1b, 0xfd, 0x78, 0xa8, 0x27, 0x43, 0x87, 0x4f, 0xd2, 0x25 }
    };
    assert_non_null(strstr(attest_vendor_name(&milan), "ARK-Milan"));
    assert_non_null(strstr(attest_vendor_name(&aws), "AWS"));
}

static int start(void **state)
{
    (void)state;
    rsa = vendor_rsa_key("ark");
    return failed(ca_key_generate(CA_KEY_P384, &p384)) ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    ca_key_free(rsa);
    ca_key_free(p384);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ark_is_of_the_product_it_is_named_after),
        cmocka_unit_test(a_p384_root_is_of_nitro),
        cmocka_unit_test(no_product_is_guessed),
        cmocka_unit_test(an_ark_is_signed_with_pss_and_nothing_weaker),
        cmocka_unit_test(an_ark_has_4096_bits),
        cmocka_unit_test(a_root_is_a_ca_in_every_family),
        cmocka_unit_test(the_vendors_are_known_by_their_keys),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, start, stop);
}
