#include "broker/tasks.h"

#include <stdio.h>

struct status task_open(struct exchange *x, struct policy_txn *txn,
                        const char *type, const struct api_id *entity,
                        const json_t *more, struct api_id *out)
{
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(api_id_random(out));
    AUTO_JSON *task =
        json_pack("{s:o, s:s, s:o, s:o, s:s, s:I, s:I, s:[]}", "task",
                  api_json_of_id(out), "task_type", type, "entity_id",
                  api_json_of_id(entity), "requester",
                  api_json_of_id(&x->session.user), "status", "INPROGRESS",
                  "created_at", now, "status_updated_at", now, "approvals");
    if (!task || (more && json_object_update_missing(
                              task, (json_t *)(uintptr_t)more) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return plain_new(x, txn, POLICY_TASK, api_id_bytes(out), task, "task");
}

struct status task_set_status(struct exchange *x, json_t *task,
                              const char *status)
{
    json_t *now = json_integer((json_int_t)(x->now / 1000));
    if (json_object_set_new(task, "status", json_string(status)) != 0 ||
        json_object_set_new(task, "status_updated_at", now) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status task_fail(struct exchange *x, struct policy_txn *txn,
                        const json_t *entity)
{
    struct api_id id;
    AUTO_JSON *task = NULL;
    if (!json_object_get(entity, "pending_task_id"))
        return OK;
    TRY(api_json_id(entity, "pending_task_id", &id, &x->why));
    TRY(plain_own(x, txn, POLICY_TASK, api_id_bytes(&id), "task", &task));
    TRY(task_set_status(x, task, "FAILED"));
    policy_object_put(txn, POLICY_TASK, &x->peer.account, api_id_bytes(&id),
                      task);
    return OK;
}

/* --- views --------------------------------------------------------------- */

void task_user_name(const struct policy_user *user,
                    char out[TASK_USER_NAME_MAX + 1])
{
    bool both = user->first_name[0] && user->last_name[0];
    if (user->first_name[0] || user->last_name[0])
        (void)snprintf(out, TASK_USER_NAME_MAX + 1, "%s%s%s", user->first_name,
                       both ? " " : "", user->last_name);
    else
        (void)snprintf(out, TASK_USER_NAME_MAX + 1, "%s", user->email);
}

/* The app that the image of a CERTIFICATE_ISSUANCE task belongs to. */
static struct status app_of(struct exchange *x, struct policy_txn *txn,
                            const json_t *task, json_t **out)
{
    AUTO_JSON *build = NULL, *app = NULL;
    struct api_id id;
    TRY(api_json_id(task, "build_id", &id, NULL));
    struct status got = policy_object_get(txn, POLICY_BUILD, &x->peer.account,
                                          api_id_bytes(&id), &build, NULL);
    if (!failed(got) && !failed(api_json_id(build, "app", &id, NULL)))
        got = policy_object_get(txn, POLICY_APP, &x->peer.account,
                                api_id_bytes(&id), &app, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    *out = json_pack("{s:O*, s:O*, s:s}", "app_id",
                     json_object_get(build, "app"), "app_name",
                     json_object_get(app, "name"), "requester_type", "APP");
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* A user that is gone by now has an id and no name. */
static struct status user_of(struct policy_txn *txn, const json_t *task,
                             json_t **out)
{
    struct api_id id;
    struct policy_user user;
    char name[TASK_USER_NAME_MAX + 1];
    TRY(api_json_id(task, "requester", &id, NULL));
    struct status got = policy_user_get(txn, &id, &user);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (!failed(got))
        task_user_name(&user, name);
    *out = json_pack("{s:O, s:s*, s:s}", "user_id",
                     json_object_get(task, "requester"), "user_name",
                     failed(got) ? NULL : name, "requester_type", "USER");
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct approvers {
    struct policy_txn *txn;
    const json_t *decided;
    json_t *list;
};

static bool has_decided(const json_t *decided, const char *user)
{
    for (size_t i = 0; i < json_array_size(decided); i++) {
        const char *who = json_string_value(
            json_object_get(json_array_get(decided, i), "user_id"));
        if (who && strcmp(who, user) == 0)
            return true;
    }
    return false;
}

static struct status add_approver(void *context,
                                  const struct policy_member *member)
{
    struct approvers *a = context;
    struct policy_user user;
    char name[TASK_USER_NAME_MAX + 1], id[API_ID_TEXT];
    api_id_text(&member->user, id);
    if (member->role < POLICY_WRITER || member->state != POLICY_MEMBER_ACTIVE ||
        has_decided(a->decided, id))
        return OK;
    TRY(policy_user_get(a->txn, &member->user, &user));
    task_user_name(&user, name);
    return json_array_append_new(a->list, json_pack("{s:s, s:s}", "user_id", id,
                                                    "user_name", name)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static json_t *status_of(const json_t *task)
{
    return json_pack("{s:O, s:O, s:O}", "created_at",
                     json_object_get(task, "created_at"), "status_updated_at",
                     json_object_get(task, "status_updated_at"), "status",
                     json_object_get(task, "status"));
}

struct status task_view(struct exchange *x, struct policy_txn *txn,
                        const json_t *task, json_t **out)
{
    AUTO_JSON *requester = NULL;
    const json_t *decided = json_object_get(task, "approvals");
    AUTO_JSON *approvals = json_deep_copy(decided);
    struct approvers a = { txn, decided, approvals };
    if (!approvals)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (json_object_get(task, "requester")) {
        TRY(user_of(txn, task, &requester));
        TRY(policy_members_each(txn, &x->peer.account, add_approver, &a));
    } else {
        TRY(app_of(x, txn, task, &requester));
    }
    *out = json_pack(
        "{s:O, s:O, s:O, s:O, s:o, s:s, s:O, s:O*, s:O*, s:o, s:s}", "task_id",
        json_object_get(task, "task"), "requester_info", requester, "entity_id",
        json_object_get(task, "entity_id"), "task_type",
        json_object_get(task, "task_type"), "status", status_of(task),
        "description", "", "approvals", approvals, "domains_added",
        json_object_get(task, "domains_added"), "domains_removed",
        json_object_get(task, "domains_removed"), "group_id",
        api_json_of_id(&x->peer.account), "class", plain_class_name(task));
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status task_result(const json_t *task, json_t **out)
{
    const char *type = json_string_value(json_object_get(task, "task_type"));
    bool about_build = type && strcmp(type, TASK_BUILD) == 0;
    json_t *build =
        json_object_get(task, about_build ? "entity_id" : "build_id");
    *out = json_pack("{s:O, s:O, s:o, s:O*, s:O*, s:O*}", "task_id",
                     json_object_get(task, "task"), "task_type",
                     json_object_get(task, "task_type"), "task_status",
                     status_of(task), "certificate_id",
                     json_object_get(task, "certificate_id"), "node_id",
                     json_object_get(task, "node_id"), "build_id", build);
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}
