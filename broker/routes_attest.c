/* routes_attest.c - a certificate for evidence: who asks is known by what the
 * evidence proves, and by nothing else. */

#include "broker/attesting.h"
#include "broker/body.h"
#include "broker/domains.h"
#include "broker/evidence.h"
#include "broker/images.h"
#include "broker/issue.h"
#include "broker/programs.h"
#include "broker/routes.h"
#include "broker/word.h"

#include <stdlib.h>

#include "attest/attest.h"

#define ENCLAVE_SECONDS (48 * 3600 - 60)
#define NONCE_SECONDS   120 /* as accord-hsm keeps it */

static bool is_word(const struct attesting *a)
{
    return a->issue.certify.binding.rule == CA_BINDS_VOUCHED;
}

void attesting_free(void *work)
{
    struct attesting *a = work;
    issue_clear(&a->issue);
    evidence_judged_clear(&a->judged);
    buffer_clear(&a->subject);
    free(a);
}

static struct status matches_rule(void *context,
                                  const struct api_identity_rule *rule,
                                  struct reason *why)
{
    struct attesting *a = context;
    TRY(attest_matches(rule, &a->judged.identity,
                       a->issue.verdict.judged / 1000, why));
    TRY(evidence_evaluation(&a->judged, rule, why));
    if (!rule->terms.nonce_demanded || !hash_is_zero(&a->issue.certify.nonce))
        return OK;
    a->nonce_missing = true;
    return refuse(why, STATUS_DENIED, "nonce",
                  "nonce: the rule demands evidence made for this "
                  "request: ask for a nonce first");
}

static struct status find_candidate(struct exchange *x, struct policy_txn *txn,
                                    struct attesting *a)
{
    TRY(policy_candidate_find(txn, &a->configuration, matches_rule, a,
                              &a->candidate, &x->why));
    x->peer.account = a->candidate.account;
    if (a->candidate.code != POLICY_ALLOW) {
        x->code = policy_code_name(a->candidate.code);
        if (a->candidate.pending)
            x->code = "build-pending";
        else if (a->nonce_missing)
            x->code = "nonce";
        return failure(STATUS_DENIED, "candidate", 0);
    }
    if (is_word(a))
        TRY(word_check(x, txn, &a->word, &a->configuration,
                       &a->candidate.account));
    TRY(image_check(x, txn, &a->candidate, &a->judged.identity));
    return domains_check(x, txn, &a->candidate, &a->issue.names,
                         a->issue.common_name);
}

/* Which configuration the evidence is bound to: what the request's subject
 * says, which the binding covers, or else what stands in the report data; of a
 * node's word, what it says. */
static struct status find_configuration(struct exchange *x, struct attesting *a)
{
    if (is_word(a))
        a->configuration = a->word.said.configuration;
    else if (hash_is_zero(&a->configuration))
        memcpy(a->configuration.bytes,
               a->judged.identity.report_data + HASH_LEN, HASH_LEN);
    if (hash_is_zero(&a->configuration))
        return exchange_deny(x, "configuration",
                             "the evidence names no runtime configuration");
    return OK;
}

/* Its key was compared when it was judged. */
static struct status check_word(struct exchange *x, const struct attesting *a)
{
    if (!hash_is_zero(&a->issue.certify.nonce))
        return exchange_deny(x, "nonce",
                             "nonce: a node's word has no place for one");
    return OK;
}

/* The evidence is bound to the request's key, one configuration and the
 * nonce, exactly. */
static struct status check_binding(struct exchange *x, struct attesting *a)
{
    const struct pkcs11_certify *c = &a->issue.certify;
    unsigned char bound[CA_REPORT_DATA_LEN];
    struct ca_expectation expected = {
        .binding = c->binding,
        .spki = a->issue.key.hash,
        .nonce = c->nonce,
        .own_place =
            (a->judged.identity.kind & API_KIND_PLATFORM) == API_KIND_NITRO,
    };
    TRY(find_configuration(x, a));
    if (is_word(a))
        return check_word(x, a);
    expected.configuration = a->configuration;
    TRY(ca_expected(&expected, bound, &x->why));
    struct status binds = attest_binds(&a->judged.identity, bound);
    if (is_wanting(binds))
        return binds;
    bool nonce = !expected.own_place || hash_is_zero(&c->nonce) ||
                 !failed(attest_has_nonce(&a->judged.identity, &c->nonce));
    if (!nonce || failed(binds))
        return exchange_deny(x, "evidence",
                             "the evidence is not bound to the request's "
                             "key, or to its nonce");
    return OK;
}

