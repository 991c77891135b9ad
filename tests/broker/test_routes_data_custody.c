/* Datasets of the product's clients: where their credentials go, who may change
 * them, what ends them. */

#include "base/text.h"
#include "broker/keeper.h"
#include "tests/broker/data_cast.h"

/* --- the credential ------------------------------------------------------ */

static void rotation_erases_the_version_before(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    struct api_context before = data_context(s, &u, id);
    assert_true(soft_door_has(s->door, &before));
    struct answer *a = data_change(
        s, &u, id,
        json_pack("{s:{s:s}}", "credentials", "contents", DATA_ANOTHER));
    assert_answer(a, 200, NULL);
    assert_null(
        memmem(a->raw.data, a->raw.len, DATA_ANOTHER, strlen(DATA_ANOTHER)));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "dataset-rotate");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    struct api_context after = data_context(s, &u, id);
    assert_false(api_id_equal(&before.version, &after.version));
    assert_true(soft_door_has(s->door, &after));
    assert_false(soft_door_has(s->door, &before));
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key blob = policy_key(
        POLICY_BLOB, api_id_bytes(&before.account),
        api_id_bytes(&before.dataset), api_id_bytes(&before.version));
    assert_ok(policy_read(s->broker.store, &txn));
    assert_false(policy_has(txn, &blob));
}

static void a_deleted_dataset_takes_its_credential_with_it(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    struct api_context gone = data_context(s, &u, id);
    assert_int_equal(204, data_remove(s, &u, id)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "dataset-delete");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    assert_false(soft_door_has(s->door, &gone));
    assert_event(data_look(s, &u, id), 404, "NOT_FOUND");
    assert_event(data_remove(s, &u, id), 404, "NOT_FOUND");
}

static void keep_house(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

static void a_key_that_outlived_its_dataset_is_destroyed_later(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    struct api_context gone = data_context(s, &u, id);
    soft_door_fate(s->door, SOFT_ERASE, SOFT_AWAY, 1);
    assert_int_equal(503, data_remove(s, &u, id)->status);
    assert_true(soft_door_has(s->door, &gone));
    assert_event(data_look(s, &u, id), 404, "NOT_FOUND");
    stage_with_threads(s, keep_house);
    assert_false(soft_door_has(s->door, &gone));
}

/* Both saw the name free; the second one's key is not left on the token. */
static void a_key_that_nobody_needs_is_destroyed(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    struct answer answers[2] = { { .done = false }, { .done = false } };
    user_make_managing(s, "owner@example.com", &u);
    s->headers = u.headers;
    for (size_t i = 0; i < 2; i++)
        stage_begin(s, &answers[i], AS_NOBODY, HTTP_POST,
                    data_body("Input", DATA_CONTENTS), "/v1/datasets");
    s->headers = NULL;
    assert_int_equal(2, s->door->calls[SOFT_INTAKE_PLAIN]);
    stage_write(s);
    bool first = answers[0].status == 200;
    assert_answer(&answers[first ? 0 : 1], 200, NULL);
    assert_event(&answers[first ? 1 : 0], 400, "UNIQUE_VIOLATION");
    assert_int_equal(1, s->door->calls[SOFT_ERASE]);
    assert_int_equal(1, s->door->credentials_count);
    for (size_t i = 0; i < 2; i++)
        answer_clear(&answers[i]);
    data_new(s, &u, "Output", id);
    assert_event(
        data_change(s, &u, id,
                    json_pack("{s:s, s:{s:s}}", "name", "Input", "credentials",
                              "contents", DATA_ANOTHER)),
        400, "UNIQUE_VIOLATION");
    assert_int_equal(3, s->door->calls[SOFT_INTAKE_PLAIN]);
}

static void contents_are_base64_and_nothing_else(void **state)
{
    static const char *const bad[] = {
        "", "{\"query_string\": \"\"}", "A", "AAA", "AA==\n", "A-_A", "===="
    };
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answer *a = data_create(s, &u, data_body("Input", bad[i]));
        assert_event(a, 400, "INVALID_VALUE");
        assert_non_null(strstr(answer_text(a, "message"),
                               "credentials.contents: expected 1 to 65536 "
                               "bytes in base64"));
    }
    assert_int_equal(0, s->door->calls[SOFT_INTAKE_PLAIN]);
    data_new(s, &u, "Input", id);
    assert_event(
        data_change(s, &u, id,
                    json_pack("{s:{s:s}}", "credentials", "contents", "no")),
        400, "INVALID_VALUE");
    assert_int_equal(1, s->door->calls[SOFT_INTAKE_PLAIN]);
}

static struct answer *create_of_size(struct stage *s, const struct user *u,
                                     size_t size)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(size), text = buffer_make(2 * size);
    memset(buffer_extend(&raw, size), 'x', size);
    base64_encode(buffer_bytes(&raw), &text);
    buffer_put_u8(&text, 0);
    return data_create(s, u, data_body("Large", (const char *)text.data));
}

static void a_credential_may_be_as_large_as_the_hsm_takes_it(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    assert_event(create_of_size(s, &u, API_CREDENTIAL_MAX + 1), 400,
                 "INVALID_VALUE");
    assert_answer(create_of_size(s, &u, API_CREDENTIAL_MAX), 200, NULL);
}

static void an_hsm_without_plain_paths_takes_none(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct reason why = { "" };
    s->door->plain_forbidden = true;
    stage_close(s);
    assert_ok(stage_open(s, &why));
    user_make_managing(s, "owner@example.com", &u);
    struct answer *a = data_create(s, &u, data_body("Input", DATA_CONTENTS));
    assert_event(a, 403, "FORBIDDEN");
    assert_string_equal("this installation takes no credential in clear: "
                        "ccm.plain_paths of accord-hsm is no",
                        answer_text(a, "message"));
    assert_int_equal(0, s->door->calls[SOFT_INTAKE_PLAIN]);
}

