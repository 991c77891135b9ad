/* An owner's signed word: over this request, this digest, these grants, by
 * this owner's key, once. */

#include <stdlib.h>

#include "base/text.h"
#include "tests/broker/cast.h"

static int setup(void **state)
{
    static struct play play;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&play, stage);
    play_submit(&play, NULL);
    *state = &play;
    return 0;
}

static int teardown(void **state)
{
    struct play *play = *state;
    void *stage = play->stage;
    play_end(play);
    return stage_teardown(&stage);
}

static struct answer *decide(struct play *play, const struct person *who,
                             json_t *body)
{
    return stage_ask(play->stage, as(who), HTTP_POST, body,
                     "/accord/v1/requests/%s/decision", play->request_id);
}

static const char *status_of(struct play *play)
{
    struct answer *a = stage_ask(play->stage, as(&play->root), HTTP_GET, NULL,
                                 "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 200, NULL);
    return answer_text(a, "status");
}

/* A body whose approval says something else, signed all the same. */
static json_t *altered(struct play *play, const struct person *who,
                       void (*alter)(struct api_approval *approval))
{
    struct api_approval approval;
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    json_t *body = decision_body(play, who, true);
    const char *was = json_string_value(json_object_get(body, "approval"));
    assert_ok(api_approval_read(bytes_of_string(was), &approval, NULL));
    alter(&approval);
    assert_ok(api_approval_text(&approval, &text));
    json_object_set_new(body, "approval",
                        json_stringn((const char *)text.data, text.len));
    json_object_set_new(body, "signature",
                        signature_json(who->key, buffer_bytes(&text)));
    return body;
}

/* --- agreeing ------------------------------------------------------------ */

static void the_last_approval_makes_a_version(void **state)
{
    struct play *play = *state;
    play_decide(play, &play->alice, true);
    assert_string_equal("pending", status_of(play));
    assert_newest_leaf(play->stage, API_LEAF_APPROVAL, "decision", "approve");
    play_decide(play, &play->bob, true);
    assert_newest_leaf(play->stage, API_LEAF_APPROVAL, "status", "approved");
    assert_string_equal("approved", status_of(play));
    struct answer *a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                                 "/accord/v1/workflows/%s/1", play->workflow);
    assert_answer(a, 200, NULL);
    assert_string_equal("active", answer_text(a, "status"));
    assert_int_equal(2, json_array_size(json_object_get(a->body, "approvals")));
}

static void one_decline_rejects_for_all(void **state)
{
    struct play *play = *state;
    play_decide(play, &play->alice, true);
    play_decide(play, &play->bob, false);
    assert_string_equal("declined", status_of(play));
    struct answer *a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                                 "/accord/v1/workflows/%s", play->workflow);
    assert_answer(a, 404, "not-found");
}

static void nobody_decides_twice(void **state)
{
    struct play *play = *state;
    play_decide(play, &play->alice, true);
    struct answer *a =
        decide(play, &play->alice, decision_body(play, &play->alice, false));
    assert_answer(a, 409, "conflict");
    assert_says(a, "already");
    assert_string_equal("pending", status_of(play));
}

static void who_owns_nothing_decides_nothing(void **state)
{
    struct play *play = *state;
    struct answer *a =
        decide(play, &play->root, decision_body(play, &play->root, true));
    assert_answer(a, 403, "denied");
    assert_says(a, "own nothing");
    assert_newest_leaf(play->stage, API_LEAF_DENIAL, "route",
                       "/accord/v1/requests/{}/decision");
}

/* --- what the signature must cover --------------------------------------- */

static void flip_digest(struct api_approval *a)
{
    a->digest.bytes[0] ^= 1;
}

static void flip_request(struct api_approval *a)
{
    a->request.bytes[0] ^= 1;
}

static void be_late(struct api_approval *a)
{
    a->sign_by = stage_seconds() - 1;
}

static void foresee(struct api_approval *a)
{
    a->head_size += 1000;
}

static void last_longer(struct api_approval *a)
{
    a->valid_until += 1;
}

