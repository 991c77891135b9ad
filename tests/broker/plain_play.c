#include "tests/broker/plain_play.h"

static void put(struct plain_play *p, enum policy_kind kind, struct bytes id,
                const json_t *record)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_non_null(record);
    assert_ok(policy_write(p->play.stage->broker.store, &txn));
    policy_object_put(txn, kind, &p->context.account, id, record);
    assert_ok(policy_commit(txn));
}

void plain_play_put_dataset(struct plain_play *p, json_t *more)
{
    AUTO_JSON *extra = more;
    AUTO_JSON *record = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:n, s:I}", "dataset", p->dataset, "name",
        "plain data", "class", "ccm", "location", PLAIN_LOCATION, "version",
        api_json_of_id(&p->context.version), "suspended", "created_at",
        (json_int_t)STAGE_NOW);
    if (extra)
        assert_int_equal(0, json_object_update(record, extra));
    put(p, POLICY_DATASET, api_id_bytes(&p->context.dataset), record);
}

/* What an owner's client would have posted. */
static void make_dataset(struct plain_play *p)
{
    struct stage *s = p->play.stage;
    AUTO_CLEAR_BUFFER blob = buffer_make(API_CREDENTIAL_MAX + 64);
    AUTO_FREE(secret) content = NULL;
    AUTO_FREE(policy_txn) txn = NULL;
    struct reason why = { "" };
    p->context = (struct api_context){ .account = p->play.root.account,
                                       .flags = API_CLASS_CCM };
    assert_ok(api_id_random(&p->context.dataset));
    assert_ok(api_id_random(&p->context.version));
    api_id_text(&p->context.dataset, p->dataset);
    assert_ok(secret_new(strlen(PLAIN_CONTENT), &content));
    memcpy(secret_fill(content), PLAIN_CONTENT, strlen(PLAIN_CONTENT));
    assert_ok(pkcs11_intake_plain(s->door, &p->context, content, &blob, &why));
    struct policy_key key = policy_key(
        POLICY_BLOB, api_id_bytes(&p->context.account),
        api_id_bytes(&p->context.dataset), api_id_bytes(&p->context.version));
    assert_ok(policy_write(s->broker.store, &txn));
    policy_put(txn, &key, buffer_bytes(&blob));
    assert_ok(policy_commit(txn));
    plain_play_put_dataset(p, NULL);
}

static json_t *configuration_of(const struct plain_play *p,
                                const struct api_id *workflow)
{
    const struct broker *b = &p->play.stage->broker;
    return json_pack("{s:{}, s:{}, s:[s%], s:{s:o, s:s, s:{s:{s:{s:{s:s}}}}}}",
                     "app_config", "labels", "zone_ca",
                     (const char *)b->ca_pem.data, b->ca_pem.len, "workflow",
                     "workflow_id", api_json_of_id(workflow), "app_name",
                     "counter", "port_map", "input", "plain data", "dataset",
                     "id", p->dataset);
}

static json_t *manifest_of(const struct plain_play *p)
{
    struct hash owner, identity;
    char user[API_ID_TEXT];
    api_id_text(&p->user, user);
    assert_ok(policy_user_owner(&p->user, &owner));
    assert_ok(api_identity_hash(&p->play.program.rule, &identity, NULL));
    return json_pack("{s:o, s:{s:{s:s, s:s, s:o, s:o, s:o, s:o}},"
                     " s:{s:{s:s, s:s, s:o, s:[{s:s, s:s}]}}, s:{s:{s:o}}}",
                     "account", api_json_of_id(&p->context.account), "apps",
                     "app", "name", "counter", "build", p->play.program.text,
                     "owner", api_json_of_hash(&owner), "rule",
                     api_rule_to_json(&p->play.program.rule), "identity",
                     api_json_of_hash(&identity), "runtime",
                     api_json_of_hash(&p->play.runtime), "datasets", "in",
                     "name", "plain data", "dataset", p->dataset, "owner",
                     api_json_of_hash(&owner), "ports", "app", "app", "port",
                     "input", "people", user, "owner",
                     api_json_of_hash(&owner));
}

