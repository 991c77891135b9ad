/* routes_plain_workflows.c - final workflows and their versions (section 5.12
 * of the wire contract). Who is the only one to be asked may make them at once;
 * all others submit them for approval. */

#include <stdlib.h>

#include "broker/deployment.h"
#include "broker/finals.h"
#include "broker/plain.h"
#include "broker/routes.h"
#include "broker/submission.h"

/* --- GET ----------------------------------------------------------------- */

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "name", "description", "project",
                                           "filter", NULL };
    static const char *const search[] = { "name", "description", NULL };
    static const char *const sort[] = { "name", "description", "created_at",
                                        "updated_at", NULL };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_WORKFLOW, finals_view, &list);
}

static struct status gone(struct exchange *x)
{
    return product_refuse(x, 404, "NOT_FOUND", "there is no such workflow");
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(product_path_id(x, 0, "workflow", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_WORKFLOW, api_id_bytes(&id), "workflow",
                   &record));
    TRY(finals_view(x, txn, record, &x->answer));
    return x->answer ? OK : gone(x);
}

/* Zero, which no version is, for what is no number. */
static uint32_t path_version(const struct exchange *x)
{
    char *end;
    const char *text = x->part[1];
    unsigned long version = strtoul(text, &end, 10);
    return *end || text[0] < '1' || text[0] > '9' || version > INT32_MAX
               ? 0
               : (uint32_t)version;
}

static struct status gone_version(struct exchange *x, struct status got)
{
    if (got.code != STATUS_NOT_FOUND)
        return got;
    return product_refuse(x, 404, "NOT_FOUND",
                          "there is no such version of this workflow");
}

static struct status version_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(product_path_id(x, 0, "workflow", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_WORKFLOW, api_id_bytes(&id), "workflow",
                   &record));
    return gone_version(
        x, finals_version_view(x, txn, &id, path_version(x), &x->answer));
}

/* --- POST ---------------------------------------------------------------- */

static void submitting_free(void *work)
{
    submission_clear(work);
    free(work);
}

/* With an id in the path, of one more version. */
static struct status post_prepare(struct exchange *x)
{
    char user[API_ID_TEXT];
    struct submission *s = x->work = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    s->extends = x->part[0][0] != '\0';
    if (s->extends)
        TRY(product_path_id(x, 0, "workflow", &s->workflow));
    TRY(submission_prepare(x, x->body, s));
    const json_t *people = json_object_get(s->record, "people");
    api_id_text(&x->session.user, user);
    if (json_object_size(people) != 1 || !json_object_get(people, user))
        return product_refuse(x, 403, "FORBIDDEN",
                              "others have a part in this workflow: submit it "
                              "with POST /v1/approval_requests, for their "
                              "approval");
    return OK;
}

static struct status post_change(struct exchange *x, struct policy_txn *txn)
{
    struct submission *s = x->work;
    TRY(submission_put(x, txn, s));
    return submission_decide(x, txn, s->record, true, NULL);
}

static struct status post_answer(struct exchange *x)
{
    const struct submission *s = x->work;
    const json_t *result = json_object_get(s->record, "result");
    x->answer = json_incref(json_object_get(result, "body"));
    return x->answer ? OK : failure(STATUS_CORRUPT, "result", 0);
}

/* --- PATCH --------------------------------------------------------------- */

/* What a change left, for the answer. */
static struct status changed_answer(struct exchange *x)
{
    return x->part[1][0] ? version_answer(x) : get_answer(x);
}

static struct status rename_prepare(struct exchange *x)
{
    const char *text;
    TRY(PRODUCT_ONLY(x, "name", "description"));
    TRY(product_text_optional(x, "name", SUBMISSION_NAME_MAX, &text));
    if (text && !text[0])
        return product_refuse(x, 400, "INVALID_NAME",
                              "name: expected text of 1 to %d bytes",
                              SUBMISSION_NAME_MAX);
    return product_text_optional(x, "description", SUBMISSION_DESCRIPTION_MAX,
                                 &text);
}

