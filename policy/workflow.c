/* workflow.c - agreed versions: what holds a runtime configuration hash. */

#include "base/text.h"
#include "policy/nouns.h"

#include <stdio.h>

static void big_endian(uint32_t value, unsigned char out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Where the parts of one version lie. */
struct version_place {
    const struct api_id *account;
    struct api_id workflow;
    uint32_t version;
    unsigned char number[4];
};

static struct policy_key version_key(const struct version_place *at)
{
    return policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(at->account),
                      api_id_bytes(&at->workflow), bytes_of(at->number, 4));
}

static struct policy_key runtime_key(const struct version_place *at,
                                     const struct hash *runtime)
{
    return policy_key(POLICY_RUNTIME, hash_bytes(runtime),
                      api_id_bytes(at->account), api_id_bytes(&at->workflow),
                      bytes_of(at->number, 4));
}

static struct policy_key grant_key(const struct version_place *at,
                                   const struct hash *runtime,
                                   const struct api_id *dataset)
{
    return policy_key(POLICY_GRANT, hash_bytes(runtime),
                      api_id_bytes(at->account), api_id_bytes(&at->workflow),
                      bytes_of(at->number, 4), api_id_bytes(dataset));
}

static struct status put_runtimes(struct policy_txn *txn,
                                  const struct version_place *at,
                                  const json_t *proposal,
                                  const json_t *manifest, uint64_t now,
                                  json_t *hashes)
{
    const char *app_key;
    json_t *app;
    json_object_foreach(json_object_get(manifest, "apps"), app_key, app)
    {
        AUTO_JSON *configuration = NULL;
        AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
        struct hash runtime;
        TRY(api_json_hash(app, "runtime", &runtime, NULL));
        TRY(api_runtime_configuration(proposal, app_key, &configuration, NULL));
        TRY(api_configuration_text(configuration, &text, NULL));
        AUTO_JSON *record =
            json_pack("{s:s, s:s%, s:I}", "app", app_key, "text",
                      (const char *)buffer_bytes(&text).at,
                      buffer_bytes(&text).len, "created_at", (json_int_t)now);
        struct policy_key key = runtime_key(at, &runtime);
        policy_put_json(txn, &key, record);
        if (json_object_set(hashes,
                            json_string_value(json_object_get(app, "name")),
                            json_object_get(app, "runtime")) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status put_grants(struct policy_txn *txn,
                                const struct version_place *at,
                                const json_t *approvals)
{
    size_t i, j;
    json_t *approval, *signed_grant;
    AUTO_JSON *all = json_incref((json_t *)(uintptr_t)approvals);
    json_array_foreach(all, i, approval)
    {
        json_array_foreach(json_object_get(approval, "grants"), j, signed_grant)
        {
            AUTO_CLEAR_BUFFER raw = buffer_make(512);
            struct api_grant grant;
            TRY(api_json_base64(signed_grant, "grant", &raw, NULL));
            TRY(api_grant_decode(buffer_bytes(&raw), &grant, NULL));
            /* With the owner's key chain of this day: a later change of
             * keys does not undo what was signed before. */
            AUTO_JSON *record = json_copy(signed_grant);
            if (!record || json_object_set(record, "owner",
                                           json_object_get(approval, "owner")))
                return failure(STATUS_NO_MEMORY, "json", 0);
            struct policy_key key =
                grant_key(at, &grant.configuration, &grant.dataset);
            policy_put_json(txn, &key, record);
        }
    }
    return OK;
}

static struct status retire_parent(struct policy_txn *txn,
                                   const struct version_place *at,
                                   const json_t *request, struct reason *why)
{
    int64_t parent;
    const json_t *before =
        json_object_get(json_object_get(request, "proposal"), "parent");
    if (!json_is_object(before) ||
        json_is_true(json_object_get(request, "keep")))
        return OK;
    TRY(api_json_integer(before, "version", 1, UINT32_MAX, &parent, why));
    struct status ended = policy_workflow_end(txn, at->account, &at->workflow,
                                              (uint32_t)parent, "retired", why);
    /* A parent that was withdrawn meanwhile is as ended as can be. */
    return ended.code == STATUS_CONFLICT ? OK : ended;
}

/* The workflow's own record: its versions and their states. */
static struct status put_state(struct policy_txn *txn,
                               const struct version_place *at,
                               const json_t *request, const char *status,
                               const json_t *digest, uint64_t now)
{
    AUTO_JSON *record = NULL;
    struct bytes id = api_id_bytes(&at->workflow);
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", at->version);
    struct status got =
        policy_object_get(txn, POLICY_WORKFLOW, at->account, id, &record, NULL);
    if (got.code == STATUS_NOT_FOUND)
        record = json_pack("{s:o, s:{}, s:I}", "workflow",
                           api_json_of_id(&at->workflow), "versions",
                           "created_at", (json_int_t)now);
    else
        TRY(got);

    json_t *versions = json_object_get(record, "versions");
    json_t *entry = json_object_get(versions, number);
    int bad = 0;
    if (!entry)
        bad = json_object_set_new(versions, number,
                                  json_pack("{s:s, s:O, s:I}", "status", status,
                                            "digest", digest, "created_at",
                                            (json_int_t)now));
    else
        bad = json_object_set_new(entry, "status", json_string(status));
    /* A further version of the CCM class goes under the names that the workflow
     * has by now. */
    bool first = request && (!policy_is_plain_class(request) ||
                             !json_object_get(record, "class"));
    if (request)
        bad |= json_object_set_new(record, "newest", json_integer(at->version));
    if (first)
        bad |= json_object_set(
            record, "name",
            json_object_get(json_object_get(request, "proposal"), "name"));
    if (first && policy_is_plain_class(request))
        bad |= json_object_set(record, "class",
                               json_object_get(request, "class")) ||
               json_object_set(
                   record, "description",
                   json_object_get(json_object_get(request, "proposal"),
                                   "description"));
    if (bad)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_WORKFLOW, at->account, id, record);
    return OK;
}

static struct status settle_at(struct policy_txn *txn,
                               const struct version_place *at,
                               const json_t *request, const json_t *manifest,
                               uint64_t now, struct reason *why)
{
    const json_t *approvals = json_object_get(request, "_approvals");
    AUTO_JSON *hashes = json_object();
    TRY(retire_parent(txn, at, request, why));
    TRY(put_runtimes(txn, at, json_object_get(request, "proposal"), manifest,
                     now, hashes));
    TRY(put_grants(txn, at, approvals));

    AUTO_JSON *record = json_pack(
        "{s:o, s:i, s:s, s:O, s:O, s:O, s:O, s:I, s:O, s:O*, s:O*}", "workflow",
        api_json_of_id(&at->workflow), "version", (int)at->version, "status",
        "active", "digest", json_object_get(request, "digest"), "manifest",
        json_object_get(request, "manifest"), "approvals", approvals, "hashes",
        hashes, "created_at", (json_int_t)now, "request",
        json_object_get(request, "request"), "class",
        json_object_get(request, "class"), "drawing",
        json_object_get(request, "drawing"));
    struct policy_key key = version_key(at);
    policy_put_json(txn, &key, record);
    return put_state(txn, at, request, "active",
                     json_object_get(request, "digest"), now);
}

struct status policy_workflow_settle(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const json_t *request, uint64_t now,
                                     struct reason *why)
{
    AUTO_JSON *manifest = NULL;
    const char *text;
    int64_t version;
    struct version_place at = { .account = account };
    TRY(api_json_text(request, "manifest", &text, why));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      why));
    TRY(api_json_id(manifest, "workflow", &at.workflow, why));
    TRY(api_json_integer(manifest, "version", 1, UINT32_MAX, &version, why));
    at.version = (uint32_t)version;
    big_endian(at.version, at.number);
    return settle_at(txn, &at, request, manifest, now, why);
}

