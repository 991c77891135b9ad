#include "cli/presigned.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "http/http.h"

#define URL_MAX 8192

static struct status read_standard_input(struct secret **out)
{
    AUTO_FREE(secret) room = NULL;
    size_t len = 0;
    TRY(secret_new(URL_MAX, &room));
    for (ssize_t got = 1; got > 0 && len < URL_MAX; len += (size_t)got) {
        got = read(STDIN_FILENO, secret_fill(room) + len, URL_MAX - len);
        if (got < 0)
            return failure(STATUS_UNAVAILABLE, "read", 0);
    }
    while (len > 0 && secret_expose(room).at[len - 1] == '\n')
        len--;
    AUTO_FREE(secret) exact = NULL;
    TRY(secret_new(len, &exact));
    memcpy(secret_fill(exact), secret_expose(room).at, len);
    *out = TAKE(exact);
    return OK;
}

struct status presigned_read(const char *file, char *location,
                             struct secret **query, struct reason *why)
{
    AUTO_FREE(secret) url = NULL;
    struct status s = strcmp(file, "-") == 0
                          ? read_standard_input(&url)
                          : file_read_secret(file, URL_MAX, true, &url);
    if (failed(s))
        return refuse(why, s.code, "presigned",
                      s.code == STATUS_DENIED
                          ? "%s can be read by others: chmod 600 it"
                          : "cannot read the pre-signed URL from %s",
                      file);
    struct bytes text = secret_expose(url);
    const unsigned char *mark =
        text.len ? memchr(text.at, '?', text.len) : NULL;
    size_t head = mark ? (size_t)(mark - text.at) : 0;
    if (!mark || head == 0 || head > API_LOCATION_MAX ||
        memchr(text.at, 0, text.len))
        return refuse(why, STATUS_INVALID, "presigned",
                      "%s does not hold a pre-signed URL", file);
    AUTO_FREE(secret) rest = NULL;
    TRY(secret_new(text.len - head - 1, &rest));
    memcpy(secret_fill(rest), mark + 1, text.len - head - 1);
    memcpy(location, text.at, head);
    location[head] = '\0';
    *query = TAKE(rest);
    return OK;
}

/* The value of one parameter of a query string. */
static bool find_parameter(struct bytes query, const char *name,
                           struct bytes *value)
{
    size_t len = strlen(name);
    while (query.len > 0) {
        const unsigned char *end = memchr(query.at, '&', query.len);
        size_t whole = end ? (size_t)(end - query.at) : query.len;
        if (whole > len && query.at[len] == '=' &&
            memcmp(query.at, name, len) == 0) {
            *value = bytes_of(query.at + len + 1, whole - len - 1);
            return true;
        }
        whole += end ? 1 : 0;
        query = bytes_of(query.at + whole, query.len - whole);
    }
    return false;
}

static bool read_digits(struct bytes text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0 || text.len > 9)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
    }
    *out = value;
    return true;
}

/* 20130524T000000Z, exactly. */
static bool read_stamp(struct bytes text, uint64_t *out)
{
    char copy[17], again[32];
    struct tm utc = { 0 };
    if (text.len != 16)
        return false;
    memcpy(copy, text.at, 16);
    copy[16] = '\0';
    const char *end = strptime(copy, "%Y%m%dT%H%M%SZ", &utc);
    if (!end || *end)
        return false;
    time_t seconds = timegm(&utc);
    if (seconds < 0 || !gmtime_r(&seconds, &utc) ||
        strftime(again, sizeof(again), "%Y%m%dT%H%M%SZ", &utc) != 16 ||
        strcmp(again, copy) != 0)
        return false;
    *out = (uint64_t)seconds;
    return true;
}

struct status presigned_expires(const struct secret *query, uint64_t *out,
                                struct reason *why)
{
    struct bytes text = secret_expose(query), date, lifetime;
    uint64_t begin, seconds;
    bool dated = find_parameter(text, "X-Amz-Date", &date);
    bool ends = find_parameter(text, "X-Amz-Expires", &lifetime);
    if (!dated && !ends) {
        *out = 0;
        return OK;
    }
    if (!dated || !ends || !read_stamp(date, &begin) ||
        !read_digits(lifetime, &seconds))
        return refuse(why, STATUS_INVALID, "presigned",
                      "the pre-signed URL's X-Amz-Date and X-Amz-Expires are "
                      "not as S3 writes them");
    *out = begin + seconds;
    return OK;
}

struct status presigned_lifetime(const char *text, uint64_t *out,
                                 struct reason *why)
{
    uint64_t seconds = 0;
    if (!read_digits(bytes_of_string(text), &seconds) || seconds == 0 ||
        seconds > PRESIGNED_SECONDS_MAX)
        return refuse(why, STATUS_INVALID, "expires",
                      "--expires: expected 1 to %d seconds (7 days)",
                      PRESIGNED_SECONDS_MAX);
    *out = seconds;
    return OK;
}

struct status presigned_base64(const struct secret *plain, struct secret **out)
{
    struct bytes bytes = secret_expose(plain);
    AUTO_CLEAR_BUFFER text = buffer_make(2 * bytes.len + 8);
    AUTO_FREE(secret) made = NULL;
    base64_encode(bytes, &text); /* a buffer wipes what it held */
    TRY(buffer_status(&text));
    TRY(secret_new(text.len, &made));
    if (text.len > 0)
        memcpy(secret_fill(made), text.data, text.len);
    *out = TAKE(made);
    return OK;
}

