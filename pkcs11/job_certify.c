/* job_certify.c - the worker writes certificates itself, from fields that
 * its log has seen. For an enclave it asks the verifier, and writes the
 * name and the identity hash from what it computed, not from what it was
 * told. */

#include "pkcs11/messages.h"
#include "pkcs11/worker.h"

/* What the checks learn on their way. */
struct certification {
    const struct pkcs11_certify *asked;
    struct hash evidence; /* digest; zero without evidence */
    struct hash identity; /* of the rule; zero without rule */
    char label[CA_LABEL_LEN + 1];
    char enclave_name[CA_NAME_MAX + 1];
    struct api_leaf leaf;
    struct hash leaf_hash;
};

/* Fields that belong to one kind are absent from all others. */
static struct status check_fields(const struct hsm_job *job,
                                  const struct pkcs11_certify *asked)
{
    bool enclave = asked->kind == CA_ENCLAVE;

    if (enclave != (asked->rule != NULL) ||
        enclave != (asked->evidence.len > 0) ||
        enclave != !hash_is_zero(&asked->configuration))
        return refuse(job->why, STATUS_INVALID, "certify",
                      "rule, evidence and configuration belong to enclaves, "
                      "and to each of them");
    if (!enclave &&
        (asked->collateral.len > 0 || !hash_is_zero(&asked->nonce) ||
         asked->binding.rule != 0 || asked->binding.material.len > 0))
        return refuse(job->why, STATUS_INVALID, "certify",
                      "collateral, nonce and binding belong to enclaves");
    if (asked->kind != CA_PERSON && !hash_is_zero(&asked->invitation))
        return refuse(job->why, STATUS_INVALID, "certify",
                      "only a person has an invitation");
    return OK;
}

static bool is_server_name(const struct hsm_settings *settings,
                           const char *name)
{
    for (size_t i = 0; i < hsm_server_names_count(settings); i++)
        if (strcasecmp(hsm_server_name_at(settings, i), name) == 0)
            return true;
    return false;
}

/* A server may not look like an enclave, and has only its own names. */
static struct status check_server_name(const struct hsm_job *job,
                                       const char *name)
{
    const struct hsm_settings *settings = &job->worker->settings;
    struct ca_enclave_name ignored;
    size_t len = strlen(name), domain = strlen(settings->domain);
    const char *end = name + len - (len < domain ? len : domain);

    if (hsm_server_names_count(settings) > 0 && !is_server_name(settings, name))
        return refuse(job->why, STATUS_DENIED, "name",
                      "%s is not among ca.server_names", name);
    bool below_id = len > domain + 4 &&
                    strcasecmp(end, settings->domain) == 0 &&
                    strncasecmp(end - 4, ".id.", 4) == 0;
    if (below_id || !failed(ca_enclave_name_parse(name, NULL, &ignored)))
        return refuse(job->why, STATUS_DENIED, "name",
                      "%s is a name of enclaves", name);
    return OK;
}

static struct status check_enclave_name(const struct hsm_job *job,
                                        const char *name)
{
    const struct hsm_settings *settings = &job->worker->settings;

    if (ca_workflow_name_is(name, settings->domain))
        return OK; /* the leaf says so: see check_names() */
    TRY(ca_name_allowed(name, settings->domain, NULL, 0, job->why));
    if (is_server_name(settings, name))
        return refuse(job->why, STATUS_DENIED, "name",
                      "%s is the broker's own name", name);
    return OK;
}

/* An app has one place in one workflow. Whether it is the right one cannot be
 * told here; that it was given can be read in the log. */
static struct status check_places(const struct hsm_job *job,
                                  const struct pkcs11_certify *asked)
{
    size_t places = 0;

    for (size_t i = 0; i < asked->names_count; i++)
        places +=
            ca_workflow_name_is(asked->names[i], job->worker->settings.domain);
    if (places > (asked->kind == CA_ENCLAVE))
        return refuse(job->why, STATUS_DENIED, "name",
                      "an app has one name in one workflow, others have none");
    return OK;
}

static struct status check_names(const struct hsm_job *job,
                                 const struct pkcs11_certify *asked)
{
    TRY(check_places(job, asked));
    for (size_t i = 0; i < asked->names_count; i++)
        TRY(asked->kind == CA_SERVER
                ? check_server_name(job, asked->names[i])
                : check_enclave_name(job, asked->names[i]));
    return OK;
}

/* What the evidence must say of key, configuration and nonce. */
static struct status expect_binding(const struct hsm_job *job,
                                    const struct pkcs11_certify *asked,
                                    struct hsm_question *question)
{
    struct ca_expectation expected = {
        .binding = asked->binding,
        .configuration = asked->configuration,
        .nonce = asked->nonce,
        .own_place = (asked->rule->kind & API_KIND_PLATFORM) == API_KIND_NITRO,
    };

    TRY(hash_of(&expected.spki, asked->spki));
    if (expected.own_place)
        question->nonce = asked->nonce;
    return ca_expected(&expected, question->report_data, job->why);
}

/* What the node's word must say of all three. */
static struct status expect_word(const struct hsm_job *job,
                                 const struct pkcs11_certify *asked,
                                 struct hsm_question *question)
{
    if (!hash_is_zero(&asked->nonce))
        return refuse(job->why, STATUS_DENIED, "nonce",
                      "nonce: a node's word has no place for one");
    if (asked->collateral.len > 0 || asked->binding.material.len > 0)
        return refuse(job->why, STATUS_INVALID, "certify",
                      "a node's word has neither collateral nor material");
    question->word.zone = buffer_bytes(&job->worker->ca_certificate);
    question->word.configuration = asked->configuration;
    question->word.account = asked->account;
    return hash_of(&question->word.spki, asked->spki);
}

