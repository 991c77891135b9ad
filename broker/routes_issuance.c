/* routes_issuance.c - certificates of the CCM class as the product's manager
 * issues and shows them (section 2.5 of the wire contract). */

#include <stdlib.h>

#include "base/text.h"
#include "broker/attesting.h"
#include "broker/node.h"
#include "broker/plain.h"
#include "broker/routes.h"
#include "broker/tasks.h"

/* --- POST /v1/certificates ----------------------------------------------- */

struct issuance {
    struct attesting attesting; /* first: as attesting.h wants x->work */
    struct api_id task, node;   /* node: zero without one */
    json_t *record;             /* of the task */
};

static void issuance_free(void *work)
{
    struct issuance *i = work;
    json_decref(i->record);
    attesting_free(&i->attesting);
}

/* In the account that the evidence led to. */
static struct status check_node(struct exchange *x, const struct issuance *i)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *node = NULL;
    if (api_id_is_zero(&i->node))
        return OK;
    TRY(policy_read(x->broker->store, &txn));
    struct status got = node_get(x, txn, &x->peer.account, &i->node, &node);
    if (got.code != STATUS_NOT_FOUND)
        return got;
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
    TRY(product_id_optional(x, "node_id", &i->node));
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
                          const struct issuance *i,
                          const struct api_id *certificate)
{
    AUTO_JSON *record = NULL;
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, api_id_bytes(certificate));
    TRY(policy_get_json(txn, &key, &record));
    if ((!api_id_is_zero(&i->node) &&
         json_object_set_new(record, "node", api_json_of_id(&i->node))) ||
        json_object_set(record, "csr", json_object_get(x->body, "csr")))
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
    TRY(note(x, txn, i, &certificate));
    i->record =
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:[]}", "task",
                  api_json_of_id(&i->task), "class", "ccm", "task_type",
                  TASK_CERTIFICATE, "entity_id", api_json_of_id(&certificate),
                  "certificate_id", api_json_of_id(&certificate), "build_id",
                  api_json_of_id(build), "status", "SUCCESS", "created_at", now,
                  "status_updated_at", now, "approvals");
    if (!i->record ||
        (!api_id_is_zero(&i->node) &&
         json_object_set_new(i->record, "node_id", api_json_of_id(&i->node))))
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

static const char *status_of(const struct exchange *x, const json_t *record)
{
    json_int_t end = json_integer_value(json_object_get(record, "not_after"));
    if (!json_is_false(json_object_get(record, "revoked")))
        return "REVOKED";
    return x->now / 1000 > (uint64_t)end ? "EXPIRED" : "ISSUED";
}

