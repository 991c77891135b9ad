/* In which state a platform is found: each one, merged, and which level it
 * meets. The bugs of other verifiers are named where one is turned. */

#include "tests/attest/kit.h"
#include "tests/support/check.h"

static const char *const all_states[] = {
    "UpToDate",
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "OutOfDate",
    "OutOfDateConfigurationNeeded",
};

static void each_state_is_reported_and_two_are_accepted(void **state)
{
    const struct kit *kit = *state;
    for (int tdx = 0; tdx < 2; tdx++)
        for (size_t i = 0; i < 6; i++) {
            struct attest_verdict v;
            const struct simulator_collateral wanted = {
                .tdx = tdx, .status = all_states[i], .advisories = "A-1,A-2"
            };
            kit_judge_wanted(kit, tdx ? &kit->tdx : &kit->sgx, &wanted, &v);
            assert_int_equal(0, v.failures_count);
            assert_string_equal(all_states[i], v.tcb);
            assert_string_equal(all_states[i], api_tcb_name(v.identity.tcb));
            assert_int_equal(i < 2 ? ATTEST_ACCEPT : ATTEST_REJECT, v.result);
            assert_int_equal(2, v.identity.advisories.count);
            assert_string_equal("A-1", v.identity.advisories.id[0]);
            assert_true(v.identity.tcb_date > 0);
        }
}

/* Other verifiers returned Revoked as success, or as one status of many. */
static void revoked_is_never_acceptable(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral rows[] = {
        { .status = "Revoked" },
        { .qe_status = "Revoked" },
        { .status = "OutOfDate", .qe_status = "Revoked" },
        { .tdx = true, .status = "Revoked" },
        { .tdx = true, .module_status = "Revoked" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attest_verdict v;
        kit_judge_wanted(kit, rows[i].tdx ? &kit->tdx : &kit->sgx, &rows[i],
                         &v);
        assert_string_equal("Revoked", v.tcb);
        assert_int_equal(0, v.identity.tcb); /* so attest_verify() refused */
        assert_int_equal(ATTEST_REJECT, v.result);
    }
}

/* And the missing check for "no level matched". */
static void a_platform_below_every_level_is_refused(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral platform = { .status = "NotSupported" };
    const struct simulator_collateral qe = { .qe_status = "NotSupported" };
    const struct simulator_collateral module = { .tdx = true,
                                                 .module_status =
                                                     "NotSupported" };
    kit_judge_wanted(kit, &kit->sgx, &platform, &v);
    kit_failed_only(&v, "tcb-level-none");
    assert_string_equal("NotSupported", v.tcb);
    kit_judge_wanted(kit, &kit->sgx, &qe, &v);
    kit_failed_only(&v, "qe-tcb-level-none");
    kit_judge_wanted(kit, &kit->tdx, &module, &v);
    kit_failed_only(&v, "tdx-module-level-none");
}

/* Section by section: what an out-of-date part makes of the platform. */
static void a_part_that_is_out_of_date_counts(void **state)
{
    static const char *const merged[] = {
        "OutOfDate",
        "OutOfDate",
        "OutOfDateConfigurationNeeded",
        "OutOfDateConfigurationNeeded",
        "OutOfDate",
        "OutOfDateConfigurationNeeded",
    };
    const struct kit *kit = *state;
    for (size_t i = 0; i < 6; i++) {
        struct attest_verdict v;
        const struct simulator_collateral qe = { .status = all_states[i],
                                                 .qe_status = "OutOfDate" };
        const struct simulator_collateral module = {
            .tdx = true, .status = all_states[i], .module_status = "OutOfDate"
        };
        kit_judge_wanted(kit, &kit->sgx, &qe, &v);
        assert_string_equal(merged[i], v.tcb);
        kit_judge_wanted(kit, &kit->tdx, &module, &v);
        assert_string_equal(merged[i], v.tcb);
    }
}

static void version_2_of_tcb_information_is_read(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral wanted = { .version = 2,
                                                 .status = "OutOfDate" };
    kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
    assert_int_equal(0, v.failures_count);
    assert_string_equal("OutOfDate", v.tcb);
}

/* --- which level --------------------------------------------------------- */

/* Component 3 of the platform is below, all before it are above: by letters
 * and by sums it would pass. */
static void trap(struct collateral_plan *plan)
{
    struct collateral_platform_level *top = &plan->tcb_info.levels[0];
    top->sgx[0] = top->sgx[1] = 0;
    top->sgx[2]++;
}

static void components_are_compared_one_by_one(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral wanted = { .retouch = trap };
    kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
    assert_int_equal(0, v.failures_count);
    assert_string_equal("OutOfDate", v.tcb); /* the level of zeros */
}

static void pcesvn_above(struct collateral_plan *plan)
{
    plan->tcb_info.levels[0].pcesvn++;
}

static void the_pcesvn_counts(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral wanted = { .retouch = pcesvn_above };
    kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
    assert_string_equal("OutOfDate", v.tcb);
}

static void upside_down(struct collateral_plan *plan)
{
    struct collateral_tcb_info *info = &plan->tcb_info;
    struct collateral_platform_level first = info->levels[0];
    info->levels[0] = info->levels[1];
    info->levels[1] = first;
}

/* A verifier that takes the first match in the vendor's order is steered by
 * that order. */
static void the_order_of_levels_does_not_matter(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral wanted = { .retouch = upside_down };
    kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
    assert_string_equal("UpToDate", v.tcb);
}

static void tdx_above(struct collateral_plan *plan)
{
    plan->tcb_info.levels[0].tdx[2]++;
}

/* Its first two components are the module's own business, the third not. */
static void tdx_above_in_the_module(struct collateral_plan *plan)
{
    plan->tcb_info.levels[0].tdx[0] = 99;
    plan->tcb_info.levels[0].tdx[1] = 99;
}

static void tdx_components_count_from_the_third_on(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    struct simulator_collateral wanted = { .tdx = true, .retouch = tdx_above };
    kit_judge_wanted(kit, &kit->tdx, &wanted, &v);
    assert_string_equal("OutOfDate", v.tcb);
    wanted.retouch = tdx_above_in_the_module;
    kit_judge_wanted(kit, &kit->tdx, &wanted, &v);
    assert_string_equal("UpToDate", v.tcb);
}

/* --- the TDX module ------------------------------------------------------ */

static void judge_td(const struct kit *kit, const struct td_report *report,
                     const struct simulator_collateral *wanted,
                     struct attest_verdict *v)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    kit_tdx(kit, report, &quote);
    kit_judge_wanted(kit, &quote, wanted, v);
}

