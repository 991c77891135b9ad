/* libcrypto runs out of memory at every point in turn: what held may then
 * fail, but what does not hold never passes, and nothing is handed out. */

#include "tests/support/check.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "api/seal.h"
#include "tests/api/example_key.h"
#include "tests/api/worked_examples.h"

static long countdown; /* 0: off, 1: the next allocation fails */

static bool refused(void)
{
    return countdown > 0 && --countdown == 0;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : malloc(size);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : realloc(memory, size);
}

static void release(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* Runs the scenario once per allocation of libcrypto's; `holds` says whether
 * it may ever succeed. Returns how many allocations it makes. */
static long torture_libcrypto(struct status (*scenario)(void), bool holds)
{
    for (long nth = 1;; nth++) {
        countdown = nth;
        struct status result = scenario();
        bool got_through = countdown > 0;
        countdown = 0;
        if (!holds)
            assert_true(failed(result));
        if (!got_through)
            continue;
        if (holds)
            assert_ok(result);
        return nth - 1;
    }
}

static struct api_key *key;
static struct api_signer signer;
static struct api_signature signature;
static struct secret *k, *pem;

static struct status verify_good(void)
{
    return api_verify(&signer.key, bytes_of_string("said"), &signature);
}

static struct status verify_bad(void)
{
    return api_verify(&signer.key, bytes_of_string("not said"), &signature);
}

static void a_bad_signature_never_holds(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(verify_good, true) > 10);
    assert_true(torture_libcrypto(verify_bad, false) > 10);
}

static struct status read_off_curve(void)
{
    struct api_spki bad = signer.key, out;
    bad.bytes[API_SPKI_LEN - 1] ^= 1;
    return api_spki_read(api_spki_bytes(&bad), &out);
}

static void a_point_off_the_curve_is_never_read(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(read_off_curve, false) > 10);
}

/* What was signed in spite of everything holds. */
static struct status sign(void)
{
    struct api_signature made;
    TRY(signer.sign(signer.context, bytes_of_string("said"), &made));
    long rest = countdown;
    countdown = 0;
    assert_ok(api_verify(&signer.key, bytes_of_string("said"), &made));
    countdown = rest;
    return OK;
}

static void a_signature_holds_or_is_not_made(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(sign, true) > 10);
}

static struct status read_key(void)
{
    AUTO_FREE(api_key) read = NULL;
    struct status result = api_key_read(pem, &read);
    assert_int_equal(failed(result), read == NULL);
    if (read) {
        struct api_spki spki = api_key_signer(read).key;
        assert_true(api_spki_equal(&spki, &signer.key));
    }
    return result;
}

static void a_private_key_is_read_right_or_not_at_all(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(read_key, true) > 10);
}

static struct status open_good(void)
{
    AUTO_FREE(secret) k_prime = NULL;
    AUTO_FREE(secret) opened = NULL;
    struct hash ctx = example_hash("context", "hash");
    TRY(api_seal_derive(k, &ctx, &k_prime));
    TRY(api_open(k_prime, &ctx, example("intake", "blob"), &opened));
    assert_true(secret_equals(opened, example("credential", "encoded")));
    return OK;
}

static struct status open_bad(void)
{
    struct secret *opened = NULL;
    struct hash ctx = example_hash("context", "hash");
    struct status result =
        api_open(k, &ctx, example("intake", "blob"), &opened); /* not K' */
    assert_null(opened);
    return result;
}

static void a_blob_opens_under_its_own_key_alone(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(open_good, true) > 2);
    assert_true(torture_libcrypto(open_bad, false) > 2);
}

static struct status prove(void)
{
    struct hash input = example_hash("intake", "proof_input"),
                ctx = example_hash("context", "hash"), blob, proof;
    AUTO_FREE(secret) proof_key = NULL;
    TRY(api_seal_derive(k, &input, &proof_key));
    TRY(hash_of(&blob, example("intake", "blob")));
    TRY(api_seal_proof(proof_key, &ctx, &blob, &proof));
    example_expect_hash("intake", "proof", &proof);
    return OK;
}

static void a_proof_is_right_or_not_made(void **state)
{
    (void)state;
    assert_true(torture_libcrypto(prove, true) > 2);
}

static int prepare(void **state)
{
    (void)state;
    examples_open(PROJECT_SOURCE_DIR "/docs/API.md");
    k = example_secret(example("intake", "k"));
    key = example_key("alice");
    signer = api_key_signer(key);
    assert_ok(api_key_write(key, &pem));
    return failed(
               signer.sign(signer.context, bytes_of_string("said"), &signature))
               ? -1
               : 0;
}

static int clean_up(void **state)
{
    (void)state;
    secret_free(k);
    secret_free(pem);
    api_key_free(key);
    examples_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_signature_never_holds),
        cmocka_unit_test(a_point_off_the_curve_is_never_read),
        cmocka_unit_test(a_signature_holds_or_is_not_made),
        cmocka_unit_test(a_private_key_is_read_right_or_not_at_all),
        cmocka_unit_test(a_blob_opens_under_its_own_key_alone),
        cmocka_unit_test(a_proof_is_right_or_not_made),
    };
    /* Before libcrypto has allocated anything. */
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 1;
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
