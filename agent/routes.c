/* routes.c - the Node Agent's interface (section 2.4 of the wire contract),
 * and the simulator's one request. */

#include <time.h>

#include "agent/attest.h"
#include "agent/exchange.h"
#include "agent/simulator_claim.h"
#include "agent/version.h"
#include "base/text.h"

void agent_refuse(struct agent_answer *answer, int status, const char *code,
                  const char *message)
{
    answer->status = status;
    buffer_clear(&answer->body);
    buffer_put_string(&answer->body, "{\"message\":");
    api_json_string(bytes_of_string(message), &answer->body);
    buffer_printf(&answer->body, ",\"code\":\"%s\",\"severity\":\"ERROR\"}",
                  code);
}

static void refuse_status(struct agent_answer *answer, struct status s,
                          const struct reason *why)
{
    const char *message = why->text[0] ? why->text : status_name(s.code);
    if (s.code == STATUS_INVALID)
        agent_refuse(answer, 400, "INVALID_BODY_PARAMETER", message);
    else if (s.code == STATUS_DENIED)
        agent_refuse(answer, 403, "FORBIDDEN", message);
    else if (s.code == STATUS_NOT_FOUND)
        agent_refuse(answer, 404, "NOT_FOUND", message);
    else
        agent_refuse(answer, 500, "INTERNAL_SERVER_ERROR", message);
}

static struct status answer_version(struct agent *agent,
                                    const struct http_request *request,
                                    struct buffer *out, struct reason *why)
{
    (void)agent;
    (void)request;
    (void)why;
    buffer_put_string(out, "{\"version\":\"" ACCORD_VERSION "\"}");
    return buffer_status(out);
}

static struct status answer_issue(struct agent *agent,
                                  const struct http_request *request,
                                  struct buffer *out, struct reason *why)
{
    const char *csr, *nonce;
    AUTO_JSON *body = NULL;
    AUTO_CLEAR_BUFFER passed_on = buffer_make(2 * AGENT_BODY_MAX);
    TRY(api_json_read(request->body, AGENT_BODY_MAX, false, &body, why));
    TRY(api_json_text(body, "csr", &csr, why));
    TRY(api_json_text_optional(body, "nonce", &nonce, why));
    buffer_put_string(&passed_on, "{\"csr\":");
    api_json_string(bytes_of_string(csr), &passed_on);
    if (nonce) {
        buffer_put_string(&passed_on, ",\"nonce\":");
        api_json_string(bytes_of_string(nonce), &passed_on);
    }
    if (!api_id_is_zero(&agent->node)) {
        char node[API_ID_TEXT];
        api_id_text(&agent->node, node);
        buffer_printf(&passed_on, ",\"node_id\":\"%s\"", node);
    }
    buffer_put_string(&passed_on, "}");
    TRY(buffer_status(&passed_on));
    return agent_tasks_issue(&agent->tasks, &agent->broker,
                             buffer_bytes(&passed_on), out);
}

/* Ours: for programs whose owners demand evidence made for one request. */
static struct status answer_nonce(struct agent *agent,
                                  const struct http_request *request,
                                  struct buffer *out, struct reason *why)
{
    (void)request;
    return agent_broker_nonce(&agent->broker, out, why);
}

static struct status answer_target_info(struct agent *agent,
                                        const struct http_request *request,
                                        struct buffer *out, struct reason *why)
{
    (void)request;
    (void)agent;
    (void)why;
    return agent_target_info(out);
}

static struct status answer_attest(struct agent *agent,
                                   const struct http_request *request,
                                   struct buffer *out, struct reason *why)
{
    const char *report, *csr;
    AUTO_JSON *body = NULL;
    TRY(api_json_read(request->body, AGENT_BODY_MAX, false, &body, why));
    TRY(api_json_text_optional(body, "report", &report, why));
    TRY(api_json_text(body, "attestation_csr", &csr, why));
    return agent_attest(agent, report, csr, (uint64_t)time(NULL), out, why);
}

#define RESULT_PATH "/v1/certificate/result/"

static struct status answer_result(struct agent *agent,
                                   const struct http_request *request,
                                   struct buffer *out, struct reason *why)
{
    struct api_id id;
    struct bytes text = bytes_of(request->path.at + strlen(RESULT_PATH),
                                 request->path.len - strlen(RESULT_PATH));
    if (failed(api_id_parse(text, &id)))
        return refuse(why, STATUS_NOT_FOUND, "task", "the task is not a UUID");
    struct status s =
        agent_tasks_result(&agent->tasks, &agent->broker, &id, out);
    return s.code == STATUS_NOT_FOUND
               ? refuse(why, STATUS_NOT_FOUND, "task", "no such task")
               : s;
}

