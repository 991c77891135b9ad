/* What an endorsement key's certificate says: every extension exactly once,
 * by its exact OID, in its only DER; nothing is defaulted. */

#include "attest/certificate.h"
#include "attest/snp_ek.h"
#include "tests/attest/forge_snp.h"
#include "tests/support/check.h"

#include <openssl/x509.h>

#define ARC "1.3.6.1.4.1.3704.1."

static struct ca_key *ask, *ek;

static const unsigned char tcb[8] = { 4, 0, 0x7f, 0x80, 1, 2, 0x18, 0xff };
static unsigned char chip_id[64];

/* A certificate with these extensions, read. */
static STATUS read(const struct snp_extensions *extensions,
                   struct attest_snp_ek *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    struct vendor_certificate what = {
        .says = { .name = PKI_VCEK_NAME,
                  .issuer = PKI_ASK_NAME,
                  .path_length = PKI_NOT_A_CA,
                  .not_before = VENDOR_NOW,
                  .not_after = VENDOR_NOW + 1,
                  .manner = PKI_LIKE_AMD,
                  .extensions = extensions->at,
                  .extensions_count = extensions->count },
        .key = ek,
        .signer = ask,
    };
    X509 *certificate = NULL;
    vendor_der(&what, &der);
    assert_ok(attest_x509_read(buffer_bytes(&der), &certificate));
    struct status s = attest_snp_ek_read(certificate, out, why);
    X509_free(certificate);
    return s;
}

static void a_vcek_names_chip_and_tcb(void **state)
{
    (void)state;
    struct snp_extensions extensions;
    struct attest_snp_ek out;
    snp_extensions_fill(SNP_MILAN, tcb, chip_id, NULL, &extensions);
    assert_ok(read(&extensions, &out, NULL));
    assert_int_equal(out.product, ATTEST_MILAN);
    assert_false(out.vlek);
    assert_memory_equal(out.tcb, tcb, 8);
    assert_memory_equal(out.chip_id, chip_id, 64);
}

static void turin_has_another_order_and_a_short_id(void **state)
{
    (void)state;
    static const unsigned char zero[56];
    struct snp_extensions extensions;
    struct attest_snp_ek out;
    snp_extensions_fill(SNP_TURIN, tcb, chip_id, NULL, &extensions);
    assert_ok(read(&extensions, &out, NULL));
    assert_int_equal(out.product, ATTEST_TURIN);
    assert_memory_equal(out.tcb, tcb, 8);
    assert_memory_equal(out.chip_id, chip_id, 8);
    assert_memory_equal(out.chip_id + 8, zero, 56);
}

static void a_vlek_names_a_provider_and_no_chip(void **state)
{
    (void)state;
    static const unsigned char zero[64];
    struct snp_extensions extensions;
    struct attest_snp_ek out;
    snp_extensions_fill(SNP_GENOA, tcb, chip_id, "CN=cloud", &extensions);
    assert_ok(read(&extensions, &out, NULL));
    assert_int_equal(out.product, ATTEST_GENOA);
    assert_true(out.vlek);
    assert_memory_equal(out.chip_id, zero, 64);
}

static void order_and_foreign_extensions_do_not_matter(void **state)
{
    (void)state;
    struct snp_extensions extensions;
    struct attest_snp_ek out;
    snp_extensions_fill(SNP_MILAN, tcb, chip_id, NULL, &extensions);
    struct pki_extension first = extensions.at[0];
    extensions.at[0] = extensions.at[10];
    extensions.at[10] = first;
    extensions.at[extensions.count++] = (struct pki_extension){
        "1.3.6.1.4.1.3704.2.1", bytes_of("x", 1) /* another arc of AMD's */
    };
    assert_ok(read(&extensions, &out, NULL));
    assert_memory_equal(out.tcb, tcb, 8);
}

