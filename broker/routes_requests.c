/* routes_requests.c - from a graph to a request that its owners decide. */

#include "broker/body.h"
#include "broker/limits.h"
#include "broker/routes.h"

#include <stdlib.h>

#define SIGN_SECONDS (30 * 86400)

/* --- POST /accord/v1/requests -------------------------------------------- */

struct submitting {
    struct api_id id, workflow;
    char *manifest;
    json_t *proposal;
    json_t *record;
};

static void submitting_free(void *work)
{
    struct submitting *s = work;
    free(s->manifest);
    json_decref(s->proposal);
    json_decref(s->record);
    free(s);
}

/* Gathers, checks and derives; 400 with every fault when there is one. */
static struct status derive(struct exchange *x, struct policy_txn *txn,
                            const struct api_id *workflow, json_t **proposal,
                            struct buffer *manifest)
{
    AUTO_JSON *faults = NULL;
    AUTO_JSON *gathered = NULL;
    AUTO_CLEAR_BUFFER zone = buffer_make(32 * 1024);
    buffer_put(&zone, buffer_bytes(&x->broker->ca_pem));
    buffer_put_u8(&zone, 0);
    TRY(buffer_status(&zone));
    TRY(policy_proposal(txn, &x->peer.account, x->body, workflow,
                        (const char *)zone.data, &gathered, &x->why));
    TRY(api_proposal_check(gathered, &faults));
    TRY(policy_proposal_check_records(txn, &x->peer.account, gathered, faults));
    if (json_array_size(faults) > 0) {
        size_t count = json_array_size(faults);
        x->faults = TAKE(faults);
        return refuse(&x->why, STATUS_INVALID, "graph",
                      "the graph has %zu fault%s", count,
                      count == 1 ? "" : "s");
    }
    TRY(api_manifest_text(gathered, manifest, &x->why));
    *proposal = TAKE(gathered);
    return OK;
}

