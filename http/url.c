#include "http/url.h"

#include "http/grammar.h"

static struct status url_refuse(struct reason *why, const char *fault)
{
    return refuse(why, STATUS_INVALID, "http_url_split", "the URL %s", fault);
}

/* Takes "https://" or "http://" off the front of `s`. */
static bool take_scheme(struct bytes *s, bool *tls)
{
    static const char secure[] = "https://";
    static const char plain[] = "http://";
    bool is_secure = s->len >= 8 && memcmp(s->at, secure, 8) == 0;
    bool is_plain = s->len >= 7 && memcmp(s->at, plain, 7) == 0;
    if (!is_secure && !is_plain)
        return false;
    size_t width = is_secure ? 8 : 7;
    *s = bytes_of(s->at + width, s->len - width);
    *tls = is_secure;
    return true;
}

struct status http_url_split(const char *text, struct http_url *out,
                             struct reason *why)
{
    struct bytes rest = bytes_of_string(text);
    struct bytes authority;
    struct bytes path;
    struct bytes host;
    struct http_url made = { 0 };

    if (!take_scheme(&rest, &made.tls))
        return url_refuse(why, "does not begin with https:// or http://");
    if (memchr(rest.at, '?', rest.len) || memchr(rest.at, '#', rest.len))
        return url_refuse(why, "has a query or a fragment");
    if (http_cut(rest, '/', &authority, &path))
        made.path = bytes_of(path.at - 1, path.len + 1);
    else
        made.path = bytes_of(rest.at + rest.len, 0);
    if (authority.len > 0 && memchr(authority.at, '@', authority.len))
        return url_refuse(why, "has a user name");
    if (!http_authority_read(authority, &host, &made.port))
        return url_refuse(why, "has no valid host or port");
    if (!http_all(made.path, http_is_path))
        return url_refuse(why, "has a path with a character that is not "
                               "allowed or not encoded");
    if (made.port == 0)
        made.port = made.tls ? 443 : 80;
    memcpy(made.host, host.at, host.len); /* at most HTTP_HOST_MAX */
    *out = made;
    return OK;
}
