#include "broker/credentials.h"

#include <strings.h>

#include "base/text.h"

/* What follows "SCHEME ", or nothing. */
static struct bytes behind_scheme(struct bytes field, const char *scheme)
{
    size_t len = strlen(scheme);
    if (field.len <= len + 1 || field.at[len] != ' ' ||
        strncasecmp((const char *)field.at, scheme, len) != 0)
        return bytes_of(NULL, 0);
    return bytes_of(field.at + len + 1, field.len - len - 1);
}

struct bytes credentials_bearer(struct bytes authorization)
{
    return behind_scheme(authorization, "Bearer");
}

static struct status split(const struct secret *pair,
                           char email[POLICY_EMAIL_MAX + 1],
                           struct secret **password)
{
    struct bytes all = secret_expose(pair);
    const unsigned char *colon = memchr(all.at, ':', all.len);
    char text[POLICY_EMAIL_MAX + 1];
    AUTO_FREE(secret) rest = NULL;
    size_t len = colon ? (size_t)(colon - all.at) : 0;
    if (len == 0 || len > POLICY_EMAIL_MAX || memchr(all.at, '\0', len) ||
        all.len == len + 1)
        return failure(STATUS_INVALID, "Basic", 0);
    memcpy(text, all.at, len);
    text[len] = '\0';
    TRY(secret_new(all.len - len - 1, &rest));
    memcpy(secret_fill(rest), colon + 1, all.len - len - 1);
    TRY(policy_email_normalise(text, email, NULL));
    *password = TAKE(rest);
    return OK;
}

struct status credentials_basic(struct bytes authorization,
                                char email[POLICY_EMAIL_MAX + 1],
                                struct secret **password, struct reason *why)
{
    AUTO_FREE(secret) pair = NULL;
    struct bytes text = behind_scheme(authorization, "Basic");
    struct status s = failure(STATUS_INVALID, "Basic", 0);
    if (text.len > 0)
        s = base64_decode_secret(text, &pair);
    if (!failed(s))
        s = split(pair, email, password);
    if (s.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "Authorization",
                      "Authorization: expected Basic and the base64 of "
                      "address:password");
    return s;
}

struct bytes credentials_cookie(struct bytes cookie)
{
    static const char name[] = SESSION_COOKIE_NAME "=";
    struct bytes found = bytes_of(NULL, 0);
    const size_t len = sizeof(name) - 1;
    while (cookie.len > 0) {
        const unsigned char *end = memchr(cookie.at, ';', cookie.len);
        size_t pair = end ? (size_t)(end - cookie.at) : cookie.len;
        if (pair > len && memcmp(cookie.at, name, len) == 0) {
            if (found.len > 0)
                return bytes_of(NULL, 0);
            found = bytes_of(cookie.at + len, pair - len);
        }
        size_t taken = end ? pair + 1 : pair;
        while (taken < cookie.len && cookie.at[taken] == ' ')
            taken++;
        cookie = bytes_of(cookie.at + taken, cookie.len - taken);
    }
    return found;
}