/* Everybody who owns something in it, undecided yet. */
static struct status people_of(const json_t *manifest, json_t **out)
{
    AUTO_JSON *people = json_object();
    const char *id;
    json_t *person;
    json_object_foreach(json_object_get(manifest, "people"), id, person)
    {
        AUTO_JSON *entry = json_pack("{s:n, s:O}", "decision", "name",
                                     json_object_get(person, "name"));
        if (!entry || json_object_set(people, id, entry) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    *out = TAKE(people);
    return OK;
}

static struct status hashes_of(const json_t *manifest, json_t **out)
{
    AUTO_JSON *hashes = json_object();
    const char *key;
    json_t *app;
    json_object_foreach(json_object_get(manifest, "apps"), key, app)
    {
        const char *name = json_string_value(json_object_get(app, "name"));
        if (!name ||
            json_object_set(hashes, name, json_object_get(app, "runtime")))
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    *out = TAKE(hashes);
    return OK;
}

static struct status fill_request(struct exchange *x, struct submitting *s)
{
    AUTO_JSON *manifest = NULL, *people = NULL, *hashes = NULL;
    struct hash digest;
    int64_t sign_by = (int64_t)(x->now / 1000) + SIGN_SECONDS;
    bool keep;
    TRY(api_json_read(bytes_of_string(s->manifest), API_MANIFEST_MAX, false,
                      &manifest, &x->why));
    TRY(people_of(manifest, &people));
    TRY(hashes_of(manifest, &hashes));
    TRY(hash_of(&digest, bytes_of_string(s->manifest)));
    TRY(api_json_flag(x->body, "keep", &keep, &x->why));
    if (json_object_get(x->body, "sign_by"))
        TRY(api_json_integer(x->body, "sign_by", (int64_t)(x->now / 1000),
                             sign_by + 336 * 86400, &sign_by, &x->why));
    s->record = json_pack(
        "{s:o, s:o, s:O, s:O, s:s, s:o, s:s, s:O, s:o, s:I, s:I, s:b, s:O, "
        "s:O, s:[]}",
        "request", api_json_of_id(&s->id), "workflow",
        api_json_of_id(&s->workflow), "version",
        json_object_get(manifest, "version"), "name",
        json_object_get(manifest, "name"), "status", "pending", "digest",
        api_json_of_hash(&digest), "manifest", s->manifest, "proposal",
        s->proposal, "requester", api_json_of_id(&x->peer.person.person),
        "created_at", (json_int_t)(x->now / 1000), "sign_by",
        (json_int_t)sign_by, "keep", keep, "people", people, "hashes", hashes,
        "_approvals");
    return s->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status submit_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER manifest = buffer_make(API_MANIFEST_MAX);
    struct submitting *s = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = s;
    TRY(BODY_ONLY(x, "name", "description", "objects", "edges", "workflow",
                  "keep", "sign_by"));
    TRY(api_id_random(&s->id));
    TRY(policy_read(x->broker->store, &txn));
    if (json_object_get(x->body, "workflow")) {
        AUTO_JSON *exists = NULL;
        TRY(api_json_id(x->body, "workflow", &s->workflow, &x->why));
        TRY(signed_own(x, txn, POLICY_WORKFLOW, api_id_bytes(&s->workflow),
                       &exists));
    } else {
        TRY(api_id_random(&s->workflow));
    }
    TRY(derive(x, txn, &s->workflow, &s->proposal, &manifest));
    s->manifest = buffer_string(&manifest);
    if (!s->manifest)
        return failure(STATUS_NO_MEMORY, "manifest", 0);
    return fill_request(x, s);
}

/* Two workflows of one name could not be told apart by it. */
static struct status check_name(struct exchange *x, struct policy_txn *txn,
                                const struct submitting *s)
{
    enum policy_name_use use;
    const char *name;
    TRY(api_json_text(s->record, "name", &name, &x->why));
    TRY(policy_workflow_name_use(txn, &x->peer.account, &s->workflow, name,
                                 x->now / 1000, &use));
    if (use == POLICY_NAME_WAITS)
        return refuse(&x->why, STATUS_CONFLICT, "name",
                      "a workflow of this name is waiting for its owners: "
                      "decide or withdraw that request first, or take another "
                      "name");
    if (use == POLICY_NAME_AGREED)
        return refuse(&x->why, STATUS_CONFLICT, "name",
                      "this account has a workflow of this name: submit its "
                      "next version, or take another name");
    return OK;
}

static struct status submit_change(struct exchange *x, struct policy_txn *txn)
{
    struct submitting *s = x->work;
    AUTO_JSON *pending = NULL, *proposal = NULL;
    AUTO_CLEAR_BUFFER manifest = buffer_make(API_MANIFEST_MAX);
    struct status other = policy_request_pending(
        txn, &x->peer.account, &s->workflow, x->now / 1000, &pending);
    if (!failed(other))
        return refuse(&x->why, STATUS_CONFLICT, "request",
                      "another version of this workflow is waiting for its "
                      "owners: decide or withdraw it first");
    if (other.code != STATUS_NOT_FOUND)
        return other;
    TRY(limit_check_waiting(x, txn));
    TRY(check_name(x, txn, s));
    /* What was derived outside the transaction must still be so. */
    TRY(derive(x, txn, &s->workflow, &proposal, &manifest));
    if (!bytes_equal(buffer_bytes(&manifest), bytes_of_string(s->manifest)))
        return refuse(&x->why, STATUS_CONFLICT, "request",
                      "an object changed meanwhile: submit again");

    char id[API_ID_TEXT];
    api_id_text(&s->id, id);
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account,
                      api_id_bytes(&s->id), s->record);
    AUTO_JSON *extra = json_pack(
        "{s:O, s:O, s:O}", "digest", json_object_get(s->record, "digest"),
        "workflow", json_object_get(s->record, "workflow"), "version",
        json_object_get(s->record, "version"));
    return log_change(x, txn, "request-create", "request", id, extra);
}

static struct status submitted_answer(struct exchange *x)
{
    struct submitting *s = x->work;
    return answer_record(x, s->record, 201);
}

/* --- POST /accord/v1/check ----------------------------------------------- */

static struct status check_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *proposal = NULL;
    AUTO_CLEAR_BUFFER manifest = buffer_make(API_MANIFEST_MAX);
    struct api_id workflow;
    TRY(BODY_ONLY(x, "name", "description", "objects", "edges"));
    TRY(api_id_random(&workflow));
    TRY(policy_read(x->broker->store, &txn));
    struct status s = derive(x, txn, &workflow, &proposal, &manifest);
    if (failed(s) && !x->faults)
        return s;
    AUTO_JSON *notes = NULL;
    if (!x->faults)
        TRY(api_graph_idle(proposal, &notes));
    json_t *faults = x->faults ? TAKE(x->faults) : json_array();
    x->answer = json_pack("{s:o, s:O*}", "faults", faults, "notes", notes);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- GET, DELETE --------------------------------------------------------- */

/* No record changes by the passing of time: the view says it. */
static struct status tell_expiry(const struct exchange *x, json_t *view)
{
    const char *status = json_string_value(json_object_get(view, "status"));
    if (!status || strcmp(status, "pending") != 0 ||
        policy_request_waits(view, x->now / 1000))
        return OK;
    return json_object_set_new(view, "status", json_string("expired")) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status list_answer(struct exchange *x)
{
    size_t i;
    json_t *request;
    TRY(answer_list(x, POLICY_REQUEST));
    json_array_foreach(json_object_get(x->answer, "items"), i, request)
        TRY(tell_expiry(x, request));
    return OK;
}

/* The manifest of the version a request would replace, for the difference. */
static struct status add_parent(struct exchange *x, struct policy_txn *txn,
                                const json_t *record)
{
    AUTO_JSON *version = NULL;
    struct api_id workflow;
    int64_t number;
    const json_t *parent =
        json_object_get(json_object_get(record, "proposal"), "parent");
    json_t *text = json_null();
    if (json_is_object(parent)) {
        unsigned char at[4];
        TRY(api_json_id(record, "workflow", &workflow, &x->why));
        TRY(api_json_integer(parent, "version", 1, UINT32_MAX, &number,
                             &x->why));
        for (int i = 0; i < 4; i++)
            at[i] = (unsigned char)((uint32_t)number >> (24 - 8 * i));
        struct policy_key key =
            policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&x->peer.account),
                       api_id_bytes(&workflow), bytes_of(at, sizeof(at)));
        TRY(policy_get_json(txn, &key, &version));
        text = json_object_get(version, "manifest");
    }
    return json_object_set(x->answer, "parent_manifest", text) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, POLICY_REQUEST, &x->peer.account,
                          api_id_bytes(&id), &record, &x->why));
    TRY(answer_record(x, record, 200));
    TRY(tell_expiry(x, x->answer));
    return add_parent(x, txn, record);
}

