/* routes_builds.c - programs: what their owner says they measure. */

#include "broker/body.h"
#include "broker/routes.h"

#include <stdlib.h>

struct building {
    struct api_id id;
    json_t *record;
};

static void building_free(void *work)
{
    struct building *b = work;
    json_decref(b->record);
    free(b);
}

static struct status check_rule(struct exchange *x, const struct api_id *build,
                                const struct api_spki *key,
                                struct hash *identity)
{
    const json_t *rule_json;
    struct api_identity_rule rule;
    struct api_signature signature;
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    TRY(api_json_object(x->body, "rule", &rule_json, &x->why));
    TRY(api_rule_from_json(rule_json, &rule, &x->why));
    TRY(api_identity_hash(&rule, identity, &x->why));
    TRY(api_json_signature(x->body, "signature", &signature, &x->why));
    TRY(api_build_message(&x->peer.account, build, identity, &message));
    struct status held = api_verify(key, buffer_bytes(&message), &signature);
    return failed(held)
               ? refuse_for(held, &x->why, STATUS_DENIED, "signature",
                            "signature: not by your key over this rule")
               : OK;
}

static struct status create_prepare(struct exchange *x)
{
    struct api_owner owner;
    struct api_spki key;
    struct hash identity;
    const char *name, *app = NULL;
    struct building *b = calloc(1, sizeof(*b));
    if (!b)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = b;
    TRY(BODY_ONLY(x, "name", "app", "id", "random", "owner", "rule",
                  "signature"));
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(api_json_text_optional(x->body, "app", &app, &x->why));
    TRY(body_owner(x, &owner, &key));
    TRY(body_derived_id(x, API_BUILD, &b->id));
    TRY(check_rule(x, &b->id, &key, &identity));

    b->record = json_pack(
        "{s:o, s:s, s:s*, s:O, s:o, s:O, s:O, s:o, s:O, s:s, s:I, s:o}",
        "build", api_json_of_id(&b->id), "name", name, "app", app, "owner",
        json_object_get(x->body, "owner"), "owner_hash",
        api_json_of_hash(&x->peer.person.owner_hash), "random",
        json_object_get(x->body, "random"), "rule",
        json_object_get(x->body, "rule"), "identity",
        api_json_of_hash(&identity), "signature",
        json_object_get(x->body, "signature"), "status", "pending",
        "created_at", (json_int_t)(x->now / 1000), "creator",
        api_json_of_id(&x->peer.person.person));
    return b->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status check_app(struct exchange *x, struct policy_txn *txn,
                               const json_t *record)
{
    AUTO_JSON *app = NULL;
    struct api_id id;
    if (!json_object_get(record, "app"))
        return OK;
    TRY(api_json_id(record, "app", &id, &x->why));
    return signed_own(x, txn, POLICY_APP, api_id_bytes(&id), &app);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct building *b = x->work;
    char id[API_ID_TEXT];
    api_id_text(&b->id, id);
    TRY(check_app(x, txn, b->record));
    TRY(policy_object_new(txn, POLICY_BUILD, &x->peer.account,
                          api_id_bytes(&b->id), b->record, &x->why));
    AUTO_JSON *extra =
        json_pack("{s:O, s:O, s:O}", "name", json_object_get(b->record, "name"),
                  "rule", json_object_get(b->record, "rule"), "identity",
                  json_object_get(b->record, "identity"));
    return log_change(x, txn, "build-create", "build", id, extra);
}

static struct status create_answer(struct exchange *x)
{
    struct building *b = x->work;
    return answer_record(x, b->record, 201);
}

static struct status list_answer(struct exchange *x)
{
    return answer_list(x, POLICY_BUILD);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, POLICY_BUILD, &x->peer.account,
                          api_id_bytes(&id), &record, &x->why));
    return answer_record(x, record, 200);
}

/* --- approve, deny, withdraw --------------------------------------------- */

static struct status set_status(struct exchange *x, struct policy_txn *txn,
                                const char *from, const char *to)
{
    struct building *b = calloc(1, sizeof(*b));
    if (!b)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = b;
    TRY(path_id(x, 0, &b->id));
    TRY(signed_own(x, txn, POLICY_BUILD, api_id_bytes(&b->id), &b->record));
    const char *is = json_string_value(json_object_get(b->record, "status"));
    if (!is || (from && strcmp(is, from) != 0) || strcmp(is, to) == 0)
        return refuse(&x->why, STATUS_CONFLICT, "build",
                      "this build is %s already", is ? is : "broken");
    if (json_object_set_new(b->record, "status", json_string(to)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_BUILD, &x->peer.account, api_id_bytes(&b->id),
                      b->record);

    char action[32], id[API_ID_TEXT];
    (void)snprintf(action, sizeof(action), "build-%s", to);
    api_id_text(&b->id, id);
    return log_change(x, txn, action, "build", id, NULL);
}

static struct status approve_change(struct exchange *x, struct policy_txn *txn)
{
    return set_status(x, txn, "pending", "approved");
}

static struct status deny_change(struct exchange *x, struct policy_txn *txn)
{
    return set_status(x, txn, "pending", "denied");
}

static struct status withdraw_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(signed_own(x, txn, POLICY_BUILD, api_id_bytes(&id), &record));
    if (x->peer.person.role < POLICY_MANAGER &&
        !policy_object_owned(record, &x->peer.person.owner_hash))
        return exchange_deny(x, "role",
                             "only its owner or a manager withdraws a build");
    return set_status(x, txn, NULL, "withdrawn");
}

static struct status changed_answer(struct exchange *x)
{
    struct building *b = x->work;
    return answer_record(x, b->record, 200);
}

/* clang-format off */
const struct route routes_builds[] = {
    { HTTP_GET,  "/accord/v1/builds",             A_READER, ACCORD, .answer = list_answer },
    { HTTP_POST, "/accord/v1/builds",             A_WRITER, ACCORD, create_prepare, create_change, NULL, create_answer, building_free, false },
    { HTTP_GET,  "/accord/v1/builds/{}",          A_READER, ACCORD, .answer = get_answer },
    { HTTP_POST, "/accord/v1/builds/{}/approve",  A_WRITER, ACCORD, NULL, approve_change, NULL, changed_answer, building_free, false },
    { HTTP_POST, "/accord/v1/builds/{}/deny",     A_WRITER, ACCORD, NULL, deny_change, NULL, changed_answer, building_free, true },
    { HTTP_POST, "/accord/v1/builds/{}/withdraw", A_WRITER, ACCORD, NULL, withdraw_change, NULL, changed_answer, building_free, true },
    { 0 },
};
/* clang-format on */
