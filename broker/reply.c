/* reply.c - the answer on the wire, and one log line for every exchange. */

#include <stdio.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/product.h"
#include "broker/route.h"
#include "broker/steps.h"

/* Seconds; attempts.h forgets as slowly. */
#define RETRY_AFTER_TOO_MANY "300"

/* Nine codes, nine HTTP statuses: one table. */
static int http_status_of(enum status_code code)
{
    switch (code) {
    case STATUS_OK: return 200;
    case STATUS_INVALID: return 400;
    case STATUS_DENIED: return 403;
    case STATUS_NOT_FOUND: return 404;
    case STATUS_CONFLICT: return 409;
    case STATUS_BUSY: return 503;
    case STATUS_UNAVAILABLE: return 503;
    case STATUS_CORRUPT: return 500;
    case STATUS_NO_MEMORY: return 503;
    }
    return 500;
}

/* One of the product's EventTypes, not a code of ours. */
static bool is_event(const char *code)
{
    return code && code[0] >= 'A' && code[0] <= 'Z';
}

static const char *code_of(const struct exchange *x)
{
    return x->code ? x->code : status_name(x->status.code);
}

/* A row of ours that shares a product's refusal says our word for it. */
static const char *problem_code(const struct exchange *x)
{
    return is_event(x->code) ? status_name(x->status.code) : code_of(x);
}

static const char *why_of(const struct exchange *x)
{
    return x->why.text[0] ? x->why.text : status_name(x->status.code);
}

/* Half a body would be no JSON: without memory it is empty. */
static void put_whole(const json_t *body, struct buffer *out)
{
    if (!body || failed(api_json_canonical(body, out)))
        buffer_clear(out);
}

static void problem(const struct exchange *x, int status, const char *id,
                    struct buffer *out)
{
    AUTO_JSON *body = json_pack(
        "{s:s, s:s, s:i, s:s, s:s, s:s, s:O*}", "type", "about:blank", "title",
        http_status_text(status), "status", status, "code", problem_code(x),
        "detail", why_of(x), "request", id, "faults", x->faults);
    put_whole(body, out);
}

/* The EventType of what was refused without naming one. */
static const char *event_of(int status)
{
    switch (status) {
    case 401: return "AUTH_FAILED";
    case 403: return "FORBIDDEN";
    case 404: return "NOT_FOUND";
    case 405: return "METHOD_NOT_ALLOWED";
    case 409: return "CONFLICT";
    case 423: return "LOCKED";
    default: return status < 500 ? "BAD_REQUEST" : "INTERNAL_SERVER_ERROR";
    }
}

/* The product's Event (section 0.6 of the wire contract). */
static void event(const struct exchange *x, int status, struct buffer *out)
{
    char text[320];
    bool named = is_event(x->code);
    if (named && x->why.text[0])
        (void)snprintf(text, sizeof(text), "%s", x->why.text);
    else
        (void)snprintf(text, sizeof(text), "%s: %s", code_of(x), x->why.text);
    AUTO_JSON *body =
        product_event(text, named ? x->code : event_of(status), x->faults);
    put_whole(body, out);
}

static int write_body(struct exchange *x, const char *id, struct buffer *out,
                      const char **type)
{
    *type = "application/json";
    if (!failed(x->status)) {
        int status = x->http_status ? x->http_status : 200;
        if (x->answer_type) {
            *type = x->answer_type;
            buffer_put(out, buffer_bytes(&x->answer_raw));
        } else if (x->answer) {
            x->status = api_json_canonical(x->answer, out);
        }
        if (!failed(x->status) && !failed(buffer_status(out)))
            return status;
        buffer_clear(out);
        x->status = failure(STATUS_NO_MEMORY, "answer", 0);
        x->http_status = 0;
    }
    int status =
        x->http_status >= 400 ? x->http_status : http_status_of(x->status.code);
    if (route_dialect(x) == PRODUCT) {
        event(x, status, out);
    } else if (route_dialect(x) == DSM) {
        *type = "text/plain; charset=utf-8";
        buffer_put_string(out, why_of(x));
    } else {
        *type = "application/problem+json";
        problem(x, status, id, out);
    }
    return status;
}

/* id peer route status code step origin detail ms: never a secret, never
 * what a client sent but its matched route. */
static void log_line(const struct exchange *x, int status, const char *id)
{
    if (x->groups == route_operator_groups && status < 400)
        return;
    uint64_t ms = clock_now().wall - x->now;
    (void)fprintf(stderr,
                  "request %s %s %s %s %d %s step=%s origin=%s detail=%u "
                  "ms=%llu\n",
                  id, x->connection ? peer_kind_name(x->peer.kind) : "broker",
                  x->route && x->connection ? http_method_name(x->route->method)
                                            : "-",
                  x->route ? x->route->path : "-", status,
                  failed(x->status) ? code_of(x) : "ok",
                  x->failed_step ? x->failed_step : "-",
                  x->status.origin ? x->status.origin : "-", x->status.detail,
                  (unsigned long long)ms);
}

struct status step_reply(struct exchange *x)
{
    char id[API_ID_TEXT];
    AUTO_CLEAR_BUFFER body = buffer_make(20 * 1024 * 1024);
    const char *type;
    api_id_text(&x->id, id);
    int status = write_body(x, id, &body, &type);
    struct http_header headers[3] = { { "X-Request-Id", id } };
    size_t header_count = 1;
    if (status == 503 || status == 429)
        headers[header_count++] =
            (struct http_header){ "Retry-After",
                                  status == 503 ? "1" : RETRY_AFTER_TOO_MANY };
    if (status == 405)
        headers[header_count++] = (struct http_header){ "Allow", x->allow };
    if (x->set_cookie.len > 0)
        headers[header_count++] =
            (struct http_header){ "Set-Cookie",
                                  (const char *)x->set_cookie.data };
    struct http_reply reply = { .status = status,
                                .date = x->now / 1000,
                                .content_type = body.len ? type : NULL,
                                .body = buffer_bytes(&body),
                                .headers = headers,
                                .header_count = header_count,
                                .close = !x->request.keep_alive };
    metrics_answer(&x->broker->metrics, status);
    log_line(x, status, id);
    if (x->connection)
        connection_reply(x->connection, &reply);
    return OK;
}
