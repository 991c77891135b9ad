/* routes_decisions.c - an owner's signed word on one request. */

#include "base/text.h"
#include "broker/body.h"
#include "broker/routes.h"

#include <stdlib.h>

struct deciding {
    struct api_id id;
    struct api_approval approval;
    struct policy_decision decision;
    struct buffer owner;
    json_t *record;
};

static void deciding_free(void *work)
{
    struct deciding *d = work;
    json_decref(d->record);
    buffer_clear(&d->owner);
    free(d);
}

static struct status same_grant(struct exchange *x,
                                const struct api_grant *wanted, size_t i,
                                const json_t *given)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(512);
    unsigned char expected[API_GRANT_LEN];
    struct api_signature signature;
    TRY(api_grant_encode(wanted, expected));
    TRY(api_json_base64(given, "grant", &raw, &x->why));
    TRY(api_json_signature(given, "signature", &signature, &x->why));
    if (!bytes_equal(buffer_bytes(&raw), bytes_of(expected, sizeof(expected))))
        return refuse(&x->why, STATUS_INVALID, "grants",
                      "grants[%zu]: not the grant this manifest asks for", i);
    struct status held = api_verify(&((struct deciding *)x->work)->decision.key,
                                    buffer_bytes(&raw), &signature);
    return failed(held) ? refuse_for(held, &x->why, STATUS_DENIED, "grants",
                                     "grants[%zu]: not signed by your key", i)
                        : OK;
}

/* An approval carries exactly the grants its manifest asks of this owner. */
static struct status check_grants(struct exchange *x, struct deciding *d)
{
    AUTO_JSON *manifest = NULL;
    const char *text;
    const json_t *given;
    struct api_grant *wanted = NULL, first;
    size_t count = 0;
    AUTO_CLEAR_BUFFER raw = buffer_make(512);
    TRY(api_json_array(x->body, "grants", &given, &x->why));
    d->decision.grants = given;
    if (!d->approval.approve || json_array_size(given) == 0) {
        first = (struct api_grant){ .not_before = x->now / 1000,
                                    .not_after = d->approval.valid_until };
    } else {
        TRY(api_json_base64(json_array_get(given, 0), "grant", &raw, &x->why));
        TRY(api_grant_decode(buffer_bytes(&raw), &first, &x->why));
    }
    if (first.not_after != d->approval.valid_until)
        return refuse(&x->why, STATUS_INVALID, "grants",
                      "grants: they must end with the approval's "
                      "valid_until");
    TRY(api_json_text(d->record, "manifest", &text, &x->why));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      &x->why));
    TRY(api_grants_wanted(manifest, &d->approval.digest,
                          &x->peer.person.owner_hash, first.not_before,
                          first.not_after, &wanted, &count));
    if (!d->approval.approve)
        count = 0;
    struct status s = OK;
    if (json_array_size(given) != count)
        s = refuse(&x->why, STATUS_INVALID, "grants",
                   "grants: this decision needs %zu, %zu were given", count,
                   json_array_size(given));
    for (size_t i = 0; i < count && !failed(s); i++)
        s = same_grant(x, &wanted[i], i, json_array_get(given, i));
    free(wanted);
    return s;
}

static struct status check_approval(struct exchange *x, struct deciding *d,
                                    const char *text)
{
    struct hash digest;
    struct api_spki current;
    TRY(api_approval_read(bytes_of_string(text), &d->approval, &x->why));
    TRY(api_owner_current(&x->peer.person.owner, &current, &x->why));
    d->decision.key = current;
    struct status held =
        api_verify(&current, bytes_of_string(text), &d->decision.signature);
    if (failed(held))
        return refuse_for(held, &x->why, STATUS_DENIED, "signature",
                          "signature: not by your key over this approval");
    TRY(api_json_hash(d->record, "digest", &digest, &x->why));
    if (!api_id_equal(&d->approval.request, &d->id) ||
        !hash_equal(&d->approval.digest, &digest))
        return refuse(&x->why, STATUS_INVALID, "approval",
                      "approval: it speaks of another request or digest");
    if (d->approval.sign_by < x->now / 1000)
        return refuse(&x->why, STATUS_INVALID, "approval",
                      "approval: its own sign_by is over");
    if (d->approval.head_size > broker_head(x->broker).size)
        return refuse(&x->why, STATUS_INVALID, "approval",
                      "approval: it names a log head that does not exist");
    return OK;
}

static struct status owner_text(struct exchange *x, struct deciding *d)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    d->owner = buffer_make(8192);
    TRY(api_owner_encode(&x->peer.person.owner, &encoded));
    base64_encode(buffer_bytes(&encoded), &d->owner);
    buffer_put_u8(&d->owner, 0);
    d->decision.owner = (const char *)d->owner.data;
    return buffer_status(&d->owner);
}

static struct status decide_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const char *text;
    struct deciding *d = calloc(1, sizeof(*d));
    if (!d)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = d;
    TRY(BODY_ONLY(x, "approval", "signature", "grants"));
    TRY(path_id(x, 0, &d->id));
    TRY(api_json_text(x->body, "approval", &text, &x->why));
    TRY(api_json_signature(x->body, "signature", &d->decision.signature,
                           &x->why));
    TRY(policy_read(x->broker->store, &txn));
    TRY(signed_own(x, txn, POLICY_REQUEST, api_id_bytes(&d->id), &d->record));
    TRY(check_approval(x, d, text));
    TRY(owner_text(x, d));
    d->decision.person = x->peer.person.person;
    d->decision.approval = text;
    d->decision.approve = d->approval.approve;
    d->decision.valid_until = d->approval.valid_until;
    return check_grants(x, d);
}

static struct status decide_change(struct exchange *x, struct policy_txn *txn)
{
    struct deciding *d = x->work;
    char id[API_ID_TEXT];
    api_id_text(&d->id, id);
    json_decref(d->record);
    d->record = NULL;
    TRY(signed_own(x, txn, POLICY_REQUEST, api_id_bytes(&d->id), &d->record));
    TRY(policy_request_decide(txn, &x->peer.account, d->record, &d->decision,
                              x->now / 1000, &x->why));
    policy_object_put(txn, POLICY_REQUEST, &x->peer.account,
                      api_id_bytes(&d->id), d->record);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O, s:s, s:s, s:O}", "digest",
                  json_object_get(d->record, "digest"), "status",
                  json_object_get(d->record, "status"), "decision",
                  d->decision.approve ? "approve" : "decline", "approval",
                  d->decision.approval, "signature",
                  json_object_get(x->body, "signature"));
    return log_event(x, txn, API_LEAF_APPROVAL, "decide", "request", id, extra);
}

static struct status decided_answer(struct exchange *x)
{
    struct deciding *d = x->work;
    return answer_record(x, d->record, 200);
}

/* clang-format off */
const struct route routes_decisions[] = {
    { HTTP_POST,   "/accord/v1/requests/{}/decision", A_READER, ACCORD, decide_prepare, decide_change, NULL, decided_answer, deciding_free, false },
    { 0 },
};
/* clang-format on */
