/* Allocations of libcrypto fail in turn while SEV-SNP and Nitro evidence is
 * judged: nothing crashes, and no "no" becomes a "yes". */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "tests/attest/forge_nitro.h"
#include "tests/attest/forge_snp.h"
#include "tests/support/check.h"

static long made;      /* allocations so far                        */
static long countdown; /* allocations until one fails; 0: none does */

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

/* Judges the evidence once for each allocation that fails (of many: for some
 * hundreds). Genuine evidence may be refused for it; forged is never
 * accepted. */
static void sweep(struct bytes evidence, const struct attest_anchor *anchor,
                  bool genuine)
{
    struct attest_question question =
        attest_ask(evidence, anchor, 1, VENDOR_NOW);
    struct attest_identity id;
    struct status clean = attest_verify(&question, &id, NULL);
    made = 0;
    clean = attest_verify(&question, &id, NULL);
    assert_int_equal(failed(clean), !genuine);
    long count = made;
    assert_true(count > 100);
    for (long n = 1; n <= count; n += 1 + count / 600) {
        countdown = n;
        struct status got = attest_verify(&question, &id, NULL);
        countdown = 0;
        assert_true(genuine || failed(got));
    }
    clean = attest_verify(&question, &id, NULL);
    assert_int_equal(failed(clean), !genuine);
}

static void sweep_snp(bool genuine)
{
    AUTO_SNP_FORGE forge;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    snp_forge_init(&forge);
    if (!genuine)
        forge.endorsement = forge.keys[4];
    snp_forge_write(&forge, &evidence);
    sweep(buffer_bytes(&evidence), &forge.anchor, genuine);
}

static void sweep_nitro(bool genuine)
{
    AUTO_NITRO_FORGE forge;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    nitro_forge_init(&forge);
    if (!genuine)
        forge.signer = forge.keys[4];
    nitro_forge_write(&forge, &evidence);
    sweep(buffer_bytes(&evidence), &forge.anchor, genuine);
}

static void no_failed_allocation_is_fatal(void **state)
{
    (void)state;
    sweep_snp(true);
    sweep_nitro(true);
}

static void no_failed_allocation_makes_a_yes_of_a_no(void **state)
{
    (void)state;
    sweep_snp(false);
    sweep_nitro(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failed_allocation_is_fatal),
        cmocka_unit_test(no_failed_allocation_makes_a_yes_of_a_no),
    };
    assert_int_equal(CRYPTO_set_mem_functions(allocate, reallocate, release),
                     1);
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
