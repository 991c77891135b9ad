/* json_member.c - members of an object, by name and kind. */

#include "api/json.h"
#include "api/sorted.h"
#include "base/text.h"

#define ORIGIN "json"

static STATUS missing(const char *name, struct reason *why)
{
    return refuse(why, STATUS_INVALID, ORIGIN, "%s is missing", name);
}

static STATUS expected(const char *name, const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, ORIGIN, "%s: expected %s", name, what);
}

struct status api_json_text_optional(const json_t *object, const char *name,
                                     const char **out, struct reason *why)
{
    const json_t *value = api_member(object, name);
    if (!value) {
        *out = NULL;
        return OK;
    }
    if (!json_is_string(value))
        return expected(name, "text", why);
    /* The caller gets a C string: it must be all of the text. */
    if (strlen(json_string_value(value)) != json_string_length(value))
        return expected(name, "text without NUL", why);
    *out = json_string_value(value);
    return OK;
}

struct status api_json_text(const json_t *object, const char *name,
                            const char **out, struct reason *why)
{
    const char *text;
    TRY(api_json_text_optional(object, name, &text, why));
    if (!text)
        return missing(name, why);
    *out = text;
    return OK;
}

struct status api_json_integer(const json_t *object, const char *name,
                               int64_t min, int64_t max, int64_t *out,
                               struct reason *why)
{
    const json_t *value = api_member(object, name);
    if (!value)
        return missing(name, why);
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < min || number > max)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "%s: expected an integer from %lld to %lld", name,
                      (long long)min, (long long)max);
    *out = number;
    return OK;
}

struct status api_json_flag(const json_t *object, const char *name, bool *out,
                            struct reason *why)
{
    const json_t *value = api_member(object, name);
    if (value && !json_is_boolean(value))
        return expected(name, "true or false", why);
    *out = json_is_true(value);
    return OK;
}

struct status api_json_object(const json_t *object, const char *name,
                              const json_t **out, struct reason *why)
{
    const json_t *value = api_member(object, name);
    if (!value)
        return missing(name, why);
    if (!json_is_object(value))
        return expected(name, "an object", why);
    *out = value;
    return OK;
}

struct status api_json_array(const json_t *object, const char *name,
                             const json_t **out, struct reason *why)
{
    const json_t *value = api_member(object, name);
    if (!value)
        return missing(name, why);
    if (!json_is_array(value))
        return expected(name, "an array", why);
    *out = value;
    return OK;
}

struct status api_json_id(const json_t *object, const char *name,
                          struct api_id *out, struct reason *why)
{
    const char *text;
    TRY(api_json_text(object, name, &text, why));
    if (failed(api_id_parse(bytes_of_string(text), out)))
        return expected(name, "a UUID", why);
    return OK;
}

struct status api_json_hash(const json_t *object, const char *name,
                            struct hash *out, struct reason *why)
{
    const char *text;
    TRY(api_json_text(object, name, &text, why));
    if (failed(hex_decode(bytes_of_string(text), out->bytes, HASH_LEN)))
        return expected(name, "64 hexadecimal digits", why);
    return OK;
}

struct status api_json_base64(const json_t *object, const char *name,
                              struct buffer *out, struct reason *why)
{
    const char *text;
    TRY(api_json_text(object, name, &text, why));
    struct status decoded = base64_decode(bytes_of_string(text), out);
    if (decoded.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "%s: expected base64 of at most %zu bytes", name,
                      out->max - out->len);
    return decoded;
}

struct status api_json_spki(const json_t *object, const char *name,
                            struct api_spki *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(API_SPKI_LEN);
    TRY(api_json_base64(object, name, &der, why));
    struct status read = api_spki_read(buffer_bytes(&der), out);
    if (read.code == STATUS_INVALID)
        return expected(name, "a P-256 public key", why);
    return read;
}

struct status api_json_signature(const json_t *object, const char *name,
                                 struct api_signature *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER bytes = buffer_make(API_SIGNATURE_LEN);
    TRY(api_json_base64(object, name, &bytes, why));
    if (bytes.len != API_SIGNATURE_LEN)
        return expected(name, "a signature of 64 bytes", why);
    memcpy(out->bytes, bytes.data, API_SIGNATURE_LEN);
    return OK;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Whoever sent it chose the name; a terminal may show it. */
static bool is_printable(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            return false;
    return len > 0 && len <= 64;
}

struct status api_json_only(const json_t *object, const char *const *names,
                            size_t count, struct reason *why)
{
    if (!json_is_object(object))
        return refuse(why, STATUS_INVALID, ORIGIN, "expected an object");
    /* jansson iterates only what it may change */
    json_t *iterated = (json_t *)(uintptr_t)object;
    const char *name;
    json_t *unused;
    json_object_foreach(iterated, name, unused)
    {
        if (!is_among(name, names, count))
            return refuse(why, STATUS_INVALID, ORIGIN, "unknown member \"%s\"",
                          is_printable(name) ? name : "(not printable)");
    }
    return OK;
}