static void without_the_hsm_nothing_is_made(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    soft_door_fate(s->door, SOFT_INTAKE_PLAIN, SOFT_AWAY, 1);
    assert_int_equal(
        503, data_create(s, &u, data_body("Input", DATA_CONTENTS))->status);
    data_new(s, &u, "Input", id); /* the name is still free */
}

/* --- who may ------------------------------------------------------------- */

static void only_the_owner_changes_a_dataset(void **state)
{
    struct stage *s = *state;
    struct user manager, owner, writer, reader;
    char id[API_ID_TEXT];
    user_make_managing(s, "manager@example.com", &manager);
    user_make_in(s, &manager, "WRITER", "owner@example.com", &owner);
    user_make_in(s, &manager, "WRITER", "writer@example.com", &writer);
    user_make_in(s, &manager, "READER", "reader@example.com", &reader);
    data_new(s, &owner, "Input", id);
    unsigned calls = s->door->calls[SOFT_INTAKE_PLAIN];
    struct answer *a = data_change(
        s, &writer, id,
        json_pack("{s:{s:s}}", "credentials", "contents", DATA_ANOTHER));
    assert_event(a, 403, "FORBIDDEN");
    assert_string_equal("only the owner of a dataset changes it",
                        answer_text(a, "message"));
    assert_int_equal(calls, s->door->calls[SOFT_INTAKE_PLAIN]);
    assert_event(
        data_change(s, &manager, id,
                    json_pack("{s:s}", "location", "https://eve.example")),
        403, "FORBIDDEN");
    assert_event(data_create(s, &reader, data_body("Other", DATA_CONTENTS)),
                 403, "FORBIDDEN");
    assert_answer(data_look(s, &reader, id), 200, NULL);
    a = data_remove(s, &writer, id);
    assert_event(a, 403, "FORBIDDEN");
    assert_string_equal("only the owner of a dataset, or a MANAGER, deletes it",
                        answer_text(a, "message"));
    assert_int_equal(204, data_remove(s, &manager, id)->status);
}

static void accounts_do_not_see_each_others(void **state)
{
    struct stage *s = *state;
    struct user owner, stranger;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &owner);
    user_make_managing(s, "stranger@example.com", &stranger);
    data_new(s, &owner, "Input", id);
    assert_event(data_look(s, &stranger, id), 404, "NOT_FOUND");
    assert_event(data_remove(s, &stranger, id), 404, "NOT_FOUND");
    assert_event(data_look(s, &owner, "none"), 404, "NOT_FOUND");
    data_new(s, &stranger, "Input", id); /* names are the account's */
}

static void a_password_changes_nothing_of_the_signed_class(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct user u;
    struct data data;
    person_first(s, &root, "root");
    data_make(s, &root, "sealed", &data);
    user_make(s, "manager@example.com", &u);
    user_put_in(s, &root, &u);
    struct answer *a = data_look(s, &u, data.text);
    assert_answer(a, 200, NULL);
    assert_string_equal("signed", answer_text(a, "class"));
    assert_string_equal(root.text, answer_text(a, "owner"));
    assert_int_equal(0,
                     json_object_size(json_object_get(a->body, "credentials")));
    a = data_change(s, &u, data.text, json_pack("{s:s}", "name", "mine"));
    assert_event(a, 403, "FORBIDDEN");
    assert_event(data_change(s, &u, data.text,
                             json_pack("{s:{s:s}}", "credentials", "contents",
                                       DATA_ANOTHER)),
                 403, "FORBIDDEN");
    assert_event(data_remove(s, &u, data.text), 403, "FORBIDDEN");
    assert_true(soft_door_has(s->door, &data.context));
    assert_event(data_create(s, &u, data_body("sealed", DATA_CONTENTS)), 400,
                 "UNIQUE_VIOLATION");
    person_clear(&root);
}

static void a_reset_password_suspends_them(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user record;
    struct api_id user;
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    assert_true(json_is_false(
        json_object_get(data_look(s, &u, id)->body, "suspended")));
    assert_ok(api_id_parse(bytes_of_string(u.id), &user));
    assert_ok(policy_write(s->broker.store, &txn));
    assert_ok(policy_user_get(txn, &user, &record));
    record.reset = true;
    assert_ok(policy_user_put(txn, &record));
    assert_ok(policy_commit(txn));
    assert_true(
        json_is_true(json_object_get(data_look(s, &u, id)->body, "suspended")));
    assert_int_equal(204, user_ask(s, &u, HTTP_POST, NULL,
                                   "/v1/users/%s/resume_datasets", u.id)
                              ->status);
    assert_true(json_is_false(
        json_object_get(data_look(s, &u, id)->body, "suspended")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(rotation_erases_the_version_before),
        stage_test(a_deleted_dataset_takes_its_credential_with_it),
        stage_test(a_key_that_outlived_its_dataset_is_destroyed_later),
        stage_test(a_key_that_nobody_needs_is_destroyed),
        stage_test(contents_are_base64_and_nothing_else),
        stage_test(a_credential_may_be_as_large_as_the_hsm_takes_it),
        stage_test(an_hsm_without_plain_paths_takes_none),
        stage_test(without_the_hsm_nothing_is_made),
        stage_test(only_the_owner_changes_a_dataset),
        stage_test(accounts_do_not_see_each_others),
        stage_test(a_password_changes_nothing_of_the_signed_class),
        stage_test(a_reset_password_suspends_them),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
