/* routes_plain_requests.c - what all users of a graph decide (section 5.13 of
 * the wire contract). The first denial is final; who asks has to approve, too.
 */

#include <stdlib.h>

#include "broker/plain.h"
#include "broker/routes.h"
#include "broker/submission.h"
#include "broker/users.h"

#define OPERATION_MAX   256
#define DESCRIPTION_MAX 4096
#define DENIAL_MAX      4096

/* --- views --------------------------------------------------------------- */

/* Which of the four states; NULL for one that was deleted. No record changes
 * by the passing of time: the view says it. */
static const char *state_of(const struct exchange *x, const json_t *record,
                            bool *expired)
{
    static const char *const states[][2] = {
        { "pending", "PENDING" },
        { "approved", "APPROVED" },
        { "declined", "DENIED" },
        { "failed", "FAILED" },
    };
    const char *status = json_string_value(json_object_get(record, "status"));
    *expired = status && strcmp(status, "pending") == 0 &&
               !policy_request_waits(record, x->now / 1000);
    for (size_t i = 0; status && i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(status, states[i][0]) == 0)
            return *expired ? "DENIED" : states[i][1];
    return NULL;
}

static struct status add_user(json_t *list, json_t *user)
{
    return json_array_append_new(list, json_pack("{s:o}", "user", user)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status list_users(const json_t *record, json_t *approvers,
                                json_t *reviewers)
{
    const json_t *said = json_object_get(record, "_approvals");
    json_t *people = json_object_get(record, "people"), *person;
    const char *id;
    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *one = json_array_get(said, i);
        if (json_is_true(json_object_get(one, "approve")))
            TRY(add_user(approvers, json_incref(json_object_get(one, "user"))));
    }
    json_object_foreach(people, id, person)
        TRY(add_user(reviewers, json_string(id)));
    return OK;
}

static struct status add_denial(const json_t *record, bool expired,
                                json_t *view)
{
    json_t *denier = json_object_get(record, "denier");
    json_t *reason = json_object_get(record, "denial_reason");
    bool good = true;
    if (denier)
        good = product_add(view, "denier", json_pack("{s:O}", "user", denier));
    if (good && expired)
        good = product_add(view, "denial_reason",
                           json_string("nobody denied it, but the time to "
                                       "approve it is over"));
    else if (good && reason)
        good = product_add(view, "denial_reason", json_incref(reason));
    return good ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status request_view(struct exchange *x, struct policy_txn *txn,
                                  const json_t *record, json_t **out)
{
    (void)txn;
    bool expired;
    const char *state = state_of(x, record, &expired);
    AUTO_JSON *approvers = json_array(), *reviewers = json_array();
    *out = NULL;
    if (!state || !policy_is_plain_class(record))
        return OK;
    TRY(list_users(record, approvers, reviewers));
    AUTO_JSON *view = json_pack(
        "{s:O, s:{s:O}, s:O, s:o, s:o, s:O, s:O, s:O, s:O, s:O, s:s, s:[{s:O}],"
        " s:O*, s:O, s:s}",
        "request_id", json_object_get(record, "request"), "requester", "user",
        json_object_get(record, "requester"), "created_at",
        json_object_get(record, "created_at"), "acct_id",
        api_json_of_id(&x->peer.account), "group_id",
        api_json_of_id(&x->peer.account), "operation",
        json_object_get(record, "operation"), "method",
        json_object_get(record, "method"), "body",
        json_object_get(record, "body"), "approvers", approvers, "reviewers",
        reviewers, "status", state, "subjects", "workflow",
        json_object_get(record, "workflow"), "description",
        json_object_get(record, "description"), "expiry",
        json_object_get(record, "sign_by"), "class", plain_class_name(record));
    if (!view)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(add_denial(record, expired, view));
    *out = TAKE(view);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "requester", "reviewer=reviewers",
                                           "subject=subjects", "status", NULL };
    static const char *const search[] = { "operation", "description", NULL };
    static const char *const sort[] = { "created_at", "expiry", "status",
                                        NULL };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_REQUEST, request_view, &list);
}

/* A deleted one is gone, one of the signed class is none of this dialect. */
static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct api_id *id, json_t **out)
{
    AUTO_JSON *record = NULL;
    bool expired;
    TRY(product_path_id(x, 0, "approval request", id));
    TRY(plain_find(x, txn, POLICY_REQUEST, api_id_bytes(id), "approval request",
                   &record));
    if (!policy_is_plain_class(record) || !state_of(x, record, &expired))
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such approval request");
    *out = TAKE(record);
    return OK;
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    return request_view(x, txn, record, &x->answer);
}

/* --- POST ---------------------------------------------------------------- */

static void submitting_free(void *work)
{
    submission_clear(work);
    free(work);
}

/* "/v1/workflows/final/graphs", or one of them; the prefix may be the alias or
 * left out. */
