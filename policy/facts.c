/* facts.c - from records to the facts decide() wants, one candidate version
 * after another. */

#include "policy/holders.h"

#include <stdlib.h>

void policy_answer_clear(struct policy_answer *answer)
{
    json_decref(answer->runtime);
    json_decref(answer->manifest);
    json_decref(answer->dataset);
    json_decref(answer->record);
    json_decref(answer->grant);
    *answer = (struct policy_answer){ 0 };
}

/* What one version says, gathered for one run of decide(). */
struct candidate {
    struct agreed_version *version; /* NULL: there is none */
    json_t *dataset;                /* its entry in the manifest */
    json_t *record;
    json_t *grant;
    struct decision_facts facts;
};

static void candidate_free(struct candidate *c)
{
    if (!c)
        return;
    agreed_version_free(c->version);
    json_decref(c->dataset);
    json_decref(c->record);
    json_decref(c->grant);
    free(c);
}
DEFINE_AUTO_FREE(candidate);

static struct status load_version(struct policy_txn *txn,
                                  const struct holder *h, struct candidate *c)
{
    struct status got = holder_version(txn, h, &c->version);
    if (got.code == STATUS_NOT_FOUND)
        return OK; /* the facts then say that no version is known */
    TRY(got);

    c->facts.version_known = true;
    c->facts.version_active = c->version->active;
    c->facts.version_plain_class = c->version->plain_class;
    c->facts.manifest = c->version->manifest;
    c->facts.digest = c->version->digest;
    c->facts.approvals = c->version->approvals;
    c->facts.approvals_count = c->version->approvals_count;
    c->facts.approvals_end = c->version->end;
    return OK;
}

static struct status optional(struct status got)
{
    return got.code == STATUS_NOT_FOUND ? OK : got;
}

/* The user among `people` whose object it is; false when nobody is. */
static bool user_of(const json_t *manifest, const json_t *entry,
                    struct api_id *out)
{
    json_t *people = json_object_get(manifest, "people"), *person;
    const char *text;
    struct api_id user;
    struct hash owner, theirs;
    if (failed(api_json_hash(entry, "owner", &owner, NULL)))
        return false;
    json_object_foreach(people, text, person)
    {
        if (failed(api_id_parse(bytes_of_string(text), &user)) ||
            failed(policy_user_owner(&user, &theirs)) ||
            !hash_equal(&theirs, &owner))
            continue;
        *out = user;
        return true;
    }
    return false;
}

/* Who reset a user's password by a mailed token need not be the user: until
 * the user resumes them, datasets of the CCM class rest; and after a restore.
 */
static struct status see_a_reset(struct policy_txn *txn, struct candidate *c)
{
    struct api_id user;
    bool suspends = false;
    if (!c->facts.dataset_plain_class || c->facts.suspended_by ||
        !user_of(c->version->manifest, c->dataset, &user))
        return OK;
    TRY(policy_user_suspends(txn, &user, &suspends));
    if (suspends)
        c->facts.suspended_by = "a reset password, an older store put back, or "
                                "an owner who is gone";
    return OK;
}

static struct status load_dataset(struct policy_txn *txn,
                                  const struct holder *h,
                                  const struct policy_question *asked,
                                  const char *app, struct candidate *c)
{
    const json_t *entry = NULL;
    unsigned char number[4];
    version_bytes(h->version, number);
    TRY(optional(api_manifest_dataset(c->version->manifest, app, asked->dataset,
                                      &entry)));
    c->dataset = json_incref((json_t *)(uintptr_t)entry);
    TRY(optional(policy_object_get(txn, POLICY_DATASET, &h->account,
                                   api_id_bytes(asked->dataset), &c->record,
                                   NULL)));
    struct policy_key grant = policy_key(
        POLICY_GRANT, hash_bytes(&asked->certificate.statement.configuration),
        api_id_bytes(&h->account), api_id_bytes(&h->workflow),
        bytes_of(number, 4), api_id_bytes(asked->dataset));
    TRY(optional(policy_get_json(txn, &grant, &c->grant)));

    c->facts.dataset_plain_class = policy_is_plain_class(c->record);
    const json_t *suspended = json_object_get(c->record, "suspended");
    if (json_is_object(suspended))
        c->facts.suspended_by =
            json_string_value(json_object_get(suspended, "by"));
    TRY(see_a_reset(txn, c));
    if (c->grant) {
        AUTO_CLEAR_BUFFER raw = buffer_make(512);
        struct api_grant decoded;
        TRY(api_json_base64(c->grant, "grant", &raw, NULL));
        TRY(api_grant_decode(buffer_bytes(&raw), &decoded, NULL));
        if (decoded.not_after < c->facts.approvals_end)
            c->facts.approvals_end = decoded.not_after;
    }
    return OK;
}

static struct status recompute_runtime(const json_t *runtime, struct hash *out)
{
    const char *text;
    TRY(api_json_text(runtime, "text", &text, NULL));
    return hash_of(out, bytes_of(text, json_string_length(
                                           json_object_get(runtime, "text"))));
}

