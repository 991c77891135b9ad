#include "http/target.h"

#include <string.h>

#include "http/field.h"
#include "http/grammar.h"

bool http_path_next(struct bytes *path, struct bytes *out)
{
    if (path->len == 0)
        return false;

    struct bytes rest = bytes_of(path->at + 1, path->len - 1);
    struct bytes segment;
    struct bytes after;
    bool more = http_cut(rest, '/', &segment, &after);
    /* What is left starts with its slash again. */
    *path = more ? bytes_of(after.at - 1, after.len + 1) : bytes_of(NULL, 0);
    *out = segment;
    return true;
}

/* The length of the well-formed UTF-8 sequence (RFC 3629) at `s`; 0: none. */
static size_t utf8_len(struct bytes s)
{
    /* clang-format off */
    static const struct {
        unsigned char first_min, first_max, second_min, second_max;
        size_t len;
    } forms[] = {
        { 0x20, 0x7e, 0,    0,    1 },
        { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 },
        { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t len = forms[i].len;
        if (s.at[0] < forms[i].first_min || s.at[0] > forms[i].first_max)
            continue;
        if (s.len < len || (len > 1 && (s.at[1] < forms[i].second_min ||
                                        s.at[1] > forms[i].second_max)))
            return 0;
        for (size_t j = 2; j < len; j++) {
            if ((s.at[j] & 0xc0) != 0x80)
                return 0;
        }
        return len;
    }
    return 0;
}

/* UTF-8 without control characters. */
static bool is_text(struct bytes s)
{
    while (s.len > 0) {
        size_t len = utf8_len(s);
        if (len == 0)
            return false;
        s = bytes_of(s.at + len, s.len - len);
    }
    return true;
}

/* Decodes beside `out`, which changes only on success. No memory is asked
 * for: want of it must not pass for a path that nobody knows. */
static struct status decode(struct bytes s, bool plus_is_blank, char *out,
                            size_t size)
{
    unsigned char text[HTTP_REQUEST_LINE_MAX];
    const struct status malformed = failure(STATUS_INVALID, "http_target", 0);
    size_t len = 0;
    if (!http_all(s, http_is_text))
        return malformed;
    while (s.len > 0) {
        if (len + 1 >= size || len == sizeof(text))
            return malformed;
        text[len++] = http_take_decoded(&s, plus_is_blank);
    }
    if (!is_text(bytes_of(text, len)) || size == 0)
        return malformed;
    memcpy(out, text, len);
    out[len] = '\0';
    return OK;
}

struct status http_path_segment(struct bytes segment, char *out, size_t size)
{
    return decode(segment, false, out, size);
}

static bool decodes_to(struct bytes encoded, const char *name)
{
    for (; encoded.len > 0 && *name; name++) {
        if (http_take_decoded(&encoded, true) != (unsigned char)*name)
            return false;
    }
    return encoded.len == 0 && *name == '\0';
}

struct status http_query_value(struct bytes query, const char *name, char *out,
                               size_t size)
{
    struct bytes found = { 0 };
    unsigned times = 0;
    while (query.len > 0) {
        struct bytes pair;
        struct bytes key;
        struct bytes value;
        (void)http_cut(query, '&', &pair, &query);
        (void)http_cut(pair, '=', &key, &value);
        if (!decodes_to(key, name))
            continue;
        found = value;
        times++;
    }
    if (times == 0)
        return failure(STATUS_NOT_FOUND, "http_query_value", 0);
    if (times > 1)
        return failure(STATUS_INVALID, "http_query_value", 0);
    return decode(found, true, out, size);
}
