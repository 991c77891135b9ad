/* No record, no answer: groups, an HSM that is away or loses answers, a store
 * that is not the one the HSM knows, a clock that jumps. */

#include "broker/own.h"
#include "broker/writer.h"
#include "tests/broker/cast.h"

static json_t *app_body(const char *name)
{
    return json_pack("{s:s}", "name", name);
}

static struct answer *make_app(struct stage *s, const struct person *who,
                               const char *name)
{
    return stage_ask(s, as(who), HTTP_POST, app_body(name), "/accord/v1/apps");
}

/* --- groups -------------------------------------------------------------- */

#define GROUP 5

static void one_refused_change_leaves_the_others_of_its_group(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct answer answers[GROUP];
    const char *names[GROUP] = { "a", "b", "a", "c", "d" };
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s), groups = s->broker.metrics.groups;
    unsigned appends = s->door->calls[SOFT_APPEND];
    for (size_t i = 0; i < GROUP; i++)
        stage_begin(s, &answers[i], as(&root), HTTP_POST, app_body(names[i]),
                    "/accord/v1/apps");
    for (size_t i = 0; i < GROUP; i++)
        assert_false(answers[i].done); /* nothing is committed yet */
    stage_write(s);
    for (size_t i = 0; i < GROUP; i++) {
        assert_answer(&answers[i], i == 2 ? 409 : 201,
                      i == 2 ? "conflict" : NULL);
        if (i != 2)
            assert_receipt(s, &answers[i]);
        answer_clear(&answers[i]);
    }
    assert_int_equal(size + GROUP - 1, stage_log_size(s));
    assert_int_equal(groups + 1, s->broker.metrics.groups);
    assert_int_equal(appends + 1, s->door->calls[SOFT_APPEND]);
    struct answer *all =
        stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/apps");
    assert_int_equal(4, json_array_size(json_object_get(all->body, "items")));
    person_clear(&root);
}

static void a_head_that_is_kept_survives_the_end_of_the_broker(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct reason why = { "" };
    person_first(s, &root, "root");
    struct api_head before = broker_head(&s->broker);
    assert_ok(api_head_verify(&before, &s->broker.hsm_facts.log_key));
    assert_int_equal(stage_log_size(s), before.size);
    stage_close(s);
    assert_ok(stage_open(s, &why));
    struct api_head after = broker_head(&s->broker);
    assert_int_equal(before.size, after.size);
    assert_true(hash_equal(&before.root, &after.root));
    assert_answer(make_app(s, &root, "a"), 201, NULL);
    person_clear(&root);
}

/* --- the HSM is away ----------------------------------------------------- */

static void without_the_hsm_nothing_new_is_recorded(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s);
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    s->broker.frontier_known = false; /* as after any doubt */
    struct answer *a = make_app(s, &root, "a");
    assert_answer(a, 503, "unavailable");
    assert_string_equal("1", a->retry_after);
    assert_int_equal(size, stage_log_size(s));
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    assert_answer(make_app(s, &root, "a"), 201, NULL);
    person_clear(&root);
}

static void taking_rights_away_needs_no_hsm(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    uint64_t size = stage_log_size(s);
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    struct answer *a =
        stage_ask(s, as(&play.alice), HTTP_POST, NULL,
                  "/accord/v1/datasets/%s/suspend", play.input.text);
    assert_answer(a, 202, NULL);
    assert_null(json_object_get(a->body, "receipt"));
    assert_true(json_is_object(json_object_get(a->body, "suspended")));
    a = stage_ask(s, as(&play.bob), HTTP_POST, NULL,
                  "/accord/v1/builds/%s/withdraw", play.program.text);
    assert_answer(a, 202, NULL);
    assert_int_equal(size + 2, stage_log_size(s));

    soft_door_fate_of_all(s->door, SOFT_WORKS);
    assert_answer(make_app(s, &play.alice, "a"), 201, NULL);
    a = stage_ask(s, as(&play.alice), HTTP_GET, NULL,
                  "/accord/v1/log/receipts/%u", (unsigned)size);
    assert_answer(a, 200, NULL); /* the receipt, later */
    play_end(&play);
}

