/* Simulated evidence is accepted when, and only when, somebody named that very
 * simulator's root as a simulator's: the two directions, names that are the
 * same, and collateral that was mixed. */

#include "agent/simulator.h"
#include "agent/simulator_collateral.h"
#include "attest/attest.h"
#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#define NOW ((uint64_t)1900000000)

enum { ONE, OTHER, SIMULATORS };

static struct temp_dir dir;
static struct simulator *simulator[SIMULATORS];
static struct attest_anchor anchor[SIMULATORS];
static struct buffer quote[SIMULATORS];
static struct collateral_files files[SIMULATORS];
static struct attest_collateral collateral[SIMULATORS];

static void make(size_t which)
{
    static const char *const names[] = { "one", "other" };
    const char *place = temp_dir_path(&dir, names[which]);
    const struct simulator_collateral good = { .tdx = false };
    struct simulator_request request = { .isvprodid = 1, .isvsvn = 2 };
    struct collateral_files *f = &files[which];
    struct reason why = { "" };
    memset(request.mrenclave, 0x11, 32);
    memset(request.mrsigner, 0x22, 32);
    assert_ok(simulator_make(place, NOW, &why));
    place = temp_dir_path(&dir, names[which]);
    assert_ok(simulator_open(place, &simulator[which], &why));
    assert_ok(attest_anchor_read(simulator_root_pem(simulator[which]),
                                 names[which], true, &anchor[which], &why));
    quote[which] = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(simulator_sgx_quote(simulator[which], &request, NOW,
                                  &quote[which], &why));
    place = temp_dir_path(&dir, names[which]);
    assert_ok(simulator_collateral_make(place, &good, NOW, f, &why));
    collateral[which] = (struct attest_collateral){
        buffer_bytes(&f->tcb_info), buffer_bytes(&f->qe_identity),
        buffer_bytes(&f->tcb_signing_chain), buffer_bytes(&f->root_crl),
        buffer_bytes(&f->pck_crl)
    };
}

static int start(void **state)
{
    (void)state;
    if (failed(secret_heap_open(1 << 20)))
        return -1;
    dir = temp_dir_make();
    make(ONE);
    make(OTHER);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIMULATORS; i++) {
        simulator_free(simulator[i]);
        buffer_clear(&quote[i]);
        collateral_files_clear(&files[i]);
    }
    temp_dir_remove(&dir);
    return 0;
}

static struct status ask(const struct attest_anchor *anchors, size_t count,
                         const struct attest_collateral *with,
                         struct attest_identity *out)
{
    struct attest_question question =
        attest_ask(buffer_bytes(&quote[ONE]), anchors, count, NOW);
    struct reason why = { "" };
    question.collateral = with;
    struct status s = attest_verify(&question, out, &why);
    if (failed(s))
        print_message("%s\n", why.text);
    return s;
}

static void under_its_own_root_it_is_accepted_and_labelled(void **state)
{
    (void)state;
    struct attest_identity id;
    assert_ok(ask(&anchor[ONE], 1, &collateral[ONE], &id));
    assert_int_equal(id.kind, API_KIND_SGX | API_KIND_SIMULATED);
    assert_int_equal(id.tcb, API_TCB_UP_TO_DATE);
    assert_ok(ask(anchor, SIMULATORS, &collateral[ONE], &id));
    assert_true(hash_equal(&id.anchor, &anchor[ONE].spki));
}

static void under_anothers_root_of_the_same_names_it_is_refused(void **state)
{
    (void)state;
    struct attest_identity id;
    assert_status(STATUS_DENIED, ask(&anchor[OTHER], 1, NULL, &id));
    assert_status(STATUS_DENIED,
                  ask(&anchor[OTHER], 1, &collateral[OTHER], &id));
}

/* As a vendor's root it vouches only for evidence of its own. */
static void under_a_production_root_it_is_refused(void **state)
{
    (void)state;
    struct attest_identity id;
    struct attest_anchor production = anchor[OTHER];
    production.simulated = false;
    assert_status(STATUS_DENIED, ask(&production, 1, NULL, &id));
}

static void collateral_of_another_root_judges_nothing(void **state)
{
    (void)state;
    struct attest_identity id;
    for (size_t part = 0; part < 5; part++) {
        struct attest_collateral mixed = collateral[ONE];
        struct bytes *parts = &mixed.tcb_info;
        parts[part] = (&collateral[OTHER].tcb_info)[part];
        assert_status(STATUS_DENIED, ask(anchor, SIMULATORS, &mixed, &id));
    }
    assert_status(STATUS_DENIED,
                  ask(anchor, SIMULATORS, &collateral[OTHER], &id));
}

static void a_rule_for_hardware_refuses_what_is_simulated(void **state)
{
    (void)state;
    struct attest_identity id;
    struct reason why = { "" };
    struct api_identity_rule rule = { .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UP_TO_DATE,
                                      .anchor = anchor[ONE].spki };
    memset(rule.sgx.mrenclave, 0x11, 32);
    assert_ok(ask(&anchor[ONE], 1, &collateral[ONE], &id));
    assert_ok(attest_matches(&rule, &id, NOW, &why));
    rule.kind = API_KIND_SGX;
    assert_status(STATUS_DENIED, attest_matches(&rule, &id, NOW, &why));
    assert_non_null(strstr(why.text, "the evidence is sgx-simulated"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_its_own_root_it_is_accepted_and_labelled),
        cmocka_unit_test(under_anothers_root_of_the_same_names_it_is_refused),
        cmocka_unit_test(under_a_production_root_it_is_refused),
        cmocka_unit_test(collateral_of_another_root_judges_nothing),
        cmocka_unit_test(a_rule_for_hardware_refuses_what_is_simulated),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
