/* derive.c - from a graph to the runtime configuration of one of its apps
 * (section 6.7 of the wire contract). Direction does not enter: a dataset
 * that feeds the app and one that it writes differ only in their port. */

#include "api/graph.h"
#include "api/manifest.h"

struct derivation {
    const json_t *objects;
    const char *app;
    json_t *port_map;
};

static STATUS out_of_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

/* What the app is told of the other end: which dataset, or that it is an
 * app. */
static STATUS describe(const json_t *other, json_t **out, struct reason *why)
{
    const json_t *ref = api_graph_ref(other);
    AUTO_JSON *made = NULL;
    if (api_graph_kind_of(other) == API_GRAPH_DATASET) {
        struct api_id id;
        TRY(api_json_id(ref, "dataset_id", &id, why));
        made = json_pack("{s:{s:o}}", "dataset", "id", api_json_of_id(&id));
    } else if (api_graph_kind_of(other) == API_GRAPH_APP) {
        made = json_pack("{s:{}}", "application");
    } else {
        return refuse(why, STATUS_INVALID, "graph",
                      "an object that the app is connected to is neither app "
                      "nor dataset");
    }
    if (!made)
        return out_of_memory();
    *out = TAKE(made);
    return OK;
}

static STATUS connect(struct derivation *d, const char *port, const char *other,
                      struct reason *why)
{
    const json_t *object = json_object_get(d->objects, other);
    const char *name;
    AUTO_JSON *end = NULL;
    TRY(api_json_text(object, "name", &name, why));
    TRY(describe(object, &end, why));
    json_t *connections = json_object_get(d->port_map, port);
    if (!connections) {
        connections = json_object();
        if (json_object_set_new(d->port_map, port, connections) != 0)
            return out_of_memory();
    }
    if (json_object_get(connections, name))
        return refuse(why, STATUS_INVALID, "graph",
                      "port %.63s is connected to \"%.63s\" twice", port, name);
    if (json_object_set(connections, name, end) != 0)
        return out_of_memory();
    return OK;
}

/* One direction of one edge: nothing when it does not begin at the app. */
static STATUS follow(struct derivation *d, const json_t *near,
                     const json_t *far, struct reason *why)
{
    const char *id, *port, *other;
    TRY(api_json_text(near, "id", &id, why));
    TRY(api_json_text(far, "id", &other, why));
    if (strcmp(id, d->app) != 0)
        return OK;
    TRY(api_json_text(near, "port", &port, why));
    return connect(d, port, other, why);
}

static STATUS follow_edges(struct derivation *d, const json_t *edges,
                           struct reason *why)
{
    json_t *iterated = (json_t *)(uintptr_t)edges; /* jansson wants it so */
    const char *key;
    json_t *edge;
    json_object_foreach(iterated, key, edge)
    {
        const json_t *source, *target;
        TRY(api_json_object(edge, "source", &source, why));
        TRY(api_json_object(edge, "target", &target, why));
        TRY(follow(d, source, target, why));
        TRY(follow(d, target, source, why));
    }
    return OK;
}

static STATUS find_app(const json_t *proposal, const char *app,
                       const json_t **object, const json_t **configuration,
                       struct reason *why)
{
    const json_t *objects, *configurations;
    const char *config_id;
    TRY(api_json_object(proposal, "objects", &objects, why));
    TRY(api_json_object(proposal, "configurations", &configurations, why));
    *object = json_object_get(objects, app);
    if (api_graph_kind_of(*object) != API_GRAPH_APP)
        return refuse(why, STATUS_NOT_FOUND, "graph", "%.64s is not an app",
                      app);
    TRY(api_json_text(api_graph_ref(*object), "config_id", &config_id, why));
    *configuration = json_object_get(configurations, config_id);
    if (!*configuration)
        return refuse(why, STATUS_NOT_FOUND, "graph",
                      "the configuration of app %.64s is not there", app);
    return OK;
}

struct status api_runtime_configuration(const json_t *proposal, const char *app,
                                        json_t **out, struct reason *why)
{
    const json_t *object = NULL, *configuration = NULL;
    const json_t *app_config, *labels, *edges;
    const char *name, *zone_ca;
    struct api_id workflow;
    AUTO_JSON *port_map = json_object();
    TRY(find_app(proposal, app, &object, &configuration, why));
    TRY(api_json_id(proposal, "workflow", &workflow, why));
    TRY(api_json_text(proposal, "zone_ca", &zone_ca, why));
    TRY(api_json_text(object, "name", &name, why));
    TRY(api_json_object(configuration, "app_config", &app_config, why));
    TRY(api_json_object(configuration, "labels", &labels, why));
    TRY(api_json_object(proposal, "edges", &edges, why));

    struct derivation d = { json_object_get(proposal, "objects"), app,
                            port_map };
    TRY(follow_edges(&d, edges, why));
    json_t *made = json_pack(
        "{s:O, s:O, s:[s], s:{s:o, s:s, s:O}}", "app_config", app_config,
        "labels", labels, "zone_ca", zone_ca, "workflow", "workflow_id",
        api_json_of_id(&workflow), "app_name", name, "port_map", port_map);
    if (!made)
        return out_of_memory();
    *out = made;
    return OK;
}
