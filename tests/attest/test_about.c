/* What the vendor says must be about this platform, by enough of evaluation,
 * and is read exactly. */

#include "tests/attest/kit.h"
#include "tests/support/check.h"

static const struct simulator_collateral honest = { .tdx = false };

/* --- which evaluation ---------------------------------------------------- */

static void ask_evaluation(const struct kit *kit, uint32_t least,
                           const struct simulator_collateral *wanted,
                           struct attest_verdict *v)
{
    AUTO_COLLATERAL files = { 0 };
    struct reason why = { "" };
    kit_make(kit, false, wanted, &files);
    struct attest_collateral c = kit_collateral(&files);
    struct attest_question asked =
        attest_ask(buffer_bytes(&kit->sgx), kit->anchors, 1, KIT_NOW);
    asked.collateral = &c;
    asked.evaluation_min = least;
    assert_ok(attest_judge(&asked, v, &why));
}

static void older_identity(struct collateral_plan *plan)
{
    plan->enclave.evaluation--;
}

/* The vendor publishes several at once: whoever chooses, chooses the verdict.
 */
static void the_least_evaluation_is_held(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral seventeen = { .evaluation = 17 };
    const struct simulator_collateral mixed = { .evaluation = 18,
                                                .retouch = older_identity };
    struct attest_verdict v;
    ask_evaluation(kit, 17, &seventeen, &v);
    assert_int_equal(0, v.failures_count);
    ask_evaluation(kit, 18, &seventeen, &v);
    kit_failed(&v, "tcbInfo-evaluation");
    kit_failed(&v, "enclaveIdentity-evaluation");
    ask_evaluation(kit, 17, &mixed, &v);
    kit_failed_only(&v, "evaluation-mismatch");
}

/* --- about this platform ------------------------------------------------- */

static void other_fmspc(struct collateral_plan *plan)
{
    plan->tcb_info.fmspc[5] ^= 1;
}
static void other_pceid(struct collateral_plan *plan)
{
    plan->tcb_info.pceid[0] ^= 1;
}
static void other_type(struct collateral_plan *plan)
{
    plan->tcb_info.type = 1;
}
static void other_version(struct collateral_plan *plan)
{
    plan->tcb_info.version = 4;
}
static void other_id(struct collateral_plan *plan)
{
    plan->tcb_info.id = "TDX";
}
static void unknown_status(struct collateral_plan *plan)
{
    plan->tcb_info.levels[1].says.status = "QuiteFine";
}
static void our_own_status(struct collateral_plan *plan)
{
    plan->tcb_info.levels[0].says.status = "unevaluated";
}
static void no_level(struct collateral_plan *plan)
{
    plan->tcb_info.count = 0;
}
static void other_qe_id(struct collateral_plan *plan)
{
    plan->enclave.id = "TD_QE";
}
static void other_qe_version(struct collateral_plan *plan)
{
    plan->enclave.version = 3;
}
static void other_qe_signer(struct collateral_plan *plan)
{
    plan->enclave.mrsigner[0] ^= 1;
}
static void other_qe_product(struct collateral_plan *plan)
{
    plan->enclave.isvprodid++;
}
static void other_qe_attributes(struct collateral_plan *plan)
{
    plan->enclave.attributes[0] ^= 2; /* DEBUG, which the mask leaves in */
}
static void other_qe_miscselect(struct collateral_plan *plan)
{
    plan->enclave.miscselect[0] ^= 1;
    plan->enclave.miscselect_mask[0] = 0xff;
}
static void unknown_qe_status(struct collateral_plan *plan)
{
    plan->enclave.levels[0].says.status = "Fine";
}
static void no_qe_level(struct collateral_plan *plan)
{
    plan->enclave.count = 0;
}

static void what_is_said_must_be_about_this_platform(void **state)
{
    static const struct {
        void (*retouch)(struct collateral_plan *plan);
        const char *token; /* "": begins with it */
        bool by_beginning;
    } rows[] = {
        { other_fmspc, "fmspc-mismatch(", true },
        { other_pceid, "pceid-mismatch", false },
        { other_type, "tcbinfo-malformed", false },
        { other_version, "tcbinfo-malformed", false },
        { other_id, "tcbinfo-id", false },
        { unknown_status, "tcbinfo-unknown-status", false },
        { our_own_status, "tcbinfo-unknown-status", false },
        { no_level, "tcbinfo-malformed", false },
        { other_qe_id, "enclaveIdentity-id", false },
        { other_qe_version, "enclaveIdentity-malformed", false },
        { other_qe_signer, "qe-mrsigner", false },
        { other_qe_product, "qe-isvprodid", false },
        { other_qe_attributes, "qe-attributes", false },
        { other_qe_miscselect, "qe-miscselect", false },
        { unknown_qe_status, "enclaveIdentity-malformed", false },
        { no_qe_level, "enclaveIdentity-malformed", false },
    };
    const struct kit *kit = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attest_verdict v;
        const struct simulator_collateral wanted = { .retouch =
                                                         rows[i].retouch };
        kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
        if (!rows[i].by_beginning)
            kit_failed_only(&v, rows[i].token);
        else if (v.failures_count != 1 ||
                 strncmp(v.failures[0].token, rows[i].token,
                         strlen(rows[i].token)) != 0)
            fail_msg("row %zu: \"%s\"", i, v.failures[0].token);
    }
}

/* Shorter lists were cut silently where two were walked side by side. */
static void sixteen_components_are_sixteen(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    static const char last[] = ",{\"svn\":0}]";
    char *at = strstr((char *)files.tcb_info.data, last);
    assert_non_null(at);
    memcpy(at, "]          ", sizeof(last) - 1); /* as long, one less */
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed(&v, "tcbInfo-sig");
    kit_failed(&v, "tcbinfo-component-count");
    assert_null(v.tcb);
}

/* --- as one string ------------------------------------------------------- */

static void it_travels_as_one_string(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER encoded = buffer_make(ATTEST_COLLATERAL_MAX);
    struct attest_collateral back = { .tcb_info = { 0 } };
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    assert_ok(attest_collateral_encode(&c, &encoded));
    assert_ok(attest_collateral_decode(buffer_bytes(&encoded), &back));
    assert_true(bytes_equal(c.tcb_info, back.tcb_info));
    assert_true(bytes_equal(c.pck_crl, back.pck_crl));
    for (size_t len = 0; len < encoded.len; len += 7)
        assert_true(failed(
            attest_collateral_decode(bytes_of(encoded.data, len), &back)));
    buffer_put_u8(&encoded, 0);
    assert_true(
        failed(attest_collateral_decode(buffer_bytes(&encoded), &back)));
    encoded.len--;
    encoded.data[0] = 2;
    assert_true(
        failed(attest_collateral_decode(buffer_bytes(&encoded), &back)));
    c.tcb_info.len = ATTEST_COLLATERAL_MAX;
    AUTO_CLEAR_BUFFER huge = buffer_make(ATTEST_COLLATERAL_MAX);
    assert_status(STATUS_INVALID, attest_collateral_encode(&c, &huge));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_evaluation_is_held),
        cmocka_unit_test(what_is_said_must_be_about_this_platform),
        cmocka_unit_test(sixteen_components_are_sixteen),
        cmocka_unit_test(it_travels_as_one_string),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
