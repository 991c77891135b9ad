/* Data: credentials come in sealed, and what their owner does with them. */

#include "tests/broker/trio.h"

static struct answer *create(struct trio *trio, json_t *body)
{
    return stage_ask(trio->stage, as(&trio->alice), HTTP_POST, body,
                     "/accord/v1/datasets");
}

static json_t *body_of(struct trio *trio, const char *name)
{
    return dataset_body(trio->stage, &trio->alice, name, &trio->data);
}

static struct answer *look(struct trio *trio)
{
    return stage_ask(trio->stage, as(&trio->bob), HTTP_GET, NULL,
                     "/accord/v1/datasets/%s", trio->data.text);
}

/* --- creating ------------------------------------------------------------ */

static void a_sealed_credential_is_taken_in(void **state)
{
    struct trio *trio = *state;
    struct answer *a = create(trio, body_of(trio, "patients"));
    assert_answer(a, 201, NULL);
    assert_receipt(trio->stage, a);
    assert_string_equal("signed", answer_text(a, "class"));
    assert_string_equal(trio->data.location, answer_text(a, "location"));
    assert_true(soft_door_has(trio->stage->door, &trio->data.context));
    assert_newest_leaf(trio->stage, API_LEAF_CHANGE, "action",
                       "dataset-create");
    assert_answer(look(trio), 200, NULL);
}

static void replace(json_t *body, const char *member, json_t *value)
{
    assert_int_equal(0, json_object_set_new(body, member, value));
}

static void every_bad_member_is_named(void **state)
{
    struct trio *trio = *state;
    AUTO_JSON *good = body_of(trio, "patients");
    uint64_t size = stage_log_size(trio->stage);
    static const struct {
        const char *member, *value, *says;
    } bad[] = {
        { "location", "ftp://bucket.example/x", "location" },
        { "location", "https://bucket.example/x?signature=1", "location" },
        { "location", "https://bucket.example/x#part", "location" },
        { "location", "https://bucket.example/a b", "location" },
        { "mechanism", "RSA-PKCS1", "mechanism: this HSM takes RSA-OAEP-SHA1" },
        { "random", "AAAA", "random" },
        { "id", "4a4bd8c5-0d1c-4b7d-8d86-3a3cbf0ddb0f", "id" },
        { "version", "no uuid", "version" },
        { "wrapped", "no base64", "wrapped" },
        { "blob", "no base64", "blob" },
        { "proof", "AAAA", "proof" },
        { "owner", "AAAA", "owner" },
        { "name", "", "name" },
        { "labels", "text", "labels" },
        { "password", "secret", "password" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *body = json_deep_copy(good);
        replace(body, bad[i].member, json_string(bad[i].value));
        struct answer *a = create(trio, body);
        assert_answer(a, 400, "invalid");
        assert_says(a, bad[i].says);
    }
    assert_int_equal(0, trio->stage->door->calls[SOFT_INTAKE]);
    assert_int_equal(size, stage_log_size(trio->stage));
}

static void a_location_has_room_for_2048_bytes(void **state)
{
    struct trio *trio = *state;
    char long_one[API_LOCATION_MAX + 2];
    json_t *body = body_of(trio, "patients");
    memset(long_one, 'a', sizeof(long_one));
    memcpy(long_one, "https://", 8);
    long_one[API_LOCATION_MAX + 1] = '\0';
    replace(body, "location", json_string(long_one));
    struct answer *a = create(trio, body);
    assert_answer(a, 400, "invalid");
    assert_says(a, "2048");
}

static void a_seal_for_another_context_does_not_open(void **state)
{
    struct trio *trio = *state;
    struct api_id version;
    json_t *body = body_of(trio, "patients");
    assert_ok(api_id_random(&version));
    replace(body, "version", api_json_of_id(&version));
    assert_answer(create(trio, body), 403, "denied");
    assert_answer(stage_ask(trio->stage, as(&trio->alice), HTTP_GET, NULL,
                            "/accord/v1/datasets/%s", trio->data.text),
                  404, "not-found");
    assert_newest_leaf(trio->stage, API_LEAF_DENIAL, "who", "person");
}

static void nobody_seals_in_anothers_name(void **state)
{
    struct trio *trio = *state;
    struct answer *a = create(
        trio, dataset_body(trio->stage, &trio->bob, "patients", &trio->data));
    assert_answer(a, 400, "invalid"); /* bob's id does not follow for alice */
    json_t *body = body_of(trio, "patients");
    replace(body, "owner", owner_json(&trio->bob.owner));
    a = create(trio, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "owner: this is not your own owner record");
}

static void an_hsm_that_is_away_takes_nothing_in(void **state)
{
    struct trio *trio = *state;
    soft_door_fate(trio->stage->door, SOFT_INTAKE, SOFT_AWAY, 1);
    assert_answer(create(trio, body_of(trio, "patients")), 503, "unavailable");
    assert_answer(look(trio), 404, "not-found");
}

static void a_refused_name_costs_no_key(void **state)
{
    struct trio *trio = *state;
    struct data first;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    first = trio->data;
    AUTO_JSON *body = body_of(trio, "patients");
    struct answer *a = create(trio, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "named \"patients\"");
    assert_false(soft_door_has(trio->stage->door, &trio->data.context));
    replace(body, "name", json_string("others")); /* the same seal */
    assert_answer(create(trio, json_deep_copy(body)), 201, NULL);
    replace(body, "name", json_string("thirds"));
    a = create(trio, json_deep_copy(body));
    assert_answer(a, 409, "conflict");
    assert_says(a, "there is a dataset with this id already");
    assert_true(soft_door_has(trio->stage->door, &first.context));
}

/* --- describing ---------------------------------------------------------- */

static void only_its_owner_describes_a_dataset(void **state)
{
    struct trio *trio = *state;
    assert_answer(create(trio, body_of(trio, "patients")), 201, NULL);
    struct answer *a = stage_ask(trio->stage, as(&trio->bob), HTTP_PATCH,
                                 json_pack("{s:s}", "name", "mine"),
                                 "/accord/v1/datasets/%s", trio->data.text);
    assert_answer(a, 403, "role");
    a = stage_ask(trio->stage, as(&trio->alice), HTTP_PATCH,
                  json_pack("{s:s, s:s, s:{s:s}}", "name", "people",
                            "description", "all of them", "labels", "a", "b"),
                  "/accord/v1/datasets/%s", trio->data.text);
    assert_answer(a, 200, NULL);
    assert_receipt(trio->stage, a);
    assert_string_equal("people", answer_text(a, "name"));
    assert_string_equal("all of them", answer_text(a, "description"));
    a = stage_ask(trio->stage, as(&trio->alice), HTTP_PATCH,
                  json_pack("{s:s}", "location", "https://elsewhere.example"),
                  "/accord/v1/datasets/%s", trio->data.text);
    assert_answer(a, 400, "invalid");
    assert_says(a, "location");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trio_test(a_sealed_credential_is_taken_in),
        trio_test(every_bad_member_is_named),
        trio_test(a_location_has_room_for_2048_bytes),
        trio_test(a_seal_for_another_context_does_not_open),
        trio_test(nobody_seals_in_anothers_name),
        trio_test(an_hsm_that_is_away_takes_nothing_in),
        trio_test(a_refused_name_costs_no_key),
        trio_test(only_its_owner_describes_a_dataset),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
