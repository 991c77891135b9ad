/* Which agreed program is it that shows this evidence? */

#include "tests/policy/agreed.h"

static struct agreed a;

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    struct fixture *f = *state;
    agreed_make(&a);
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_records(txn, &a);
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    assert_ok(policy_commit(txn));
    return 0;
}

static int teardown(void **state)
{
    agreed_clear(&a);
    return fixture_teardown(state);
}

struct judge {
    enum status_code says;
    size_t asked;
    struct api_identity_rule rule; /* asked last */
};

static struct status judge(void *context, const struct api_identity_rule *rule,
                           struct reason *why)
{
    struct judge *j = context;
    j->asked++;
    j->rule = *rule;
    return j->says == STATUS_OK
               ? OK
               : refuse(why, j->says, "judge", "not this program");
}

static struct status find(void **state, const struct hash *runtime,
                          struct judge *j, struct policy_candidate *out,
                          struct reason *why)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_read(f->policy, &txn));
    return policy_candidate_find(txn, runtime, judge, j, out, why);
}

static void a_matching_program_is_found_with_its_rule(void **state)
{
    struct judge j = { .says = STATUS_OK };
    struct policy_candidate found;
    assert_ok(find(state, &a.runtime, &j, &found, NULL));
    assert_int_equal(POLICY_ALLOW, found.code);
    assert_true(api_id_equal(&a.account, &found.account));
    assert_true(api_id_equal(&a.build, &found.app.build));
    assert_int_equal(1, found.version);
    assert_null(found.app.key); /* its manifest is gone */
    assert_memory_equal(a.rule.sgx.mrenclave, j.rule.sgx.mrenclave, 32);
}

static void a_hash_nobody_holds_is_no_configuration(void **state)
{
    struct judge j = { .says = STATUS_OK };
    struct policy_candidate found;
    struct reason why = { "" };
    struct hash other = a.runtime;
    other.bytes[0] ^= 1;
    assert_ok(find(state, &other, &j, &found, &why));
    assert_int_equal(POLICY_NO_CONFIGURATION, found.code);
    assert_true(why.text[0] != '\0');
    assert_int_equal(0, j.asked);
}

static void a_program_that_measures_otherwise_is_no_build(void **state)
{
    struct judge j = { .says = STATUS_DENIED };
    struct policy_candidate found;
    struct reason why = { "" };
    assert_ok(find(state, &a.runtime, &j, &found, &why));
    assert_int_equal(POLICY_NO_BUILD, found.code);
    assert_string_equal("not this program", why.text);
}

static void a_judge_that_cannot_say_is_no_judgement(void **state)
{
    struct judge j = { .says = STATUS_UNAVAILABLE };
    struct policy_candidate found;
    assert_status(STATUS_UNAVAILABLE,
                  find(state, &a.runtime, &j, &found, NULL));
}

static void a_withdrawn_build_is_not_even_judged(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *build = json_pack("{s:s}", "status", "withdrawn");
    struct judge j = { .says = STATUS_OK };
    struct policy_candidate found;
    struct reason why = { "" };
    assert_ok(policy_write(f->policy, &txn));
    policy_object_put(txn, POLICY_BUILD, &a.account, api_id_bytes(&a.build),
                      build);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_ok(find(state, &a.runtime, &j, &found, &why));
    assert_int_equal(POLICY_NO_BUILD, found.code);
    assert_non_null(strstr(why.text, "the build was withdrawn"));
    assert_int_equal(0, j.asked);
}

static void the_newest_version_is_tried_first(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct judge j = { .says = STATUS_OK };
    struct policy_candidate found;
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_version(txn, &a, 2, 2000, AGREED_NOW + 1000);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_ok(find(state, &a.runtime, &j, &found, NULL));
    assert_int_equal(2, found.version);
    assert_int_equal(1, j.asked);
    j = (struct judge){ .says = STATUS_DENIED };
    assert_ok(find(state, &a.runtime, &j, &found, NULL));
    assert_int_equal(2, j.asked); /* both were looked at */
}

/* The agreed version again, with another runtime text. */
static void put_runtime(struct policy_txn *txn, const char *text)
{
    static const unsigned char number[4] = { 0, 0, 0, 1 };
    AUTO_JSON *runtime = json_pack("{s:s, s:s, s:I}", "app", "app", "text",
                                   text, "created_at", (json_int_t)1000);
    struct policy_key key = policy_key(
        POLICY_RUNTIME, hash_bytes(&a.runtime), api_id_bytes(&a.account),
        api_id_bytes(&a.workflow), bytes_of(number, sizeof(number)));
    policy_put_json(txn, &key, runtime);
}

static void assert_partner(void **state, const char *text, const char *name)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct judge j = { .says = STATUS_OK };
    struct policy_candidate found;
    assert_ok(policy_write(f->policy, &txn));
    put_runtime(txn, text);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_ok(find(state, &a.runtime, &j, &found, NULL));
    assert_string_equal(name, found.partner);
}

static void an_app_that_others_find_has_a_name(void **state)
{
    assert_partner(state, AGREED_TEXT, "");
    assert_partner(state,
                   "{\"workflow\":{\"app_name\":\"app-1\",\"port_map\":"
                   "{\"in\":{\"d\":{\"dataset\":{}}}}}}",
                   "");
    assert_partner(state,
                   "{\"workflow\":{\"app_name\":\"app-1\",\"port_map\":"
                   "{\"in\":{\"d\":{\"dataset\":{}},"
                   "\"app-2\":{\"application\":{}}}}}}",
                   "app-1");
}

#define candidate_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        candidate_test(a_matching_program_is_found_with_its_rule),
        candidate_test(a_hash_nobody_holds_is_no_configuration),
        candidate_test(a_program_that_measures_otherwise_is_no_build),
        candidate_test(a_judge_that_cannot_say_is_no_judgement),
        candidate_test(a_withdrawn_build_is_not_even_judged),
        candidate_test(the_newest_version_is_tried_first),
        candidate_test(an_app_that_others_find_has_a_name),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
