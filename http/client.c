#include "http/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/call.h"

#define CONNECT_MS      5000
#define TOTAL_MS        30000
#define ANSWER_HEAD_MAX (32UL * 1024)

struct http_client {
    struct http_handle *handle;
    struct http_lines connect_to;
    size_t answer_max;
    bool unverified;
};

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    http_handle_free(client->handle);
    http_lines_clear(&client->connect_to);
    free(client);
}

/* The URL of a call bears the name that is asked for and verified, which may
 * be another than that of the host to connect to. */
static struct status connect_to_host(struct http_client *client)
{
    const struct http_handle *h = client->handle;
    char line[HTTP_HOST_MAX + 16];
    (void)snprintf(line, sizeof(line), "::%s:%u", h->url.host,
                   (unsigned)h->url.port);
    TRY(http_lines_add(&client->connect_to, line));
    return HTTP_SET(client->handle, CURLOPT_CONNECT_TO,
                    client->connect_to.first);
}

static struct status open_with(const struct http_handle_settings *settings,
                               size_t answer_max, struct http_client **out,
                               struct reason *why)
{
    AUTO_FREE(http_client) client = calloc(1, sizeof(*client));
    if (!client)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    client->answer_max = answer_max ? answer_max : HTTP_BODY_MAX;
    client->unverified = settings->trust == HTTP_TRUST_ANYBODY;
    TRY(http_handle_open(settings, &client->handle, why));
    TRY(connect_to_host(client));
    *out = TAKE(client);
    return OK;
}

struct status http_client_open(const struct http_client_settings *settings,
                               struct http_client **out, struct reason *why)
{
    const struct http_handle_settings wanted = {
        .url = settings->base_url,
        .allow_http = settings->allow_http,
        .trust = HTTP_TRUST_ROOTS,
        .roots = settings->roots,
        .server_name = settings->server_name,
        .certificate = settings->certificate,
        .key = settings->key,
        .connect_ms = settings->connect_ms ? settings->connect_ms : CONNECT_MS,
        .total_ms = settings->total_ms ? settings->total_ms : TOTAL_MS,
    };
    return open_with(&wanted, settings->answer_max, out, why);
}

struct status http_client_open_unverified(const char *base_url,
                                          struct http_client **out,
                                          struct reason *why)
{
    const struct http_handle_settings wanted = {
        .url = base_url,
        .trust = HTTP_TRUST_ANYBODY,
        .connect_ms = CONNECT_MS,
        .total_ms = TOTAL_MS,
    };
    return open_with(&wanted, 0, out, why);
}

/* scheme://name:port, the base's path, the call's path, and a NUL. */
static struct status url_make(const struct http_handle *h, const char *path,
                              struct buffer *out)
{
    struct bytes base = h->url.path;
    if (base.len > 0 && base.at[base.len - 1] == '/')
        base.len--;
    buffer_printf(out, "%s://%s:%u", h->url.tls ? "https" : "http", h->name,
                  (unsigned)h->url.port);
    buffer_put(out, base);
    buffer_put_string(out, path);
    buffer_put_u8(out, '\0');
    return buffer_status(out);
}

static struct status set_target(struct http_handle *h, const char *path)
{
    AUTO_CLEAR_BUFFER url =
        buffer_make(strlen(h->text) + strlen(h->name) + strlen(path) + 32);
    TRY(url_make(h, path, &url));
    return HTTP_SET(h, CURLOPT_URL, (const char *)url.data);
}

static struct status set_method(struct http_handle *h,
                                const struct http_call *call)
{
    const char *name = http_method_name(call->method);
    bool usual = call->method == HTTP_GET || call->method == HTTP_POST;
    TRY(HTTP_SET(h, CURLOPT_HTTPGET, 1L)); /* forgets the call before */
    if (http_has_body(call->method)) {
        const void *body =
            call->body.len > 0 ? call->body.at : (const void *)"";
        TRY(HTTP_SET(h, CURLOPT_POST, 1L));
        TRY(HTTP_SET(h, CURLOPT_POSTFIELDS, body));
        TRY(HTTP_SET(h, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)call->body.len));
    }
    return HTTP_SET(h, CURLOPT_CUSTOMREQUEST, usual ? NULL : name);
}

