#include "tests/api/example_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "tests/support/check.h"

struct secret *example_secret(struct bytes bytes)
{
    struct secret *made = NULL;
    if (failed(secret_new(bytes.len, &made))) {
        assert_ok(secret_heap_open(1024 * 1024));
        assert_ok(secret_new(bytes.len, &made));
    }
    if (bytes.len > 0)
        memcpy(secret_fill(made), bytes.at, bytes.len);
    return made;
}

/* number * G, and both as a key. */
static EVP_PKEY *load(const unsigned char number[32])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *product = EC_POINT_new(group);
    BIGNUM *value = BN_bin2bn(number, 32, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    unsigned char point[65];
    EVP_PKEY *loaded = NULL;
    assert_int_equal(EC_POINT_mul(group, product, value, NULL, NULL, NULL), 1);
    assert_int_equal(EC_POINT_point2oct(group, product,
                                        POINT_CONVERSION_UNCOMPRESSED, point,
                                        sizeof(point), NULL),
                     sizeof(point));
    assert_int_equal(OSSL_PARAM_BLD_push_utf8_string(
                         builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0),
                     1);
    assert_int_equal(OSSL_PARAM_BLD_push_octet_string(builder,
                                                      OSSL_PKEY_PARAM_PUB_KEY,
                                                      point, sizeof(point)),
                     1);
    assert_int_equal(
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, value), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(
        EVP_PKEY_fromdata(context, &loaded, EVP_PKEY_KEYPAIR, parameters), 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(value);
    EC_POINT_free(product);
    EC_GROUP_free(group);
    return loaded;
}

struct secret *example_pem(const unsigned char number[32])
{
    EVP_PKEY *loaded = load(number);
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(out, loaded, NULL, NULL, 0, NULL, NULL),
        1);
    long len = BIO_get_mem_data(out, &text);
    struct secret *pem = example_secret(bytes_of(text, (size_t)len));
    BIO_free(out);
    EVP_PKEY_free(loaded);
    return pem;
}

struct api_key *example_key_of_number(const unsigned char number[32])
{
    AUTO_FREE(secret) pem = example_pem(number);
    struct api_key *key = NULL;
    assert_ok(api_key_read(pem, &key));
    return key;
}

struct api_key *example_key(const char *name)
{
    struct hash number;
    assert_ok(hash_of(&number, bytes_of_string("accord example "),
                      bytes_of_string(name)));
    return example_key_of_number(number.bytes);
}
