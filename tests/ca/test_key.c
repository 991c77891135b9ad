#include "tests/support/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "ca/signature.h"
#include "tests/ca/authority.h"

static struct ca_public_key public_of(enum ca_key_kind kind)
{
    return *ca_key_public(sample_key(kind));
}

static void every_accepted_key_is_read_back(void **state)
{
    (void)state;
    static const struct {
        enum ca_key_kind kind;
        enum ca_key_type type;
        unsigned bits;
        size_t len;
    } rows[] = { { CA_KEY_P256, CA_P256, 256, 91 },
                 { CA_KEY_P384, CA_P384, 384, 120 },
                 { CA_KEY_RSA_3072, CA_RSA, 3072, 422 } };
    for (size_t i = 0; i < 3; i++) {
        struct ca_public_key key = public_of(rows[i].kind);
        struct hash hash;
        assert_int_equal(key.type, rows[i].type);
        assert_int_equal(key.bits, rows[i].bits);
        assert_int_equal(key.len, rows[i].len);
        assert_ok(hash_of(&hash, ca_spki(&key)));
        assert_true(hash_equal(&hash, &key.hash));
    }
}

static void the_modulus_is_libcryptos(void **state)
{
    (void)state;
    struct ca_public_key rsa = public_of(CA_KEY_RSA_3072);
    struct ca_public_key ec = public_of(CA_KEY_P256);
    unsigned char expected[384];
    BIGNUM *n = NULL;
    assert_int_equal(1, EVP_PKEY_get_bn_param(
                            ca_key_pkey(sample_key(CA_KEY_RSA_3072)), "n", &n));
    assert_int_equal(sizeof(expected), BN_bn2bin(n, expected));
    BN_free(n);
    struct bytes modulus = ca_rsa_modulus(&rsa);
    assert_int_equal(sizeof(expected), modulus.len);
    assert_memory_equal(expected, modulus.at, modulus.len);
    assert_int_equal(0, ca_rsa_modulus(&ec).len);
}

/* SubjectPublicKeyInfo of a key that libcrypto makes. */
static void spki_of(EVP_PKEY *pkey, struct buffer *out)
{
    unsigned char *der = NULL;
    assert_non_null(pkey);
    int len = i2d_PUBKEY(pkey, &der);
    assert_true(len > 0);
    buffer_put(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void refused_key(struct bytes spki, const char *because)
{
    struct ca_public_key out = { .len = 77 };
    struct reason why;
    assert_status(STATUS_INVALID, ca_public_key_read(spki, &out, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_int_equal(out.len, 77);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parameter, *because;
    } rows[] = { { "EC", "P-521", "curve" },
                 { "EC", "secp256k1", "curve" },
                 { "ED25519", NULL, "not a SubjectPublicKeyInfo" },
                 { "X25519", NULL, "not a SubjectPublicKeyInfo" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER spki = buffer_make(1024);
        spki_of(rows[i].parameter ? EVP_EC_gen(rows[i].parameter)
                                  : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].name),
                &spki);
        refused_key(buffer_bytes(&spki), rows[i].because);
    }
}

/* An RSA key from its numbers, without asking whether it is any good. */
static void put_rsa(struct buffer *out, size_t len, unsigned char first,
                    unsigned char last, uint64_t exponent)
{
    unsigned char modulus[600];
    memset(modulus, 0x5a, sizeof(modulus));
    modulus[0] = first;
    modulus[len - 1] = last;
    AUTO_CLEAR_BUFFER pair = buffer_make(2048);
    size_t sequence = der_open(&pair, DER_SEQUENCE);
    der_put_unsigned(&pair, bytes_of(modulus, len));
    der_put_number(&pair, exponent);
    der_close(&pair, sequence);

    size_t spki = der_open(out, DER_SEQUENCE);
    size_t algorithm = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid_rsa);
    der_put(out, DER_NULL, bytes_of(NULL, 0));
    der_close(out, algorithm);
    der_put_bits(out, buffer_bytes(&pair));
    der_close(out, spki);
    assert_ok(buffer_status(out));
}

static void rsa_is_held_to_size_and_exponent(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        unsigned char first, last;
        uint64_t exponent;
        const char *because; /* NULL: accepted */
    } rows[] = {
        { 256, 0x80, 1, 65537, NULL },
        { 512, 0xff, 1, 65537, NULL },
        { 300, 0x01, 1, 65537, NULL },
        { 256, 0x7f, 1, 65537, "2048 to 4096" },
        { 128, 0x80, 1, 65537, "2048 to 4096" },
        { 513, 0x01, 1, 65537, "2048 to 4096" },
        { 520, 0x80, 1, 65537, "RSA-4096" },
        { 256, 0x80, 2, 65537, "even" },
        { 256, 0x80, 1, 3, "65537" },
        { 256, 0x80, 1, 65539, "65537" },
        { 256, 0x80, 1, 1, "65537" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_public_key out;
        AUTO_CLEAR_BUFFER spki = buffer_make(2048);
        put_rsa(&spki, rows[i].len, rows[i].first, rows[i].last,
                rows[i].exponent);
        if (rows[i].because)
            refused_key(buffer_bytes(&spki), rows[i].because);
        else
            assert_ok(ca_public_key_read(buffer_bytes(&spki), &out, NULL));
    }
}

static void any_change_to_the_frame_is_refused(void **state)
{
    (void)state;
    static const enum ca_key_kind kinds[] = { CA_KEY_P256, CA_KEY_P384,
                                              CA_KEY_RSA_3072 };
    static const size_t frames[] = { 27, 24, 32 }; /* up to the numbers */
    for (size_t k = 0; k < 3; k++) {
        struct ca_public_key key = public_of(kinds[k]);
        for (size_t i = 0; i < frames[k]; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                struct ca_public_key changed = key, out;
                changed.der[i] ^= (unsigned char)(1u << bit);
                assert_status(
                    STATUS_INVALID,
                    ca_public_key_read(ca_spki(&changed), &out, NULL));
            }
        for (size_t len = 0; len < key.len; len++)
            refused_key(bytes_of(key.der, len), "public key");
        key.der[key.len++] = 0;
        refused_key(ca_spki(&key), "public key");
    }
}

static void a_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    struct ca_public_key key = public_of(CA_KEY_P256);
    key.der[key.len - 1] ^= 1;
    refused_key(ca_spki(&key), "not on the curve");

    key = public_of(CA_KEY_P256); /* compressed: 33 bytes, 0x02 or 0x03 */
    key.der[1] = 0x39;
    key.der[24] = 0x22;
    key.der[26] = 0x02 | (key.der[key.len - 1] & 1);
    key.len = 59;
    refused_key(ca_spki(&key), "uncompressed");
}

