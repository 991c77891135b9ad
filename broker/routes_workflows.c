/* routes_workflows.c - agreed versions, and taking them back. */

#include "broker/body.h"
#include "broker/routes.h"

#include <stdlib.h>

static struct status list_answer(struct exchange *x)
{
    return answer_list(x, POLICY_WORKFLOW);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(path_id(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, POLICY_WORKFLOW, &x->peer.account,
                          api_id_bytes(&id), &record, &x->why));
    return answer_record(x, record, 200);
}

static struct status path_version(struct exchange *x, uint32_t *out)
{
    const char *text = x->part[1];
    uint64_t value = 0;
    size_t len = strlen(text);
    for (size_t i = 0; i < len && value <= UINT32_MAX; i++) {
        if (text[i] < '0' || text[i] > '9')
            len = 0;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (len == 0 || value == 0 || value > UINT32_MAX)
        return refuse(&x->why, STATUS_INVALID, "path",
                      "\"%s\" in the path is not a version", text);
    *out = (uint32_t)value;
    return OK;
}

static struct status get_version(struct exchange *x, struct policy_txn *txn,
                                 json_t **out)
{
    struct api_id id;
    uint32_t version;
    unsigned char at[4];
    TRY(path_id(x, 0, &id));
    TRY(path_version(x, &version));
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(version >> (24 - 8 * i));
    struct policy_key key =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&x->peer.account),
                   api_id_bytes(&id), bytes_of(at, sizeof(at)));
    struct status got = policy_get_json(txn, &key, out);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(&x->why, STATUS_NOT_FOUND, "workflow",
                      "there is no such version of a workflow here");
    return got;
}

static struct status version_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    TRY(policy_read(x->broker->store, &txn));
    TRY(get_version(x, txn, &record));
    return answer_record(x, record, 200);
}

/* --- POST .../withdraw --------------------------------------------------- */

static struct status owns_part(struct exchange *x, const json_t *record,
                               bool *out)
{
    AUTO_JSON *manifest = NULL;
    const char *text;
    char person[API_ID_TEXT];
    TRY(api_json_text(record, "manifest", &text, &x->why));
    TRY(api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false, &manifest,
                      &x->why));
    api_id_text(&x->peer.person.person, person);
    *out = json_object_get(json_object_get(manifest, "people"), person) != NULL;
    return OK;
}

static void json_free(void *work)
{
    json_decref(work);
}

static struct status withdraw_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    uint32_t version;
    bool owner = false;
    char subject[API_ID_TEXT + 16], text[API_ID_TEXT];
    TRY(get_version(x, txn, &record));
    TRY(path_id(x, 0, &id));
    TRY(path_version(x, &version));
    TRY(signed_only(x, record));
    TRY(owns_part(x, record, &owner));
    if (!owner && x->peer.person.role < POLICY_MANAGER)
        return exchange_deny(x, "role",
                             "only an owner of it or a manager withdraws a "
                             "workflow");
    TRY(policy_workflow_end(txn, &x->peer.account, &id, version, "withdrawn",
                            &x->why));
    json_t *after = NULL;
    TRY(get_version(x, txn, &after));
    x->work = after;

    api_id_text(&id, text);
    (void)snprintf(subject, sizeof(subject), "%s/%u", text, version);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O}", "digest", json_object_get(record, "digest"),
                  "hashes", json_object_get(record, "hashes"));
    return log_change(x, txn, "workflow-withdraw", "workflow", subject, extra);
}

static struct status withdrawn_answer(struct exchange *x)
{
    return answer_record(x, x->work, 200);
}

/* clang-format off */
const struct route routes_workflows[] = {
    { HTTP_GET,  "/accord/v1/workflows",                A_READER, ACCORD, .answer = list_answer },
    { HTTP_GET,  "/accord/v1/workflows/{}",             A_READER, ACCORD, .answer = get_answer },
    { HTTP_GET,  "/accord/v1/workflows/{}/{}",          A_READER, ACCORD, .answer = version_answer },
    { HTTP_POST, "/accord/v1/workflows/{}/{}/withdraw", A_READER, ACCORD, NULL, withdraw_change, NULL, withdrawn_answer, json_free, true },
    { 0 },
};
/* clang-format on */
