/* routes_tasks.c - what waits for somebody's word, and the word (section 5.8
 * of the wire contract). A task is about who may run what in the account, so
 * whoever writes in it decides: a user by session or a person by certificate,
 * and the leaf says by which. */

#include <stdlib.h>

#include "broker/apps.h"
#include "broker/images.h"
#include "broker/routes.h"
#include "broker/tasks.h"

struct deciding {
    struct api_id id;
    json_t *task;
    bool approve;
    const char *reason; /* NULL: none was given */
};

static void deciding_free(void *work)
{
    struct deciding *d = work;
    json_decref(d->task);
    free(d);
}

static struct status deciding_new(struct exchange *x, struct deciding **out)
{
    *out = calloc(1, sizeof(**out));
    x->work = *out;
    return *out ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

/* --- GET ----------------------------------------------------------------- */

struct asked {
    char state[32], requester[256], approver[256]; /* "": whatever it is */
    size_t total;
};

static struct status query(struct exchange *x, const char *name, char *out,
                           size_t capacity)
{
    struct status s = http_query_value(x->request.query, name, out, capacity);
    if (s.code == STATUS_INVALID)
        return product_refuse(x, 400, "INVALID_QUERY_PARAMETER",
                              "%s: expected one short text", name);
    if (failed(s))
        out[0] = '\0';
    return OK;
}

static struct status read_asked(struct exchange *x, struct asked *asked)
{
    TRY(query(x, "status", asked->state, sizeof(asked->state)));
    TRY(query(x, "requester", asked->requester, sizeof(asked->requester)));
    TRY(query(x, "approver", asked->approver, sizeof(asked->approver)));
    if (asked->state[0] && strcmp(asked->state, "PENDING") != 0 &&
        strcmp(asked->state, "CLOSED") != 0)
        return product_refuse(x, 400, "INVALID_QUERY_PARAMETER",
                              "status: PENDING or CLOSED");
    return OK;
}

static bool is_named(const json_t *who, const char *name)
{
    const char *is = json_string_value(json_object_get(who, "user_name"));
    return is && strcmp(is, name) == 0;
}

static bool is_waiting(const json_t *task)
{
    const char *status = json_string_value(json_object_get(task, "status"));
    return status && strcmp(status, "INPROGRESS") == 0;
}

static bool is_asked_for(const json_t *task, const json_t *view,
                         const struct asked *asked)
{
    const json_t *approvals = json_object_get(view, "approvals");
    bool approver = asked->approver[0] == '\0';
    if (asked->state[0] &&
        is_waiting(task) != (strcmp(asked->state, "PENDING") == 0))
        return false;
    if (asked->requester[0] &&
        !is_named(json_object_get(view, "requester_info"), asked->requester))
        return false;
    for (size_t i = 0; i < json_array_size(approvals) && !approver; i++)
        approver = is_named(json_array_get(approvals, i), asked->approver);
    return approver;
}

static struct status list_view(struct exchange *x, struct policy_txn *txn,
                               const json_t *task, json_t **out)
{
    struct asked *asked = x->work;
    AUTO_JSON *view = NULL;
    TRY(task_view(x, txn, task, &view));
    asked->total++;
    if (is_asked_for(task, view, asked))
        *out = TAKE(view);
    return OK;
}

static struct status list_prepare(struct exchange *x)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    x->work = asked;
    return asked ? read_asked(x, asked)
                 : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "task_type", NULL };
    static const char *const search[] = { "task_type", "description", "task_id",
                                          "entity_id", NULL };
    static const char *const sort[] = { "task_type",
                                        "task_id",
                                        "entity_id",
                                        "description",
                                        "status=status",
                                        "created_at=status",
                                        "status_updated_at=status",
                                        NULL };
    static const struct product_list list = { filters, search, sort };
    const struct asked *asked = x->work;
    TRY(plain_answer_list(x, POLICY_TASK, list_view, &list));
    return json_object_set_new(json_object_get(x->answer, "metadata"),
                               "total_count",
                               json_integer((json_int_t)asked->total)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct api_id *id, json_t **out)
{
    TRY(product_path_id(x, 0, "task", id));
    return plain_own(x, txn, POLICY_TASK, api_id_bytes(id), "task", out);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *task = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &task));
    return task_view(x, txn, task, &x->answer);
}

static struct status result_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *task = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &task));
    return task_result(task, &x->answer);
}

/* --- the word ------------------------------------------------------------ */

static struct status decide_prepare(struct exchange *x)
{
    struct deciding *d;
    const char *status;
    TRY(deciding_new(x, &d));
    TRY(PRODUCT_ONLY(x, "status", "denial_reason"));
    TRY(product_text(x, "status", 16, &status));
    TRY(product_text_optional(x, "denial_reason", 1024, &d->reason));
    d->approve = strcmp(status, "APPROVED") == 0;
    if (!d->approve && strcmp(status, "DENIED") != 0)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "status: APPROVED or DENIED");
    return OK;
}

static struct status approve_prepare(struct exchange *x)
{
    struct deciding *d;
    TRY(deciding_new(x, &d));
    d->approve = true;
    return OK;
}

static struct status deny_prepare(struct exchange *x)
{
    struct deciding *d;
    return deciding_new(x, &d);
}