/* Both callbacks answer fewer bytes than they got to end the call; the
 * buffer remembers why. */
static size_t on_field(char *line, size_t size, size_t count, void *answer)
{
    struct buffer *fields = &((struct http_answer *)answer)->fields;
    size_t len = size * count;
    /* The status line of a further head, after a 100: forget the first. */
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
        buffer_clear(fields);
    buffer_put(fields, bytes_of(line, len));
    return failed(buffer_status(fields)) ? 0 : len;
}

static size_t on_body(char *chunk, size_t size, size_t count, void *answer)
{
    struct buffer *body = &((struct http_answer *)answer)->body;
    buffer_put(body, bytes_of(chunk, size * count));
    return failed(buffer_status(body)) ? 0 : size * count;
}

static struct status perform(struct http_client *client,
                             struct http_answer *answer, struct reason *why)
{
    struct http_handle *h = client->handle;
    CURLcode code = http_handle_perform(h);
    if (answer->fields.refused == STATUS_NO_MEMORY ||
        answer->body.refused == STATUS_NO_MEMORY)
        return failure(STATUS_NO_MEMORY, "buffer", 0);
    if (answer->fields.refused != STATUS_OK ||
        answer->body.refused != STATUS_OK)
        return http_handle_failure(h, CURLE_FILESIZE_EXCEEDED, why);
    if (code != CURLE_OK)
        return http_handle_failure(h, code, why);

    long status = 0;
    (void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300 && status < 400)
        return refuse(why, STATUS_INVALID, "redirect",
                      "%s:%u answered with a redirect (%ld), which is never "
                      "followed",
                      h->url.host, (unsigned)h->url.port, status);
    answer->status = (int)status;
    return OK;
}

/* Nothing of the call may stay behind in the handle: it was borrowed. */
static struct status forget_call(struct http_handle *h)
{
    TRY(HTTP_SET(h, CURLOPT_HTTPHEADER, NULL));
    TRY(HTTP_SET(h, CURLOPT_POSTFIELDS, NULL));
    TRY(HTTP_SET(h, CURLOPT_HEADERDATA, NULL));
    return HTTP_SET(h, CURLOPT_WRITEDATA, NULL);
}

static struct status prepare(struct http_handle *h,
                             const struct http_call *call,
                             const struct http_lines *lines,
                             struct http_answer *answer)
{
    TRY(set_target(h, call->path));
    TRY(set_method(h, call));
    TRY(HTTP_SET(h, CURLOPT_HTTPHEADER, lines->first));
    TRY(HTTP_SET(h, CURLOPT_HEADERFUNCTION, on_field));
    TRY(HTTP_SET(h, CURLOPT_HEADERDATA, answer));
    TRY(HTTP_SET(h, CURLOPT_WRITEFUNCTION, on_body));
    return HTTP_SET(h, CURLOPT_WRITEDATA, answer);
}

struct status http_call(struct http_client *client,
                        const struct http_call *call, struct http_answer *out,
                        struct reason *why)
{
    struct http_handle *h = client->handle;
    TRY(http_call_check(call, client->unverified, why));
    AUTO_CLEAR_LINES lines = { NULL };
    TRY(http_call_lines(call, &lines));
    AUTO_CLEAR_ANSWER answer = { .body = buffer_make(client->answer_max),
                                 .fields = buffer_make(ANSWER_HEAD_MAX) };
    struct status done = prepare(h, call, &lines, &answer);
    if (!failed(done))
        done = perform(client, &answer, why);
    struct status forgotten = forget_call(h);
    TRY(done);
    TRY(forgotten);
    *out = answer;
    answer = (struct http_answer){ 0 };
    return OK;
}