/* The names of this broker: an enclave's certificate serves, too. */
struct own_names {
    struct http_url url;
    char nodes[HTTP_HOST_MAX + 16];
    const char *name[2 + CA_NAMES_MAX];
    size_t count;
};

static struct status find_own_names(struct exchange *x, struct own_names *out)
{
    const struct config *config = x->broker->config;
    size_t more = config_list_count(config, "server", "names");
    TRY(http_url_split(x->broker->url, &out->url, &x->why));
    (void)snprintf(out->nodes, sizeof(out->nodes), "nodes.%s", out->url.host);
    out->name[out->count++] = out->url.host;
    out->name[out->count++] = out->nodes;
    for (size_t i = 0; i < more && i < CA_NAMES_MAX; i++)
        out->name[out->count++] =
            config_list_item(config, "server", "names", i);
    return OK;
}

static struct status check_names(struct exchange *x,
                                 const struct ca_names *names)
{
    struct own_names own = { .count = 0 };
    TRY(find_own_names(x, &own));
    for (size_t i = 0; i < names->count; i++) {
        struct status s =
            ca_name_allowed(ca_name_at(names, i), x->broker->hsm_facts.domain,
                            own.name, own.count, &x->why);
        if (failed(s)) {
            x->code = "identity";
            return s;
        }
    }
    return OK;
}

static struct status take_evidence(struct exchange *x, struct attesting *a,
                                   const struct ca_csr *csr)
{
    struct ca_evidence evidence = { .has_configuration = false };
    struct issue *issue = &a->issue;
    TRY(ca_csr_evidence(csr, &evidence, &x->why));
    buffer_put(&issue->evidence, buffer_bytes(&evidence.bytes));
    buffer_put(&issue->material, evidence.binding.material);
    issue->certify.binding =
        (struct ca_binding){ evidence.binding.rule,
                             buffer_bytes(&issue->material) };
    if (evidence.has_configuration)
        a->configuration = evidence.configuration;
    bool judged = evidence.binding.rule == CA_BINDS_KEY ||
                  evidence.binding.rule == CA_BINDS_DOMAIN ||
                  evidence.binding.rule == CA_BINDS_VOUCHED ||
                  (evidence.binding.rule == CA_BINDS_CLAIMS &&
                   evidence.has_configuration);
    if (is_word(a))
        buffer_put(&a->subject, csr->subject);
    ca_evidence_clear(&evidence);
    TRY(buffer_status(&issue->evidence));
    if (!judged)
        return refuse(&x->why, STATUS_INVALID, "csr",
                      "csr: evidence of this form is not accepted here: its "
                      "binding names no configuration");
    TRY(buffer_status(&a->subject));
    return buffer_status(&issue->material);
}

struct status attesting_read(struct exchange *x, struct attesting *a,
                             const char *pem)
{
    struct ca_csr csr = { 0 };
    a->subject = buffer_make(CA_SUBJECT_MAX);
    TRY(ca_csr_read(bytes_of_string(pem), &csr, &x->why));
    struct status s = issue_init(&a->issue, CA_ENCLAVE, &csr.key, &csr.names,
                                 csr.common_name);
    if (!failed(s))
        s = check_names(x, &csr.names);
    if (!failed(s))
        s = take_evidence(x, a, &csr);
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

/* What a platform signed. */
static struct status judge_evidence(struct exchange *x, struct attesting *a)
{
    struct status s =
        evidence_judge(x->broker, buffer_bytes(&a->issue.evidence),
                       x->now / 1000, &a->judged, &x->why);
    if (!failed(s))
        return OK;
    x->code = "evidence";
    return failure(s.code == STATUS_INVALID ? STATUS_DENIED : s.code, s.origin,
                   s.detail);
}

struct status attesting_judge(struct exchange *x, struct attesting *a)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(hash_of(&a->issue.evidence_digest, buffer_bytes(&a->issue.evidence)));
    TRY(is_word(a) ? word_judge(x, &a->issue, buffer_bytes(&a->subject),
                                &a->word, &a->judged)
                   : judge_evidence(x, a));
    a->issue.verdict = evidence_verdict(&a->judged, x->now);
    TRY(check_binding(x, a));
    know_peer(x, a);
    TRY(policy_read(x->broker->store, &txn));
    return find_candidate(x, txn, a);
}

/* Not longer than its evidence may count. */
static uint64_t life_of(const struct api_identity_rule *rule)
{
    uint32_t limit = rule->terms.age_max;
    return limit && limit < ENCLAVE_SECONDS ? limit : ENCLAVE_SECONDS;
}