static struct status drop_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id, requester;
    char text[API_ID_TEXT];
    TRY(path_id(x, 0, &id));
    TRY(signed_own(x, txn, POLICY_REQUEST, api_id_bytes(&id), &record));
    TRY(api_json_id(record, "requester", &requester, &x->why));
    if (x->peer.person.role < POLICY_MANAGER &&
        !api_id_equal(&requester, &x->peer.person.person))
        return exchange_deny(x, "role",
                             "only who submitted it or a manager withdraws a "
                             "request");
    const char *status = json_string_value(json_object_get(record, "status"));
    if (!status || strcmp(status, "pending") != 0)
        return refuse(&x->why, STATUS_CONFLICT, "request",
                      "this request is %s already", status ? status : "broken");
    if (json_object_set_new(record, "status", json_string("withdrawn")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account, api_id_bytes(&id),
                      record);
    api_id_text(&id, text);
    return log_change(x, txn, "request-withdraw", "request", text, NULL);
}

static struct status dropped_answer(struct exchange *x)
{
    if (x->http_status == 0)
        x->http_status = 204;
    return OK;
}

/* clang-format off */
const struct route routes_requests[] = {
    { HTTP_POST,   "/accord/v1/check",                A_READER, ACCORD, .answer = check_answer },
    { HTTP_GET,    "/accord/v1/requests",             A_READER, ACCORD, .answer = list_answer },
    { HTTP_POST,   "/accord/v1/requests",             A_WRITER, ACCORD, submit_prepare, submit_change, NULL, submitted_answer, submitting_free, false },
    { HTTP_GET,    "/accord/v1/requests/{}",          A_READER, ACCORD, .answer = get_answer },
    { HTTP_DELETE, "/accord/v1/requests/{}",          A_WRITER, ACCORD, .change = drop_change, .answer = dropped_answer, .tightens = true },
    { 0 },
};
/* clang-format on */