/* --- AWS Signature Version 4 --------------------------------------------- */

static struct status hmac(struct bytes key, const char *text,
                          unsigned char out[HASH_LEN])
{
    unsigned len = HASH_LEN;
    if (!HMAC(EVP_sha256(), key.at, (int)key.len, (const unsigned char *)text,
              strlen(text), out, &len))
        return failure(STATUS_NO_MEMORY, "HMAC", 0);
    return OK;
}

struct dates {
    char day[16];   /* 20260101         */
    char stamp[32]; /* 20260101T000000Z */
};

static struct status format_dates(uint64_t now, struct dates *out)
{
    time_t seconds = (time_t)now;
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) ||
        strftime(out->day, sizeof(out->day), "%Y%m%d", &utc) == 0 ||
        strftime(out->stamp, sizeof(out->stamp), "%Y%m%dT%H%M%SZ", &utc) == 0)
        return failure(STATUS_INVALID, "time", 0);
    return OK;
}

/* Everything but the signature, in canonical order; '/' is %2F. */
static void canonical_query(const struct presigned_request *r,
                            const struct dates *d, struct buffer *out)
{
    buffer_printf(out,
                  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s%%2F%s"
                  "%%2F%s%%2Fs3%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires="
                  "%llu&X-Amz-SignedHeaders=host",
                  r->access_key, d->day, r->region, d->stamp,
                  (unsigned long long)r->expires);
}

static void host_of(const struct http_url *url, char *out, size_t size)
{
    if (url->port == (url->tls ? 443 : 80))
        (void)snprintf(out, size, "%s", url->host);
    else
        (void)snprintf(out, size, "%s:%u", url->host, url->port);
}

static struct status hash_request(const struct presigned_request *r,
                                  const struct http_url *url,
                                  const struct buffer *query, char *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(URL_MAX * 2);
    struct hash hash;
    char host[HTTP_HOST_MAX + 8];
    host_of(url, host, sizeof(host));
    buffer_printf(&text, "%s\n", r->method);
    buffer_put(&text, url->path.len ? url->path : bytes_of_string("/"));
    buffer_put_string(&text, "\n");
    buffer_put(&text, buffer_bytes(query));
    buffer_printf(&text, "\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", host);
    TRY(buffer_status(&text));
    TRY(hash_of(&hash, buffer_bytes(&text)));
    hex_encode(hash_bytes(&hash), out);
    return OK;
}

static struct status signing_key(const struct presigned_request *r,
                                 const struct dates *d, struct secret **out)
{
    struct bytes raw = secret_expose(r->secret_key);
    AUTO_FREE(secret) seed = NULL;
    AUTO_FREE(secret) key = NULL;
    TRY(secret_new(raw.len + 4, &seed));
    memcpy(secret_fill(seed), "AWS4", 4);
    memcpy(secret_fill(seed) + 4, raw.at, raw.len);
    TRY(secret_new(HASH_LEN, &key));
    unsigned char *k = secret_fill(key);
    TRY(hmac(secret_expose(seed), d->day, k));
    TRY(hmac(secret_expose(key), r->region, k));
    TRY(hmac(secret_expose(key), "s3", k));
    TRY(hmac(secret_expose(key), "aws4_request", k));
    *out = TAKE(key);
    return OK;
}

static struct status sign(const struct presigned_request *r,
                          const struct dates *d, const char *request_hash,
                          char signature[2 * HASH_LEN + 1])
{
    AUTO_FREE(secret) key = NULL;
    unsigned char made[HASH_LEN];
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s", d->stamp,
                   d->day, r->region, request_hash);
    TRY(signing_key(r, d, &key));
    TRY(hmac(secret_expose(key), text, made));
    hex_encode(bytes_of(made, sizeof(made)), signature);
    return OK;
}

struct status presigned_make(const struct presigned_request *r,
                             struct secret **out, struct reason *why)
{
    struct http_url url;
    struct dates dates;
    AUTO_CLEAR_BUFFER query = buffer_make(URL_MAX);
    AUTO_CLEAR_BUFFER whole = buffer_make(2 * URL_MAX);
    char request_hash[2 * HASH_LEN + 1], signature[2 * HASH_LEN + 1];
    TRY(http_url_split(r->url, &url, why));
    if (r->expires == 0 || r->expires > PRESIGNED_SECONDS_MAX)
        return refuse(why, STATUS_INVALID, "expires",
                      "a pre-signed URL lives 1 second to 7 days");
    TRY(format_dates(r->now, &dates));
    canonical_query(r, &dates, &query);
    TRY(buffer_status(&query));
    TRY(hash_request(r, &url, &query, request_hash));
    TRY(sign(r, &dates, request_hash, signature));
    buffer_printf(&whole, "%s?", r->url);
    buffer_put(&whole, buffer_bytes(&query));
    buffer_printf(&whole, "&X-Amz-Signature=%s", signature);
    TRY(buffer_status(&whole));
    AUTO_FREE(secret) made = NULL;
    TRY(secret_new(whole.len, &made));
    memcpy(secret_fill(made), whole.data, whole.len);
    *out = TAKE(made);
    return OK;
}
