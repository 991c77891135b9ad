/* routes_enclaves.c - programs with a certificate: their configuration and
 * their credentials. */

#include "broker/body.h"
#include "broker/routes.h"

#include <stdlib.h>

/* --- what a certificate may have ----------------------------------------- */

static struct status ask(struct exchange *x, struct policy_txn *txn,
                         const struct api_id *dataset,
                         struct policy_answer *out)
{
    struct policy_question question = {
        .certificate = x->peer.facts,
        .certificate_chains = x->peer.chains,
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

/* All of it before the record step, so that a refusal gets its leaf. */
static struct status runtime_prepare(struct exchange *x)
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
    TRY(read_owner(answer->grant, &r->owner));
    TRY(api_owner_hash(&r->owner, &r->context.owner));
    TRY(api_json_base64(answer->grant, "grant", &r->grant, NULL));
    TRY(api_json_signature(answer->grant, "signature", &r->signature, NULL));
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&r->context.account),
        api_id_bytes(&r->context.dataset), api_id_bytes(&r->context.version));
    struct status got = policy_get(txn, &blob, &r->blob);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(&x->why, STATUS_NOT_FOUND, "blob",
                      "the credential of this dataset was erased");
    return got;
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
    { HTTP_GET,  "/v1/runtime/app_configs",  AN_ENCLAVE, PRODUCT, .prepare = runtime_prepare },
    { HTTP_POST, "/accord/v1/release",       AN_ENCLAVE, ACCORD,  release_prepare, release_change, release_perform, release_answer, releasing_free, false },
    { 0 },
};
/* clang-format on */
