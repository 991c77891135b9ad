#include "http/grammar.h"
#include "http/head.h"

typedef struct http_refusal (*known_read_fn)(struct http_reader *reader,
                                             struct bytes head,
                                             struct bytes value);

static struct http_refusal host_read(struct http_reader *reader,
                                     struct bytes head, struct bytes value)
{
    struct bytes host;
    uint16_t port = 0;
    if (!http_authority_read(value, &host, &port))
        return http_refuse(400, "Host is not host or host:port");
    reader->host = http_span_of(head, value);
    return http_accept();
}

/* Digits only and in their shortest form: every other spelling is read
 * differently by somebody. */
static struct http_refusal length_read(struct http_reader *reader,
                                       struct bytes head, struct bytes value)
{
    (void)head;
    if (value.len == 0 || (value.len > 1 && value.at[0] == '0'))
        return http_refuse(400, "Content-Length is not a number");
    size_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!http_is_digit(value.at[i]))
            return http_refuse(400, "Content-Length is not a number");
        /* Any number of this size is beyond every limit. */
        if (length <= SIZE_MAX / 100)
            length = length * 10 + (size_t)(value.at[i] - '0');
    }
    reader->content_length = length;
    return http_accept();
}

static struct http_refusal connection_read(struct http_reader *reader,
                                           struct bytes head,
                                           struct bytes value)
{
    (void)head;
    while (value.len > 0) {
        struct bytes option;
        (void)http_cut(value, ',', &option, &value);
        if (http_same_word(http_trimmed(option), bytes_of_string("close")))
            reader->close = true;
    }
    return http_accept();
}

static struct http_refusal coding_read(struct http_reader *reader,
                                       struct bytes head, struct bytes value)
{
    (void)reader, (void)head, (void)value;
    return http_refuse(411, "Transfer-Encoding: send a Content-Length");
}

static struct http_refusal expect_read(struct http_reader *reader,
                                       struct bytes head, struct bytes value)
{
    (void)reader, (void)head, (void)value;
    return http_refuse(417, "Expect is not supported");
}

enum {
    SEEN_HOST = 1 << 0,
    SEEN_CONTENT_LENGTH = 1 << 1,
    SEEN_CONTENT_TYPE = 1 << 2,
    SEEN_AUTHORIZATION = 1 << 3,
    SEEN_COOKIE = 1 << 4,
};

/* The fields that matter to where a request ends or who sent it. */
/* clang-format off */
static const struct known_field {
    const char *name;
    unsigned once; /* 0: may be repeated */
    known_read_fn read; /* NULL: nothing to do here */
} known_fields[] = {
    { "Host",              SEEN_HOST,           host_read       },
    { "Content-Length",    SEEN_CONTENT_LENGTH, length_read     },
    { "Content-Type",      SEEN_CONTENT_TYPE,   NULL            },
    { "Authorization",     SEEN_AUTHORIZATION,  NULL            },
    { "Cookie",            SEEN_COOKIE,         NULL            },
    { "Transfer-Encoding", 0,                   coding_read     },
    { "Expect",            0,                   expect_read     },
    { "Connection",        0,                   connection_read },
};
/* clang-format on */

static struct http_refusal known_field_read(struct http_reader *reader,
                                            struct bytes head,
                                            struct bytes name,
                                            struct bytes value)
{
    for (size_t i = 0; i < sizeof(known_fields) / sizeof(known_fields[0]);
         i++) {
        const struct known_field *known = &known_fields[i];
        if (!http_same_word(name, bytes_of_string(known->name)))
            continue;
        if (reader->seen & known->once)
            return http_refuse(400, "a field that may come once comes twice");
        reader->seen |= known->once;
        return known->read ? known->read(reader, head, value) : http_accept();
    }
    return http_accept();
}

struct http_refusal http_field_line_read(struct http_reader *reader,
                                         struct bytes head, struct bytes line)
{
    struct bytes name;
    struct bytes value;
    if (reader->fields == HTTP_FIELDS_MAX)
        return http_refuse(431, "there are too many header fields");
    if (http_is_blank(line.at[0]))
        return http_refuse(400, "a header field is folded");
    if (!http_cut(line, ':', &name, &value))
        return http_refuse(400, "a header line has no colon");
    if (name.len == 0)
        return http_refuse(400, "a header field has no name");
    for (size_t i = 0; i < name.len; i++) {
        if (!http_is_token(name.at[i]))
            return http_refuse(400, "a header field's name is not a token");
    }
    value = http_trimmed(value);
    reader->field[reader->fields++] = (struct http_field){
        http_span_of(head, name),
        http_span_of(head, value),
    };
    return known_field_read(reader, head, name, value);
}

struct http_refusal http_head_check(const struct http_reader *reader)
{
    if (!(reader->seen & SEEN_HOST))
        return http_refuse(400, "Host is missing");
    if (reader->content_length > 0 &&
        (reader->method == HTTP_GET || reader->method == HTTP_DELETE))
        return http_refuse(400, "this method has no body");
    if (reader->content_length > reader->body_max)
        return http_refuse(413, "the body is too long");
    return http_accept();
}
