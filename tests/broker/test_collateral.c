/* What is held to judge platforms with: read as a whole or not at all, listed,
 * and watched as it comes near its end. */

#include "agent/simulator_collateral.h"
#include "base/file.h"
#include "base/text.h"
#include "broker/evidence.h"
#include "broker/keeper.h"
#include "tests/broker/cast.h"
#include "tests/support/heard.h"

static const struct simulator_collateral good = { .tdx = false };

static json_t *item(struct stage *s, size_t index)
{
    json_t *list = collateral_list(&s->broker.collateral);
    json_t *one =
        json_incref(json_array_get(json_object_get(list, "items"), index));
    json_decref(list);
    return one;
}

static void a_set_says_what_it_is_about(void **state)
{
    struct stage *s = *state;
    struct simulator_collateral wanted = { .tdx = true, .evaluation = 19 };
    stage_collateral(s, "one", &wanted);
    AUTO_JSON *one = item(s, 0);
    struct hash anchor;
    assert_string_equal(json_string_value(json_object_get(one, "name")), "one");
    assert_string_equal(json_string_value(json_object_get(one, "tee")), "tdx");
    assert_string_equal(json_string_value(json_object_get(one, "ca")),
                        "platform");
    assert_int_equal(json_integer_value(json_object_get(one, "evaluation")),
                     19);
    assert_ok(api_json_hash(one, "anchor", &anchor, NULL));
    assert_true(hash_equal(&anchor, &s->door->anchor.spki));
    assert_int_equal(json_integer_value(json_object_get(one, "expires")),
                     stage_seconds() + 30 * STAGE_DAY);
}

static void the_newest_of_each_platform_is_used(void **state)
{
    struct stage *s = *state;
    struct simulator_collateral wanted = { .evaluation = 17 };
    struct attest_identity platform = { .kind =
                                            API_KIND_SGX | API_KIND_SIMULATED };
    struct policy_collateral about;
    AUTO_CLEAR_BUFFER encoded = buffer_make(ATTEST_COLLATERAL_MAX);
    for (uint32_t evaluation = 17; evaluation < 20; evaluation++) {
        char name[2] = { (char)('a' + evaluation % 3), '\0' };
        wanted.evaluation = evaluation;
        stage_collateral(s, name, &wanted);
    }
    AUTO_JSON *newest = item(s, 0);
    assert_int_equal(json_integer_value(json_object_get(newest, "evaluation")),
                     19);
    platform.anchor = s->door->anchor.spki;
    assert_ok(hex_decode(
        bytes_of_string(json_string_value(json_object_get(newest, "fmspc"))),
        platform.platform.fmspc, 6));
    assert_ok(
        collateral_find(&s->broker.collateral, &platform, 2, &encoded, &about));
    assert_int_equal(about.evaluation, 19);
    assert_status(
        STATUS_NOT_FOUND,
        collateral_find(&s->broker.collateral, &platform, 1, &encoded, &about));
    platform.kind = API_KIND_TDX;
    assert_status(
        STATUS_NOT_FOUND,
        collateral_find(&s->broker.collateral, &platform, 2, &encoded, &about));
}

static void only_a_change_is_one(void **state)
{
    struct stage *s = *state;
    struct collateral *held = &s->broker.collateral;
    stage_collateral(s, "one", &good);
    uint64_t generation = collateral_generation(held);
    struct reason why = { "" };
    assert_ok(
        collateral_load(held, temp_dir_path(&s->dir, "collateral"), &why));
    assert_int_equal(generation, collateral_generation(held));
    stage_no_collateral(s, "one");
    assert_int_equal(generation + 1, collateral_generation(held));
    assert_int_equal(held->count, 0);
}

