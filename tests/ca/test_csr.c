/* What is made is read back, by us and by libcrypto. */

#include "tests/support/check.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/ca/authority.h"

static const char *const names[] = { "app.example", "127.0.0.1" };

static void read_back(const struct buffer *pem, struct ca_csr *csr)
{
    struct reason why = { "" };
    if (failed(ca_csr_read(buffer_bytes(pem), csr, &why)))
        fail_msg("%s", why.text);
}

static X509_REQ *libcrypto_read(const struct buffer *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)),
                     1);
    assert_int_equal(X509_REQ_get_version(request), X509_REQ_VERSION_1);
    return request;
}

static void a_request_of_every_key_is_read_back(void **state)
{
    (void)state;
    for (int kind = CA_KEY_P256; kind <= CA_KEY_RSA_3072; kind++) {
        struct ca_key *key = sample_key((enum ca_key_kind)kind);
        struct ca_csr_fields fields = { .common_name = "Zo\xc3\xab" };
        struct ca_csr csr;
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        assert_ok(ca_csr_make(&fields, key, &pem, NULL));
        read_back(&pem, &csr);
        assert_true(
            bytes_equal(ca_spki(&csr.key), ca_spki(ca_key_public(key))));
        assert_true(hash_equal(&csr.key.hash, &ca_key_public(key)->hash));
        assert_string_equal(csr.common_name, "Zo\xc3\xab");
        assert_int_equal(csr.names.count, 0);
        assert_int_equal(csr.carriers_count, 0);
        ca_csr_clear(&csr);
        X509_REQ_free(libcrypto_read(&pem));
    }
}

static void names_and_quote_are_read_back(void **state)
{
    (void)state;
    static unsigned char quote[5000];
    static const size_t lengths[] = { 1, 60, sizeof(quote) };
    memset(quote, 0x77, sizeof(quote));
    for (size_t i = 0; i < 3; i++) {
        struct ca_csr_fields fields = {
            .names = names,
            .names_count = 2,
            .quote = bytes_of(quote, lengths[i]),
        };
        struct ca_csr csr;
        struct bytes found;
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        assert_ok(
            ca_csr_make(&fields, sample_key(CA_KEY_RSA_3072), &pem, NULL));
        read_back(&pem, &csr);
        assert_string_equal(csr.common_name, "");
        assert_int_equal(csr.names.count, 2);
        assert_string_equal(ca_name_at(&csr.names, 0), names[0]);
        assert_string_equal(ca_name_at(&csr.names, 1), names[1]);
        assert_int_equal(csr.carriers_count, 1);
        assert_int_equal(csr.carriers[0].kind, CA_CARRIER_QUOTE);
        assert_string_equal(csr.carriers[0].oid, "1.3.6.1.4.1.49690.2.2.2");
        assert_ok(ca_carrier_quote(&csr.carriers[0], &found));
        assert_true(bytes_equal(found, fields.quote));
        ca_csr_clear(&csr);
        X509_REQ_free(libcrypto_read(&pem));
    }
}

