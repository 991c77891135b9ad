/* Collateral decides: in which state a platform is, when a certificate is asked
 * for and again when newer collateral has come. */

#include "agent/simulator_collateral.h"
#include "broker/evidence.h"
#include "broker/keeper.h"
#include "tests/broker/scene.h"
#include "tests/support/heard.h"

static void agree_on(struct scene *scene, uint16_t mask,
                     const struct api_terms *terms)
{
    play_rule(&scene->play, mask, terms);
    play_agree(&scene->play);
    scene->enclave =
        (struct enclave){ .key = soft_rsa_key(0),
                          .configuration = scene->play.runtime,
                          .measured = 0xc1,
                          .certificate = buffer_make(CA_CERTIFICATE_MAX) };
}

static struct answer *attest(struct scene *scene)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    quote_make(scene->play.stage, &scene->enclave, &quote);
    return stage_ask(scene->play.stage, AS_NOBODY, HTTP_POST,
                     attest_body(&scene->enclave, &quote),
                     "/accord/v1/certificates");
}

static void certify(struct scene *scene)
{
    struct answer *a = attest(scene);
    assert_answer(a, 200, NULL);
    assert_receipt(scene->play.stage, a);
    take_certificate(a, &scene->enclave.certificate);
}

static void assert_release(struct scene *scene, int status, const char *code)
{
    assert_answer(
        stage_ask(scene->play.stage, as_enclave(&scene->enclave), HTTP_POST,
                  json_pack("{s:s}", "dataset", scene->play.input.text),
                  "/accord/v1/release"),
        status, code);
}

static void hold(struct scene *scene, const struct simulator_collateral *set)
{
    stage_collateral(scene->play.stage, "set", set);
}

