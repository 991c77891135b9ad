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
    if (r->expires == 0 || r->expires > 604800)
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

/* --- profile files ------------------------------------------------------- */

static struct bytes trimmed(struct bytes line)
{
    while (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
        line = bytes_of(line.at + 1, line.len - 1);
    while (line.len &&
           (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t' ||
            line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static bool take_line(struct bytes *text, struct bytes *line)
{
    if (text->len == 0)
        return false;
    const unsigned char *end = memchr(text->at, '\n', text->len);
    size_t len = end ? (size_t)(end - text->at) : text->len;
    *line = trimmed(bytes_of(text->at, len));
    len += end ? 1 : 0;
    *text = bytes_of(text->at + len, text->len - len);
    return true;
}

/* The value of "name = value" when the line is that one. */
static bool is_option(struct bytes line, const char *name, struct bytes *value)
{
    const unsigned char *equals =
        line.len ? memchr(line.at, '=', line.len) : NULL;
    if (!equals)
        return false;
    size_t at = (size_t)(equals - line.at);
    if (!bytes_equal(trimmed(bytes_of(line.at, at)), bytes_of_string(name)))
        return false;
    *value = trimmed(bytes_of(equals + 1, line.len - at - 1));
    return true;
}

static bool is_section(struct bytes line, const char *profile)
{
    return line.len == strlen(profile) + 2 && line.at[0] == '[' &&
           line.at[line.len - 1] == ']' &&
           memcmp(line.at + 1, profile, strlen(profile)) == 0;
}

struct status presigned_profile(const char *file, const char *profile,
                                char access_key[129],
                                struct secret **secret_key, struct reason *why)
{
    AUTO_FREE(secret) whole = NULL;
    AUTO_FREE(secret) key = NULL;
    struct bytes text, line, value, access = { NULL, 0 };
    bool inside = false;
    struct status s = file_read_secret(file, 65536, false, &whole);
    if (failed(s))
        return refuse(why, s.code, "profile",
                      s.code == STATUS_DENIED
                          ? "%s can be read by others: chmod 600 it"
                          : "cannot read the profile file %s",
                      file);
    text = secret_expose(whole);
    while (take_line(&text, &line)) {
        if (line.len && line.at[0] == '[')
            inside = is_section(line, profile);
        else if (inside && is_option(line, "aws_access_key_id", &value))
            access = value;
        else if (inside && !key &&
                 is_option(line, "aws_secret_access_key", &value)) {
            TRY(secret_new(value.len, &key));
            memcpy(secret_fill(key), value.at, value.len);
        }
    }
    if (access.len == 0 || access.len > 128 || !key)
        return refuse(why, STATUS_INVALID, "profile",
                      "%s: [%s] has no aws_access_key_id or "
                      "aws_secret_access_key",
                      file, profile);
    memcpy(access_key, access.at, access.len);
    access_key[access.len] = '\0';
    *secret_key = TAKE(key);
    return OK;
}
