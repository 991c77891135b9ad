/* Datasets of the product's clients: made, shown, changed, read strictly; the
 * credential is shown to nobody. */

#include <stdio.h>

#include "tests/broker/data_cast.h"
#include "tests/support/examples.h"

static bool has_text(const struct buffer *in, const char *text)
{
    return memmem(in->data, in->len, text, strlen(text)) != NULL;
}

static void assert_no_secret(const struct answer *a)
{
    assert_false(has_text(&a->raw, DATA_CONTENTS));
    assert_false(has_text(&a->raw, "query_string"));
}

/* --- made, shown, changed ------------------------------------------------ */

static void the_products_samples_go_round(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    json_t *request = example(28, NULL);
    user_make_managing(s, "owner@example.com", &u);
    if (!request)
        request = data_body("Input", DATA_CONTENTS);
    struct answer *a = data_create(s, &u, request);
    assert_answer(a, 200, NULL);
    assert_like_example(29, a->body);
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "dataset_id"));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/datasets");
    assert_answer(a, 200, NULL);
    assert_like_example(30, a->body);
    request = example(31, NULL);
    a = data_change(s, &u, id, request ? request : json_object());
    assert_answer(a, 200, NULL);
    assert_like_example(29, a->body);
}

static void a_dataset_shows_all_but_its_credential(void **state)
{
    struct stage *s = *state;
    struct user u;
    char key[64];
    user_make_managing(s, "owner@example.com", &u);
    struct answer *a = data_create(s, &u, data_body("Input", DATA_CONTENTS));
    assert_answer(a, 200, NULL);
    assert_no_secret(a);
    AUTO_JSON *made = json_incref(a->body);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "dataset-create");
    assert_newest_leaf(s, API_LEAF_CHANGE, "class", "ccm");
    assert_newest_leaf(s, API_LEAF_CHANGE, "by", "password");
    assert_string_equal("ccm", answer_text(a, "class"));
    assert_string_equal(u.id, answer_text(a, "owner"));
    assert_string_equal(u.id, answer_text(a, "creator_id"));
    assert_string_equal(u.account, answer_text(a, "group_id"));
    assert_string_equal("https://storage.example/input.enc",
                        answer_text(a, "location"));
    (void)snprintf(key, sizeof(key), "%s-credentials",
                   answer_text(a, "dataset_id"));
    const json_t *sdkms =
        json_object_get(json_object_get(a->body, "credentials"), "sdkms");
    assert_string_equal(
        key, json_string_value(json_object_get(sdkms, "credentials_key_name")));
    assert_string_equal(s->broker.url, json_string_value(json_object_get(
                                           sdkms, "credentials_url")));
    a = data_look(s, &u,
                  json_string_value(json_object_get(made, "dataset_id")));
    assert_answer(a, 200, NULL);
    assert_true(json_equal(made, a->body));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/datasets?name=Input");
    assert_no_secret(a);
    assert_true(
        json_equal(made, json_array_get(json_object_get(a->body, "items"), 0)));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/datasets?name=input");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
}

static void the_record_holds_no_credential(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)1 << 16);
    AUTO_JSON *detail = NULL;
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    AUTO_JSON *record = data_record(s, &u, id);
    (void)stage_leaf(s, stage_log_size(s) - 1, &detail);
    assert_ok(api_json_canonical(record, &text));
    assert_ok(api_json_canonical(detail, &text));
    assert_false(has_text(&text, DATA_CONTENTS));
    assert_false(has_text(&text, "query_string"));
}

static void given_members_are_replaced_and_others_stay(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    struct api_context before = data_context(s, &u, id);
    stage_pass(60);
    struct answer *a =
        data_change(s, &u, id,
                    json_pack("{s:s, s:{s:s}, s:s, s:n}", "location",
                              "s3://bucket/input2.enc", "labels", "a", "b",
                              "long_description", "long", "description"));
    assert_answer(a, 200, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "dataset-describe");
    assert_newest_leaf(s, API_LEAF_CHANGE, "location",
                       "s3://bucket/input2.enc");
    assert_string_equal("Input", answer_text(a, "name"));
    assert_string_equal("of the ward", answer_text(a, "description"));
    assert_string_equal("s3://bucket/input2.enc", answer_text(a, "location"));
    assert_string_equal("long", answer_text(a, "long_description"));
    const json_t *labels = json_object_get(a->body, "labels");
    assert_int_equal(1, json_object_size(labels));
    assert_string_equal("b", json_string_value(json_object_get(labels, "a")));
    assert_int_equal(stage_seconds(), json_integer_value(json_object_get(
                                          a->body, "updated_at")));
    assert_true(soft_door_has(s->door, &before)); /* no rotation */
}

