/* What the simulator makes is what a verifier accepts, when its root was named
 * and not otherwise; and each state of its collateral is judged as such. */

#include "tests/support/check.h"

#include "agent/simulator_claim.h"
#include "agent/simulator_collateral.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "attest/attest.h"
#include "tests/support/temp_dir.h"

#define NOW 1750000000u
#define DAY 86400u

static struct temp_dir dir;

/* Two simulators with the same names and different keys. */
static struct simulator *simulators[2];
static const char *const names[2] = { "one", "two" };

static int setup(void **state)
{
    (void)state;
    dir = temp_dir_make();
    for (size_t i = 0; i < 2; i++) {
        const char *path = temp_dir_path(&dir, names[i]);
        assert_ok(simulator_make(path, NOW, NULL));
        assert_ok(simulator_nitro_make(path, NOW, NULL));
        assert_ok(
            simulator_snp_make(path, i ? SNP_TURIN : SNP_MILAN, NOW, NULL));
        assert_ok(simulator_open(path, &simulators[i], NULL));
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    simulator_free(simulators[0]);
    simulator_free(simulators[1]);
    temp_dir_remove(&dir);
    return 0;
}

static struct attest_anchor anchor_of(size_t i, uint8_t kind)
{
    const struct simulator *s = simulators[i];
    struct attest_anchor anchor;
    struct bytes pem =
        kind == API_KIND_SNP     ? simulator_snp_root_pem(simulator_snp(s))
        : kind == API_KIND_NITRO ? simulator_nitro_root_pem(simulator_nitro(s))
                                 : simulator_root_pem(s);
    assert_ok(attest_anchor_read(pem, names[i], true, &anchor, NULL));
    return anchor;
}

static struct simulator_claim claim_of(uint8_t kind, uint16_t version)
{
    struct simulator_claim claim = { .kind = kind, .version = version };
    memset(claim.measurement.bytes, 0x77, HASH_LEN);
    for (unsigned char i = 0; i < sizeof(claim.report_data); i++)
        claim.report_data[i] = (unsigned char)(i + 1);
    return claim;
}

static void make(const struct simulator_claim *claim, struct buffer *out)
{
    struct reason why = { "" };
    if (failed(simulator_claim(simulators[0], claim, NOW, out, &why)))
        fail_msg("%s", why.text);
}

static struct attest_verdict judge(const struct buffer *evidence,
                                   const struct attest_anchor *anchors,
                                   size_t count,
                                   const struct attest_collateral *collateral)
{
    struct attest_verdict verdict;
    struct attest_question question =
        attest_ask(buffer_bytes(evidence), anchors, count, NOW);
    question.collateral = collateral;
    assert_ok(attest_judge(&question, &verdict, NULL));
    return verdict;
}

/* The part that was measured. */
static const unsigned char *measured(const struct attest_identity *id)
{
    switch (id->kind & API_KIND_PLATFORM) {
    case API_KIND_SGX: return id->sgx.mrenclave;
    case API_KIND_TDX: return id->tdx.rtmr[2];
    case API_KIND_SNP: return id->snp.measurement;
    default: return id->nitro.pcr[1];
    }
}

static const struct {
    uint8_t kind;
    uint16_t version;
    enum attest_result result; /* without collateral */
} kinds[] = {
    { API_KIND_SGX, 3, ATTEST_SIG_OK },   { API_KIND_SGX, 4, ATTEST_SIG_OK },
    { API_KIND_SGX, 5, ATTEST_SIG_OK },   { API_KIND_TDX, 4, ATTEST_SIG_OK },
    { API_KIND_TDX, 5, ATTEST_SIG_OK },   { API_KIND_SNP, 0, ATTEST_ACCEPT },
    { API_KIND_NITRO, 0, ATTEST_ACCEPT },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void each_kind_is_accepted_under_its_own_root(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
        struct simulator_claim claim =
            claim_of(kinds[i].kind, kinds[i].version);
        struct attest_anchor anchor = anchor_of(0, kinds[i].kind);
        make(&claim, &evidence);
        struct attest_verdict v = judge(&evidence, &anchor, 1, NULL);
        if (v.failures_count > 0)
            fail_msg("row %zu: %s: %s", i, v.failures[0].token,
                     v.failures[0].sentence);
        assert_int_equal(v.result, kinds[i].result);
        assert_int_equal(v.flags, 0);
        assert_int_equal(v.identity.kind, kinds[i].kind | API_KIND_SIMULATED);
        assert_memory_equal(v.identity.report_data, claim.report_data, 64);
        assert_memory_equal(measured(&v.identity), claim.measurement.bytes,
                            HASH_LEN);
        assert_false(v.identity.debug);
    }
}

static void no_kind_is_accepted_under_another_root_of_the_same_name(
    void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
        struct simulator_claim claim =
            claim_of(kinds[i].kind, kinds[i].version);
        struct attest_anchor all[4] = { anchor_of(1, API_KIND_SGX),
                                        anchor_of(1, API_KIND_SNP),
                                        anchor_of(1, API_KIND_NITRO) };
        make(&claim, &evidence);
        struct attest_verdict v = judge(&evidence, all, 3, NULL);
        assert_int_equal(v.result, ATTEST_REJECT);
        assert_true(v.failures_count > 0);
        /* With the right one beside them it is found. */
        all[3] = anchor_of(0, kinds[i].kind);
        assert_int_equal(judge(&evidence, all, 4, NULL).result,
                         kinds[i].result);
    }
}

