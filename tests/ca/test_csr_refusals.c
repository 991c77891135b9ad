/* One row per thing that makes a request unreadable. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

/* For static tables: { address, length } of a literal. */
#define ROW(literal)   (const unsigned char *)(literal), sizeof(literal) - 1
#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

#define OID_UNKNOWN BYTES("\x2a\x03\x04")

static void refused(struct bytes text, const char *because)
{
    struct ca_csr csr = { .carriers_count = 77 };
    struct reason why = { "" };
    assert_status(STATUS_INVALID, ca_csr_read(text, &csr, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_int_equal(csr.carriers_count, 77);
}

static void refused_draft(const struct draft *draft, const char *because)
{
    struct draft whole = *draft;
    if (!whole.key)
        whole.key = sample_key(CA_KEY_P256);
    AUTO_CLEAR_BUFFER der = buffer_make(4 * CA_CSR_MAX);
    draft_put(&whole, &der);
    refused(buffer_bytes(&der), because);
}

static void accepted_draft(const struct draft *draft, struct ca_csr *csr)
{
    struct draft whole = *draft;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    if (!whole.key)
        whole.key = sample_key(CA_KEY_P256);
    draft_put(&whole, &der);
    if (failed(ca_csr_read(buffer_bytes(&der), csr, &why)))
        fail_msg("%s", why.text);
}

static void the_plainest_request_is_accepted(void **state)
{
    (void)state;
    struct ca_csr csr;
    accepted_draft(&(struct draft){ .version = 0 }, &csr);
    assert_string_equal(csr.common_name, "");
    ca_csr_clear(&csr);
}

static void a_request_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct draft draft = { .key = sample_key(CA_KEY_P256) };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    draft_put(&draft, &der);
    for (size_t len = 0; len < der.len; len++)
        refused(bytes_of(der.data, len), "malformed");
    buffer_put_u8(&der, 0);
    refused(buffer_bytes(&der), "malformed");
}

static void any_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct draft draft = { .key = sample_key(CA_KEY_P256) };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    draft_put(&draft, &der);
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        refused(buffer_bytes(&der), "");
        der.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

static void size_and_text_are_bounded(void **state)
{
    (void)state;
    static unsigned char large[CA_CSR_MAX + 1];
    refused(bytes_of(large, sizeof(large)), "64 KiB");
    refused(bytes_of(large, CA_CSR_MAX), "malformed");
    refused(BYTES("-----BEGIN CERTIFICATE-----\n"), "PEM");
    refused(BYTES(""), "malformed");

    struct ca_csr_fields fields = { .common_name = "x" };
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    assert_ok(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    AUTO_CLEAR_BUFFER twice = buffer_make(CA_CSR_MAX);
    buffer_put(&twice, buffer_bytes(&pem));
    buffer_put(&twice, buffer_bytes(&pem));
    refused(buffer_bytes(&twice), "something follows the block");
}

static void the_version_is_1(void **state)
{
    (void)state;
    refused_draft(&(struct draft){ .version = 1 }, "version is not 1");
    refused_draft(&(struct draft){ .version = 255 }, "version is not 1");
    refused_draft(&(struct draft){ .version = 256 }, "malformed");
}

static void the_algorithm_fits_the_key(void **state)
{
    (void)state;
    static const struct {
        enum ca_key_kind kind;
        struct bytes algorithm;
        const char *because;
    } rows[] = {
        { CA_KEY_P256, /* sha256WithRSAEncryption */
          { ROW("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05"
                "\x00") },
          "not accepted for its key" },
        { CA_KEY_RSA_3072, /* ecdsa-with-SHA256 */
          { ROW("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02") },
          "not accepted for its key" },
        { CA_KEY_P256, /* ecdsa-with-SHA1 */
          { ROW("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01") },
          "not accepted for its key" },
        { CA_KEY_RSA_3072, /* sha1WithRSAEncryption */
          { ROW("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05"
                "\x00") },
          "not accepted for its key" },
        { CA_KEY_RSA_3072, /* without its NULL */
          { ROW("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") },
          "not accepted for its key" },
        { CA_KEY_P256, /* with a NULL that does not belong there */
          { ROW("\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00") },
          "not accepted for its key" },
        { CA_KEY_P256, /* ecdsa-with-SHA384, which it is not */
          { ROW("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03") },
          "signature does not hold" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refused_draft(&(struct draft){ .key = sample_key(rows[i].kind),
                                       .algorithm = rows[i].algorithm },
                      rows[i].because);
}

static void the_requester_holds_the_key(void **state)
{
    (void)state;
    AUTO_FREE(ca_key) other = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &other));
    refused_draft(&(struct draft){ .spki = ca_spki(ca_key_public(other)) },
                  "signature does not hold");
}

static void the_key_is_one_we_certify(void **state)
{
    (void)state;
    refused_draft(&(struct draft){ .spki = BYTES("\x30\x00") }, "public key");
    refused_draft(&(struct draft){ .spki = BYTES("\x05\x00") }, "public key");
}

static void a_subject_has_one_plain_common_name(void **state)
{
    (void)state;
    static const struct {
        unsigned tag;
        struct bytes first;
        const char *second;
        const char *because; /* NULL: accepted */
    } rows[] = {
        { DER_UTF8_STRING, { ROW("Zo\xc3\xab") }, NULL, NULL },
        { DER_PRINTABLE_STRING, { ROW("Ada") }, NULL, NULL },
        { DER_IA5_STRING, { ROW("a@b") }, NULL, NULL },
        { DER_UTF8_STRING, { ROW("a") }, "b", "two common names" },
        { DER_UTF8_STRING, { ROW("") }, NULL, "empty" },
        { DER_UTF8_STRING, { ROW("a\0b") }, NULL, "plain UTF-8" },
        { DER_UTF8_STRING, { ROW("\xff") }, NULL, "plain UTF-8" },
        { DER_PRINTABLE_STRING, { ROW("\xe9") }, NULL, "plain UTF-8" },
        { DER_OCTET_STRING, { ROW("Ada") }, NULL, "not a UTF-8" },
        { DER_UTF8_STRING,
          { ROW("12345678901234567890123456789012345678901234567890123456789"
                "012345") },
          NULL,
          "64 bytes" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER subject = buffer_make(1024);
        draft_rdn(&subject, BYTES("\x55\x04\x0a"), DER_OCTET_STRING,
                  BYTES("skipped"));
        draft_rdn(&subject, oid_common_name, rows[i].tag, rows[i].first);
        if (rows[i].second)
            draft_rdn(&subject, oid_common_name, rows[i].tag,
                      bytes_of_string(rows[i].second));
        struct draft draft = { .subject = buffer_bytes(&subject) };
        if (rows[i].because) {
            refused_draft(&draft, rows[i].because);
            continue;
        }
        struct ca_csr csr;
        accepted_draft(&draft, &csr);
        assert_int_equal(strlen(csr.common_name), rows[i].first.len);
        assert_memory_equal(csr.common_name, rows[i].first.at,
                            rows[i].first.len);
        ca_csr_clear(&csr);
    }
}

static void a_subject_is_well_formed(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x05\x00") },                             /* no SET            */
        { ROW("\x31\x00") },                             /* an empty SET      */
        { ROW("\x31\x02\x05\x00") },                     /* no pair           */
        { ROW("\x31\x07\x30\x05\x06\x03\x55\x04\x03") }, /* no value      */
        { ROW("\x31\x07\x30\x05\x06\x03\x55\x04\x0a") }, /* no value      */
        { ROW("\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x05\x00\x05\x00") },
        { ROW("\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x00\x05\x00") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refused_draft(&(struct draft){ .subject = rows[i] }, "subject: ");
}

/* --- attributes ---------------------------------------------------------- */

static void an_attribute_is_there_once_with_one_value(void **state)
{
    (void)state;
    struct bytes null = BYTES("\x05\x00");
    AUTO_CLEAR_BUFFER twice = buffer_make(256);
    draft_attribute(&twice, OID_UNKNOWN, null);
    draft_attribute(&twice, OID_UNKNOWN, null);
    refused_draft(&(struct draft){ .attributes = buffer_bytes(&twice) },
                  "attribute 1.2.3.4: it is there twice");

    AUTO_CLEAR_BUFFER two = buffer_make(256);
    draft_attribute(&two, OID_UNKNOWN, BYTES("\x05\x00\x05\x00"));
    refused_draft(&(struct draft){ .attributes = buffer_bytes(&two) },
                  "exactly one value");

    AUTO_CLEAR_BUFFER none = buffer_make(256);
    draft_attribute(&none, OID_UNKNOWN, bytes_of(NULL, 0));
    refused_draft(&(struct draft){ .attributes = buffer_bytes(&none) },
                  "exactly one value");

    AUTO_CLEAR_BUFFER requests = buffer_make(256);
    draft_request(&requests, bytes_of(NULL, 0));
    draft_request(&requests, bytes_of(NULL, 0));
    refused_draft(&(struct draft){ .attributes = buffer_bytes(&requests) },
                  "attribute extensionRequest: it is there twice");
}

static void attributes_are_well_formed(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x05\x00") },
        { ROW("\x30\x00") },
        { ROW("\x30\x05\x06\x03\x2a\x03\x04") },
        { ROW("\x30\x09\x06\x03\x2a\x03\x04\x30\x02\x05\x00") },
        { ROW("\x30\x0b\x06\x03\x2a\x03\x04\x31\x02\x05\x00\x05\x00") },
        { ROW("\x30\x0a\x06\x03\x2a\x03\x84\x31\x02\x05\x00") },
        { ROW("\x30\x06\x06\x00\x31\x02\x05\x00") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refused_draft(&(struct draft){ .attributes = rows[i] }, "attribute ");
}

static void attributes_are_counted(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER many = buffer_make(2048);
    for (unsigned char i = 0; i <= CA_CARRIERS_MAX; i++) {
        unsigned char oid[] = { 0x2a, 0x03, i };
        draft_attribute(&many, bytes_of(oid, 3), BYTES("\x05\x00"));
    }
    struct bytes all = buffer_bytes(&many);
    refused_draft(&(struct draft){ .attributes = all }, "more than 16");

    struct ca_csr csr;
    struct bytes some = bytes_of(all.at, all.len / 17 * 16);
    accepted_draft(&(struct draft){ .attributes = some }, &csr);
    assert_int_equal(csr.carriers_count, 16);
    assert_int_equal(csr.carriers[3].kind, CA_CARRIER_UNKNOWN);
    assert_string_equal(csr.carriers[3].oid, "1.2.3.3");
    ca_csr_clear(&csr);
}

/* --- extensionRequest ---------------------------------------------------- */

static void refused_list(const struct buffer *list, const char *because)
{
    AUTO_CLEAR_BUFFER attributes = buffer_make(8192);
    draft_request(&attributes, buffer_bytes(list));
    refused_draft(&(struct draft){ .attributes = buffer_bytes(&attributes) },
                  because);
}

static void only_dns_names_can_be_asked_for(void **state)
{
    (void)state;
    static const struct {
        struct bytes names;
        const char *because;
    } rows[] = {
        { { ROW("\x30\x06\x87\x04\x7f\x00\x00\x01") }, "not a dNSName" },
        { { ROW("\x30\x05\x81\x03"
                "a@b") },
          "not a dNSName" },
        { { ROW("\x30\x03\x86\x01"
                "u") },
          "not a dNSName" },
        { { ROW("\x30\x04\xa4\x02\x30\x00") }, "not a dNSName" },
        { { ROW("\x30\x05\x82\x03"
                "a\0b") },
          "letters" },
        { { ROW("\x30\x02\x82\x00") }, "empty" },
        { { ROW("\x30\x03\x82\x01"
                "*") },
          "letters" },
        { { ROW("\x30\x06\x82\x01"
                "a"
                "\x82\x01"
                "A") },
          "twice" },
        { { ROW("\x30\x03\x82\x01"
                "a"
                "\x05\x00") },
          "malformed" },
        { { ROW("\x31\x03\x82\x01"
                "a") },
          "malformed" },
        { { ROW("\x30\x03\x82\x02"
                "a") },
          "" },
        { { ROW("") }, "malformed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER list = buffer_make(1024);
        draft_extension(&list, oid_alternative_names, 0, rows[i].names);
        refused_list(&list, rows[i].because);
    }
}

static void an_extension_is_asked_for_once(void **state)
{
    (void)state;
    struct bytes empty = BYTES("\x30\x00");
    AUTO_CLEAR_BUFFER names = buffer_make(1024);
    draft_extension(&names, oid_alternative_names, 0, empty);
    draft_extension(&names, oid_alternative_names, 0, empty);
    refused_list(&names, "2.5.29.17: it is there twice");

    AUTO_CLEAR_BUFFER unknown = buffer_make(1024);
    draft_extension(&unknown, OID_UNKNOWN, 0, empty);
    draft_extension(&unknown, OID_UNKNOWN, 0, empty);
    refused_list(&unknown, "1.2.3.4: it is there twice");

    AUTO_CLEAR_BUFFER many = buffer_make(1024);
    for (unsigned char i = 0; i <= 16; i++) {
        unsigned char oid[] = { 0x2a, 0x03, i };
        draft_extension(&many, bytes_of(oid, 3), 0, empty);
    }
    refused_list(&many, "more than 16");
}

static void a_critical_wish_must_be_understood(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER list = buffer_make(1024);
    draft_extension(&list, OID_UNKNOWN, 1, BYTES("\x30\x00"));
    refused_list(&list, "1.2.3.4: it is critical and unknown");
}

static void an_extension_request_is_well_formed(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x05\x00") },
        { ROW("\x30\x02\x05\x00") },
        { ROW("\x30\x07\x30\x05\x06\x03\x2a\x03\x04") },
        { ROW("\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x05\x00\x05\x00") },
        { ROW("\x30\x0c\x30\x0a\x06\x03\x2a\x03\x04\x01\x01\x00\x04\x00") },
        { ROW("\x30\x0c\x30\x0a\x06\x03\x2a\x03\x04\x01\x01\x01\x04\x00") },
        { ROW("\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x00\x05\x00") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        draft_attribute(&attributes, oid_extension_request, rows[i]);
        refused_draft(
            &(struct draft){ .attributes = buffer_bytes(&attributes) },
            "extensionRequest: it is malformed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plainest_request_is_accepted),
        cmocka_unit_test(a_request_is_read_whole_or_not_at_all),
        cmocka_unit_test(any_flipped_bit_is_refused),
        cmocka_unit_test(size_and_text_are_bounded),
        cmocka_unit_test(the_version_is_1),
        cmocka_unit_test(the_algorithm_fits_the_key),
        cmocka_unit_test(the_requester_holds_the_key),
        cmocka_unit_test(the_key_is_one_we_certify),
        cmocka_unit_test(a_subject_has_one_plain_common_name),
        cmocka_unit_test(a_subject_is_well_formed),
        cmocka_unit_test(an_attribute_is_there_once_with_one_value),
        cmocka_unit_test(attributes_are_well_formed),
        cmocka_unit_test(attributes_are_counted),
        cmocka_unit_test(only_dns_names_can_be_asked_for),
        cmocka_unit_test(an_extension_is_asked_for_once),
        cmocka_unit_test(a_critical_wish_must_be_understood),
        cmocka_unit_test(an_extension_request_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
