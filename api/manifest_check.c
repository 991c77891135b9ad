/* manifest_check.c - may this proposal become a manifest? Everything that is
 * wrong is named, each thing once and where it is. */

#include "api/graph.h"
#include "api/manifest.h"
#include "api/sorted.h"

#define WORKFLOW_NAME_MAX 256

static struct api_graph_place top(const char *member)
{
    return (struct api_graph_place){ member, NULL, NULL };
}

static void check_name(struct api_graph *g)
{
    const char *name, *description;
    struct reason why = { "" };
    if (api_graph_passes(g, top("name"),
                         api_json_text(g->proposal, "name", &name, &why),
                         &why)) {
        size_t len = strlen(name);
        bool plain = len > 0 && len <= WORKFLOW_NAME_MAX;
        for (size_t i = 0; plain && i < len; i++)
            plain = (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
        if (!plain)
            api_graph_fault(g, top("name"),
                            "a workflow needs a name of 1 to %d bytes without "
                            "control characters",
                            WORKFLOW_NAME_MAX);
    }
    (void)api_graph_passes(
        g, top("description"),
        api_json_text_optional(g->proposal, "description", &description, &why),
        &why);
}

static void check_parent(struct api_graph *g, int64_t version)
{
    static const char *const names[] = { "version", "digest" };
    const json_t *parent = api_member(g->proposal, "parent");
    struct reason why = { "" };
    struct hash digest;
    int64_t number = 0;
    if (!parent)
        return;
    struct api_graph_place at = top("parent");
    if (api_graph_passes(g, at, api_json_only(parent, names, 2, &why), &why) &&
        api_graph_passes(g, at, api_json_hash(parent, "digest", &digest, &why),
                         &why) &&
        api_graph_passes(
            g, at,
            api_json_integer(parent, "version", 1, INT32_MAX, &number, &why),
            &why) &&
        version > 0 && number >= version)
        api_graph_fault(g, at,
                        "the parent is an earlier version than this one");
}

static void check_header(struct api_graph *g)
{
    static const char *const ids[] = { "account", "workflow" };
    const char *zone_ca;
    struct reason why = { "" };
    struct api_id id;
    int64_t version = 0;
    for (size_t i = 0; i < 2; i++)
        (void)api_graph_passes(
            g, top(ids[i]), api_graph_id(g->proposal, ids[i], &id, &why), &why);
    (void)api_graph_passes(
        g, top("version"),
        api_json_integer(g->proposal, "version", 1, INT32_MAX, &version, &why),
        &why);
    (void)api_graph_passes(
        g, top("zone_ca"),
        api_json_text(g->proposal, "zone_ca", &zone_ca, &why), &why);
    check_name(g);
    check_parent(g, version);
}

static void check_set(struct api_graph *g, const char *name, const json_t **out)
{
    struct reason why = { "" };
    (void)api_graph_passes(g, top(name),
                           api_json_object(g->proposal, name, out, &why), &why);
}

static bool check_sets(struct api_graph *g)
{
    check_set(g, "objects", &g->objects);
    check_set(g, "edges", &g->edges);
    check_set(g, "configurations", &g->configurations);
    check_set(g, "builds", &g->builds);
    check_set(g, "datasets", &g->datasets);
    check_set(g, "people", &g->people);
    if (json_object_size(g->objects) > API_GRAPH_OBJECTS_MAX)
        api_graph_fault(g, top("objects"), "a graph has at most %d objects",
                        API_GRAPH_OBJECTS_MAX);
    if (json_object_size(g->edges) > API_GRAPH_EDGES_MAX)
        api_graph_fault(g, top("edges"), "a graph has at most %d edges",
                        API_GRAPH_EDGES_MAX);
    return json_object_size(g->objects) <= API_GRAPH_OBJECTS_MAX &&
           json_object_size(g->edges) <= API_GRAPH_EDGES_MAX;
}

static void check_datasets_used(struct api_graph *g)
{
    AUTO_SORTED sorted = { 0 };
    struct status listed = api_sorted_names(g->objects, &sorted);
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++) {
        const char *key = sorted.names[i];
        const json_t *object = json_object_get(g->objects, key);
        if (api_graph_kind_of(object) == API_GRAPH_DATASET &&
            !json_object_get(g->connected, key))
            api_graph_fault(g, (struct api_graph_place){ "objects", key, NULL },
                            "no edge connects this dataset with an app");
    }
}

static void check_people_needed(struct api_graph *g)
{
    AUTO_SORTED sorted = { 0 };
    struct status listed = api_sorted_names(g->people, &sorted);
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++)
        if (!json_object_get(g->contributes, sorted.names[i]))
            api_graph_fault(
                g, (struct api_graph_place){ "people", sorted.names[i], NULL },
                "this person owns nothing in the workflow");
}

static void examine(struct api_graph *g)
{
    check_header(g);
    if (!check_sets(g))
        return; /* what is too large is not looked into */
    if (g->plain_class)
        api_graph_check_configurations(g);
    else
        api_graph_check_records(g);
    api_graph_check_objects(g);
    api_graph_check_edges(g);
    if (!g->plain_class) {
        check_datasets_used(g);
        check_people_needed(g);
    }
    api_graph_check_apps(g);
}

static struct status check(const json_t *proposal, bool plain_class,
                           json_t **out)
{
    AUTO_JSON *faults = json_array(), *owners = json_object(),
              *contributes = json_object(), *names = json_object(),
              *connected = json_object(), *links = json_object(),
              *supplies = json_object();
    struct api_graph g = { .proposal = proposal,
                           .plain_class = plain_class,
                           .faults = faults,
                           .owners = owners,
                           .contributes = contributes,
                           .names = names,
                           .connected = connected,
                           .links = links,
                           .supplies = supplies };
    if (!faults || !owners || !contributes || !names || !connected || !links ||
        !supplies)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (!json_is_object(proposal))
        api_graph_fault(&g, top("proposal"), "expected an object");
    else
        examine(&g);
    TRY(g.first_failure);
    *out = TAKE(faults);
    return OK;
}

struct status api_proposal_check(const json_t *proposal, json_t **out)
{
    return check(proposal, false, out);
}

struct status api_plain_check(const json_t *proposal, json_t **out)
{
    return check(proposal, true, out);
}
