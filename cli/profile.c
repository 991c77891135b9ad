#include "cli/profile.h"

#include "base/file.h"

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

/* It stands in the URL as it is: only what needs no escaping. */
static bool is_access_key(struct bytes key)
{
    if (key.len == 0 || key.len > 128)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!((key.at[i] >= 'A' && key.at[i] <= 'Z') ||
              (key.at[i] >= 'a' && key.at[i] <= 'z') ||
              (key.at[i] >= '0' && key.at[i] <= '9') || key.at[i] == '_' ||
              key.at[i] == '-' || key.at[i] == '.'))
            return false;
    return true;
}

struct status profile_parse(struct bytes text, const char *profile,
                            char access_key[129], struct secret **secret_key)
{
    AUTO_FREE(secret) key = NULL;
    struct bytes line, value, access = { NULL, 0 };
    bool inside = false;
    while (take_line(&text, &line)) {
        if (line.len && line.at[0] == '[')
            inside = is_section(line, profile);
        else if (inside && is_option(line, "aws_access_key_id", &value))
            access = value;
        else if (inside && !key &&
                 is_option(line, "aws_secret_access_key", &value)) {
            if (value.len == 0 || value.len > PROFILE_SECRET_MAX)
                return failure(STATUS_INVALID, "profile", 0);
            TRY(secret_new(value.len, &key));
            memcpy(secret_fill(key), value.at, value.len);
        }
    }
    if (!is_access_key(access) || !key)
        return failure(STATUS_INVALID, "profile", 0);
    memcpy(access_key, access.at, access.len);
    access_key[access.len] = '\0';
    *secret_key = TAKE(key);
    return OK;
}

struct status profile_read(const char *file, const char *profile,
                           char access_key[129], struct secret **secret_key,
                           struct reason *why)
{
    AUTO_FREE(secret) whole = NULL;
    struct status s = file_read_secret(file, 65536, false, &whole);
    if (failed(s))
        return refuse(why, s.code, "profile",
                      s.code == STATUS_DENIED
                          ? "%s can be read by others: chmod 600 it"
                          : "cannot read the profile file %s",
                      file);
    s = profile_parse(secret_expose(whole), profile, access_key, secret_key);
    if (s.code == STATUS_INVALID)
        return refuse(why, s.code, "profile",
                      "%s: [%s] has no good aws_access_key_id and "
                      "aws_secret_access_key",
                      file, profile);
    return s;
}
