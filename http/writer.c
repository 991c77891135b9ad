#include "http/writer.h"

#include <time.h>

#include "http/grammar.h"

/* clang-format off */
static const struct {
    int status;
    const char *text;
} status_texts[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 304, "Not Modified" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};
/* clang-format on */

const char *http_status_text(int status)
{
    for (size_t i = 0; i < sizeof(status_texts) / sizeof(status_texts[0]);
         i++) {
        if (status_texts[i].status == status)
            return status_texts[i].text;
    }
    return NULL;
}

/* Twice would be read differently by different clients. */
static bool is_written_here(const char *name)
{
    static const char *const own[] = {
        "Cache-Control", "Connection", "Content-Length",
        "Content-Type",  "Date",       "Transfer-Encoding",
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (http_same_word(bytes_of_string(name), bytes_of_string(own[i])))
            return true;
    }
    return false;
}

static struct status reply_check(const struct http_reply *reply)
{
    if (!http_status_text(reply->status))
        return failure(STATUS_INVALID, "http_reply_write: status", 0);

    const struct http_header type = { "Content-Type", reply->content_type };
    if (reply->content_type && !http_header_valid(&type))
        return failure(STATUS_INVALID, "http_reply_write: content type", 0);
    for (size_t i = 0; i < reply->header_count; i++) {
        if (!http_header_valid(&reply->headers[i]) ||
            is_written_here(reply->headers[i].name))
            return failure(STATUS_INVALID, "http_reply_write: header", 0);
    }
    return OK;
}

/* RFC 9110, 5.6.7: the one form that may be sent. Not strftime, whose names
 * depend on the locale. */
static void put_date(struct buffer *out, uint64_t date)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm at;
    time_t seconds = (time_t)date;
    if (gmtime_r(&seconds, &at))
        buffer_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                      days + (size_t)at.tm_wday * 3, at.tm_mday,
                      months + (size_t)at.tm_mon * 3, at.tm_year + 1900,
                      at.tm_hour, at.tm_min, at.tm_sec);
}

/* RFC 9110, 15.3.5 and 15.4.5: bytes after these would be taken for the
 * beginning of the next answer. */
static bool has_body(int status)
{
    return status != 204 && status != 304;
}

struct status http_reply_write(const struct http_reply *reply,
                               struct buffer *out)
{
    TRY(reply_check(reply));
    buffer_printf(out, "HTTP/1.1 %d %s\r\n", reply->status,
                  http_status_text(reply->status));
    if (reply->date != 0)
        put_date(out, reply->date);
    buffer_put_string(out, "Cache-Control: no-store\r\n");
    for (size_t i = 0; i < reply->header_count; i++)
        buffer_printf(out, "%s: %s\r\n", reply->headers[i].name,
                      reply->headers[i].value);
    if (reply->close)
        buffer_put_string(out, "Connection: close\r\n");
    if (!has_body(reply->status)) {
        buffer_put_string(out, "\r\n");
        return buffer_status(out);
    }
    if (reply->content_type)
        buffer_printf(out, "Content-Type: %s\r\n", reply->content_type);
    buffer_printf(out, "Content-Length: %zu\r\n\r\n", reply->body.len);
    buffer_put(out, reply->body);
    return buffer_status(out);
}
