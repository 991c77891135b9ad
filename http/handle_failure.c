#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "http/curl_memory.h"
#include "http/handle.h"

/* host:port, for a sentence. */
struct place {
    char text[HTTP_HOST_MAX + 8];
};

static struct place place_of(const struct http_handle *h)
{
    struct place made;
    (void)snprintf(made.text, sizeof(made.text), "%s:%u", h->url.host,
                   (unsigned)h->url.port);
    return made;
}

static struct status not_connected(const struct http_handle *h,
                                   struct reason *why)
{
    long error = 0;
    (void)curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &error);
    const char *words = error > 0 ? strerrordesc_np((int)error) : NULL;
    struct status s =
        refuse(why, STATUS_UNAVAILABLE, "connect", "cannot connect to %s: %s",
               place_of(h).text, words ? words : "nothing answers there");
    s.detail = (uint32_t)error;
    return s;
}

static struct status too_late(const struct http_handle *h, struct reason *why)
{
    curl_off_t ready = 0; /* when connection and TLS stood */
    curl_off_t total = 0;
    (void)curl_easy_getinfo(h->curl, CURLINFO_PRETRANSFER_TIME_T, &ready);
    (void)curl_easy_getinfo(h->curl, CURLINFO_TOTAL_TIME_T, &total);
    double limit = (ready ? h->total_ms : h->connect_ms) / 1000.0;

    if (ready && h->stall_seconds)
        return refuse(why, STATUS_UNAVAILABLE, "stall",
                      "almost nothing moved between here and %s for %u seconds",
                      place_of(h).text, h->stall_seconds);
    return refuse(why, STATUS_UNAVAILABLE, "deadline",
                  ready ? "%s did not answer within %g seconds"
                        : "cannot connect to %s within %g seconds",
                  place_of(h).text, limit);
}

static struct status not_believed(const struct http_handle *h,
                                  struct reason *why)
{
    long verdict = X509_V_OK;
    (void)curl_easy_getinfo(h->curl, CURLINFO_SSL_VERIFYRESULT, &verdict);
    struct status s = failure(STATUS_DENIED, "verify", (uint32_t)verdict);
    /* libcurl compares the name itself and has no verdict for it. */
    if (verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED)
        status_ignore(refuse(why, s.code, s.origin,
                             "the certificate of %s is not for the name %s",
                             place_of(h).text, h->name));
    else
        status_ignore(refuse(
            why, s.code, s.origin, "the certificate of %s was not accepted: %s",
            place_of(h).text, X509_verify_cert_error_string(verdict)));
    return s; /* `why` is told; what refuse() returns has no detail */
}

static struct status said(enum status_code code, const char *before,
                          const struct http_handle *h, const char *after,
                          struct reason *why)
{
    return refuse(why, code, "curl_easy_perform", "%s%s%s", before,
                  place_of(h).text, after);
}

struct status http_handle_failure(const struct http_handle *h, CURLcode code,
                                  struct reason *why)
{
    enum status_code away = STATUS_UNAVAILABLE;
    if (code == CURLE_OUT_OF_MEMORY || http_curl_memory_refused())
        return failure(STATUS_NO_MEMORY, "curl_easy_perform", 0);
    switch ((int)code) {
    case CURLE_COULDNT_CONNECT: return not_connected(h, why);
    case CURLE_OPERATION_TIMEDOUT: return too_late(h, why);
    case CURLE_PEER_FAILED_VERIFICATION: return not_believed(h, why);
    case CURLE_SSL_CACERT_BADFILE:
        return said(STATUS_DENIED, "this system has no roots to check ", h,
                    " with: install ca-certificates, or name the roots", why);
    case CURLE_COULDNT_RESOLVE_HOST:
        return said(away, "no address is known for ", h, "", why);
    case CURLE_GOT_NOTHING:
        return said(away, "", h, " closed the connection unanswered", why);
    case CURLE_PARTIAL_FILE:
        return said(away, "", h, " closed the connection too early", why);
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return said(away, "the connection to ", h, " broke", why);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return said(STATUS_INVALID, "", h, " does not speak HTTP/1.1", why);
    case CURLE_FILESIZE_EXCEEDED:
        return said(STATUS_INVALID, "the answer of ", h, " is too long", why);
    default:
        /* TLS that failed otherwise, such as a refusal of our certificate:
         * only libcurl's own words tell. They never hold a URL. */
        return refuse(why, away, "curl_easy_perform",
                      "the call to %s failed: %s", place_of(h).text,
                      h->error[0] ? h->error : curl_easy_strerror(code));
    }
}