static struct status delete_holders(struct policy_txn *txn,
                                    const struct version_place *at,
                                    const json_t *manifest)
{
    const char *key;
    json_t *app, *dataset, *port;
    size_t i;
    json_object_foreach(json_object_get(manifest, "apps"), key, app)
    {
        struct hash runtime;
        TRY(api_json_hash(app, "runtime", &runtime, NULL));
        struct policy_key holder = runtime_key(at, &runtime);
        policy_delete(txn, &holder);
    }
    json_object_foreach(json_object_get(manifest, "datasets"), key, dataset)
    {
        struct api_id id;
        TRY(api_json_id(dataset, "dataset", &id, NULL));
        json_array_foreach(json_object_get(dataset, "ports"), i, port)
        {
            struct hash runtime;
            const char *app_key;
            TRY(api_json_text(port, "app", &app_key, NULL));
            TRY(api_json_hash(
                json_object_get(json_object_get(manifest, "apps"), app_key),
                "runtime", &runtime, NULL));
            struct policy_key holder = grant_key(at, &runtime, &id);
            policy_delete(txn, &holder);
        }
    }
    return OK;
}

struct status policy_workflow_end(struct policy_txn *txn,
                                  const struct api_id *account,
                                  const struct api_id *workflow,
                                  uint32_t version, const char *status,
                                  struct reason *why)
{
    AUTO_JSON *record = NULL, *manifest = NULL;
    const char *now_is, *text;
    struct version_place at = { .account = account,
                                .workflow = *workflow,
                                .version = version };
    big_endian(version, at.number);
    struct policy_key key = version_key(&at);
    struct status got = policy_get_json(txn, &key, &record);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(why, STATUS_NOT_FOUND, "workflow",
                      "there is no such version of a workflow here");
    TRY(got);
    TRY(api_json_text(record, "status", &now_is, why));
    if (strcmp(now_is, "active") != 0)
        return refuse(why, STATUS_CONFLICT, "workflow",
                      "this version is %s already", now_is);
    TRY(api_json_text(record, "manifest", &text, why));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      why));
    TRY(delete_holders(txn, &at, manifest));
    if (json_object_set_new(record, "status", json_string(status)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    return put_state(txn, &at, NULL, status, NULL, 0);
}

struct use_search {
    const char *object;
    bool used;
};

static struct status uses_object(void *context, struct bytes tail,
                                 const json_t *version)
{
    (void)tail;
    struct use_search *search = context;
    const char *status = json_string_value(json_object_get(version, "status"));
    const char *text = json_string_value(json_object_get(version, "manifest"));
    /* Ids are characters of their own: a substring is the id. */
    if (status && text && strcmp(status, "active") == 0)
        search->used |= strstr(text, search->object) != NULL;
    return OK;
}

static struct status find_use(struct policy_txn *txn,
                              const struct api_id *account, const char *text,
                              bool *out)
{
    struct use_search search = { text, false };
    struct policy_key all =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(account));
    TRY(policy_each_json(txn, &all, uses_object, &search));
    *out = search.used;
    return OK;
}

struct status policy_workflow_uses(struct policy_txn *txn,
                                   const struct api_id *account,
                                   const struct api_id *object, bool *out)
{
    char text[API_ID_TEXT];
    api_id_text(object, text);
    return find_use(txn, account, text, out);
}

struct status policy_workflow_configured(struct policy_txn *txn,
                                         const struct api_id *account,
                                         const struct hash *configuration,
                                         bool *out)
{
    char text[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(configuration), text);
    return find_use(txn, account, text, out);
}
