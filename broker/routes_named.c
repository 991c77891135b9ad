/* routes_named.c - things with a name and no secret: apps, drafts, and what
 * may change about a configuration. */

#include <stdlib.h>

#include "broker/body.h"
#include "broker/limits.h"
#include "broker/routes.h"

struct named {
    struct api_id id;
    json_t *record;
};

static void named_free(void *work)
{
    struct named *n = work;
    json_decref(n->record);
    free(n);
}

static struct status named_new(struct exchange *x, struct named **out)
{
    struct named *n = calloc(1, sizeof(*n));
    if (!n)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = n;
    *out = n;
    return OK;
}

static struct status check_texts(struct exchange *x, bool name_needed)
{
    const char *name = NULL, *description = NULL;
    TRY(api_json_text_optional(x->body, "name", &name, &x->why));
    TRY(api_json_text_optional(x->body, "description", &description, &x->why));
    if (!name && name_needed)
        return refuse(&x->why, STATUS_INVALID, "name", "name is missing");
    return name ? policy_name_check(name, &x->why) : OK;
}

static struct status named_answer(struct exchange *x)
{
    struct named *n = x->work;
    return answer_record(x, n->record,
                         x->request.method == HTTP_POST ? 201 : 200);
}

static struct status gone_answer(struct exchange *x)
{
    if (x->http_status == 0)
        x->http_status = 204;
    return OK;
}

static struct status get_kind(struct exchange *x, enum policy_kind kind)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, kind, &x->peer.account, api_id_bytes(&id),
                          &record, &x->why));
    return answer_record(x, record, 200);
}

