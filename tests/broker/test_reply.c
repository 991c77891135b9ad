/* Nine codes, their HTTP statuses, in two dialects. */

#include "broker/routes.h"
#include "broker/steps.h"
#include "tests/broker/stage.h"

static struct broker broker;
static struct answer answer;

static struct status nothing(struct exchange *x)
{
    (void)x;
    return OK;
}

static const struct route ours = { HTTP_GET, "/x", ANYBODY, ACCORD,
                                   .answer = nothing };
static const struct route products = { HTTP_GET, "/y", ANYBODY, PRODUCT,
                                       .answer = nothing };

/* An exchange whose answer lands in `answer`. */
static struct exchange *begin(const struct route *route)
{
    struct exchange *x = exchange_new(&broker);
    assert_non_null(x);
    answer_clear(&answer);
    answer.raw = buffer_make(1 << 20);
    x->connection = (struct connection *)(void *)&answer;
    x->route = route;
    x->now = stage_clock.wall;
    memset(x->id.bytes, 0x11, sizeof(x->id.bytes));
    return x;
}

static void reply(struct exchange *x)
{
    assert_ok(step_reply(x));
    answer.done = true;
    exchange_free(x);
}

static const struct {
    enum status_code code;
    int status;
    const char *word, *event;
} table[] = {
    { STATUS_INVALID, 400, "invalid", "BAD_REQUEST" },
    { STATUS_DENIED, 403, "denied", "FORBIDDEN" },
    { STATUS_NOT_FOUND, 404, "not-found", "NOT_FOUND" },
    { STATUS_CONFLICT, 409, "conflict", "CONFLICT" },
    { STATUS_BUSY, 503, "busy", "INTERNAL_SERVER_ERROR" },
    { STATUS_UNAVAILABLE, 503, "unavailable", "INTERNAL_SERVER_ERROR" },
    { STATUS_CORRUPT, 500, "corrupt", "INTERNAL_SERVER_ERROR" },
    { STATUS_NO_MEMORY, 503, "no-memory", "INTERNAL_SERVER_ERROR" },
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static void every_code_has_its_status_and_problem(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct exchange *x = begin(&ours);
        x->status = failure(table[i].code, "test", 0);
        status_ignore(refuse(&x->why, table[i].code, "test", "said %zu", i));
        reply(x);
        assert_int_equal(table[i].status, answer.status);
        assert_string_equal("application/problem+json", answer.type);
        assert_string_equal(table[i].word, answer_text(&answer, "code"));
        assert_string_equal("about:blank", answer_text(&answer, "type"));
        assert_string_equal("11111111-1111-1111-1111-111111111111",
                            answer_text(&answer, "request"));
        assert_int_equal(table[i].status, json_integer_value(json_object_get(
                                              answer.body, "status")));
        assert_true(answer_text(&answer, "title")[0] != '\0');
        assert_int_equal(table[i].status == 503, answer.retry_after[0] != '\0');
    }
}

static void the_products_clients_get_an_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct exchange *x = begin(&products);
        x->status = failure(table[i].code, "test", 0);
        status_ignore(refuse(&x->why, table[i].code, "test", "what it was"));
        reply(x);
        assert_int_equal(table[i].status, answer.status);
        assert_string_equal("application/json", answer.type);
        assert_string_equal(table[i].event, answer_text(&answer, "code"));
        assert_string_equal("ERROR", answer_text(&answer, "severity"));
        assert_non_null(strstr(answer_text(&answer, "message"), "what it was"));
    }
    struct exchange *x = begin(&products);
    x->status = failure(STATUS_DENIED, "test", 0);
    x->http_status = 401;
    reply(x);
    assert_string_equal("AUTH_FAILED", answer_text(&answer, "code"));
}

static void a_code_of_its_own_goes_before_the_statuss(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->status = failure(STATUS_DENIED, "test", 0);
    x->code = "evidence";
    reply(x);
    assert_answer(&answer, 403, "evidence");
    assert_string_equal("denied", answer_text(&answer, "detail"));
}

static void faults_come_with_the_problem(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->status = failure(STATUS_INVALID, "graph", 0);
    x->faults = json_pack("[{s:s, s:s}]", "where", "edges.e1", "fault", "no");
    reply(x);
    assert_answer(&answer, 400, "invalid");
    assert_int_equal(1,
                     json_array_size(json_object_get(answer.body, "faults")));
}

static void an_answer_is_canonical_json(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->answer = json_pack("{s:i, s:i}", "b", 2, "a", 1);
    reply(x);
    assert_int_equal(200, answer.status);
    assert_string_equal("application/json", answer.type);
    assert_true(bytes_equal(buffer_bytes(&answer.raw),
                            bytes_of_string("{\"a\":1,\"b\":2}")));
}

static void no_content_has_no_type(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->http_status = 204;
    reply(x);
    assert_int_equal(204, answer.status);
    assert_int_equal(0, answer.raw.len);
    assert_string_equal("", answer.type);
}

static void raw_answers_keep_their_type(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->answer_type = "application/pkix-crl";
    buffer_put_string(&x->answer_raw, "bytes");
    reply(x);
    assert_string_equal("application/pkix-crl", answer.type);
    assert_true(
        bytes_equal(buffer_bytes(&answer.raw), bytes_of_string("bytes")));
}

static void a_failure_never_answers_with_a_success(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->http_status = 201; /* set before it went wrong */
    x->answer = json_pack("{s:s}", "secret", "of somebody");
    x->status = failure(STATUS_CONFLICT, "late", 0);
    reply(x);
    assert_answer(&answer, 409, "conflict");
    assert_null(json_object_get(answer.body, "secret"));
}

static void what_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct exchange *x = begin(&ours);
    x->http_status = 201;
    x->answer = json_pack("{s:f}", "real", 1.5); /* not in canonical JSON */
    reply(x);
    assert_int_equal(503, answer.status);
}

static void a_peer_that_never_had_a_route_gets_our_problem(void **state)
{
    (void)state;
    struct exchange *x = begin(NULL);
    x->status = failure(STATUS_NOT_FOUND, "route", 0);
    reply(x);
    assert_answer(&answer, 404, "not-found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_status_and_problem),
        cmocka_unit_test(the_products_clients_get_an_event),
        cmocka_unit_test(a_code_of_its_own_goes_before_the_statuss),
        cmocka_unit_test(faults_come_with_the_problem),
        cmocka_unit_test(an_answer_is_canonical_json),
        cmocka_unit_test(no_content_has_no_type),
        cmocka_unit_test(raw_answers_keep_their_type),
        cmocka_unit_test(a_failure_never_answers_with_a_success),
        cmocka_unit_test(what_cannot_be_written_is_an_error),
        cmocka_unit_test(a_peer_that_never_had_a_route_gets_our_problem),
    };
    int failures = cmocka_run_group_tests(tests, stage_group, NULL);
    answer_clear(&answer);
    return failures;
}
