#include "broker/issue.h"
#include "base/text.h"

#include "broker/broker.h"

struct status issue_init(struct issue *issue, enum ca_kind kind,
                         const struct ca_public_key *key,
                         const struct ca_names *names, const char *common_name)
{
    issue->key = *key;
    if (names)
        issue->names = *names;
    for (size_t i = 0; i < issue->names.count; i++)
        issue->name_list[i] = ca_name_at(&issue->names, i);
    if (strlen(common_name) > CA_COMMON_NAME_MAX)
        return failure(STATUS_INVALID, "common name", 0);
    memcpy(issue->common_name, common_name, strlen(common_name) + 1);
    issue->evidence = buffer_make(64 * 1024);
    issue->material = buffer_make(CA_MATERIAL_MAX);
    issue->certificate = buffer_make(CA_CERTIFICATE_MAX);

    issue->certify.kind = kind;
    issue->certify.spki = ca_spki(&issue->key);
    issue->certify.names = issue->name_list;
    issue->certify.names_count = issue->names.count;
    issue->certify.common_name = issue->common_name;
    return OK;
}

struct status issue_add_name(struct issue *issue, const char *name,
                             struct reason *why)
{
    TRY(ca_names_add(&issue->names, bytes_of_string(name), why));
    issue->certify.names_count = issue->names.count;
    for (size_t i = 0; i < issue->names.count; i++)
        issue->name_list[i] = ca_name_at(&issue->names, i);
    return OK;
}

void issue_clear(struct issue *issue)
{
    buffer_clear(&issue->evidence);
    buffer_clear(&issue->material);
    buffer_clear(&issue->certificate);
}

static json_t *names_json(const struct issue *issue)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < issue->names.count; i++)
        if (json_array_append_new(list, json_string(issue->name_list[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* What an auditor needs to judge the evidence again. */
static bool add_evidence(const struct issue *issue, json_t *detail)
{
    const struct pkcs11_certify *c = &issue->certify;
    json_t *material = c->binding.material.len > 0
                           ? api_json_of_base64(c->binding.material)
                           : json_null();
    json_t *nonce =
        hash_is_zero(&c->nonce) ? json_null() : api_json_of_hash(&c->nonce);
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "configuration",
        api_json_of_hash(&c->configuration), "rule",
        api_rule_to_json(&issue->rule), "evidence",
        api_json_of_hash(&issue->evidence_digest), "verdict",
        policy_verdict_json(&issue->verdict), "nonce", nonce, "binding",
        ca_binding_name(c->binding.rule), "material", material);
    bool done = more && json_object_update(detail, more) == 0;
    json_decref(more);
    return done;
}

/* What the log says of a certificate, and the record keeps. */
static json_t *describe(const struct issue *issue)
{
    const struct pkcs11_certify *c = &issue->certify;
    json_t *detail =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:I}", "action",
                  "certify", "kind", ca_kind_name(c->kind), "account",
                  api_json_of_id(&c->account), "id", api_json_of_id(&c->id),
                  "spki", api_json_of_base64(ca_spki(&issue->key)),
                  "common_name", issue->common_name, "names", names_json(issue),
                  "not_after", (json_int_t)c->not_after);
    bool bad = !detail;
    if (!bad && c->kind == CA_PERSON)
        bad = json_object_set_new(detail, "invitation",
                                  api_json_of_hash(&c->invitation));
    if (!bad && c->kind == CA_ENCLAVE)
        bad = !add_evidence(issue, detail);
    if (bad) {
        json_decref(detail);
        return NULL;
    }
    return detail;
}

static struct status subject_of(struct issue *issue, struct hash *out)
{
    struct pkcs11_certify *c = &issue->certify;
    struct api_certificate_subject fields = {
        .kind = (uint8_t)c->kind,
        .account = c->account,
        .id = c->id,
        .spki = issue->key.hash,
        .not_after = c->not_after,
        .evidence = issue->evidence_digest,
        .configuration = c->configuration,
        .invitation = c->invitation,
    };
    TRY(api_names_hash(issue->name_list, issue->names.count, &fields.names));
    if (c->rule)
        TRY(api_identity_hash(c->rule, &fields.identity, NULL));
    TRY(random_fill(c->salt, sizeof(c->salt)));
    return api_subject_certificate(c->salt, &fields, out);
}

struct status issue_serial(const struct issue *issue,
                           unsigned char out[CA_SERIAL_LEN])
{
    struct hash leaf;
    TRY(api_leaf_hash(issue->certify.leaf, &leaf));
    leaf.bytes[0] &= 0x7f;
    memcpy(out, leaf.bytes, CA_SERIAL_LEN);
    return OK;
}

static struct status put_record(struct policy_txn *txn,
                                const struct issue *issue, json_t *record)
{
    unsigned char bytes[CA_SERIAL_LEN];
    char serial[2 * CA_SERIAL_LEN + 1];
    TRY(issue_serial(issue, bytes));
    hex_encode(bytes_of(bytes, sizeof(bytes)), serial);
    if (json_object_set_new(record, "serial", json_string(serial)) ||
        json_object_set_new(record, "revoked", json_false()))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return policy_certificate_put(txn, bytes, record);
}

struct status issue_record(struct exchange *x, struct policy_txn *txn,
                           struct issue *issue)
{
    struct pkcs11_certify *c = &issue->certify;
    struct hash subject;
    AUTO_JSON *detail = describe(issue);
    if (!detail)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(subject_of(issue, &subject));

    size_t mine = x->leaves;
    struct policy_event event = { .kind = API_LEAF_CERTIFICATE,
                                  .account = c->account,
                                  .subject = &subject,
                                  .salt = c->salt,
                                  .detail = detail };
    TRY(exchange_log(x, txn, &event));
    memcpy(c->leaf, x->leaf[mine].leaf, sizeof(c->leaf));

    if (issue->evidence.len > 0) {
        struct policy_key key =
            policy_key(POLICY_EVIDENCE, hash_bytes(&issue->evidence_digest));
        policy_put(txn, &key, buffer_bytes(&issue->evidence));
        c->evidence = buffer_bytes(&issue->evidence);
    }
    return put_record(txn, issue, detail);
}

struct status issue_sign(struct exchange *x, struct issue *issue)
{
    return pkcs11_certify(x->broker->hsm, &issue->certify, &issue->certificate,
                          &x->why);
}

static json_t *chain_pem(const struct exchange *x, struct bytes der)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(32 * 1024);
    ca_pem_write("CERTIFICATE", der, &pem);
    buffer_put(&pem, buffer_bytes(&x->broker->ca_pem));
    if (failed(buffer_status(&pem)))
        return NULL;
    return json_stringn((const char *)pem.data, pem.len);
}

