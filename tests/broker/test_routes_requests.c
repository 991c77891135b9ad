/* From a graph to a request that waits for its owners: every fault is named,
 * nothing half is submitted, one request per workflow. */

#include <stdio.h>
#include <stdlib.h>

#include "tests/broker/cast.h"

static int setup(void **state)
{
    static struct play play;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&play, stage);
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

static struct answer *submit(struct play *play, json_t *body)
{
    return stage_ask(play->stage, as(&play->bob), HTTP_POST, body,
                     "/accord/v1/requests");
}

static struct answer *check(struct play *play, json_t *body)
{
    return stage_ask(play->stage, as(&play->alice), HTTP_POST, body,
                     "/accord/v1/check");
}

static struct answer *look(struct play *play, const struct person *who)
{
    return stage_ask(play->stage, as(who), HTTP_GET, NULL,
                     "/accord/v1/requests/%s", play->request_id);
}

static bool has_fault(const json_t *faults, const char *where)
{
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const char *at = json_string_value(
            json_object_get(json_array_get(faults, i), "where"));
        if (at && strncmp(at, where, strlen(where)) == 0)
            return true;
    }
    return false;
}

/* --- submitting ---------------------------------------------------------- */

static void a_request_freezes_what_is_to_be_signed(void **state)
{
    struct play *play = *state;
    struct hash digest, told;
    AUTO_CLEAR_BUFFER derived = buffer_make(API_MANIFEST_MAX);
    play_submit(play, NULL);
    assert_newest_leaf(play->stage, API_LEAF_CHANGE, "action",
                       "request-create");
    struct answer *a = look(play, &play->alice);
    assert_answer(a, 200, NULL);
    assert_string_equal("pending", answer_text(a, "status"));
    const char *manifest = answer_text(a, "manifest");
    assert_ok(hash_of(&digest, bytes_of_string(manifest)));
    assert_ok(api_json_hash(a->body, "digest", &told, NULL));
    assert_true(hash_equal(&digest, &told));
    /* An owner's client derives it again from the parts. */
    assert_ok(api_manifest_text(json_object_get(a->body, "proposal"), &derived,
                                NULL));
    assert_true(bytes_equal(buffer_bytes(&derived), bytes_of_string(manifest)));
    assert_true(json_is_null(json_object_get(a->body, "parent_manifest")));
    assert_null(json_object_get(a->body, "_approvals"));
    assert_int_equal(2, json_object_size(json_object_get(a->body, "people")));
}

static void whom_it_waits_for_is_told(void **state)
{
    struct play *play = *state;
    play_submit(play, NULL);
    struct answer *a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                                 "/accord/v1/me");
    json_t *waiting = json_object_get(a->body, "waiting");
    assert_int_equal(1, json_array_size(waiting));
    assert_string_equal(play->request_id,
                        json_string_value(json_array_get(waiting, 0)));
    a = stage_ask(play->stage, as(&play->root), HTTP_GET, NULL,
                  "/accord/v1/me");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "waiting")));
    play_decide(play, &play->alice, true);
    a = stage_ask(play->stage, as(&play->alice), HTTP_GET, NULL,
                  "/accord/v1/me");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "waiting")));
}

static void every_fault_of_a_graph_is_listed(void **state)
{
    struct play *play = *state;
    uint64_t size = stage_log_size(play->stage);
    json_t *graph = play_graph(play);
    json_t *objects = json_object_get(graph, "objects");
    json_t *edges = json_object_get(graph, "edges");
    /* wrong contributor, unknown port, edge to nowhere */
    json_object_set_new(json_object_get(objects, "in"), "user_id",
                        json_string(play->bob.text));
    json_object_set_new(json_object_get(json_object_get(edges, "e1"), "target"),
                        "port", json_string("side"));
    json_object_set_new(json_object_get(json_object_get(edges, "e2"), "target"),
                        "id", json_string("nowhere"));
    struct answer *a = submit(play, graph);
    assert_answer(a, 400, "invalid");
    assert_says(a, "the graph has 4 faults");
    const json_t *faults = json_object_get(a->body, "faults");
    assert_true(has_fault(faults, "objects.in.user_id"));
    assert_true(has_fault(faults, "edges.e1.target"));
    assert_true(has_fault(faults, "edges.e2.target"));
    assert_int_equal(size, stage_log_size(play->stage));
}

