/* Application configurations of the product's clients: named by their content,
 * of which nothing changes. */

#include <stdio.h>

#include "base/text.h"
#include "broker/zone.h"
#include "tests/broker/users_cast.h"
#include "tests/support/examples.h"

#define FILES "/opt/fortanix/enclave-os/app-config/rw/"

static json_t *body_of(const char *name, const char *contents)
{
    return json_pack("{s:s, s:s, s:{s:{s:s}, s:{}}, s:{s:s}, s:[s, s, s]}",
                     "name", name, "description", "of the ward", "app_config",
                     FILES "rules.txt", "contents", contents, "free key",
                     "labels", "location", "East US", "ports", "output",
                     "input", "output");
}

static struct answer *create(struct stage *s, const struct user *u,
                             json_t *body)
{
    return user_ask(s, u, HTTP_POST, body, "/v1/app_configs");
}

static void make(struct stage *s, const struct user *u, const char *name,
                 const char *contents, char id[2 * HASH_LEN + 1])
{
    struct answer *a = create(s, u, body_of(name, contents));
    assert_answer(a, 200, NULL);
    (void)snprintf(id, 2 * HASH_LEN + 1, "%s", answer_text(a, "config_id"));
}

static struct answer *change(struct stage *s, const struct user *u,
                             const char *id, json_t *body)
{
    return user_ask(s, u, HTTP_PATCH, body, "/v1/app_configs/%s", id);
}

static struct answer *look(struct stage *s, const struct user *u,
                           const char *id)
{
    return user_ask(s, u, HTTP_GET, NULL, "/v1/app_configs/%s", id);
}

static struct answer *remove_it(struct stage *s, const struct user *u,
                                const char *id)
{
    return user_ask(s, u, HTTP_DELETE, NULL, "/v1/app_configs/%s", id);
}

static struct api_id account_of(const struct user *u)
{
    struct api_id account;
    assert_ok(api_id_parse(bytes_of_string(u->account), &account));
    return account;
}

static json_t *zone_of(const struct user *u)
{
    struct api_id account = account_of(u), zone;
    assert_ok(zone_id(&account, &zone));
    return api_json_of_id(&zone);
}

static size_t items_in(const struct answer *a)
{
    return json_array_size(json_object_get(a->body, "items"));
}

/* --- made, shown, changed ------------------------------------------------ */

static void the_products_samples_go_round(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[2 * HASH_LEN + 1];
    json_t *request = example(32, NULL);
    user_make_managing(s, "owner@example.com", &u);
    if (!request)
        request = body_of("cfg", "YQ==");
    assert_int_equal(
        0, json_object_set_new(request, "zone",
                               json_pack("{s:o}", "id", zone_of(&u))));
    struct answer *a = create(s, &u, request);
    assert_answer(a, 200, NULL);
    assert_like_example(33, a->body);
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "config_id"));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/app_configs");
    assert_answer(a, 200, NULL);
    assert_like_example(34, a->body);
    request = example(35, NULL);
    a = change(s, &u, id, request ? request : json_object());
    assert_answer(a, 200, NULL);
    assert_like_example(33, a->body);
}

/* What a program that is started with this id is told hashes to it. */
static void its_id_is_what_programs_compute(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[2 * HASH_LEN + 1], hex[2 * HASH_LEN + 1];
    struct hash hash;
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "cfg", "YQ==", id);
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/runtime/app_configs/%s", id);
    assert_answer(a, 200, NULL);
    assert_ok(api_configuration_hash(json_object_get(a->body, "config"), &hash,
                                     NULL));
    hex_encode(hash_bytes(&hash), hex);
    assert_string_equal(id, hex);
}

static void a_configuration_is_shown_as_it_was_made(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    struct answer *a = create(s, &u, body_of("cfg", "YQ=="));
    assert_answer(a, 200, NULL);
    AUTO_JSON *made = json_incref(a->body);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "configuration-create");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    assert_string_equal("ccm", answer_text(a, "class"));
    assert_string_equal(u.account, answer_text(a, "group_id"));
    AUTO_JSON *sent = body_of("cfg", "YQ==");
    static const char *const same[] = { "name", "description", "app_config",
                                        "labels" };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_true(json_equal(json_object_get(sent, same[i]),
                               json_object_get(made, same[i])));
    AUTO_JSON *ports = json_pack("[s, s]", "input", "output");
    assert_true(json_equal(ports, json_object_get(made, "ports"))); /* a set */
    AUTO_JSON *zone = json_pack("{s:o, s:i}", "id", zone_of(&u), "version", 0);
    assert_true(json_equal(zone, json_object_get(made, "zone")));
    a = look(s, &u, json_string_value(json_object_get(made, "config_id")));
    assert_answer(a, 200, NULL);
    assert_true(json_equal(made, a->body));
}

