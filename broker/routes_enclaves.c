/* routes_enclaves.c - programs with a certificate: their configuration and
 * their credentials. */

#include "base/text.h"
#include "broker/body.h"
#include "broker/connections.h"
#include "broker/product.h"
#include "broker/releasing.h"
#include "broker/routes.h"

/* --- GET /v1/runtime/app_configs ----------------------------------------- */

static struct status tell(struct exchange *x, struct policy_txn *txn,
                          const struct policy_answer *answer)
{
    AUTO_JSON *config = NULL, *connections = NULL;
    const json_t *text = json_object_get(answer->runtime, "text");
    TRY(api_json_read(
        bytes_of(json_string_value(text), json_string_length(text)),
        API_CONFIGURATION_MAX, true, &config, &x->why));
    TRY(connections_make(x, txn, answer, config, &connections));
    x->answer = json_pack("{s:O, s:{s:O}}", "config", config, "extra",
                          "connections", connections);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* All of it before the record step, so that a refusal gets its leaf. */
static struct status runtime_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_answer answer;
    TRY(policy_read(x->broker->store, &txn));
    TRY(releasing_ask(x, txn, NULL, false, &answer));
    struct status s = tell(x, txn, &answer);
    policy_answer_clear(&answer);
    return s;
}

/* --- GET /v1/runtime/app_configs/{config-id} ------------------------------ */

/* An application configuration that no workflow has made another of. */
static struct status tell_base(struct exchange *x, struct policy_txn *txn,
                               const struct hash *id)
{
    AUTO_JSON *record = NULL;
    struct status got =
        policy_object_get(txn, POLICY_CONFIGURATION, &x->peer.account,
                          hash_bytes(id), &record, NULL);
    if (got.code == STATUS_NOT_FOUND)
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such runtime configuration in this "
                              "account");
    TRY(got);
    x->answer = json_pack("{s:{s:O, s:O, s:[s%]}, s:{s:{}}}", "config",
                          "app_config", json_object_get(record, "app_config"),
                          "labels", json_object_get(record, "labels"),
                          "zone_ca", (const char *)x->broker->ca_pem.data,
                          x->broker->ca_pem.len, "extra", "connections");
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* For people to look at: it says where credentials are to be had, not what
 * they are. */
static struct status show_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_answer answer;
    struct hash id;
    if (failed(hex_decode(bytes_of_string(x->part[0]), id.bytes, HASH_LEN)))
        return product_refuse(x, 404, "NOT_FOUND",
                              "a configuration's id is 64 hexadecimal digits");
    TRY(policy_read(x->broker->store, &txn));
    struct status got =
        policy_runtime_find(txn, &x->peer.account, &id, &answer);
    if (got.code == STATUS_NOT_FOUND)
        return tell_base(x, txn, &id);
    TRY(got);
    struct status s = tell(x, txn, &answer);
    policy_answer_clear(&answer);
    return s;
}

/* --- POST /accord/v1/release --------------------------------------------- */

static struct status release_prepare(struct exchange *x)
{
    struct releasing *r;
    TRY(releasing_new(x, false, &r));
    TRY(BODY_ONLY(x, "dataset"));
    TRY(api_json_id(x->body, "dataset", &r->dataset, &x->why));
    return releasing_prepare(x);
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
    { HTTP_GET,  "/v1/runtime/app_configs/{}", A_USER_READING, PRODUCT, .prepare = show_prepare },
    { HTTP_POST, "/accord/v1/release",       AN_ENCLAVE, ACCORD,  release_prepare, releasing_change, releasing_perform, release_answer, releasing_free, false },
    { 0 },
};
/* clang-format on */
