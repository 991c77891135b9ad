#include "tests/support/check.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tests/ca/authority.h"

static const unsigned char three[3][CA_SERIAL_LEN] = {
    { 0x7f, 0xff }, { [CA_SERIAL_LEN - 1] = 5 }, { 0x00, 0x80 }
};

static X509_CRL *crl_of(struct bytes serials, uint64_t number)
{
    struct ca_crl_fields fields = { serials, NOW, NOW + 600, number };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CRL_MAX);
    assert_ok(ca_crl_build(&fields, authority_root(&authority),
                           &authority.signer, &der, NULL));
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    assert_non_null(crl);
    assert_ptr_equal(at, der.data + der.len);
    assert_int_equal(X509_CRL_verify(crl, ca_key_pkey(authority.key)), 1);
    return crl;
}

static bool is_revoked(X509_CRL *crl, const unsigned char *serial)
{
    BIGNUM *n = BN_bin2bn(serial, CA_SERIAL_LEN, NULL);
    ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(n, NULL);
    X509_REVOKED *entry;
    int found = X509_CRL_get0_by_serial(crl, &entry, integer);
    ASN1_INTEGER_free(integer);
    BN_free(n);
    return found == 1;
}

static void what_was_revoked_is_found(void **state)
{
    (void)state;
    static const unsigned char other[CA_SERIAL_LEN] = { 0x7f, 0xfe };
    X509_CRL *crl = crl_of(bytes_of(three, sizeof(three)), 9);
    for (size_t i = 0; i < 3; i++)
        assert_true(is_revoked(crl, three[i]));
    assert_false(is_revoked(crl, other));
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
    X509_CRL_free(crl);
}

static void a_list_has_number_dates_and_issuer(void **state)
{
    (void)state;
    X509_CRL *crl = crl_of(bytes_of(three, sizeof(three)), 0x123456789aull);
    ASN1_INTEGER *number =
        X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    uint64_t value;
    assert_int_equal(ASN1_INTEGER_get_uint64(&value, number), 1);
    assert_true(value == 0x123456789aull);
    ASN1_INTEGER_free(number);
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);

    time_t from = (time_t)NOW, to = (time_t)NOW + 600;
    assert_int_equal(X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &from), -1);
    from--;
    assert_int_equal(X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &from), 1);
    assert_int_equal(X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &to), -1);
    to--;
    assert_int_equal(X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &to), 1);

    AUTHORITY_KEYID *id =
        X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    assert_non_null(id);
    assert_memory_equal(ASN1_STRING_get0_data(id->keyid),
                        ca_key_public(authority.key)->hash.bytes,
                        CA_KEY_ID_LEN);
    AUTHORITY_KEYID_free(id);
    X509_CRL_free(crl);
}

static void an_empty_list_has_no_entries(void **state)
{
    (void)state;
    X509_CRL *crl = crl_of(bytes_of(NULL, 0), 0);
    assert_null(X509_CRL_get_REVOKED(crl));
    X509_CRL_free(crl);
}

static void libcrypto_refuses_what_is_on_the_list(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&authority, CA_PERSON, &leaf);
    X509_CRL *crls[] = {
        crl_of(bytes_of(three, 2 * CA_SERIAL_LEN), 1),
        crl_of(bytes_of(fields.serial, CA_SERIAL_LEN), 2),
    };
    static const int wanted[] = { X509_V_OK, X509_V_ERR_CERT_REVOKED };
    for (size_t i = 0; i < 2; i++) {
        const unsigned char *at = leaf.data, *from = authority.root.data;
        X509 *x509 = d2i_X509(NULL, &at, (long)leaf.len);
        X509 *root = d2i_X509(NULL, &from, (long)authority.root.len);
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        assert_int_equal(X509_STORE_add_cert(store, root), 1);
        assert_int_equal(X509_STORE_add_crl(store, crls[i]), 1);
        assert_int_equal(X509_STORE_CTX_init(ctx, store, x509, NULL), 1);
        X509_STORE_CTX_set_time(ctx, 0, (time_t)NOW + 1);
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK |
                                          X509_V_FLAG_X509_STRICT);
        (void)X509_verify_cert(ctx);
        assert_int_equal(X509_STORE_CTX_get_error(ctx), wanted[i]);
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        X509_free(root);
        X509_free(x509);
        X509_CRL_free(crls[i]);
    }
}

static void the_largest_list_can_be_built(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER serials =
        buffer_make((CA_CRL_SERIALS_MAX + 1) * CA_SERIAL_LEN);
    unsigned char *at =
        buffer_extend(&serials, CA_CRL_SERIALS_MAX * CA_SERIAL_LEN);
    memset(at, 0x7f, CA_CRL_SERIALS_MAX * CA_SERIAL_LEN);
    for (size_t i = 0; i < CA_CRL_SERIALS_MAX; i++) {
        at[i * CA_SERIAL_LEN + 1] = (unsigned char)(i >> 8);
        at[i * CA_SERIAL_LEN + 2] = (unsigned char)i;
    }
    X509_CRL *crl = crl_of(buffer_bytes(&serials), UINT64_MAX);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)),
                     CA_CRL_SERIALS_MAX);
    X509_CRL_free(crl);

    memset(buffer_extend(&serials, CA_SERIAL_LEN), 1, CA_SERIAL_LEN);
    struct ca_crl_fields fields = { buffer_bytes(&serials), NOW, NOW + 1, 1 };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CRL_MAX);
    assert_status(STATUS_INVALID,
                  ca_crl_build(&fields, authority_root(&authority),
                               &authority.signer, &der, NULL));
}

static void a_list_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const unsigned char twice[2][CA_SERIAL_LEN] = { { 1 }, { 1 } };
    static const unsigned char apart[3][CA_SERIAL_LEN] = { { 2 },
                                                           { 1 },
                                                           { 2 } };
    static const unsigned char zero[CA_SERIAL_LEN];
    static const unsigned char negative[CA_SERIAL_LEN] = { 0x80 };
    static const struct {
        const void *serials;
        size_t len;
        uint64_t this_update, next_update;
        const char *because;
    } rows[] = {
        { three, sizeof(three) - 1, NOW, NOW + 1, "not whole" },
        { twice, sizeof(twice), NOW, NOW + 1, "twice" },
        { apart, sizeof(apart), NOW, NOW + 1, "twice" },
        { zero, sizeof(zero), NOW, NOW + 1, "serial" },
        { negative, sizeof(negative), NOW, NOW + 1, "serial" },
        { three, sizeof(three), NOW, NOW, "next update" },
        { three, sizeof(three), NOW, NOW - 1, "next update" },
        { three, sizeof(three), NOW, UINT64_MAX, "next update" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_crl_fields fields = {
            bytes_of(rows[i].serials, rows[i].len),
            rows[i].this_update,
            rows[i].next_update,
            1,
        };
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CRL_MAX);
        assert_status(STATUS_INVALID,
                      ca_crl_build(&fields, authority_root(&authority),
                                   &authority.signer, &der, &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
        assert_int_equal(der.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_revoked_is_found),
        cmocka_unit_test(a_list_has_number_dates_and_issuer),
        cmocka_unit_test(an_empty_list_has_no_entries),
        cmocka_unit_test(libcrypto_refuses_what_is_on_the_list),
        cmocka_unit_test(the_largest_list_can_be_built),
        cmocka_unit_test(a_list_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
