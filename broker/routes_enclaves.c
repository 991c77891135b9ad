/* routes_enclaves.c - programs: certificate for evidence, configuration and
 * credentials for a certificate. */

#include "broker/body.h"
#include "broker/issue.h"
#include "broker/routes.h"

#include <stdlib.h>

#include "attest/attest.h"

#define ENCLAVE_SECONDS (48 * 3600 - 60)

/* --- POST /accord/v1/certificates ---------------------------------------- */

struct attesting {
    struct attest_identity identity;
    struct hash configuration;
    struct policy_candidate candidate;
    struct issue issue;
};

static void attesting_free(void *work)
{
    struct attesting *a = work;
    issue_clear(&a->issue);
    free(a);
}

static struct status matches_rule(void *context,
                                  const struct api_identity_rule *rule,
                                  struct reason *why)
{
    return attest_matches(rule, context, why);
}

static struct status find_candidate(struct exchange *x, struct policy_txn *txn,
                                    struct attesting *a)
{
    TRY(policy_candidate_find(txn, &a->configuration, matches_rule,
                              &a->identity, &a->candidate, &x->why));
    if (a->candidate.code != POLICY_ALLOW) {
        x->code = policy_code_name(a->candidate.code);
        return failure(STATUS_DENIED, "candidate", 0);
    }
    return OK;
}

/* The one carrier of evidence that this broker reads. */
static struct status find_quote(struct exchange *x, const struct ca_csr *csr,
                                struct bytes *quote)
{
    const struct ca_carrier *found = NULL;
    for (size_t i = 0; i < csr->carriers_count; i++) {
        const struct ca_carrier *c = &csr->carriers[i];
        if (c->kind == CA_CARRIER_UNKNOWN)
            continue;
        if (c->kind != CA_CARRIER_QUOTE || found)
            return refuse(&x->why, STATUS_INVALID, "csr",
                          "csr: evidence of the form %s (%s) is not accepted "
                          "here: exactly one intel-quote is",
                          ca_carrier_name(c->kind), c->oid);
        found = c;
    }
    if (!found)
        return refuse(&x->why, STATUS_INVALID, "csr",
                      "csr: it carries no evidence");
    return ca_carrier_quote(found, quote);
}

/* Report data binds the request's key and one configuration, exactly. */
static struct status check_binding(struct exchange *x, struct attesting *a)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    memcpy(a->configuration.bytes, a->identity.report_data + HASH_LEN,
           HASH_LEN);
    if (hash_is_zero(&a->configuration))
        return exchange_deny(x, "configuration",
                             "the evidence names no runtime configuration");
    TRY(ca_report_data(&a->issue.key.hash, &a->configuration, expected));
    if (failed(attest_binds(&a->identity, expected)))
        return exchange_deny(x, "evidence",
                             "the evidence is not bound to the request's "
                             "key");
    return OK;
}

static struct status check_names(struct exchange *x,
                                 const struct ca_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct status s =
            ca_name_allowed(ca_name_at(names, i), x->broker->hsm_facts.domain,
                            NULL, 0, &x->why);
        if (failed(s)) {
            x->code = "identity";
            return s;
        }
    }
    return OK;
}

static struct status read_request(struct exchange *x, struct attesting *a)
{
    const char *pem;
    struct ca_csr csr = { 0 };
    struct bytes quote;
    TRY(BODY_ONLY(x, "csr"));
    TRY(api_json_text(x->body, "csr", &pem, &x->why));
    TRY(ca_csr_read(bytes_of_string(pem), &csr, &x->why));
    struct status s = issue_init(&a->issue, CA_ENCLAVE, &csr.key, &csr.names,
                                 csr.common_name);
    if (!failed(s))
        s = check_names(x, &csr.names);
    if (!failed(s))
        s = find_quote(x, &csr, &quote);
    if (!failed(s)) {
        buffer_put(&a->issue.evidence, quote);
        s = buffer_status(&a->issue.evidence);
    }
    ca_csr_clear(&csr);
    return s;
}

