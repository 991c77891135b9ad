#include "cli/channel.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/exit.h"
#include "cli/output.h"

#define ANSWER_MAX ((size_t)32 * 1024 * 1024)

/* Takes the context over. */
static struct status connect_as(struct context *context, struct channel *out,
                                struct reason *why)
{
    struct channel c = { .context = *context };
    struct http_client_settings settings = {
        .base_url = c.context.url,
        .roots = buffer_bytes(&c.context.ca_pem),
        .certificate = buffer_bytes(&c.context.certificate),
        .key = c.context.tls ? ca_key_pkey(c.context.tls) : NULL,
        .total_ms = 90000,
        .answer_max = ANSWER_MAX,
    };
    struct status s = http_client_open(&settings, &c.http, why);
    if (failed(s)) {
        context_clear(&c.context);
        return s;
    }
    *out = c;
    return OK;
}

struct status channel_open(const char *context_name, struct channel *out,
                           struct reason *why)
{
    struct context context;
    TRY(context_open(context_name, &context, why));
    return connect_as(&context, out, why);
}

struct status channel_open_anonymous(const char *context_name,
                                     struct channel *out, struct reason *why)
{
    struct context context;
    TRY(context_open_keyless(context_name, &context, why));
    return connect_as(&context, out, why);
}

void channel_clear(struct channel *c)
{
    http_client_free(c->http);
    c->http = NULL;
    context_clear(&c->context);
}

static enum status_code code_of(int status)
{
    if (status == 400 || status == 405 || status == 411 || status == 413)
        return STATUS_INVALID;
    if (status == 401 || status == 403)
        return STATUS_DENIED;
    if (status == 404)
        return STATUS_NOT_FOUND;
    if (status == 409)
        return STATUS_CONFLICT;
    return STATUS_UNAVAILABLE;
}

struct status channel_refusal(int status, const json_t *problem,
                              struct reason *why)
{
    size_t i;
    json_t *fault;
    AUTO_CLEAR_BUFFER plain = buffer_make(64 * 1024);
    const char *code = json_string_value(json_object_get(problem, "code"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    json_array_foreach(json_object_get(problem, "faults"), i, fault)
    {
        (void)fputs("  ", stderr);
        output_text(stderr, json_string_value(json_object_get(fault, "where")));
        (void)fputs(": ", stderr);
        output_text(stderr, json_string_value(json_object_get(fault, "fault")));
        (void)fputc('\n', stderr);
    }
    output_plain(detail ? detail : "the broker refused", &plain);
    buffer_put_string(&plain, " (");
    output_plain(code ? code : "no code", &plain);
    return refuse(why, code_of(status), exit_origin(code), "%.*s, HTTP %d)",
                  (int)plain.len, plain.data ? (const char *)plain.data : "",
                  status);
}

static struct status check_consistency(struct channel *c,
                                       const struct api_head *head,
                                       struct reason *why)
{
    const struct api_head *seen = &c->context.head;
    AUTO_JSON *answer = NULL;
    if (seen->size == 0)
        return OK;
    if (api_id_equal(&seen->store, &head->store) && head->epoch > seen->epoch)
        return refuse(why, STATUS_CORRUPT, "log",
                      "THE BROKER GOES ON FROM AN OLDER STORE: epoch %u, you "
                      "know %u; accord log accept says what is lost",
                      head->epoch, seen->epoch);
    TRY(api_head_not_back(seen, head, why));
    TRY(channel_get(
        c, &answer, why, "/accord/v1/log/consistency?from=%llu&to=%llu",
        (unsigned long long)seen->size, (unsigned long long)head->size));
    return api_head_continues(seen, head, answer, why);
}

static struct status take_head(struct channel *c, const struct api_head *head,
                               struct reason *why)
{
    if (failed(api_head_verify(head, &c->context.log_key)))
        return refuse(why, STATUS_CORRUPT, "log",
                      "a log head is not signed by the pinned log key");
    if (head->size == c->context.head.size &&
        hash_equal(&head->root, &c->context.head.root))
        return OK;
    TRY(check_consistency(c, head, why));
    c->context.head = *head;
    return context_save(&c->context, why);
}

static struct status check_receipt(struct channel *c, const json_t *answer,
                                   struct reason *why)
{
    const json_t *json = json_object_get(answer, "receipt");
    struct api_receipt receipt;
    if (!json_is_object(json))
        return OK;
    TRY(api_receipt_from_json(json, &receipt, why));
    TRY(api_receipt_verify(&receipt, &c->context.log_key, why));
    /* An older head than the newest seen is no step back. */
    if (receipt.head.size < c->context.head.size &&
        receipt.head.epoch == c->context.head.epoch)
        return OK;
    return take_head(c, &receipt.head, why);
}

struct status channel_check_head(struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    struct api_head head;
    TRY(channel_get(c, &answer, why, "/accord/v1/log/head"));
    TRY(api_head_from_json(answer, &head, why));
    return take_head(c, &head, why);
}

struct status channel_call(struct channel *c, enum http_method method,
                           const char *path, const json_t *body, json_t **out,
                           struct reason *why)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    AUTO_CLEAR_BUFFER text = buffer_make(HTTP_BODY_MAX);
    AUTO_JSON *json = NULL;
    if (body)
        TRY(api_json_canonical(body, &text));
    struct http_call call = {
        .method = method,
        .path = path,
        .content_type = body ? "application/json" : NULL,
        .body = buffer_bytes(&text),
    };
    TRY(http_call(c->http, &call, &answer, why));
    if (answer.body.len > 0)
        TRY(api_json_read(buffer_bytes(&answer.body), ANSWER_MAX, true, &json,
                          why));
    if (answer.status < 200 || answer.status > 299)
        return channel_refusal(answer.status, json, why);
    TRY(check_receipt(c, json, why));
    if (out)
        *out = TAKE(json);
    return OK;
}

struct status channel_get(struct channel *c, json_t **out, struct reason *why,
                          const char *format, ...)
{
    char path[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof(path))
        return failure(STATUS_INVALID, "path", 0);
    return channel_call(c, HTTP_GET, path, NULL, out, why);
}
