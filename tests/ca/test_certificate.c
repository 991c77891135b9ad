#include "tests/support/check.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tests/ca/authority.h"

static void facts_equal_fields(const struct ca_facts *facts,
                               const struct ca_certificate_fields *fields)
{
    const struct ca_statement *got = &facts->statement;
    const struct ca_statement *put = &fields->statement;
    assert_int_equal(got->kind, put->kind);
    assert_true(api_id_equal(&got->account, &put->account));
    assert_true(api_id_equal(&got->id, &put->id));
    assert_int_equal(got->evidence_kind, put->evidence_kind);
    assert_true(hash_equal(&got->identity, &put->identity));
    assert_true(hash_equal(&got->evidence, &put->evidence));
    assert_true(got->evidence_time == put->evidence_time);
    assert_true(hash_equal(&got->configuration, &put->configuration));

    assert_true(bytes_equal(ca_spki(&facts->key), fields->spki));
    assert_memory_equal(facts->serial, fields->serial, CA_SERIAL_LEN);
    assert_true(facts->not_before == fields->not_before);
    assert_true(facts->not_after == fields->not_after);
    assert_string_equal(facts->common_name,
                        fields->common_name ? fields->common_name : "");
    assert_int_equal(facts->names.count, fields->names_count);
    for (size_t i = 0; i < fields->names_count; i++)
        assert_string_equal(ca_name_at(&facts->names, i), fields->names[i]);
}

static void what_is_built_is_read_back(void **state)
{
    (void)state;
    static const bool client[] = { [CA_PERSON] = true,
                                   [CA_NODE] = true,
                                   [CA_ENCLAVE] = true,
                                   [CA_INTAKE] = false };
    static const bool server[] = { [CA_SERVER] = true,
                                   [CA_NODE] = true,
                                   [CA_ENCLAVE] = true,
                                   [CA_INTAKE] = false };
    struct hash root = ca_key_public(authority.key)->hash;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        struct ca_certificate_fields fields = sample_fields((enum ca_kind)kind);
        struct ca_facts facts;
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        sample_build(&authority, (enum ca_kind)kind, &der);
        if (failed(ca_certificate_read(buffer_bytes(&der), &facts, &why)))
            fail_msg("%s", why.text);
        facts_equal_fields(&facts, &fields);
        assert_memory_equal(facts.issuer, root.bytes, CA_KEY_ID_LEN);
        assert_int_equal(facts.client, client[kind]);
        assert_int_equal(facts.server, server[kind]);
    }
}

static void an_attested_node_says_so(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_NODE);
    struct ca_statement enclave = sample_fields(CA_ENCLAVE).statement;
    fields.statement.evidence_kind = enclave.evidence_kind;
    fields.statement.identity = enclave.identity;
    fields.statement.evidence = enclave.evidence;
    fields.statement.evidence_time = enclave.evidence_time;
    struct ca_facts facts;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &der, NULL));
    assert_ok(ca_certificate_read(buffer_bytes(&der), &facts, NULL));
    facts_equal_fields(&facts, &fields);
}

/* --- as libcrypto sees it ------------------------------------------------ */

static X509 *x509_of(enum ca_kind kind)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&authority, kind, &der);
    const unsigned char *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x509);
    assert_ptr_equal(at, der.data + der.len);
    return x509;
}

static void assert_extension(X509 *x509, int nid, bool critical,
                             struct bytes value)
{
    X509_EXTENSION *e = X509_get_ext(x509, X509_get_ext_by_NID(x509, nid, -1));
    assert_non_null(e);
    assert_int_equal(X509_EXTENSION_get_critical(e), critical);
    ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(e);
    assert_true(bytes_equal(
        bytes_of(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data)),
        value));
}