static void name_description_and_ports_change(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[2 * HASH_LEN + 1];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "cfg", "YQ==", id);
    stage_pass(60);
    struct answer *a = change(s, &u, id,
                              json_pack("{s:s, s:s, s:[s]}", "name", "cfg2",
                                        "description", "", "ports", "other"));
    assert_answer(a, 200, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "configuration-change");
    assert_string_equal(id, answer_text(a, "config_id"));
    a = look(s, &u, id);
    assert_string_equal("cfg2", answer_text(a, "name"));
    assert_string_equal("", answer_text(a, "description"));
    assert_int_equal(1, json_array_size(json_object_get(a->body, "ports")));
    assert_int_equal(stage_seconds(), json_integer_value(json_object_get(
                                          a->body, "updated_at")));
    static const char *const fixed[] = { "app_config", "labels", "zone" };
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        assert_event(change(s, &u, id, json_pack("{s:{}}", fixed[i])), 400,
                     "INVALID_BODY_PARAMETER");
}

static void the_same_content_is_there_once(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[2 * HASH_LEN + 1];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "one", "YQ==", id);
    assert_event(create(s, &u, body_of("two", "YQ==")), 400,
                 "UNIQUE_VIOLATION");
    assert_event(create(s, &u, body_of("one", "Yg==")), 400,
                 "UNIQUE_VIOLATION");
    make(s, &u, "two", "Yg==", id);
    assert_event(change(s, &u, id, json_pack("{s:s}", "name", "one")), 400,
                 "UNIQUE_VIOLATION");
}

/* --- which builds may have it -------------------------------------------- */

static void put(struct stage *s, const struct user *u, enum policy_kind kind,
                struct bytes id, json_t *record)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account = account_of(u);
    assert_ok(policy_write(s->broker.store, &txn));
    policy_object_put(txn, kind, &account, id, record);
    assert_ok(policy_commit(txn));
    json_decref(record);
}

static void they_are_found_by_the_build_that_may_have_them(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct api_id build;
    char id[2 * HASH_LEN + 1], other[2 * HASH_LEN + 1], text[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "one", "YQ==", id);
    make(s, &u, "two", "Yg==", other);
    assert_ok(api_id_random(&build));
    api_id_text(&build, text);
    put(s, &u, POLICY_BUILD, api_id_bytes(&build),
        json_pack("{s:s, s:s, s:s, s:{s:{}}}", "build", text, "name", "b",
                  "class", "ccm", "configs", id));
    struct answer *a =
        user_ask(s, &u, HTTP_GET, NULL, "/v1/app_configs?image_id=%s", text);
    assert_answer(a, 200, NULL);
    assert_int_equal(1, items_in(a));
    assert_string_equal(
        id, json_string_value(json_object_get(
                json_array_get(json_object_get(a->body, "items"), 0),
                "config_id")));
    assert_int_equal(2,
                     json_integer_value(json_object_get(
                         json_object_get(a->body, "metadata"), "total_count")));
    assert_int_equal(
        0, items_in(user_ask(s, &u, HTTP_GET, NULL,
                             "/v1/app_configs?image_id=%s", u.account)));
    assert_int_equal(0, items_in(user_ask(s, &u, HTTP_GET, NULL,
                                          "/v1/app_configs?image_id=none")));
    assert_int_equal(
        1, items_in(user_ask(s, &u, HTTP_GET, NULL,
                             "/v1/app_configs?name=two&description=of%%20the"
                             "%%20ward")));
}

/* --- what ends it -------------------------------------------------------- */

static void put_version(struct stage *s, const struct user *u, const char *id,
                        const char *status)
{
    AUTO_FREE(policy_txn) txn = NULL;
    static const unsigned char one[4] = { 0, 0, 0, 1 };
    struct api_id account = account_of(u), workflow = account;
    char manifest[256];
    (void)snprintf(manifest, sizeof(manifest),
                   "{\"apps\":{\"a\":{\"configuration\":\"%s\"}}}", id);
    struct policy_key key =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&account),
                   api_id_bytes(&workflow), bytes_of(one, sizeof(one)));
    AUTO_JSON *record = json_pack("{s:s, s:s, s:s}", "class", "ccm", "status",
                                  status, "manifest", manifest);
    assert_ok(policy_write(s->broker.store, &txn));
    policy_put_json(txn, &key, record);
    assert_ok(policy_commit(txn));
}

static void what_a_workflow_uses_stays(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[2 * HASH_LEN + 1];
    user_make_managing(s, "owner@example.com", &u);
    make(s, &u, "one", "YQ==", id);
    put_version(s, &u, id, "active");
    struct answer *a = remove_it(s, &u, id);
    assert_event(a, 409, "CONFLICT");
    assert_string_equal("an approved workflow uses this configuration: delete "
                        "that version of it first",
                        answer_text(a, "message"));
    put_version(s, &u, id, "withdrawn");
    assert_int_equal(204, remove_it(s, &u, id)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "configuration-delete");
    assert_event(look(s, &u, id), 404, "NOT_FOUND");
}

