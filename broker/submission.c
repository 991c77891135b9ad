#include "broker/submission.h"

#include "broker/finals.h"
#include "broker/limits.h"
#include "broker/plain.h"
#include "broker/plain_graph.h"

#define SUBMISSION_PATH "/v1/workflows/final/graphs"

void submission_clear(struct submission *s)
{
    json_decref(s->graph);
    json_decref(s->record);
    *s = (struct submission){ .graph = NULL };
}

static struct status no_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- reading ------------------------------------------------------------- */

static struct status read_contents(struct exchange *x, const json_t *contents,
                                   struct submission *s)
{
    static const char *const names[] = { "objects", "edges", "metadata",
                                         "labels" };
    struct reason why = { "" };
    if (!json_is_object(contents))
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "contents is missing");
    if (failed(api_json_only(contents, names, 4, &why)))
        return product_refuse(x, 400, "INVALID_BODY_PARAMETER", "%s", why.text);
    return plain_graph_read(x, contents, &s->graph);
}

static struct status set_names(struct submission *s, json_t *name,
                               json_t *description)
{
    if (json_object_set_new(s->graph, "name", name) ||
        json_object_set_new(s->graph, "description", description))
        return no_memory();
    return OK;
}

static struct status read_new(struct exchange *x, struct submission *s)
{
    const char *name, *description;
    TRY(PRODUCT_ONLY(x, "name", "description", "contents", "group_id"));
    TRY(plain_graph_ours(x, "", x->body, "group_id"));
    TRY(product_text(x, "name", SUBMISSION_NAME_MAX, &name));
    TRY(product_text_optional(x, "description", SUBMISSION_DESCRIPTION_MAX,
                              &description));
    TRY(read_contents(x, json_object_get(x->body, "contents"), s));
    TRY(api_id_random(&s->workflow));
    return set_names(s, json_string(name),
                     json_string(description ? description : ""));
}

/* One more version goes under the names that the workflow has. */
static struct status read_version(struct exchange *x, struct policy_txn *txn,
                                  struct submission *s)
{
    AUTO_JSON *workflow = NULL;
    TRY(plain_own(x, txn, POLICY_WORKFLOW, api_id_bytes(&s->workflow),
                  "workflow", &workflow));
    if (!policy_workflow_lives(workflow))
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such workflow: its last version was "
                              "deleted");
    TRY(read_contents(x, x->body, s));
    return set_names(s, json_incref(json_object_get(workflow, "name")),
                     json_incref(json_object_get(workflow, "description")));
}

/* The call that a request wraps reads its body as if it were asked itself. */
static struct status read_body(struct exchange *x, struct policy_txn *txn,
                               const json_t *body, struct submission *s)
{
    json_t *asked = x->body;
    x->body = (json_t *)(uintptr_t)body;
    struct status done = s->extends ? read_version(x, txn, s) : read_new(x, s);
    x->body = asked;
    return done;
}

/* --- deriving ------------------------------------------------------------ */

static struct status refuse_faults(struct exchange *x, json_t *faults)
{
    size_t count = json_array_size(faults);
    if (count == 0)
        return OK;
    x->faults = json_incref(faults);
    return product_refuse(x, 400, "INVALID_VALUE", "the graph has %zu fault%s",
                          count, count == 1 ? "" : "s");
}

static struct status derive(struct exchange *x, struct policy_txn *txn,
                            const struct submission *s, json_t **out,
                            struct buffer *manifest)
{
    AUTO_JSON *proposal = NULL, *faults = NULL, *zone = NULL;
    zone = json_stringn((const char *)x->broker->ca_pem.data,
                        x->broker->ca_pem.len);
    if (!zone)
        return no_memory();
    TRY(policy_plain_proposal(txn, &x->peer.account, s->graph, &s->workflow,
                              json_string_value(zone), &x->session.user,
                              &proposal, &x->why));
    TRY(api_plain_check(proposal, &faults));
    TRY(policy_plain_check_records(txn, &x->peer.account, proposal, faults));
    TRY(refuse_faults(x, faults));
    TRY(api_plain_manifest_text(proposal, manifest, &x->why));
    buffer_put_u8(manifest, 0);
    *out = TAKE(proposal);
    return buffer_status(manifest);
}

