#include "cli/graph.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/groups.h"

struct builder {
    struct channel *channel;
    json_t *objects, *edges;
};

/* Splits "left<mark>right"; both sides not empty. */
static bool split(const char *text, char mark, char *left, size_t size,
                  const char **right)
{
    const char *at = strchr(text, mark);
    if (!at || at == text || !at[1] || (size_t)(at - text) >= size)
        return false;
    memcpy(left, text, (size_t)(at - text));
    left[at - text] = '\0';
    *right = at + 1;
    return true;
}

static struct status add_object(struct builder *b, const char *name,
                                const json_t *owner_of, json_t *ref)
{
    json_t *object =
        json_pack("{s:s, s:O, s:o}", "name", name, "user_id",
                  json_object_get(owner_of, "creator"), "ref", ref);
    if (json_object_set_new(b->objects, name, object) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status add_app(struct builder *b, const char *text,
                             struct reason *why)
{
    char name[128], build_name[128];
    const char *rest, *configuration_name;
    AUTO_JSON *build = NULL, *configuration = NULL;
    if (!split(text, '=', name, sizeof(name), &rest) ||
        !split(rest, ':', build_name, sizeof(build_name), &configuration_name))
        return refuse(why, STATUS_INVALID, "app",
                      "--app: expected NAME=BUILD:CONFIGURATION");
    TRY(find_object(b->channel, "/accord/v1/builds", "build", build_name,
                    &build, why));
    TRY(find_object(b->channel, "/accord/v1/configurations", "configuration",
                    configuration_name, &configuration, why));
    return add_object(
        b, name, build,
        json_pack("{s:{s:O, s:O}}", "app", "image_id",
                  json_object_get(build, "build"), "config_id",
                  json_object_get(configuration, "configuration")));
}

static struct status add_data(struct builder *b, const char *text,
                              struct reason *why)
{
    char name[128];
    const char *dataset_name;
    AUTO_JSON *dataset = NULL;
    if (!split(text, '=', name, sizeof(name), &dataset_name))
        return refuse(why, STATUS_INVALID, "data",
                      "--data: expected NAME=DATASET");
    TRY(find_object(b->channel, "/accord/v1/datasets", "dataset", dataset_name,
                    &dataset, why));
    return add_object(b, name, dataset,
                      json_pack("{s:{s:O}}", "dataset", "dataset_id",
                                json_object_get(dataset, "dataset")));
}

/* An object whose name has a dot is written in full by --graph. */
static struct status add_edge(struct builder *b, const char *text,
                              struct reason *why)
{
    char source[128], from[128], app[128], key[32];
    const char *rest, *port, *out = NULL;
    if (!split(text, ':', source, sizeof(source), &rest) ||
        !split(rest, '.', app, sizeof(app), &port))
        return refuse(why, STATUS_INVALID, "edge",
                      "--edge: expected DATA-NAME:APP-NAME.PORT, or two "
                      "APP-NAME.PORT");
    const char *id = split(source, '.', from, sizeof(from), &out) &&
                             !json_object_get(b->objects, source)
                         ? from
                         : source;
    (void)snprintf(key, sizeof(key), "e%zu", json_object_size(b->edges) + 1);
    if (json_object_set_new(b->edges, key,
                            json_pack("{s:{s:s, s:s*}, s:{s:s, s:s}}", "source",
                                      "id", id, "port", id == from ? out : NULL,
                                      "target", "id", app, "port", port)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status each(const struct arguments *given, const char *option,
                          struct builder *b,
                          struct status (*add)(struct builder *, const char *,
                                               struct reason *),
                          struct reason *why)
{
    size_t position = 0;
    const char *text;
    while ((text = arguments_each(given, option, &position)))
        TRY(add(b, text, why));
    return OK;
}

static struct status read_file(const char *path, json_t **out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    struct status s = file_read(path, &text);
    if (failed(s))
        return refuse(why, s.code, "graph", "cannot read %s", path);
    return api_json_read(buffer_bytes(&text), 1024 * 1024, false, out, why);
}

struct status graph_read(const struct arguments *given, struct channel *channel,
                         json_t **out, struct reason *why)
{
    const char *path = arguments_value(given, "graph");
    const char *description = arguments_value(given, "description");
    if (path)
        return read_file(path, out, why);
    AUTO_JSON *graph =
        json_pack("{s:s, s:s, s:{}, s:{}}", "name",
                  given->count ? given->at[0] : "workflow", "description",
                  description ? description : "", "objects", "edges");
    struct builder b = { channel, json_object_get(graph, "objects"),
                         json_object_get(graph, "edges") };
    if (!graph)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(each(given, "app", &b, add_app, why));
    TRY(each(given, "data", &b, add_data, why));
    TRY(each(given, "edge", &b, add_edge, why));
    *out = TAKE(graph);
    return OK;
}

bool graph_ascii_only(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0])
            return !strstr(value, "UTF-8") && !strstr(value, "utf8");
    }
    return true;
}
