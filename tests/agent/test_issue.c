/* Certificate requests: what the agent makes of each of the broker's answers,
 * in the product's words. */

#include "tests/support/check.h"

#include "tests/agent/pair.h"
#include "tests/agent/roots.h"

#define CSR "{\"csr\":\"-----BEGIN\\n\\u00fc\"}"

/* --- what the broker says, and what the agent makes of it ----------------- */

#define PROBLEM(code)                                                          \
    "{\"type\":\"about:blank\",\"code\":\"" code "\",\"detail\":\"why\"}"

/* clang-format off */
static const struct {
    int status;
    const char *body;
    const char *task_status, *certificate, *code, *detail;
} outcomes[] = {
    { 200, "{\"certificate\":\"PEM\\n\",\"more\":1}", "SUCCESS", "PEM\n", NULL, NULL },
    { 403, PROBLEM("evidence"),      "DENIED",            NULL, "evidence",      "why" },
    { 403, PROBLEM("build"),         "DENIED",            NULL, "build",         "why" },
    { 403, PROBLEM("identity"),      "DENIED",            NULL, "identity",      "why" },
    { 403, PROBLEM("approvals"),     "DENIED",            NULL, "approvals",     "why" },
    { 403, PROBLEM("suspended"),     "DENIED",            NULL, "suspended",     "why" },
    { 403, PROBLEM("configuration"), "PENDING_WHITELIST", NULL, "configuration", "why" },
    { 403, PROBLEM("domain"),        "PENDING_WHITELIST", NULL, "domain",        "why" },
    { 403, PROBLEM("build-pending"), "PENDING_WHITELIST", NULL, "build-pending", "why" },
    { 400, PROBLEM("invalid"),       "DENIED",            NULL, "invalid",       "why" },
    { 409, PROBLEM("conflict"),      "DENIED",            NULL, "conflict",      "why" },
    { 429, PROBLEM("busy"),          "FAILED",            NULL, "busy",          "why" },
    { 503, PROBLEM("unavailable"),   "FAILED",            NULL, "unavailable",   "why" },
    { 503, PROBLEM("outcome-unknown"), "FAILED",          NULL, "outcome-unknown", "why" },
    { 503, PROBLEM("configuration"), "FAILED",            NULL, "configuration", "why" },
    { 500, "",                       "FAILED",            NULL, "unavailable",   "the broker answered with status 500" },
    { 403, "<html>",                 "FAILED",            NULL, "unavailable",   "the broker answered with status 403" },
    { 404, "{\"code\":\"x\"}",       "FAILED",            NULL, "unavailable",   "the broker answered with status 404" },
    { 200, "{\"certificate\":1}",    "FAILED",            NULL, "unavailable",   "certificate: expected text" },
    { 200, "",                       "FAILED",            NULL, "unavailable",   NULL },
};
/* clang-format on */

static void assert_outcome(const json_t *task, size_t i)
{
    assert_member(task, "task_status", outcomes[i].task_status);
    assert_member(task, "certificate", outcomes[i].certificate);
    assert_member(task, "code", outcomes[i].code);
    if (outcomes[i].detail || !outcomes[i].code)
        assert_member(task, "detail", outcomes[i].detail);
}

static void every_answer_of_the_broker_has_a_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        struct pair p;
        char path[96];
        const struct agent_settings none = { 0 };
        const struct server_answer answer = {
            .text = pair_answer(outcomes[i].status, outcomes[i].body),
            .then_close = true
        };
        pair_open(&p, &answer, 1, &none);
        json_t *task =
            pair_call(&p, HTTP_POST, "/v1/certificate/issue", CSR, 200);
        assert_outcome(task, i);

        /* ...and it is kept, whatever it was. */
        (void)snprintf(path, sizeof(path), "/v1/certificate/result/%s",
                       json_string_value(json_object_get(task, "task_id")));
        json_t *again = pair_call(&p, HTTP_POST, path, "", 200);
        assert_outcome(again, i);
        json_decref(task);
        json_decref(again);
        struct server_record record = pair_close(&p);
        bool pending =
            strcmp(outcomes[i].task_status, "PENDING_WHITELIST") == 0;
        assert_int_equal(record.request_count, pending ? 2 : 1);
        server_record_clear(&record);
    }
}

static void the_request_is_passed_on_unchanged(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings none = { 0 };
    const struct server_answer answer = {
        .text = pair_answer(403, PROBLEM("build")), .then_close = true
    };
    pair_open(&p, &answer, 1, &none);
    json_decref(pair_call(&p, HTTP_POST, "/v1/certificate/issue", CSR, 200));
    struct server_record record = pair_close(&p);
    buffer_put_u8(&record.requests, '\0');
    const char *text = (const char *)record.requests.data;
    assert_non_null(strstr(text, "POST /accord/v1/certificates HTTP/1.1\r\n"));
    assert_non_null(
        strstr(text, "\r\n\r\n{\"csr\":\"-----BEGIN\\n\xc3\xbc\"}"));
    server_record_clear(&record);
}

#define WITH_NONCE "{\"csr\":\"-\",\"nonce\":\"6e6f\"}"