/* Form-encoded, as clients send it. */
static struct answer *filtered(struct stage *s, const struct user *u,
                               const char *list, const char *filter)
{
    char text[512] = "";
    for (size_t at = 0; *filter; filter++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%%%02X",
                               (unsigned)(unsigned char)*filter);
    return user_ask(s, u, HTTP_GET, NULL, "/v1/%s?filter=%s", list, text);
}

static void they_are_found_by_their_labels(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "one", id);
    data_new(s, &u, "two", id);
    assert_answer(data_change(s, &u, id,
                              json_pack("{s:{s:s, s:s}}", "labels", "location",
                                        "East US", "kind", "scan")),
                  200, NULL);
    static const struct {
        const char *filter;
        size_t found;
    } asked[] = {
        { "{\"labels\":{}}", 2 },
        { "{\"labels\":{\"location\":\"East US\"}}", 2 },
        { "{\"labels\":{\"location\":\"East US\",\"kind\":\"scan\"}}", 1 },
        { "{\"labels\":{\"kind\":\"x\"}}", 0 },
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct answer *a = filtered(s, &u, "datasets", asked[i].filter);
        assert_answer(a, 200, NULL);
        assert_int_equal(asked[i].found,
                         json_array_size(json_object_get(a->body, "items")));
    }
    static const char *const bad[] = { "x", "[]", "{}", "{\"labels\":1}",
                                       "{\"labels\":{},\"more\":1}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_event(filtered(s, &u, "datasets", bad[i]), 400,
                     "INVALID_QUERY_PARAMETER");
    assert_event(filtered(s, &u, "nodes", "[]"), 400,
                 "INVALID_QUERY_PARAMETER");
}

/* --- read strictly ------------------------------------------------------- */

static void names_are_unique_in_an_account(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    data_new(s, &u, "Input", id);
    struct answer *a = data_create(s, &u, data_body("Input", DATA_CONTENTS));
    assert_event(a, 400, "UNIQUE_VIOLATION");
    assert_int_equal(1, s->door->calls[SOFT_INTAKE_PLAIN]);
    data_new(s, &u, "Output", id);
    assert_event(data_change(s, &u, id, json_pack("{s:s}", "name", "Input")),
                 400, "UNIQUE_VIOLATION");
    assert_answer(data_change(s, &u, id, json_pack("{s:s}", "name", "Output")),
                  200, NULL);
}

/* The body with one member set otherwise (NULL: left out). */
static void assert_refused(struct stage *s, const struct user *u,
                           const char *member, json_t *value, int status,
                           const char *event)
{
    json_t *body = data_body("Input", DATA_CONTENTS);
    if (value)
        assert_int_equal(0, json_object_set_new(body, member, value));
    else
        assert_int_equal(0, json_object_del(body, member));
    assert_event(data_create(s, u, body), status, event);
}

static void bodies_are_read_strictly(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    assert_refused(s, &u, "name", NULL, 400, "MISSING_REQUIRED_PARAMETER");
    assert_refused(s, &u, "name", json_string(""), 400, "INVALID_VALUE");
    assert_refused(s, &u, "name", json_string("a\nb"), 400, "INVALID_NAME");
    assert_refused(s, &u, "location", NULL, 400, "MISSING_REQUIRED_PARAMETER");
    assert_refused(s, &u, "location", json_string("https://x/?sig=y"), 400,
                   "INVALID_VALUE");
    assert_string_equal("location: without query string, fragment and blanks; "
                        "a query string belongs into credentials.contents",
                        answer_text(s->last, "message"));
    assert_refused(s, &u, "location", json_string("https://x/ y"), 400,
                   "INVALID_VALUE");
    assert_refused(s, &u, "credentials", NULL, 400, "INVALID_VALUE");
    assert_refused(
        s, &u, "credentials",
        json_pack("{s:s, s:i}", "contents", DATA_CONTENTS, "more", 1), 400,
        "INVALID_VALUE");
    assert_refused(s, &u, "labels", json_pack("{s:i}", "a", 1), 400,
                   "INVALID_VALUE");
    assert_refused(s, &u, "owner", json_string(u.id), 400,
                   "INVALID_BODY_PARAMETER");
    assert_refused(s, &u, "metadata", json_object(), 501,
                   "INVALID_BODY_PARAMETER");
    assert_refused(s, &u, "group_id", json_string(u.id), 400, "INVALID_VALUE");
    assert_int_equal(0, s->door->calls[SOFT_INTAKE_PLAIN]);
    json_t *body = data_body("Input", DATA_CONTENTS);
    assert_int_equal(
        0, json_object_set_new(body, "group_id", json_string(u.account)));
    assert_answer(data_create(s, &u, body), 200, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(the_products_samples_go_round),
        stage_test(a_dataset_shows_all_but_its_credential),
        stage_test(the_record_holds_no_credential),
        stage_test(given_members_are_replaced_and_others_stay),
        stage_test(they_are_found_by_their_labels),
        stage_test(names_are_unique_in_an_account),
        stage_test(bodies_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
