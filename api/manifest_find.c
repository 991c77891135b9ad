/* manifest_find.c - what decide() asks of a manifest. */

#include "api/manifest.h"

#include <string.h>

#include "base/text.h"

static STATUS read_app(const char *key, const json_t *app,
                       const struct hash *runtime, struct api_manifest_app *out)
{
    struct api_manifest_app found = { .key = key, .runtime = *runtime };
    const json_t *rule;
    struct hash recomputed;
    TRY(api_json_id(app, "build", &found.build, NULL));
    TRY(api_json_object(app, "rule", &rule, NULL));
    TRY(api_rule_from_json(rule, &found.rule, NULL));
    TRY(api_json_hash(app, "identity", &found.identity, NULL));
    TRY(api_identity_hash(&found.rule, &recomputed, NULL));
    if (!hash_equal(&recomputed, &found.identity))
        return failure(STATUS_CORRUPT, "manifest", 0);
    *out = found;
    return OK;
}

struct status api_manifest_app(const json_t *manifest,
                               const struct hash *runtime,
                               struct api_manifest_app *out)
{
    json_t *apps = json_object_get(manifest, "apps");
    const char *key;
    char wanted[2 * HASH_LEN + 1];
    json_t *app;
    hex_encode(hash_bytes(runtime), wanted); /* as canonical JSON has it */
    json_object_foreach(apps, key, app)
    {
        const char *its = json_string_value(json_object_get(app, "runtime"));
        if (its && strcmp(its, wanted) == 0)
            return read_app(key, app, runtime, out);
    }
    return failure(STATUS_NOT_FOUND, "manifest", 0);
}

static bool is_on_a_port(const json_t *entry, const char *app)
{
    const json_t *ports = json_object_get(entry, "ports");
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *key =
            json_string_value(json_object_get(json_array_get(ports, i), "app"));
        if (key && strcmp(key, app) == 0)
            return true;
    }
    return false;
}

struct status api_manifest_dataset(const json_t *manifest, const char *app,
                                   const struct api_id *dataset,
                                   const json_t **out)
{
    json_t *datasets = json_object_get(manifest, "datasets");
    const char *key;
    json_t *entry;
    json_object_foreach(datasets, key, entry)
    {
        struct api_id id;
        if (!failed(api_json_id(entry, "dataset", &id, NULL)) &&
            api_id_equal(&id, dataset) && is_on_a_port(entry, app)) {
            *out = entry;
            return OK;
        }
    }
    return failure(STATUS_NOT_FOUND, "manifest", 0);
}