/* The name by which the other apps of its workflow find it. */
static struct status add_place(struct exchange *x, struct attesting *a)
{
    char name[CA_NAME_MAX + 1];
    if (!a->candidate.partner[0])
        return OK;
    TRY(ca_workflow_name_write(a->candidate.partner, &a->candidate.workflow,
                               x->broker->hsm_facts.domain, name));
    return issue_add_name(&a->issue, name, &x->why);
}

/* Through which node it came, as it says or as a node's word proves. */
static struct status note_node(struct exchange *x, struct policy_txn *txn,
                               struct attesting *a)
{
    const struct api_id *node =
        is_word(a) ? &a->word.said.node.statement.id : &a->node;
    return api_id_is_zero(node) ? OK : program_put(x, txn, a, node);
}

struct status attesting_change(struct exchange *x, struct policy_txn *txn)
{
    struct attesting *a = x->work;
    struct pkcs11_certify *c = &a->issue.certify;
    TRY(find_candidate(x, txn, a));
    TRY(add_place(x, a));
    TRY(policy_freshness(txn, &a->issue.evidence_digest, &a->issue.key.hash,
                         &c->nonce, &x->why));
    a->issue.rule = a->candidate.app.rule;
    c->rule = &a->issue.rule;
    c->account = a->candidate.account;
    c->id = a->candidate.app.build;
    c->configuration = a->configuration;
    c->not_after = x->now / 1000 + life_of(&a->issue.rule);
    c->collateral = buffer_bytes(&a->judged.collateral);
    TRY(issue_record(x, txn, &a->issue));
    TRY(note_node(x, txn, a));
    return c->collateral.len > 0 ? evidence_use(x, txn, &a->judged) : OK;
}

struct status attesting_perform(struct exchange *x)
{
    struct attesting *a = x->work;
    struct status s = issue_sign(x, &a->issue);
    /* Only the worker knows its nonces: one that ended, perhaps while the
     * request waited for an approval, has to be asked for again. */
    if (s.code == STATUS_DENIED && strncmp(x->why.text, "nonce:", 6) == 0)
        x->code = "nonce";
    return s;
}

/* --- POST /accord/v1/certificates ---------------------------------------- */

/* An agent may serve programs of accounts that its node is none of: then
 * nothing is remembered of it. */
static struct status attest_prepare(struct exchange *x)
{
    bool known;
    const char *pem;
    struct attesting *a = x->work = calloc(1, sizeof(*a));
    if (!a)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(BODY_ONLY(x, "csr", "nonce", "node_id"));
    if (json_object_get(x->body, "nonce"))
        TRY(api_json_hash(x->body, "nonce", &a->issue.certify.nonce, &x->why));
    if (json_object_get(x->body, "node_id"))
        TRY(api_json_id(x->body, "node_id", &a->node, &x->why));
    TRY(api_json_text(x->body, "csr", &pem, &x->why));
    TRY(attesting_read(x, a, pem));
    TRY(attesting_judge(x, a));
    return program_check_node(x, a, &known);
}

static struct status attest_kept(struct exchange *x, struct policy_txn *txn)
{
    const struct attesting *a = x->work;
    return issue_keep(txn, &a->issue);
}

/* Its bytes are kept only for who looks at the node. */
static struct status attest_perform(struct exchange *x)
{
    const struct attesting *a = x->work;
    TRY(attesting_perform(x));
    if (a->placed)
        x->keep = attest_kept;
    return OK;
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

/* --- POST /accord/v1/nonces ---------------------------------------------- */

static struct status nonce_answer(struct exchange *x)
{
    struct hash nonce;
    TRY(pkcs11_nonce(x->broker->hsm, &nonce, &x->why));
    x->answer = json_pack("{s:o, s:i}", "nonce", api_json_of_hash(&nonce),
                          "seconds", NONCE_SECONDS);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- GET /accord/v1/evidence/collateral ---------------------------------- */

static struct status collateral_answer(struct exchange *x)
{
    x->answer = collateral_list(&x->broker->collateral);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_attest[] = {
    { HTTP_GET,  "/accord/v1/evidence/collateral", A_READER, ACCORD, .answer = collateral_answer },
    { HTTP_POST, "/accord/v1/nonces",        ANYBODY,    ACCORD,  NULL, NULL, NULL, nonce_answer, NULL, false },
    { HTTP_POST, "/accord/v1/certificates",  ANYBODY,    ACCORD,  attest_prepare, attesting_change, attest_perform, attest_answer, attesting_free, false },
    { 0 },
};
/* clang-format on */