static void an_approval_of_something_else_is_refused(void **state)
{
    struct play *play = *state;
    static const struct {
        void (*alter)(struct api_approval *approval);
        const char *says;
    } cases[] = {
        { flip_digest, "approval: it speaks of another request or digest" },
        { flip_request, "approval: it speaks of another request or digest" },
        { be_late, "approval: its own sign_by is over" },
        { foresee, "approval: it names a log head that does not exist" },
        { last_longer, "valid_until" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer *a = decide(play, &play->alice,
                                  altered(play, &play->alice, cases[i].alter));
        assert_answer(a, 400, "invalid");
        assert_says(a, cases[i].says);
    }
    assert_string_equal("pending", status_of(play));
    play_decide(play, &play->alice, true);
}

static void only_the_owners_key_decides(void **state)
{
    struct play *play = *state;
    struct person mixed = play->alice; /* alice's words, bob's key */
    mixed.key = play->bob.key;
    struct answer *a =
        decide(play, &play->alice, decision_body(play, &mixed, true));
    assert_answer(a, 403, "denied");
    assert_says(a, "signature");
    assert_newest_leaf(play->stage, API_LEAF_DENIAL, "who", "person");
    a = decide(play, &play->bob, decision_body(play, &play->alice, true));
    assert_answer(a, 403, "denied"); /* alice's word from bob's mouth */
}

static void an_approval_that_was_edited_is_refused(void **state)
{
    struct play *play = *state;
    json_t *body = decision_body(play, &play->alice, false);
    AUTO_JSON *other = decision_body(play, &play->alice, true);
    json_object_set(body, "approval", json_object_get(other, "approval"));
    json_object_set(body, "grants", json_object_get(other, "grants"));
    assert_answer(decide(play, &play->alice, body), 403, "denied");
    body = decision_body(play, &play->alice, true);
    json_object_set_new(body, "approval", json_string("{}"));
    assert_answer(decide(play, &play->alice, body), 400, "invalid");
}

/* --- grants -------------------------------------------------------------- */

static void an_approval_brings_exactly_its_grants(void **state)
{
    struct play *play = *state;
    json_t *body = decision_body(play, &play->alice, true);
    json_array_clear(json_object_get(body, "grants"));
    struct answer *a = decide(play, &play->alice, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "grants: this decision needs 1, 0 were given");

    body = decision_body(play, &play->alice, true);
    json_t *grants = json_object_get(body, "grants");
    json_array_append(grants, json_array_get(grants, 0));
    a = decide(play, &play->alice, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "needs 1, 2 were given");

    body = decision_body(play, &play->alice, false); /* a decline, none */
    AUTO_JSON *other = decision_body(play, &play->alice, true);
    json_object_set(body, "grants", json_object_get(other, "grants"));
    assert_answer(decide(play, &play->alice, body), 400, "invalid");
}

static void a_grant_for_something_else_is_refused(void **state)
{
    struct play *play = *state;
    AUTO_JSON *bobs = decision_body(play, &play->bob, true);
    json_t *body = decision_body(play, &play->alice, true);
    json_object_set(body, "grants", json_object_get(bobs, "grants"));
    struct answer *a = decide(play, &play->alice, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "grants[0]: not the grant this manifest asks for");
}

static void a_grant_must_be_signed_by_its_owner(void **state)
{
    struct play *play = *state;
    json_t *body = decision_body(play, &play->alice, true);
    json_t *grant = json_array_get(json_object_get(body, "grants"), 0);
    json_object_set_new(
        grant, "signature",
        signature_json(
            play->alice.key,
            bytes_of_string("]: not the grant this manifest asks for")));
    struct answer *a = decide(play, &play->alice, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "grants[0]: not signed by your key");
}

static void grants_last_366_days_at_most(void **state)
{
    struct play *play = *state;
    play->days = API_GRANT_DAYS_MAX;
    play_decide(play, &play->alice, true);
    json_t *body = decision_body(play, &play->bob, true);
    /* Longer, made by hand: our own client would refuse to. */
    json_t *signed_grant = json_array_get(json_object_get(body, "grants"), 0);
    AUTO_CLEAR_BUFFER raw = buffer_make(512);
    assert_ok(api_json_base64(signed_grant, "grant", &raw, NULL));
    raw.data[15 + 16 + 16 + 32 + 32 + 32 + 1 + 6] -= 1; /* not before */
    json_object_set_new(signed_grant, "grant",
                        api_json_of_base64(buffer_bytes(&raw)));
    json_object_set_new(signed_grant, "signature",
                        signature_json(play->bob.key, buffer_bytes(&raw)));
    struct answer *a = decide(play, &play->bob, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "366");
}

/* --- what changed meanwhile ---------------------------------------------- */

static void what_changed_before_the_last_approval_comes_to_nothing(void **state)
{
    struct play *play = *state;
    play_decide(play, &play->alice, true);
    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_PATCH,
                            json_pack("{s:s}", "name", "renamed"),
                            "/accord/v1/datasets/%s", play->input.text),
                  200, NULL);
    struct answer *a =
        decide(play, &play->bob, decision_body(play, &play->bob, true));
    assert_answer(a, 200, NULL);
    assert_string_equal("failed", answer_text(a, "status"));
    assert_true(strstr(answer_text(a, "cause"), "changed") != NULL);
    a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                  "/accord/v1/workflows/%s", play->workflow);
    assert_answer(a, 404, "not-found");
}

static void a_suspended_dataset_is_not_agreed_on(void **state)
{
    struct play *play = *state;
    play_decide(play, &play->bob, true);
    assert_answer(stage_ask(play->stage, as(&play->root), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/suspend", play->input.text),
                  200, NULL);
    struct answer *a =
        decide(play, &play->alice, decision_body(play, &play->alice, true));
    assert_answer(a, 200, NULL);
    assert_string_equal("failed", answer_text(a, "status"));
    assert_true(strstr(answer_text(a, "cause"), "suspended") != NULL);
}

static void decisions_of_one_group_are_seen_in_order(void **state)
{
    struct play *play = *state;
    struct answer first, second;
    char path[128];
    (void)snprintf(path, sizeof(path), "/accord/v1/requests/%s/decision",
                   play->request_id);
    stage_begin(play->stage, &first, as(&play->alice), HTTP_POST,
                decision_body(play, &play->alice, true), path);
    stage_begin(play->stage, &second, as(&play->bob), HTTP_POST,
                decision_body(play, &play->bob, true), path);
    stage_write(play->stage);
    assert_answer(&first, 200, NULL);
    assert_answer(&second, 200, NULL);
    assert_string_equal("approved", answer_text(&second, "status"));
    answer_clear(&first);
    answer_clear(&second);
}

#define play_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(the_last_approval_makes_a_version),
        play_test(one_decline_rejects_for_all),
        play_test(nobody_decides_twice),
        play_test(who_owns_nothing_decides_nothing),
        play_test(an_approval_of_something_else_is_refused),
        play_test(only_the_owners_key_decides),
        play_test(an_approval_that_was_edited_is_refused),
        play_test(an_approval_brings_exactly_its_grants),
        play_test(a_grant_for_something_else_is_refused),
        play_test(a_grant_must_be_signed_by_its_owner),
        play_test(grants_last_366_days_at_most),
        play_test(what_changed_before_the_last_approval_comes_to_nothing),
        play_test(a_suspended_dataset_is_not_agreed_on),
        play_test(decisions_of_one_group_are_seen_in_order),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
