/* Refusals of known peers are leaves, but nobody fills the log with them. */

#include "tests/broker/cast.h"

#define MANY 14

static struct answer answers[MANY + 2];

static void refuse_once(struct stage *s, const struct person *p,
                        struct answer *out)
{
    stage_begin(s, out, as(p), HTTP_POST, json_object(),
                "/accord/v1/accounts"); /* for managers only */
}

static size_t count_leaves(struct stage *s, uint64_t from,
                           enum api_leaf_kind kind)
{
    size_t count = 0;
    for (uint64_t i = from; i < stage_log_size(s); i++)
        count += stage_leaf(s, i, NULL).kind == kind;
    return count;
}

static void ten_a_minute_have_a_leaf_the_rest_a_summary(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "p", &p);
    uint64_t size = stage_log_size(s);
    for (size_t i = 0; i < MANY; i++)
        refuse_once(s, &p, &answers[i]);
    stage_pass(60);
    refuse_once(s, &p, &answers[MANY]);
    stage_write(s); /* one writer sees them all */
    for (size_t i = 0; i <= MANY; i++) {
        assert_answer(&answers[i], 403, "role"); /* each is answered */
        assert_int_equal(i < 10 || i == MANY, answers[i].leaves == 1);
        answer_clear(&answers[i]);
    }
    assert_int_equal(11, count_leaves(s, size, API_LEAF_DENIAL));
    assert_int_equal(1, count_leaves(s, size, API_LEAF_SUMMARY));
    AUTO_JSON *detail = NULL;
    (void)stage_leaf(s, size + 10, &detail);
    assert_int_equal(MANY - 10,
                     json_integer_value(json_object_get(detail, "count")));
    person_clear(&p);
    person_clear(&root);
}

static void a_denial_says_who_was_refused_what_and_why(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    AUTO_JSON *detail = NULL;
    char *key = NULL;
    struct hash hash;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "p", &p);
    refuse_once(s, &p, &answers[0]);
    stage_write(s);
    struct api_leaf leaf = stage_leaf(s, stage_log_size(s) - 1, &detail);
    assert_int_equal(API_LEAF_DENIAL, leaf.kind);
    assert_true(api_id_equal(&p.account, &leaf.account));
    assert_ok(api_json_hash(detail, "key", &hash, NULL));
    struct hash expected;
    assert_ok(api_spki_hash(&p.owner.first, &expected));
    assert_true(hash_equal(&expected, &hash));
    assert_string_equal("/accord/v1/accounts",
                        json_string_value(json_object_get(detail, "route")));
    assert_string_equal("role",
                        json_string_value(json_object_get(detail, "code")));
    (void)key;
    answer_clear(&answers[0]);
    person_clear(&p);
    person_clear(&root);
}

static void an_error_is_no_denial(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s);
    assert_answer(stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/no"), 404,
                  "not-found");
    assert_answer(stage_ask(s, as(&root), HTTP_PUT, NULL, "/accord/v1/me"), 405,
                  "invalid");
    assert_answer(
        stage_ask(s, as(&root), HTTP_POST, json_object(), "/accord/v1/apps"),
        400, "invalid");
    assert_int_equal(size, stage_log_size(s));
    person_clear(&root);
}

/* The leaf stands, its head comes with the next group; the refusal needs
 * neither. */
static void a_refusal_is_one_though_the_hsm_does_not_sign_its_leaf(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "p", &p);
    uint64_t size = stage_log_size(s);
    soft_door_fate(s->door, SOFT_APPEND, SOFT_AWAY, 1);
    refuse_once(s, &p, &answers[0]);
    stage_write(s);
    assert_answer(&answers[0], 403, "role");
    assert_int_equal(size + 1, stage_log_size(s));
    assert_int_equal(size, broker_head(&s->broker).size);
    answer_clear(&answers[0]);
    person_clear(&p);
    person_clear(&root);
}

static void a_refusal_in_a_group_does_not_touch_its_neighbours(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "p", &p);
    uint64_t size = stage_log_size(s);
    stage_begin(s, &answers[0], as(&root), HTTP_POST,
                json_pack("{s:s}", "name", "a"), "/accord/v1/apps");
    refuse_once(s, &p, &answers[1]);
    stage_begin(s, &answers[2], as(&root), HTTP_POST,
                json_pack("{s:s}", "name", "b"), "/accord/v1/apps");
    stage_write(s);
    assert_answer(&answers[0], 201, NULL);
    assert_answer(&answers[1], 403, "role");
    assert_answer(&answers[2], 201, NULL);
    assert_int_equal(size + 3, stage_log_size(s));
    for (size_t i = 0; i < 3; i++)
        answer_clear(&answers[i]);
    person_clear(&p);
    person_clear(&root);
}

/* TLS refuses it from then on; a connection made before may still be open. */
static void a_certificate_ends_on_open_connections_too(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    assert_answer(stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/people"),
                  200, NULL);
    stage_pass(366 * STAGE_DAY);
    struct answer *a =
        stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/people");
    assert_answer(a, 403, "certificate");
    assert_says(a, "this certificate is not in time");
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_certificate_ends_on_open_connections_too),
        stage_test(ten_a_minute_have_a_leaf_the_rest_a_summary),
        stage_test(a_denial_says_who_was_refused_what_and_why),
        stage_test(an_error_is_no_denial),
        stage_test(a_refusal_is_one_though_the_hsm_does_not_sign_its_leaf),
        stage_test(a_refusal_in_a_group_does_not_touch_its_neighbours),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
