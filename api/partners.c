/* partners.c - which apps of a workflow find each other, and through which
 * of their ports. */

#include "api/graph.h"

#define HOST_LABEL_MAX 63 /* RFC 1035 section 2.3.4 */

bool api_graph_is_host_label(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > HOST_LABEL_MAX || name[0] == '-' ||
        name[len - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* One direction of one edge: nothing when it does not begin at the app. */
static STATUS add_partner(const json_t *objects, const json_t *near,
                          const json_t *far, const char *app, json_t *out)
{
    const char *id = api_graph_text(near, "id");
    const char *other = api_graph_text(far, "id");
    const char *port = api_graph_text(near, "port");
    const json_t *object = other ? json_object_get(objects, other) : NULL;
    const char *name = api_graph_text(object, "name");
    if (!id || !port || !name || strcmp(id, app) != 0 ||
        api_graph_kind_of(object) != API_GRAPH_APP)
        return OK;
    AUTO_JSON *pair = json_sprintf("%s\n%s", port, name);
    const char *key = json_string_value(pair);
    if (!key ||
        json_object_set_new(
            out, key, json_pack("{s:s, s:s}", "port", port, "name", name)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status api_graph_partners(const json_t *graph, const char *app,
                                 json_t **out)
{
    const json_t *objects = json_object_get(graph, "objects");
    json_t *edges = json_object_get(graph, "edges");
    AUTO_JSON *found = json_object();
    const char *key;
    json_t *edge;
    if (!found)
        return failure(STATUS_NO_MEMORY, "json", 0);
    json_object_foreach(edges, key, edge)
    {
        const json_t *source = json_object_get(edge, "source");
        const json_t *target = json_object_get(edge, "target");
        TRY(add_partner(objects, source, target, app, found));
        TRY(add_partner(objects, target, source, app, found));
    }
    *out = TAKE(found);
    return OK;
}
