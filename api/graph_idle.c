/* graph_idle.c - what nothing is connected with: no fault, an app may do
 * without data, but more often something was forgotten. */

#include "api/graph.h"
#include "api/manifest.h"
#include "api/sorted.h"

/* Is an end of any edge at this app, and at this port unless it is NULL? */
static bool is_connected(const json_t *edges, const char *app, const char *port)
{
    static const char *const sides[] = { "source", "target" };
    const char *key;
    json_t *edge;
    json_object_foreach((json_t *)(uintptr_t)edges, key, edge)
    {
        for (size_t i = 0; i < 2; i++) {
            const json_t *end = json_object_get(edge, sides[i]);
            const char *id = api_graph_text(end, "id");
            const char *at = api_graph_text(end, "port");
            if (id && strcmp(id, app) == 0 &&
                (!port || (at && strcmp(at, port) == 0)))
                return true;
        }
    }
    return false;
}

static struct status add(json_t *notes, const char *app, json_t *note)
{
    AUTO_JSON *text = note;
    json_t *one = text
                      ? json_pack("{s:o, s:O}", "where",
                                  json_sprintf("objects.%s", app), "note", text)
                      : NULL;
    return one && json_array_append_new(notes, one) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status look_at(const json_t *proposal, const char *app,
                             json_t *notes)
{
    const json_t *edges = json_object_get(proposal, "edges");
    const json_t *ref = api_graph_ref(
        json_object_get(json_object_get(proposal, "objects"), app));
    const char *id = api_graph_text(ref, "config_id");
    const json_t *configuration =
        id ? json_object_get(json_object_get(proposal, "configurations"), id)
           : NULL;
    const json_t *ports = json_object_get(configuration, "ports");
    if (!is_connected(edges, app, NULL))
        return add(notes, app,
                   json_string("no edge is at this app: it gets a certificate "
                               "and its configuration, and no data"));
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *port = json_string_value(json_array_get(ports, i));
        if (port && !is_connected(edges, app, port))
            TRY(add(
                notes, app,
                json_sprintf("nothing is connected with its port %s", port)));
    }
    return OK;
}

struct status api_graph_idle(const json_t *proposal, json_t **out)
{
    const json_t *objects = json_object_get(proposal, "objects");
    AUTO_JSON *notes = json_array();
    AUTO_SORTED sorted = { 0 };
    if (!notes)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_sorted_names(objects, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        if (api_graph_kind_of(json_object_get(objects, sorted.names[i])) ==
            API_GRAPH_APP)
            TRY(look_at(proposal, sorted.names[i], notes));
    *out = TAKE(notes);
    return OK;
}
