/* routes_plain_datasets.c - datasets of the product's clients (section 5.9 of
 * the wire contract). A credential comes in clear in its owner's session, goes
 * to the HSM, and from there to programs alone: no row shows it.
 *
 * Only the owner moves a dataset or its credential: where the data lies
 * decides who gets what a program sends there. */

#include "broker/data.h"
#include "broker/dsm_words.h"
#include "broker/dying.h"
#include "broker/plain.h"
#include "broker/routes.h"
#include "broker/sealing.h"

/* --- shown --------------------------------------------------------------- */

/* Of the signed class a person owns it: its id is nobody's who logs in. */
static json_t *owner_of(const json_t *record)
{
    return json_object_get(record, policy_is_plain_class(record) ? "owner_user"
                                                                 : "creator");
}

static struct status is_suspended(struct policy_txn *txn, const json_t *record,
                                  bool *out)
{
    struct api_id user;
    bool by_reset = false;
    if (policy_is_plain_class(record)) {
        TRY(policy_damaged(api_json_id(record, "owner_user", &user, NULL),
                           "dataset"));
        TRY(policy_user_suspends(txn, &user, &by_reset));
    }
    *out = by_reset || json_is_object(json_object_get(record, "suspended"));
    return OK;
}

/* Where programs fetch it; a sealed one is released, not exported. */
static json_t *credentials_of(const struct exchange *x, const json_t *record,
                              const struct api_id *dataset)
{
    char name[DSM_KEY_NAME_LEN + 1];
    if (!policy_is_plain_class(record))
        return json_object();
    dsm_key_name(dataset, name);
    return json_pack("{s:{s:s, s:s}}", "sdkms", "credentials_url",
                     x->broker->url, "credentials_key_name", name);
}

static struct status view(struct exchange *x, struct policy_txn *txn,
                          const json_t *record, json_t **out)
{
    static const char *const same[] = { "name",   "description", "location",
                                        "labels", "created_at",  "updated_at",
                                        NULL };
    struct api_id id;
    bool suspended = false;
    TRY(policy_damaged(api_json_id(record, "dataset", &id, NULL), "dataset"));
    TRY(is_suspended(txn, record, &suspended));
    AUTO_JSON *v = json_pack(
        "{s:o, s:O, s:O, s:o, s:o, s:s, s:b, s:O*}", "dataset_id",
        api_json_of_id(&id), "owner", owner_of(record), "creator_id",
        owner_of(record), "group_id", api_json_of_id(&x->peer.account),
        "credentials", credentials_of(x, record, &id), "class",
        plain_class_name(record), "suspended", (int)suspended,
        "long_description", json_object_get(record, "long_description"));
    for (const char *const *name = same; *name; name++)
        if (json_object_set(v, *name, json_object_get(record, *name)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(v);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "name", "description", "filter",
                                           NULL };
    static const char *const search[] = { "name", "description", "location",
                                          NULL };
    static const char *const sort[] = { "name", "description", "created_at",
                                        "updated_at", NULL };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_DATASET, view, &list);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(product_path_id(x, 0, "dataset", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_DATASET, api_id_bytes(&id), "dataset",
                   &record));
    return view(x, txn, record, &x->answer);
}

static struct status made_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const struct sealing *s = x->work;
    TRY(s->refused);
    TRY(policy_read(x->broker->store, &txn));
    return view(x, txn, s->record, &x->answer);
}

/* --- POST ---------------------------------------------------------------- */

static json_t *text_of(const struct exchange *x, const char *name)
{
    const json_t *value = json_object_get(x->body, name);
    return json_is_string(value) ? json_incref((json_t *)(uintptr_t)value)
                                 : json_string("");
}

static json_t *labels_of(const struct exchange *x)
{
    json_t *labels = json_object_get(x->body, "labels");
    return json_is_object(labels) ? json_incref(labels) : json_object();
}