static struct status read_hex(const json_t *body, const char *name, void *out,
                              size_t len, struct reason *why)
{
    const char *text;
    TRY(api_json_text(body, name, &text, why));
    if (failed(hex_decode(bytes_of_string(text), out, len)))
        return refuse(why, STATUS_INVALID, name,
                      "%s: expected %zu hexadecimal digits", name, 2 * len);
    return OK;
}

static struct status read_claim(const json_t *body,
                                struct simulator_claim *claim,
                                struct buffer *nonce, struct reason *why)
{
    static const char *const members[] = { "measurement", "report_data", "kind",
                                           "nonce" };
    const char *kind;
    TRY(api_json_only(body, members, 4, why));
    TRY(read_hex(body, "measurement", claim->measurement.bytes, HASH_LEN, why));
    TRY(read_hex(body, "report_data", claim->report_data,
                 sizeof(claim->report_data), why));
    TRY(api_json_text_optional(body, "kind", &kind, why));
    if (kind && (failed(api_kind_parse(bytes_of_string(kind), &claim->kind)) ||
                 claim->kind & ~API_KIND_PLATFORM))
        return refuse(why, STATUS_INVALID, "kind",
                      "kind: expected sgx, tdx, snp or nitro");
    if (json_object_get(body, "nonce"))
        TRY(api_json_base64(body, "nonce", nonce, why));
    claim->nonce = buffer_bytes(nonce);
    return OK;
}

static struct status answer_quote(struct agent *agent,
                                  const struct http_request *request,
                                  struct buffer *out, struct reason *why)
{
    struct simulator_claim claim = { 0 };
    AUTO_JSON *body = NULL;
    AUTO_CLEAR_BUFFER nonce = buffer_make(SIMULATOR_NONCE_MAX);
    AUTO_CLEAR_BUFFER quote = buffer_make(AGENT_BODY_MAX);
    if (!agent->simulator)
        return refuse(why, STATUS_NOT_FOUND, "simulator",
                      "this agent has no simulator");
    TRY(api_json_read(request->body, AGENT_BODY_MAX, false, &body, why));
    TRY(read_claim(body, &claim, &nonce, why));
    TRY(simulator_claim(agent->simulator, &claim, (uint64_t)time(NULL), &quote,
                        why));
    buffer_put_string(out, "{\"quote\":\"");
    base64_encode(buffer_bytes(&quote), out);
    buffer_put_string(out, "\"}");
    return buffer_status(out);
}

struct agent_endpoint {
    enum http_method method;
    const char *path;
    bool prefix; /* something follows the path */
    STATUS (*answer)(struct agent *agent, const struct http_request *request,
                     struct buffer *out, struct reason *why);
};

/* clang-format off */
static const struct agent_endpoint endpoints[] = {
    { HTTP_GET,  "/v1/sys/version",       false, answer_version },
    { HTTP_GET,  "/v1/enclave/target-info", false, answer_target_info },
    { HTTP_POST, "/v1/enclave/attest",    false, answer_attest  },
    { HTTP_POST, "/v1/certificate/issue", false, answer_issue   },
    { HTTP_POST, "/v1/certificate/nonce", false, answer_nonce   },
    { HTTP_POST, RESULT_PATH,             true,  answer_result  },
    { HTTP_POST, "/v1/sim/quote",         false, answer_quote   },
};
/* clang-format on */

static bool leads_to(const struct agent_endpoint *endpoint, struct bytes path)
{
    size_t len = strlen(endpoint->path);
    if (path.len < len || (!endpoint->prefix && path.len != len))
        return false;
    return memcmp(path.at, endpoint->path, len) == 0;
}

static void answer_with(const struct agent_endpoint *endpoint,
                        struct agent *agent, const struct http_request *request,
                        struct agent_answer *answer)
{
    struct reason why = { "" };
    struct status s = endpoint->answer(agent, request, &answer->body, &why);
    answer->status = 200;
    if (failed(s))
        refuse_status(answer, s, &why);
}

/* Clients are told the base URL with or without "/v1", and some add their
 * own: a doubled one counts once. */
static struct http_request without_base(const struct http_request *request)
{
    static const char doubled[] = "/v1/v1/";
    struct http_request plain = *request;
    if (plain.path.len >= sizeof(doubled) - 1 &&
        memcmp(plain.path.at, doubled, sizeof(doubled) - 1) == 0)
        plain.path = bytes_of(plain.path.at + 3, plain.path.len - 3);
    return plain;
}

void agent_route(struct agent *agent, const struct http_request *asked,
                 struct agent_answer *answer)
{
    const struct http_request plain = without_base(asked);
    const struct http_request *request = &plain;
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (!leads_to(&endpoints[i], request->path))
            continue;
        if (endpoints[i].method == request->method)
            answer_with(&endpoints[i], agent, request, answer);
        else
            agent_refuse(answer, 405, "METHOD_NOT_ALLOWED",
                         "the method is not allowed here");
        return;
    }
    agent_refuse(answer, 404, "NOT_FOUND", "there is nothing here");
}
