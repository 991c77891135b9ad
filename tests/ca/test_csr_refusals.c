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

static void the_plainest_request_is_accepted(void **state)
{
    (void)state;
    struct ca_csr csr;
    assert_draft_accepted(&(struct draft){ .version = 0 }, &csr);
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
        assert_request_refused(bytes_of(der.data, len), "malformed");
    buffer_put_u8(&der, 0);
    assert_request_refused(buffer_bytes(&der), "malformed");
}

static void any_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct draft draft = { .key = sample_key(CA_KEY_P256) };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    draft_put(&draft, &der);
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_request_refused(buffer_bytes(&der), "");
        der.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

static void size_and_text_are_bounded(void **state)
{
    (void)state;
    static unsigned char large[CA_CSR_MAX + 1];
    assert_request_refused(bytes_of(large, sizeof(large)), "64 KiB");
    assert_request_refused(bytes_of(large, CA_CSR_MAX), "malformed");
    assert_request_refused(BYTES("-----BEGIN CERTIFICATE-----\n"), "PEM");
    assert_request_refused(BYTES(""), "malformed");

    struct ca_csr_fields fields = { .common_name = "x" };
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    assert_ok(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    AUTO_CLEAR_BUFFER twice = buffer_make(CA_CSR_MAX);
    buffer_put(&twice, buffer_bytes(&pem));
    buffer_put(&twice, buffer_bytes(&pem));
    assert_request_refused(buffer_bytes(&twice), "something follows the block");
}

static void the_version_is_1(void **state)
{
    (void)state;
    assert_draft_refused(&(struct draft){ .version = 1 }, "version is not 1");
    assert_draft_refused(&(struct draft){ .version = 255 }, "version is not 1");
    assert_draft_refused(&(struct draft){ .version = 256 }, "malformed");
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
        assert_draft_refused(&(struct draft){ .key = sample_key(rows[i].kind),
                                              .algorithm = rows[i].algorithm },
                             rows[i].because);
}

static void the_requester_holds_the_key(void **state)
{
    (void)state;
    AUTO_FREE(ca_key) other = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &other));
    assert_draft_refused(
        &(struct draft){ .spki = ca_spki(ca_key_public(other)) },
        "signature does not hold");
}

static void the_key_is_one_we_certify(void **state)
{
    (void)state;
    assert_draft_refused(&(struct draft){ .spki = BYTES("\x30\x00") },
                         "public key");
    assert_draft_refused(&(struct draft){ .spki = BYTES("\x05\x00") },
                         "public key");
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
            assert_draft_refused(&draft, rows[i].because);
            continue;
        }
        struct ca_csr csr;
        assert_draft_accepted(&draft, &csr);
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
        assert_draft_refused(&(struct draft){ .subject = rows[i] },
                             "subject: ");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
