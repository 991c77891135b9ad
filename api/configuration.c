/* configuration.c - section 1.2 of the wire contract, part by part. */

#include "api/configuration.h"

#include <stdlib.h>

#include "api/sorted.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef STATUS (*put_fn)(const json_t *value, struct buffer *out,
                         struct reason *why);

static STATUS expected(const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, "configuration", "expected %s", what);
}

static STATUS put_string(const json_t *value, struct buffer *out,
                         struct reason *why)
{
    if (!json_is_string(value))
        return expected("text", why);
    api_json_string(api_text_bytes(value), out);
    return OK;
}

static STATUS put_id(const json_t *value, struct buffer *out,
                     struct reason *why)
{
    struct api_id id;
    char text[API_ID_TEXT];
    if (!json_is_string(value) ||
        failed(api_id_parse(api_text_bytes(value), &id)))
        return expected("a UUID", why);
    api_id_text(&id, text);
    api_json_string(bytes_of_string(text), out);
    return OK;
}

static STATUS put_map(const json_t *map, put_fn put, struct buffer *out,
                      struct reason *why)
{
    if (!json_is_object(map))
        return expected("an object", why);
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(map, &sorted));
    buffer_put_string(out, "{");
    for (size_t i = 0; i < sorted.count; i++) {
        const char *name = sorted.names[i];
        buffer_put_string(out, i > 0 ? "," : "");
        api_json_string(bytes_of_string(name), out);
        buffer_put_string(out, ":");
        TRY(api_within(put(json_object_get(map, name), out, why), name, why));
    }
    buffer_put_string(out, "}");
    return OK;
}

/* One member of a closed type, in the order of the canonical text. */
struct member {
    const char *name;
    put_fn put;
    bool optional; /* absent and null are left out */
};

static STATUS put_members(const json_t *object, const struct member *members,
                          size_t count, struct buffer *out, struct reason *why)
{
    const char *separator = "";
    buffer_put_string(out, "{");
    for (size_t i = 0; i < count; i++) {
        const json_t *value = api_member(object, members[i].name);
        if (!value && members[i].optional)
            continue;
        if (!value)
            return refuse(why, STATUS_INVALID, "configuration", "%s is missing",
                          members[i].name);
        buffer_printf(out, "%s\"%s\":", separator, members[i].name);
        TRY(api_within(members[i].put(value, out, why), members[i].name, why));
        separator = ",";
    }
    buffer_put_string(out, "}");
    return OK;
}

static STATUS put_closed(const json_t *object, const struct member *members,
                         size_t count, struct buffer *out, struct reason *why)
{
    const char *names[8];
    if (!json_is_object(object))
        return expected("an object", why);
    for (size_t i = 0; i < count; i++)
        names[i] = members[i].name;
    TRY(api_json_only(object, names, count, why));
    return put_members(object, members, count, out, why);
}

/* The one open type: further members are ignored and not hashed. */
static STATUS put_contents(const json_t *contents, struct buffer *out,
                           struct reason *why)
{
    static const struct member members[] = { { "contents", put_string, true } };
    if (!json_is_object(contents))
        return expected("an object", why);
    return put_members(contents, members, COUNT(members), out, why);
}

static STATUS put_port_dataset(const json_t *dataset, struct buffer *out,
                               struct reason *why)
{
    static const struct member members[] = {
        { "id", put_id, false },
        { "acct_id", put_id, true },
        { "group_id", put_id, true },
    };
    return put_closed(dataset, members, COUNT(members), out, why);
}

static STATUS put_port_application(const json_t *application,
                                   struct buffer *out, struct reason *why)
{
    static const struct member members[] = {
        { "acct_id", put_id, true },
        { "group_id", put_id, true },
    };
    return put_closed(application, members, COUNT(members), out, why);
}

