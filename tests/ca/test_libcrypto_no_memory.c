/* Allocations of libcrypto fail in turn: nothing crashes or leaks, and no
 * "no" becomes a "yes". */

#include "tests/support/check.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "tests/ca/authority.h"

static long made;      /* allocations so far                          */
static long countdown; /* allocations until one fails; 0: none does   */

static bool this_one_fails(void)
{
    made++;
    return countdown > 0 && --countdown == 0;
}

static void *allocate(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return this_one_fails() ? NULL : malloc(len);
}

static void *reallocate(void *at, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return this_one_fails() ? NULL : realloc(at, len);
}

static void release(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

/* Runs the scenario once for each of its allocations (of thousands: for
 * some hundreds of them), which fails. It must end in `clean` when none
 * does, and never in OK when `clean` is not OK. */
static void sweep(struct status (*scenario)(void), enum status_code clean)
{
    assert_status(clean, scenario()); /* libcrypto fills its caches */
    made = 0;
    assert_status(clean, scenario());
    long count = made;
    assert_true(count > 100);
    for (long n = 1; n <= count; n += 1 + count / 500) {
        countdown = n;
        struct status got = scenario();
        countdown = 0;
        if (clean != STATUS_OK)
            assert_true(failed(got));
    }
    assert_status(clean, scenario());
}

static struct bytes authority_spki(void)
{
    return ca_spki(ca_key_public(authority.key));
}

static struct status verify(void)
{
    return ca_signature_verify(sample_der(CA_PERSON), authority_spki(), NULL);
}

static struct status verify_forged(void)
{
    unsigned char forged[CA_CERTIFICATE_MAX];
    struct bytes der = sample_der(CA_PERSON);
    memcpy(forged, der.at, der.len);
    forged[der.len - 1] ^= 1;
    return ca_signature_verify(bytes_of(forged, der.len), authority_spki(),
                               NULL);
}

static struct status chain_too_late(void)
{
    return ca_chain_verify(sample_der(CA_PERSON), authority_root(&authority),
                           NOW + 9999, CA_FOR_CLIENT, NULL);
}

static struct status make_and_read_a_request(void)
{
    struct ca_csr_fields fields = { .common_name = "Ada" };
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    TRY(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    TRY(ca_csr_read(buffer_bytes(&pem), &csr, NULL));
    ca_csr_clear(&csr);
    return OK;
}

static struct status issue(void)
{
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    return ca_certificate_build(&fields, authority_root(&authority),
                                &authority.signer, &der, NULL);
}

static struct status keep_and_read_a_key(void)
{
    AUTO_FREE(ca_key) key = NULL;
    AUTO_FREE(ca_key) read = NULL;
    AUTO_FREE(secret) pem = NULL;
    TRY(ca_key_generate(CA_KEY_P256, &key));
    TRY(ca_key_write(key, &pem));
    return ca_key_read(pem, &read);
}

static void no_failed_allocation_is_fatal(void **state)
{
    (void)state;
    sweep(verify, STATUS_OK);
    sweep(issue, STATUS_OK);
    sweep(make_and_read_a_request, STATUS_OK);
    sweep(keep_and_read_a_key, STATUS_OK);
}

static void no_failed_allocation_makes_a_yes_of_a_no(void **state)
{
    (void)state;
    sweep(verify_forged, STATUS_DENIED);
    sweep(chain_too_late, STATUS_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failed_allocation_is_fatal),
        cmocka_unit_test(no_failed_allocation_makes_a_yes_of_a_no),
    };
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 2;
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
