#include "broker/programs.h"

#include "base/text.h"

static const json_t *at(const json_t *value, const char *name)
{
    return json_object_get(value, name);
}

struct policy_key program_key(const struct api_id *account,
                              const struct api_id *app,
                              const struct api_id *node)
{
    return policy_key(POLICY_PLACED, api_id_bytes(account), api_id_bytes(app),
                      api_id_bytes(node));
}

/* --- remembering --------------------------------------------------------- */

static struct status app_of(struct policy_txn *txn,
                            const struct api_id *account,
                            const struct api_id *build, struct api_id *out)
{
    AUTO_JSON *record = NULL;
    TRY(policy_object_get(txn, POLICY_BUILD, account, api_id_bytes(build),
                          &record, NULL));
    return failed(api_json_id(record, "app", out, NULL))
               ? failure(STATUS_NOT_FOUND, "app", 0)
               : OK;
}

/* EnclaveInfo and CPUSVN, which only SGX has. */
static struct status add_measured(const struct attest_identity *is,
                                  json_t *record)
{
    char enclave[65], signer[65], cpusvn[33];
    const struct attest_sgx *sgx = &is->sgx;
    if ((is->kind & API_KIND_PLATFORM) != API_KIND_SGX)
        return OK;
    hex_encode(bytes_of(sgx->mrenclave, 32), enclave);
    hex_encode(bytes_of(sgx->mrsigner, 32), signer);
    hex_encode(bytes_of(sgx->cpusvn, 16), cpusvn);
    AUTO_JSON *more =
        json_pack("{s:{s:s, s:s, s:i, s:i}, s:s}", "enclave_info", "mrenclave",
                  enclave, "mrsigner", signer, "isvprodid", sgx->isvprodid,
                  "isvsvn", sgx->isvsvn, "cpusvn", cpusvn);
    return more && json_object_update(record, more) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The certificate's own record says so, too. */
static struct status note_node(struct policy_txn *txn,
                               const unsigned char serial[CA_SERIAL_LEN],
                               const struct api_id *node)
{
    AUTO_JSON *record = NULL;
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, bytes_of(serial, CA_SERIAL_LEN));
    TRY(policy_get_json(txn, &key, &record));
    if (json_object_set_new(record, "node", api_json_of_id(node)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    return OK;
}

struct status program_put(struct exchange *x, struct policy_txn *txn,
                          struct attesting *a, const struct api_id *node)
{
    const struct policy_candidate *is = &a->candidate;
    unsigned char serial[CA_SERIAL_LEN];
    char text[2 * CA_SERIAL_LEN + 1];
    struct api_id app;
    TRY(issue_serial(&a->issue, serial));
    TRY(note_node(txn, serial, node));
    struct status got = app_of(txn, &is->account, &is->app.build, &app);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    hex_encode(bytes_of(serial, sizeof(serial)), text);
    AUTO_JSON *record =
        json_pack("{s:o, s:s, s:I}", "build", api_json_of_id(&is->app.build),
                  "serial", text, "created_at", (json_int_t)(x->now / 1000));
    if (!record)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(add_measured(&a->judged.identity, record));
    struct policy_key key = program_key(&is->account, &app, node);
    policy_put_json(txn, &key, record);
    a->placed = true;
    return OK;
}

struct status program_check_node(struct exchange *x, struct attesting *a,
                                 bool *known)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key =
        policy_key(POLICY_COMPUTE_NODE, api_id_bytes(&a->candidate.account),
                   api_id_bytes(&a->node));
    AUTO_JSON *node = NULL;
    *known = true;
    if (api_id_is_zero(&a->node))
        return OK;
    TRY(policy_read(x->broker->store, &txn));
    struct status got = policy_get_json(txn, &key, &node);
    if (got.code != STATUS_NOT_FOUND)
        return got;
    *known = false;
    a->node = (struct api_id){ { 0 } };
    return OK;
}

/* --- forgetting ---------------------------------------------------------- */

struct forgetting {
    struct policy_txn *txn;
    struct policy_key prefix;
    const char *build; /* NULL: all */
};

static struct status forget_one(void *context, struct bytes tail,
                                const json_t *record)
{
    struct forgetting *f = context;
    const char *build = json_string_value(at(record, "build"));
    struct policy_key key = f->prefix;
    if (f->build && (!build || strcmp(build, f->build) != 0))
        return OK;
    if (key.len + tail.len > sizeof(key.bytes))
        return failure(STATUS_CORRUPT, "placed", 0);
    memcpy(key.bytes + key.len, tail.at, tail.len);
    key.len += tail.len;
    policy_delete(f->txn, &key);
    return OK;
}

static struct status forget(struct policy_txn *txn,
                            const struct api_id *account,
                            const struct api_id *app, const char *build)
{
    struct forgetting f = { txn,
                            policy_key(POLICY_PLACED, api_id_bytes(account),
                                       api_id_bytes(app)),
                            build };
    struct policy_key prefix = f.prefix;
    return policy_each_json(txn, &prefix, forget_one, &f);
}

struct status program_forget_app(struct policy_txn *txn,
                                 const struct api_id *account,
                                 const struct api_id *app)
{
    return forget(txn, account, app, NULL);
}

struct status program_forget_build(struct policy_txn *txn,
                                   const struct api_id *account,
                                   const json_t *build)
{
    struct api_id app;
    const char *id = json_string_value(at(build, "build"));
    if (!id || failed(api_json_id(build, "app", &app, NULL)))
        return OK;
    return forget(txn, account, &app, id);
}
