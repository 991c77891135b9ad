#include "broker/releasing.h"

#include <stdlib.h>

#include "broker/word.h"

struct status releasing_ask(struct exchange *x, struct policy_txn *txn,
                            const struct api_id *dataset, bool plain,
                            struct policy_answer *out)
{
    struct policy_question question = {
        .certificate = x->peer.facts,
        .certificate_chains = x->peer.chains,
        .dataset = dataset,
        .plain = plain,
        .now = x->now / 1000,
        .clock_trusted = clock_trusted(&x->broker->clock),
    };
    TRY(policy_ask(txn, &question, out));
    if (out->code != POLICY_ALLOW) {
        const char *code = policy_code_name(out->code);
        policy_answer_clear(out);
        return exchange_deny(x, code, "refused: %s", code);
    }
    struct status s = word_stands(x, txn);
    if (failed(s))
        policy_answer_clear(out);
    return s;
}

struct status releasing_new(struct exchange *x, bool plain,
                            struct releasing **out)
{
    struct releasing *r = calloc(1, sizeof(*r));
    if (!r)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = r;
    r->plain = plain;
    r->grant = buffer_make(512);
    r->blob =
        buffer_make(API_CREDENTIAL_MAX + API_SEAL_TAG_LEN + PKCS11_KEPT_LEN);
    r->kept = buffer_make(PKCS11_KEPT_LEN);
    r->wrapped = buffer_make(1024);
    *out = r;
    return OK;
}

void releasing_free(void *work)
{
    struct releasing *r = work;
    json_decref(r->record);
    buffer_clear(&r->grant);
    buffer_clear(&r->blob);
    buffer_clear(&r->kept);
    buffer_clear(&r->wrapped);
    secret_free(r->clear);
    free(r);
}

/* --- what the HSM will want to see --------------------------------------- */

static struct status read_owner(const json_t *record, struct api_owner *out)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    TRY(api_json_base64(record, "owner", &encoded, NULL));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    TRY(api_owner_decode(&in, out));
    return cursor_finish(&in, "owner");
}

static struct status fill_grant(struct exchange *x, struct releasing *r,
                                const struct policy_answer *answer)
{
    buffer_clear(&r->grant);
    if (!answer->grant)
        return exchange_deny(x, "approvals",
                             "no grant of the owner for this dataset");
    TRY(read_owner(answer->grant, &r->owner));
    TRY(api_owner_hash(&r->owner, &r->context.owner));
    TRY(api_json_base64(answer->grant, "grant", &r->grant, NULL));
    return api_json_signature(answer->grant, "signature", &r->signature, NULL);
}

static struct status load_blob(struct exchange *x, struct policy_txn *txn,
                               struct releasing *r)
{
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&r->context.account),
        api_id_bytes(&r->context.dataset), api_id_bytes(&r->context.version));
    buffer_clear(&r->blob);
    struct status got = policy_get(txn, &blob, &r->blob);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(&x->why, STATUS_NOT_FOUND, "blob",
                      "the credential of this dataset was erased");
    return got;
}

/* Nothing is kept for a credential whose key is on the token. */
static struct status load_kept(struct policy_txn *txn, struct releasing *r)
{
    struct policy_key kept = policy_key(
        POLICY_KEPT_KEY, api_id_bytes(&r->context.account),
        api_id_bytes(&r->context.dataset), api_id_bytes(&r->context.version));
    buffer_clear(&r->kept);
    struct status got = policy_get(txn, &kept, &r->kept);
    return got.code == STATUS_NOT_FOUND ? OK : got;
}

static struct status fill(struct exchange *x, struct policy_txn *txn,
                          const struct policy_answer *answer)
{
    struct releasing *r = x->work;
    if (!answer->record)
        return exchange_deny(x, "approvals", "there is no such dataset");
    json_decref(r->record);
    r->record = json_incref(answer->record);
    r->context = (struct api_context){
        .account = answer->account,
        .dataset = r->dataset,
        .flags = answer->plain_class ? API_CLASS_CCM : 0,
    };
    if (!answer->plain_class)
        TRY(fill_grant(x, r, answer));
    TRY(api_json_id(answer->record, "version", &r->context.version, NULL));
    TRY(load_kept(txn, r));
    return load_blob(x, txn, r);
}

static struct status decide(struct exchange *x, struct policy_txn *txn)
{
    struct releasing *r = x->work;
    struct policy_answer answer;
    TRY(releasing_ask(x, txn, &r->dataset, r->plain, &answer));
    struct status s = fill(x, txn, &answer);
    policy_answer_clear(&answer);
    return s;
}

struct status releasing_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    return decide(x, txn);
}

/* --- the record ---------------------------------------------------------- */

static struct status subject_of(const struct exchange *x, struct releasing *r,
                                struct hash *grant, struct hash *out)
{
    struct hash ctx;
    *grant = (struct hash){ 0 };
    TRY(api_context_hash(&r->context, &ctx));
    if (!r->plain)
        TRY(hash_of(grant, buffer_bytes(&r->grant)));
    TRY(random_fill(r->salt, sizeof(r->salt)));
    return api_subject_release(r->salt, &ctx, &x->peer.certificate, grant, out);
}

static struct status log_release(struct exchange *x, struct policy_txn *txn,
                                 struct releasing *r)
{
    struct hash grant, subject;
    TRY(subject_of(x, r, &grant, &subject));
    AUTO_JSON *detail =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s}", "action",
                  "release", "dataset", api_json_of_id(&r->dataset), "version",
                  api_json_of_id(&r->context.version), "configuration",
                  api_json_of_hash(&x->peer.facts.statement.configuration),
                  "certificate", api_json_of_hash(&x->peer.certificate),
                  "grant", r->plain ? json_null() : api_json_of_hash(&grant),
                  "form", r->plain ? "plain" : "sealed", "decision", "allow");
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

struct status releasing_change(struct exchange *x, struct policy_txn *txn)
{
    TRY(decide(x, txn));
    return log_release(x, txn, x->work);
}

/* --- the release --------------------------------------------------------- */

static struct status perform_sealed(struct exchange *x, struct releasing *r)
{
    struct pkcs11_release job = { .context = r->context,
                                  .certificate = x->peer_der,
                                  .grant = buffer_bytes(&r->grant),
                                  .signature = r->signature,
                                  .owner = &r->owner,
                                  .kept = buffer_bytes(&r->kept) };
    memcpy(job.leaf, r->leaf, sizeof(job.leaf));
    memcpy(job.salt, r->salt, sizeof(job.salt));
    return pkcs11_release(x->broker->hsm, &job, &r->wrapped, &x->why);
}

static struct status perform_plain(struct exchange *x, struct releasing *r)
{
    struct pkcs11_release_plain job = { .context = r->context,
                                        .certificate = x->peer_der,
                                        .blob = buffer_bytes(&r->blob) };
    memcpy(job.leaf, r->leaf, sizeof(job.leaf));
    memcpy(job.salt, r->salt, sizeof(job.salt));
    return pkcs11_release_plain(x->broker->hsm, &job, &r->clear, &x->why);
}

struct status releasing_perform(struct exchange *x)
{
    struct releasing *r = x->work;
    return r->plain ? perform_plain(x, r) : perform_sealed(x, r);
}