static void check_says_the_same_and_records_nothing(void **state)
{
    struct play *play = *state;
    uint64_t size = stage_log_size(play->stage);
    struct answer *a = check(play, play_graph(play));
    assert_answer(a, 200, NULL);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "faults")));
    json_t *graph = play_graph(play);
    json_object_del(json_object_get(graph, "objects"), "out");
    a = check(play, graph);
    assert_answer(a, 200, NULL);
    assert_true(has_fault(json_object_get(a->body, "faults"), "edges.e2"));
    assert_answer(check(play, json_pack("{s:s}", "name", "x")), 400, "invalid");
    assert_int_equal(size, stage_log_size(play->stage));
}

/* The note is "WHERE: NOTE". */
static void assert_note(const struct answer *a, const char *expected)
{
    const json_t *notes = json_object_get(a->body, "notes");
    const json_t *note = json_array_get(notes, 0);
    char text[256];
    assert_answer(a, 200, NULL);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "faults")));
    assert_int_equal(1, json_array_size(notes));
    (void)snprintf(text, sizeof(text), "%s: %s",
                   json_string_value(json_object_get(note, "where")),
                   json_string_value(json_object_get(note, "note")));
    assert_string_equal(expected, text);
}

static void check_says_what_nothing_is_connected_with(void **state)
{
    struct play *play = *state;
    struct answer *a = check(play, play_graph(play));
    const json_t *notes = json_object_get(a->body, "notes");
    assert_true(json_is_array(notes) && json_array_size(notes) == 0);
    json_t *graph = play_graph(play);
    json_object_del(json_object_get(graph, "objects"), "out");
    json_object_del(json_object_get(graph, "edges"), "e2");
    assert_note(check(play, graph),
                "objects.app: nothing is connected with its port output");
    graph = play_graph(play);
    json_object_del(json_object_get(graph, "objects"), "out");
    json_object_del(json_object_get(graph, "objects"), "in");
    json_object_clear(json_object_get(graph, "edges"));
    assert_note(check(play, graph),
                "objects.app: no edge is at this app: it gets a certificate "
                "and its configuration, and no data");
}

/* Faults that only records know. */
static void what_may_not_be_used_now_is_a_fault(void **state)
{
    struct play *play = *state;
    struct program pending = play->program;
    char approved[API_ID_TEXT];
    memcpy(approved, play->program.text, sizeof(approved));
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_POST,
                            build_body(&play->bob, "next", &pending),
                            "/accord/v1/builds"),
                  201, NULL);
    memcpy(play->program.text, pending.text, sizeof(approved));
    struct answer *a = submit(play, play_graph(play));
    assert_answer(a, 400, "invalid");
    assert_true(has_fault(json_object_get(a->body, "faults"), "objects.app"));
    memcpy(play->program.text, approved, sizeof(approved));

    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/suspend", play->input.text),
                  200, NULL);
    a = submit(play, play_graph(play));
    assert_answer(a, 400, "invalid");
    assert_true(has_fault(json_object_get(a->body, "faults"), "objects.in"));
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/erase", play->output.text),
                  200, NULL);
    a = submit(play, play_graph(play));
    assert_true(has_fault(json_object_get(a->body, "faults"), "objects.out"));
}

static void an_object_that_changes_within_the_group_stops_the_request(
    void **state)
{
    struct play *play = *state;
    struct answer first, second;
    char path[128];
    (void)snprintf(path, sizeof(path), "/accord/v1/datasets/%s",
                   play->input.text);
    stage_begin(play->stage, &first, as(&play->alice), HTTP_PATCH,
                json_pack("{s:s}", "name", "renamed"), path);
    stage_begin(play->stage, &second, as(&play->bob), HTTP_POST,
                play_graph(play), "/accord/v1/requests");
    stage_write(play->stage);
    assert_answer(&first, 200, NULL);
    assert_answer(&second, 409, "conflict");
    assert_says(&second, "an object changed meanwhile: submit again");
    answer_clear(&first);
    answer_clear(&second);
}

/* --- one at a time ------------------------------------------------------- */

static json_t *next_version(const struct play *play)
{
    json_t *graph = play_graph(play);
    assert_int_equal(
        0, json_object_set_new(graph, "workflow", json_string(play->workflow)));
    return graph;
}

static void one_version_waits_at_a_time(void **state)
{
    struct play *play = *state;
    play_agree(play);
    play_submit(play, json_pack("{s:s}", "workflow", play->workflow));
    struct answer *a = submit(play, next_version(play));
    assert_answer(a, 409, "conflict");
    assert_says(a,
                "another version of this workflow is waiting for its owners");
}