/* Exactly one of the two variants, which may not be null. */
static STATUS put_port(const json_t *port, struct buffer *out,
                       struct reason *why)
{
    static const struct member dataset = { "dataset", put_port_dataset, false };
    static const struct member application = { "application",
                                               put_port_application, false };
    if (json_object_size(port) == 1 && json_object_get(port, "dataset"))
        return put_members(port, &dataset, 1, out, why);
    if (json_object_size(port) == 1 && json_object_get(port, "application"))
        return put_members(port, &application, 1, out, why);
    return expected("either \"dataset\" or \"application\"", why);
}

static STATUS put_connections(const json_t *connections, struct buffer *out,
                              struct reason *why)
{
    return put_map(connections, put_port, out, why);
}

static STATUS put_port_map(const json_t *map, struct buffer *out,
                           struct reason *why)
{
    return put_map(map, put_connections, out, why);
}

static STATUS put_workflow(const json_t *workflow, struct buffer *out,
                           struct reason *why)
{
    static const struct member members[] = {
        { "workflow_id", put_id, false },    { "app_name", put_string, false },
        { "port_map", put_port_map, false }, { "app_acct_id", put_id, true },
        { "app_group_id", put_id, true },
    };
    return put_closed(workflow, members, COUNT(members), out, why);
}

static STATUS put_app_config(const json_t *map, struct buffer *out,
                             struct reason *why)
{
    return put_map(map, put_contents, out, why);
}

static STATUS put_labels(const json_t *map, struct buffer *out,
                         struct reason *why)
{
    return put_map(map, put_string, out, why);
}

/* memcmp order like the names of a map, but these may hold NUL. */
static int compare_texts(const void *a, const void *b)
{
    const struct bytes *left = a;
    const struct bytes *right = b;
    size_t common = left->len < right->len ? left->len : right->len;
    int order = common > 0 ? memcmp(left->at, right->at, common) : 0;
    if (order != 0)
        return order;
    return (left->len > right->len) - (left->len < right->len);
}

static void put_distinct(const struct bytes *sorted, size_t count,
                         struct buffer *out)
{
    buffer_put_string(out, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && bytes_equal(sorted[i], sorted[i - 1]))
            continue;
        buffer_put_string(out, i > 0 ? "," : "");
        api_json_string(sorted[i], out);
    }
    buffer_put_string(out, "]");
}

static STATUS put_zone_ca(const json_t *set, struct buffer *out,
                          struct reason *why)
{
    size_t count = json_array_size(set);
    if (!json_is_array(set))
        return expected("an array", why);
    for (size_t i = 0; i < count; i++)
        if (!json_is_string(json_array_get(set, i)))
            return expected("an array of text", why);
    if (count == 0) {
        buffer_put_string(out, "[]");
        return OK;
    }
    struct bytes *texts = calloc(count, sizeof(*texts));
    if (!texts)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < count; i++)
        texts[i] = api_text_bytes(json_array_get(set, i));
    qsort(texts, count, sizeof(*texts), compare_texts);
    put_distinct(texts, count, out);
    free(texts);
    return OK;
}

struct status api_configuration_text(const json_t *configuration,
                                     struct buffer *out, struct reason *why)
{
    static const struct member members[] = {
        { "app_config", put_app_config, false },
        { "labels", put_labels, false },
        { "zone_ca", put_zone_ca, false },
        { "workflow", put_workflow, true },
    };
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    TRY(put_closed(configuration, members, COUNT(members), &text, why));
    struct status fitted = buffer_status(&text);
    if (fitted.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "configuration",
                      "a runtime configuration has at most %zu bytes",
                      API_CONFIGURATION_MAX);
    TRY(fitted);
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}

struct status api_configuration_hash(const json_t *configuration,
                                     struct hash *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    TRY(api_configuration_text(configuration, &text, why));
    return hash_of(out, buffer_bytes(&text));
}

bool api_name_valid(struct bytes name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (name.len == 0 || name.len > 63)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool inner = i > 0 && i + 1 < name.len && name.at[i - 1] != '.';
        if (name.at[i] == '.'
                ? !inner
                : !memchr(allowed, name.at[i], sizeof(allowed) - 1))
            return false;
    }
    return true;
}