/* From here on the asking program is known by its evidence: its key stands
 * for it in the denial leaf, should one be due. */
static void know_peer(struct exchange *x, const struct attesting *a)
{
    x->peer = (struct peer){ .kind = PEER_ENCLAVE };
    x->peer.facts.key = a->issue.key;
}

static struct status attest_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct attesting *a = calloc(1, sizeof(*a));
    if (!a)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = a;
    TRY(read_request(x, a));
    struct bytes evidence = buffer_bytes(&a->issue.evidence);
    TRY(hash_of(&a->issue.evidence_digest, evidence));
    struct status verified =
        attest_verify(evidence, x->broker->anchors, x->broker->anchors_count,
                      x->now / 1000, &a->identity, &x->why);
    if (failed(verified)) {
        x->code = "evidence";
        return failure(verified.code == STATUS_INVALID ? STATUS_DENIED
                                                       : verified.code,
                       verified.origin, verified.detail);
    }
    TRY(check_binding(x, a));
    know_peer(x, a);
    TRY(policy_read(x->broker->store, &txn));
    return find_candidate(x, txn, a);
}

static struct status attest_change(struct exchange *x, struct policy_txn *txn)
{
    struct attesting *a = x->work;
    struct pkcs11_certify *c = &a->issue.certify;
    TRY(find_candidate(x, txn, a));
    TRY(policy_freshness(txn, &a->issue.evidence_digest, &a->issue.key.hash,
                         &x->why));
    a->issue.rule = a->candidate.app.rule;
    c->rule = &a->issue.rule;
    c->account = a->candidate.account;
    c->id = a->candidate.app.build;
    c->configuration = a->configuration;
    c->not_after = x->now / 1000 + ENCLAVE_SECONDS;
    return issue_record(x, txn, &a->issue);
}

static struct status attest_perform(struct exchange *x)
{
    struct attesting *a = x->work;
    return issue_sign(x, &a->issue);
}