static void a_nonce_is_fetched_and_passed_on(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings none = { 0 };
    const struct server_answer answers[] = {
        { .text = pair_answer(200, "{\"nonce\":\"6e6f\",\"seconds\":120}"),
          .then_close = true },
        { .text = pair_answer(503, PROBLEM("unavailable")),
          .then_close = true },
        { .text = pair_answer(403, PROBLEM("nonce")), .then_close = true },
    };
    pair_open(&p, answers, 3, &none);
    json_t *nonce =
        pair_call(&p, HTTP_POST, "/v1/certificate/nonce", "{}", 200);
    assert_member(nonce, "nonce", "6e6f");
    json_decref(nonce);
    json_decref(pair_call(&p, HTTP_POST, "/v1/certificate/nonce", "{}", 500));
    json_t *task =
        pair_call(&p, HTTP_POST, "/v1/certificate/issue", WITH_NONCE, 200);
    assert_member(task, "code", "nonce");
    json_decref(task);
    struct server_record record = pair_close(&p);
    buffer_put_u8(&record.requests, '\0');
    const char *text = (const char *)record.requests.data;
    assert_non_null(strstr(text, "POST /accord/v1/nonces HTTP/1.1\r\n"));
    assert_non_null(strstr(text, "\r\n\r\n" WITH_NONCE));
    server_record_clear(&record);
}

static void what_waits_for_approval_is_asked_again(void **state)
{
    (void)state;
    struct pair p;
    char path[96];
    const struct agent_settings none = { 0 };
    const struct server_answer answers[] = {
        { .text = pair_answer(403, PROBLEM("configuration")),
          .then_close = true },
        { .text = pair_answer(503, PROBLEM("busy")), .then_close = true },
        { .text = pair_answer(200, "{\"certificate\":\"PEM\"}"),
          .then_close = true },
    };
    pair_open(&p, answers, 3, &none);
    json_t *task = pair_call(&p, HTTP_POST, "/v1/certificate/issue", CSR, 200);
    assert_member(task, "task_status", "PENDING_WHITELIST");
    (void)snprintf(path, sizeof(path), "/v1/certificate/result/%s",
                   json_string_value(json_object_get(task, "task_id")));
    json_decref(task);
    /* The broker being away for a moment changes nothing. */
    task = pair_call(&p, HTTP_POST, path, "", 200);
    assert_member(task, "task_status", "PENDING_WHITELIST");
    assert_member(task, "code", "busy");
    json_decref(task);
    for (int i = 0; i < 2; i++) {
        task = pair_call(&p, HTTP_POST, path, "", 200);
        assert_member(task, "task_status", "SUCCESS");
        assert_member(task, "certificate", "PEM");
        json_decref(task);
    }
    struct server_record record = pair_close(&p);
    assert_int_equal(record.request_count, 3);
    server_record_clear(&record);
}

/* What was approved meanwhile may have waited too long for its nonce: that is
 * an end, and the program makes new evidence. */
static void a_nonce_that_ended_while_waiting_is_an_end(void **state)
{
    (void)state;
    struct pair p;
    char path[96];
    const struct agent_settings none = { 0 };
    const struct server_answer answers[] = {
        { .text = pair_answer(403, PROBLEM("build-pending")),
          .then_close = true },
        { .text = pair_answer(403, PROBLEM("nonce")), .then_close = true },
    };
    pair_open(&p, answers, 2, &none);
    json_t *task =
        pair_call(&p, HTTP_POST, "/v1/certificate/issue", WITH_NONCE, 200);
    assert_member(task, "task_status", "PENDING_WHITELIST");
    (void)snprintf(path, sizeof(path), "/v1/certificate/result/%s",
                   json_string_value(json_object_get(task, "task_id")));
    json_decref(task);
    for (int i = 0; i < 2; i++) {
        task = pair_call(&p, HTTP_POST, path, "", 200);
        assert_member(task, "task_status", "DENIED");
        assert_member(task, "code", "nonce");
        json_decref(task);
    }
    struct server_record record = pair_close(&p);
    assert_int_equal(record.request_count, 2);
    server_record_clear(&record);
}

static void another_root_s_broker_is_not_asked(void **state)
{
    (void)state;
    struct pair p;
    struct root other = root_make();
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    root_pem(&other, &pem);
    const struct agent_settings with = { .broker_roots = buffer_bytes(&pem) };
    const struct server_answer answer = {
        .text = pair_answer(200, "{\"certificate\":\"PEM\"}")
    };
    pair_open(&p, &answer, 1, &with);
    json_t *task = pair_call(&p, HTTP_POST, "/v1/certificate/issue", CSR, 200);
    assert_member(task, "task_status", "FAILED");
    assert_member(task, "code", "broker-certificate");
    json_decref(task);
    struct server_record record = pair_close(&p);
    assert_int_equal(record.request_count, 0);
    server_record_clear(&record);
    root_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_of_the_broker_has_a_meaning),
        cmocka_unit_test(the_request_is_passed_on_unchanged),
        cmocka_unit_test(a_nonce_is_fetched_and_passed_on),
        cmocka_unit_test(what_waits_for_approval_is_asked_again),
        cmocka_unit_test(a_nonce_that_ended_while_waiting_is_an_end),
        cmocka_unit_test(another_root_s_broker_is_not_asked),
    };
    return cmocka_run_group_tests(tests, pair_setup, pair_teardown);
}
