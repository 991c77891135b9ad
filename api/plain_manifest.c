#include "api/plain_manifest.h"

#include "api/configuration.h"
#include "api/graph.h"
#include "api/manifest.h"
#include "api/sorted.h"

/* The record that an object's ref names, under its kind's set. */
static const json_t *record_of(const json_t *proposal, const json_t *object,
                               const char *set, const char *member)
{
    const char *id = api_graph_text(api_graph_ref(object), member);
    return json_object_get(json_object_get(proposal, set), id);
}

static json_t *owner_of(const json_t *proposal, const json_t *object)
{
    const char *user = api_graph_text(object, "user_id");
    const json_t *people = json_object_get(proposal, "people");
    return json_object_get(json_object_get(people, user), "owner");
}

static STATUS add_app(const json_t *proposal, const char *key,
                      const json_t *object, json_t *apps, struct reason *why)
{
    const json_t *ref = api_graph_ref(object);
    const json_t *build = record_of(proposal, object, "builds", "image_id");
    AUTO_JSON *configuration = NULL;
    struct api_identity_rule rule;
    struct hash identity, runtime;
    TRY(api_rule_from_json(json_object_get(build, "rule"), &rule, why));
    TRY(api_identity_hash(&rule, &identity, why));
    TRY(api_runtime_configuration(proposal, key, &configuration, why));
    TRY(api_configuration_hash(configuration, &runtime, why));
    return api_graph_set(apps, key,
                         json_pack("{s:O, s:O, s:O, s:o, s:o, s:O, s:o}",
                                   "name", json_object_get(object, "name"),
                                   "build", json_object_get(ref, "image_id"),
                                   "owner", owner_of(proposal, object), "rule",
                                   api_rule_to_json(&rule), "identity",
                                   api_json_of_hash(&identity), "configuration",
                                   json_object_get(ref, "config_id"), "runtime",
                                   api_json_of_hash(&runtime)));
}

static STATUS add_dataset(const json_t *proposal, const char *key,
                          const json_t *object, json_t *datasets)
{
    AUTO_JSON *ports = NULL;
    TRY(api_graph_ports(proposal, key, &ports));
    return api_graph_set(
        datasets, key,
        json_pack("{s:O, s:O, s:O, s:O}", "name",
                  json_object_get(object, "name"), "dataset",
                  json_object_get(api_graph_ref(object), "dataset_id"), "owner",
                  owner_of(proposal, object), "ports", ports));
}

static STATUS add_objects(const json_t *proposal, json_t *manifest,
                          struct reason *why)
{
    const json_t *objects = json_object_get(proposal, "objects");
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(objects, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const char *key = sorted.names[i];
        const json_t *object = json_object_get(objects, key);
        if (api_graph_kind_of(object) == API_GRAPH_APP)
            TRY(api_within(add_app(proposal, key, object,
                                   json_object_get(manifest, "apps"), why),
                           key, why));
        else
            TRY(add_dataset(proposal, key, object,
                            json_object_get(manifest, "datasets")));
        TRY(api_graph_add_object(key, object,
                                 json_object_get(manifest, "objects")));
    }
    return OK;
}

static json_t *header_of(const json_t *proposal)
{
    struct hash zone_ca;
    const char *description = api_graph_text(proposal, "description");
    const char *pem = api_graph_text(proposal, "zone_ca");
    if (failed(hash_of(&zone_ca, bytes_of_string(pem))))
        return NULL;
    return json_pack(
        "{s:s, s:O, s:O, s:O, s:O, s:s, s:o, s:O, s:{}, s:{}, s:{}, s:{}}",
        "accord", "ccm-manifest/v1", "account",
        json_object_get(proposal, "account"), "workflow",
        json_object_get(proposal, "workflow"), "version",
        json_object_get(proposal, "version"), "name",
        json_object_get(proposal, "name"), "description",
        description ? description : "", "zone_ca", api_json_of_hash(&zone_ca),
        "people", json_object_get(proposal, "people"), "objects", "edges",
        "apps", "datasets");
}

struct status api_plain_manifest_text(const json_t *proposal,
                                      struct buffer *out, struct reason *why)
{
    AUTO_JSON *faults = NULL, *manifest = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    TRY(api_plain_check(proposal, &faults));
    const json_t *first = json_array_get(faults, 0);
    if (first)
        return refuse(why, STATUS_INVALID, "proposal", "%s: %s",
                      json_string_value(json_object_get(first, "where")),
                      json_string_value(json_object_get(first, "fault")));
    manifest = header_of(proposal);
    if (!manifest)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(add_objects(proposal, manifest, why));
    TRY(api_graph_add_edges(json_object_get(proposal, "edges"),
                            json_object_get(manifest, "edges")));
    struct status written = api_json_canonical(manifest, &text);
    if (written.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "manifest",
                      "a manifest has at most %zu bytes", API_MANIFEST_MAX);
    TRY(written);
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}
