/* handle.h - where libcurl becomes ours. For this folder only.
 *
 * Every handle is made here, with everything off that was not asked for:
 * redirects, proxies, .netrc, the environment, other protocols. */

#ifndef HTTP_HANDLE_H
#define HTTP_HANDLE_H

#include <curl/curl.h>

#include "base/scope.h"
#include "base/status.h"
#include "http/tls.h"
#include "http/url.h"

enum http_trust {
    HTTP_TRUST_ROOTS,  /* those given, or nobody */
    HTTP_TRUST_SYSTEM, /* those given, or if none the system's */
    HTTP_TRUST_ANYBODY,
};

struct http_handle_settings {
    const char *url;
    bool allow_http;
    enum http_trust trust;
    struct bytes roots;
    const char *server_name; /* NULL: the URL's host */
    struct bytes certificate;
    EVP_PKEY *key;
    unsigned connect_ms;
    unsigned total_ms;      /* 0: no limit */
    unsigned stall_seconds; /* 0: no limit */
};

struct http_handle {
    CURL *curl;
    struct http_tls *tls;
    char *text;          /* the URL as given; url.path points into it */
    struct http_url url; /* where to connect to */
    char name[HTTP_HOST_MAX + 1]; /* the name asked for and verified */
    unsigned connect_ms;
    unsigned total_ms;
    unsigned stall_seconds;
    char error[CURL_ERROR_SIZE]; /* libcurl's own words */
};

/* Connects to nothing. STATUS_INVALID names the setting that is wrong. */
STATUS http_handle_open(const struct http_handle_settings *settings,
                        struct http_handle **out, struct reason *why);
void http_handle_free(struct http_handle *handle);
DEFINE_AUTO_FREE(http_handle);

/* Sets one option. */
#define HTTP_SET(handle, option, value)                                        \
    http_option_status(#option, curl_easy_setopt((handle)->curl, option, value))
STATUS http_option_status(const char *option, CURLcode code);

/* The lines of a head to be sent; libcurl's own type behind ours. */
struct http_lines {
    struct curl_slist *first;
};
void http_lines_clear(struct http_lines *lines);
#define AUTO_CLEAR_LINES                                                       \
    __attribute__((cleanup(http_lines_clear))) struct http_lines
STATUS http_lines_add(struct http_lines *lines, const char *line);

/* curl_easy_perform(), with no memory of the time before. */
CURLcode http_handle_perform(struct http_handle *handle);

/* What it means that a transfer ended with `code`, which is not CURLE_OK nor
 * the work of a callback of ours: the status, and a sentence in `why`. */
STATUS http_handle_failure(const struct http_handle *handle, CURLcode code,
                           struct reason *why);

#endif
