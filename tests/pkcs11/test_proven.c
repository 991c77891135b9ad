/* Signatures that held are not verified again; everything else is. */

#include "tests/support/check.h"

#include "ca/ca.h"
#include "pkcs11/proven.h"

static struct hsm_proven *proven;
static struct api_key *key, *other;

static int set_up(void **state)
{
    (void)state;
    assert_ok(hsm_proven_new(&proven));
    assert_ok(api_key_generate(&key));
    assert_ok(api_key_generate(&other));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    api_key_free(key);
    api_key_free(other);
    hsm_proven_free(proven);
    return 0;
}

static struct api_signature sign(struct api_key *by, const char *text)
{
    struct api_signature signature;
    struct api_signer signer = api_key_signer(by);
    assert_ok(signer.sign(signer.context, bytes_of_string(text), &signature));
    return signature;
}

static void a_signature_holds_again(void **state)
{
    (void)state;
    struct api_signature s = sign(key, "grant");
    struct api_spki spki = api_key_signer(key).key;
    for (int i = 0; i < 3; i++)
        assert_ok(
            hsm_proven_verify(proven, &spki, bytes_of_string("grant"), &s));
}

/* Each part of what was proven counts: another key, another message, another
 * signature, and the same bytes cut elsewhere. */
static void nothing_else_holds_because_of_it(void **state)
{
    (void)state;
    struct api_signature s = sign(key, "grant"), bent = s;
    struct api_spki spki = api_key_signer(key).key;
    struct api_spki stranger = api_key_signer(other).key;
    struct bytes grant = bytes_of_string("grant");
    bent.bytes[63] ^= 1;
    assert_ok(hsm_proven_verify(proven, &spki, grant, &s));
    assert_status(STATUS_DENIED,
                  hsm_proven_verify(proven, &stranger, grant, &s));
    assert_status(
        STATUS_DENIED,
        hsm_proven_verify(proven, &spki, bytes_of_string("grants"), &s));
    assert_status(
        STATUS_DENIED,
        hsm_proven_verify(proven, &spki, bytes_of_string("gran"), &s));
    assert_status(STATUS_DENIED,
                  hsm_proven_verify(proven, &spki, grant, &bent));
}

static void what_failed_is_not_remembered(void **state)
{
    (void)state;
    struct api_signature s = sign(other, "grant");
    struct api_spki spki = api_key_signer(key).key;
    for (int i = 0; i < 3; i++)
        assert_status(
            STATUS_DENIED,
            hsm_proven_verify(proven, &spki, bytes_of_string("grant"), &s));
}

static void a_grant_is_no_certificate(void **state)
{
    (void)state;
    struct api_signature s = sign(key, "x");
    struct api_spki spki = api_key_signer(key).key;
    struct reason why = { "" };
    assert_ok(hsm_proven_verify(proven, &spki, bytes_of_string("x"), &s));
    assert_true(failed(
        hsm_proven_certificate(proven, &spki, bytes_of_string("x"), &why)));
}

int main(void)
{
#define proven_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        proven_test(a_signature_holds_again),
        proven_test(nothing_else_holds_because_of_it),
        proven_test(what_failed_is_not_remembered),
        proven_test(a_grant_is_no_certificate),
    };
    assert_ok(secret_heap_open(1 << 20));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