static void keep(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

static void judge_again(struct scene *scene)
{
    stage_with_threads(scene->play.stage, keep);
}

static const struct simulator_collateral good = { .tdx = false };

/* --- when a certificate is asked for -------------------------------------- */

static void a_platform_that_is_up_to_date_is_good_enough(void **state)
{
    struct scene *scene = *state;
    hold(scene, &good);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    assert_release(scene, 200, NULL);
}

static void without_collateral_nobody_knows(void **state)
{
    struct scene *scene = *state;
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    struct answer *a = attest(scene);
    assert_answer(a, 403, "build");
    assert_says(a,
                "tcb: the platform's status is unevaluated, with 0 advisories");
}

static void a_rule_for_unevaluated_platforms_is_not_for_evaluated_ones(
    void **state)
{
    struct scene *scene = *state;
    hold(scene, &good);
    agree_on(scene, API_TCB_UNEVALUATED, NULL);
    assert_says(attest(scene), "status is UpToDate");
}

static void each_status_is_the_rules_to_accept(void **state)
{
    static const struct {
        const char *status;
        uint16_t bit;
    } statuses[] = {
        { "SWHardeningNeeded", API_TCB_SW_HARDENING_NEEDED },
        { "ConfigurationNeeded", API_TCB_CONFIGURATION_NEEDED },
        { "OutOfDate", API_TCB_OUT_OF_DATE },
    };
    struct scene *scene = *state;
    agree_on(scene, API_TCB_OUT_OF_DATE | API_TCB_SW_HARDENING_NEEDED, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct simulator_collateral set = { .status = statuses[i].status };
        hold(scene, &set);
        scene->enclave.key = soft_rsa_key(i);
        bool accepted = statuses[i].bit != API_TCB_CONFIGURATION_NEEDED;
        assert_answer(attest(scene), accepted ? 200 : 403,
                      accepted ? NULL : "build");
    }
}

static void a_revoked_platform_is_refused_whatever_the_rule(void **state)
{
    struct scene *scene = *state;
    agree_on(scene, API_TCB_ALL, NULL);
    static const struct simulator_collateral bad[] = {
        { .revoke_pck = true },         { .revoke_platform_ca = true },
        { .revoke_tcb_signing = true }, { .status = "Revoked" },
        { .status = "NotSupported" },   { .qe_status = "Revoked" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hold(scene, &bad[i]);
        assert_answer(attest(scene), 403, "evidence");
    }
}

static void collateral_that_has_ended_judges_nothing(void **state)
{
    struct scene *scene = *state;
    hold(scene, &good);
    agree_on(scene, API_TCB_ALL, NULL);
    stage_pass(31 * STAGE_DAY);
    assert_answer(attest(scene), 403, "evidence");
}

static void an_exception_holds_for_its_advisories_until_it_ends(void **state)
{
    struct scene *scene = *state;
    struct api_terms terms = { .exception = {
                                   .tcb_mask = API_TCB_CONFIGURATION_NEEDED,
                                   .until = STAGE_NOW + 3600,
                                   .count = 1,
                                   .advisory = { "INTEL-SA-00615" } } };
    struct simulator_collateral set = { .status = "ConfigurationNeeded",
                                        .advisories = "INTEL-SA-00615" };
    hold(scene, &set);
    agree_on(scene, API_TCB_UP_TO_DATE, &terms);
    certify(scene);
    assert_release(scene, 200, NULL);
    stage_pass(3601);
    assert_release(scene, 403, "evidence"); /* on a living certificate */
    set.advisories = "INTEL-SA-00615,INTEL-SA-00999";
    stage_jump(-3601);
    hold(scene, &set);
    scene->enclave.key = soft_rsa_key(1);
    assert_says(attest(scene), "with 2 advisories open");
}

static void an_evaluation_may_be_demanded(void **state)
{
    struct scene *scene = *state;
    struct api_terms terms = { .evaluation_min = 18 };
    struct simulator_collateral set = { .evaluation = 17 };
    hold(scene, &set);
    agree_on(scene, API_TCB_UP_TO_DATE, &terms);
    struct answer *a = attest(scene);
    assert_answer(a, 403, "build");
    assert_says(a, "evaluation: at least 18 is demanded, what is held is 17");
    set.evaluation = 18;
    hold(scene, &set);
    certify(scene);
}

static void an_evaluation_is_not_demanded_in_vain(void **state)
{
    struct scene *scene = *state;
    struct api_terms terms = { .evaluation_min = 18 };
    agree_on(scene, API_TCB_UP_TO_DATE | API_TCB_UNEVALUATED, &terms);
    struct answer *a = attest(scene);
    assert_answer(a, 403, "build");
    assert_says(a, "evaluation: the rule demands collateral, and none is held");
}

static void older_collateral_than_was_used_is_refused(void **state)
{
    struct scene *scene = *state;
    struct simulator_collateral set = { .evaluation = 18, .crl_number = 5 };
    struct reason why = { "" };
    hold(scene, &set);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    scene->enclave.key = soft_rsa_key(1);
    set.evaluation = 17;
    hold(scene, &set);
    assert_says(attest(scene),
                "collateral: its evaluation is 17, and 18 was used before");
    stage_close(scene->play.stage); /* a restart does not forget */
    assert_ok(stage_open(scene->play.stage, &why));
    set = (struct simulator_collateral){ .evaluation = 18, .crl_number = 4 };
    hold(scene, &set);
    struct answer *a = attest(scene);
    assert_answer(a, 403, NULL);
    assert_says(a, "root revocation list is 4, and 5 was used");
}

/* --- and again when newer collateral has come ------------------------------
 */

static void newer_collateral_suspends_what_it_condemns(void **state)
{
    struct scene *scene = *state;
    struct stage *s = scene->play.stage;
    struct simulator_collateral worse = { .status = "OutOfDate",
                                          .evaluation = 18 };
    struct simulator_collateral better = { .evaluation = 19 };
    hold(scene, &good);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    judge_again(scene);
    uint64_t size = stage_log_size(s);
    judge_again(scene); /* the same collateral: nothing to say */
    assert_int_equal(size, stage_log_size(s));
    assert_release(scene, 200, NULL);

    hold(scene, &worse);
    heard_begin();
    judge_again(scene);
    const char *told = heard();
    assert_non_null(strstr(told, "evidence: of certificate "));
    assert_non_null(strstr(told, " judged again: OutOfDate"));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "evidence-judged-again");
    assert_release(scene, 403, "evidence");

    hold(scene, &better);
    judge_again(scene);
    assert_release(scene, 200, NULL);
}

static void a_verdict_that_cannot_be_written_waits(void **state)
{
    struct scene *scene = *state;
    struct simulator_collateral worse = { .status = "OutOfDate",
                                          .evaluation = 18 };
    hold(scene, &good);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    judge_again(scene);
    uint64_t size = stage_log_size(scene->play.stage);
    hold(scene, &worse);
    stage_jump(60); /* nothing is written from now on */
    heard_begin();
    judge_again(scene);
    assert_heard("evidence: not judged again yet: the wall clock jumped");
    assert_int_equal(size, stage_log_size(scene->play.stage));
}

static void a_platform_revoked_later_is_refused_later(void **state)
{
    struct scene *scene = *state;
    struct simulator_collateral revoked = { .revoke_pck = true,
                                            .crl_number = 2 };
    hold(scene, &good);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    hold(scene, &revoked);
    judge_again(scene);
    assert_release(scene, 403, "evidence");
}

static void collateral_that_comes_late_judges_what_nobody_judged(void **state)
{
    struct scene *scene = *state;
    struct simulator_collateral bad = { .status = "OutOfDate" };
    agree_on(scene, API_TCB_UNEVALUATED | API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    assert_release(scene, 200, NULL);
    hold(scene, &bad);
    judge_again(scene);
    assert_release(scene, 403, "evidence");
}

static void older_collateral_does_not_free_what_newer_condemned(void **state)
{
    struct scene *scene = *state;
    struct simulator_collateral worse = { .status = "OutOfDate",
                                          .evaluation = 18 };
    hold(scene, &good);
    agree_on(scene, API_TCB_UP_TO_DATE, NULL);
    certify(scene);
    hold(scene, &worse);
    judge_again(scene);
    assert_release(scene, 403, "evidence");
    hold(scene, &good);
    judge_again(scene);
    assert_release(scene, 403, "evidence");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_platform_that_is_up_to_date_is_good_enough),
        TEST(without_collateral_nobody_knows),
        TEST(a_rule_for_unevaluated_platforms_is_not_for_evaluated_ones),
        TEST(each_status_is_the_rules_to_accept),
        TEST(a_revoked_platform_is_refused_whatever_the_rule),
        TEST(collateral_that_has_ended_judges_nothing),
        TEST(an_exception_holds_for_its_advisories_until_it_ends),
        TEST(an_evaluation_may_be_demanded),
        TEST(an_evaluation_is_not_demanded_in_vain),
        TEST(older_collateral_than_was_used_is_refused),
        TEST(newer_collateral_suspends_what_it_condemns),
        TEST(a_verdict_that_cannot_be_written_waits),
        TEST(a_platform_revoked_later_is_refused_later),
        TEST(collateral_that_comes_late_judges_what_nobody_judged),
        TEST(older_collateral_does_not_free_what_newer_condemned),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
