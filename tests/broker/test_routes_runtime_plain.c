/* What a program of the CCM class is told: where its data lies now, and where
 * its credentials are to be had. */

#include "base/text.h"
#include "tests/broker/plain_play.h"
#include "tests/broker/users_cast.h"

static struct plain_play scene;

static int setup(void **state)
{
    void *stage = NULL;
    (void)state;
    assert_int_equal(0, stage_setup(&stage));
    plain_play_make(&scene, stage);
    return 0;
}

static int teardown(void **state)
{
    void *stage = scene.play.stage;
    (void)state;
    plain_play_clear(&scene);
    return stage_teardown(&stage);
}

static struct answer *fetch(const char *path)
{
    return stage_ask(scene.play.stage, as_enclave(&scene.enclave), HTTP_GET,
                     NULL, "%s", path);
}

static const json_t *dataset_in(const struct answer *a)
{
    const json_t *connections =
        json_object_get(json_object_get(a->body, "extra"), "connections");
    assert_int_equal(1, json_object_size(connections));
    const json_t *port = json_object_get(connections, "input");
    assert_int_equal(1, json_object_size(port));
    return json_object_get(json_object_get(port, "plain data"), "dataset");
}

static void both_paths_tell_the_same(void **state)
{
    (void)state;
    struct answer *a = fetch("/v1/runtime/app_configs");
    assert_answer(a, 200, NULL);
    AUTO_JSON *first = json_incref(a->body);
    a = fetch("/api/v1/confidential_computing/runtime/app_configs");
    assert_answer(a, 200, NULL);
    assert_true(json_equal(first, a->body));
}

static void it_says_where_the_credentials_are(void **state)
{
    char name[96], app[API_ID_TEXT];
    (void)state;
    struct answer *a = fetch("/v1/runtime/app_configs");
    assert_answer(a, 200, NULL);
    const json_t *sdkms =
        json_object_get(json_object_get(dataset_in(a), "credentials"), "sdkms");
    (void)snprintf(name, sizeof(name), "%s-credentials", scene.dataset);
    api_id_text(&scene.play.stage->broker.hsm_facts.store, app);
    assert_int_equal(3, json_object_size(sdkms));
    assert_string_equal(
        "https://broker.example:9443",
        json_string_value(json_object_get(sdkms, "credentials_url")));
    assert_string_equal(name, json_string_value(json_object_get(
                                  sdkms, "credentials_key_name")));
    assert_string_equal(
        app, json_string_value(json_object_get(sdkms, "sdkms_app_id")));
}

static void data_that_was_moved_is_found(void **state)
{
    (void)state;
    plain_play_put_dataset(
        &scene, json_pack("{s:s}", "location", "https://elsewhere.example/x"));
    struct answer *a = fetch("/v1/runtime/app_configs");
    assert_answer(a, 200, NULL);
    assert_string_equal(
        "https://elsewhere.example/x",
        json_string_value(json_object_get(dataset_in(a), "location")));
}

static void a_dataset_that_is_gone_is_said_to_be(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)state;
    assert_ok(policy_write(scene.play.stage->broker.store, &txn));
    policy_object_delete(txn, POLICY_DATASET, &scene.context.account,
                         api_id_bytes(&scene.context.dataset));
    assert_ok(policy_commit(txn));
    struct answer *a = fetch("/v1/runtime/app_configs");
    assert_answer(a, 403, "FORBIDDEN");
    assert_non_null(strstr(answer_text(a, "message"),
                           "refused: a dataset of this configuration is"));
}

/* --- domains ------------------------------------------------------------- */

static struct answer *ask_certificate(size_t key)
{
    struct enclave other = { .key = soft_rsa_key(key),
                             .configuration = scene.play.runtime,
                             .measured = 0xc1 };
    AUTO_CLEAR_BUFFER quote = { 0 };
    quote_make(scene.play.stage, &other, &quote);
    return stage_ask(scene.play.stage, AS_NOBODY, HTTP_POST,
                     attest_body(&other, &quote), "/accord/v1/certificates");
}

static void a_domain_needs_to_be_approved(void **state)
{
    (void)state;
    plain_play_put_domains(&scene, json_pack("[s]", "other.example"));
    struct answer *a = ask_certificate(1);
    assert_answer(a, 403, "domain");
    assert_says(a, "the domain program is not approved for this app");
    assert_newest_leaf(scene.play.stage, API_LEAF_DENIAL, "code", "domain");
    /* The same key serves once it is. */
    plain_play_put_domains(&scene, json_pack("[s, s]", "x", "PROGRAM"));
    assert_answer(ask_certificate(1), 200, NULL);
}

/* --- for people ---------------------------------------------------------- */

/* A user of another account than the play's. */
static struct answer *look(const struct user *user, const struct hash *hash)
{
    char hex[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(hash), hex);
    return user_ask(scene.play.stage, user, HTTP_GET, NULL,
                    "/v1/runtime/app_configs/%s", hex);
}

static void accounts_do_not_see_each_others(void **state)
{
    struct user stranger;
    (void)state;
    user_make_managing(scene.play.stage, "eve@example.net", &stranger);
    assert_event_says(look(&stranger, &scene.play.runtime), 404, "NOT_FOUND",
                      "there is no such runtime configuration in this account");
    assert_event_says(user_ask(scene.play.stage, &stranger, HTTP_GET, NULL,
                               "/v1/runtime/app_configs/xyz"),
                      404, "NOT_FOUND",
                      "a configuration's id is 64 hexadecimal digits");
    assert_event(fetch("/v1/runtime/app_configs/xyz"), 403, "FORBIDDEN");
}

/* The user's session is put into the play's account. */
static void people_see_what_their_programs_are_told(void **state)
{
    struct user user;
    struct policy_member member = { .account = scene.context.account,
                                    .role = POLICY_READER,
                                    .state = POLICY_MEMBER_ACTIVE };
    AUTO_FREE(policy_txn) txn = NULL;
    char account[API_ID_TEXT];
    (void)state;
    user_make(scene.play.stage, "ulla@example.net", &user);
    assert_ok(api_id_parse(bytes_of_string(user.id), &member.user));
    assert_ok(policy_write(scene.play.stage->broker.store, &txn));
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_commit(txn));
    api_id_text(&scene.context.account, account);
    user_select(scene.play.stage, &user, account);
    struct answer *a = fetch("/v1/runtime/app_configs");
    AUTO_JSON *told = json_incref(a->body);
    a = look(&user, &scene.play.runtime);
    assert_answer(a, 200, NULL);
    assert_true(json_equal(told, a->body));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(both_paths_tell_the_same),
        CASE(it_says_where_the_credentials_are),
        CASE(data_that_was_moved_is_found),
        CASE(a_domain_needs_to_be_approved),
        CASE(accounts_do_not_see_each_others),
        CASE(people_see_what_their_programs_are_told),
        CASE(a_dataset_that_is_gone_is_said_to_be),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
