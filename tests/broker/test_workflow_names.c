/* People call workflows by their names: one that is agreed, or waits for its
 * owners, has its name for itself. */

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

static json_t *next_version(const struct play *play)
{
    json_t *graph = play_graph(play);
    assert_int_equal(
        0, json_object_set_new(graph, "workflow", json_string(play->workflow)));
    return graph;
}

static void a_name_is_that_of_one_workflow(void **state)
{
    struct play *play = *state;
    play_submit(play, NULL);
    struct answer *a = submit(play, play_graph(play));
    assert_answer(a, 409, "conflict");
    assert_says(a, "a workflow of this name is waiting for its owners: decide "
                   "or withdraw that request first, or take another name");
    play_decide(play, &play->alice, true);
    play_decide(play, &play->bob, true);
    a = submit(play, play_graph(play));
    assert_answer(a, 409, "conflict");
    assert_says(a, "this account has a workflow of this name: submit its next "
                   "version, or take another name");
    json_t *other = play_graph(play);
    json_object_set_new(other, "name", json_string("another"));
    assert_answer(submit(play, other), 201, NULL);
    assert_answer(submit(play, next_version(play)), 201, NULL);
}

static void a_name_is_free_when_nobody_waits_or_agreed(void **state)
{
    struct play *play = *state;
    play_submit(play, NULL);
    play_decide(play, &play->alice, false);
    play_submit(play, NULL); /* one decline was the end of that */
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_DELETE, NULL,
                            "/accord/v1/requests/%s", play->request_id),
                  204, NULL);
    play_agree(play); /* and that was withdrawn */
    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_POST, NULL,
                            "/accord/v1/workflows/%s/1/withdraw",
                            play->workflow),
                  200, NULL);
    play_submit(play,
                json_pack("{s:I}", "sign_by", (json_int_t)stage_seconds()));
    stage_pass(1);
    play_submit(play, NULL); /* the time to sign that is over */
}

#define play_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_name_is_that_of_one_workflow),
        play_test(a_name_is_free_when_nobody_waits_or_agreed),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
