/* graph_apps.c - what the apps of a graph come to: a runtime configuration
 * each, and a rule that evidence can meet. */

#include "api/configuration.h"
#include "api/graph.h"
#include "api/manifest.h"
#include "api/sorted.h"
#include "base/text.h"

/* Two apps of one hash could not be told apart by anybody. */
static void check_runtime(struct api_graph *g, const char *key, json_t *hashes)
{
    AUTO_JSON *configuration = NULL;
    struct reason why = { "" };
    struct hash hash;
    char hex[2 * HASH_LEN + 1];
    struct api_graph_place at = { "objects", key, NULL };
    bool faultless = json_array_size(g->faults) == 0;
    struct status made =
        api_runtime_configuration(g->proposal, key, &configuration, &why);
    if (!failed(made))
        made = api_configuration_hash(configuration, &hash, &why);
    if (failed(made)) {
        if (faultless || made.code == STATUS_NO_MEMORY)
            (void)api_graph_passes(g, at, made, &why);
        return; /* else a consequence of what was said already */
    }
    hex_encode(hash_bytes(&hash), hex);
    const char *other = api_graph_seen(g, hashes, hex, key);
    if (other)
        api_graph_fault(
            g, at,
            "app %s has the same runtime configuration: give this one "
            "another name",
            other);
}

/* Demands of datasets' owners that the app's rule cannot meet. */
static void check_demands(struct api_graph *g, const char *key,
                          const json_t *object)
{
    struct reason why = { "" };
    struct api_identity_rule rule;
    const char *build = api_graph_text(api_graph_ref(object), "image_id");
    const json_t *record = build ? json_object_get(g->builds, build) : NULL;
    if (failed(
            api_rule_from_json(json_object_get(record, "rule"), &rule, NULL)) ||
        json_array_size(g->faults) > 0)
        return; /* said already */
    (void)api_graph_passes(g, (struct api_graph_place){ "objects", key, NULL },
                           api_graph_tighten(g->proposal, key, &rule, &why),
                           &why);
}

void api_graph_check_apps(struct api_graph *g)
{
    AUTO_SORTED sorted = { 0 };
    AUTO_JSON *hashes = json_object();
    struct status listed = api_sorted_names(g->objects, &sorted);
    size_t apps = 0;
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *object = json_object_get(g->objects, sorted.names[i]);
        if (api_graph_kind_of(object) != API_GRAPH_APP)
            continue;
        apps++;
        check_runtime(g, sorted.names[i], hashes);
        check_demands(g, sorted.names[i], object);
    }
    if (apps == 0)
        api_graph_fault(g, (struct api_graph_place){ "objects", NULL, NULL },
                        "a workflow needs at least one app");
}
