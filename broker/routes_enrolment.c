/* routes_enrolment.c - how hosts become compute nodes: a zone's join token
 * gives a node its certificate, that certificate lets it report and renew
 * (section 5.14 of the wire contract). */

#include <stdlib.h>

#include "base/text.h"
#include "broker/issue.h"
#include "broker/node.h"
#include "broker/product.h"
#include "broker/routes.h"
#include "broker/zone.h"

#define NODE_SECONDS (30ull * 86400 - 3600)

struct status node_log(struct exchange *x, struct policy_txn *txn,
                       const char *action, const struct api_id *node,
                       const json_t *extra)
{
    char text[API_ID_TEXT];
    api_id_text(node, text);
    return log_change(x, txn, action, "node", text, extra);
}

struct enrolling {
    struct api_id node;
    bool renews;    /* by the node's own certificate */
    bool certifies; /* there is a CSR */
    struct issue issue;
    json_t *record;
};

static void enrolling_free(void *work)
{
    struct enrolling *e = work;
    issue_clear(&e->issue);
    json_decref(e->record);
    free(e);
}

/* --- what the agent says ------------------------------------------------- */

static struct status read_error(struct exchange *x, const json_t **out)
{
    const json_t *report = json_object_get(x->body, "error_report");
    *out = json_is_null(report) ? NULL : report;
    if (*out && (!json_is_string(json_object_get(*out, "message")) ||
                 !json_is_string(json_object_get(*out, "name"))))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "error_report: expected message and name");
    return OK;
}

/* The quote is kept out: what a node runs on is not judged, nothing is shown
 * as attested, and its word is a node's word (ca/word.h). */
static struct status read_csr(struct exchange *x, struct enrolling *e,
                              const char *name, const char **type)
{
    const json_t *request = json_object_get(x->body, "attestation_request");
    const char *pem = json_string_value(json_object_get(request, "csr"));
    struct ca_csr csr = { 0 };
    *type = json_string_value(json_object_get(request, "attestation_type"));
    e->certifies = request && !json_is_null(request);
    if (!e->certifies)
        return OK;
    if (!pem)
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "attestation_request.csr is missing");
    struct reason why = { "" };
    struct status read = ca_csr_read(bytes_of_string(pem), &csr, &why);
    if (failed(read))
        return is_wanting(read)
                   ? read
                   : product_refuse(x, 400, "CERT_PARSE_ERROR",
                                    "attestation_request.csr: %s", why.text);
    struct status s = issue_init(&e->issue, CA_NODE, &csr.key, NULL, name);
    ca_csr_clear(&csr);
    return s;
}

static struct status build_record(struct exchange *x, struct enrolling *e,
                                  const char *name, const char *type,
                                  const json_t *error)
{
    const char *description, *address, *host, *sgx;
    struct api_id zone;
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(product_text_optional(x, "description", 1024, &description));
    TRY(product_text(x, "ipaddress", 64, &address));
    TRY(product_text_optional(x, "host_id", 256, &host));
    TRY(product_text(x, "sgx_version", 64, &sgx));
    TRY(zone_id(&x->peer.account, &zone));
    e->record = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:{s:s, s:I, s:I, s:I}, s:{s:s}, s:{}, "
        "s:s*, s:s*, s:s*, s:O*}",
        "name", name, "acct_id", api_json_of_id(&x->peer.account), "ipaddress",
        address, "node_id", api_json_of_id(&e->node), "zone_id",
        api_json_of_id(&zone), "status", "status",
        e->certifies ? "RUNNING" : "FAILED", "created_at", now,
        "status_updated_at", now, "last_seen_at", now, "sgx_info", "version",
        sgx, "labels", "description", description, "host_id", host,
        "attestation_type", type, "error_report", error);
    return e->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status enrol_prepare(struct exchange *x)
{
    const char *name, *type = NULL;
    const json_t *error;
    struct enrolling *e = calloc(1, sizeof(*e));
    if (!e)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = e;
    TRY(PRODUCT_ONLY(x, "name", "description", "ipaddress", "host_id",
                     "sgx_version", "attestation_request", "error_report",
                     "sys_info"));
    TRY(product_text(x, "name", POLICY_NAME_MAX, &name));
    if (failed(policy_name_check(name, NULL)))
        return product_refuse(x, 400, "INVALID_NAME",
                              "name: no control characters, please");
    e->renews = x->peer.kind == PEER_NODE;
    if (e->renews)
        e->node = x->peer.facts.statement.id;
    else
        TRY(api_id_random(&e->node));
    TRY(read_error(x, &error));
    TRY(read_csr(x, e, name, &type));
    if (!e->certifies && !error)
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "attestation_request or error_report is missing");
    return build_record(x, e, name, type, error);
}

/* --- record, certify, keep ----------------------------------------------- */

static struct status count(void *context, struct bytes tail,
                           struct bytes contents)
{
    (void)tail, (void)contents;
    ++*(size_t *)context;
    return OK;
}

/* The zone may have gone meanwhile, and it holds so many nodes. */
static struct status check_room(struct exchange *x, struct policy_txn *txn)
{
    struct policy_account account;
    size_t nodes = 0;
    struct policy_key all =
        policy_key(POLICY_COMPUTE_NODE, api_id_bytes(&x->peer.account));
    struct status got = policy_account_get(txn, &x->peer.account, &account);
    if (got.code == STATUS_NOT_FOUND)
        return product_refuse(x, 401, "AUTH_FAILED",
                              "the zone of this join token is gone");
    TRY(got);
    TRY(policy_each(txn, &all, count, &nodes));
    if (nodes >= NODES_PER_ACCOUNT)
        return product_refuse(x, 403, "QUOTA_EXCEEDED",
                              "there are %d nodes in this account already",
                              NODES_PER_ACCOUNT);
    return OK;
}