static struct status attest_answer(struct exchange *x)
{
    struct attesting *a = x->work;
    x->answer =
        json_pack("{s:o, s:I, s:o}", "certificate", issue_pem(x, &a->issue),
                  "not_after", (json_int_t)a->issue.certify.not_after,
                  "configuration", api_json_of_hash(&a->configuration));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* --- what a certificate may have ----------------------------------------- */

static struct status ask(struct exchange *x, struct policy_txn *txn,
                         const struct api_id *dataset,
                         struct policy_answer *out)
{
    struct policy_question question = {
        .certificate = x->peer.facts,
        .certificate_chains = !failed(ca_chain_verify(
            x->peer_der, buffer_bytes(&x->broker->hsm_facts.ca_certificate),
            x->now / 1000, CA_FOR_CLIENT, NULL)),
        .dataset = dataset,
        .now = x->now / 1000,
        .clock_trusted = clock_trusted(&x->broker->clock),
    };
    TRY(policy_ask(txn, &question, out));
    if (out->code == POLICY_ALLOW)
        return OK;
    const char *code = policy_code_name(out->code);
    policy_answer_clear(out);
    return exchange_deny(x, code, "refused: %s", code);
}

/* --- GET /v1/runtime/app_configs ----------------------------------------- */

static json_t *connection_of(const struct exchange *x, const json_t *dataset)
{
    const char *id = json_string_value(json_object_get(dataset, "dataset"));
    char name[96];
    (void)snprintf(name, sizeof(name), "%s-credentials", id ? id : "");
    return json_pack("{s:{s:O, s:{s:{s:s, s:s, s:o}}}}", "dataset", "location",
                     json_object_get(dataset, "location"), "credentials",
                     "sdkms", "credentials_url", x->broker->url,
                     "credentials_key_name", name, "sdkms_app_id",
                     api_json_of_id(&x->broker->hsm_facts.store));
}

/* extra.connections: port -> object name -> where it lies. */
static struct status connections_of(const struct exchange *x,
                                    const struct policy_answer *answer,
                                    json_t *connections)
{
    const char *key;
    json_t *dataset, *port;
    size_t i;
    const char *app =
        json_string_value(json_object_get(answer->runtime, "app"));
    json_object_foreach(json_object_get(answer->manifest, "datasets"), key,
                        dataset)
    {
        json_array_foreach(json_object_get(dataset, "ports"), i, port)
        {
            const char *to = json_string_value(json_object_get(port, "app"));
            const char *name = json_string_value(json_object_get(port, "port"));
            if (!app || !to || !name || strcmp(app, to) != 0)
                continue;
            json_t *at = json_object_get(connections, name);
            if (!at) {
                at = json_object();
                if (json_object_set_new(connections, name, at) != 0)
                    return failure(STATUS_NO_MEMORY, "json", 0);
            }
            if (json_object_set_new(
                    at, json_string_value(json_object_get(dataset, "name")),
                    connection_of(x, dataset)) != 0)
                return failure(STATUS_NO_MEMORY, "json", 0);
        }
    }
    return OK;
}

static struct status runtime_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *config = NULL;
    AUTO_JSON *connections = json_object();
    const char *text;
    struct policy_answer answer;
    TRY(policy_read(x->broker->store, &txn));
    TRY(ask(x, txn, NULL, &answer));
    struct status s = connections_of(x, &answer, connections);
    if (!failed(s))
        s = api_json_text(answer.runtime, "text", &text, &x->why);
    if (!failed(s))
        s = api_json_read(bytes_of(text, json_string_length(json_object_get(
                                             answer.runtime, "text"))),
                          API_CONFIGURATION_MAX, true, &config, &x->why);
    policy_answer_clear(&answer);
    TRY(s);
    x->answer = json_pack("{s:O, s:{s:O}}", "config", config, "extra",
                          "connections", connections);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- POST /accord/v1/release --------------------------------------------- */

struct releasing {
    struct api_id dataset;
    struct api_context context;
    struct api_owner owner;
    struct buffer grant, blob, wrapped;
    struct api_signature signature;
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
};

static void releasing_free(void *work)
{
    struct releasing *r = work;
    buffer_clear(&r->grant);
    buffer_clear(&r->blob);
    buffer_clear(&r->wrapped);
    free(r);
}

static struct status read_owner(const json_t *record, struct api_owner *out)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    TRY(api_json_base64(record, "owner", &encoded, NULL));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    TRY(api_owner_decode(&in, out));
    return cursor_finish(&in, "owner");
}

/* What the HSM will want to see, taken from what decide() allowed. */
static struct status fill_release(struct exchange *x, struct policy_txn *txn,
                                  const struct policy_answer *answer)
{
    struct releasing *r = x->work;
    buffer_clear(&r->grant);
    buffer_clear(&r->blob);
    if (!answer->grant || !answer->record)
        return exchange_deny(x, "approvals",
                             "no grant of the owner for this dataset");
    r->context = (struct api_context){ .account = answer->account,
                                       .dataset = r->dataset };
    TRY(api_json_id(answer->record, "version", &r->context.version, NULL));
    TRY(read_owner(answer->record, &r->owner));
    TRY(api_owner_hash(&r->owner, &r->context.owner));
    TRY(api_json_base64(answer->grant, "grant", &r->grant, NULL));
    TRY(api_json_signature(answer->grant, "signature", &r->signature, NULL));
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&r->context.account),
        api_id_bytes(&r->context.dataset), api_id_bytes(&r->context.version));
    return policy_get(txn, &blob, &r->blob);
}

static struct status decide_release(struct exchange *x, struct policy_txn *txn)
{
    struct releasing *r = x->work;
    struct policy_answer answer;
    TRY(ask(x, txn, &r->dataset, &answer));
    struct status s = fill_release(x, txn, &answer);
    policy_answer_clear(&answer);
    return s;
}