/* What was agreed says what it was called then, and stays. */
static struct status rename_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    json_t *name = json_object_get(x->body, "name");
    json_t *description = json_object_get(x->body, "description");
    TRY(product_path_id(x, 0, "workflow", &id));
    TRY(plain_own(x, txn, POLICY_WORKFLOW, api_id_bytes(&id), "workflow",
                  &record));
    if (!policy_workflow_lives(record))
        return gone(x);
    if ((json_is_string(name) && json_object_set(record, "name", name) != 0) ||
        (json_is_string(description) &&
         json_object_set(record, "description", description) != 0) ||
        json_object_set_new(record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_WORKFLOW, &x->peer.account, api_id_bytes(&id),
                      record);
    AUTO_JSON *extra =
        json_pack("{s:O}", "name", json_object_get(record, "name"));
    return plain_log(x, txn, "workflow-change", "workflow", x->part[0], extra);
}

/* The version that the path names, of a workflow of the account's own. */
struct named_version {
    struct api_id workflow;
    uint32_t number;
    char subject[API_ID_TEXT + 16]; /* for the log */
};

static struct status find_version(struct exchange *x, struct policy_txn *txn,
                                  struct named_version *out, json_t **record)
{
    AUTO_JSON *workflow = NULL;
    char text[API_ID_TEXT];
    TRY(product_path_id(x, 0, "workflow", &out->workflow));
    TRY(plain_own(x, txn, POLICY_WORKFLOW, api_id_bytes(&out->workflow),
                  "workflow", &workflow));
    out->number = path_version(x);
    api_id_text(&out->workflow, text);
    (void)snprintf(out->subject, sizeof(out->subject), "%s/%u", text,
                   out->number);
    return gone_version(
        x, finals_version(x, txn, &out->workflow, out->number, record));
}

static struct status deploy_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct named_version v;
    TRY(find_version(x, txn, &v, &record));
    TRY(deployment_check(x, record));
    deployment_put(x, txn, &v.workflow, v.number);
    return plain_log(x, txn, "workflow-deploy", "workflow", v.subject, NULL);
}

/* --- DELETE -------------------------------------------------------------- */

/* Whoever had to approve it, or a MANAGER: it only takes rights away. */
static struct status may_end(struct exchange *x, const json_t *version)
{
    AUTO_JSON *manifest = NULL;
    const char *text;
    char user[API_ID_TEXT];
    TRY(api_json_text(version, "manifest", &text, &x->why));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      &x->why));
    api_id_text(&x->session.user, user);
    if (x->member.role >= POLICY_MANAGER ||
        json_object_get(json_object_get(manifest, "people"), user))
        return OK;
    return product_refuse(x, 403, "FORBIDDEN",
                          "only a MANAGER and who has a part in it delete a "
                          "version");
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct named_version v;
    TRY(find_version(x, txn, &v, &record));
    TRY(may_end(x, record));
    TRY(policy_workflow_end(txn, &x->peer.account, &v.workflow, v.number,
                            "withdrawn", &x->why));
    deployment_forget(x, txn, &v.workflow, v.number);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O}", "digest", json_object_get(record, "digest"),
                  "hashes", json_object_get(record, "hashes"));
    return plain_log(x, txn, "workflow-withdraw", "workflow", v.subject, extra);
}

/* clang-format off */
const struct route routes_plain_workflows[] = {
    { HTTP_GET,    "/v1/workflows/final/graphs",       A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/workflows/final/graphs",       A_USER_WRITING, PRODUCT, post_prepare, post_change, NULL, post_answer, submitting_free, false },
    { HTTP_GET,    "/v1/workflows/final/graphs/{}",    A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_POST,   "/v1/workflows/final/graphs/{}",    A_USER_WRITING, PRODUCT, post_prepare, post_change, NULL, post_answer, submitting_free, false },
    { HTTP_PATCH,  "/v1/workflows/final/graphs/{}",    A_USER_WRITING, PRODUCT, rename_prepare, rename_change, NULL, changed_answer, NULL, false },
    { HTTP_PATCH,  "/v1/workflows/final/graphs/{}/{}", A_USER_WRITING, PRODUCT, deployment_read, deploy_change, NULL, changed_answer, NULL, false },
    { HTTP_GET,    "/v1/workflows/final/graphs/{}/{}", A_USER_READING, PRODUCT, .answer = version_answer },
    { HTTP_DELETE, "/v1/workflows/final/graphs/{}/{}", A_USER_READING, PRODUCT, .change = delete_change, .answer = product_answer_void, .tightens = true },
    { 0 },
};
/* clang-format on */