/* Its TCB bytes are in another order, and its chips have short names. */
static void a_host_of_another_product_is_accepted_too(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct simulator_claim claim = claim_of(API_KIND_SNP, 0);
    struct attest_anchor anchor = anchor_of(1, API_KIND_SNP);
    assert_ok(simulator_claim(simulators[1], &claim, NOW, &evidence, NULL));
    struct attest_verdict v = judge(&evidence, &anchor, 1, NULL);
    if (v.failures_count > 0)
        fail_msg("%s: %s", v.failures[0].token, v.failures[0].sentence);
    assert_int_equal(v.result, ATTEST_ACCEPT);
}

static void debug_is_seen_in_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
        struct simulator_claim claim =
            claim_of(kinds[i].kind, kinds[i].version);
        struct attest_anchor anchor = anchor_of(0, kinds[i].kind);
        claim.debug = true;
        make(&claim, &evidence);
        struct attest_verdict v = judge(&evidence, &anchor, 1, NULL);
        assert_true(v.identity.debug);
        assert_int_not_equal(v.result, ATTEST_ACCEPT);
    }
}

/* --- collateral
 * ---------------------------------------------------------------- */

static struct attest_collateral borrow(const struct collateral_files *files)
{
    return (struct attest_collateral){
        .tcb_info = buffer_bytes(&files->tcb_info),
        .qe_identity = buffer_bytes(&files->qe_identity),
        .tcb_signing_chain = buffer_bytes(&files->tcb_signing_chain),
        .root_crl = buffer_bytes(&files->root_crl),
        .pck_crl = buffer_bytes(&files->pck_crl),
    };
}

#define ACCEPT ATTEST_ACCEPT
#define REJECT ATTEST_REJECT