static struct status note(struct exchange *x, const struct deciding *d)
{
    bool person = x->peer.kind == PEER_PERSON;
    char name[TASK_USER_NAME_MAX + 1];
    if (!person)
        task_user_name(&x->user, name);
    json_t *word = json_pack(
        "{s:o, s:s, s:s, s:s*}", "user_id",
        api_json_of_id(person ? &x->peer.person.person : &x->session.user),
        "user_name", person ? x->peer.person.name : name, "status",
        d->approve ? "APPROVED" : "DENIED", "denial_reason", d->reason);
    return json_array_append_new(json_object_get(d->task, "approvals"), word) ==
                   0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status carry_out(struct exchange *x, struct policy_txn *txn,
                               const struct deciding *d)
{
    const char *type = json_string_value(json_object_get(d->task, "task_type"));
    if (type && strcmp(type, TASK_DOMAINS) == 0)
        return app_settle_domains(x, txn, d->task, d->approve);
    if (type && strcmp(type, TASK_BUILD) == 0)
        return image_settle(x, txn, d->task, d->approve);
    return failure(STATUS_CORRUPT, "task_type", 0); /* no other is opened */
}

static struct status decide_change(struct exchange *x, struct policy_txn *txn)
{
    struct deciding *d = x->work;
    char id[API_ID_TEXT];
    TRY(find(x, txn, &d->id, &d->task));
    if (!is_waiting(d->task))
        return product_refuse(
            x, 400, "INVALID_STATE", "this task is closed already: %s",
            json_string_value(json_object_get(d->task, "status")));
    TRY(carry_out(x, txn, d));
    TRY(note(x, d));
    TRY(task_set_status(x, d->task, d->approve ? "SUCCESS" : "DENIED"));
    policy_object_put(txn, POLICY_TASK, &x->peer.account, api_id_bytes(&d->id),
                      d->task);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O, s:O*, s:O*}", "task_type",
                  json_object_get(d->task, "task_type"), "entity",
                  json_object_get(d->task, "entity_id"), "domains_added",
                  json_object_get(d->task, "domains_added"), "domains_removed",
                  json_object_get(d->task, "domains_removed"));
    api_id_text(&d->id, id);
    return plain_log(x, txn, d->approve ? "task-approve" : "task-deny", "task",
                     id, extra);
}

static struct status decided_answer(struct exchange *x)
{
    const struct deciding *d = x->work;
    return task_result(d->task, &x->answer);
}

/* For a person: with the receipt. */
static struct status told_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const struct deciding *d = x->work;
    TRY(policy_read(x->broker->store, &txn));
    TRY(task_view(x, txn, d->task, &x->answer));
    return exchange_add_receipt(x, 0);
}

/* --- DELETE -------------------------------------------------------------- */

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct deciding *d = x->work;
    char id[API_ID_TEXT];
    TRY(find(x, txn, &d->id, &d->task));
    if (is_waiting(d->task))
        return product_refuse(x, 400, "INVALID_STATE",
                              "this task still waits: deny it first");
    policy_object_delete(txn, POLICY_TASK, &x->peer.account,
                         api_id_bytes(&d->id));
    api_id_text(&d->id, id);
    return plain_log(x, txn, "task-delete", "task", id, NULL);
}

/* --- GET /accord/v1/domains ---------------------------------------------- */

static struct status add_domains(json_t *items, const json_t *app,
                                 const char *member, const char *status)
{
    const json_t *names = json_object_get(app, member);
    for (size_t i = 0; i < json_array_size(names); i++)
        if (json_array_append_new(
                items, json_pack("{s:O, s:s, s:O, s:O, s:O*}", "domain",
                                 json_array_get(names, i), "status", status,
                                 "name", json_object_get(app, "name"), "app",
                                 json_object_get(app, "app"), "task",
                                 json_object_get(app, "pending_task_id"))) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status domains_of(void *context, struct bytes tail,
                                const json_t *app)
{
    (void)tail;
    TRY(add_domains(context, app, "whitelisted_domains", "approved"));
    TRY(add_domains(context, app, "domains_added", "to be added"));
    return add_domains(context, app, "domains_removed", "to be removed");
}

static struct status domains_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array();
    struct policy_key all =
        policy_key(POLICY_APP, api_id_bytes(&x->peer.account));
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_each_json(txn, &all, domains_of, items));
    x->answer = json_pack("{s:O}", "items", items);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_tasks[] = {
    { HTTP_GET,    "/v1/tasks",           A_USER_READING, PRODUCT, .prepare = list_prepare, .answer = list_answer, .release = free },
    { HTTP_GET,    "/v1/tasks/{}",        A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/tasks/{}",        A_USER_WRITING, PRODUCT, decide_prepare, decide_change, NULL, decided_answer, deciding_free, false },
    { HTTP_DELETE, "/v1/tasks/{}",        A_USER_WRITING, PRODUCT, deny_prepare, delete_change, NULL, product_answer_void, deciding_free, true },
    { HTTP_GET,    "/v1/tasks/status/{}", A_USER_READING, PRODUCT, .answer = result_answer },
    { HTTP_GET,    "/accord/v1/tasks",              A_READER, ACCORD, .prepare = list_prepare, .answer = list_answer, .release = free },
    { HTTP_GET,    "/accord/v1/tasks/{}",           A_READER, ACCORD, .answer = get_answer },
    { HTTP_POST,   "/accord/v1/tasks/{}/approve",   A_WRITER, ACCORD, approve_prepare, decide_change, NULL, told_answer, deciding_free, false },
    { HTTP_POST,   "/accord/v1/tasks/{}/deny",      A_WRITER, ACCORD, deny_prepare, decide_change, NULL, told_answer, deciding_free, true },
    { HTTP_GET,    "/accord/v1/domains",            A_READER, ACCORD, .answer = domains_answer },
    { 0 },
};
/* clang-format on */