static void common_facts(const struct policy_question *asked,
                         struct decision_facts *facts)
{
    facts->certificate_chains = asked->certificate_chains;
    facts->certificate = asked->certificate;
    facts->account = asked->certificate.statement.account;
    facts->dataset_asked = asked->dataset != NULL;
    if (asked->dataset)
        facts->dataset = *asked->dataset;
    facts->plain_asked = asked->plain;
    facts->now = asked->now;
    facts->clock_trusted = asked->clock_trusted;
    const struct ca_names *names = &asked->certificate.names;
    for (size_t i = 0; i < names->count; i++) {
        struct ca_enclave_name name;
        if (failed(ca_enclave_name_parse(ca_name_at(names, i), NULL, &name)))
            continue;
        facts->names_of_form++;
        facts->name_configuration = name.configuration;
    }
}

/* None, or one that is not what it says, is a fact; no memory to look is
 * none. */
static struct status find_app(const struct hash *configuration,
                              struct candidate *c)
{
    struct status s =
        api_manifest_app(c->version->manifest, configuration, &c->facts.app);
    c->facts.app_found = !failed(s);
    return is_wanting(s) ? s : OK;
}

static struct status gather(struct policy_txn *txn,
                            const struct policy_question *asked,
                            const struct holder *h, struct candidate *c)
{
    common_facts(asked, &c->facts);
    TRY(policy_certificate_standing(txn, asked->certificate.serial,
                                    &c->facts.certificate_revoked,
                                    &c->facts.verdict));
    if (!h)
        return OK;
    c->facts.account = h->account; /* whose workflow it is, by its record */
    TRY(load_version(txn, h, c));
    TRY(recompute_runtime(h->runtime, &c->facts.runtime_recomputed));

    if (c->version)
        TRY(find_app(&asked->certificate.statement.configuration, c));
    if (!c->facts.app_found)
        return OK;
    const struct api_manifest_app *app = &c->facts.app;
    enum holder_build build;
    TRY(holder_build(txn, h, &app->build, &build));
    c->facts.build_withdrawn = build != HOLDER_BUILD_APPROVED;
    return asked->dataset ? load_dataset(txn, h, asked, app->key, c) : OK;
}

static void take_answer(struct policy_answer *out, const struct holder *h,
                        struct candidate *c, enum policy_code code)
{
    policy_answer_clear(out);
    out->code = code;
    policy_decide_all(&c->facts, out->lines);
    if (h) {
        out->account = h->account;
        out->workflow = h->workflow;
        out->version = h->version;
        out->runtime = json_incref(h->runtime);
        out->plain_class = c->facts.version_plain_class;
    }
    out->manifest = c->version ? json_incref(c->version->manifest) : NULL;
    out->dataset = TAKE(c->dataset);
    out->record = TAKE(c->record);
    out->grant = TAKE(c->grant);
}

static struct status try_holder(struct policy_txn *txn,
                                const struct policy_question *asked,
                                const struct holder *h, bool first,
                                struct policy_answer *out)
{
    AUTO_FREE(candidate) c = calloc(1, sizeof(*c));
    if (!c)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(gather(txn, asked, h, c));
    enum policy_code code = policy_decide(&c->facts);
    if (first || code == POLICY_ALLOW)
        take_answer(out, h, c, code);
    return OK;
}

struct status policy_ask(struct policy_txn *txn,
                         const struct policy_question *asked,
                         struct policy_answer *out)
{
    struct holders holders;
    TRY(holders_find(txn, &asked->certificate.statement.configuration,
                     &holders));
    struct status s = OK;
    *out = (struct policy_answer){ .code = POLICY_NO_CONFIGURATION };
    if (holders.count == 0)
        s = try_holder(txn, asked, NULL, true, out);
    for (size_t i = 0; i < holders.count && !failed(s); i++) {
        if (i > 0 && out->code == POLICY_ALLOW)
            break;
        s = try_holder(txn, asked, &holders.at[i], i == 0, out);
    }
    holders_clear(&holders);
    if (failed(s))
        policy_answer_clear(out);
    return s;
}

static struct status show_holder(struct policy_txn *txn, const struct holder *h,
                                 struct policy_answer *out)
{
    AUTO_FREE(agreed_version) version = NULL;
    TRY(holder_version(txn, h, &version));
    *out = (struct policy_answer){ .account = h->account,
                                   .workflow = h->workflow,
                                   .version = h->version,
                                   .plain_class = version->plain_class,
                                   .runtime = json_incref(h->runtime),
                                   .manifest = json_incref(version->manifest) };
    return OK;
}

struct status policy_runtime_find(struct policy_txn *txn,
                                  const struct api_id *account,
                                  const struct hash *runtime,
                                  struct policy_answer *out)
{
    struct holders holders;
    struct status s = failure(STATUS_NOT_FOUND, "runtime", 0);
    TRY(holders_find(txn, runtime, &holders));
    for (size_t i = 0; i < holders.count; i++)
        if (api_id_equal(&holders.at[i].account, account)) {
            s = show_holder(txn, &holders.at[i], out);
            break;
        }
    holders_clear(&holders);
    return s;
}
