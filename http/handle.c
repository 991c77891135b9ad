#include "http/handle.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/curl_memory.h"
#include "http/grammar.h"

struct status http_option_status(const char *option, CURLcode code)
{
    if (code == CURLE_OK)
        return OK;
    return failure(code == CURLE_OUT_OF_MEMORY ? STATUS_NO_MEMORY
                                               : STATUS_UNAVAILABLE,
                   option, (uint32_t)code);
}

struct status http_lines_add(struct http_lines *lines, const char *line)
{
    struct curl_slist *longer = curl_slist_append(lines->first, line);
    if (!longer)
        return failure(STATUS_NO_MEMORY, "curl_slist_append", 0);
    lines->first = longer;
    return OK;
}

void http_lines_clear(struct http_lines *lines)
{
    curl_slist_free_all(lines->first);
    lines->first = NULL;
}

void http_handle_free(struct http_handle *handle)
{
    if (!handle)
        return;
    curl_easy_cleanup(handle->curl);
    http_tls_free(handle->tls);
    free(handle->text);
    free(handle);
}

static CURLcode on_tls_context(CURL *curl, void *context, void *tls)
{
    (void)curl;
    return http_tls_apply(tls, context) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* libcurl's defaults are those of a general tool. */
static struct status narrow(struct http_handle *h)
{
    TRY(HTTP_SET(h, CURLOPT_ERRORBUFFER, h->error));
    TRY(HTTP_SET(h, CURLOPT_NOSIGNAL, 1L));
    TRY(HTTP_SET(h, CURLOPT_PROTOCOLS_STR, h->url.tls ? "https" : "http"));
    TRY(HTTP_SET(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
    TRY(HTTP_SET(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L));
    TRY(HTTP_SET(h, CURLOPT_PATH_AS_IS, 1L));
    TRY(HTTP_SET(h, CURLOPT_FOLLOWLOCATION, 0L));
    /* The empty text, not NULL: $https_proxy shall not count either. */
    TRY(HTTP_SET(h, CURLOPT_PROXY, ""));
    return HTTP_SET(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static struct status set_deadlines(struct http_handle *h)
{
    TRY(HTTP_SET(h, CURLOPT_CONNECTTIMEOUT_MS, (long)h->connect_ms));
    TRY(HTTP_SET(h, CURLOPT_TIMEOUT_MS, (long)h->total_ms));
    TRY(HTTP_SET(h, CURLOPT_LOW_SPEED_LIMIT, h->stall_seconds ? 1024L : 0L));
    return HTTP_SET(h, CURLOPT_LOW_SPEED_TIME, (long)h->stall_seconds);
}

static struct status set_tls(struct http_handle *h, enum http_trust trust)
{
    long verify = trust == HTTP_TRUST_ANYBODY ? 0L : 1L;
    TRY(HTTP_SET(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
    /* Forward secrecy and AEAD only; TLS 1.3 has nothing else. */
    TRY(HTTP_SET(h, CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20"));
    TRY(HTTP_SET(h, CURLOPT_SSL_EC_CURVES, "X25519:P-256:P-384"));
    TRY(HTTP_SET(h, CURLOPT_SSL_SESSIONID_CACHE, 0L));
    TRY(HTTP_SET(h, CURLOPT_SSL_VERIFYPEER, verify));
    TRY(HTTP_SET(h, CURLOPT_SSL_VERIFYHOST, 2 * verify));
    TRY(HTTP_SET(h, CURLOPT_SSL_CTX_FUNCTION, on_tls_context));
    TRY(HTTP_SET(h, CURLOPT_SSL_CTX_DATA, h->tls));
    if (h->tls->roots || trust == HTTP_TRUST_ANYBODY) {
        TRY(HTTP_SET(h, CURLOPT_CAINFO, NULL));
        TRY(HTTP_SET(h, CURLOPT_CAPATH, NULL));
    }
    return OK;
}

static struct status name_read(struct http_handle *h, const char *given,
                               struct reason *why)
{
    struct bytes name = bytes_of_string(given ? given : h->url.host);
    struct bytes host;
    uint16_t port;
    if (!http_authority_read(name, &host, &port) || host.len != name.len)
        return refuse(why, STATUS_INVALID, "server name",
                      "the server name is not a host name");
    memcpy(h->name, name.at, name.len);
    h->name[name.len] = '\0';
    return OK;
}

static struct status settings_read(struct http_handle *h,
                                   const struct http_handle_settings *s,
                                   struct reason *why)
{
    h->connect_ms = s->connect_ms;
    h->total_ms = s->total_ms;
    h->stall_seconds = s->stall_seconds;
    h->text = strdup(s->url);
    if (!h->text)
        return failure(STATUS_NO_MEMORY, "strdup", 0);
    TRY(http_url_split(h->text, &h->url, why));
    TRY(name_read(h, s->server_name, why));
    if (!h->url.tls && !s->allow_http)
        return refuse(why, STATUS_INVALID, "scheme",
                      "the URL of %s:%u does not begin with https://",
                      h->url.host, (unsigned)h->url.port);
    if (h->url.tls && s->trust == HTTP_TRUST_ROOTS && s->roots.len == 0)
        return refuse(why, STATUS_INVALID, "roots",
                      "no root certificate is given for %s:%u", h->url.host,
                      (unsigned)h->url.port);
    return http_tls_new(s->roots, s->certificate, s->key, &h->tls, why);
}

struct status http_handle_open(const struct http_handle_settings *settings,
                               struct http_handle **out, struct reason *why)
{
    TRY(http_curl_start());
    AUTO_FREE(http_handle) handle = calloc(1, sizeof(*handle));
    if (!handle)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(settings_read(handle, settings, why));
    handle->curl = curl_easy_init();
    if (!handle->curl)
        return failure(STATUS_NO_MEMORY, "curl_easy_init", 0);
    TRY(narrow(handle));
    TRY(set_deadlines(handle));
    TRY(set_tls(handle, settings->trust));
    *out = TAKE(handle);
    return OK;
}

CURLcode http_handle_perform(struct http_handle *handle)
{
    handle->error[0] = '\0';
    (void)http_curl_memory_refused();
    return curl_easy_perform(handle->curl);
}
