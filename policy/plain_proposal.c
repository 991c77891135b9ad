/* plain_proposal.c - everything a manifest of the CCM class is derived from,
 * gathered: users instead of people with keys. */

#include "base/text.h"
#include "policy/nouns.h"
#include "policy/proposal.h"

struct gathering {
    struct policy_txn *txn;
    const struct api_id *account;
    json_t *builds, *datasets, *configurations, *people;
};

static const char *text_at(const json_t *value, const char *name)
{
    return json_string_value(json_object_get(value, name));
}

/* A user without a part in the account is left out. */
static struct status gather_user(struct gathering *g, const struct api_id *id)
{
    struct policy_member member;
    struct policy_user user;
    struct hash owner;
    char text[API_ID_TEXT];
    struct status got = policy_member_get(g->txn, g->account, id, &member);
    if (!failed(got))
        got = policy_user_get(g->txn, id, &user);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    if (member.state != POLICY_MEMBER_ACTIVE)
        return OK;
    api_id_text(id, text);
    TRY(policy_user_owner(id, &owner));
    return json_object_set_new(g->people, text,
                               json_pack("{s:s, s:o}", "name", user.email,
                                         "owner", api_json_of_hash(&owner))) ==
                   0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status gather_object(struct gathering *g, const json_t *object)
{
    static const char *const build[] = { "owner_user", "rule", NULL };
    static const char *const dataset[] = { "owner_user", NULL };
    static const char *const configuration[] = { "name", "app_config", "labels",
                                                 "ports", NULL };
    const json_t *ref = json_object_get(object, "ref");
    const json_t *app = json_object_get(ref, "app");
    const json_t *data = json_object_get(ref, "dataset");
    struct api_id user;
    if (!failed(api_json_id(object, "user_id", &user, NULL)))
        TRY(gather_user(g, &user));
    if (json_is_object(app)) {
        TRY(proposal_gather(g->txn, g->account, POLICY_BUILD,
                            text_at(app, "image_id"), build, g->builds));
        TRY(proposal_gather(g->txn, g->account, POLICY_CONFIGURATION,
                            text_at(app, "config_id"), configuration,
                            g->configurations));
    }
    if (json_is_object(data))
        TRY(proposal_gather(g->txn, g->account, POLICY_DATASET,
                            text_at(data, "dataset_id"), dataset, g->datasets));
    return OK;
}

static struct status next_version(struct policy_txn *txn,
                                  const struct api_id *account,
                                  const struct api_id *workflow, int64_t *out)
{
    AUTO_JSON *record = NULL;
    int64_t newest = 0;
    struct status got = policy_object_get(
        txn, POLICY_WORKFLOW, account, api_id_bytes(workflow), &record, NULL);
    if (!failed(got))
        got =
            api_json_integer(record, "newest", 1, INT32_MAX - 1, &newest, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    *out = newest + 1;
    return OK;
}

struct status policy_plain_proposal(
    struct policy_txn *txn, const struct api_id *account, const json_t *graph,
    const struct api_id *workflow, const char *zone_ca,
    const struct api_id *requester, json_t **out, struct reason *why)
{
    const json_t *objects, *edges;
    const char *name, *description = NULL;
    int64_t version = 1;
    TRY(api_json_text(graph, "name", &name, why));
    TRY(api_json_text_optional(graph, "description", &description, why));
    TRY(api_json_object(graph, "objects", &objects, why));
    TRY(api_json_object(graph, "edges", &edges, why));
    TRY(next_version(txn, account, workflow, &version));
    AUTO_JSON *proposal = json_pack(
        "{s:o, s:o, s:I, s:s, s:s, s:s, s:O, s:O, s:{}, s:{}, s:{}, s:{}}",
        "account", api_json_of_id(account), "workflow",
        api_json_of_id(workflow), "version", (json_int_t)version, "name", name,
        "description", description ? description : "", "zone_ca", zone_ca,
        "objects", objects, "edges", edges, "builds", "datasets",
        "configurations", "people");
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
    TRY(gather_user(&g, requester));
    json_object_foreach(json_object_get(proposal, "objects"), key, object)
        TRY(gather_object(&g, object));
    *out = TAKE(proposal);
    return OK;
}

/* --- what only records know ---------------------------------------------- */

struct checking {
    struct policy_txn *txn;
    const struct api_id *account;
    const char *key; /* of the object */
    json_t *faults;
};

static struct status find(const struct checking *c, enum policy_kind kind,
                          struct bytes id, json_t **out)
{
    struct status got =
        policy_object_get(c->txn, kind, c->account, id, out, NULL);
    return got.code == STATUS_NOT_FOUND ? OK : got; /* named already */
}

static struct status check_image(const struct checking *c, const json_t *app)
{
    AUTO_JSON *build = NULL, *configuration = NULL;
    struct api_id id;
    struct hash hash;
    const char *config = text_at(app, "config_id");
    if (failed(api_json_id(app, "image_id", &id, NULL)) || !config ||
        failed(hex_decode(bytes_of_string(config), hash.bytes, HASH_LEN)))
        return OK; /* named already */
    TRY(find(c, POLICY_BUILD, api_id_bytes(&id), &build));
    TRY(find(c, POLICY_CONFIGURATION, hash_bytes(&hash), &configuration));
    const char *status = text_at(build, "status");
    if (build && (!status || strcmp(status, "approved") != 0))
        TRY(proposal_add_fault(c->faults, c->key,
                               "the image is not WHITELISTED"));
    if (configuration && !policy_is_plain_class(configuration))
        TRY(proposal_add_fault(c->faults, c->key,
                               "the configuration is of the signed class: a "
                               "password cannot put it into a workflow"));
    if (build && configuration &&
        !json_object_get(json_object_get(build, "configs"), config))
        TRY(proposal_add_fault(c->faults, c->key,
                               "the image's configs do not have this "
                               "configuration: PATCH the build first"));
    return OK;
}

static struct status check_dataset(const struct checking *c,
                                   const json_t *dataset)
{
    AUTO_JSON *record = NULL;
    struct api_id id, owner;
    bool suspends = false;
    if (failed(api_json_id(dataset, "dataset_id", &id, NULL)))
        return OK;
    TRY(find(c, POLICY_DATASET, api_id_bytes(&id), &record));
    if (!failed(api_json_id(record, "owner_user", &owner, NULL)))
        TRY(policy_user_suspends(c->txn, &owner, &suspends));
    if (json_is_true(json_object_get(record, "erased")))
        return proposal_add_fault(c->faults, c->key,
                                  "the dataset's credentials were erased");
    if (json_is_object(json_object_get(record, "suspended")))
        return proposal_add_fault(c->faults, c->key,
                                  "the dataset is suspended");
    if (suspends)
        return proposal_add_fault(c->faults, c->key,
                                  "the dataset rests: its owner's password "
                                  "was reset, and the owner has not resumed "
                                  "since");
    return OK;
}

struct status policy_plain_check_records(struct policy_txn *txn,
                                         const struct api_id *account,
                                         const json_t *proposal, json_t *faults)
{
    struct checking c = { txn, account, NULL, faults };
    json_t *object;
    json_object_foreach(json_object_get(proposal, "objects"), c.key, object)
    {
        const json_t *ref = json_object_get(object, "ref");
        TRY(check_image(&c, json_object_get(ref, "app")));
        TRY(check_dataset(&c, json_object_get(ref, "dataset")));
    }
    return OK;
}
