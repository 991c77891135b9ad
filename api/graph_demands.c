/* graph_demands.c - the rule of one app under everything that the owners of
 * its datasets demand: the strictest owner wins. */

#include "api/graph.h"
#include "api/manifest.h"
#include "api/sorted.h"

/* The dataset object at the other end of an edge of this app; NULL. */
static const char *other_end(const json_t *edge, const char *app)
{
    const char *source = api_graph_text(json_object_get(edge, "source"), "id");
    const char *target = api_graph_text(json_object_get(edge, "target"), "id");
    if (!source || !target)
        return NULL;
    if (strcmp(source, app) == 0)
        return target;
    return strcmp(target, app) == 0 ? source : NULL;
}

static const json_t *demands_of(const json_t *proposal, const char *object_key)
{
    const json_t *object =
        json_object_get(json_object_get(proposal, "objects"), object_key);
    const char *dataset = api_graph_text(api_graph_ref(object), "dataset_id");
    if (!dataset)
        return NULL;
    const json_t *record =
        json_object_get(json_object_get(proposal, "datasets"), dataset);
    return api_member(json_object_get(record, "limits"), "evidence");
}

struct status api_graph_tighten(const json_t *proposal, const char *app,
                                struct api_identity_rule *rule,
                                struct reason *why)
{
    const json_t *edges = json_object_get(proposal, "edges");
    AUTO_SORTED sorted = { 0 };
    struct api_identity_rule tight = *rule;
    TRY(api_sorted_names(edges, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const char *dataset =
            other_end(json_object_get(edges, sorted.names[i]), app);
        const json_t *demands = dataset ? demands_of(proposal, dataset) : NULL;
        if (demands)
            TRY(api_within(api_rule_tighten(&tight, demands, why), dataset,
                           why));
    }
    *rule = tight;
    return OK;
}
