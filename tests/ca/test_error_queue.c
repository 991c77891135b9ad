/* Whatever fails here, a TLS connection of the same thread finds libcrypto's
 * error queue as it left it. */

#include "tests/support/check.h"

#include <openssl/err.h>

#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

#define THEIR_ERROR ERR_PACK(ERR_LIB_USER, 0, 77)

static int note_an_error(void **state)
{
    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 77);
    return 0;
}

static int find_it_alone(void **state)
{
    (void)state;
    unsigned long first = ERR_get_error(), second = ERR_get_error();
    return first == THEIR_ERROR && second == 0 ? 0 : -1;
}

static void a_bad_key(void **state)
{
    (void)state;
    struct ca_public_key key = *ca_key_public(sample_key(CA_KEY_P256)), out;
    key.der[key.len - 1] ^= 1;
    assert_status(STATUS_INVALID,
                  ca_public_key_read(ca_spki(&key), &out, NULL));
}

static void a_bad_signature(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&der, sample_der(CA_PERSON));
    der.data[der.len - 1] ^= 1;
    struct bytes root = ca_spki(ca_key_public(authority.key));
    assert_status(STATUS_DENIED,
                  ca_signature_verify(buffer_bytes(&der), root, NULL));
}

static void a_bad_chain(void **state)
{
    (void)state;
    assert_status(STATUS_DENIED, ca_chain_verify(sample_der(CA_PERSON),
                                                 authority_root(&authority),
                                                 NOW - 1, CA_FOR_CLIENT, NULL));
}

static void a_bad_private_key(void **state)
{
    (void)state;
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nMAA=\n"
                               "-----END PRIVATE KEY-----\n";
    AUTO_FREE(secret) pem = NULL;
    struct ca_key *key;
    assert_ok(secret_new(sizeof(text) - 1, &pem));
    memcpy(secret_fill(pem), text, sizeof(text) - 1);
    assert_status(STATUS_INVALID, ca_key_read(pem, &key));
}

static void a_bad_request(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER attributes = buffer_make(64);
    draft_attribute(&attributes, bytes_of("\x2a\x83", 2),
                    bytes_of("\x05\x00", 2));
    struct draft draft = { .attributes = buffer_bytes(&attributes) };
    assert_draft_refused(&draft, "identifier is malformed");
}

#define ALONE(test)                                                            \
    cmocka_unit_test_setup_teardown(test, note_an_error, find_it_alone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALONE(a_bad_key),         ALONE(a_bad_signature), ALONE(a_bad_chain),
        ALONE(a_bad_private_key), ALONE(a_bad_request),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