static void a_password_changes_nothing_of_the_signed_class(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct user u;
    char id[65];
    person_first(s, &root, "root");
    configuration_make(s, &root, "signed one", id);
    user_make(s, "manager@example.com", &u);
    user_put_in(s, &root, &u);
    struct answer *a = look(s, &u, id);
    assert_answer(a, 200, NULL);
    assert_string_equal("signed", answer_text(a, "class"));
    assert_int_equal(
        json_integer_value(json_object_get(a->body, "created_at")),
        json_integer_value(json_object_get(a->body, "updated_at")));
    assert_event(change(s, &u, id, json_pack("{s:s}", "name", "mine")), 403,
                 "FORBIDDEN");
    assert_event(remove_it(s, &u, id), 403, "FORBIDDEN");
    person_clear(&root);
}

static void a_reader_changes_nothing(void **state)
{
    struct stage *s = *state;
    struct user manager, reader, stranger;
    char id[2 * HASH_LEN + 1];
    user_make_managing(s, "manager@example.com", &manager);
    user_make_in(s, &manager, "READER", "reader@example.com", &reader);
    user_make_managing(s, "stranger@example.com", &stranger);
    make(s, &manager, "one", "YQ==", id);
    assert_answer(look(s, &reader, id), 200, NULL);
    assert_event(create(s, &reader, body_of("two", "Yg==")), 403, "FORBIDDEN");
    assert_event(change(s, &reader, id, json_pack("{s:s}", "name", "mine")),
                 403, "FORBIDDEN");
    assert_event(remove_it(s, &reader, id), 403, "FORBIDDEN");
    assert_event(look(s, &stranger, id), 404, "NOT_FOUND");
    assert_event(look(s, &manager, "none"), 404, "NOT_FOUND");
}

/* --- read strictly ------------------------------------------------------- */

static void assert_refused(struct stage *s, const struct user *u,
                           const char *member, json_t *value, const char *event,
                           const char *says)
{
    json_t *body = body_of("cfg", "YQ==");
    assert_int_equal(0, json_object_set_new(body, member, value));
    struct answer *a = create(s, u, body);
    assert_event(a, 400, event);
    assert_non_null(strstr(answer_text(a, "message"), says));
}

static void paths_lie_where_the_runtime_puts_them(void **state)
{
    static const char *const bad[] = {
        "/etc/passwd", FILES,        FILES "a/",
        FILES "a/.",   FILES "../a", FILES "a/.."
    };
    static const char *const good[] = { FILES "a", FILES "a/b", FILES "a..b",
                                        FILES "..a", "a/../b" };
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(
            s, &u, "app_config", json_pack("{s:{}}", bad[i]), "INVALID_VALUE",
            "a path is that of a file below " FILES ", without \"..\"");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        json_t *body = body_of(good[i], "YQ==");
        assert_int_equal(0, json_object_set_new(body, "app_config",
                                                json_pack("{s:{}}", good[i])));
        assert_answer(create(s, &u, body), 200, NULL);
    }
}

static void bodies_are_read_strictly(void **state)
{
    /* clang-format off */
    static const struct {
        const char *member, *value, *event, *says;
    } bad[] = {
        { "name", "null", "MISSING_REQUIRED_PARAMETER", "name is missing" },
        { "name", "\"a\\nb\"", "INVALID_NAME", "name" },
        { "app_config", "null", "INVALID_VALUE", "app_config: expected an object" },
        { "app_config", "{\"k\": {\"contents\": \"no base64\"}}", "INVALID_VALUE", "app_config.k: expected" },
        { "app_config", "{\"k\": {\"content\": \"YQ==\"}}", "INVALID_VALUE", "app_config.k: expected" },
        { "app_config", "{\"k\": \"YQ==\"}", "INVALID_VALUE", "app_config.k: expected" },
        { "ports", "null", "INVALID_VALUE", "ports is missing" },
        { "ports", "[\"a/b\"]", "INVALID_VALUE", "ports[0]" },
        { "ports", "[\"..\"]", "INVALID_VALUE", "ports[0]" },
        { "labels", "{\"a\": 1}", "INVALID_VALUE", "labels" },
        { "zone", "{\"id\": \"0a000000-0000-4000-8000-000000000001\"}", "INVALID_VALUE", "zone: expected {\"id\": the account's zone, " },
        { "zone", "{}", "INVALID_VALUE", "zone: expected {\"id\": the account's zone, " },
        { "group_id", "\"0a000000-0000-4000-8000-000000000001\"", "INVALID_VALUE", "group_id: expected the account's own id: it has one group" },
        { "image", "1", "INVALID_BODY_PARAMETER", "image" },
    };
    /* clang-format on */
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(s, &u, bad[i].member,
                       json_loads(bad[i].value, JSON_DECODE_ANY, NULL),
                       bad[i].event, bad[i].says);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(the_products_samples_go_round),
        stage_test(its_id_is_what_programs_compute),
        stage_test(a_configuration_is_shown_as_it_was_made),
        stage_test(name_description_and_ports_change),
        stage_test(the_same_content_is_there_once),
        stage_test(they_are_found_by_the_build_that_may_have_them),
        stage_test(what_a_workflow_uses_stays),
        stage_test(a_password_changes_nothing_of_the_signed_class),
        stage_test(a_reader_changes_nothing),
        stage_test(paths_lie_where_the_runtime_puts_them),
        stage_test(bodies_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
