/* Every allocation of the simulator may fail, and it says so. */

#include "tests/support/check.h"

#include "agent/simulator_claim.h"
#include "agent/simulator_collateral.h"
#include "agent/simulator_nitro.h"
#include "api/api.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torture.h"

#define NOW 1750000000u

static struct temp_dir dir;

static struct status claim(uint8_t kind)
{
    const struct simulator_claim wanted = { .kind = kind };
    AUTO_FREE(simulator) simulator = NULL;
    AUTO_CLEAR_BUFFER out = buffer_make((size_t)32 * 1024);
    TRY(simulator_open(temp_dir_path(&dir, "sim"), &simulator, NULL));
    return simulator_claim(simulator, &wanted, NOW, &out, NULL);
}

static struct status claim_sgx(void)
{
    return claim(API_KIND_SGX);
}

static struct status claim_tdx(void)
{
    return claim(API_KIND_TDX);
}

static struct status claim_nitro(void)
{
    return claim(API_KIND_NITRO);
}

static struct status make_collateral(void)
{
    const struct simulator_collateral wanted = { .tdx = true,
                                                 .advisories = "A,B",
                                                 .revoke_pck = true };
    AUTO_COLLATERAL files = { 0 };
    return simulator_collateral_make(temp_dir_path(&dir, "sim"), &wanted, NOW,
                                     &files, NULL);
}

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    const char *sim;
    dir = temp_dir_make();
    sim = temp_dir_path(&dir, "sim");
    assert_ok(simulator_make(sim, NOW, NULL));
    assert_ok(simulator_nitro_make(sim, NOW, NULL));
    assert_true(torture(claim_sgx) > 3);
    assert_true(torture(claim_tdx) > 3);
    assert_true(torture(claim_nitro) > 3);
    assert_true(torture(make_collateral) > 10);
    temp_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_out_of_memory_is_said),
    };
    assert_ok(secret_heap_open((size_t)512 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
