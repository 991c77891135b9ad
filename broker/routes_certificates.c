/* routes_certificates.c - what was issued, taking it back, the CRL. */

#include <stdlib.h>

#include "base/text.h"
#include "broker/body.h"
#include "broker/routes.h"

#define CRL_SECONDS (7 * 86400)
#define CRL_KEEP_MS (3600 * 1000)

struct listing {
    const struct api_id *account;
    json_t *items;
};

static struct status add_mine(void *context, struct bytes tail,
                              const json_t *certificate)
{
    (void)tail;
    struct listing *l = context;
    struct api_id account;
    TRY(api_json_id(certificate, "account", &account, NULL));
    if (!api_id_equal(&account, l->account))
        return OK;
    if (json_array_append_new(l->items, policy_object_view(certificate)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key all = policy_key_parts(POLICY_CERTIFICATE, NULL, 0);
    x->answer = json_pack("{s:[]}", "items");
    struct listing l = { &x->peer.account,
                         json_object_get(x->answer, "items") };
    TRY(policy_read(x->broker->store, &txn));
    return policy_each_json(txn, &all, add_mine, &l);
}

/* --- POST .../revoke ----------------------------------------------------- */

static void json_free(void *work)
{
    json_decref(work);
}

static struct status revoke_change(struct exchange *x, struct policy_txn *txn)
{
    unsigned char serial[CA_SERIAL_LEN];
    AUTO_JSON *record = NULL;
    struct api_id account;
    if (failed(hex_decode(bytes_of_string(x->part[0]), serial, sizeof(serial))))
        return refuse(&x->why, STATUS_INVALID, "path",
                      "\"%s\" in the path is not a serial", x->part[0]);
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, bytes_of(serial, sizeof(serial)));
    struct status got = policy_get_json(txn, &key, &record);
    if (!failed(got))
        got = api_json_id(record, "account", &account, NULL);
    if (got.code == STATUS_NOT_FOUND ||
        (!failed(got) && !api_id_equal(&account, &x->peer.account)))
        return refuse(&x->why, STATUS_NOT_FOUND, "certificate",
                      "this account has no such certificate");
    TRY(got);
    if (!json_is_false(json_object_get(record, "revoked")))
        return refuse(&x->why, STATUS_CONFLICT, "certificate",
                      "this certificate is revoked already");
    AUTO_JSON *entry = json_pack("{s:I}", "at", (json_int_t)(x->now / 1000));
    struct policy_key revoked =
        policy_key(POLICY_REVOKED, bytes_of(serial, sizeof(serial)));
    if (json_object_set_new(record, "revoked", json_true()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    policy_put_json(txn, &revoked, entry);
    x->work = json_incref(record);
    return log_change(x, txn, "certificate-revoke", "certificate", x->part[0],
                      NULL);
}

static struct status revoke_answer(struct exchange *x)
{
    return answer_record(x, x->work, 200);
}

/* --- GET /accord/v1/crl -------------------------------------------------- */

static struct status add_serial(void *context, struct bytes tail,
                                struct bytes contents)
{
    (void)contents;
    struct buffer *serials = context;
    buffer_put(serials, tail);
    return buffer_status(serials);
}

static struct status gather_serials(struct exchange *x, struct buffer *out)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key all = policy_key_parts(POLICY_REVOKED, NULL, 0);
    TRY(policy_read(x->broker->store, &txn));
    return policy_each(txn, &all, add_serial, out);
}

/* The list is signed anew when it has grown or is an hour old; asking for it
 * a thousand times costs the HSM one signature. */
static struct status crl_answer(struct exchange *x)
{
    struct crl_cache *cache = &x->broker->crl;
    AUTO_CLEAR_BUFFER serials =
        buffer_make((size_t)CA_CRL_SERIALS_MAX * CA_SERIAL_LEN);
    struct status s = OK;
    TRY(gather_serials(x, &serials));
    (void)pthread_mutex_lock(&cache->lock);
    if (cache->der.len == 0 || cache->serials != serials.len ||
        x->now - cache->made_at > CRL_KEEP_MS) {
        uint64_t now = x->now / 1000;
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CRL_MAX);
        s = pkcs11_crl(x->broker->hsm, buffer_bytes(&serials), now,
                       now + CRL_SECONDS, x->now, &der, &x->why);
        if (!failed(s)) {
            buffer_clear(&cache->der);
            cache->der.max = CA_CRL_MAX;
            buffer_put(&cache->der, buffer_bytes(&der));
            cache->made_at = x->now;
            cache->serials = serials.len;
        }
    }
    if (!failed(s)) {
        x->answer_type = "application/pkix-crl";
        buffer_put(&x->answer_raw, buffer_bytes(&cache->der));
        s = buffer_status(&x->answer_raw);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return s;
}

/* clang-format off */
const struct route routes_certificates[] = {
    { HTTP_GET,  "/accord/v1/certificates",           A_READER,  ACCORD, .answer = list_answer },
    { HTTP_POST, "/accord/v1/certificates/{}/revoke", A_MANAGER, ACCORD, NULL, revoke_change, NULL, revoke_answer, json_free, true },
    { HTTP_GET,  "/accord/v1/crl",                    ANYBODY,   ACCORD, .answer = crl_answer },
    { 0 },
};
/* clang-format on */