static struct status release_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct releasing *r = calloc(1, sizeof(*r));
    if (!r)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = r;
    r->grant = buffer_make(512);
    r->blob = buffer_make(API_CREDENTIAL_MAX + 64);
    r->wrapped = buffer_make(1024);
    TRY(BODY_ONLY(x, "dataset"));
    TRY(api_json_id(x->body, "dataset", &r->dataset, &x->why));
    TRY(policy_read(x->broker->store, &txn));
    return decide_release(x, txn);
}

static struct status log_release(struct exchange *x, struct policy_txn *txn,
                                 struct releasing *r)
{
    struct hash ctx, grant, subject;
    TRY(api_context_hash(&r->context, &ctx));
    TRY(hash_of(&grant, buffer_bytes(&r->grant)));
    TRY(random_fill(r->salt, sizeof(r->salt)));
    TRY(api_subject_release(r->salt, &ctx, &x->peer.certificate, &grant,
                            &subject));
    AUTO_JSON *detail =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "action", "release",
                  "dataset", api_json_of_id(&r->dataset), "version",
                  api_json_of_id(&r->context.version), "configuration",
                  api_json_of_hash(&x->peer.facts.statement.configuration),
                  "certificate", api_json_of_hash(&x->peer.certificate),
                  "grant", api_json_of_hash(&grant), "decision", "allow");
    struct policy_event event = { .kind = API_LEAF_RELEASE,
                                  .account = r->context.account,
                                  .subject = &subject,
                                  .salt = r->salt,
                                  .detail = detail };
    size_t mine = x->leaves;
    TRY(exchange_log(x, txn, &event));
    memcpy(r->leaf, x->leaf[mine].leaf, sizeof(r->leaf));
    return OK;
}

static struct status release_change(struct exchange *x, struct policy_txn *txn)
{
    TRY(decide_release(x, txn));
    return log_release(x, txn, x->work);
}

static struct status release_perform(struct exchange *x)
{
    struct releasing *r = x->work;
    struct pkcs11_release job = { .context = r->context,
                                  .certificate = x->peer_der,
                                  .grant = buffer_bytes(&r->grant),
                                  .signature = r->signature,
                                  .owner = &r->owner };
    memcpy(job.leaf, r->leaf, sizeof(job.leaf));
    memcpy(job.salt, r->salt, sizeof(job.salt));
    return pkcs11_release(x->broker->hsm, &job, &r->wrapped, &x->why);
}

static struct status release_answer(struct exchange *x)
{
    struct releasing *r = x->work;
    x->answer =
        json_pack("{s:s, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:i}}", "mechanism",
                  "RSA-OAEP-SHA1", "wrapped",
                  api_json_of_base64(buffer_bytes(&r->wrapped)), "blob",
                  api_json_of_base64(buffer_bytes(&r->blob)), "context",
                  "account", api_json_of_id(&r->context.account), "dataset",
                  api_json_of_id(&r->context.dataset), "version",
                  api_json_of_id(&r->context.version), "owner",
                  api_json_of_hash(&r->context.owner), "flags", 0);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* clang-format off */
const struct route routes_enclaves[] = {
    { HTTP_POST, "/accord/v1/certificates",  ANYBODY,    ACCORD,  attest_prepare, attest_change, attest_perform, attest_answer, attesting_free, false },
    { HTTP_GET,  "/v1/runtime/app_configs",  AN_ENCLAVE, PRODUCT, .answer = runtime_answer },
    { HTTP_GET,  "/api/v1/confidential_computing/runtime/app_configs", AN_ENCLAVE, PRODUCT, .answer = runtime_answer },
    { HTTP_POST, "/accord/v1/release",       AN_ENCLAVE, ACCORD,  release_prepare, release_change, release_perform, release_answer, releasing_free, false },
    { 0 },
};
/* clang-format on */