/* A SET OF has one order in DER; libcrypto sorts it when it encodes. */
static void the_attributes_are_in_the_order_of_der(void **state)
{
    (void)state;
    static const size_t lengths[] = { 1, 40, 200, 600 };
    static const unsigned char quote[600];
    for (size_t i = 0; i < 4; i++) {
        struct ca_csr_fields fields = {
            .names = names,
            .names_count = 2,
            .quote = bytes_of(quote, lengths[i]),
        };
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
        assert_ok(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
        assert_ok(
            ca_pem_read("CERTIFICATE REQUEST", buffer_bytes(&pem), &der, NULL));
        X509_REQ *request = libcrypto_read(&pem);
        unsigned char *again = NULL;
        int len = i2d_re_X509_REQ_tbs(request, &again);
        assert_true(len > 0);
        assert_memory_equal(der.data + 4, again, (size_t)len);
        OPENSSL_free(again);
        X509_REQ_free(request);
    }
}

static void an_empty_list_of_names_may_be_asked_for(void **state)
{
    (void)state;
    struct ca_csr_fields fields = { .common_name = "localhost",
                                    .names = names };
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    assert_ok(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    read_back(&pem, &csr);
    assert_int_equal(csr.names.count, 0);
    ca_csr_clear(&csr);
}

static void der_is_read_as_well(void **state)
{
    (void)state;
    struct ca_csr_fields fields = { .common_name = "x" };
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    assert_ok(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    assert_ok(
        ca_pem_read("CERTIFICATE REQUEST", buffer_bytes(&pem), &der, NULL));
    assert_ok(ca_csr_read(buffer_bytes(&der), &csr, NULL));
    assert_true(bytes_equal(buffer_bytes(&csr.der), buffer_bytes(&der)));
    ca_csr_clear(&csr);
    assert_int_equal(csr.carriers_count, 0);
    assert_int_equal(csr.key.len, 0);
}

/* --- a person's key, behind a signer ------------------------------------- */

static struct status sign_message(void *context, struct bytes message,
                                  struct api_signature *out)
{
    struct ca_signer signer = ca_key_signer(context);
    struct hash digest;
    TRY(hash_of(&digest, message));
    return signer.sign(signer.context, &digest, out->bytes);
}

static struct status token_is_gone(void *context, struct bytes message,
                                   struct api_signature *out)
{
    (void)context;
    (void)message;
    (void)out;
    return failure(STATUS_UNAVAILABLE, "C_Sign", 7);
}

static void a_person_signs_with_a_key_that_stays_where_it_is(void **state)
{
    (void)state;
    struct api_signer signer = { .sign = sign_message,
                                 .context = sample_key(CA_KEY_P256) };
    struct bytes spki = ca_spki(ca_key_public(sample_key(CA_KEY_P256)));
    struct ca_csr_fields fields = { .common_name = "Ada" };
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    assert_int_equal(spki.len, API_SPKI_LEN);
    memcpy(signer.key.bytes, spki.at, spki.len);
    assert_ok(ca_csr_make_signed(&fields, &signer, &pem, NULL));
    read_back(&pem, &csr);
    assert_true(bytes_equal(ca_spki(&csr.key), spki));
    assert_string_equal(csr.common_name, "Ada");
    ca_csr_clear(&csr);

    signer.sign = token_is_gone;
    AUTO_CLEAR_BUFFER none = buffer_make(CA_CSR_MAX);
    struct status got = ca_csr_make_signed(&fields, &signer, &none, NULL);
    assert_status(STATUS_UNAVAILABLE, got);
    assert_int_equal(got.detail, 7);
    assert_int_equal(none.len, 0);
}

/* --- what is not made ---------------------------------------------------- */

static void what_could_not_be_read_is_not_made(void **state)
{
    (void)state;
    static const char *const bad_names[] = { "app.example", "*.example" };
    static const char *const twice[] = { "a.example", "A.example" };
    static unsigned char quote[CA_CSR_MAX];
    static const struct {
        struct ca_csr_fields fields;
        const char *because;
    } rows[] = {
        { { .common_name = "a\nb" }, "common name" },
        { { .common_name = "1234567890123456789012345678901234567890123456789"
                           "0123456789012345" },
          "common name" },
        { { .names = bad_names, .names_count = 2 }, "letters" },
        { { .names = twice, .names_count = 2 }, "twice" },
        { { .quote = { quote, CA_CSR_MAX - 8 } }, "64 KiB" },
        { { .quote = { quote, CA_CSR_MAX * 3 / 4 } }, "64 KiB" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
        assert_status(
            STATUS_INVALID,
            ca_csr_make(&rows[i].fields, sample_key(CA_KEY_P256), &pem, &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
        assert_int_equal(pem.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_of_every_key_is_read_back),
        cmocka_unit_test(names_and_quote_are_read_back),
        cmocka_unit_test(the_attributes_are_in_the_order_of_der),
        cmocka_unit_test(an_empty_list_of_names_may_be_asked_for),
        cmocka_unit_test(der_is_read_as_well),
        cmocka_unit_test(a_person_signs_with_a_key_that_stays_where_it_is),
        cmocka_unit_test(what_could_not_be_read_is_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