/* What people said of the node, and since when it is here, stays. */
static struct status take_over(struct exchange *x, struct policy_txn *txn,
                               struct enrolling *e)
{
    AUTO_JSON *old = NULL;
    TRY(node_get(x, txn, &x->peer.account, &e->node, &old));
    json_t *is = json_object_get(old, "status");
    const char *status = json_string_value(json_object_get(is, "status"));
    if (status && strcmp(status, "DEACTIVATED") == 0)
        return product_refuse(x, 403, "FORBIDDEN",
                              "a MANAGER has deactivated this node");
    if (json_object_set(e->record, "labels", json_object_get(old, "labels")) ||
        json_object_set(json_object_get(e->record, "status"), "created_at",
                        json_object_get(is, "created_at")) ||
        (!e->certifies && json_object_get(old, "_serial") &&
         json_object_set(e->record, "_serial",
                         json_object_get(old, "_serial"))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status certify(struct exchange *x, struct policy_txn *txn,
                             struct enrolling *e)
{
    struct pkcs11_certify *c = &e->issue.certify;
    unsigned char serial[CA_SERIAL_LEN];
    char text[2 * CA_SERIAL_LEN + 1];
    c->account = x->peer.account;
    c->id = e->node;
    c->not_after = x->now / 1000 + NODE_SECONDS;
    TRY(issue_record(x, txn, &e->issue));
    TRY(issue_serial(&e->issue, serial));
    hex_encode(bytes_of(serial, sizeof(serial)), text);
    return product_add(e->record, "_serial", json_string(text))
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The certificate's leaf comes first: it is what the HSM wants to see. */
static struct status enrol_change(struct exchange *x, struct policy_txn *txn)
{
    struct enrolling *e = x->work;
    char node[API_ID_TEXT], subject[64];
    TRY(check_room(x, txn));
    if (e->renews)
        TRY(take_over(x, txn, e));
    if (e->certifies)
        TRY(certify(x, txn, e));
    node_put(txn, &x->peer.account, &e->node, e->record);
    api_id_text(&e->node, node);
    (void)snprintf(subject, sizeof(subject), "node/%s", node);
    AUTO_JSON *detail =
        json_pack("{s:s, s:s, s:s, s:s, s:O}", "action",
                  e->renews ? "node-renew" : "node-enrol", "actor", node, "by",
                  e->renews ? "certificate" : "join-token", "subject", subject,
                  "name", json_object_get(e->record, "name"));
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .account = x->peer.account,
                                  .subject_text = subject,
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

static struct status enrol_keep(struct exchange *x, struct policy_txn *txn)
{
    const struct enrolling *e = x->work;
    return issue_keep(txn, &e->issue);
}

static struct status enrol_perform(struct exchange *x)
{
    struct enrolling *e = x->work;
    if (!e->certifies)
        return OK;
    TRY(issue_sign(x, &e->issue));
    x->keep = enrol_keep;
    return OK;
}

/* A TaskResult; with the certificate besides, which clients of the product
 * ignore and our agent takes. */
static struct status enrol_answer(struct exchange *x)
{
    const struct enrolling *e = x->work;
    struct api_id task;
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(api_id_random(&task));
    x->answer = json_pack(
        "{s:o, s:o, s:s, s:{s:I, s:I, s:s}}", "task_id", api_json_of_id(&task),
        "node_id", api_json_of_id(&e->node), "task_type", "NODE_ATTESTATION",
        "task_status", "created_at", now, "status_updated_at", now, "status",
        e->certifies ? "SUCCESS" : "FAILED");
    if (!x->answer || (e->certifies && !product_add(x->answer, "certificate",
                                                    issue_pem(x, &e->issue))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* --- POST /v1/node/status ------------------------------------------------ */

/* No leaf: hearing of a node every few minutes changes nothing. */
static struct status status_keep(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    const struct api_id *node = &x->peer.facts.statement.id;
    TRY(node_get(x, txn, &x->peer.account, node, &record));
    json_t *is = json_object_get(record, "status");
    if (json_object_set_new(is, "last_seen_at",
                            json_integer((json_int_t)(x->now / 1000))) ||
        json_object_set(record, "ipaddress",
                        json_object_get(x->body, "ipaddress")))
        return failure(STATUS_NO_MEMORY, "json", 0);
    node_put(txn, &x->peer.account, node, record);
    return OK;
}

static struct status status_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    const char *text;
    TRY(PRODUCT_ONLY(x, "name", "description", "ipaddress", "status",
                     "sgx_version"));
    TRY(product_text(x, "name", POLICY_NAME_MAX, &text));
    TRY(product_text(x, "ipaddress", 64, &text));
    TRY(product_text(x, "sgx_version", 64, &text));
    TRY(product_text_optional(x, "description", 1024, &text));
    TRY(policy_read(x->broker->store, &txn));
    TRY(node_get(x, txn, &x->peer.account, &x->peer.facts.statement.id,
                 &record));
    x->keep = status_keep;
    return OK;
}

static struct status status_answer(struct exchange *x)
{
    x->answer =
        json_pack("{s:i, s:i}", "node_refresh_interval", ZONE_REFRESH_SECONDS,
                  "node_renewal_threshold", ZONE_RENEWAL_PERCENT);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_enrolment[] = {
    { HTTP_POST, "/v1/nodes",       A_JOINER, PRODUCT, enrol_prepare, enrol_change, enrol_perform, enrol_answer, enrolling_free, false },
    { HTTP_POST, "/v1/node/status", A_NODE,   PRODUCT, .prepare = status_prepare, .answer = status_answer },
    { 0 },
};
/* clang-format on */