static void a_version_of_nothing_is_refused(void **state)
{
    struct play *play = *state;
    struct api_id id;
    char text[API_ID_TEXT];
    assert_ok(api_id_random(&id));
    api_id_text(&id, text);
    json_t *graph = play_graph(play);
    json_object_set_new(graph, "workflow", json_string(text));
    assert_answer(submit(play, graph), 404, "not-found");
}

static void a_request_is_withdrawn_by_who_submitted_it(void **state)
{
    struct play *play = *state;
    play_submit(play, NULL);
    struct answer *a =
        stage_ask(play->stage, as(&play->alice), HTTP_DELETE, NULL,
                  "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 403, "role");
    a = stage_ask(play->stage, as(&play->bob), HTTP_DELETE, NULL,
                  "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 204, NULL);
    assert_newest_leaf(play->stage, API_LEAF_CHANGE, "action",
                       "request-withdraw");
    assert_string_equal("withdrawn",
                        answer_text(look(play, &play->bob), "status"));
    a = stage_ask(play->stage, as(&play->root), HTTP_DELETE, NULL,
                  "/accord/v1/requests/%s", play->request_id);
    assert_answer(a, 409, "conflict");
    a = stage_ask(play->stage, as(&play->alice), HTTP_POST,
                  decision_body(play, &play->alice, true),
                  "/accord/v1/requests/%s/decision", play->request_id);
    assert_answer(a, 409, "conflict");
}

/* --- its time ------------------------------------------------------------ */

static void a_request_ends_with_its_time_to_sign(void **state)
{
    struct play *play = *state;
    play_agree(play);
    uint64_t sign_by = stage_seconds() + 100;
    play_submit(play, json_pack("{s:s, s:I}", "workflow", play->workflow,
                                "sign_by", (json_int_t)sign_by));
    stage_pass(100);
    play_decide(play, &play->alice, true); /* the last second */
    stage_pass(1);
    struct answer *a =
        stage_ask(play->stage, as(&play->bob), HTTP_POST,
                  decision_body(play, &play->bob, true),
                  "/accord/v1/requests/%s/decision", play->request_id);
    assert_answer(a, 409, "conflict");
    assert_says(a, "the time to sign this request is over");
    assert_string_equal("expired",
                        answer_text(look(play, &play->bob), "status"));
    a = stage_ask(play->stage, as(&play->bob), HTTP_GET, NULL, "/accord/v1/me");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "waiting")));
    a = stage_ask(play->stage, as(&play->bob), HTTP_GET, NULL,
                  "/accord/v1/requests");
    bool seen = false;
    for (size_t i = 0; i < 2; i++) {
        const json_t *item =
            json_array_get(json_object_get(a->body, "items"), i);
        seen |= strcmp("expired",
                       json_string_value(json_object_get(item, "status"))) == 0;
    }
    assert_true(seen);
    assert_answer(submit(play, next_version(play)), 201, NULL);
}

static void the_time_to_sign_is_bounded(void **state)
{
    struct play *play = *state;
    json_t *graph = play_graph(play);
    json_object_set_new(graph, "sign_by",
                        json_integer((json_int_t)stage_seconds() - 1));
    struct answer *a = submit(play, graph);
    assert_answer(a, 400, "invalid");
    assert_says(a, "sign_by");
    graph = play_graph(play);
    json_object_set_new(
        graph, "sign_by",
        json_integer((json_int_t)(stage_seconds() + 367 * STAGE_DAY)));
    assert_answer(submit(play, graph), 400, "invalid");
}

static void an_account_has_so_many_requests_waiting(void **state)
{
    struct play *play = *state;
    stage_configure(play->stage, "[limits]\nrequests = 1\n");
    play_submit(play, NULL);
    struct answer *a = submit(play, play_graph(play));
    assert_answer(a, 409, "conflict");
    assert_says(a, "this account has 1 requests that wait for approval "
                   "already, as many as it may");
}

#define play_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_request_freezes_what_is_to_be_signed),
        play_test(whom_it_waits_for_is_told),
        play_test(every_fault_of_a_graph_is_listed),
        play_test(check_says_the_same_and_records_nothing),
        play_test(check_says_what_nothing_is_connected_with),
        play_test(what_may_not_be_used_now_is_a_fault),
        play_test(an_object_that_changes_within_the_group_stops_the_request),
        play_test(one_version_waits_at_a_time),
        play_test(a_version_of_nothing_is_refused),
        play_test(a_request_is_withdrawn_by_who_submitted_it),
        play_test(a_request_ends_with_its_time_to_sign),
        play_test(the_time_to_sign_is_bounded),
        play_test(an_account_has_so_many_requests_waiting),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