static json_t *version_of(const struct plain_play *p, const char *manifest)
{
    struct hash digest;
    assert_ok(hash_of(&digest, bytes_of_string(manifest)));
    return json_pack("{s:s, s:s, s:s, s:[{s:o, s:o, s:b}]}", "class", "ccm",
                     "status", "active", "manifest", manifest, "approvals",
                     "user", api_json_of_id(&p->user), "digest",
                     api_json_of_hash(&digest), "approve", 1);
}

void plain_play_put_user(struct plain_play *p, bool reset)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user user = { .user = p->user,
                                .email = "owner@example.com",
                                .reset = reset };
    assert_ok(policy_write(p->play.stage->broker.store, &txn));
    assert_ok(policy_user_put(txn, &user));
    assert_ok(policy_commit(txn));
}

static void agree(struct plain_play *p)
{
    static const unsigned char number[4] = { 0, 0, 0, 1 };
    struct api_id workflow;
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    AUTO_CLEAR_BUFFER manifest_text = buffer_make(API_MANIFEST_MAX);
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(api_id_random(&workflow));
    api_id_text(&workflow, p->play.workflow);
    AUTO_JSON *configuration = configuration_of(p, &workflow);
    assert_ok(api_configuration_text(configuration, &text, NULL));
    assert_ok(hash_of(&p->play.runtime, buffer_bytes(&text)));
    AUTO_JSON *manifest = manifest_of(p);
    assert_ok(api_json_canonical(manifest, &manifest_text));
    buffer_put_u8(&manifest_text, 0);
    AUTO_JSON *version = version_of(p, (const char *)manifest_text.data);
    AUTO_JSON *runtime = json_pack("{s:s, s:s%, s:I}", "app", "app", "text",
                                   (const char *)text.data, text.len,
                                   "created_at", (json_int_t)STAGE_NOW);
    struct policy_key version_key =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&p->context.account),
                   api_id_bytes(&workflow), bytes_of(number, 4));
    struct policy_key runtime_key =
        policy_key(POLICY_RUNTIME, hash_bytes(&p->play.runtime),
                   api_id_bytes(&p->context.account), api_id_bytes(&workflow),
                   bytes_of(number, 4));
    assert_ok(policy_write(p->play.stage->broker.store, &txn));
    policy_put_json(txn, &version_key, version);
    policy_put_json(txn, &runtime_key, runtime);
    assert_ok(policy_commit(txn));
}

void plain_play_put_domains(struct plain_play *p, json_t *domains)
{
    AUTO_JSON *app = json_pack("{s:s, s:o}", "name", "plain app",
                               "whitelisted_domains", domains);
    put(p, POLICY_APP, api_id_bytes(&p->app), app);
}

/* The build belongs to an app with the domain that enclave_make() asks for. */
static void make_app(struct plain_play *p)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *build = NULL;
    assert_ok(api_id_random(&p->app));
    plain_play_put_domains(p, json_pack("[s]", "program"));
    assert_ok(policy_read(p->play.stage->broker.store, &txn));
    assert_ok(policy_object_get(txn, POLICY_BUILD, &p->context.account,
                                api_id_bytes(&p->play.program.id), &build,
                                NULL));
    policy_txn_free(TAKE(txn));
    assert_int_equal(
        0, json_object_set_new(build, "app", api_json_of_id(&p->app)));
    put(p, POLICY_BUILD, api_id_bytes(&p->play.program.id), build);
}

void plain_play_make(struct plain_play *p, struct stage *s)
{
    *p = (struct plain_play){ .play = { .stage = NULL } };
    play_begin(&p->play, s);
    assert_ok(api_id_random(&p->user));
    make_dataset(p);
    plain_play_put_user(p, false);
    make_app(p);
    agree(p);
    enclave_make(&p->play, soft_rsa_key(0), &p->enclave);
}

void plain_play_clear(struct plain_play *p)
{
    enclave_clear(&p->enclave);
    play_end(&p->play);
}