/* Ignored altogether by others. */
static void the_module_is_identified(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral honest = { .tdx = true };
    struct attest_verdict v;
    struct td_report report;
    simulator_td(&report);
    report.tee_tcb_svn[1] = 7;
    judge_td(kit, &report, &honest, &v);
    kit_failed_only(&v, "tdx-module-identity-missing(TDX_07)");
    simulator_td(&report);
    report.mrsignerseam[47] = 1;
    judge_td(kit, &report, &honest, &v);
    kit_failed_only(&v, "mrsignerseam");
    simulator_td(&report);
    report.seamattributes[0] = 1;
    judge_td(kit, &report, &honest, &v);
    kit_failed_only(&v, "seamattributes");
}

static void a_module_of_version_0_is_the_tdxmodules(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral honest = { .tdx = true };
    struct attest_verdict v;
    struct td_report report;
    simulator_td(&report);
    report.tee_tcb_svn[1] = 0;
    judge_td(kit, &report, &honest, &v);
    assert_int_equal(0, v.failures_count);
    report.mrsignerseam[0] = 1;
    judge_td(kit, &report, &honest, &v);
    kit_failed_only(&v, "mrsignerseam");
}

static void newer_module(struct collateral_plan *plan)
{
    struct collateral_module *module = &plan->tcb_info.modules[0];
    module->levels[1] = module->levels[0];
    module->levels[1].says.status = "OutOfDate";
    module->levels[0].isvsvn++;
    module->count = 2;
}

