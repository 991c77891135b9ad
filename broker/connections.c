#include "broker/connections.h"

#include "broker/dsm_words.h"

struct telling {
    struct exchange *x;
    struct policy_txn *txn;
    const struct policy_answer *answer;
    const char *app; /* object key of the program */
};

/* --- datasets ------------------------------------------------------------ */

/* Owners signed where their data lies; a user of the CCM class may move it. */
static struct status location_of(const struct telling *t,
                                 const struct api_id *id, json_t **out)
{
    AUTO_JSON *record = NULL;
    const json_t *entry = NULL;
    struct status got =
        t->answer->plain_class
            ? policy_object_get(t->txn, POLICY_DATASET, &t->answer->account,
                                api_id_bytes(id), &record, NULL)
            : api_manifest_dataset(t->answer->manifest, t->app, id, &entry);
    if (got.code == STATUS_NOT_FOUND)
        return exchange_deny(t->x, "dataset",
                             "refused: a dataset of this configuration is "
                             "not there any more");
    TRY(got);
    *out = json_incref(json_object_get(record ? record : entry, "location"));
    return OK;
}

static json_t *credentials_of(const struct telling *t,
                              const struct api_id *dataset)
{
    const struct broker *broker = t->x->broker;
    char name[DSM_KEY_NAME_LEN + 1];
    if (!t->answer->plain_class)
        return json_object();
    dsm_key_name(dataset, name);
    return json_pack("{s:{s:s, s:s, s:o}}", "sdkms", "credentials_url",
                     broker->url, "credentials_key_name", name, "sdkms_app_id",
                     api_json_of_id(&broker->hsm_facts.store));
}

static struct status tell_dataset(const struct telling *t,
                                  const json_t *dataset, json_t **out)
{
    struct api_id id;
    json_t *location = NULL;
    TRY(api_json_id(dataset, "id", &id, NULL));
    TRY(location_of(t, &id, &location));
    *out = json_pack("{s:{s:o, s:o}}", "dataset", "location", location,
                     "credentials", credentials_of(t, &id));
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- apps ---------------------------------------------------------------- */

static struct status tell_app(const struct telling *t, const char *object,
                              json_t **out)
{
    char name[CA_NAME_MAX + 1];
    TRY(ca_workflow_name_write(object, &t->answer->workflow,
                               t->x->broker->hsm_facts.domain, name));
    *out = json_pack("{s:{s:s}}", "application", "workflow_domain", name);
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- all of them --------------------------------------------------------- */

static struct status tell_port(const struct telling *t, json_t *objects,
                               json_t *out)
{
    const char *object;
    json_t *end;
    json_object_foreach(objects, object, end)
    {
        json_t *made = NULL;
        const json_t *dataset = json_object_get(end, "dataset");
        TRY(dataset ? tell_dataset(t, dataset, &made)
                    : tell_app(t, object, &made));
        if (json_object_set_new(out, object, made) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

struct status connections_make(struct exchange *x, struct policy_txn *txn,
                               const struct policy_answer *answer,
                               const json_t *config, json_t **out)
{
    const struct telling t = {
        .x = x,
        .txn = txn,
        .answer = answer,
        .app = json_string_value(json_object_get(answer->runtime, "app")),
    };
    AUTO_JSON *all = json_object();
    json_t *ports =
        json_object_get(json_object_get(config, "workflow"), "port_map");
    const char *port;
    json_t *objects;
    if (!all || !t.app)
        return failure(STATUS_NO_MEMORY, "json", 0);
    json_object_foreach(ports, port, objects)
    {
        json_t *at = json_object();
        if (json_object_set_new(all, port, at) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
        TRY(tell_port(&t, objects, at));
    }
    *out = TAKE(all);
    return OK;
}
