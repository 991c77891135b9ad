/* Whoever asks while memory is refused gets that for an answer: never a
 * refusal, which would stand in the log, and never a permission. */

#include "tests/policy/agreed.h"
#include "tests/support/torture.h"

static struct agreed a;
static struct fixture *now;

static int group(void **state)
{
    api_json_memory_open(); /* its memory is ours to refuse */
    return fixture_group(state);
}

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    now = *state;
    agreed_make(&a);
    assert_ok(policy_write(now->policy, &txn));
    agreed_put_records(txn, &a);
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    agreed_put_version(txn, &a, 2, 2000, AGREED_NOW + 2000);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    fixture_close(now); /* each scenario opens it: nothing is remembered */
    return 0;
}

static int teardown(void **state)
{
    fixture_open(now);
    agreed_clear(&a);
    return fixture_teardown(state);
}

typedef STATUS (*asking_fn)(struct policy_txn *txn);

static struct status with_store(asking_fn ask)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy *policy = NULL;
    TRY(policy_open(now->dir.path, &now->id, now->key, &policy, NULL));
    struct status s = policy_read(policy, &txn);
    if (!failed(s))
        s = ask(txn);
    policy_txn_free(TAKE(txn));
    policy_free(policy);
    return s;
}

static struct status ask_dataset(struct policy_txn *txn)
{
    struct policy_answer answer;
    const struct policy_question asked = { .certificate = a.certificate,
                                           .certificate_chains = true,
                                           .dataset = &a.dataset,
                                           .now = AGREED_NOW,
                                           .clock_trusted = true };
    TRY(policy_ask(txn, &asked, &answer));
    assert_string_equal(policy_code_name(POLICY_ALLOW),
                        policy_code_name(answer.code));
    assert_int_equal(answer.version, 2);
    assert_non_null(answer.grant);
    policy_answer_clear(&answer);
    return OK;
}

static struct status may_it_have_the_dataset(void)
{
    return with_store(ask_dataset);
}

static void a_decision_survives_every_refusal(void **state)
{
    (void)state;
    assert_in_range(torture(may_it_have_the_dataset), 100, 5000);
}

static struct status find_runtime(struct policy_txn *txn)
{
    struct policy_answer answer;
    TRY(policy_runtime_find(txn, &a.account, &a.runtime, &answer));
    assert_non_null(answer.manifest);
    policy_answer_clear(&answer);
    return OK;
}

static struct status what_was_agreed(void)
{
    return with_store(find_runtime);
}

static void a_look_survives_every_refusal(void **state)
{
    (void)state;
    assert_in_range(torture(what_was_agreed), 50, 5000);
}

static struct status accept(void *context, const struct api_identity_rule *rule,
                            struct reason *why)
{
    (void)context;
    (void)rule;
    (void)why;
    return OK;
}

static struct status find_candidate(struct policy_txn *txn)
{
    struct policy_candidate found;
    struct reason why = { "" };
    TRY(policy_candidate_find(txn, &a.runtime, accept, NULL, &found, &why));
    assert_string_equal(policy_code_name(POLICY_ALLOW),
                        policy_code_name(found.code));
    assert_int_equal(found.version, 2);
    return OK;
}

static struct status who_may_have_a_certificate(void)
{
    return with_store(find_candidate);
}

static void a_candidate_survives_every_refusal(void **state)
{
    (void)state;
    assert_in_range(torture(who_may_have_a_certificate), 50, 5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_decision_survives_every_refusal),
        TEST(a_look_survives_every_refusal),
        TEST(a_candidate_survives_every_refusal),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