static void what_is_refused_stays_refused_while_the_hsm_is_away(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    uint64_t size = stage_log_size(s);
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    assert_answer(stage_ask(s, as(&play.bob), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/suspend", play.input.text),
                  403, "role");
    assert_answer(
        stage_ask(s, as(&play.alice), HTTP_POST, NULL, "/accord/v1/accounts"),
        403, "role");
    assert_in_range(stage_log_size(s), size, size + 1);
    play_end(&play);
}

/* --- the HSM loses an answer --------------------------------------------- */

static void a_lost_append_leaves_a_change_standing(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s);
    soft_door_fate(s->door, SOFT_APPEND, SOFT_LOSES, 1);
    struct answer *a = make_app(s, &root, "a");
    assert_answer(a, 503, "outcome-unknown");
    assert_says(a, "leaf");
    assert_true(strlen(a->request_id) == API_ID_TEXT - 1);
    assert_string_equal(a->request_id, answer_text(a, "request"));
    assert_int_equal(size + 1, stage_log_size(s));
    assert_int_equal(size + 1, s->door->frontier.size);      /* both have it */
    assert_answer(make_app(s, &root, "a"), 409, "conflict"); /* it stands */
    assert_answer(make_app(s, &root, "b"), 201, NULL);
    assert_int_equal(size + 2, broker_head(&s->broker).size);
    person_clear(&root);
}

static void an_append_that_never_happened_is_caught_up(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s);
    soft_door_fate(s->door, SOFT_APPEND, SOFT_AWAY, 1);
    assert_answer(make_app(s, &root, "a"), 503, "outcome-unknown");
    assert_int_equal(size + 1, stage_log_size(s));
    assert_int_equal(size, s->door->frontier.size);
    struct answer *a = make_app(s, &root, "b");
    assert_answer(a, 201, NULL);
    assert_receipt(s, a);
    assert_int_equal(size + 2, s->door->frontier.size);
    person_clear(&root);
}

static void a_release_whose_append_was_lost_is_not_performed(void **state)
{
    struct stage *s = *state;
    struct play play;
    struct enclave e;
    play_begin(&play, s);
    play_agree(&play);
    enclave_make(&play, soft_rsa_key(0), &e);
    uint64_t size = stage_log_size(s);
    soft_door_fate(s->door, SOFT_APPEND, SOFT_LOSES, 1);
    struct answer *a = stage_ask(s, as_enclave(&e), HTTP_POST,
                                 json_pack("{s:s}", "dataset", play.input.text),
                                 "/accord/v1/release");
    assert_answer(a, 503, "outcome-unknown");
    assert_int_equal(0, s->door->calls[SOFT_RELEASE]);
    assert_newest_leaf(s, API_LEAF_RELEASE, "action", "release");
    assert_int_equal(size + 1, stage_log_size(s)); /* it says too much */
    enclave_clear(&e);
    play_end(&play);
}

static void a_certificate_that_fails_is_taken_back_in_the_log(void **state)
{
    struct stage *s = *state;
    struct person root;
    char secret[65];
    person_make(&root, "root");
    stage_first_secret(s, secret);
    uint64_t size = stage_log_size(s);
    soft_door_fate(s->door, SOFT_CERTIFY, SOFT_AWAY, 1);
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST,
                                 join_body(&root, secret), "/accord/v1/join");
    assert_answer(a, 503, "outcome-unknown");
    assert_int_equal(API_LEAF_CERTIFICATE, stage_leaf(s, size, NULL).kind);
    assert_int_equal(API_LEAF_FAILED, stage_leaf(s, size + 1, NULL).kind);
    person_join(s, &root, secret); /* the same key may ask again */
    person_clear(&root);
}

static void a_worker_that_was_born_since_performs_nothing_old(void **state)
{
    struct stage *s = *state;
    struct person root;
    char secret[65];
    struct answer a;
    person_make(&root, "root");
    stage_first_secret(s, secret);
    stage_begin(s, &a, AS_NOBODY, HTTP_POST, join_body(&root, secret),
                "/accord/v1/join");
    stage_write(s);
    assert_answer(&a, 201, NULL);
    answer_clear(&a);
    soft_door_restart(s->door);
    person_join(s, &root, secret); /* a leaf of its own: still fine */
    person_clear(&root);
}

/* --- another store, another token ---------------------------------------- */

static void an_older_store_is_refused_at_start(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct reason why = { "" };
    person_first(s, &root, "root");
    stage_close(s);
    stage_save(s, "before");
    assert_ok(stage_open(s, &why));
    assert_answer(make_app(s, &root, "a"), 201, NULL);
    stage_close(s);
    stage_put_back(s, "before");
    assert_status(STATUS_CORRUPT, stage_open(s, &why));
    assert_non_null(strstr(why.text, "older store"));
    person_clear(&root);
}

static void a_store_of_another_history_is_refused_at_start(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    stage_close(s);
    s->door->frontier.nodes[0].bytes[0] ^= 1;
    assert_status(STATUS_CORRUPT, stage_open(s, &why));
    assert_non_null(
        strstr(why.text, "signed: this store belongs to another history"));
}

