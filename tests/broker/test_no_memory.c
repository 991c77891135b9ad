/* Whatever is asked while memory is refused is answered: with what was asked
 * for, or with 503; never with a refusal that nobody decided, and the log
 * stays whole. */

#include "tests/broker/scene.h"
#include "tests/support/torture.h"

static struct scene *now;

/* What is asked over and over, and how it ends when all goes well. */
static struct {
    struct bytes peer;
    enum http_method method;
    const char *path;
    json_t *body; /* NULL: none */
    int status;
    const char *code; /* of the problem; NULL: none */
} request;

static int setup(void **state)
{
    assert_int_equal(0, scene_setup_agreed(state));
    now = *state;
    memset(&request, 0, sizeof(request));
    stage_before_reply = torture_pause; /* what follows is the test's own */
    return 0;
}

static int teardown(void **state)
{
    stage_before_reply = NULL;
    json_decref(request.body);
    return scene_teardown(state);
}
#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static struct status ask(void)
{
    struct stage *s = now->play.stage;
    torture_pause();
    answer_clear(s->last);
    struct exchange *x =
        stage_exchange(s, s->last, request.peer, request.method,
                       json_deep_copy(request.body), request.path);
    torture_go_on();
    exchange_resume(x);
    if (s->broker.writer.first)
        torture_skip_one(); /* the writer's own, at its start */
    stage_write(s);
    torture_pause();
    assert_true(s->last->done);
    /* A problem for whose sentence there was no memory comes without one. */
    bool same =
        s->last->raw.len == 0 || strcmp(answer_text(s->last, "code"),
                                        request.code ? request.code : "") == 0;
    if (s->last->status == request.status && same)
        return OK;
    if (s->last->status != 503)
        fail_msg("%s: %d \"%s\"", request.path, s->last->status,
                 answer_text(s->last, "detail"));
    return failure(STATUS_NO_MEMORY, "broker", 0);
}

/* Once more without refusals, also on the store opened anew, which looks at
 * every record: then every leaf is under the head. */
static void assert_well(void)
{
    struct stage *s = now->play.stage;
    struct reason why = { "" };
    for (int i = 0; i < 2; i++) {
        assert_ok(ask());
        assert_int_equal(broker_head(&s->broker).size, stage_log_size(s));
        stage_close(s);
        assert_ok(stage_open(s, &why));
    }
}

static void assert_survived(int least)
{
    assert_ok(ask()); /* what is kept for the next time is kept */
    int refused = torture_some(ask);
    assert_in_range(refused, least, 20000);
    assert_well();
}

static void reading(void **state)
{
    (void)state;
    request.peer = as(&now->play.alice);
    request.method = HTTP_GET;
    request.path = "/accord/v1/me";
    request.status = 200;
    assert_survived(20);
}

static void changing(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof(path), "/accord/v1/datasets/%s",
                   now->play.input.text);
    request.peer = as(&now->play.alice);
    request.method = HTTP_PATCH;
    request.path = path;
    request.body = json_pack("{s:s}", "description", "of this year");
    request.status = 200;
    assert_survived(100);
    assert_receipt(now->play.stage, now->play.stage->last);
}

static void releasing(void **state)
{
    (void)state;
    request.peer = as_enclave(&now->enclave);
    request.method = HTTP_POST;
    request.path = "/accord/v1/release";
    request.body = json_pack("{s:s}", "dataset", now->play.input.text);
    request.status = 200;
    assert_survived(100);
    assert_receipt(now->play.stage, now->play.stage->last);
}

/* A refusal is another answer than 503, and is in the log as one. */
static void refusing(void **state)
{
    (void)state;
    request.peer = as_enclave(&now->enclave);
    request.method = HTTP_POST;
    request.path = "/accord/v1/release";
    request.body = json_pack("{s:s}", "dataset", now->play.workflow);
    request.status = 403;
    request.code = "dataset";
    assert_survived(100);
}

/* Whole bodies with keys, signatures and sealed credentials: made once, then
 * a conflict, which is found last. */
static void creating(void **state)
{
    (void)state;
    struct stage *s = now->play.stage;
    request.peer = as(&now->play.alice);
    request.method = HTTP_POST;
    request.path = "/accord/v1/datasets";
    request.body =
        dataset_body(s, &now->play.alice, "another", &now->play.input);
    request.status = 201;
    assert_ok(ask());
    request.status = 409;
    request.code = "conflict";
    assert_survived(100);
}

static void registering(void **state)
{
    (void)state;
    struct program program = now->play.program;
    request.peer = as(&now->play.bob);
    request.method = HTTP_POST;
    request.path = "/accord/v1/builds";
    request.body = build_body(&now->play.bob, "another", &program);
    request.status = 201;
    assert_ok(ask());
    request.status = 409;
    request.code = "conflict";
    assert_survived(50);
}

static void deciding(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof(path), "/accord/v1/requests/%s/decision",
                   now->play.request_id);
    request.peer = as(&now->play.alice);
    request.method = HTTP_POST;
    request.path = path;
    request.body = decision_body(&now->play, &now->play.alice, true);
    request.status = 409; /* it is approved already */
    request.code = "conflict";
    assert_survived(50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(reading),  scene_test(changing), scene_test(releasing),
        scene_test(refusing), scene_test(creating), scene_test(registering),
        scene_test(deciding),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
