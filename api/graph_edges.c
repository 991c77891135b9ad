/* graph_edges.c - what is connected, through which port of which app. */

#include "api/graph.h"
#include "api/sorted.h"

/* One end of an edge. */
struct end {
    const char *side; /* "source" or "target" */
    const char *id;   /* key of an object that exists, or NULL */
    const char *port; /* NULL when there is none */
    enum api_graph_kind kind;
};

static struct end read_end(struct api_graph *g, struct api_graph_place at,
                           const json_t *edge, const char *side)
{
    static const char *const names[] = { "id", "port" };
    struct end end = { .side = side };
    struct reason why = { "" };
    const json_t *link = json_object_get(edge, side);
    at = api_graph_at(at, side);
    if (!api_graph_passes(g, at, api_json_only(link, names, 2, &why), &why) ||
        !api_graph_passes(
            g, at, api_json_text_optional(link, "port", &end.port, &why), &why))
        return end;
    const char *id = api_graph_text(link, "id");
    const json_t *object = id ? json_object_get(g->objects, id) : NULL;
    if (!object) {
        api_graph_fault(g, at, "this end is at no object of the graph");
        return end;
    }
    end.id = id;
    end.kind = api_graph_kind_of(object);
    return end;
}

static bool has_port(const json_t *configuration, const char *port)
{
    const json_t *ports = json_object_get(configuration, "ports");
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *name = json_string_value(json_array_get(ports, i));
        if (name && strcmp(name, port) == 0)
            return true;
    }
    return false;
}

/* "input, output", as far as it fits. */
static void list_ports(const json_t *configuration, char *out, size_t capacity)
{
    const json_t *ports = json_object_get(configuration, "ports");
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *name = json_string_value(json_array_get(ports, i));
        size_t len = name ? strlen(name) : 0;
        if (used + len + 3 > capacity)
            break;
        if (used > 0) {
            memcpy(out + used, ", ", 2);
            used += 2;
        }
        memcpy(out + used, name ? name : "", len);
        used += len;
        out[used] = '\0';
    }
}

/* An unknown or malformed configuration was named at its object. */
static void check_app_end(struct api_graph *g, struct api_graph_place at,
                          const struct end *app)
{
    char known[160];
    const json_t *ref = api_graph_ref(json_object_get(g->objects, app->id));
    const char *config = api_graph_text(ref, "config_id");
    const json_t *configuration =
        config ? json_object_get(g->configurations, config) : NULL;
    at = api_graph_at(at, app->side);
    if (!app->port) {
        api_graph_fault(g, at, "an edge ends at a port of its app: name it");
        return;
    }
    if (!json_is_array(json_object_get(configuration, "ports")) ||
        has_port(configuration, app->port))
        return;
    list_ports(configuration, known, sizeof(known));
    api_graph_fault(
        g, at, "the app's configuration has no port \"%.*s\", it has: %s",
        strlen(app->port) > 63 ? 0 : 63, app->port, known[0] ? known : "none");
}

/* One app through two objects at one dataset would be two names for one
 * grant; the CCM class has no grants. */
static void check_supply(struct api_graph *g, struct api_graph_place at,
                         const struct end *app, const struct end *dataset)
{
    const json_t *ref = api_graph_ref(json_object_get(g->objects, dataset->id));
    const char *id = api_graph_text(ref, "dataset_id");
    AUTO_JSON *pair = json_sprintf("%s\n%s", app->id, id ? id : "");
    if (!id)
        return;
    const char *other =
        api_graph_seen(g, g->supplies, json_string_value(pair), dataset->id);
    if (other && strcmp(other, dataset->id) != 0)
        api_graph_fault(g, at,
                        "app %s has this dataset already, through object %s: "
                        "connect that one",
                        app->id, other);
}

/* Nothing is on one port of an app twice. False when it is. */
static bool check_twice(struct api_graph *g, struct api_graph_place at,
                        const struct end *app, const struct end *far)
{
    if (!app->port)
        return true;
    AUTO_JSON *link = json_sprintf("%s\n%s\n%s", app->id, app->port, far->id);
    const char *other =
        api_graph_seen(g, g->links, json_string_value(link), at.key);
    if (other)
        api_graph_fault(g, at, "edge %s connects the same already", other);
    return other == NULL;
}

static void check_link(struct api_graph *g, struct api_graph_place at,
                       const struct end *app, const struct end *dataset)
{
    check_app_end(g, at, app);
    if (dataset->port)
        api_graph_fault(g, api_graph_at(at, dataset->side),
                        "a dataset has no ports: leave the port out");
    if (!app->port)
        return;
    (void)check_twice(g, at, app, dataset);
    if (!g->plain_class)
        check_supply(g, at, app, dataset);
}

/* The names stand in certificates, and in what looks hosts up. */
static void check_partner(struct api_graph *g, struct api_graph_place at,
                          const struct end *near, const struct end *far)
{
    const char *name =
        api_graph_text(json_object_get(g->objects, far->id), "name");
    check_app_end(g, at, near);
    if (name && !api_graph_is_host_label(name))
        api_graph_fault(g, api_graph_at(at, far->side),
                        "an app that another one is to find has a name of 1 "
                        "to 63 of a-z, 0-9 and inner '-'");
}

static void check_ends(struct api_graph *g, struct api_graph_place at,
                       const struct end *a, const struct end *b)
{
    (void)api_graph_seen(g, g->connected, a->id, at.key);
    (void)api_graph_seen(g, g->connected, b->id, at.key);
    if (strcmp(a->id, b->id) == 0)
        api_graph_fault(g, at,
                        "an edge connects two objects, not one with itself");
    else if (a->kind == API_GRAPH_APP && b->kind == API_GRAPH_APP) {
        check_partner(g, at, a, b);
        check_partner(g, at, b, a);
        (void)(check_twice(g, at, a, b) && check_twice(g, at, b, a));
    } else if (a->kind == API_GRAPH_DATASET && b->kind == API_GRAPH_DATASET)
        api_graph_fault(
            g, at, "an edge connects an app with a dataset, not two datasets");
    else if (a->kind == API_GRAPH_APP && b->kind == API_GRAPH_DATASET)
        check_link(g, at, a, b);
    else if (a->kind == API_GRAPH_DATASET && b->kind == API_GRAPH_APP)
        check_link(g, at, b, a);
    /* else one is a placeholder or nothing at all: named at the object */
}

static void check_edge(struct api_graph *g, const char *key, const json_t *edge)
{
    static const char *const names[] = { "source", "target" };
    struct api_graph_place at = { "edges", key, NULL };
    struct reason why = { "" };
    if (!api_graph_passes(g, at, api_json_only(edge, names, 2, &why), &why))
        return;
    struct end source = read_end(g, at, edge, "source");
    struct end target = read_end(g, at, edge, "target");
    if (source.id && target.id)
        check_ends(g, at, &source, &target);
}

void api_graph_check_edges(struct api_graph *g)
{
    AUTO_SORTED sorted = { 0 };
    struct status listed = api_sorted_names(g->edges, &sorted);
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++) {
        const char *key = sorted.names[i];
        if (api_graph_key_valid(key))
            check_edge(g, key, json_object_get(g->edges, key));
        else
            api_graph_fault(g, (struct api_graph_place){ "edges", NULL, NULL },
                            API_GRAPH_KEY_FAULT, API_GRAPH_KEY_MAX);
    }
}
