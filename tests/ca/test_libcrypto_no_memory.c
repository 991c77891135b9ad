/* Allocations of libcrypto fail in turn: nothing crashes or leaks, and no
 * "no" becomes a "yes". */

#include "tests/support/check.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "tests/ca/authority.h"

static long countdown; /* allocations until one fails; 0: none does */
static bool fired;

static bool this_one_fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    fired = true;
    return true;
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

/* Runs the scenario once for each allocation (of thousands: for every
 * `step`th), which fails. It must end in `clean` when none does, and never in
 * OK when `clean` is not OK. */
static void sweep(struct status (*scenario)(void), long step,
                  enum status_code clean)
{
    long n = 1;
    assert_status(clean, scenario());
    do {
        countdown = n;
        fired = false;
        struct status got = scenario();
        countdown = 0;
        if (clean != STATUS_OK)
            assert_true(failed(got));
        n += step;
    } while (fired);
    assert_true(n > 100);
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

static struct status read_request(void)
{
    struct ca_csr_fields fields = { .common_name = "Ada" };
    struct ca_csr csr;
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    TRY(ca_csr_make(&fields, sample_key(CA_KEY_P256), &pem, NULL));
    TRY(ca_csr_read(buffer_bytes(&pem), &csr, NULL));
    ca_csr_clear(&csr);
    return OK;
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
    sweep(verify, 1, STATUS_OK);
    sweep(read_request, 13, STATUS_OK);
    sweep(keep_and_read_a_key, 1, STATUS_OK);
}

static void no_failed_allocation_makes_a_yes_of_a_no(void **state)
{
    (void)state;
    sweep(verify_forged, 1, STATUS_DENIED);
    sweep(chain_too_late, 7, STATUS_DENIED);
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