/* clang-format off */
static const struct {
    struct simulator_collateral wanted;
    enum attest_result result;
    const char *tcb, *failure; /* the beginning of the first; NULL: none */
} states[] = {
    { { 0 },                                             ACCEPT, "UpToDate", NULL },
    { { .version = 2 },                                  ACCEPT, "UpToDate", NULL },
    { { .status = "SWHardeningNeeded", .advisories = "INTEL-SA-00615" }, ACCEPT, "SWHardeningNeeded", NULL },
    { { .status = "ConfigurationNeeded" },               REJECT, "ConfigurationNeeded", NULL },
    { { .status = "ConfigurationAndSWHardeningNeeded" }, REJECT, "ConfigurationAndSWHardeningNeeded", NULL },
    { { .status = "OutOfDate" },                         REJECT, "OutOfDate", NULL },
    { { .status = "OutOfDateConfigurationNeeded" },      REJECT, "OutOfDateConfigurationNeeded", NULL },
    { { .status = "Revoked" },                           REJECT, "Revoked", NULL },
    { { .status = "NotSupported" },                      REJECT, "NotSupported", "tcb-level-none" },
    { { .status = "AllIsWell" },                         REJECT, NULL, "tcbinfo-unknown-status" },
    { { .qe_status = "OutOfDate" },                      REJECT, "OutOfDate", NULL },
    { { .qe_status = "Revoked" },                        REJECT, "Revoked", NULL },
    { { .issued = NOW - 9 * DAY, .next_update = NOW - 1 }, REJECT, NULL, "" },
    { { .issued = NOW + DAY },                           REJECT, NULL, "" },
    { { .revoke_pck = true },                            REJECT, NULL, "pck_ca.crl.der-REVOKED" },
    { { .revoke_platform_ca = true },                    REJECT, NULL, "root_ca.crl.der-REVOKED" },
    { { .revoke_tcb_signing = true },                    REJECT, NULL, "root_ca.crl.der-REVOKED" },
    { { .tdx = true },                                   ACCEPT, "UpToDate", NULL },
    { { .tdx = true, .status = "OutOfDate" },            REJECT, "OutOfDate", NULL },
    { { .tdx = true, .module_status = "OutOfDate" },     REJECT, "OutOfDate", NULL },
    { { .tdx = true, .module_status = "Revoked" },       REJECT, "Revoked", NULL },
    { { .tdx = true, .qe_status = "Revoked" },           REJECT, "Revoked", NULL },
};
/* clang-format on */

static void check_state(size_t i, uint16_t version)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    AUTO_COLLATERAL files = { 0 };
    uint8_t kind = states[i].wanted.tdx ? API_KIND_TDX : API_KIND_SGX;
    struct simulator_claim claim = claim_of(kind, version);
    struct attest_anchor anchor = anchor_of(0, kind);
    make(&claim, &evidence);
    assert_ok(simulator_collateral_make(temp_dir_path(&dir, "one"),
                                        &states[i].wanted, NOW, &files, NULL));
    struct attest_collateral collateral = borrow(&files);
    struct attest_verdict v = judge(&evidence, &anchor, 1, &collateral);
    const char *first = v.failures_count ? v.failures[0].token : NULL;
    const char *wanted = states[i].failure;
    if (v.result != states[i].result ||
        (states[i].tcb && (!v.tcb || strcmp(v.tcb, states[i].tcb) != 0)) ||
        (wanted && (!first || strncmp(first, wanted, strlen(wanted)) != 0)))
        fail_msg("row %zu, version %u: result %d, %s, %s", i, (unsigned)version,
                 v.result, v.tcb ? v.tcb : "-", first ? first : "-");
}

static void every_state_of_the_collateral_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        for (uint16_t v = states[i].wanted.tdx ? 4 : 3; v <= 5; v++)
            check_state(i, v);
}

static void collateral_of_another_root_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral honest = { 0 };
    const struct attest_anchor both[] = { anchor_of(0, API_KIND_SGX),
                                          anchor_of(1, API_KIND_SGX) };
    struct simulator_claim claim = claim_of(API_KIND_SGX, 3);
    make(&claim, &evidence);
    assert_ok(simulator_collateral_make(temp_dir_path(&dir, "two"), &honest,
                                        NOW, &files, NULL));
    struct attest_collateral collateral = borrow(&files);
    assert_int_equal(judge(&evidence, both, 2, &collateral).result,
                     ATTEST_REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_accepted_under_its_own_root),
        cmocka_unit_test(
            no_kind_is_accepted_under_another_root_of_the_same_name),
        cmocka_unit_test(a_host_of_another_product_is_accepted_too),
        cmocka_unit_test(debug_is_seen_in_every_kind),
        cmocka_unit_test(every_state_of_the_collateral_is_judged),
        cmocka_unit_test(collateral_of_another_root_vouches_for_nothing),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, setup, teardown);
}