static void usages_fit_the_kind(void **state)
{
    (void)state;
    static const struct {
        uint32_t usage, extended; /* 0: something of our own */
    } rows[] = {
        [CA_SERVER] = { KU_DIGITAL_SIGNATURE, XKU_SSL_SERVER },
        [CA_PERSON] = { KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT },
        [CA_NODE] = { KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT | XKU_SSL_SERVER },
        [CA_ENCLAVE] = { KU_DIGITAL_SIGNATURE,
                         XKU_SSL_CLIENT | XKU_SSL_SERVER },
        [CA_INTAKE] = { KU_KEY_ENCIPHERMENT, 0 },
    };
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        X509 *x509 = x509_of((enum ca_kind)kind);
        assert_int_equal(X509_get_version(x509), X509_VERSION_3);
        assert_int_equal(X509_get_signature_nid(x509), NID_ecdsa_with_SHA256);
        assert_int_equal(X509_get_key_usage(x509), rows[kind].usage);
        assert_int_equal(X509_get_extended_key_usage(x509),
                         rows[kind].extended);
        assert_extension(x509, NID_basic_constraints, true,
                         bytes_of("\x30\x00", 2));
        assert_int_equal(
            X509_EXTENSION_get_critical(X509_get_ext(
                x509, X509_get_ext_by_NID(x509, NID_key_usage, -1))),
            1);
        X509_free(x509);
    }
}

static void key_identifiers_are_the_hashes_of_the_keys(void **state)
{
    (void)state;
    X509 *x509 = x509_of(CA_PERSON);
    const ASN1_OCTET_STRING *subject = X509_get0_subject_key_id(x509);
    const ASN1_OCTET_STRING *issuer = X509_get0_authority_key_id(x509);
    assert_int_equal(ASN1_STRING_length(subject), CA_KEY_ID_LEN);
    assert_memory_equal(ASN1_STRING_get0_data(subject),
                        ca_key_public(sample_key(CA_KEY_P256))->hash.bytes,
                        CA_KEY_ID_LEN);
    assert_int_equal(ASN1_STRING_length(issuer), CA_KEY_ID_LEN);
    assert_memory_equal(ASN1_STRING_get0_data(issuer),
                        ca_key_public(authority.key)->hash.bytes,
                        CA_KEY_ID_LEN);
    X509_free(x509);
}

static void an_ip_literal_is_a_dns_name_and_an_address(void **state)
{
    (void)state;
    X509 *x509 = x509_of(CA_SERVER);
    static const char wanted[] = "\x30\x4e"
                                 "\x82\x0e"
                                 "broker.example"
                                 "\x82\x09"
                                 "127.0.0.1"
                                 "\x82\x14"
                                 "nodes.broker.example"
                                 "\x82\x03"
                                 "::1"
                                 "\x87\x04\x7f\0\0\1"
                                 "\x87\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
    assert_extension(x509, NID_subject_alt_name, false,
                     bytes_of(wanted, sizeof(wanted) - 1));
    assert_int_equal(X509_check_ip_asc(x509, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x509, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x509, "127.0.0.2", 0), 0);
    assert_int_equal(X509_check_host(x509, "broker.example", 0, 0, NULL), 1);
    X509_free(x509);
}

static void an_empty_subject_makes_the_names_critical(void **state)
{
    (void)state;
    X509 *x509 = x509_of(CA_ENCLAVE);
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(x509)), 0);
    X509_EXTENSION *e =
        X509_get_ext(x509, X509_get_ext_by_NID(x509, NID_subject_alt_name, -1));
    assert_int_equal(X509_EXTENSION_get_critical(e), 1);
    X509_free(x509);
}

static void serial_and_dates_are_what_was_asked(void **state)
{
    (void)state;
    X509 *x509 = x509_of(CA_NODE);
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *text = BN_bn2hex(serial);
    assert_string_equal(text, "803300000000000000000000000000");
    assert_false(BN_is_negative(serial));
    OPENSSL_free(text);
    BN_free(serial);

    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)NOW);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)NOW + 3600);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notBefore(x509), from), 0);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(x509), to), 0);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_free(x509);
}