static struct status read_operation(struct exchange *x, struct submission *s)
{
    static const char *const prefixes[] = { ROUTE_ALIAS, "/v1" };
    static const char path[] = "/workflows/final/graphs";
    const char *text, *method;
    TRY(product_text(x, "operation", OPERATION_MAX, &text));
    TRY(product_text_optional(x, "method", 16, &method));
    for (size_t i = 0; i < 2; i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
            text += strlen(prefixes[i]);
            break;
        }
    bool ours = strncmp(text, path, sizeof(path) - 1) == 0;
    const char *rest = ours ? text + sizeof(path) - 1 : "?";
    s->extends = rest[0] == '/' && rest[1];
    ours = rest[0] == '\0' || strcmp(rest, "/") == 0 ||
           (s->extends &&
            !failed(api_id_parse(bytes_of_string(rest + 1), &s->workflow)));
    if (!ours || (method && strcmp(method, "POST") != 0))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "operation: only POST %s and %s/{graph_id} are "
                              "approved here",
                              "/v1/workflows/final/graphs",
                              "/v1/workflows/final/graphs");
    return OK;
}

static struct status create_prepare(struct exchange *x)
{
    const char *description;
    struct submission *s = x->work = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(PRODUCT_ONLY(x, "operation", "method", "body", "description"));
    TRY(product_text_optional(x, "description", DESCRIPTION_MAX, &description));
    TRY(read_operation(x, s));
    TRY(submission_prepare(x, json_object_get(x->body, "body"), s));
    if (json_object_set(s->record, "operation",
                        json_object_get(x->body, "operation")) ||
        (description && json_object_set_new(s->record, "description",
                                            json_string(description))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    return submission_put(x, txn, x->work);
}

static struct status created_answer(struct exchange *x)
{
    const struct submission *s = x->work;
    x->http_status = 201;
    return request_view(x, NULL, s->record, &x->answer);
}

/* --- approve, deny ------------------------------------------------------- */

static void json_free(void *work)
{
    json_decref(work);
}

/* A client may prove anew who it is, and say what it believes to approve. */
static struct status approve_prepare(struct exchange *x)
{
    AUTO_FREE(secret) password = NULL;
    if (!x->body)
        return OK;
    product_forget_request(x);
    TRY(PRODUCT_ONLY(x, "password", "u2f", "body"));
    TRY(PRODUCT_NOT_BUILT(x, "u2f"));
    if (!json_is_string(json_object_get(x->body, "password")))
        return OK;
    TRY(product_secret(x, "password", &password));
    return user_prove(x, "password", password);
}

static struct status approve_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    const json_t *believed = json_object_get(x->body, "body");
    TRY(find(x, txn, &id, &record));
    if (believed && !json_is_null(believed) &&
        !json_equal(believed, json_object_get(record, "body")))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "body: this is not what was submitted");
    TRY(submission_decide(x, txn, record, true, NULL));
    x->work = json_incref(record);
    return OK;
}

static struct status deny_prepare(struct exchange *x)
{
    const char *reason;
    if (!x->body)
        return OK;
    TRY(PRODUCT_ONLY(x, "reason"));
    return product_text_optional(x, "reason", DENIAL_MAX, &reason);
}

static struct status deny_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(find(x, txn, &id, &record));
    TRY(submission_decide(
        x, txn, record, false,
        json_string_value(json_object_get(x->body, "reason"))));
    x->work = json_incref(record);
    return OK;
}

static struct status decided_answer(struct exchange *x)
{
    return request_view(x, NULL, x->work, &x->answer);
}

/* --- result, DELETE ------------------------------------------------------ */

static struct status result_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    x->answer = json_incref(json_object_get(record, "result"));
    if (x->answer)
        return OK;
    return product_refuse(x, 400, "INVALID_STATE",
                          "there is no result before everybody has approved");
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id, requester;
    char text[API_ID_TEXT];
    TRY(find(x, txn, &id, &record));
    TRY(api_json_id(record, "requester", &requester, &x->why));
    if (x->member.role < POLICY_MANAGER &&
        !api_id_equal(&requester, &x->session.user))
        return product_refuse(x, 403, "FORBIDDEN",
                              "only who submitted it or a MANAGER withdraws an "
                              "approval request");
    const char *status = json_string_value(json_object_get(record, "status"));
    if (!status || strcmp(status, "pending") != 0)
        return product_refuse(x, 400, "INVALID_STATE",
                              "this approval request is settled: it stays");
    if (json_object_set_new(record, "status", json_string("withdrawn")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account, api_id_bytes(&id),
                      record);
    api_id_text(&id, text);
    return plain_log(x, txn, "request-withdraw", "request", text, NULL);
}

/* clang-format off */
const struct route routes_plain_requests[] = {
    { HTTP_GET,    "/v1/approval_requests",            A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/approval_requests",            A_USER_WRITING, PRODUCT, create_prepare, create_change, NULL, created_answer, submitting_free, false },
    { HTTP_GET,    "/v1/approval_requests/{}",         A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_DELETE, "/v1/approval_requests/{}",         A_USER_READING, PRODUCT, .change = delete_change, .answer = product_answer_void, .tightens = true },
    { HTTP_POST,   "/v1/approval_requests/{}/approve", A_USER_READING, PRODUCT, approve_prepare, approve_change, NULL, decided_answer, json_free, false },
    { HTTP_POST,   "/v1/approval_requests/{}/deny",    A_USER_READING, PRODUCT, deny_prepare, deny_change, NULL, decided_answer, json_free, true },
    { HTTP_POST,   "/v1/approval_requests/{}/result",  A_USER_READING, PRODUCT, .answer = result_answer },
    { 0 },
};
/* clang-format on */
