#include "tests/support/check.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

#define ROW(literal) (const unsigned char *)(literal), sizeof(literal) - 1

static void a_root_is_read_back(void **state)
{
    (void)state;
    struct ca_root root;
    assert_ok(ca_root_read(authority_root(&authority), &root, NULL));
    assert_true(
        hash_equal(&root.key.hash, &ca_key_public(authority.key)->hash));
    assert_true(root.not_before == NOW - 86400);
    assert_true(root.not_after == root.not_before + 3652ull * 86400);
}

static void libcrypto_sees_an_authority(void **state)
{
    (void)state;
    struct bytes der = authority_root(&authority);
    const unsigned char *at = der.at;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x509);
    assert_int_equal(X509_check_ca(x509), 1);
    assert_int_equal(X509_get_pathlen(x509), 0);
    assert_int_equal(X509_get_key_usage(x509),
                     KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_self_signed(x509, 1), 1);

    char name[80], wanted[80];
    const struct hash *hash = &ca_key_public(authority.key)->hash;
    snprintf(wanted, sizeof(wanted),
             "/CN=Accord Zone Root %02x%02x%02x%02x%02x%02x%02x%02x",
             hash->bytes[0], hash->bytes[1], hash->bytes[2], hash->bytes[3],
             hash->bytes[4], hash->bytes[5], hash->bytes[6], hash->bytes[7]);
    X509_NAME_oneline(X509_get_subject_name(x509), name, sizeof(name));
    assert_string_equal(name, wanted);
    X509_free(x509);
}

static void a_root_has_a_p256_key_and_a_serial(void **state)
{
    (void)state;
    static const unsigned char good[CA_SERIAL_LEN] = { 1 };
    static const unsigned char zero[CA_SERIAL_LEN],
        negative[CA_SERIAL_LEN] = { 0x80 };
    struct bytes p256 = ca_spki(ca_key_public(authority.key));
    struct bytes rsa = ca_spki(ca_key_public(sample_key(CA_KEY_RSA_3072)));
    const struct {
        struct bytes spki;
        const unsigned char *serial;
        uint64_t not_before;
        const char *because;
    } rows[] = {
        { rsa, good, NOW, "not on P-256" },
        { bytes_of(p256.at, 5), good, NOW, "public key" },
        { p256, zero, NOW, "serial" },
        { p256, negative, NOW, "serial" },
        { p256, good, 253402300799ull, "9999" },
        { p256, good, UINT64_MAX, "9999" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        assert_status(STATUS_INVALID,
                      ca_root_build(rows[i].spki, rows[i].serial,
                                    rows[i].not_before, &authority.signer, &der,
                                    &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
        assert_int_equal(der.len, 0);
    }
}

static void the_signer_must_hold_the_key_of_the_root(void **state)
{
    (void)state;
    static const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    struct bytes other = ca_spki(ca_key_public(sample_key(CA_KEY_P256)));
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_status(
        STATUS_UNAVAILABLE,
        ca_root_build(other, serial, NOW, &authority.signer, &der, NULL));
    assert_int_equal(der.len, 0);
}

static void any_flipped_bit_of_a_root_is_refused(void **state)
{
    (void)state;
    struct bytes whole = authority_root(&authority);
    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        struct ca_root root;
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        buffer_put(&changed, whole);
        changed.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_status(STATUS_INVALID,
                      ca_root_read(buffer_bytes(&changed), &root, NULL));
    }
    for (size_t len = 0; len < whole.len; len++) {
        struct ca_root root;
        assert_status(STATUS_INVALID,
                      ca_root_read(bytes_of(whole.at, len), &root, NULL));
    }
}

static void what_is_wrong_with_a_root_is_said(void **state)
{
    (void)state;
    static const struct {
        struct bytes from, to;
        const char *because;
    } rows[] = {
        { { ROW("Accord Zone") }, { ROW("accord Zone") }, "form" },
        { { ROW("\x03\x02\x01\x86") }, { ROW("\x03\x02\x01\x06") }, "form" },
        { { ROW("\x01\x01\xff\x02\x01\x00") },
          { ROW("\x01\x01\xff\x02\x01\x01") },
          "form" },
        { { ROW("370113080000Z") }, { ROW("370114080000Z") }, "form" },
        { { ROW("\x30\x82") }, { ROW("\x31\x82") }, "malformed" },
        { { ROW("270114080000Z") }, { ROW("271314080000Z") }, "malformed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_root root = { .not_after = 77 };
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        rewrite_bytes(authority_root(&authority), rows[i].from, rows[i].to, 0,
                      &changed);
        assert_status(STATUS_INVALID,
                      ca_root_read(buffer_bytes(&changed), &root, &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
        assert_true(root.not_after == 77);
    }
}

static void a_root_with_another_signature_is_refused(void **state)
{
    (void)state;
    struct ca_root root;
    struct reason why;
    AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&changed, authority_root(&authority));
    changed.data[changed.len - 1] ^= 1;
    assert_status(STATUS_INVALID,
                  ca_root_read(buffer_bytes(&changed), &root, &why));
    assert_non_null(strstr(why.text, "signature does not hold"));
}

static void a_leaf_is_no_root(void **state)
{
    (void)state;
    struct ca_root root;
    struct reason why;
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&authority, CA_PERSON, &leaf);
    assert_status(STATUS_INVALID,
                  ca_root_read(buffer_bytes(&leaf), &root, &why));
    assert_non_null(strstr(why.text, "form"));
}

static void the_intake_certificate_lives_as_long_as_the_root(void **state)
{
    (void)state;
    static const unsigned char serial[CA_SERIAL_LEN] = { 3, 3 };
    struct bytes rsa = ca_spki(ca_key_public(sample_key(CA_KEY_RSA_3072)));
    struct ca_facts facts;
    struct ca_root root;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_intake_build(rsa, serial, authority_root(&authority),
                              &authority.signer, &der, NULL));
    assert_ok(ca_certificate_read(buffer_bytes(&der), &facts, NULL));
    assert_ok(ca_root_read(authority_root(&authority), &root, NULL));
    assert_int_equal(facts.statement.kind, CA_INTAKE);
    assert_string_equal(facts.common_name, "Accord intake");
    assert_true(facts.not_before == root.not_before);
    assert_true(facts.not_after == root.not_after);
    assert_memory_equal(facts.serial, serial, CA_SERIAL_LEN);
    assert_true(bytes_equal(ca_spki(&facts.key), rsa));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_read_back),
        cmocka_unit_test(libcrypto_sees_an_authority),
        cmocka_unit_test(a_root_has_a_p256_key_and_a_serial),
        cmocka_unit_test(the_signer_must_hold_the_key_of_the_root),
        cmocka_unit_test(any_flipped_bit_of_a_root_is_refused),
        cmocka_unit_test(what_is_wrong_with_a_root_is_said),
        cmocka_unit_test(a_root_with_another_signature_is_refused),
        cmocka_unit_test(a_leaf_is_no_root),
        cmocka_unit_test(the_intake_certificate_lives_as_long_as_the_root),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
