#include "broker/early.h"

#include <stdio.h>

static void fill(struct early *out, int status, const char *code,
                 const char *detail, const struct http_header *header)
{
    int len = snprintf(out->body, sizeof(out->body),
                       "{\"code\":\"%s\",\"detail\":\"%s\",\"status\":%d,"
                       "\"title\":\"%s\",\"type\":\"about:blank\"}",
                       code, detail, status, http_status_text(status));
    out->reply = (struct http_reply){
        .status = status,
        .content_type = "application/problem+json",
        .body = bytes_of(out->body, (size_t)len),
        .headers = header,
        .header_count = header ? 1 : 0,
        .close = true,
    };
}

void early_make(enum early_why why, const struct http_reader *reader,
                struct early *out)
{
    static const struct http_header allow = { "Allow", HTTP_METHODS };
    static const struct http_header later = { "Retry-After", "5" };
    switch (why) {
    case EARLY_INVALID:
        fill(out, reader->status, "invalid", reader->reason,
             reader->status == 405 ? &allow : NULL);
        return;
    case EARLY_CROWDED:
        fill(out, 429, "busy",
             "too many connections with this certificate are open", &later);
        return;
    case EARLY_FULL:
        fill(out, 503, "busy", "too many large requests are being received",
             &later);
        return;
    }
}