/* The program's build, and the app that it belongs to. */
static struct status add_program(struct exchange *x, struct policy_txn *txn,
                                 const json_t *certificate, json_t *view)
{
    AUTO_JSON *build = NULL;
    struct api_id id;
    TRY(api_json_id(certificate, "id", &id, &x->why));
    struct status got = policy_object_get(txn, POLICY_BUILD, &x->peer.account,
                                          api_id_bytes(&id), &build, NULL);
    if (failed(got))
        return got.code == STATUS_NOT_FOUND ? OK : got;
    json_t *app = json_object_get(build, "app");
    if (json_object_set_new(view, "build_id", api_json_of_id(&id)) ||
        (json_is_string(app) && json_object_set(view, "app_id", app)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status show(struct exchange *x, struct policy_txn *txn,
                          const struct api_id *id, const json_t *record)
{
    AUTO_JSON *pem = NULL;
    struct status kept = issue_kept_pem(x, txn, id->bytes, &pem);
    if (failed(kept) && kept.code != STATUS_NOT_FOUND)
        return kept;
    x->answer = json_pack("{s:o, s:s, s:O*, s:O*, s:O*}", "certificate_id",
                          api_json_of_id(id), "status", status_of(x, record),
                          "csr", json_object_get(record, "csr"), "certificate",
                          pem, "node_id", json_object_get(record, "node"));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return add_program(x, txn, record, x->answer);
}

static struct status certificate_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    return show(x, txn, &id, record);
}

/* --- GET /v1/apps/{}/node/{}/certificate[-details] ------------------------ */

/* The newest certificate of the app's programs that names the node. */
struct newest {
    struct exchange *x;
    struct policy_txn *txn;
    struct api_id app, node, id;
    json_t *record, *build;
};

static bool has_id(const json_t *record, const char *member,
                   const struct api_id *wanted)
{
    struct api_id id;
    return !failed(api_json_id(record, member, &id, NULL)) &&
           api_id_equal(&id, wanted);
}

static bool is_newer(const json_t *record, const json_t *than)
{
    return !than || json_integer_value(json_object_get(record, "not_after")) >=
                        json_integer_value(json_object_get(than, "not_after"));
}

static struct status consider(void *context, struct bytes serial,
                              const json_t *record)
{
    struct newest *n = context;
    AUTO_JSON *build = NULL;
    struct api_id id;
    if (!has_id(record, "node", &n->node) ||
        !has_id(record, "account", &n->x->peer.account) ||
        !is_newer(record, n->record))
        return OK;
    TRY(api_json_id(record, "id", &id, &n->x->why));
    struct status got =
        policy_object_get(n->txn, POLICY_BUILD, &n->x->peer.account,
                          api_id_bytes(&id), &build, NULL);
    if (failed(got))
        return got.code == STATUS_NOT_FOUND ? OK : got;
    if (!has_id(build, "app", &n->app))
        return OK;
    json_decref(n->record);
    json_decref(n->build);
    n->record = json_deep_copy(record);
    n->build = TAKE(build);
    memcpy(n->id.bytes, serial.at, sizeof(n->id.bytes));
    return n->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static void newest_clear(struct newest *n)
{
    json_decref(n->record);
    json_decref(n->build);
}

#define AUTO_CLEAR_NEWEST __attribute__((cleanup(newest_clear))) struct newest

static struct status find_newest(struct exchange *x, struct newest *n)
{
    AUTO_JSON *app = NULL, *node = NULL;
    struct policy_key all = policy_key_parts(POLICY_CERTIFICATE, NULL, 0);
    n->x = x;
    TRY(product_path_id(x, 0, "app", &n->app));
    TRY(product_path_id(x, 1, "node", &n->node));
    TRY(plain_find(x, n->txn, POLICY_APP, api_id_bytes(&n->app), "app", &app));
    TRY(node_get(x, n->txn, &x->peer.account, &n->node, &node));
    TRY(policy_each_json(n->txn, &all, consider, n));
    if (!n->record)
        return product_refuse(x, 404, "NOT_FOUND",
                              "no certificate of this app names this node");
    return OK;
}

static struct status app_certificate_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    AUTO_CLEAR_NEWEST n = { .txn = txn };
    TRY(find_newest(x, &n));
    return show(x, txn, &n.id, n.record);
}

static struct status app_details_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    AUTO_CLEAR_NEWEST n = { .txn = txn };
    TRY(find_newest(x, &n));
    TRY(issue_kept_details(x, txn, n.id.bytes, &x->answer));
    const char *tcb = json_string_value(
        json_object_get(json_object_get(n.record, "verdict"), "tcb"));
    json_t *info = json_object_get(n.build, "enclave_info");
    if (json_object_set_new(x->answer, "ias_quote_status",
                            json_string(tcb ? tcb : "refused")) ||
        (info && json_object_set(x->answer, "enclave_info", info)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* clang-format off */
const struct route routes_issuance[] = {
    { HTTP_POST, "/v1/certificates",    ANYBODY,        PRODUCT, issue_prepare, issue_change, issue_perform, issue_answer, issuance_free, false },
    { HTTP_GET,  "/v1/certificates/{}", A_USER_READING, PRODUCT, .answer = certificate_answer },
    { HTTP_GET,  "/v1/apps/{}/node/{}/certificate", A_USER_READING, PRODUCT, .answer = app_certificate_answer },
    { HTTP_GET,  "/v1/apps/{}/node/{}/certificate-details", A_USER_READING, PRODUCT, .answer = app_details_answer },
    { 0 },
};
/* clang-format on */
