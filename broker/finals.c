#include "broker/finals.h"

#include <stdlib.h>

#include "broker/deployment.h"
#include "broker/plain.h"

static const json_t *at(const json_t *value, const char *name)
{
    return json_object_get(value, name);
}

struct status finals_version(struct exchange *x, struct policy_txn *txn,
                             const struct api_id *workflow, uint32_t version,
                             json_t **out)
{
    AUTO_JSON *record = NULL;
    unsigned char number[4];
    for (int i = 0; i < 4; i++)
        number[i] = (unsigned char)(version >> (24 - 8 * i));
    struct policy_key key =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&x->peer.account),
                   api_id_bytes(workflow), bytes_of(number, sizeof(number)));
    TRY(policy_get_json(txn, &key, &record));
    const char *status = json_string_value(at(record, "status"));
    if (!status || strcmp(status, "active") != 0)
        return failure(STATUS_NOT_FOUND, "version", 0);
    *out = TAKE(record);
    return OK;
}

/* One entry per app object, by its runtime configuration hash. */
static struct status runtimes(const json_t *manifest, json_t **out)
{
    AUTO_JSON *all = json_object();
    json_t *apps = json_object_get(manifest, "apps"), *app;
    const char *key;
    json_object_foreach(apps, key, app)
    {
        const char *hash = json_string_value(at(app, "runtime"));
        json_t *entry =
            json_pack("{s:O, s:O, s:[]}", "image_id", at(app, "build"),
                      "config_id", at(app, "configuration"), "child_nodes");
        if (!hash || json_object_set_new(all, hash, entry) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    *out = TAKE(all);
    return OK;
}

/* FinalWorkflowGraph: what was agreed, and how it was drawn. */
static struct status contents_of(const json_t *version, const json_t *manifest,
                                 json_t **out)
{
    AUTO_JSON *configs = NULL;
    const json_t *drawing = at(version, "drawing");
    const json_t *labels = at(drawing, "labels");
    TRY(runtimes(manifest, &configs));
    *out = json_pack(
        "{s:O, s:O, s:O, s:O*, s:O, s:o}", "created_at",
        at(version, "created_at"), "objects", at(manifest, "objects"), "edges",
        at(manifest, "edges"), "metadata", at(drawing, "metadata"),
        "runtime_configs", configs, "labels",
        labels ? json_incref((json_t *)(uintptr_t)labels) : json_object());
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status read_manifest(struct exchange *x, const json_t *version,
                                   json_t **out)
{
    const char *text;
    TRY(api_json_text(version, "manifest", &text, &x->why));
    return api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, out,
                         &x->why);
}

/* Name and description as they are by now: the CCM class may change them, of
 * the signed class they are what was signed. */
static json_t *now(const json_t *whole, const json_t *manifest,
                   const char *name)
{
    json_t *is =
        policy_is_plain_class(whole) ? json_object_get(whole, name) : NULL;
    return is ? is : json_object_get(manifest, name);
}

struct status finals_version_view(struct exchange *x, struct policy_txn *txn,
                                  const struct api_id *workflow,
                                  uint32_t version, json_t **out)
{
    AUTO_JSON *record = NULL, *manifest = NULL, *contents = NULL, *whole = NULL;
    TRY(finals_version(x, txn, workflow, version, &record));
    TRY(policy_damaged(policy_object_get(txn, POLICY_WORKFLOW, &x->peer.account,
                                         api_id_bytes(workflow), &whole, NULL),
                       "workflow"));
    TRY(read_manifest(x, record, &manifest));
    TRY(contents_of(record, manifest, &contents));
    TRY(deployment_show(x, txn, workflow, version, contents));
    *out = json_pack("{s:o, s:O, s:O, s:o, s:O, s:s}", "graph_id",
                     api_json_of_id(workflow), "name",
                     now(whole, manifest, "name"), "description",
                     now(whole, manifest, "description"), "version",
                     json_sprintf("%u", version), "contents", contents, "class",
                     plain_class_name(record));
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The active versions; what the newest says of the whole. */
struct versions_seen {
    json_t *versions;
    json_t *description, *updated_at, *labels, *project;
    unsigned long newest;
};

static void forget_newest(struct versions_seen *seen)
{
    json_decref(seen->description);
    json_decref(seen->updated_at);
    json_decref(seen->labels);
    json_decref(seen->project);
}

static void versions_seen_clear(struct versions_seen *seen)
{
    forget_newest(seen);
    json_decref(seen->versions);
}

static struct status see(struct exchange *x, struct policy_txn *txn,
                         const struct api_id *workflow, const char *number,
                         struct versions_seen *seen)
{
    AUTO_JSON *record = NULL, *manifest = NULL, *contents = NULL;
    unsigned long version = strtoul(number, NULL, 10);
    struct status got =
        finals_version(x, txn, workflow, (uint32_t)version, &record);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    TRY(read_manifest(x, record, &manifest));
    TRY(contents_of(record, manifest, &contents));
    TRY(deployment_show(x, txn, workflow, (uint32_t)version, contents));
    if (json_object_set(seen->versions, number, contents) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (version < seen->newest)
        return OK;
    forget_newest(seen);
    seen->newest = version;
    seen->labels = json_incref(json_object_get(contents, "labels"));
    seen->project = json_incref(
        json_object_get(json_object_get(contents, "metadata"), "project"));
    seen->description = json_incref(json_object_get(manifest, "description"));
    seen->updated_at = json_incref(json_object_get(record, "created_at"));
    return OK;
}

static struct status see_all(struct exchange *x, struct policy_txn *txn,
                             const json_t *record, struct versions_seen *seen)
{
    struct api_id workflow;
    json_t *entries = json_object_get(record, "versions"), *entry;
    const char *number;
    TRY(api_json_id(record, "workflow", &workflow, &x->why));
    json_object_foreach(entries, number, entry)
        TRY(see(x, txn, &workflow, number, seen));
    return OK;
}

struct status finals_view(struct exchange *x, struct policy_txn *txn,
                          const json_t *record, json_t **out)
{
    struct versions_seen seen = { .versions = json_object() };
    struct status s = see_all(x, txn, record, &seen);
    json_t *changed = json_object_get(record, "updated_at");
    json_t *described = policy_is_plain_class(record)
                            ? json_object_get(record, "description")
                            : NULL;
    if (!failed(s) && json_object_size(seen.versions) > 0) {
        if (json_integer_value(changed) < json_integer_value(seen.updated_at))
            changed = seen.updated_at;
        *out = json_pack(
            "{s:O, s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:s, s:s, s:O*, s:O*}",
            "graph_id", at(record, "workflow"), "name", at(record, "name"),
            "created_at", at(record, "created_at"), "updated_at", changed,
            "description", described ? described : seen.description, "versions",
            seen.versions, "group_id", api_json_of_id(&x->peer.account),
            "acct_id", api_json_of_id(&x->peer.account), "type", "OWNED",
            "class", plain_class_name(record), "labels", seen.labels, "project",
            seen.project);
        if (!*out)
            s = failure(STATUS_NO_MEMORY, "json", 0);
    }
    versions_seen_clear(&seen);
    return s;
}
