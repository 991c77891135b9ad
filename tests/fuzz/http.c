/* Any bytes as a request: the same outcome at once and cut, and an accepted
 * request lies wholly within the input and is free of what was refused. */

#include <stdint.h>
#include <stdlib.h>

#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_within(struct bytes part, struct bytes whole)
{
    demand(part.len == 0 ||
           (part.at >= whole.at && part.len <= whole.len &&
            part.at - whole.at <= (ptrdiff_t)(whole.len - part.len)));
}

/* First `cut` bytes, then the rest. */
static enum http_progress read_in_two(struct http_reader *reader,
                                      struct bytes input, size_t cut,
                                      struct http_request *out)
{
    enum http_progress first = http_read(reader, bytes_of(input.at, cut), out);
    if (first != HTTP_READ_HEAD && first != HTTP_READ_BODY)
        return first;
    return http_read(reader, input, out);
}

static void check_target(const struct http_request *request)
{
    char text[512];
    struct bytes path = request->path;
    struct bytes segment;
    demand(path.len > 0 && path.at[0] == '/');
    while (http_path_next(&path, &segment)) {
        demand_within(segment, request->path);
        struct status s = http_path_segment(segment, text, sizeof(text));
        demand(failed(s) || (strcmp(text, ".") != 0 &&
                             strcmp(text, "..") != 0 && !strchr(text, '/')));
    }
    status_ignore(http_query_value(request->query, "a", text, sizeof(text)));
}

static void check_request(const struct http_reader *reader,
                          const struct http_request *request,
                          struct bytes input)
{
    demand(reader->consumed <= input.len && reader->consumed > 0);
    demand(reader->consumed == request->head.len + request->body.len);
    demand_within(request->path, request->head);
    demand_within(request->query, request->head);
    demand_within(request->host, request->head);
    demand_within(request->body, input);
    demand(request->host.len > 0);
    demand(request->fields <= HTTP_FIELDS_MAX);
    demand(!http_request_header(request, "Transfer-Encoding").at);
    demand(!memchr(request->head.at, 0, request->head.len));
    check_target(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_request request;
    static struct http_request again;
    struct bytes input = bytes_of(data, size);
    struct http_reader reader = http_reader_make(4096);
    struct http_reader cut = http_reader_make(4096);

    enum http_progress progress = http_read(&reader, input, &request);
    enum http_progress other =
        read_in_two(&cut, input, size ? data[size / 2] % size : 0, &again);
    demand(progress == other && reader.status == cut.status);
    demand((progress == HTTP_READ_REFUSED) == (reader.status != 0));
    demand((reader.status != 0) == (reader.reason != NULL));
    if (progress == HTTP_READ_DONE) {
        demand(reader.consumed == cut.consumed);
        check_request(&reader, &request, input);
    }
    return 0;
}
