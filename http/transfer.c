#include "http/transfer.h"

#include <string.h>

#include "http/grammar.h"
#include "http/handle.h"

#define CONNECT_MS    10000
#define STALL_SECONDS 60
#define CHUNK         (256L * 1024)
#define ANSWER_MAX    65536

/* One transfer under way. */
struct transfer {
    struct http_handle *handle;
    const struct http_sink *sink;
    const struct http_source *source;
    uint64_t left;         /* bytes that may still come, or must still go */
    size_t answered;       /* bytes of the answer to an upload            */
    struct status stopped; /* by a callback of ours, and why              */
    const char *sentence;  /* the same in words, before host and port     */
};

/* A stored query string may end in a newline that is not part of it. */
static struct bytes query_of(const struct secret *query)
{
    if (!query)
        return bytes_of(NULL, 0);
    struct bytes s = secret_expose(query);
    if (s.len > 0 && s.at[s.len - 1] == '\n')
        s.len--;
    return s;
}

/* location?query and a NUL: in locked memory, because it is a credential. */
static struct status url_join(const struct http_place *place,
                              struct secret **out, struct reason *why)
{
    size_t location = strlen(place->location);
    struct bytes query = query_of(place->query);
    if (!http_all(query, http_is_query))
        return refuse(why, STATUS_INVALID, "query",
                      "the query string has a character that is not allowed "
                      "or not encoded");
    AUTO_FREE(secret) url = NULL;
    TRY(secret_new(location + 1 + query.len + 1, &url));
    unsigned char *at = secret_fill(url);
    memcpy(at, place->location, location);
    if (query.len > 0) {
        at[location] = '?';
        memcpy(at + location + 1, query.at, query.len);
    }
    *out = TAKE(url);
    return OK;
}

static struct status transfer_open(const struct http_place *place,
                                   struct http_handle **out, struct reason *why)
{
    const struct http_handle_settings wanted = {
        .url = place->location,
        .allow_http = place->allow_http,
        .trust = HTTP_TRUST_SYSTEM,
        .roots = place->roots,
        .connect_ms = place->connect_ms ? place->connect_ms : CONNECT_MS,
        .stall_seconds =
            place->stall_seconds ? place->stall_seconds : STALL_SECONDS,
    };
    AUTO_FREE(http_handle) handle = NULL;
    AUTO_FREE(secret) url = NULL;
    TRY(http_handle_open(&wanted, &handle, why));
    TRY(url_join(place, &url, why));
    TRY(HTTP_SET(handle, CURLOPT_URL, (const char *)secret_expose(url).at));
    *out = TAKE(handle);
    return OK;
}

