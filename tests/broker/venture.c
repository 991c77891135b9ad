#include "tests/broker/venture.h"

#include <stdio.h>

#include "base/text.h"

#define FINALS "/v1/workflows/final/graphs"

static struct policy_key key_of(const struct venture *v, enum policy_kind kind,
                                struct bytes id)
{
    return policy_key(kind, api_id_bytes(&v->account), id);
}

static void put(struct venture *v, enum policy_kind kind, struct bytes id,
                json_t *record)
{
    AUTO_JSON *taken = record;
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = key_of(v, kind, id);
    assert_non_null(record);
    assert_ok(policy_write(v->stage->broker.store, &txn));
    policy_put_json(txn, &key, taken);
    assert_ok(policy_commit(txn));
}

void venture_change(struct venture *v, enum policy_kind kind, struct bytes id,
                    json_t *more)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *members = more;
    json_t *record = NULL;
    struct policy_key key = key_of(v, kind, id);
    assert_ok(policy_read(v->stage->broker.store, &txn));
    assert_ok(policy_get_json(txn, &key, &record));
    policy_txn_free(TAKE(txn));
    assert_int_equal(0, json_object_update(record, members));
    put(v, kind, id, record);
}

void venture_drop(struct venture *v, enum policy_kind kind, struct bytes id)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key key = key_of(v, kind, id);
    assert_ok(policy_write(v->stage->broker.store, &txn));
    policy_delete(txn, &key);
    assert_ok(policy_commit(txn));
}

static void new_id(struct api_id *id, char text[API_ID_TEXT])
{
    assert_ok(api_id_random(id));
    api_id_text(id, text);
}

static void put_dataset(struct venture *v, const struct api_id *id,
                        const char *name, const struct user *owner)
{
    put(v, POLICY_DATASET, api_id_bytes(id),
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:n, s:I}", "dataset",
                  api_json_of_id(id), "class", "ccm", "name", name, "location",
                  "https://store.example/x", "owner_user", owner->id,
                  "suspended", "created_at", (json_int_t)STAGE_NOW));
}

static void put_configuration(struct venture *v)
{
    const struct buffer *zone = &v->stage->broker.ca_pem;
    struct hash id;
    AUTO_JSON *content =
        json_pack("{s:{}, s:{}, s:[s%]}", "app_config", "labels", "zone_ca",
                  (const char *)zone->data, zone->len);
    assert_ok(api_configuration_hash(content, &id, NULL));
    hex_encode(hash_bytes(&id), v->configuration);
    put(v, POLICY_CONFIGURATION, hash_bytes(&id),
        json_pack("{s:s, s:s, s:s, s:{}, s:{}, s:[s, s]}", "class", "ccm",
                  "name", "settings", "configuration", v->configuration,
                  "app_config", "labels", "ports", "input", "output"));
}

static void put_build(struct venture *v)
{
    struct api_identity_rule rule;
    char app[API_ID_TEXT];
    program_rule(v->stage, VENTURE_MEASURED, &rule);
    new_id(&v->app, app);
    put(v, POLICY_APP, api_id_bytes(&v->app),
        json_pack("{s:s, s:s, s:s, s:[s], s:I}", "app", app, "class", "ccm",
                  "name", "an app", "whitelisted_domains", "program",
                  "created_at", (json_int_t)STAGE_NOW));
    put(v, POLICY_BUILD, api_id_bytes(&v->build),
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:{s:{}}, s:s, s:I}", "build",
                  v->build_text, "class", "ccm", "name", "image", "app", app,
                  "status", "approved", "rule", api_rule_to_json(&rule),
                  "configs", v->configuration, "owner_user", v->bob.id,
                  "created_at", (json_int_t)STAGE_NOW));
}

void venture_make(struct venture *v, struct stage *s)
{
    *v = (struct venture){ .stage = s };
    user_make_managing(s, "boss@example.com", &v->boss);
    user_make_in(s, &v->boss, "WRITER", "alice@example.com", &v->alice);
    user_make_in(s, &v->boss, "WRITER", "bob@example.com", &v->bob);
    assert_ok(api_id_parse(bytes_of_string(v->boss.account), &v->account));
    new_id(&v->build, v->build_text);
    new_id(&v->input, v->input_text);
    new_id(&v->output, v->output_text);
    put_dataset(v, &v->input, "patients", &v->alice);
    put_dataset(v, &v->output, "counts", &v->boss);
    put_configuration(v);
    put_build(v);
}

/* --- graphs -------------------------------------------------------------- */

static json_t *app_object(const struct venture *v)
{
    return json_pack("{s:s, s:s, s:{s:{s:s, s:s}}}", "name", "app-1", "user_id",
                     v->bob.id, "ref", "app", "image_id", v->build_text,
                     "config_id", v->configuration);
}

static json_t *dataset_object(const char *name, const struct user *owner,
                              const char *id)
{
    return json_pack("{s:s, s:s, s:s, s:{s:{s:s}}}", "name", name, "user_id",
                     owner->id, "description", "", "ref", "dataset",
                     "dataset_id", id);
}