/* All whose word is needed, undecided yet; hashes by the apps' names. */
static struct status list_parts(const json_t *manifest, json_t *record)
{
    AUTO_JSON *people = json_object(), *hashes = json_object();
    json_t *all = json_object_get(manifest, "people"), *part;
    const char *key;
    json_object_foreach(all, key, part)
    {
        json_t *entry = json_pack("{s:n, s:O}", "decision", "name",
                                  json_object_get(part, "name"));
        if (json_object_set_new(people, key, entry) != 0)
            return no_memory();
    }
    all = json_object_get(manifest, "apps");
    json_object_foreach(all, key, part)
    {
        const char *name = json_string_value(json_object_get(part, "name"));
        if (!name ||
            json_object_set(hashes, name, json_object_get(part, "runtime")))
            return no_memory();
    }
    return json_object_set(record, "people", people) ||
                   json_object_set(record, "hashes", hashes)
               ? no_memory()
               : OK;
}

/* As the wrapped call would be asked. */
static struct status set_call(struct submission *s, const json_t *body)
{
    char workflow[API_ID_TEXT];
    api_id_text(&s->workflow, workflow);
    json_t *path = s->extends ? json_sprintf(SUBMISSION_PATH "/%s", workflow)
                              : json_string(SUBMISSION_PATH);
    if (json_object_set_new(s->record, "operation", path) ||
        json_object_set_new(s->record, "method", json_string("POST")) ||
        json_object_set(s->record, "body", (json_t *)(uintptr_t)body))
        return no_memory();
    return OK;
}

static struct status fill(struct exchange *x, struct submission *s,
                          const json_t *proposal, const char *text)
{
    AUTO_JSON *manifest = NULL;
    struct hash digest;
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(hash_of(&digest, bytes_of_string(text)));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      &x->why));
    s->record = json_pack(
        "{s:o, s:s, s:o, s:O, s:O, s:s, s:o, s:s, s:O, s:o, s:I, s:I, s:b, "
        "s:b, s:{s:O*, s:O}, s:[]}",
        "request", api_json_of_id(&s->request), "class", "ccm", "workflow",
        api_json_of_id(&s->workflow), "version",
        json_object_get(manifest, "version"), "name",
        json_object_get(manifest, "name"), "status", "pending", "digest",
        api_json_of_hash(&digest), "manifest", text, "proposal", proposal,
        "requester", api_json_of_id(&x->session.user), "created_at", now,
        "sign_by", now + (json_int_t)SUBMISSION_SECONDS, "keep", 1, "extends",
        s->extends, "drawing", "metadata",
        json_object_get(s->graph, "metadata"), "labels",
        json_object_get(s->graph, "labels"), "_approvals");
    return s->record ? list_parts(manifest, s->record) : no_memory();
}

struct status submission_prepare(struct exchange *x, const json_t *body,
                                 struct submission *s)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *proposal = NULL;
    AUTO_CLEAR_BUFFER manifest = buffer_make(API_MANIFEST_MAX);
    TRY(api_id_random(&s->request));
    TRY(policy_read(x->broker->store, &txn));
    TRY(read_body(x, txn, body, s));
    TRY(derive(x, txn, s, &proposal, &manifest));
    TRY(fill(x, s, proposal, (const char *)manifest.data));
    return set_call(s, body);
}

static struct status check(struct exchange *x, struct policy_txn *txn,
                           const struct submission *s)
{
    AUTO_JSON *pending = NULL, *proposal = NULL;
    AUTO_CLEAR_BUFFER manifest = buffer_make(API_MANIFEST_MAX);
    const char *before;
    struct status other = policy_request_pending(
        txn, &x->peer.account, &s->workflow, x->now / 1000, &pending);
    if (!failed(other))
        return product_refuse(x, 409, "CONFLICT",
                              "another version of this workflow is waiting for "
                              "its reviewers: decide or delete that request "
                              "first");
    if (other.code != STATUS_NOT_FOUND)
        return other;
    TRY(derive(x, txn, s, &proposal, &manifest));
    TRY(api_json_text(s->record, "manifest", &before, &x->why));
    if (strcmp(before, (const char *)manifest.data) != 0)
        return product_refuse(x, 409, "CONFLICT",
                              "an object changed meanwhile: submit it again");
    return OK;
}

