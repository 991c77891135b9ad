/* stage_ask.c - requests in, answers out, without a socket. */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "broker/connection.h"
#include "broker/writer.h"
#include "tests/broker/openapi.h"
#include "tests/broker/stage.h"

/* --- where the connection would be --------------------------------------- */

/* Reply sends to a connection; ours is the answer that waits for it. */
void __wrap_connection_reply(struct connection *connection,
                             const struct http_reply *reply);

void (*stage_real_reply)(struct connection *connection,
                         const struct http_reply *reply);
void (*stage_before_reply)(void);

static void keep_header(struct answer *a, const struct http_header *header)
{
    if (strcasecmp(header->name, "Retry-After") == 0)
        (void)snprintf(a->retry_after, sizeof(a->retry_after), "%s",
                       header->value);
    if (strcasecmp(header->name, "Set-Cookie") == 0)
        (void)snprintf(a->set_cookie, sizeof(a->set_cookie), "%s",
                       header->value);
    if (strcasecmp(header->name, "Allow") == 0)
        (void)snprintf(a->allow, sizeof(a->allow), "%s", header->value);
    if (strcasecmp(header->name, "X-Request-Id") == 0)
        (void)snprintf(a->request_id, sizeof(a->request_id), "%s",
                       header->value);
}

void __wrap_connection_reply(struct connection *connection,
                             const struct http_reply *reply)
{
    struct answer *a = (struct answer *)(void *)connection;
    if (stage_before_reply)
        stage_before_reply();
    if (stage_real_reply) {
        stage_real_reply(connection, reply);
        return;
    }
    AUTO_CLEAR_BUFFER wire = buffer_make((size_t)32 << 20);
    assert_ok(http_reply_write(reply, &wire)); /* it can be sent */
    a->status = reply->status;
    if (reply->content_type)
        (void)snprintf(a->type, sizeof(a->type), "%s", reply->content_type);
    buffer_put(&a->raw, reply->body);
    assert_ok(buffer_status(&a->raw));
    for (size_t i = 0; i < reply->header_count; i++)
        keep_header(a, &reply->headers[i]);
    if (reply->body.len > 0 && strstr(a->type, "json"))
        assert_ok(
            api_json_read(reply->body, (size_t)32 << 20, true, &a->body, NULL));
}

static void handover(struct exchange *x, enum place to)
{
    if (to == ON_WRITER)
        (void)queue_put(&x->broker->writer, x, true);
    else
        exchange_resume(x);
}

static void finished(struct exchange *x)
{
    struct answer *a = x->own;
    if (x->route && !openapi_lists(x->route, a->status))
        fail_msg("docs/openapi.json: %s %s answers %d",
                 http_method_name(x->route->method), x->route->path, a->status);
    a->leaves = x->leaves;
    memcpy(a->leaf, x->leaf, sizeof(a->leaf));
    a->recorded = x->recorded;
    a->head_signed = x->head_signed;
    a->done = true;
    exchange_free(x);
}

/* --- a request ----------------------------------------------------------- */

static void write_request(const struct stage *s, struct buffer *raw,
                          enum http_method method, const json_t *body,
                          const char *path)
{
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)4 << 20);
    if (body)
        assert_ok(api_json_canonical(body, &text));
    buffer_printf(raw, "%s %s HTTP/1.1\r\nHost: broker.example:9443\r\n",
                  http_method_name(method), path);
    buffer_put_string(raw, s->headers ? s->headers : "");
    if (!s->bare && (body || method != HTTP_GET))
        buffer_put_string(raw, "Content-Type: application/json\r\n");
    if (body || method != HTTP_GET)
        buffer_printf(raw, "Content-Length: %zu\r\n", text.len);
    buffer_put_string(raw, "\r\n");
    buffer_put(raw, buffer_bytes(&text));
    assert_ok(buffer_status(raw));
}

struct exchange *stage_exchange(struct stage *s, struct answer *out,
                                struct bytes peer, enum http_method method,
                                json_t *body, const char *path)
{
    struct exchange *x = exchange_new(&s->broker);
    struct http_reader reader = http_reader_make((size_t)1 << 20);
    AUTO_JSON *taken = body;
    assert_non_null(x);
    *out = (struct answer){ .raw = buffer_make((size_t)32 << 20) };
    x->raw = buffer_make((size_t)4 << 20);
    write_request(s, &x->raw, method, taken, path);
    assert_int_equal(HTTP_READ_DONE,
                     http_read(&reader, buffer_bytes(&x->raw), &x->request));
    x->connection = (struct connection *)(void *)out;
    x->own = out;
    x->groups = route_groups;
    x->handover = handover;
    x->finished = finished;
    x->peer_der = peer;
    x->from = s->from;
    x->now = stage_clock.wall;
    assert_ok(api_id_random(&x->id));
    return x;
}

void stage_begin(struct stage *s, struct answer *out, struct bytes peer,
                 enum http_method method, json_t *body, const char *path)
{
    exchange_resume(stage_exchange(s, out, peer, method, body, path));
}

void stage_write(struct stage *s)
{
    struct queue *queue = &s->broker.writer;
    if (!queue->first)
        return;
    queue_close(queue);
    (void)writer_run(&s->broker); /* until the queue is empty */
    queue->closed = false;
}

struct answer *stage_ask(struct stage *s, struct bytes peer,
                         enum http_method method, json_t *body,
                         const char *path, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, path);
    (void)vsnprintf(text, sizeof(text), path, arguments);
    va_end(arguments);
    answer_clear(s->last);
    stage_begin(s, s->last, peer, method, body, text);
    stage_write(s);
    assert_true(s->last->done);
    return s->last;
}

void answer_clear(struct answer *a)
{
    json_decref(a->body);
    buffer_clear(&a->raw);
    *a = (struct answer){ 0 };
}

const char *answer_text(const struct answer *a, const char *member)
{
    const char *text = json_string_value(json_object_get(a->body, member));
    return text ? text : "";
}

static void show(const struct answer *a)
{
    print_error("answered %d %.*s\n", a->status, (int)a->raw.len,
                (const char *)a->raw.data);
}

void assert_answer_at(const struct answer *a, int status, const char *code,
                      const char *file, int line)
{
    const char *is = answer_text(a, "code");
    if (!a->done || a->status != status || strcmp(is, code ? code : "") != 0)
        show(a);
    _assert_true(a->done, "answered", file, line);
    _assert_int_equal((uintmax_t)status, (uintmax_t)a->status, file, line);
    if (code)
        _assert_string_equal(code, is, file, line);
}

void assert_says_at(const struct answer *a, const char *text, const char *file,
                    int line)
{
    bool problem = json_object_get(a->body, "detail") != NULL;
    const char *said = answer_text(a, problem ? "detail" : "message");
    if (!strstr(said, text))
        show(a);
    _assert_true(strstr(said, text) != NULL, text, file, line);
}
