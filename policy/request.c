/* request.c - a workflow version waiting for its owners: one digest, all of
 * them, one decline rejects. */

#include "policy/deciding.h"
#include "policy/nouns.h"

bool policy_request_waits(const json_t *request, uint64_t now)
{
    const char *status = json_string_value(json_object_get(request, "status"));
    int64_t sign_by;
    return status && strcmp(status, "pending") == 0 &&
           !failed(api_json_integer(request, "sign_by", 0, INT64_MAX, &sign_by,
                                    NULL)) &&
           now <= (uint64_t)sign_by;
}

struct pending_search {
    json_t *workflow; /* uuid text */
    uint64_t now;
    json_t *found;
};

static struct status same_workflow(void *context, struct bytes tail,
                                   const json_t *value)
{
    (void)tail;
    struct pending_search *search = context;
    if (search->found || !policy_request_waits(value, search->now) ||
        !json_equal(json_object_get(value, "workflow"), search->workflow))
        return OK;
    search->found = json_deep_copy(value);
    return search->found ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status policy_request_pending(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const struct api_id *workflow,
                                     uint64_t now, json_t **out)
{
    AUTO_JSON *id = api_json_of_id(workflow);
    struct pending_search search = { id, now, NULL };
    struct policy_key all = policy_key(POLICY_REQUEST, api_id_bytes(account));
    TRY(policy_each_json(txn, &all, same_workflow, &search));
    if (!search.found)
        return failure(STATUS_NOT_FOUND, "request", 0);
    *out = search.found;
    return OK;
}

struct name_search {
    json_t *workflow; /* uuid text */
    const char *name;
    uint64_t now;
    bool waits, agreed;
};

/* Of a request, or of a workflow: both have these members. */
static bool is_of_name(const struct name_search *search, const json_t *value)
{
    const char *name = json_string_value(json_object_get(value, "name"));
    return name && strcmp(name, search->name) == 0 &&
           !policy_is_plain_class(value) &&
           !json_equal(json_object_get(value, "workflow"), search->workflow);
}

static struct status see_request(void *context, struct bytes tail,
                                 const json_t *value)
{
    struct name_search *search = context;
    (void)tail;
    search->waits |=
        is_of_name(search, value) && policy_request_waits(value, search->now);
    return OK;
}

static struct status see_workflow(void *context, struct bytes tail,
                                  const json_t *value)
{
    struct name_search *search = context;
    (void)tail;
    search->agreed |= is_of_name(search, value) && policy_workflow_lives(value);
    return OK;
}

struct status policy_workflow_name_use(struct policy_txn *txn,
                                       const struct api_id *account,
                                       const struct api_id *workflow,
                                       const char *name, uint64_t now,
                                       enum policy_name_use *out)
{
    AUTO_JSON *id = api_json_of_id(workflow);
    struct name_search search = { .workflow = id, .name = name, .now = now };
    struct policy_key requests =
        policy_key(POLICY_REQUEST, api_id_bytes(account));
    struct policy_key workflows =
        policy_key(POLICY_WORKFLOW, api_id_bytes(account));
    if (!id)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_each_json(txn, &requests, see_request, &search));
    TRY(policy_each_json(txn, &workflows, see_workflow, &search));
    *out = search.agreed  ? POLICY_NAME_AGREED
           : search.waits ? POLICY_NAME_WAITS
                          : POLICY_NAME_FREE;
    return OK;
}

/* The same graph, gathered again now, must still give the same manifest. */
static struct status still_true(struct policy_txn *txn,
                                const struct api_id *account,
                                const json_t *request, struct reason *why)
{
    AUTO_JSON *proposal = NULL, *faults = json_array();
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    const json_t *frozen = json_object_get(request, "proposal");
    const char *zone_ca, *manifest;
    struct api_id workflow;
    TRY(api_json_text(frozen, "zone_ca", &zone_ca, why));
    TRY(api_json_text(request, "manifest", &manifest, why));
    TRY(api_json_id(request, "workflow", &workflow, why));
    TRY(policy_proposal(txn, account, frozen, &workflow, zone_ca, &proposal,
                        why));
    TRY(policy_proposal_check_records(txn, account, proposal, faults));
    if (json_array_size(faults) > 0)
        return refuse(why, STATUS_CONFLICT, "request", "%s: %s",
                      json_string_value(
                          json_object_get(json_array_get(faults, 0), "where")),
                      json_string_value(
                          json_object_get(json_array_get(faults, 0), "fault")));
    struct status made = api_manifest_text(proposal, &text, why);
    if (is_wanting(made))
        return made;
    if (failed(made) ||
        !bytes_equal(buffer_bytes(&text), bytes_of_string(manifest)))
        return refuse(why, STATUS_CONFLICT, "request",
                      "what the request was derived from has changed since: "
                      "submit it again");
    return OK;
}