json_t *issue_pem(const struct exchange *x, const struct issue *issue)
{
    return chain_pem(x, buffer_bytes(&issue->certificate));
}

struct status issue_keep(struct policy_txn *txn, const struct issue *issue)
{
    unsigned char serial[CA_SERIAL_LEN];
    TRY(issue_serial(issue, serial));
    struct policy_key key =
        policy_key(POLICY_ISSUED, bytes_of(serial, sizeof(serial)));
    policy_put(txn, &key, buffer_bytes(&issue->certificate));
    return OK;
}

struct status issue_kept_pem(const struct exchange *x, struct policy_txn *txn,
                             const unsigned char serial[CA_SERIAL_LEN],
                             json_t **out)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct policy_key key =
        policy_key(POLICY_ISSUED, bytes_of(serial, CA_SERIAL_LEN));
    TRY(policy_get(txn, &key, &der));
    json_t *pem = chain_pem(x, buffer_bytes(&der));
    if (!pem)
        return failure(STATUS_NO_MEMORY, "json", 0);
    *out = pem;
    return OK;
}

struct status issue_kept_details(struct exchange *x, struct policy_txn *txn,
                                 const unsigned char serial[CA_SERIAL_LEN],
                                 json_t **out)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct policy_key key =
        policy_key(POLICY_ISSUED, bytes_of(serial, CA_SERIAL_LEN));
    struct ca_facts facts;
    char issuer[64], subject[CA_COMMON_NAME_MAX + 4] = "";
    char id[2 * CA_KEY_ID_LEN + 1];
    TRY(policy_get(txn, &key, &der));
    TRY(ca_certificate_read(buffer_bytes(&der), &facts, &x->why));
    hex_encode(bytes_of(facts.issuer, sizeof(facts.issuer)), id);
    (void)snprintf(issuer, sizeof(issuer), "CN=Accord Zone Root %.16s", id);
    if (facts.common_name[0])
        (void)snprintf(subject, sizeof(subject), "CN=%s", facts.common_name);
    *out = json_pack("{s:s, s:s, s:I, s:I, s:s}", "subject_name", subject,
                     "issuer_name", issuer, "valid_until",
                     (json_int_t)facts.not_after, "valid_from",
                     (json_int_t)facts.not_before, "cpusvn", "");
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}