static json_t *edges(void)
{
    return json_pack("{s:{s:{s:s}, s:{s:s, s:s}}, s:{s:{s:s, s:s}, s:{s:s}}}",
                     "1", "source", "id", "input-1", "target", "id", "app-1",
                     "port", "input", "2", "source", "id", "app-1", "port",
                     "output", "target", "id", "output-1");
}

static json_t *node(void)
{
    return json_pack("{s:{s:i, s:i}}", "position", "x", 10, "y", 20);
}

json_t *venture_contents(const struct venture *v)
{
    return json_pack("{s:{s:o, s:o, s:o}, s:o, s:{s:{s:o, s:o, s:o}}}",
                     "objects", "app-1", app_object(v), "input-1",
                     dataset_object("input-1", &v->alice, v->input_text),
                     "output-1",
                     dataset_object("output-1", &v->boss, v->output_text),
                     "edges", edges(), "metadata", "nodes", "app-1", node(),
                     "input-1", node(), "output-1", node());
}

json_t *venture_graph(const struct venture *v)
{
    return json_pack("{s:s, s:s, s:o}", "name", "wf", "description", "",
                     "contents", venture_contents(v));
}

json_t *venture_small(const struct venture *v)
{
    return json_pack("{s:s, s:s, s:{s:{s:o}, s:{}}}", "name", "small",
                     "description", "alone", "contents", "objects", "app-1",
                     app_object(v), "edges");
}

/* --- agreeing ------------------------------------------------------------ */

void venture_submit(struct venture *v, json_t *body, const char *operation)
{
    struct answer *a =
        user_ask(v->stage, &v->boss, HTTP_POST,
                 json_pack("{s:s, s:s, s:o}", "operation",
                           operation ? operation : "/v1/workflows/final/graphs",
                           "description", "please", "body", body),
                 "/v1/approval_requests");
    assert_answer(a, 201, NULL);
    const json_t *subject =
        json_array_get(json_object_get(a->body, "subjects"), 0);
    (void)snprintf(v->request, sizeof(v->request), "%s",
                   answer_text(a, "request_id"));
    (void)snprintf(v->workflow, sizeof(v->workflow), "%s",
                   json_string_value(json_object_get(subject, "workflow")));
}

struct answer *venture_approve(struct venture *v, const struct user *who)
{
    return user_ask(v->stage, who, HTTP_POST, NULL,
                    "/v1/approval_requests/%s/approve", v->request);
}

void venture_agree(struct venture *v)
{
    assert_answer(venture_approve(v, &v->alice), 200, NULL);
    assert_answer(venture_approve(v, &v->bob), 200, NULL);
    struct answer *a = venture_approve(v, &v->boss);
    assert_answer(a, 200, NULL);
    assert_string_equal("APPROVED", answer_text(a, "status"));
}

void venture_runtime(struct venture *v, const char *version, struct hash *out)
{
    struct answer *a =
        user_ask(v->stage, &v->boss, HTTP_GET, NULL,
                 "/v1/workflows/final/graphs/%s/%s", v->workflow, version);
    assert_answer(a, 200, NULL);
    json_t *configs = json_object_get(json_object_get(a->body, "contents"),
                                      "runtime_configs");
    assert_int_equal(1, json_object_size(configs));
    const char *hash = json_object_iter_key(json_object_iter(configs));
    assert_ok(hex_decode(bytes_of_string(hash), out->bytes, HASH_LEN));
}

void venture_extend(struct venture *v, json_t *contents)
{
    char operation[128], workflow[API_ID_TEXT];
    (void)snprintf(workflow, sizeof(workflow), "%s", v->workflow);
    (void)snprintf(operation, sizeof(operation), FINALS "/%s", v->workflow);
    venture_submit(v, contents, operation);
    assert_string_equal(workflow, v->workflow);
}

json_t *venture_without_output(const struct venture *v)
{
    json_t *contents = venture_contents(v);
    assert_int_equal(
        0, json_object_del(json_object_get(contents, "objects"), "output-1"));
    assert_int_equal(0,
                     json_object_del(json_object_get(contents, "edges"), "2"));
    return contents;
}

void venture_pairs(const struct venture *v, const char *pairs[VENTURE_PAIRS])
{
    const char *const all[VENTURE_PAIRS] = {
        "22222222-2222-4222-8222-222222222222",
        v->alice.id,
        "33333333-3333-4333-8333-333333333333",
        v->bob.id,
        "7bd18e68-7847-45d9-9372-95e56746c0b3",
        v->input_text,
        "1d43dc9c-fdbe-43da-84db-d14374133bb4",
        v->output_text,
        "bbbbbbbb-0000-4000-8000-000000000001",
        v->build_text,
        "3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f",
        v->configuration,
    };
    memcpy(pairs, all, sizeof(all));
}
