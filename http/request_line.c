#include "http/grammar.h"
#include "http/head.h"
#include "http/target_check.h"

static struct http_refusal method_read(struct bytes name, enum http_method *out)
{
    static const enum http_method methods[] = { HTTP_GET, HTTP_POST, HTTP_PUT,
                                                HTTP_PATCH, HTTP_DELETE };
    static const char *const known[] = { "HEAD", "OPTIONS", "TRACE",
                                         "CONNECT" };

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (bytes_equal(name, bytes_of_string(http_method_name(methods[i])))) {
            *out = methods[i];
            return http_accept();
        }
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (bytes_equal(name, bytes_of_string(known[i])))
            return http_refuse(405, "the method is not allowed");
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!http_is_token(name.at[i]))
            return http_refuse(400, "the method is not a token");
    }
    return name.len ? http_refuse(501, "the method is not known")
                    : http_refuse(400, "the method is missing");
}

static struct http_refusal version_read(struct bytes version)
{
    if (bytes_equal(version, bytes_of_string("HTTP/1.1")))
        return http_accept();
    if (version.len == 8 && memcmp(version.at, "HTTP/", 5) == 0 &&
        http_is_digit(version.at[5]) && version.at[6] == '.' &&
        http_is_digit(version.at[7]))
        return http_refuse(505, "the version is not HTTP/1.1");
    return http_refuse(400, "the request line has no version");
}

static struct http_refusal target_read(struct http_reader *reader,
                                       struct bytes head, struct bytes target)
{
    struct bytes path;
    struct bytes query;
    (void)http_cut(target, '?', &path, &query);
    const char *fault = http_path_fault(path);
    if (!fault)
        fault = http_query_fault(query);
    if (fault)
        return http_refuse(400, fault);
    reader->path = http_span_of(head, path);
    reader->query = http_span_of(head, query);
    return http_accept();
}

struct http_refusal http_request_line_read(struct http_reader *reader,
                                           struct bytes head, struct bytes line)
{
    struct bytes method;
    struct bytes target;
    struct bytes version;
    struct bytes rest;
    if (!http_cut(line, ' ', &method, &rest) ||
        !http_cut(rest, ' ', &target, &version))
        return http_refuse(400, "the request line has not three parts");

    struct http_refusal refusal = version_read(version);
    if (refusal.status == 0)
        refusal = method_read(method, &reader->method);
    if (refusal.status == 0)
        refusal = target_read(reader, head, target);
    return refusal;
}
