/* Certificates that are cut, longer, or changed in a bit. */

#include "tests/support/check.h"

#include <string.h>

#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

/* For static tables: { address, length } of a literal. */
#define ROW(literal) (const unsigned char *)(literal), sizeof(literal) - 1

static void a_certificate_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct bytes whole = sample_der(CA_SERVER);
    for (size_t len = 0; len < whole.len; len++)
        assert_certificate_refused(bytes_of(whole.at, len), "malformed");
    AUTO_CLEAR_BUFFER more = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&more, whole);
    buffer_put_u8(&more, 0);
    assert_certificate_refused(buffer_bytes(&more), "malformed");
}

static void a_long_certificate_is_not_looked_at(void **state)
{
    (void)state;
    static const unsigned char zeros[CA_CERTIFICATE_MAX + 1];
    assert_certificate_refused(bytes_of(zeros, sizeof(zeros)), "malformed");
}

/* Facts are zeroed before they are filled, so bytes can be compared. */
static void no_two_certificates_say_the_same(void **state)
{
    (void)state;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        struct bytes whole = sample_der((enum ca_kind)kind);
        struct ca_facts right, facts;
        memset(&right, 0, sizeof(right));
        assert_ok(ca_certificate_read(whole, &right, NULL));
        size_t signed_len = whole.len - 90; /* the rest is the signature */
        for (size_t bit = 0; bit < 8 * signed_len; bit++) {
            AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
            buffer_put(&changed, whole);
            changed.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
            memset(&facts, 0, sizeof(facts));
            if (!failed(
                    ca_certificate_read(buffer_bytes(&changed), &facts, NULL)))
                assert_memory_not_equal(&facts, &right, sizeof(facts));
        }
    }
}

static void a_serial_is_positive_and_of_16_bytes(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x80") },
        { ROW("\xff\x01") },
        { ROW("\x00\x01") },
        { ROW("") },
        { ROW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
              "\x10\x11") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        rewrite_serial(sample_der(CA_PERSON), rows[i], &changed);
        assert_certificate_refused(buffer_bytes(&changed), "serial");
    }
    struct bytes zero = bytes_of("", 1);
    struct bytes top = bytes_of("\0\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
    AUTO_CLEAR_BUFFER none = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER large = buffer_make(CA_CERTIFICATE_MAX);
    rewrite_serial(sample_der(CA_PERSON), zero, &none);
    rewrite_serial(sample_der(CA_PERSON), top, &large);
    assert_certificate_refused(buffer_bytes(&none), "serial");
    assert_certificate_refused(buffer_bytes(&large), "serial");
}

static void a_root_is_no_leaf(void **state)
{
    (void)state;
    assert_certificate_refused(authority_root(&authority),
                               "no Accord extension");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_long_certificate_is_not_looked_at),
        cmocka_unit_test(no_two_certificates_say_the_same),
        cmocka_unit_test(a_serial_is_positive_and_of_16_bytes),
        cmocka_unit_test(a_root_is_no_leaf),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