static void a_key_survives_its_pem(void **state)
{
    (void)state;
    for (int kind = CA_KEY_P256; kind <= CA_KEY_RSA_3072; kind++) {
        struct ca_key *key = sample_key((enum ca_key_kind)kind);
        AUTO_FREE(secret) pem = NULL;
        AUTO_FREE(secret) again = NULL;
        AUTO_FREE(ca_key) read = NULL;
        assert_ok(ca_key_write(key, &pem));
        assert_ok(ca_key_read(pem, &read));
        assert_true(bytes_equal(ca_spki(ca_key_public(read)),
                                ca_spki(ca_key_public(key))));
        assert_int_equal(EVP_PKEY_eq(ca_key_pkey(read), ca_key_pkey(key)), 1);
        assert_ok(ca_key_write(read, &again));
        assert_true(secret_equals(again, secret_expose(pem)));
    }
}

static void refused_pem(struct bytes text)
{
    AUTO_FREE(secret) pem = NULL;
    struct ca_key *key = NULL;
    assert_ok(secret_new(text.len, &pem));
    memcpy(secret_fill(pem), text.at, text.len);
    assert_status(STATUS_INVALID, ca_key_read(pem, &key));
    assert_null(key);
}

static void other_pem_is_refused(void **state)
{
    (void)state;
    AUTO_FREE(secret) pem = NULL;
    assert_ok(ca_key_write(sample_key(CA_KEY_P256), &pem));
    struct bytes text = secret_expose(pem);

    for (size_t cut = 1; cut < text.len; cut += 7)
        refused_pem(bytes_of(text.at, text.len - cut));
    for (size_t i = 0; i < 27; i++) { /* the first line */
        AUTO_CLEAR_BUFFER changed = buffer_make(text.len);
        buffer_put(&changed, text);
        changed.data[i] ^= 1;
        refused_pem(buffer_bytes(&changed));
    }
    AUTO_CLEAR_BUFFER twice = buffer_make(2 * text.len);
    buffer_put(&twice, text);
    buffer_put(&twice, text);
    refused_pem(buffer_bytes(&twice));
    refused_pem(bytes_of_string("-----BEGIN PRIVATE KEY-----\n"
                                "-----END PRIVATE KEY-----\n"));
    refused_pem(bytes_of_string("-----BEGIN PRIVATE KEY-----\nMAA=\n"
                                "-----END PRIVATE KEY-----\n"));
}

static void a_private_key_of_another_kind_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *pkey = EVP_EC_gen("P-521");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    refused_pem(bytes_of(text, (size_t)len));
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static void what_the_signer_signs_holds(void **state)
{
    (void)state;
    struct ca_signer signer = ca_key_signer(sample_key(CA_KEY_P256));
    struct ca_public_key key = public_of(CA_KEY_P256);
    struct bytes message = bytes_of_string("to be signed");
    struct bytes algorithm = bytes_of("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"
                                      "\x02",
                                      10);
    struct hash digest;
    struct api_signature raw;
    AUTO_CLEAR_BUFFER der = buffer_make(128);
    assert_ok(hash_of(&digest, message));
    assert_ok(signer.sign(signer.context, &digest, raw.bytes));
    assert_ok(api_signature_to_der(&raw, &der));
    assert_ok(signature_check(&key, algorithm, message, buffer_bytes(&der)));
    assert_status(STATUS_DENIED,
                  signature_check(&key, algorithm,
                                  bytes_of_string("to be sighed"),
                                  buffer_bytes(&der)));
}

static void only_p256_keys_sign_digests(void **state)
{
    (void)state;
    struct ca_signer signer = ca_key_signer(sample_key(CA_KEY_P384));
    struct hash digest = { { 1 } };
    unsigned char raw[CA_SIGNATURE_LEN];
    assert_status(STATUS_INVALID, signer.sign(signer.context, &digest, raw));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_modulus_is_libcryptos),
        cmocka_unit_test(every_accepted_key_is_read_back),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(rsa_is_held_to_size_and_exponent),
        cmocka_unit_test(any_change_to_the_frame_is_refused),
        cmocka_unit_test(a_point_off_the_curve_is_refused),
        cmocka_unit_test(a_key_survives_its_pem),
        cmocka_unit_test(other_pem_is_refused),
        cmocka_unit_test(a_private_key_of_another_kind_is_refused),
        cmocka_unit_test(what_the_signer_signs_holds),
        cmocka_unit_test(only_p256_keys_sign_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