/* The module was updated under the running TD. */
static void a_relaunch_is_advised_where_it_helps(void **state)
{
    const struct kit *kit = *state;
    struct simulator_collateral wanted = { .tdx = true,
                                           .retouch = newer_module };
    struct attest_verdict v;
    struct td_report report;
    simulator_td(&report);
    report.v15 = true;
    memcpy(report.tee_tcb_svn_2, report.tee_tcb_svn, 16);
    judge_td(kit, &report, &wanted, &v);
    assert_string_equal("OutOfDate", v.tcb); /* it is not newer yet */
    report.tee_tcb_svn_2[0]++;
    judge_td(kit, &report, &wanted, &v);
    assert_int_equal(0, v.failures_count);
    assert_string_equal("TDRelaunchAdvised", v.tcb);
    assert_int_equal(ATTEST_REJECT, v.result); /* by default */
    wanted.status = "ConfigurationNeeded";
    judge_td(kit, &report, &wanted, &v);
    assert_string_equal("TDRelaunchAdvisedConfigurationNeeded", v.tcb);
    wanted.status = NULL;
    wanted.qe_status = "OutOfDate"; /* no relaunch mends that */
    judge_td(kit, &report, &wanted, &v);
    assert_string_equal("OutOfDate", v.tcb);
}

/* --- flags --------------------------------------------------------------- */

/* Left to the caller by Intel's own library, and forgotten by callers. */
static void debug_and_weaker_attributes_are_flagged(void **state)
{
    static const struct {
        uint64_t attributes;
        uint32_t flags;
    } rows[] = {
        { TD_SEPT_VE_DISABLE | TD_DEBUG, ATTEST_FLAG_DEBUG },
        { TD_SEPT_VE_DISABLE | TD_MIGRATABLE, ATTEST_FLAG_MIGRATABLE },
        { 0, ATTEST_FLAG_SEPT_VE_DISABLE },
    };
    const struct kit *kit = *state;
    const struct simulator_collateral honest = { .tdx = true };
    struct attest_verdict v;
    struct td_report report;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        simulator_td(&report);
        report.attributes = rows[i].attributes;
        judge_td(kit, &report, &honest, &v);
        assert_int_equal(0, v.failures_count);
        assert_int_equal(rows[i].flags, v.flags);
        assert_int_equal(ATTEST_REJECT, v.result);
        assert_int_equal((rows[i].flags & ATTEST_FLAG_DEBUG) != 0,
                         v.identity.debug);
    }
    simulator_td(&report);
    report.v15 = true;
    report.mrservicetd[0] = 1;
    judge_td(kit, &report, &honest, &v);
    assert_int_equal(ATTEST_FLAG_MRSERVICETD, v.flags);
}

/* No rule allows these, so attest_verify() does not even report them. */
static void reserved_debug_bits_are_refused(void **state)
{
    const struct kit *kit = *state;
    AUTO_CLEAR_BUFFER quote = { 0 };
    struct td_report report;
    struct attest_identity identity;
    struct reason why = { "" };
    simulator_td(&report);
    report.attributes |= 2;
    kit_tdx(kit, &report, &quote);
    struct attest_question asked =
        attest_ask(buffer_bytes(&quote), kit->anchors, 1, KIT_NOW);
    assert_status(STATUS_DENIED, attest_verify(&asked, &identity, &why));
    assert_string_equal("attributes: TUD-reserved", why.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_is_reported_and_two_are_accepted),
        cmocka_unit_test(revoked_is_never_acceptable),
        cmocka_unit_test(a_platform_below_every_level_is_refused),
        cmocka_unit_test(a_part_that_is_out_of_date_counts),
        cmocka_unit_test(version_2_of_tcb_information_is_read),
        cmocka_unit_test(components_are_compared_one_by_one),
        cmocka_unit_test(the_pcesvn_counts),
        cmocka_unit_test(the_order_of_levels_does_not_matter),
        cmocka_unit_test(tdx_components_count_from_the_third_on),
        cmocka_unit_test(the_module_is_identified),
        cmocka_unit_test(a_module_of_version_0_is_the_tdxmodules),
        cmocka_unit_test(a_relaunch_is_advised_where_it_helps),
        cmocka_unit_test(debug_and_weaker_attributes_are_flagged),
        cmocka_unit_test(reserved_debug_bits_are_refused),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
