/* Allocations of libcrypto fail in turn while quotes and collateral are judged:
 * nothing crashes, and no "no" becomes a "yes". */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "tests/attest/kit.h"
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

/* Both ways of asking, once for each allocation that fails. What is refused
 * or not evaluated when nothing fails is never accepted. */
static void sweep(const struct kit *kit, struct bytes quote,
                  const struct simulator_collateral *wanted, bool genuine)
{
    AUTO_COLLATERAL files = { 0 };
    struct attest_identity id;
    static struct attest_verdict v;
    kit_make(kit, false, wanted, &files);
    struct attest_collateral collateral = kit_collateral(&files);
    struct attest_question asked = attest_ask(quote, kit->anchors, 1, KIT_NOW);
    asked.collateral = &collateral;
    assert_int_equal(failed(attest_verify(&asked, &id, NULL)), !genuine);
    made = 0;
    assert_int_equal(failed(attest_verify(&asked, &id, NULL)), !genuine);
    long count = made;
    assert_true(count > 100);
    for (long n = 1; n <= count; n += 1 + count / 200) {
        countdown = n;
        struct status got = attest_verify(&asked, &id, NULL);
        countdown = n;
        struct status all = attest_judge(&asked, &v, NULL);
        countdown = 0;
        assert_true(genuine || failed(got));
        assert_true(genuine || failed(all) || v.result == ATTEST_REJECT);
        assert_true(!failed(got) || got.code == STATUS_NO_MEMORY ||
                    got.code == STATUS_DENIED || got.code == STATUS_INVALID ||
                    got.code == STATUS_CORRUPT ||
                    got.code == STATUS_UNAVAILABLE);
    }
    assert_int_equal(failed(attest_verify(&asked, &id, NULL)), !genuine);
}

static void no_failed_allocation_is_fatal(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral sgx = { .tdx = false };
    const struct simulator_collateral tdx = { .tdx = true };
    sweep(kit, buffer_bytes(&kit->sgx), &sgx, true);
    sweep(kit, buffer_bytes(&kit->tdx15), &tdx, true);
}

static void no_failed_allocation_makes_a_yes_of_a_no(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral honest = { .tdx = false };
    const struct simulator_collateral refused[] = {
        { .status = "Revoked" },        { .status = "NotSupported" },
        { .qe_status = "Revoked" },     { .revoke_pck = true },
        { .revoke_platform_ca = true }, { .revoke_tcb_signing = true },
    };
    AUTO_CLEAR_BUFFER changed = buffer_make(ATTEST_EVIDENCE_MAX);
    buffer_put(&changed, buffer_bytes(&kit->sgx));
    assert_ok(buffer_status(&changed));
    changed.data[30] ^= 1; /* user data: signed, and says nothing */
    sweep(kit, buffer_bytes(&changed), &honest, false);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        sweep(kit, buffer_bytes(&kit->sgx), &refused[i], false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failed_allocation_is_fatal),
        cmocka_unit_test(no_failed_allocation_makes_a_yes_of_a_no),
    };
    assert_int_equal(CRYPTO_set_mem_functions(allocate, reallocate, release),
                     1);
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