/* One file of the set spoiled: the set is left out, the others stay. */
static void a_set_that_cannot_be_read_is_left_out(void **state)
{
    static const struct {
        const char *file, *text;
    } spoiled[] = {
        { "tcbinfo.json", "{\"tcbInfo\": {}, \"tcbInfo\": {}}" },
        { "tcbinfo.json", "{\"tcbInfo\": {\"id\": \"SGX\"}}" },
        { "qeidentity.json", "[]" },
        { "tcb_signing_chain.pem", "no chain" },
        { "root_ca.crl.der", "no list" },
        { "pck_ca.crl.der", "" },
    };
    struct stage *s = *state;
    struct collateral *held = &s->broker.collateral;
    stage_collateral(s, "good", &good);
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        char path[256];
        struct reason why = { "" };
        stage_collateral(s, "bad", &good);
        assert_int_equal(held->count, 2);
        (void)snprintf(path, sizeof(path), "collateral/bad/%s",
                       spoiled[i].file);
        assert_ok(file_write(temp_dir_path(&s->dir, path),
                             bytes_of_string(spoiled[i].text), 0600));
        heard_begin();
        assert_ok(
            collateral_load(held, temp_dir_path(&s->dir, "collateral"), &why));
        assert_heard("collateral: bad is left out: ");
        assert_int_equal(held->count, 1);
        assert_string_equal(held->sets[0].name, "good");
    }
}

static void a_directory_that_is_gone_changes_nothing(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    stage_collateral(s, "one", &good);
    assert_status(STATUS_UNAVAILABLE,
                  collateral_load(&s->broker.collateral,
                                  temp_dir_path(&s->dir, "nowhere"), &why));
    assert_non_null(strstr(why.text, "collateral: cannot read the directory"));
    assert_int_equal(s->broker.collateral.count, 1);
    assert_ok(collateral_load(&s->broker.collateral, "", &why));
    assert_int_equal(s->broker.collateral.count, 1);
}

static void keep(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

static void its_end_is_in_the_metrics(void **state)
{
    struct stage *s = *state;
    AUTO_CLEAR_BUFFER none = buffer_make(65536), some = buffer_make(65536);
    stage_with_threads(s, keep);
    metrics_write(&s->broker.metrics, 0, &none);
    buffer_put_u8(&none, 0);
    assert_non_null(strstr((char *)none.data, "accord_collateral_sets 0\n"));
    assert_null(strstr((char *)none.data, "collateral_expires"));

    stage_collateral(s, "one", &good);
    stage_pass(24 * STAGE_DAY);
    assert_false(s->broker.collateral_warned);
    heard_begin();
    stage_with_threads(s, keep);
    assert_heard("collateral: some of it ends in 144 hours: accord evidence");
    assert_true(s->broker.collateral_warned); /* six days are left */
    metrics_write(&s->broker.metrics, 0, &some);
    buffer_put_u8(&some, 0);
    assert_non_null(strstr((char *)some.data, "accord_collateral_sets 1\n"));
    assert_non_null(strstr((char *)some.data,
                           "accord_collateral_expires_seconds 518400\n"));
    stage_pass(7 * STAGE_DAY);
    assert_int_equal(collateral_left(&s->broker.collateral, stage_seconds()),
                     0);
    stage_collateral(s, "one", &good); /* anew */
    stage_with_threads(s, keep);
    assert_false(s->broker.collateral_warned);
}

static void members_see_what_is_held(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    stage_collateral(s, "one", &good);
    struct answer *a = stage_ask(s, as(&root), HTTP_GET, NULL,
                                 "/accord/v1/evidence/collateral");
    assert_answer(a, 200, NULL);
    assert_int_equal(json_array_size(json_object_get(a->body, "items")), 1);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_GET, NULL,
                            "/accord/v1/evidence/collateral"),
                  401, NULL);
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_set_says_what_it_is_about),
        stage_test(the_newest_of_each_platform_is_used),
        stage_test(only_a_change_is_one),
        stage_test(a_set_that_cannot_be_read_is_left_out),
        stage_test(a_directory_that_is_gone_changes_nothing),
        stage_test(its_end_is_in_the_metrics),
        stage_test(members_see_what_is_held),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
