/* routes_issuance.c - certificates of the CCM class as the product's manager
 * issues and shows them (section 2.5 of the wire contract). */

#include <stdlib.h>

#include "base/text.h"
#include "broker/attesting.h"
#include "broker/programs.h"
#include "broker/routes.h"
#include "broker/tasks.h"

/* --- POST /v1/certificates ----------------------------------------------- */

struct issuance {
    struct attesting attesting; /* first: as attesting.h wants x->work */
    struct api_id task;
    json_t *record; /* of the task */
};

static void issuance_free(void *work)
{
    struct issuance *i = work;
    json_decref(i->record);
    attesting_free(&i->attesting);
}

/* In the account that the evidence led to. */
static struct status check_node(struct exchange *x, struct issuance *i)
{
    bool known;
    TRY(program_check_node(x, &i->attesting, &known));
    if (known)
        return OK;
    return product_refuse(x, 400, "INVALID_VALUE",
                          "node_id: there is no such node in this account");
}

static struct status issue_prepare(struct exchange *x)
{
    const char *pem;
    struct issuance *i = x->work = calloc(1, sizeof(*i));
    if (!i)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(PRODUCT_ONLY(x, "csr", "node_id"));
    TRY(product_text(x, "csr", CA_CSR_MAX, &pem));
    TRY(product_id_optional(x, "node_id", &i->attesting.node));
    TRY(api_id_random(&i->task));
    TRY(attesting_read(x, &i->attesting, pem));
    TRY(attesting_judge(x, &i->attesting));
    if (!i->attesting.candidate.plain_class)
        return product_refuse(x, 403, "FORBIDDEN",
                              "this program's workflow is of the signed class: "
                              "POST /accord/v1/certificates");
    return check_node(x, i);
}

/* What people ask for later is kept with the certificate's record. */
static struct status note(struct exchange *x, struct policy_txn *txn,
                          const struct api_id *certificate)
{
    AUTO_JSON *record = NULL;
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, api_id_bytes(certificate));
    TRY(policy_get_json(txn, &key, &record));
    if (json_object_set(record, "csr", json_object_get(x->body, "csr")))
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    return OK;
}

static struct status issue_change(struct exchange *x, struct policy_txn *txn)
{
    struct issuance *i = x->work;
    const struct api_id *build = &i->attesting.candidate.app.build;
    struct api_id certificate;
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(attesting_change(x, txn));
    TRY(issue_serial(&i->attesting.issue, certificate.bytes));
    TRY(note(x, txn, &certificate));
    i->record =
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:[]}", "task",
                  api_json_of_id(&i->task), "class", "ccm", "task_type",
                  TASK_CERTIFICATE, "entity_id", api_json_of_id(&certificate),
                  "certificate_id", api_json_of_id(&certificate), "build_id",
                  api_json_of_id(build), "status", "SUCCESS", "created_at", now,
                  "status_updated_at", now, "approvals");
    if (!i->record || (!api_id_is_zero(&i->attesting.node) &&
                       json_object_set_new(i->record, "node_id",
                                           api_json_of_id(&i->attesting.node))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_TASK, &x->peer.account,
                      api_id_bytes(&i->task), i->record);
    return OK;
}

static struct status issue_kept(struct exchange *x, struct policy_txn *txn)
{
    const struct issuance *i = x->work;
    return issue_keep(txn, &i->attesting.issue);
}

static struct status issue_perform(struct exchange *x)
{
    TRY(attesting_perform(x));
    x->keep = issue_kept;
    return OK;
}

static struct status issue_answer(struct exchange *x)
{
    const struct issuance *i = x->work;
    return task_result(i->record, &x->answer);
}

/* --- GET /v1/certificates/{id} ------------------------------------------- */

static bool is_shown(const char *kind)
{
    return kind && (strcmp(kind, ca_kind_name(CA_ENCLAVE)) == 0 ||
                    strcmp(kind, ca_kind_name(CA_NODE)) == 0);
}

/* A program's, or a node's: those of people are their own affair. */
static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct api_id *id, json_t **out)
{
    AUTO_JSON *record = NULL;
    struct api_id account;
    TRY(product_path_id(x, 0, "certificate", id));
    struct policy_key key = policy_key(POLICY_CERTIFICATE, api_id_bytes(id));
    struct status got = policy_get_json(txn, &key, &record);
    if (!failed(got))
        got = api_json_id(record, "account", &account, &x->why);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (failed(got) || !api_id_equal(&account, &x->peer.account) ||
        !is_shown(json_string_value(json_object_get(record, "kind"))))
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such certificate in this account");
    *out = TAKE(record);
    return OK;
}

static struct status certificate_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    return program_certificate(x, txn, id.bytes, record, &x->answer);
}

/* --- GET /v1/apps/{id}/node/{id}/... -------------------------------------- */

typedef STATUS (*at_fn)(struct exchange *x, struct policy_txn *txn,
                        const struct api_id *app, const struct api_id *node,
                        json_t **out);

static struct status answer_at(struct exchange *x, at_fn view)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id app, node;
    TRY(product_path_id(x, 0, "app", &app));
    TRY(product_path_id(x, 1, "node", &node));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_APP, api_id_bytes(&app), "app", &record));
    struct status got = view(x, txn, &app, &node, &x->answer);
    if (got.code != STATUS_NOT_FOUND)
        return got;
    return product_refuse(x, 404, "NOT_FOUND",
                          "no program of this app got a certificate through "
                          "that node");
}

static struct status at_answer(struct exchange *x)
{
    return answer_at(x, program_at);
}

static struct status details_at_answer(struct exchange *x)
{
    return answer_at(x, program_details_at);
}

/* clang-format off */
const struct route routes_issuance[] = {
    { HTTP_POST, "/v1/certificates",    ANYBODY,        PRODUCT, issue_prepare, issue_change, issue_perform, issue_answer, issuance_free, false },
    { HTTP_GET,  "/v1/certificates/{}", A_USER_READING, PRODUCT, .answer = certificate_answer },
    { HTTP_GET,  "/v1/apps/{}/node/{}/certificate", A_USER_READING, PRODUCT, .answer = at_answer },
    { HTTP_GET,  "/v1/apps/{}/node/{}/certificate-details", A_USER_READING, PRODUCT, .answer = details_at_answer },
    { 0 },
};
/* clang-format on */
