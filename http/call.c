#include "http/call.h"

#include "http/grammar.h"

bool http_has_body(enum http_method method)
{
    return method != HTTP_GET && method != HTTP_DELETE;
}

static bool is_target(const char *text)
{
    struct bytes path;
    struct bytes query;
    (void)http_cut(bytes_of_string(text), '?', &path, &query);
    return path.len > 0 && path.at[0] == '/' && http_all(path, http_is_path) &&
           http_all(query, http_is_query);
}

static bool is_text(struct bytes s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!http_is_text(s.at[i]))
            return false;
    }
    return true;
}

static struct status call_refuse(struct reason *why, const char *fault)
{
    return refuse(why, STATUS_INVALID, "http_call", "%s", fault);
}

/* Twice would be read differently by different servers; and a credential is
 * a secret. */
static bool is_written_here(const char *name)
{
    static const char *const own[] = {
        "Authorization", "Connection", "Content-Length",    "Content-Type",
        "Expect",        "Host",       "Transfer-Encoding",
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (http_same_word(bytes_of_string(name), bytes_of_string(own[i])))
            return true;
    }
    return false;
}

static struct status headers_check(const struct http_call *call,
                                   struct reason *why)
{
    const struct http_header type = { "Content-Type", call->content_type };
    if (call->content_type && !http_header_valid(&type))
        return call_refuse(why, "the content type of the call is not valid");
    for (size_t i = 0; i < call->header_count; i++) {
        if (!http_header_valid(&call->headers[i]) ||
            is_written_here(call->headers[i].name))
            return call_refuse(why, "a header of the call is not valid");
    }
    if (call->authorization && !is_text(secret_expose(call->authorization)))
        return call_refuse(why, "the authorization of the call is not valid");
    return OK;
}

struct status http_call_check(const struct http_call *call, bool unverified,
                              struct reason *why)
{
    if (!is_target(call->path))
        return call_refuse(why, "the path of the call is not valid");
    if (!http_has_body(call->method) &&
        (call->body.len > 0 || call->content_type))
        return call_refuse(why, "a GET or DELETE call cannot have a body");
    if (unverified &&
        (call->method != HTTP_GET || call->header_count || call->authorization))
        return call_refuse(why, "an unverified server may only be asked, "
                                "with nothing of the caller's");
    return headers_check(call, why);
}

static struct status line_add(struct http_lines *lines, const char *name,
                              const char *value)
{
    AUTO_CLEAR_BUFFER line = buffer_make(strlen(name) + strlen(value) + 3);
    /* libcurl's notation: a colon would take a field without value away. */
    buffer_printf(&line, value[0] ? "%s: %s" : "%s;", name, value);
    buffer_put_u8(&line, '\0');
    TRY(buffer_status(&line));
    return http_lines_add(lines, (const char *)line.data);
}

static struct status authorization_add(struct http_lines *lines,
                                       const struct secret *value)
{
    static const char name[] = "Authorization: ";
    struct bytes text = secret_expose(value);
    AUTO_FREE(secret) line = NULL;
    TRY(secret_new(sizeof(name) + text.len, &line));
    memcpy(secret_fill(line), name, sizeof(name) - 1);
    if (text.len > 0)
        memcpy(secret_fill(line) + sizeof(name) - 1, text.at, text.len);
    return http_lines_add(lines, (const char *)secret_expose(line).at);
}

struct status http_call_lines(const struct http_call *call,
                              struct http_lines *lines)
{
    /* libcurl would invent the first and wait for an answer to the second. */
    TRY(call->content_type ? line_add(lines, "Content-Type", call->content_type)
                           : http_lines_add(lines, "Content-Type:"));
    TRY(http_lines_add(lines, "Expect:"));
    for (size_t i = 0; i < call->header_count; i++)
        TRY(line_add(lines, call->headers[i].name, call->headers[i].value));
    return call->authorization ? authorization_add(lines, call->authorization)
                               : OK;
}