bool request_all_approved(const json_t *people)
{
    const char *id;
    json_t *person;
    json_t *all = json_incref((json_t *)(uintptr_t)people);
    bool yes = json_object_size(people) > 0;
    json_object_foreach(all, id, person)
    {
        const char *said =
            json_string_value(json_object_get(person, "decision"));
        yes = yes && said && strcmp(said, "approve") == 0;
    }
    json_decref(all);
    return yes;
}

static struct status settle(struct policy_txn *txn,
                            const struct api_id *account, json_t *request,
                            uint64_t now, struct reason *why)
{
    struct status s = still_true(txn, account, request, why);
    if (s.code == STATUS_CONFLICT) {
        struct reason cause = why ? *why : (struct reason){ "" };
        if (json_object_set_new(request, "status", json_string("failed")) ||
            json_object_set_new(request, "cause", json_string(cause.text)))
            return failure(STATUS_NO_MEMORY, "json", 0);
        return OK; /* the decision stands, the request has come to nothing */
    }
    TRY(s);
    if (json_object_set_new(request, "status", json_string("approved")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return policy_workflow_settle(txn, account, request, now, why);
}

static struct status remember(json_t *request, json_t *person,
                              const struct policy_decision *decision,
                              uint64_t now)
{
    json_t *approvals = json_object_get(request, "_approvals");
    json_t *entry = json_pack(
        "{s:o, s:s, s:o, s:o, s:I, s:O, s:s}", "person",
        api_json_of_id(&decision->person), "approval", decision->approval,
        "signature",
        api_json_of_base64(bytes_of(decision->signature.bytes,
                                    sizeof(decision->signature.bytes))),
        "key", api_json_of_base64(api_spki_bytes(&decision->key)),
        "valid_until", (json_int_t)decision->valid_until, "grants",
        decision->grants, "owner", decision->owner);
    if (json_object_set_new(
            person, "decision",
            json_string(decision->approve ? "approve" : "decline")) ||
        json_object_set_new(person, "at", json_integer((json_int_t)now)) ||
        json_array_append_new(approvals, entry))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status request_undecided(const json_t *request, const struct api_id *who,
                                uint64_t now, json_t **out, struct reason *why)
{
    char id[API_ID_TEXT];
    api_id_text(who, id);
    json_t *person = json_object_get(json_object_get(request, "people"), id);
    const char *status;
    int64_t sign_by;
    TRY(api_json_text(request, "status", &status, why));
    TRY(api_json_integer(request, "sign_by", 0, INT64_MAX, &sign_by, why));
    if (strcmp(status, "pending") != 0)
        return refuse(why, STATUS_CONFLICT, "request",
                      "this request is %s already", status);
    if (now > (uint64_t)sign_by)
        return refuse(why, STATUS_CONFLICT, "request",
                      "the time to sign this request is over");
    if (!person)
        return refuse(why, STATUS_DENIED, "request",
                      "you own nothing in this workflow, so there is nothing "
                      "for you to decide");
    if (json_is_string(json_object_get(person, "decision")))
        return refuse(why, STATUS_CONFLICT, "request",
                      "you have decided this request already");
    *out = person;
    return OK;
}

struct status policy_request_decide(struct policy_txn *txn,
                                    const struct api_id *account,
                                    json_t *request,
                                    const struct policy_decision *decision,
                                    uint64_t now, struct reason *why)
{
    json_t *person = NULL;
    TRY(request_undecided(request, &decision->person, now, &person, why));
    TRY(remember(request, person, decision, now));
    if (!decision->approve)
        return json_object_set_new(request, "status",
                                   json_string("declined")) == 0
                   ? OK
                   : failure(STATUS_NO_MEMORY, "json", 0);
    return request_all_approved(json_object_get(request, "people"))
               ? settle(txn, account, request, now, why)
               : OK;
}