static void what_the_store_has_beyond_the_frontier_is_appended(void **state)
{
    struct stage *s = *state;
    struct play play;
    struct reason why = { "" };
    play_begin(&play, s);
    soft_door_fate(s->door, SOFT_APPEND, SOFT_AWAY, UINT32_MAX);
    assert_answer(stage_ask(s, as(&play.alice), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/suspend", play.input.text),
                  202, NULL);
    uint64_t size = stage_log_size(s);
    assert_int_equal(size - 1, s->door->frontier.size);
    stage_close(s);
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    assert_ok(stage_open(s, &why));
    assert_int_equal(size, s->door->frontier.size);
    assert_int_equal(size, broker_head(&s->broker).size);
    play_end(&play);
}

static void catching_up_takes_as_many_jobs_as_it_needs(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *detail = json_pack("{s:s}", "action", "test");
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "test",
                                  .detail = detail };
    struct policy_logged logged;
    unsigned appends = s->door->calls[SOFT_APPEND];
    assert_ok(policy_write(s->broker.store, &txn));
    for (int i = 0; i < 2 * WRITER_GROUP_MAX + 1; i++)
        assert_ok(policy_log_append(txn, stage_clock.wall, &event, &logged));
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    assert_ok(writer_catch_up(&s->broker, &why));
    assert_int_equal(appends + 3, s->door->calls[SOFT_APPEND]);
    assert_int_equal(stage_log_size(s), broker_head(&s->broker).size);
}

/* --- the clock ----------------------------------------------------------- */

static void accept_the_clock(struct stage *s)
{
    struct reason why = { "" };
    assert_ok(own_accept_clock(&s->broker, &why));
}

static void a_clock_that_jumps_stops_all_writes(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    uint64_t size = stage_log_size(s);
    stage_jump(6);
    struct answer *a = make_app(s, &play.root, "a");
    assert_answer(a, 503, "unavailable");
    assert_says(a, "jumped by 6000 ms");
    a = stage_ask(s, as(&play.alice), HTTP_POST, NULL,
                  "/accord/v1/datasets/%s/suspend", play.input.text);
    assert_answer(a, 503, "unavailable");
    assert_int_equal(size, stage_log_size(s));
    stage_jump(-6); /* it does not heal by itself */
    assert_answer(make_app(s, &play.root, "a"), 503, "unavailable");

    stage_with_threads(s, accept_the_clock);
    assert_int_equal(size + 1, stage_log_size(s));
    assert_newest_leaf(s, API_LEAF_CLOCK, "action", "clock-accepted");
    assert_answer(make_app(s, &play.root, "a"), 201, NULL);
    play_end(&play);
}

static void accepting_a_clock_that_never_stopped_is_no_event(void **state)
{
    struct stage *s = *state;
    uint64_t size = stage_log_size(s);
    stage_with_threads(s, accept_the_clock);
    assert_int_equal(size, stage_log_size(s));
}

static void a_clock_behind_the_newest_leaf_stops_the_next_start(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct reason why = { "" };
    person_first(s, &root, "root");
    stage_pass(7200); /* so that her certificate is older than the jump */
    assert_answer(make_app(s, &root, "first"), 201, NULL);
    stage_close(s);
    stage_jump(-3600);
    assert_ok(stage_open(s, &why));
    struct answer *a = make_app(s, &root, "a");
    assert_answer(a, 503, "unavailable");
    assert_says(a, "ms behind the newest leaf");
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(one_refused_change_leaves_the_others_of_its_group),
        stage_test(a_head_that_is_kept_survives_the_end_of_the_broker),
        stage_test(without_the_hsm_nothing_new_is_recorded),
        stage_test(taking_rights_away_needs_no_hsm),
        stage_test(what_is_refused_stays_refused_while_the_hsm_is_away),
        stage_test(a_lost_append_leaves_a_change_standing),
        stage_test(an_append_that_never_happened_is_caught_up),
        stage_test(a_release_whose_append_was_lost_is_not_performed),
        stage_test(a_certificate_that_fails_is_taken_back_in_the_log),
        stage_test(a_worker_that_was_born_since_performs_nothing_old),
        stage_test(an_older_store_is_refused_at_start),
        stage_test(a_store_of_another_history_is_refused_at_start),
        stage_test(what_the_store_has_beyond_the_frontier_is_appended),
        stage_test(catching_up_takes_as_many_jobs_as_it_needs),
        stage_test(a_clock_that_jumps_stops_all_writes),
        stage_test(accepting_a_clock_that_never_stopped_is_no_event),
        stage_test(a_clock_behind_the_newest_leaf_stops_the_next_start),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
