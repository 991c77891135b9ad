/* Advisories: a rule may except some, so none may be lost on the way. */

#include <stdio.h>

#include "tests/attest/kit.h"
#include "tests/support/check.h"

/* "SA-00001,SA-00002,...": this many. */
static const char *list(char *out, size_t size, unsigned first, unsigned count)
{
    size_t at = 0;
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(out + at, size - at, "%sSA-%05u",
                               i == 0 ? "" : ",", first + i);
    return out;
}

static char of_module[1024], of_enclave[1024];

static void more_of_the_parts(struct collateral_plan *plan)
{
    plan->tcb_info.modules[0].levels[0].says.advisories = of_module;
    plan->enclave.levels[0].says.advisories = of_enclave;
}

static void judge(const struct kit *kit, const struct buffer *quote,
                  const char *platforms, struct attest_verdict *out)
{
    const struct simulator_collateral wanted = { .tdx = quote != &kit->sgx,
                                                 .advisories = platforms,
                                                 .retouch = more_of_the_parts };
    kit_judge_wanted(kit, quote, &wanted, out);
}

static void all_that_apply_are_collected_each_once(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    (void)snprintf(of_enclave, sizeof(of_enclave), "QE-1,BOTH-1");
    (void)snprintf(of_module, sizeof(of_module), "MODULE-1,BOTH-1");
    judge(kit, &kit->tdx, "PLATFORM-1,BOTH-1", &v);
    assert_int_equal(0, v.failures_count);
    assert_int_equal(4, v.identity.advisories.count);
    assert_string_equal("QE-1", v.identity.advisories.id[0]);
    assert_string_equal("BOTH-1", v.identity.advisories.id[1]);
    assert_string_equal("PLATFORM-1", v.identity.advisories.id[2]);
    assert_string_equal("MODULE-1", v.identity.advisories.id[3]);
}

static void one_too_many_is_a_failure_wherever_it_comes_from(void **state)
{
    const struct kit *kit = *state;
    static const struct {
        unsigned enclave, platform, module;
    } parts[] = { { 65, 0, 0 }, { 0, 65, 0 }, { 0, 0, 65 }, { 30, 30, 5 } };
    char platforms[1024];
    struct attest_verdict v;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        list(of_enclave, sizeof(of_enclave), 100, parts[i].enclave);
        list(of_module, sizeof(of_module), 300, parts[i].module);
        list(platforms, sizeof(platforms), 200, parts[i].platform);
        if (parts[i].enclave == 0)
            of_enclave[0] = '\0';
        if (parts[i].module == 0)
            of_module[0] = '\0';
        if (parts[i].platform == 0)
            platforms[0] = '\0';
        judge(kit, &kit->tdx, platforms, &v);
        kit_failed_only(&v, "advisories");
    }
    list(of_enclave, sizeof(of_enclave), 100, 30);
    list(of_module, sizeof(of_module), 300, 4);
    judge(kit, &kit->tdx, list(platforms, sizeof(platforms), 200, 30), &v);
    assert_int_equal(0, v.failures_count);
    assert_int_equal(64, v.identity.advisories.count);
}

static void an_id_is_not_cut(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    of_enclave[0] = of_module[0] = '\0';
    judge(kit, &kit->sgx, "123456789012345678901234", &v);
    assert_int_equal(0, v.failures_count);
    assert_string_equal("123456789012345678901234",
                        v.identity.advisories.id[0]);
    judge(kit, &kit->sgx, "1234567890123456789012345", &v);
    kit_failed_only(&v, "tcbinfo-malformed");
    (void)snprintf(of_enclave, sizeof(of_enclave), "1234567890123456789012345");
    judge(kit, &kit->sgx, NULL, &v);
    kit_failed_only(&v, "enclaveIdentity-malformed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_apply_are_collected_each_once),
        cmocka_unit_test(one_too_many_is_a_failure_wherever_it_comes_from),
        cmocka_unit_test(an_id_is_not_cut),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
