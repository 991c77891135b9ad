/* graph_copy.c - a graph as a manifest holds it. */

#include "api/graph.h"
#include "api/sorted.h"

struct status api_graph_set(json_t *into, const char *key, json_t *value)
{
    if (!value || json_object_set_new(into, key, value) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* app key -> {port: true}, so that both come out sorted. */
static STATUS collect_ports(const json_t *proposal, const char *dataset,
                            json_t *collected)
{
    json_t *edges = json_object_get(proposal, "edges");
    const char *key;
    json_t *edge;
    json_object_foreach(edges, key, edge)
    {
        const json_t *app = json_object_get(edge, "source");
        const json_t *end = json_object_get(edge, "target");
        if (strcmp(api_graph_text(app, "id"), dataset) == 0) {
            const json_t *other = end;
            end = app;
            app = other;
        }
        if (strcmp(api_graph_text(end, "id"), dataset) != 0)
            continue;
        const char *app_key = api_graph_text(app, "id");
        if (!json_object_get(collected, app_key))
            TRY(api_graph_set(collected, app_key, json_object()));
        TRY(api_graph_set(json_object_get(collected, app_key),
                          api_graph_text(app, "port"), json_true()));
    }
    return OK;
}

static STATUS list_ports(const json_t *collected, json_t *list)
{
    AUTO_SORTED apps = { 0 };
    TRY(api_sorted_names(collected, &apps));
    for (size_t i = 0; i < apps.count; i++) {
        AUTO_SORTED ports = { 0 };
        TRY(api_sorted_names(json_object_get(collected, apps.names[i]),
                             &ports));
        for (size_t j = 0; j < ports.count; j++)
            if (json_array_append_new(list, json_pack("{s:s, s:s}", "app",
                                                      apps.names[i], "port",
                                                      ports.names[j])) != 0)
                return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

struct status api_graph_ports(const json_t *proposal, const char *dataset,
                              json_t **out)
{
    AUTO_JSON *collected = json_object(), *ports = json_array();
    TRY(collect_ports(proposal, dataset, collected));
    TRY(list_ports(collected, ports));
    *out = TAKE(ports);
    return OK;
}

struct status api_graph_add_object(const char *key, const json_t *object,
                                   json_t *objects)
{
    const char *variant =
        api_graph_kind_of(object) == API_GRAPH_APP ? "app" : "dataset";
    return api_graph_set(objects, key,
                         json_pack("{s:O, s:O, s:s*, s:{s:O}}", "name",
                                   json_object_get(object, "name"), "user_id",
                                   json_object_get(object, "user_id"),
                                   "description",
                                   api_graph_text(object, "description"), "ref",
                                   variant, api_graph_ref(object)));
}

static json_t *link_of(const json_t *edge, const char *side)
{
    const json_t *link = json_object_get(edge, side);
    return json_pack("{s:s, s:s*}", "id", api_graph_text(link, "id"), "port",
                     api_graph_text(link, "port"));
}

struct status api_graph_add_edges(const json_t *edges, json_t *into)
{
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(edges, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *edge = json_object_get(edges, sorted.names[i]);
        TRY(api_graph_set(into, sorted.names[i],
                          json_pack("{s:o, s:o}", "source",
                                    link_of(edge, "source"), "target",
                                    link_of(edge, "target"))));
    }
    return OK;
}