static long status_of(const struct http_handle *h)
{
    long status = 0;
    (void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static struct status wrong_status(const struct http_handle *h, long status,
                                  struct reason *why)
{
    enum status_code code = STATUS_INVALID;
    if (status == 401 || status == 403)
        code = STATUS_DENIED;
    else if (status == 404)
        code = STATUS_NOT_FOUND;
    else if (status >= 500)
        code = STATUS_UNAVAILABLE;
    return refuse(why, code, "status",
                  "%s:%u answered with status %ld, not 200", h->url.host,
                  (unsigned)h->url.port, status);
}

/* Ends the transfer from within a callback. */
static void stop(struct transfer *t, struct status why, const char *sentence)
{
    t->stopped = why;
    t->sentence = sentence;
}

static struct status was_stopped(const struct transfer *t, struct reason *why)
{
    const struct http_handle *h = t->handle;
    /* The sink or source may have said it better. */
    if (why && why->text[0] == '\0')
        status_ignore(refuse(why, t->stopped.code, NULL, "%s %s:%u",
                             t->sentence, h->url.host, (unsigned)h->url.port));
    return t->stopped; /* not refuse()'s: this one has a detail */
}

static struct status perform(struct transfer *t, struct reason *why)
{
    if (why)
        why->text[0] = '\0';
    CURLcode code = http_handle_perform(t->handle);
    /* Another status comes first: it is also what made us or libcurl stop. */
    long status = status_of(t->handle);
    if (status > 200)
        return wrong_status(t->handle, status, why);
    if (failed(t->stopped))
        return was_stopped(t, why);
    if (code != CURLE_OK)
        return http_handle_failure(t->handle, code, why);
    return status == 200 ? OK : wrong_status(t->handle, status, why);
}

static size_t on_object(char *chunk, size_t size, size_t count, void *transfer)
{
    struct transfer *t = transfer;
    size_t len = size * count;
    if (status_of(t->handle) != 200)
        return 0;
    if (len > t->left) {
        stop(t, failure(STATUS_INVALID, "length", 0),
             "there is more than the size allowed at");
        return 0;
    }
    t->left -= len;
    struct status taken = t->sink->take(t->sink->context, bytes_of(chunk, len));
    if (!failed(taken))
        return len;
    stop(t, taken, "nothing could be done with what came from");
    return 0;
}

static size_t on_room(char *at, size_t size, size_t count, void *transfer)
{
    struct transfer *t = transfer;
    size_t room = size * count < t->left ? size * count : (size_t)t->left;
    size_t len = 0;
    if (room == 0)
        return 0;
    struct status given = t->source->give(t->source->context, at, room, &len);
    if (!failed(given) && (len == 0 || len > room))
        given = failure(STATUS_INVALID, "length", 0);
    if (!failed(given)) {
        t->left -= len;
        return len;
    }
    stop(t, given, "there was not as much to send as announced to");
    return CURL_READFUNC_ABORT;
}

/* The answer to an upload says nothing that we need, but it has to end. */
static size_t on_answer(const void *chunk, size_t size, size_t count,
                        void *transfer)
{
    (void)chunk;
    struct transfer *t = transfer;
    size_t len = size * count;
    if (len > ANSWER_MAX - t->answered) {
        stop(t, failure(STATUS_INVALID, "length", 0),
             "there is too long an answer from");
        return 0;
    }
    t->answered += len;
    return len;
}

struct status http_download(const struct http_place *place,
                            const struct http_sink *sink, uint64_t max,
                            struct reason *why)
{
    AUTO_FREE(http_handle) handle = NULL;
    TRY(transfer_open(place, &handle, why));
    struct transfer t = { .handle = handle, .sink = sink, .left = max };
    TRY(HTTP_SET(handle, CURLOPT_BUFFERSIZE, CHUNK));
    TRY(HTTP_SET(handle, CURLOPT_WRITEFUNCTION, on_object));
    TRY(HTTP_SET(handle, CURLOPT_WRITEDATA, &t));
    return perform(&t, why);
}

static struct status upload_prepare(struct transfer *t,
                                    const struct http_lines *lines)
{
    struct http_handle *h = t->handle;
    TRY(HTTP_SET(h, CURLOPT_UPLOAD, 1L));
    TRY(HTTP_SET(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->left));
    TRY(HTTP_SET(h, CURLOPT_UPLOAD_BUFFERSIZE, CHUNK));
    TRY(HTTP_SET(h, CURLOPT_READFUNCTION, on_room));
    TRY(HTTP_SET(h, CURLOPT_READDATA, t));
    TRY(HTTP_SET(h, CURLOPT_WRITEFUNCTION, on_answer));
    TRY(HTTP_SET(h, CURLOPT_WRITEDATA, t));
    return HTTP_SET(h, CURLOPT_HTTPHEADER, lines->first);
}

struct status http_upload(const struct http_place *place,
                          const struct http_source *source, uint64_t len,
                          struct reason *why)
{
    if (len > INT64_MAX)
        return refuse(why, STATUS_INVALID, "length", "the object is too long");
    AUTO_CLEAR_LINES lines = { NULL };
    AUTO_FREE(http_handle) handle = NULL;
    TRY(transfer_open(place, &handle, why));
    struct transfer t = { .handle = handle, .source = source, .left = len };
    TRY(http_lines_add(&lines, "Expect:")); /* libcurl would wait for a 100 */
    TRY(upload_prepare(&t, &lines));
    TRY(perform(&t, why));
    if (t.left > 0)
        return refuse(why, STATUS_UNAVAILABLE, "length",
                      "%s:%u answered before it had everything",
                      handle->url.host, (unsigned)handle->url.port);
    return OK;
}
