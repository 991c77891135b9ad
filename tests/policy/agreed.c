#include "tests/policy/agreed.h"

#include <stdlib.h>

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

static void make_certificate(struct agreed *a)
{
    struct ca_facts *c = &a->certificate;
    struct ca_enclave_name name = { .configuration = a->runtime };
    char text[CA_NAME_MAX + 1];
    c->client = c->server = true;
    c->not_before = AGREED_NOW - 60;
    c->not_after = AGREED_NOW + 48 * 3600;
    c->serial[0] = 1;
    c->statement.kind = CA_ENCLAVE;
    c->statement.account = a->account;
    c->statement.id = a->build;
    c->statement.evidence_kind = a->rule.kind;
    assert_ok(api_identity_hash(&a->rule, &c->statement.identity, NULL));
    memset(c->statement.evidence.bytes, 0xe0, HASH_LEN);
    c->statement.evidence_time = (AGREED_NOW - 60) * 1000;
    c->statement.configuration = a->runtime;
    memset(name.label, 'a', CA_LABEL_LEN);
    name.label[CA_LABEL_LEN] = '\0';
    assert_ok(ca_enclave_name_write(&name, "accord.example", text));
    assert_ok(ca_names_add(&c->names, bytes_of_string(text), NULL));
}

void agreed_make(struct agreed *a)
{
    *a = (struct agreed){ .account = id_of(0xa1),
                          .workflow = id_of(0xf1),
                          .person = id_of(0x21),
                          .build = id_of(0xb1),
                          .dataset = id_of(0xd1) };
    assert_ok(api_key_generate(&a->key));
    memset(a->owner.bytes, 0x10, HASH_LEN);
    assert_ok(hash_of(&a->runtime, bytes_of_string(AGREED_TEXT)));
    a->rule = (struct api_identity_rule){
        .kind = API_KIND_SGX | API_KIND_SIMULATED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
    };
    memset(a->rule.sgx.mrenclave, 0x44, sizeof(a->rule.sgx.mrenclave));
    memset(a->rule.anchor.bytes, 0x33, HASH_LEN);
    make_certificate(a);
}

void agreed_clear(struct agreed *a)
{
    api_key_free(a->key);
}

void agreed_put_records(struct policy_txn *txn, const struct agreed *a)
{
    AUTO_JSON *build = json_pack("{s:s}", "status", "approved");
    AUTO_JSON *dataset = json_pack("{s:n}", "suspended");
    AUTO_JSON *certificate =
        json_pack("{s:b, s:{s:s, s:[], s:I, s:n, s:n}}", "revoked", 0,
                  "verdict", "tcb", "unevaluated", "advisories", "judged",
                  (json_int_t)AGREED_NOW * 1000, "collateral", "refused");
    policy_object_put(txn, POLICY_BUILD, &a->account, api_id_bytes(&a->build),
                      build);
    policy_object_put(txn, POLICY_DATASET, &a->account,
                      api_id_bytes(&a->dataset), dataset);
    assert_ok(policy_certificate_put(txn, a->certificate.serial, certificate));
}

/* --- one version --------------------------------------------------------- */

static char *manifest_of(const struct agreed *a, uint32_t number)
{
    struct hash key, identity;
    struct api_spki spki = api_key_signer(a->key).key;
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    char person[API_ID_TEXT];
    api_id_text(&a->person, person);
    assert_ok(api_spki_hash(&spki, &key));
    assert_ok(api_identity_hash(&a->rule, &identity, NULL));
    AUTO_JSON *manifest = json_pack(
        "{s:o, s:i, s:{s:{s:s, s:o, s:o, s:o, s:o, s:o}},"
        " s:{s:{s:o, s:o, s:[{s:s, s:s}]}}, s:{s:{s:o, s:o}}}",
        "account", api_json_of_id(&a->account), "version", (int)number, "apps",
        "app", "name", "app", "build", api_json_of_id(&a->build), "owner",
        api_json_of_hash(&a->owner), "rule", api_rule_to_json(&a->rule),
        "identity", api_json_of_hash(&identity), "runtime",
        api_json_of_hash(&a->runtime), "datasets", "in", "dataset",
        api_json_of_id(&a->dataset), "owner", api_json_of_hash(&a->owner),
        "ports", "app", "app", "port", "input", "people", person, "key",
        api_json_of_hash(&key), "owner", api_json_of_hash(&a->owner));
    assert_non_null(manifest);
    assert_ok(api_json_canonical(manifest, &text));
    char *out = buffer_string(&text);
    assert_non_null(out);
    return out;
}

static json_t *signature_of(const struct agreed *a, struct bytes message)
{
    struct api_signer signer = api_key_signer(a->key);
    struct api_signature signature;
    assert_ok(signer.sign(signer.context, message, &signature));
    return api_json_of_base64(
        bytes_of(signature.bytes, sizeof(signature.bytes)));
}

