/* routes_datasets.c - data and where it lies; credentials arrive sealed and
 * never leave but to an enclave. */

#include "broker/routes.h"
#include "broker/sealing.h"

static struct status create_record(struct exchange *x, struct sealing *s)
{
    const char *name, *description;
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(sealing_optional_members(x, &description));
    json_t *labels = json_object_get(x->body, "labels");
    AUTO_JSON *limits = json_incref(json_object_get(x->body, "limits"));
    if (!limits && !(limits = json_object()))
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (!json_is_object(limits))
        return refuse(&x->why, STATUS_INVALID, "limits",
                      "limits: expected an object");
    TRY(api_limits_check(limits, &x->why));
    s->record = json_pack(
        "{s:o, s:s, s:s, s:O?, s:s, s:o, s:O, s:i, s:O, s:n, s:I, s:o}",
        "dataset", api_json_of_id(&s->id), "name", name, "description",
        description, "labels", labels, "class", "signed", "owner_hash",
        api_json_of_hash(&x->peer.person.owner_hash), "random",
        json_object_get(x->body, "random"), "flags", 0, "limits", limits,
        "suspended", "created_at", (json_int_t)(x->now / 1000), "creator",
        api_json_of_id(&x->peer.person.person));
    if (!s->record || (!labels && json_object_set_new(s->record, "labels",
                                                      json_object()) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return sealing_set_version(x, s, 1);
}

/* Seen before the HSM takes the key in, which it does once per version. */
static struct status is_new(struct exchange *x, const struct sealing *s)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *there = NULL, *named = json_object();
    const struct api_id *account = &x->peer.account;
    TRY(policy_read(x->broker->store, &txn));
    struct status got = policy_object_get(txn, POLICY_DATASET, account,
                                          api_id_bytes(&s->id), &there, NULL);
    if (!failed(got))
        return refuse(&x->why, STATUS_CONFLICT, "dataset",
                      "there is a dataset with this id already");
    if (got.code != STATUS_NOT_FOUND)
        return got;
    return policy_object_rename(
        txn, POLICY_DATASET, account, named,
        json_string_value(json_object_get(s->record, "name")), &x->why);
}

static struct status create_prepare(struct exchange *x)
{
    struct sealing *s;
    TRY(sealing_new(x, &s));
    TRY(BODY_ONLY(x, "id", "random", "name", "description", "labels", "limits",
                  "version", "owner", "location", "mechanism", "wrapped",
                  "proof", "blob", "expires"));
    TRY(body_derived_id(x, API_DATASET, &s->id));
    TRY(sealing_read(x, s));
    TRY(create_record(x, s));
    TRY(is_new(x, s));
    return sealing_take_in(x, s);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(policy_object_new(txn, POLICY_DATASET, &x->peer.account,
                          api_id_bytes(&s->id), s->record, &x->why));
    TRY(sealing_put_version(x, txn, s));
    return sealing_log(x, txn, s, "dataset-create");
}

static struct status created_answer(struct exchange *x)
{
    struct sealing *s = x->work;
    return answer_record(x, s->record, 201);
}

static struct status list_answer(struct exchange *x)
{
    return answer_list(x, POLICY_DATASET);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, POLICY_DATASET, &x->peer.account,
                          api_id_bytes(&id), &record, &x->why));
    return answer_record(x, record, 200);
}

/* clang-format off */
const struct route routes_datasets[] = {
    { HTTP_GET,  "/accord/v1/datasets",    A_READER, ACCORD, .answer = list_answer },
    { HTTP_POST, "/accord/v1/datasets",    A_WRITER, ACCORD, create_prepare, create_change, NULL, created_answer, sealing_free, false },
    { HTTP_GET,  "/accord/v1/datasets/{}", A_READER, ACCORD, .answer = get_answer },
    { 0 },
};
/* clang-format on */
