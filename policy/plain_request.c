/* plain_request.c - a workflow version waiting for its users: one digest, all
 * of them, one decline rejects. */

#include "policy/deciding.h"
#include "policy/nouns.h"

static struct status no_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status remember(json_t *request, json_t *person,
                              const struct api_id *user, bool approve,
                              uint64_t now)
{
    json_t *approvals = json_object_get(request, "_approvals");
    json_t *entry =
        json_pack("{s:o, s:O, s:b}", "user", api_json_of_id(user), "digest",
                  json_object_get(request, "digest"), "approve", approve);
    if (json_object_set_new(person, "decision",
                            json_string(approve ? "approve" : "decline")) ||
        json_object_set_new(person, "at", json_integer((json_int_t)now)) ||
        json_array_append_new(approvals, entry))
        return no_memory();
    return OK;
}

struct status policy_plain_decide(json_t *request, const struct api_id *user,
                                  bool approve, const char *denial,
                                  uint64_t now, bool *last, struct reason *why)
{
    json_t *person = NULL;
    *last = false;
    TRY(request_undecided(request, user, now, &person, why));
    TRY(remember(request, person, user, approve, now));
    if (approve) {
        *last = request_all_approved(json_object_get(request, "people"));
        return OK;
    }
    if (json_object_set_new(request, "status", json_string("declined")) ||
        json_object_set_new(request, "denier", api_json_of_id(user)) ||
        (denial &&
         json_object_set_new(request, "denial_reason", json_string(denial))))
        return no_memory();
    return OK;
}

/* --- settling ------------------------------------------------------------ */

static struct status add_fault(json_t *faults, const char *where,
                               const char *fault)
{
    json_t *entry = json_pack("{s:s, s:s}", "where", where, "fault", fault);
    return json_array_append_new(faults, entry) == 0 ? OK : no_memory();
}

static struct status check_requester(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const struct api_id *requester,
                                     json_t *faults)
{
    struct policy_member member = { .role = POLICY_NO_ROLE };
    struct status got = policy_member_get(txn, account, requester, &member);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (!failed(got) && member.state == POLICY_MEMBER_ACTIVE &&
        member.role >= POLICY_WRITER)
        return OK;
    return add_fault(faults, "requester",
                     "who asked for it may not make workflows any more");
}

/* One more version needs a workflow that is still there. */
static struct status check_workflow(struct policy_txn *txn,
                                    const struct api_id *account,
                                    const struct api_id *workflow,
                                    json_t *faults)
{
    AUTO_JSON *record = NULL;
    struct status got = policy_object_get(
        txn, POLICY_WORKFLOW, account, api_id_bytes(workflow), &record, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    return policy_workflow_lives(record)
               ? OK
               : add_fault(faults, "workflow",
                           "its last version was deleted meanwhile");
}

/* The same graph, gathered again now, must still give the same manifest. */
static struct status check_manifest(const json_t *request,
                                    const json_t *proposal, json_t *faults)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    const char *manifest;
    TRY(api_json_text(request, "manifest", &manifest, NULL));
    struct status made = api_plain_manifest_text(proposal, &text, NULL);
    if (failed(made) && made.code != STATUS_INVALID)
        return made;
    if (!failed(made) &&
        bytes_equal(buffer_bytes(&text), bytes_of_string(manifest)))
        return OK;
    return add_fault(faults, "request",
                     "what the request was derived from has changed since: "
                     "submit it again");
}

static struct status gather_faults(struct policy_txn *txn,
                                   const struct api_id *account,
                                   const json_t *request, json_t **out)
{
    AUTO_JSON *proposal = NULL, *faults = NULL;
    const json_t *frozen = json_object_get(request, "proposal");
    const char *zone_ca;
    struct api_id workflow, requester;
    TRY(api_json_text(frozen, "zone_ca", &zone_ca, NULL));
    TRY(api_json_id(request, "workflow", &workflow, NULL));
    TRY(api_json_id(request, "requester", &requester, NULL));
    TRY(policy_plain_proposal(txn, account, frozen, &workflow, zone_ca,
                              &requester, &proposal, NULL));
    TRY(api_plain_check(proposal, &faults));
    TRY(policy_plain_check_records(txn, account, proposal, faults));
    TRY(check_requester(txn, account, &requester, faults));
    if (json_is_true(json_object_get(request, "extends")))
        TRY(check_workflow(txn, account, &workflow, faults));
    if (json_array_size(faults) == 0)
        TRY(check_manifest(request, proposal, faults));
    *out = TAKE(faults);
    return OK;
}

struct status policy_plain_settle(struct policy_txn *txn,
                                  const struct api_id *account, json_t *request,
                                  uint64_t now, json_t **out)
{
    AUTO_JSON *faults = NULL;
    TRY(gather_faults(txn, account, request, &faults));
    bool holds = json_array_size(faults) == 0;
    if (json_object_set_new(request, "status",
                            json_string(holds ? "approved" : "failed")) != 0)
        return no_memory();
    *out = holds ? NULL : TAKE(faults);
    return holds ? policy_workflow_settle(txn, account, request, now, NULL)
                 : OK;
}