struct status submission_put(struct exchange *x, struct policy_txn *txn,
                             const struct submission *s)
{
    char id[API_ID_TEXT];
    TRY(check(x, txn, s));
    TRY(limit_check_waiting(x, txn));
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account,
                      api_id_bytes(&s->request), s->record);
    api_id_text(&s->request, id);
    AUTO_JSON *extra = json_pack(
        "{s:O, s:O, s:O}", "digest", json_object_get(s->record, "digest"),
        "workflow", json_object_get(s->record, "workflow"), "version",
        json_object_get(s->record, "version"));
    return extra ? plain_log(x, txn, "request-create", "request", id, extra)
                 : no_memory();
}

/* --- settling ------------------------------------------------------------ */

/* What the wrapped call answers, now that the version is there. */
static struct status tell(struct exchange *x, struct policy_txn *txn,
                          const json_t *request, json_t **out)
{
    AUTO_JSON *record = NULL;
    struct api_id workflow;
    int64_t version;
    TRY(api_json_id(request, "workflow", &workflow, &x->why));
    TRY(api_json_integer(request, "version", 1, INT32_MAX, &version, &x->why));
    if (json_is_true(json_object_get(request, "extends")))
        return finals_version_view(x, txn, &workflow, (uint32_t)version, out);
    TRY(policy_object_get(txn, POLICY_WORKFLOW, &x->peer.account,
                          api_id_bytes(&workflow), &record, &x->why));
    return finals_view(x, txn, record, out);
}

static struct status set_result(json_t *request, int status, json_t *body)
{
    json_t *result = json_pack("{s:i, s:o}", "status", status, "body", body);
    return json_object_set_new(request, "result", result) == 0 ? OK
                                                               : no_memory();
}

/* "cause" is for people of the signed class. */
static struct status set_failed(json_t *request, const json_t *faults)
{
    json_t *body = product_event("what was approved does not hold any more",
                                 "INVALID_STATE", faults);
    const json_t *first = json_array_get(faults, 0);
    json_t *cause = json_sprintf(
        "%s: %s", json_string_value(json_object_get(first, "where")),
        json_string_value(json_object_get(first, "fault")));
    if (json_object_set_new(request, "cause", cause) != 0)
        return no_memory();
    return set_result(request, 400, body);
}

static struct status settle(struct exchange *x, struct policy_txn *txn,
                            json_t *request)
{
    AUTO_JSON *faults = NULL;
    json_t *body = NULL;
    TRY(policy_plain_settle(txn, &x->peer.account, request, x->now / 1000,
                            &faults));
    if (faults)
        return set_failed(request, faults);
    TRY(tell(x, txn, request, &body));
    return set_result(request, 200, body);
}

static struct status log_decision(struct exchange *x, struct policy_txn *txn,
                                  const json_t *request, bool approve)
{
    const char *id = json_string_value(json_object_get(request, "request"));
    AUTO_JSON *extra = json_pack("{s:s, s:O, s:O, s:O, s:O, s:O}", "decision",
                                 approve ? "approve" : "decline", "status",
                                 json_object_get(request, "status"), "digest",
                                 json_object_get(request, "digest"), "workflow",
                                 json_object_get(request, "workflow"),
                                 "version", json_object_get(request, "version"),
                                 "hashes", json_object_get(request, "hashes"));
    return extra ? plain_log(x, txn, "decide", "request", id, extra)
                 : no_memory();
}

struct status submission_decide(struct exchange *x, struct policy_txn *txn,
                                json_t *request, bool approve,
                                const char *denial)
{
    struct reason why = { "" };
    struct api_id id;
    bool last = false;
    TRY(api_json_id(request, "request", &id, &x->why));
    struct status said = policy_plain_decide(
        request, &x->session.user, approve, denial, x->now / 1000, &last, &why);
    if (said.code == STATUS_CONFLICT)
        return product_refuse(x, 400, "INVALID_STATE", "%s", why.text);
    if (said.code == STATUS_DENIED)
        return product_refuse(x, 403, "FORBIDDEN", "%s", why.text);
    TRY(said);
    if (last)
        TRY(settle(x, txn, request));
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account, api_id_bytes(&id),
                      request);
    return log_decision(x, txn, request, approve);
}
