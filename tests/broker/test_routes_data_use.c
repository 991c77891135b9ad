/* A dataset of the product's clients while an approved workflow uses it: what
 * its owner changes reaches programs at once, and it does not disappear. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/data_cast.h"
#include "tests/broker/plain_play.h"

struct scene {
    struct plain_play plain;
    struct user owner;
    char field[160];
};

static struct scene scene;

static int setup(void **state)
{
    void *stage = NULL;
    (void)state;
    assert_int_equal(0, stage_setup(&stage));
    plain_play_make(&scene.plain, stage);
    user_make(stage, "ulla@example.net", &scene.owner);
    user_put_in(stage, &scene.plain.play.root, &scene.owner);
    plain_play_put_dataset(&scene.plain,
                           json_pack("{s:s, s:s, s:{}, s:i}", "owner_user",
                                     scene.owner.id, "description", "",
                                     "labels", "updated_at", 1));
    return 0;
}

static int teardown(void **state)
{
    void *stage = scene.plain.play.stage;
    (void)state;
    plain_play_clear(&scene.plain);
    return stage_teardown(&stage);
}

static struct stage *stage(void)
{
    return scene.plain.play.stage;
}

static struct answer *by_program(enum http_method method, json_t *body,
                                 const char *path)
{
    return stage_ask(stage(), as_enclave(&scene.plain.enclave), method, body,
                     "%s", path);
}

static void assert_exports(const char *contents)
{
    struct answer *a = by_program(HTTP_POST, NULL, "/sys/v1/session/auth");
    assert_answer(a, 200, NULL);
    (void)snprintf(scene.field, sizeof(scene.field),
                   "Authorization: Bearer %s\r\n",
                   answer_text(a, "access_token"));
    stage()->headers = scene.field;
    a = by_program(
        HTTP_POST,
        json_pack("{s:s+}", "name", scene.plain.dataset, "-credentials"),
        "/crypto/v1/keys/export");
    stage()->headers = NULL;
    assert_answer(a, 200, NULL);
    assert_string_equal(contents, answer_text(a, "value"));
}

static void programs_export_the_very_bytes(void **state)
{
    (void)state;
    assert_answer(data_change(stage(), &scene.owner, scene.plain.dataset,
                              json_pack("{s:{s:s}}", "credentials", "contents",
                                        DATA_CONTENTS)),
                  200, NULL);
    assert_exports(DATA_CONTENTS);
    assert_answer(data_change(stage(), &scene.owner, scene.plain.dataset,
                              json_pack("{s:{s:s}}", "credentials", "contents",
                                        DATA_ANOTHER)),
                  200, NULL);
    assert_exports(DATA_ANOTHER);
}

static void programs_are_told_where_it_moved(void **state)
{
    (void)state;
    assert_answer(data_change(stage(), &scene.owner, scene.plain.dataset,
                              json_pack("{s:s}", "location", "https://new/x")),
                  200, NULL);
    struct answer *a = by_program(HTTP_GET, NULL, "/v1/runtime/app_configs");
    assert_answer(a, 200, NULL);
    assert_non_null(memmem(a->raw.data, a->raw.len, "https://new/x", 13));
}

static void what_a_workflow_uses_stays(void **state)
{
    struct api_id workflow;
    AUTO_FREE(policy_txn) txn = NULL;
    (void)state;
    struct answer *a = data_remove(stage(), &scene.owner, scene.plain.dataset);
    assert_event(a, 409, "CONFLICT");
    assert_string_equal("an approved workflow uses this dataset: delete that "
                        "version of it first",
                        answer_text(a, "message"));
    assert_true(soft_door_has(stage()->door, &scene.plain.context));
    assert_ok(
        api_id_parse(bytes_of_string(scene.plain.play.workflow), &workflow));
    static const unsigned char one[4] = { 0, 0, 0, 1 };
    struct policy_key key = policy_key(
        POLICY_WORKFLOW_VERSION, api_id_bytes(&scene.plain.context.account),
        api_id_bytes(&workflow), bytes_of(one, sizeof(one)));
    AUTO_JSON *version = NULL;
    assert_ok(policy_write(stage()->broker.store, &txn));
    assert_ok(policy_get_json(txn, &key, &version));
    assert_int_equal(
        0, json_object_set_new(version, "status", json_string("withdrawn")));
    policy_put_json(txn, &key, version);
    assert_ok(policy_commit(txn));
    assert_int_equal(
        204, data_remove(stage(), &scene.owner, scene.plain.dataset)->status);
    assert_false(soft_door_has(stage()->door, &scene.plain.context));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(programs_export_the_very_bytes),
        CASE(programs_are_told_where_it_moved),
        CASE(what_a_workflow_uses_stays),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