static void the_extension_is_139_bytes_of_fixed_places(void **state)
{
    (void)state;
    X509 *x509 = x509_of(CA_ENCLAVE);
    ASN1_OBJECT *oid = OBJ_txt2obj(CA_STATEMENT_OID, 1);
    assert_non_null(oid);
    X509_EXTENSION *e = X509_get_ext(x509, X509_get_ext_by_OBJ(x509, oid, -1));
    assert_non_null(e);
    assert_int_equal(X509_EXTENSION_get_critical(e), 0);
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(e);
    const unsigned char *at = ASN1_STRING_get0_data(data);
    assert_int_equal(ASN1_STRING_length(data), 3 + CA_STATEMENT_LEN);
    assert_memory_equal(at, "\x04\x81\x8b\x01\x04", 5);

    static const struct {
        size_t from, len;
        unsigned char value;
    } rows[] = { { 2, 16, 0xac },  { 18, 16, 0x1d }, { 34, 1, 1 },
                 { 35, 32, 0x11 }, { 67, 32, 0xee }, { 107, 32, 0x5c } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t j = 0; j < rows[i].len; j++)
            assert_int_equal(at[3 + rows[i].from + j], rows[i].value);
    uint64_t time = 0;
    for (size_t i = 99; i < 107; i++)
        time = time << 8 | at[3 + i];
    assert_true(time == NOW * 1000 - 123);
    ASN1_OBJECT_free(oid);
    X509_free(x509);
}

/* --- signers that fail --------------------------------------------------- */

static struct status out_of_order(void *context, const struct hash *digest,
                                  unsigned char signature[CA_SIGNATURE_LEN])
{
    (void)context;
    (void)digest;
    (void)signature;
    return failure(STATUS_BUSY, "C_Sign", 5);
}

static struct status off_by_one_bit(void *context, const struct hash *digest,
                                    unsigned char signature[CA_SIGNATURE_LEN])
{
    TRY(authority.signer.sign(context, digest, signature));
    signature[40] ^= 4;
    return OK;
}

static struct status all_zeros(void *context, const struct hash *digest,
                               unsigned char signature[CA_SIGNATURE_LEN])
{
    (void)context;
    (void)digest;
    memset(signature, 0, CA_SIGNATURE_LEN);
    return OK;
}

static void a_signer_that_fails_is_passed_on(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    struct ca_signer signer = { out_of_order, NULL };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct status got = ca_certificate_build(
        &fields, authority_root(&authority), &signer, &der, NULL);
    assert_status(STATUS_BUSY, got);
    assert_int_equal(got.detail, 5);
    assert_int_equal(der.len, 0);
}

static void a_wrong_signature_never_leaves(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    struct ca_signer faulty = { off_by_one_bit, authority.signer.context };
    struct ca_signer other = ca_key_signer(sample_key(CA_KEY_P256));
    struct ca_signer zeros = { all_zeros, NULL };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_status(STATUS_UNAVAILABLE,
                  ca_certificate_build(&fields, authority_root(&authority),
                                       &faulty, &der, NULL));
    assert_status(STATUS_UNAVAILABLE,
                  ca_certificate_build(&fields, authority_root(&authority),
                                       &other, &der, NULL));
    assert_status(STATUS_UNAVAILABLE,
                  ca_certificate_build(&fields, authority_root(&authority),
                                       &zeros, &der, NULL));
    assert_int_equal(der.len, 0);
}

static void the_der_is_appended(void **state)
{
    (void)state;
    struct ca_facts facts;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put_u8(&der, '!');
    sample_build(&authority, CA_PERSON, &der);
    assert_int_equal(der.data[0], '!');
    assert_ok(
        ca_certificate_read(bytes_of(der.data + 1, der.len - 1), &facts, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_is_read_back),
        cmocka_unit_test(an_attested_node_says_so),
        cmocka_unit_test(usages_fit_the_kind),
        cmocka_unit_test(key_identifiers_are_the_hashes_of_the_keys),
        cmocka_unit_test(an_ip_literal_is_a_dns_name_and_an_address),
        cmocka_unit_test(an_empty_subject_makes_the_names_critical),
        cmocka_unit_test(serial_and_dates_are_what_was_asked),
        cmocka_unit_test(the_extension_is_139_bytes_of_fixed_places),
        cmocka_unit_test(a_signer_that_fails_is_passed_on),
        cmocka_unit_test(a_wrong_signature_never_leaves),
        cmocka_unit_test(the_der_is_appended),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
