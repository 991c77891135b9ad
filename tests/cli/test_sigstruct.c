#include "tests/support/check.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/hash.h"
#include "cli/sigstruct.h"

#define RSA_LEN 384

static EVP_PKEY *signer;

static void reversed(const unsigned char *from, unsigned char *to)
{
    for (size_t i = 0; i < RSA_LEN; i++)
        to[i] = from[RSA_LEN - 1 - i];
}

/* Over bytes 0..127 and 900..1027, written at 516. */
static void sign(unsigned char raw[SIGSTRUCT_LEN])
{
    unsigned char message[256], made[RSA_LEN];
    size_t len = sizeof(made);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    memcpy(message, raw, 128);
    memcpy(message + 128, raw + 900, 128);
    assert_int_equal(
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer), 1);
    assert_int_equal(EVP_DigestSign(context, made, &len, message, 256), 1);
    EVP_MD_CTX_free(context);
    reversed(made, raw + 516);
}

static void make(unsigned char raw[SIGSTRUCT_LEN])
{
    static const unsigned char header[16] = { 6, 0, 0, 0, 0xe1, 0, 0, 0,
                                              0, 0, 1, 0, 0,    0, 0, 0 };
    static const unsigned char header2[16] = { 1,    1, 0, 0, 0x60, 0, 0, 0,
                                               0x60, 0, 0, 0, 1,    0, 0, 0 };
    BIGNUM *n = NULL;
    unsigned char modulus[RSA_LEN];
    memset(raw, 0, SIGSTRUCT_LEN);
    memcpy(raw, header, 16);
    memcpy(raw + 24, header2, 16);
    assert_int_equal(EVP_PKEY_get_bn_param(signer, OSSL_PKEY_PARAM_RSA_N, &n),
                     1);
    assert_int_equal(BN_bn2binpad(n, modulus, RSA_LEN), RSA_LEN);
    BN_free(n);
    reversed(modulus, raw + 128);
    raw[512] = 3;
    memset(raw + 960, 0xab, 32);
    raw[1024] = 0x34;
    raw[1025] = 0x12;
    raw[1026] = 0x07;
    raw[1027] = 0x01;
    sign(raw);
}

static void a_good_one_is_read(void **state)
{
    (void)state;
    unsigned char raw[SIGSTRUCT_LEN], expected[32];
    struct sigstruct is;
    struct hash mrsigner;
    make(raw);
    assert_ok(sigstruct_read(bytes_of(raw, sizeof(raw)), &is, NULL));
    memset(expected, 0xab, sizeof(expected));
    assert_memory_equal(is.mrenclave, expected, 32);
    assert_ok(hash_of(&mrsigner, bytes_of(raw + 128, RSA_LEN)));
    assert_memory_equal(is.mrsigner, mrsigner.bytes, 32);
    assert_int_equal(is.isvprodid, 0x1234);
    assert_int_equal(is.isvsvn, 0x0107);
}

static void what_is_out_of_place_is_refused_and_named(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *says;
    } table[] = {
        { 0, "headers" },     { 15, "headers" },     { 16, "vendor" },
        { 24, "headers" },    { 39, "headers" },     { 44, "reserved" },
        { 127, "reserved" },  { 512, "exponent" },   { 992, "reserved" },
        { 1007, "reserved" }, { 1028, "reserved" },  { 1039, "reserved" },
        { 20, "signature" },  { 40, "signature" },   { 128, "signature" },
        { 516, "signature" }, { 899, "signature" },  { 900, "signature" },
        { 960, "signature" }, { 1024, "signature" }, { 1027, "signature" },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        unsigned char raw[SIGSTRUCT_LEN];
        struct sigstruct is;
        struct reason why = { "" };
        make(raw);
        raw[table[i].at] ^= 0x40;
        assert_status(STATUS_INVALID,
                      sigstruct_read(bytes_of(raw, sizeof(raw)), &is, &why));
        if (!strstr(why.text, table[i].says))
            fail_msg("byte %zu: \"%s\"", table[i].at, why.text);
    }
}

/* Signed well, and refused all the same. */
static void a_signature_does_not_excuse_a_zero_hash(void **state)
{
    (void)state;
    unsigned char raw[SIGSTRUCT_LEN];
    struct sigstruct is;
    struct reason why = { "" };
    make(raw);
    memset(raw + 960, 0, 32);
    sign(raw);
    assert_status(STATUS_INVALID,
                  sigstruct_read(bytes_of(raw, sizeof(raw)), &is, &why));
    assert_non_null(strstr(why.text, "zero"));
}

static void another_length_is_refused(void **state)
{
    (void)state;
    unsigned char raw[SIGSTRUCT_LEN + 1] = { 0 };
    struct sigstruct is;
    struct reason why = { "" };
    make(raw);
    assert_status(STATUS_INVALID,
                  sigstruct_read(bytes_of(raw, SIGSTRUCT_LEN - 1), &is, &why));
    assert_non_null(strstr(why.text, "1808"));
    assert_status(STATUS_INVALID,
                  sigstruct_read(bytes_of(raw, SIGSTRUCT_LEN + 1), &is, NULL));
    assert_status(STATUS_INVALID, sigstruct_read(bytes_of(raw, 0), &is, NULL));
}

static int make_signer(void **state)
{
    (void)state;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *three = BN_new();
    bool made = context && three && BN_set_word(three, 3) == 1 &&
                EVP_PKEY_keygen_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context, 3072) == 1 &&
                EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, three) == 1 &&
                EVP_PKEY_keygen(context, &signer) == 1;
    BN_free(three);
    EVP_PKEY_CTX_free(context);
    return made ? 0 : -1;
}

static int free_signer(void **state)
{
    (void)state;
    EVP_PKEY_free(signer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read),
        cmocka_unit_test(what_is_out_of_place_is_refused_and_named),
        cmocka_unit_test(a_signature_does_not_excuse_a_zero_hash),
        cmocka_unit_test(another_length_is_refused),
    };
    return cmocka_run_group_tests(tests, make_signer, free_signer);
}
