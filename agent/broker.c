/* broker.c - one certificate request to the broker, and what its answer means
 * in the product's words. */

#include "agent/broker.h"

#include <stdlib.h>

#include "http/http.h"

/* The clients give up after 60 s. */
#define TOTAL_MS   50000
#define ANSWER_MAX ((size_t)256 * 1024)

void agent_outcome_clear(struct agent_outcome *outcome)
{
    buffer_clear(&outcome->certificate);
}

static struct status client_open(const struct agent_broker *broker,
                                 struct http_client **out, struct reason *why)
{
    const struct http_client_settings settings = {
        .base_url = broker->url,
        .roots = buffer_bytes(&broker->roots),
        .total_ms = TOTAL_MS,
        .answer_max = ANSWER_MAX,
    };
    return http_client_open(&settings, out, why);
}

struct status agent_broker_check(const struct agent_broker *broker,
                                 struct reason *why)
{
    AUTO_FREE(http_client) client = NULL;
    return client_open(broker, &client, why);
}

static void conclude(struct agent_outcome *out, enum agent_task_status status,
                     const char *code, const char *detail)
{
    buffer_clear(&out->certificate);
    out->status = status;
    (void)snprintf(out->code, sizeof(out->code), "%s", code);
    (void)snprintf(out->detail.text, sizeof(out->detail.text), "%s", detail);
}

static bool may_be_approved_yet(const char *code)
{
    return strcmp(code, "configuration") == 0 || strcmp(code, "domain") == 0 ||
           strcmp(code, "build-pending") == 0;
}

/* RFC 9457; anything else speaks for nobody. */
static void read_problem(const struct http_answer *answer,
                         struct agent_outcome *out)
{
    struct reason ignored;
    const char *code = NULL, *detail = NULL;
    AUTO_JSON *body = NULL;
    status_ignore(api_json_read(buffer_bytes(&answer->body), ANSWER_MAX, false,
                                &body, &ignored)); /* then there is no code */
    if (!body || failed(api_json_text(body, "code", &code, &ignored)) ||
        failed(api_json_text(body, "detail", &detail, &ignored))) {
        char text[64];
        (void)snprintf(text, sizeof(text), "the broker answered with status %d",
                       answer->status);
        conclude(out, AGENT_FAILED, "unavailable", text);
        return;
    }
    bool refused =
        answer->status >= 400 && answer->status < 500 && answer->status != 429;
    enum agent_task_status status = AGENT_FAILED;
    if (refused)
        status =
            may_be_approved_yet(code) ? AGENT_PENDING_WHITELIST : AGENT_DENIED;
    conclude(out, status, code, detail);
}

static struct status read_certificate(const struct http_answer *answer,
                                      struct agent_outcome *out,
                                      struct reason *why)
{
    const char *pem;
    AUTO_JSON *body = NULL;
    TRY(api_json_read(buffer_bytes(&answer->body), ANSWER_MAX, false, &body,
                      why));
    TRY(api_json_text(body, "certificate", &pem, why));
    conclude(out, AGENT_SUCCESS, "", "");
    out->certificate = buffer_make(ANSWER_MAX);
    buffer_put_string(&out->certificate, pem);
    return buffer_status(&out->certificate);
}

static struct status post(const struct agent_broker *broker, const char *path,
                          struct bytes body, struct http_answer *answer,
                          struct reason *why)
{
    AUTO_FREE(http_client) client = NULL;
    TRY(client_open(broker, &client, why));
    const struct http_call call = { .method = HTTP_POST,
                                    .path = path,
                                    .content_type = "application/json",
                                    .body = body };
    return http_call(client, &call, answer, why);
}

static struct status ask(const struct agent_broker *broker,
                         struct bytes request, struct agent_outcome *out,
                         struct reason *why)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    TRY(post(broker, "/accord/v1/certificates", request, &answer, why));
    if (answer.status == 200)
        return read_certificate(&answer, out, why);
    read_problem(&answer, out);
    return OK;
}

struct status agent_broker_nonce(const struct agent_broker *broker,
                                 struct buffer *out, struct reason *why)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    TRY(post(broker, "/accord/v1/nonces", bytes_of_string("{}"), &answer, why));
    if (answer.status != 200)
        return refuse(why, STATUS_UNAVAILABLE, "nonce",
                      "the broker answered with status %d", answer.status);
    buffer_put(out, buffer_bytes(&answer.body));
    return buffer_status(out);
}

void agent_broker_ask(const struct agent_broker *broker, struct bytes request,
                      struct agent_outcome *out)
{
    struct reason why = { "" };
    *out = (struct agent_outcome){ .status = AGENT_FAILED };
    struct status s = ask(broker, request, out, &why);
    if (!failed(s))
        return;
    const char *detail = why.text[0] ? why.text : status_name(s.code);
    conclude(out, AGENT_FAILED,
             s.code == STATUS_DENIED ? "broker-certificate" : "unavailable",
             detail);
}
