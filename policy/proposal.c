/* proposal.c - everything a manifest is derived from, gathered. */

#include "policy/proposal.h"
#include "base/text.h"
#include "policy/nouns.h"

struct gathering {
    struct policy_txn *txn;
    const struct api_id *account;
    json_t *builds, *datasets, *configurations, *people;
};

static const char *text_at(const json_t *value, const char *name)
{
    return json_string_value(json_object_get(value, name));
}

struct status proposal_gather(struct policy_txn *txn,
                              const struct api_id *account,
                              enum policy_kind kind, const char *id_text,
                              const char *const *members, json_t *into)
{
    unsigned char raw[HASH_LEN];
    size_t len = kind == POLICY_CONFIGURATION ? HASH_LEN : API_ID_LEN;
    struct bytes text = bytes_of_string(id_text ? id_text : "");
    struct status parsed =
        kind == POLICY_CONFIGURATION
            ? hex_decode(text, raw, len)
            : api_id_parse(text, (struct api_id *)(void *)raw);
    if (failed(parsed))
        return OK;

    AUTO_JSON *record = NULL;
    struct status got = policy_object_get(txn, kind, account,
                                          bytes_of(raw, len), &record, NULL);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);

    AUTO_JSON *part = json_object();
    for (; *members; members++) {
        json_t *member = json_object_get(record, *members);
        if (member && json_object_set(part, *members, member) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return json_object_set(into, id_text, part) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status gather(struct gathering *g, enum policy_kind kind,
                            const char *id_text, const char *const *members,
                            json_t *into)
{
    return proposal_gather(g->txn, g->account, kind, id_text, members, into);
}

static struct status gather_person(struct gathering *g, const char *id_text)
{
    struct api_id id;
    struct policy_person person;
    if (!id_text || failed(api_id_parse(bytes_of_string(id_text), &id)))
        return OK;
    struct status got = policy_person_get(g->txn, g->account, &id, &person);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);

    AUTO_JSON *view = policy_person_view(&person);
    AUTO_JSON *part =
        json_pack("{s:O, s:O}", "name", json_object_get(view, "name"), "owner",
                  json_object_get(view, "owner"));
    return json_object_set(g->people, id_text, part) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status gather_object(struct gathering *g, const json_t *object)
{
    static const char *const build[] = { "name", "owner",     "random",
                                         "rule", "signature", NULL };
    static const char *const dataset[] = { "name",     "owner", "random",
                                           "location", "flags", "limits",
                                           NULL };
    static const char *const configuration[] = { "name", "app_config", "labels",
                                                 "ports", NULL };
    const json_t *ref = json_object_get(object, "ref");
    const json_t *app = json_object_get(ref, "app");
    const json_t *data = json_object_get(ref, "dataset");

    TRY(gather_person(g, text_at(object, "user_id")));
    if (app) {
        TRY(gather(g, POLICY_BUILD, text_at(app, "image_id"), build,
                   g->builds));
        TRY(gather(g, POLICY_CONFIGURATION, text_at(app, "config_id"),
                   configuration, g->configurations));
    }
    if (data)
        TRY(gather(g, POLICY_DATASET, text_at(data, "dataset_id"), dataset,
                   g->datasets));
    return OK;
}

/* The newest version of the workflow, as the parent; JSON null when none. */
static struct status find_parent(struct policy_txn *txn,
                                 const struct api_id *account,
                                 const struct api_id *workflow,
                                 json_int_t *version, json_t **out)
{
    AUTO_JSON *record = NULL;
    struct status got = policy_object_get(
        txn, POLICY_WORKFLOW, account, api_id_bytes(workflow), &record, NULL);
    *version = 1;
    if (got.code == STATUS_NOT_FOUND) {
        *out = json_null();
        return OK;
    }
    TRY(got);
    json_int_t newest = json_integer_value(json_object_get(record, "newest"));
    char name[24];
    (void)snprintf(name, sizeof(name), "%lld", (long long)newest);
    json_t *digest = json_object_get(
        json_object_get(json_object_get(record, "versions"), name), "digest");
    *version = newest + 1;
    *out = json_pack("{s:I, s:O}", "version", newest, "digest", digest);
    return *out ? OK : failure(STATUS_CORRUPT, "workflow", 0);
}

struct status policy_proposal(struct policy_txn *txn,
                              const struct api_id *account, const json_t *graph,
                              const struct api_id *workflow,
                              const char *zone_ca, json_t **out,
                              struct reason *why)
{
    const json_t *objects, *edges;
    const char *name, *description = "";
    json_int_t version;
    AUTO_JSON *parent = NULL;
    TRY(api_json_text(graph, "name", &name, why));
    TRY(api_json_text_optional(graph, "description", &description, why));
    TRY(api_json_object(graph, "objects", &objects, why));
    TRY(api_json_object(graph, "edges", &edges, why));
    TRY(find_parent(txn, account, workflow, &version, &parent));

    AUTO_JSON *proposal = json_pack(
        "{s:o, s:o, s:I, s:s, s:s, s:O, s:s, s:O, s:O, s:{}, s:{}, s:{}, s:{}}",
        "account", api_json_of_id(account), "workflow",
        api_json_of_id(workflow), "version", version, "name", name,
        "description", description ? description : "", "parent", parent,
        "zone_ca", zone_ca, "objects", objects, "edges", edges, "builds",
        "datasets", "configurations", "people");
    if (!proposal)
        return failure(STATUS_NO_MEMORY, "json", 0);

    struct gathering g = {
        .txn = txn,
        .account = account,
        .builds = json_object_get(proposal, "builds"),
        .datasets = json_object_get(proposal, "datasets"),
        .configurations = json_object_get(proposal, "configurations"),
        .people = json_object_get(proposal, "people"),
    };
    const char *key;
    json_t *object;
    json_object_foreach(json_object_get(proposal, "objects"), key, object)
        TRY(gather_object(&g, object));
    *out = TAKE(proposal);
    return OK;
}

struct status proposal_add_fault(json_t *faults, const char *key,
                                 const char *fault)
{
    char where[160];
    (void)snprintf(where, sizeof(where), "objects.%s", key);
    if (json_array_append_new(faults, json_pack("{s:s, s:s}", "where", where,
                                                "fault", fault)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status check_record(struct policy_txn *txn,
                                  const struct api_id *account,
                                  enum policy_kind kind, const char *id_text,
                                  const char *key, json_t *faults)
{
    struct api_id id;
    AUTO_JSON *record = NULL;
    if (!id_text || failed(api_id_parse(bytes_of_string(id_text), &id)))
        return OK;
    struct status got =
        policy_object_get(txn, kind, account, api_id_bytes(&id), &record, NULL);
    if (got.code == STATUS_NOT_FOUND)
        return OK; /* api_proposal_check() has named it */
    TRY(got);

    const char *status = text_at(record, "status");
    if (kind == POLICY_BUILD && (!status || strcmp(status, "approved") != 0))
        return proposal_add_fault(
            faults, key, "the build is not approved: accord build approve");
    if (kind == POLICY_DATASET &&
        json_is_true(json_object_get(record, "erased")))
        return proposal_add_fault(
            faults, key, "the dataset's credential was erased: rotate it in");
    if (kind == POLICY_DATASET &&
        json_is_object(json_object_get(record, "suspended")))
        return proposal_add_fault(faults, key, "the dataset is suspended");
    return OK;
}

/* A configuration that names an image goes with that build only. Its id is a
 * hash: nothing but the record tells its class. */
static struct status check_image(struct policy_txn *txn,
                                 const struct api_id *account,
                                 const json_t *app, const char *key,
                                 json_t *faults)
{
    struct hash id;
    struct api_id wanted, used;
    AUTO_JSON *record = NULL;
    const char *config = text_at(app, "config_id");
    if (!config ||
        failed(hex_decode(bytes_of_string(config), id.bytes, sizeof(id.bytes))))
        return OK; /* api_proposal_check() has named it */
    struct status got = policy_object_get(txn, POLICY_CONFIGURATION, account,
                                          hash_bytes(&id), &record, NULL);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    if (policy_is_plain_class(record))
        return proposal_add_fault(
            faults, key,
            "the configuration is of the CCM class: a signed "
            "workflow cannot use it");
    if (!json_object_get(record, "image"))
        return OK;
    TRY(api_json_id(record, "image", &wanted, NULL));
    if (!failed(api_json_id(app, "image_id", &used, NULL)) &&
        api_id_equal(&wanted, &used))
        return OK;
    return proposal_add_fault(faults, key,
                              "the configuration is made for another image");
}

struct status policy_proposal_check_records(struct policy_txn *txn,
                                            const struct api_id *account,
                                            const json_t *proposal,
                                            json_t *faults)
{
    const char *key;
    json_t *object;
    json_object_foreach(json_object_get(proposal, "objects"), key, object)
    {
        const json_t *ref = json_object_get(object, "ref");
        TRY(check_record(txn, account, POLICY_BUILD,
                         text_at(json_object_get(ref, "app"), "image_id"), key,
                         faults));
        TRY(check_image(txn, account, json_object_get(ref, "app"), key,
                        faults));
        TRY(check_record(txn, account, POLICY_DATASET,
                         text_at(json_object_get(ref, "dataset"), "dataset_id"),
                         key, faults));
    }
    return OK;
}