/* Sets name, description and whatever else the body has; logs. */
static struct status change_kind(struct exchange *x, struct policy_txn *txn,
                                 enum policy_kind kind, const char *action,
                                 const char *word)
{
    struct named *n = x->work;
    char id[API_ID_TEXT];
    const char *name = json_string_value(json_object_get(x->body, "name"));
    if (name)
        TRY(policy_object_rename(txn, kind, &x->peer.account, n->record, name,
                                 &x->why));
    if (json_object_update(n->record, x->body) != 0 ||
        json_object_set_new(n->record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, kind, &x->peer.account, api_id_bytes(&n->id),
                      n->record);
    api_id_text(&n->id, id);
    return log_change(x, txn, action, word, id, NULL);
}

static struct status load_kind(struct exchange *x, struct policy_txn *txn,
                               enum policy_kind kind)
{
    struct named *n = x->work;
    TRY(path_id(x, 0, &n->id));
    return signed_own(x, txn, kind, api_id_bytes(&n->id), &n->record);
}

static struct status create_kind(struct exchange *x, struct policy_txn *txn,
                                 enum policy_kind kind, const char *action,
                                 const char *word)
{
    struct named *n = x->work;
    char id[API_ID_TEXT];
    TRY(policy_object_new(txn, kind, &x->peer.account, api_id_bytes(&n->id),
                          n->record, &x->why));
    api_id_text(&n->id, id);
    return log_change(x, txn, action, word, id, NULL);
}

static struct status delete_kind(struct exchange *x, struct policy_txn *txn,
                                 enum policy_kind kind, const char *action,
                                 const char *word)
{
    struct named *n = x->work;
    char id[API_ID_TEXT];
    TRY(load_kind(x, txn, kind));
    policy_object_delete(txn, kind, &x->peer.account, api_id_bytes(&n->id));
    api_id_text(&n->id, id);
    return log_change(x, txn, action, word, id, NULL);
}

static struct status empty_prepare(struct exchange *x)
{
    struct named *n;
    return named_new(x, &n);
}

/* A new object of the body's members, with id, times and creator. */
static struct status new_record(struct exchange *x, const char *id_member)
{
    struct named *n;
    TRY(named_new(x, &n));
    TRY(api_id_random(&n->id));
    n->record = json_pack("{s:o, s:I, s:o}", id_member, api_json_of_id(&n->id),
                          "created_at", (json_int_t)(x->now / 1000), "creator",
                          api_json_of_id(&x->peer.person.person));
    if (!n->record || json_object_update(n->record, x->body) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* --- apps ---------------------------------------------------------------- */

static struct status app_create_prepare(struct exchange *x)
{
    TRY(BODY_ONLY(x, "name", "description"));
    TRY(check_texts(x, true));
    return new_record(x, "app");
}

static struct status app_create(struct exchange *x, struct policy_txn *txn)
{
    return create_kind(x, txn, POLICY_APP, "app-create", "app");
}

static struct status app_change_prepare(struct exchange *x)
{
    TRY(BODY_ONLY(x, "name", "description"));
    TRY(check_texts(x, false));
    return empty_prepare(x);
}

static struct status app_change(struct exchange *x, struct policy_txn *txn)
{
    TRY(load_kind(x, txn, POLICY_APP));
    return change_kind(x, txn, POLICY_APP, "app-change", "app");
}

struct app_use {
    const char *app;
    bool used;
};

static struct status uses_app(void *context, struct bytes tail,
                              const json_t *build)
{
    (void)tail;
    struct app_use *use = context;
    const char *app = json_string_value(json_object_get(build, "app"));
    use->used |= app && strcmp(app, use->app) == 0;
    return OK;
}

static struct status app_delete(struct exchange *x, struct policy_txn *txn)
{
    struct app_use use = { x->part[0], false };
    struct policy_key all =
        policy_key(POLICY_BUILD, api_id_bytes(&x->peer.account));
    TRY(policy_each_json(txn, &all, uses_app, &use));
    if (use.used)
        return refuse(&x->why, STATUS_CONFLICT, "app",
                      "builds belong to this app");
    return delete_kind(x, txn, POLICY_APP, "app-delete", "app");
}

static struct status apps_answer(struct exchange *x)
{
    return answer_list(x, POLICY_APP);
}

static struct status app_answer(struct exchange *x)
{
    return get_kind(x, POLICY_APP);
}

/* --- drafts -------------------------------------------------------------- */

static struct status check_draft(struct exchange *x)
{
    const json_t *objects, *edges;
    TRY(check_texts(x, true));
    TRY(api_json_object(x->body, "objects", &objects, &x->why));
    return api_json_object(x->body, "edges", &edges, &x->why);
}

static struct status draft_create_prepare(struct exchange *x)
{
    TRY(BODY_ONLY(x, "name", "description", "objects", "edges", "parent",
                  "metadata"));
    TRY(check_draft(x));
    TRY(new_record(x, "draft"));
    struct named *n = x->work;
    return json_object_set_new(n->record, "version", json_integer(1)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status draft_create(struct exchange *x, struct policy_txn *txn)
{
    TRY(limit_check(x, txn, POLICY_DRAFT, "drafts"));
    return create_kind(x, txn, POLICY_DRAFT, "draft-create", "draft");
}

static struct status draft_change_prepare(struct exchange *x)
{
    int64_t version;
    TRY(BODY_ONLY(x, "name", "description", "objects", "edges", "parent",
                  "metadata", "version"));
    TRY(check_draft(x));
    TRY(api_json_integer(x->body, "version", 1, INT32_MAX, &version, &x->why));
    return empty_prepare(x);
}

/* `version` is the lock: what was looked at must be what is replaced. */
static struct status draft_change(struct exchange *x, struct policy_txn *txn)
{
    struct named *n = x->work;
    TRY(load_kind(x, txn, POLICY_DRAFT));
    json_t *version = json_object_get(n->record, "version");
    if (!json_equal(version, json_object_get(x->body, "version")))
        return refuse(&x->why, STATUS_CONFLICT, "version",
                      "version: the draft is at %lld by now; look at it "
                      "again",
                      (long long)json_integer_value(version));
    json_int_t next = json_integer_value(version) + 1;
    if (json_object_set_new(x->body, "version", json_integer(next)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return change_kind(x, txn, POLICY_DRAFT, "draft-change", "draft");
}

static struct status draft_delete(struct exchange *x, struct policy_txn *txn)
{
    return delete_kind(x, txn, POLICY_DRAFT, "draft-delete", "draft");
}

static struct status drafts_answer(struct exchange *x)
{
    return answer_list(x, POLICY_DRAFT);
}

static struct status draft_answer(struct exchange *x)
{
    return get_kind(x, POLICY_DRAFT);
}

/* clang-format off */
const struct route routes_named[] = {
    { HTTP_GET,    "/accord/v1/apps",      A_READER, ACCORD, .answer = apps_answer },
    { HTTP_POST,   "/accord/v1/apps",      A_WRITER, ACCORD, app_create_prepare, app_create, NULL, named_answer, named_free, false },
    { HTTP_GET,    "/accord/v1/apps/{}",   A_READER, ACCORD, .answer = app_answer },
    { HTTP_PATCH,  "/accord/v1/apps/{}",   A_WRITER, ACCORD, app_change_prepare, app_change, NULL, named_answer, named_free, false },
    { HTTP_DELETE, "/accord/v1/apps/{}",   A_WRITER, ACCORD, empty_prepare, app_delete, NULL, gone_answer, named_free, true },
    { HTTP_GET,    "/accord/v1/drafts",    A_READER, ACCORD, .answer = drafts_answer },
    { HTTP_POST,   "/accord/v1/drafts",    A_WRITER, ACCORD, draft_create_prepare, draft_create, NULL, named_answer, named_free, false },
    { HTTP_GET,    "/accord/v1/drafts/{}", A_READER, ACCORD, .answer = draft_answer },
    { HTTP_PUT,    "/accord/v1/drafts/{}", A_WRITER, ACCORD, draft_change_prepare, draft_change, NULL, named_answer, named_free, false },
    { HTTP_DELETE, "/accord/v1/drafts/{}", A_WRITER, ACCORD, empty_prepare, draft_delete, NULL, gone_answer, named_free, true },
    { 0 },
};
/* clang-format on */