static json_t *approval_of(const struct agreed *a, const char *manifest,
                           uint64_t until)
{
    struct api_approval approval = { .approve = true,
                                     .sign_by = AGREED_NOW,
                                     .valid_until = until };
    struct api_spki spki = api_key_signer(a->key).key;
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    assert_ok(hash_of(&approval.digest, bytes_of_string(manifest)));
    assert_ok(api_approval_text(&approval, &text));
    return json_pack("{s:o, s:s%, s:o, s:o, s:I}", "person",
                     api_json_of_id(&a->person), "approval",
                     (const char *)text.data, text.len, "signature",
                     signature_of(a, buffer_bytes(&text)), "key",
                     api_json_of_base64(api_spki_bytes(&spki)), "valid_until",
                     (json_int_t)until);
}

static void number_bytes(uint32_t number, unsigned char out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(number >> (24 - 8 * i));
}

struct policy_key agreed_version_key(const struct agreed *a, uint32_t number)
{
    unsigned char at[4];
    number_bytes(number, at);
    return policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&a->account),
                      api_id_bytes(&a->workflow), bytes_of(at, sizeof(at)));
}

static void put_grant(struct policy_txn *txn, const struct agreed *a,
                      uint32_t number, uint64_t until)
{
    unsigned char at[4], raw[API_GRANT_LEN];
    struct api_grant grant = { .account = a->account,
                               .dataset = a->dataset,
                               .owner = a->owner,
                               .configuration = a->runtime,
                               .not_before = AGREED_NOW - 60,
                               .not_after = until };
    number_bytes(number, at);
    assert_ok(api_grant_encode(&grant, raw));
    struct bytes bytes = bytes_of(raw, sizeof(raw));
    AUTO_JSON *record =
        json_pack("{s:o, s:o}", "grant", api_json_of_base64(bytes), "signature",
                  signature_of(a, bytes));
    struct policy_key key =
        policy_key(POLICY_GRANT, hash_bytes(&a->runtime),
                   api_id_bytes(&a->account), api_id_bytes(&a->workflow),
                   bytes_of(at, sizeof(at)), api_id_bytes(&a->dataset));
    policy_put_json(txn, &key, record);
}

void agreed_put_version(struct policy_txn *txn, const struct agreed *a,
                        uint32_t number, uint64_t created_at, uint64_t until)
{
    unsigned char at[4];
    char *manifest = manifest_of(a, number);
    number_bytes(number, at);
    AUTO_JSON *version =
        json_pack("{s:s, s:s, s:[o]}", "status", "active", "manifest", manifest,
                  "approvals", approval_of(a, manifest, until));
    AUTO_JSON *runtime =
        json_pack("{s:s, s:s, s:I}", "app", "app", "text", AGREED_TEXT,
                  "created_at", (json_int_t)created_at);
    struct policy_key version_key = agreed_version_key(a, number);
    struct policy_key runtime_key = policy_key(
        POLICY_RUNTIME, hash_bytes(&a->runtime), api_id_bytes(&a->account),
        api_id_bytes(&a->workflow), bytes_of(at, sizeof(at)));
    policy_put_json(txn, &version_key, version);
    policy_put_json(txn, &runtime_key, runtime);
    put_grant(txn, a, number, until);
    free(manifest);
}

void agreed_put_plain(struct policy_txn *txn, const struct agreed *a,
                      const struct api_id *user, bool approve)
{
    const unsigned char at[4] = { 0, 0, 0, 1 };
    struct hash digest;
    char *manifest = manifest_of(a, 1);
    assert_ok(hash_of(&digest, bytes_of_string(manifest)));
    AUTO_JSON *version =
        json_pack("{s:s, s:s, s:s, s:[{s:o, s:o, s:b}]}", "class", "ccm",
                  "status", "active", "manifest", manifest, "approvals", "user",
                  api_json_of_id(user), "digest", api_json_of_hash(&digest),
                  "approve", approve);
    AUTO_JSON *runtime = json_pack("{s:s, s:s, s:I}", "app", "app", "text",
                                   AGREED_TEXT, "created_at", (json_int_t)1);
    AUTO_JSON *dataset = json_pack("{s:n, s:s}", "suspended", "class", "ccm");
    struct policy_key version_key = agreed_version_key(a, 1);
    struct policy_key runtime_key = policy_key(
        POLICY_RUNTIME, hash_bytes(&a->runtime), api_id_bytes(&a->account),
        api_id_bytes(&a->workflow), bytes_of(at, sizeof(at)));
    policy_put_json(txn, &version_key, version);
    policy_put_json(txn, &runtime_key, runtime);
    policy_object_put(txn, POLICY_DATASET, &a->account,
                      api_id_bytes(&a->dataset), dataset);
    free(manifest);
}
