#include "http/reader.h"

#include "http/grammar.h"
#include "http/head.h"

struct http_reader http_reader_make(size_t body_max)
{
    return (struct http_reader){ .body_max = body_max };
}

/* The line that ends with the CRLF whose LF is the byte being looked at. */
static struct http_refusal line_read(struct http_reader *r, struct bytes input)
{
    struct bytes head = bytes_of(input.at, r->scanned + 1);
    struct bytes line = bytes_of(input.at + r->line, r->scanned - 1 - r->line);
    bool first = r->line == 0;
    r->line = r->scanned + 1;

    if (first)
        return http_request_line_read(r, head, line);
    if (line.len > 0)
        return http_field_line_read(r, head, line);
    r->head_len = head.len;
    return http_head_check(r);
}

/* Looks at the byte input.at[r->scanned] in the light of those before it
 * only: so the outcome cannot depend on how the input was cut. */
static struct http_refusal byte_read(struct http_reader *r, struct bytes input)
{
    unsigned char c = input.at[r->scanned];
    bool after_cr = r->scanned > 0 && input.at[r->scanned - 1] == '\r';

    if (r->scanned == HTTP_HEAD_MAX)
        return http_refuse(431, "the head is too long");
    if (after_cr && c != '\n')
        return http_refuse(400, "a carriage return stands alone");
    if (after_cr)
        return line_read(r, input);
    if (c == '\n')
        return http_refuse(400, "a line feed stands alone");
    if (c == '\r')
        return http_accept();
    if (r->line == 0 && r->scanned == HTTP_REQUEST_LINE_MAX)
        return http_refuse(414, "the request line is too long");
    if (!http_is_text(c))
        return http_refuse(400, "the head has a byte that is not text");
    return http_accept();
}

static void head_read(struct http_reader *r, struct bytes input)
{
    while (r->head_len == 0 && r->status == 0 && r->scanned < input.len) {
        struct http_refusal refusal = byte_read(r, input);
        r->status = refusal.status;
        r->reason = refusal.reason;
        r->scanned++;
    }
}

static struct bytes part(struct bytes head, struct http_span span)
{
    return bytes_of(head.at + span.at, span.len);
}

static void request_make(const struct http_reader *r, struct bytes input,
                         struct http_request *out)
{
    struct bytes head = bytes_of(input.at, r->head_len);
    out->method = r->method;
    out->path = part(head, r->path);
    out->query = part(head, r->query);
    out->host = part(head, r->host);
    out->body = bytes_of(input.at + r->head_len, r->content_length);
    out->keep_alive = !r->close;
    out->head = head;
    out->fields = r->fields;
    memcpy(out->field, r->field, r->fields * sizeof(r->field[0]));
}

enum http_progress http_read(struct http_reader *reader, struct bytes input,
                             struct http_request *out)
{
    head_read(reader, input);
    if (reader->status != 0)
        return HTTP_READ_REFUSED;
    if (reader->head_len == 0)
        return HTTP_READ_HEAD;
    if (input.len - reader->head_len < reader->content_length)
        return HTTP_READ_BODY;
    reader->consumed = reader->head_len + reader->content_length;
    request_make(reader, input, out);
    return HTTP_READ_DONE;
}

struct bytes http_request_header(const struct http_request *request,
                                 const char *name)
{
    for (size_t i = 0; i < request->fields; i++) {
        const struct http_field *field = &request->field[i];
        if (http_same_word(part(request->head, field->name),
                           bytes_of_string(name)))
            return part(request->head, field->value);
    }
    return bytes_of(NULL, 0);
}