static void every_one_of_them_must_be_there(void **state)
{
    (void)state;
    for (enum snp_product p = SNP_MILAN; p <= SNP_TURIN; p++)
        for (size_t i = 0;; i++) {
            struct snp_extensions extensions;
            struct attest_snp_ek out;
            struct reason why = { "" };
            snp_extensions_fill(p, tcb, chip_id, NULL, &extensions);
            if (i == extensions.count)
                break;
            extensions.at[i] = extensions.at[--extensions.count];
            struct status s = read(&extensions, &out, &why);
            if (s.code != STATUS_DENIED ||
                strcmp(s.origin, "ek:extension") != 0)
                fail_msg("product %d without extension %zu: %s", (int)p, i,
                         why.text);
        }
}

#define VALUE(text)                                                            \
    {                                                                          \
        (const unsigned char *)(text), sizeof(text) - 1                        \
    }

/* In place of the extension of this OID, or beside all when there is none. */
static const struct {
    enum snp_product product;
    const char *oid;
    struct bytes value;
    const char *says;
} rows[] = {
    /* clang-format off */
    { SNP_MILAN, ARC "1",    VALUE("\x02\x01\x01"),     "version" },
    { SNP_TURIN, ARC "1",    VALUE("\x02\x01\x00"),     "version" },
    { SNP_MILAN, ARC "1",    VALUE("\x02\x01\x02"),     "version" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x05" "Milan" "x"), "product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x06" "Milan"), "product" },
    { SNP_MILAN, ARC "2",    VALUE("\x0c\x05" "Milan"), "product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x00"),         "product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x05" "Mila\n"), "product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x05" "milan"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x06" "MilanX"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x06" "Milan-"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x08" "Milan-b0"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x08" "Milan-Bx"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x08" "Milan-B/"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x08" "Milan-10"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x08" "Milan_B0"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x09" "Milan-B00"), "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x04" "Rome"),  "no product" },
    { SNP_MILAN, ARC "2",    VALUE("\x16\x05" "Turin"), "version" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x02\x00\x04"), "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x01\x80"),     "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x02\x01\x00"), "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x03\x00\x00\x80"), "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x00"),         "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x81\x01\x04"), "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x0a\x01\x04"),     "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x01\x04\x00"), "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02\x01"),         "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE("\x02"),             "SVNs" },
    { SNP_MILAN, ARC "3.1",  VALUE(""),                 "empty" },
    { SNP_MILAN, ARC "3.9",  VALUE("\x02\x01\x00"),     "has not" },
    { SNP_TURIN, ARC "3.4",  VALUE("\x02\x01\x00"),     "has not" },
    { SNP_MILAN, ARC "3.10", VALUE("\x02\x01\x00"),     "not known" },
    { SNP_MILAN, ARC "3.0",  VALUE("\x02\x01\x00"),     "not known" },
    { SNP_MILAN, ARC "3.1.1", VALUE("\x02\x01\x04"),    "not known" },
    { SNP_MILAN, ARC "2.3",  VALUE("\x02\x01\x04"),     "not known" },
    { SNP_MILAN, ARC "6",    VALUE("\x02\x01\x04"),     "not known" },
    { SNP_MILAN, "1.3.6.1.4.1.3704.1", VALUE("\x02\x01\x04"), "not known" },
    { SNP_MILAN, ARC "4",    VALUE("\x04\x02" "ab"),    "chip id" },
    { SNP_TURIN, ARC "4",    VALUE("1234567"),          "chip id" },
    { SNP_TURIN, ARC "4",    VALUE("123456789"),        "chip id" },
    { SNP_MILAN, ARC "5",    VALUE("\x16\x01" "x"),     "either" },
    /* clang-format on */
};

static void put(const char *oid, struct bytes value,
                struct snp_extensions *extensions)
{
    size_t at = 0;
    while (at < extensions->count && strcmp(extensions->at[at].oid, oid) != 0)
        at++;
    if (at == extensions->count)
        extensions->count++;
    extensions->at[at] = (struct pki_extension){ oid, value };
}