static struct status create_record(struct exchange *x, struct sealing *s)
{
    json_int_t now = (json_int_t)(x->now / 1000);
    const json_t *more = json_object_get(x->body, "long_description");
    s->record =
        json_pack("{s:o, s:s, s:O, s:o, s:o, s:O, s:o, s:n, s:b, s:I, s:I}",
                  "dataset", api_json_of_id(&s->id), "class", "ccm", "name",
                  json_object_get(x->body, "name"), "description",
                  text_of(x, "description"), "labels", labels_of(x), "location",
                  json_object_get(x->body, "location"), "owner_user",
                  api_json_of_id(&x->session.user), "suspended", "erased", 0,
                  "created_at", now, "updated_at", now);
    if (!s->record || (json_is_string(more) &&
                       json_object_set(s->record, "long_description",
                                       (json_t *)(uintptr_t)more) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status set_version(struct sealing *s)
{
    json_int_t count =
        json_integer_value(json_object_get(s->record, "versions"));
    if (json_object_set_new(s->record, "version",
                            api_json_of_id(&s->version)) ||
        json_object_set_new(s->record, "versions", json_integer(count + 1)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* Seen before the HSM makes a key, which nobody would need. */
static struct status name_is_free(struct exchange *x, const json_t *record)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *now = json_copy((json_t *)(uintptr_t)record);
    const char *name = json_string_value(json_object_get(x->body, "name"));
    if (!now)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (!name)
        return OK;
    TRY(policy_read(x->broker->store, &txn));
    return product_unique(x, policy_object_rename(txn, POLICY_DATASET,
                                                  &x->peer.account, now, name,
                                                  &x->why));
}

/* Another change came between: the HSM has made a key that nobody needs. It
 * goes as any other does, and then the client hears why. */
static struct status give_up(struct policy_txn *txn, struct sealing *s,
                             struct status refused)
{
    bool raced =
        refused.code == STATUS_CONFLICT || refused.code == STATUS_NOT_FOUND;
    if (!raced || s->blob.len == 0)
        return refused;
    s->refused = refused;
    s->dead = s->context;
    s->kills = true;
    dying_note(txn, &s->dead);
    return OK;
}

static struct status create_prepare(struct exchange *x)
{
    AUTO_FREE(secret) contents = NULL;
    struct sealing *s;
    TRY(sealing_new(x, &s));
    product_forget_request(x);
    TRY(data_read(x, true));
    TRY(data_take_contents(x, &contents));
    TRY(api_id_random(&s->id));
    TRY(create_record(x, s));
    AUTO_JSON *nothing = json_object();
    TRY(name_is_free(x, nothing));
    TRY(sealing_take_plain(x, s, contents));
    return set_version(s);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    struct status made = plain_new(x, txn, POLICY_DATASET, api_id_bytes(&s->id),
                                   s->record, "dataset");
    if (failed(made))
        return give_up(txn, s, made);
    TRY(sealing_put_version(x, txn, s));
    return sealing_log(x, txn, s, "dataset-create");
}

/* --- PATCH --------------------------------------------------------------- */

static bool is_owner(const struct exchange *x, const struct sealing *s)
{
    struct api_id user;
    return !failed(api_json_id(s->record, "owner_user", &user, NULL)) &&
           api_id_equal(&user, &x->session.user);
}

/* The dataset of the path as it is now. */
static struct status load(struct exchange *x, struct policy_txn *txn,
                          struct sealing *s)
{
    TRY(product_path_id(x, 0, "dataset", &s->id));
    json_decref(s->record);
    s->record = NULL;
    return plain_own(x, txn, POLICY_DATASET, api_id_bytes(&s->id), "dataset",
                     &s->record);
}

static struct status load_own(struct exchange *x, struct policy_txn *txn,
                              struct sealing *s)
{
    TRY(load(x, txn, s));
    if (!is_owner(x, s))
        return product_refuse(x, 403, "FORBIDDEN",
                              "only the owner of a dataset changes it");
    return OK;
}

static struct status change_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(secret) contents = NULL;
    struct sealing *s;
    TRY(sealing_new(x, &s));
    product_forget_request(x);
    TRY(data_read(x, false));
    if (json_is_null(json_object_get(x->body, "credentials")))
        (void)json_object_del(x->body, "credentials");
    if (!json_object_get(x->body, "credentials"))
        return OK;
    TRY(data_take_contents(x, &contents));
    TRY(policy_read(x->broker->store, &txn));
    TRY(load_own(x, txn, s));
    policy_txn_free(TAKE(txn)); /* never open across an HSM call */
    TRY(name_is_free(x, s->record));
    return sealing_take_plain(x, s, contents);
}

static struct status set_members(struct exchange *x, struct policy_txn *txn,
                                 struct sealing *s)
{
    static const char *const names[] = { "description", "labels", "location",
                                         "long_description", NULL };
    const char *name = json_string_value(json_object_get(x->body, "name"));
    int bad = json_object_set_new(s->record, "updated_at",
                                  json_integer((json_int_t)(x->now / 1000)));
    for (const char *const *at = names; *at; at++) {
        json_t *value = json_object_get(x->body, *at);
        if (value && !json_is_null(value))
            bad |= json_object_set(s->record, *at, value);
    }
    if (bad)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (!name)
        return OK;
    return product_unique(x, policy_object_rename(txn, POLICY_DATASET,
                                                  &x->peer.account, s->record,
                                                  name, &x->why));
}

static struct status log_dataset(struct exchange *x, struct policy_txn *txn,
                                 const struct sealing *s, const char *action)
{
    char id[API_ID_TEXT];
    api_id_text(&s->id, id);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O}", "name", json_object_get(s->record, "name"),
                  "location", json_object_get(s->record, "location"));
    return plain_log(x, txn, action, "dataset", id, extra);
}

/* Rotation: the version before ends with this. */
static struct status rotate(struct exchange *x, struct policy_txn *txn,
                            struct sealing *s)
{
    TRY(sealing_forget_version(x, txn, s));
    TRY(set_version(s));
    return sealing_put_version(x, txn, s);
}

static struct status change_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    bool rotates = s->blob.len > 0;
    struct status may = load_own(x, txn, s);
    if (!failed(may))
        may = set_members(x, txn, s);
    if (failed(may))
        return give_up(txn, s, may);
    if (rotates)
        TRY(rotate(x, txn, s));
    policy_object_put(txn, POLICY_DATASET, &x->peer.account,
                      api_id_bytes(&s->id), s->record);
    return rotates ? sealing_log(x, txn, s, "dataset-rotate")
                   : log_dataset(x, txn, s, "dataset-describe");
}

/* --- DELETE -------------------------------------------------------------- */

static struct status delete_prepare(struct exchange *x)
{
    struct sealing *s;
    return sealing_new(x, &s);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    bool used = false;
    TRY(load(x, txn, s));
    if (!is_owner(x, s) && x->member.role != POLICY_MANAGER)
        return product_refuse(x, 403, "FORBIDDEN",
                              "only the owner of a dataset, or a MANAGER, "
                              "deletes it");
    TRY(policy_workflow_uses(txn, &x->peer.account, &s->id, &used));
    if (used)
        return product_refuse(x, 409, "CONFLICT",
                              "an approved workflow uses this dataset: delete "
                              "that version of it first");
    TRY(sealing_forget_version(x, txn, s));
    policy_object_delete(txn, POLICY_DATASET, &x->peer.account,
                         api_id_bytes(&s->id));
    return log_dataset(x, txn, s, "dataset-delete");
}

/* clang-format off */
const struct route routes_plain_datasets[] = {
    { HTTP_GET,    "/v1/datasets",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/datasets",    A_USER_WRITING, PRODUCT, create_prepare, create_change, sealing_erase, made_answer, sealing_free, false },
    { HTTP_GET,    "/v1/datasets/{}", A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/datasets/{}", A_USER_WRITING, PRODUCT, change_prepare, change_change, sealing_erase, made_answer, sealing_free, false },
    { HTTP_DELETE, "/v1/datasets/{}", A_USER_WRITING, PRODUCT, delete_prepare, delete_change, sealing_erase, product_answer_void, sealing_free, false },
    { 0 },
};
/* clang-format on */
