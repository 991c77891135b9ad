/* A request waits for its owners: who may decide, when, and once. What a
 * settled one becomes is driven through the routes (tests/broker). */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

#define SIGN_BY 1000

/* Waits for the people 0x21 and 0x22. */
static json_t *request(unsigned char workflow)
{
    char first[API_ID_TEXT], second[API_ID_TEXT];
    struct api_id a = id_of(0x21), b = id_of(0x22), w = id_of(workflow);
    api_id_text(&a, first);
    api_id_text(&b, second);
    json_t *made = json_pack(
        "{s:s, s:o, s:i, s:{s:{s:n}, s:{s:n}}, s:[]}", "status", "pending",
        "workflow", api_json_of_id(&w), "sign_by", SIGN_BY, "people", first,
        "decision", second, "decision", "_approvals");
    assert_non_null(made);
    return made;
}

static struct policy_decision decision(unsigned char person, bool approve,
                                       const json_t *grants)
{
    return (struct policy_decision){ .person = id_of(person),
                                     .approval = "the signed text",
                                     .owner = "b3duZXI=",
                                     .approve = approve,
                                     .valid_until = 5000,
                                     .grants = grants };
}

static struct status decide(void **state, json_t *made, unsigned char person,
                            bool approve, uint64_t now, struct reason *why)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *none = json_array();
    struct policy_decision d = decision(person, approve, none);
    struct api_id account = id_of(0xa1);
    assert_ok(policy_write(f->policy, &txn));
    return policy_request_decide(txn, &account, made, &d, now, why);
}

static const char *status_of(const json_t *made)
{
    return json_string_value(json_object_get(made, "status"));
}

static void an_approval_is_kept_and_the_others_waited_for(void **state)
{
    AUTO_JSON *made = request(1);
    assert_ok(decide(state, made, 0x21, true, 900, NULL));
    assert_string_equal("pending", status_of(made));
    const json_t *kept = json_array_get(json_object_get(made, "_approvals"), 0);
    assert_string_equal("the signed text",
                        json_string_value(json_object_get(kept, "approval")));
    assert_int_equal(5000,
                     json_integer_value(json_object_get(kept, "valid_until")));
}

static void one_decline_settles_it(void **state)
{
    AUTO_JSON *made = request(1);
    assert_ok(decide(state, made, 0x22, false, 900, NULL));
    assert_string_equal("declined", status_of(made));
    struct reason why = { "" };
    assert_status(STATUS_CONFLICT, decide(state, made, 0x21, true, 900, &why));
    assert_non_null(strstr(why.text, "declined already"));
}

static void nobody_decides_twice_or_for_others(void **state)
{
    AUTO_JSON *made = request(1);
    assert_ok(decide(state, made, 0x21, true, 900, NULL));
    assert_status(STATUS_CONFLICT, decide(state, made, 0x21, false, 900, NULL));
    assert_status(STATUS_DENIED, decide(state, made, 0x23, false, 900, NULL));
    assert_string_equal("pending", status_of(made));
}

static void its_time_to_sign_is_up_to_the_last_second(void **state)
{
    AUTO_JSON *made = request(1);
    assert_status(STATUS_CONFLICT,
                  decide(state, made, 0x21, true, SIGN_BY + 1, NULL));
    assert_ok(decide(state, made, 0x21, true, SIGN_BY, NULL));
    assert_true(policy_request_waits(made, SIGN_BY));
    assert_false(policy_request_waits(made, SIGN_BY + 1));
}

static void only_pending_requests_wait(void **state)
{
    (void)state;
    static const char *const others[] = { "approved", "declined", "withdrawn",
                                          "failed" };
    AUTO_JSON *made = request(1);
    assert_true(policy_request_waits(made, 0));
    for (size_t i = 0; i < 4; i++) {
        json_object_set_new(made, "status", json_string(others[i]));
        assert_false(policy_request_waits(made, 0));
    }
    json_object_del(made, "status");
    assert_false(policy_request_waits(made, 0));
}

static void the_waiting_request_of_a_workflow_is_found(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *first = request(1), *second = request(2), *found = NULL;
    struct api_id account = id_of(0xa1), one = id_of(1), two = id_of(2),
                  three = id_of(3);
    json_object_set_new(second, "status", json_string("withdrawn"));
    assert_ok(policy_write(f->policy, &txn));
    policy_object_put(txn, POLICY_REQUEST, &account, api_id_bytes(&one), first);
    policy_object_put(txn, POLICY_REQUEST, &account, api_id_bytes(&two),
                      second);
    assert_ok(policy_request_pending(txn, &account, &one, SIGN_BY, &found));
    assert_true(json_equal(first, found));
    json_t *none = NULL;
    assert_status(STATUS_NOT_FOUND, policy_request_pending(txn, &account, &one,
                                                           SIGN_BY + 1, &none));
    assert_status(STATUS_NOT_FOUND,
                  policy_request_pending(txn, &account, &two, 0, &none));
    assert_status(STATUS_NOT_FOUND,
                  policy_request_pending(txn, &account, &three, 0, &none));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_approval_is_kept_and_the_others_waited_for),
        store_test(one_decline_settles_it),
        store_test(nobody_decides_twice_or_for_others),
        store_test(its_time_to_sign_is_up_to_the_last_second),
        cmocka_unit_test(only_pending_requests_wait),
        store_test(the_waiting_request_of_a_workflow_is_found),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