static void every_other_form_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct snp_extensions extensions;
        struct attest_snp_ek out;
        struct reason why = { "" };
        snp_extensions_fill(rows[i].product, tcb, chip_id, NULL, &extensions);
        put(rows[i].oid, rows[i].value, &extensions);
        struct status s = read(&extensions, &out, &why);
        if (s.code != STATUS_DENIED || strcmp(s.origin, "ek:extension") != 0 ||
            !strstr(why.text, rows[i].says))
            fail_msg("row %zu: expected \"%s\", got %s: \"%s\"", i,
                     rows[i].says, status_name(s.code), why.text);
    }
}

static void a_malformed_provider_is_refused(void **state)
{
    (void)state;
    static const struct bytes values[] = { VALUE("\x16\x00"),
                                           VALUE("\x16\x02x"),
                                           VALUE("\x0c\x01x"),
                                           VALUE("\x16\x01\x7f") };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct snp_extensions extensions;
        struct attest_snp_ek out;
        struct reason why = { "" };
        snp_extensions_fill(SNP_MILAN, tcb, chip_id, "x", &extensions);
        put(ARC "5", values[i], &extensions);
        assert_status(STATUS_DENIED, read(&extensions, &out, &why));
        assert_non_null(strstr(why.text, "provider"));
    }
}

static void one_of_them_twice_is_refused(void **state)
{
    (void)state;
    struct snp_extensions extensions;
    struct attest_snp_ek out;
    struct reason why = { "" };
    snp_extensions_fill(SNP_TURIN, tcb, chip_id, NULL, &extensions);
    extensions.at[extensions.count] = extensions.at[2];
    extensions.count++;
    assert_status(STATUS_DENIED, read(&extensions, &out, &why));
    assert_non_null(strstr(why.text, "twice"));
}

static void products_are_told_apart_by_cpuid(void **state)
{
    (void)state;
    assert_int_equal(attest_product_of_cpuid(0x19, 0x00), ATTEST_MILAN);
    assert_int_equal(attest_product_of_cpuid(0x19, 0x0f), ATTEST_MILAN);
    assert_int_equal(attest_product_of_cpuid(0x19, 0x10), ATTEST_GENOA);
    assert_int_equal(attest_product_of_cpuid(0x19, 0x1f), ATTEST_GENOA);
    assert_int_equal(attest_product_of_cpuid(0x19, 0x20), 0);
    assert_int_equal(attest_product_of_cpuid(0x19, 0x9f), 0);
    assert_int_equal(attest_product_of_cpuid(0x19, 0xa0), ATTEST_GENOA);
    assert_int_equal(attest_product_of_cpuid(0x19, 0xb0), 0);
    assert_int_equal(attest_product_of_cpuid(0x1a, 0x02), ATTEST_TURIN);
    assert_int_equal(attest_product_of_cpuid(0x17, 0x31), 0);
    assert_string_equal(attest_product_name(ATTEST_GENOA), "Genoa");
    assert_null(attest_product_name(0));
    assert_int_equal(attest_product_tcb_byte(0, 1), -1);
    assert_int_equal(attest_product_tcb_byte(ATTEST_MILAN, 10), -1);
    assert_int_equal(attest_product_fixed_svn(0), 0);
    assert_int_equal(attest_product_snp_svn(0), 0);
}

static int start(void **state)
{
    (void)state;
    ask = vendor_rsa_key("ask");
    for (size_t i = 0; i < sizeof(chip_id); i++)
        chip_id[i] = (unsigned char)(0xff - i);
    return failed(ca_key_generate(CA_KEY_P384, &ek)) ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    ca_key_free(ask);
    ca_key_free(ek);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vcek_names_chip_and_tcb),
        cmocka_unit_test(turin_has_another_order_and_a_short_id),
        cmocka_unit_test(a_vlek_names_a_provider_and_no_chip),
        cmocka_unit_test(order_and_foreign_extensions_do_not_matter),
        cmocka_unit_test(every_one_of_them_must_be_there),
        cmocka_unit_test(every_other_form_is_refused),
        cmocka_unit_test(a_malformed_provider_is_refused),
        cmocka_unit_test(one_of_them_twice_is_refused),
        cmocka_unit_test(products_are_told_apart_by_cpuid),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, start, stop);
}
