/* What a handshake's libcrypto can read, and what it cannot. */

#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "broker/tls_library.h"
#include "tests/support/check.h"

/* A public key of libcrypto's whole provider, as SubjectPublicKeyInfo. */
static int spki_of(EVP_PKEY *key, unsigned char **der)
{
    assert_non_null(key);
    *der = NULL;
    int len = i2d_PUBKEY(key, der);
    EVP_PKEY_free(key);
    assert_true(len > 0);
    return len;
}

static bool reads(const struct tls_library *library, EVP_PKEY *key)
{
    unsigned char *der;
    int len = spki_of(key, &der);
    const unsigned char *at = der;
    EVP_PKEY *read =
        d2i_PUBKEY_ex(NULL, &at, len, tls_library_context(library), NULL);
    bool did = read != NULL;
    EVP_PKEY_free(read);
    OPENSSL_free(der);
    return did;
}

static void it_reads_the_keys_of_clients_and_no_others(void **state)
{
    (void)state;
    AUTO_FREE(tls_library) library = NULL;
    assert_ok(tls_library_new(&library));
    assert_true(reads(library, EVP_EC_gen("P-256")));
    assert_true(reads(library, EVP_EC_gen("P-384")));
    assert_true(reads(library, EVP_RSA_gen(2048)));
    assert_false(reads(library, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")));
    assert_false(reads(library, EVP_PKEY_Q_keygen(NULL, NULL, "X25519")));
    assert_false(reads(library, EVP_PKEY_Q_keygen(NULL, NULL, "ED448")));
}

static void count(OSSL_DECODER *decoder, void *counter)
{
    (void)decoder;
    ++*(unsigned *)counter;
}

static void it_has_one_decoder_for_each_of_their_kinds(void **state)
{
    (void)state;
    AUTO_FREE(tls_library) library = NULL;
    unsigned ours = 0, whole = 0;
    assert_ok(tls_library_new(&library));
    OSSL_DECODER_do_all_provided(tls_library_context(library), count, &ours);
    OSSL_DECODER_do_all_provided(NULL, count, &whole);
    assert_int_equal(ours, 2);
    assert_true(whole > 10 * ours); /* what a handshake would walk through */
}

static void two_of_them_share_nothing_and_come_and_go(void **state)
{
    (void)state;
    AUTO_FREE(tls_library) kept = NULL;
    assert_ok(tls_library_new(&kept));
    for (int i = 0; i < 3; i++) {
        AUTO_FREE(tls_library) other = NULL;
        assert_ok(tls_library_new(&other));
        assert_true(tls_library_context(kept) != tls_library_context(other));
        assert_true(reads(other, EVP_EC_gen("P-256")));
    }
    assert_true(reads(kept, EVP_EC_gen("P-256")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_the_keys_of_clients_and_no_others),
        cmocka_unit_test(it_has_one_decoder_for_each_of_their_kinds),
        cmocka_unit_test(two_of_them_share_nothing_and_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