static struct status check_nonce(const struct hsm_job *job,
                                 const struct pkcs11_certify *asked)
{
    if (!hash_is_zero(&asked->nonce))
        return hsm_nonce_check(job->worker->nonces, job->monotonic,
                               &asked->nonce, job->why);
    if (asked->rule->terms.nonce_demanded)
        return refuse(job->why, STATUS_DENIED, "nonce",
                      "nonce: the rule demands one, and none is given");
    return OK;
}

/* Genuine, matching the rule, and binding this key and configuration. */
static struct status check_evidence(const struct hsm_job *job,
                                    struct certification *c)
{
    const struct pkcs11_certify *asked = c->asked;
    struct hsm_question question = { .evidence = asked->evidence,
                                     .collateral = asked->collateral,
                                     .rule = asked->rule,
                                     .time = job->now / 1000 };
    struct ca_enclave_name name = { .configuration = asked->configuration };

    TRY(check_nonce(job, asked));
    TRY(asked->binding.rule == CA_BINDS_VOUCHED
            ? expect_word(job, asked, &question)
            : expect_binding(job, asked, &question));
    TRY(hsm_judge_ask(job->worker->judge, &question, c->label, job->why));
    memcpy(name.label, c->label, sizeof(name.label));
    return ca_enclave_name_write(&name, job->worker->settings.domain,
                                 c->enclave_name);
}

/* Who may use evidence for so long gets no certificate for longer. */
static struct status check_age(const struct hsm_job *job,
                               const struct certification *c)
{
    uint32_t limit = c->asked->rule ? c->asked->rule->terms.age_max : 0;
    uint64_t from = c->leaf.time / 1000;

    if (limit && c->asked->not_after > from &&
        c->asked->not_after - from > limit)
        return refuse(job->why, STATUS_DENIED, "age",
                      "the rule lets evidence count for %lu seconds, the "
                      "certificate would live longer",
                      (unsigned long)limit);
    return OK;
}

/* The log knows of exactly this certificate. */
static struct status check_leaf(const struct hsm_job *job,
                                struct certification *c)
{
    const struct pkcs11_certify *asked = c->asked;
    struct api_certificate_subject fields = {
        .kind = (uint8_t)asked->kind,
        .account = asked->account,
        .id = asked->id,
        .not_after = asked->not_after,
        .evidence = c->evidence,
        .identity = c->identity,
        .configuration = asked->configuration,
        .invitation = asked->invitation,
    };
    struct hash subject;

    TRY(hash_of(&fields.spki, asked->spki));
    TRY(api_names_hash(asked->names, asked->names_count, &fields.names));
    TRY(api_subject_certificate(asked->salt, &fields, &subject));
    return hsm_leaf_check(job, asked->leaf, API_LEAF_CERTIFICATE,
                          &asked->account, &subject, &c->leaf);
}

static struct status build(const struct hsm_job *job, struct certification *c)
{
    const struct pkcs11_certify *asked = c->asked;
    struct hsm_worker *worker = job->worker;
    struct hsm_signer key = { job->session, worker->keys.handle[HSM_CA] };
    const struct ca_signer signer = hsm_ca_signer(&key);
    const char *names[1 + CA_NAMES_MAX];
    size_t count = 0;

    if (asked->kind == CA_ENCLAVE)
        names[count++] = c->enclave_name;
    for (size_t i = 0; i < asked->names_count; i++)
        names[count++] = asked->names[i];
    struct ca_certificate_fields fields = {
        .statement = { .kind = asked->kind,
                       .account = asked->account,
                       .id = asked->id,
                       .evidence_kind = asked->rule ? asked->rule->kind : 0,
                       .identity = c->identity,
                       .evidence = c->evidence,
                       .evidence_time = asked->rule ? c->leaf.time : 0,
                       .configuration = asked->configuration },
        .spki = asked->spki,
        .not_before = c->leaf.time / 1000,
        .not_after = asked->not_after,
        .common_name = asked->common_name,
        .names = names,
        .names_count = count,
    };
    memcpy(fields.serial, c->leaf_hash.bytes, sizeof(fields.serial));
    fields.serial[0] &= 0x7f;
    return ca_certificate_build(&fields, buffer_bytes(&worker->ca_certificate),
                                &signer, job->out, job->why);
}

STATUS hsm_job_certify(const struct hsm_job *job, struct bytes body)
{
    struct pkcs11_certify_message message;
    struct certification c = { .asked = &message.fields };

    TRY(pkcs11_decode_certify(body, &message, job->why));
    TRY(check_fields(job, c.asked));
    TRY(check_names(job, c.asked));
    if (c.asked->rule) {
        TRY(api_identity_hash(c.asked->rule, &c.identity, job->why));
        TRY(hash_of(&c.evidence, c.asked->evidence));
    }
    TRY(check_leaf(job, &c));
    TRY(check_age(job, &c));
    if (c.asked->kind == CA_ENCLAVE)
        TRY(check_evidence(job, &c));
    TRY(hsm_leaf_take(job, c.asked->leaf, &c.leaf_hash));
    return build(job, &c);
}
