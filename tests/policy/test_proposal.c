/* Everything a manifest is derived from, gathered from records. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

#define BUILD   "b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1"
#define DATASET "d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1"
#define CONFIGURATION                                                          \
    "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

static const unsigned char account_byte = 0xa1;

static void put_object(struct policy_txn *txn, enum policy_kind kind,
                       unsigned char id, size_t len, json_t *value)
{
    unsigned char bytes[HASH_LEN];
    struct api_id account = id_of(account_byte);
    AUTO_JSON *taken = value;
    memset(bytes, id, sizeof(bytes));
    policy_object_put(txn, kind, &account, bytes_of(bytes, len), taken);
}

static struct policy_txn *with_records(void **state)
{
    struct fixture *f = *state;
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    put_object(txn, POLICY_BUILD, 0xb1, API_ID_LEN,
               json_pack("{s:s, s:s, s:s}", "name", "build", "status",
                         "approved", "creator", "nobody's business"));
    put_object(txn, POLICY_DATASET, 0xd1, API_ID_LEN,
               json_pack("{s:s, s:s, s:n}", "name", "data", "location",
                         "https://x", "suspended"));
    put_object(txn, POLICY_CONFIGURATION, 0xc1, HASH_LEN,
               json_pack("{s:s, s:[]}", "name", "config", "ports"));
    return txn;
}

static json_t *graph(const char *dataset)
{
    return json_pack("{s:s, s:{s:{s:{s:{s:s, s:s}}}, s:{s:{s:{s:s}}}}, s:{}}",
                     "name", "g", "objects", "app", "ref", "app", "image_id",
                     BUILD, "config_id", CONFIGURATION, "in", "ref", "dataset",
                     "dataset_id", dataset, "edges");
}

static struct status gather(struct policy_txn *txn, json_t *of, json_t **out,
                            struct reason *why)
{
    AUTO_JSON *taken = of;
    struct api_id account = id_of(account_byte), workflow = id_of(0xf1);
    return policy_proposal(txn, &account, taken, &workflow, "zone", out, why);
}

static void what_is_referred_to_is_gathered(void **state)
{
    AUTO_FREE(policy_txn) txn = with_records(state);
    AUTO_JSON *made = NULL;
    assert_ok(gather(txn, graph(DATASET), &made, NULL));
    assert_int_equal(1, json_integer_value(json_object_get(made, "version")));
    assert_true(json_is_null(json_object_get(made, "parent")));
    const json_t *build =
        json_object_get(json_object_get(made, "builds"), BUILD);
    assert_string_equal("build",
                        json_string_value(json_object_get(build, "name")));
    assert_null(json_object_get(build, "creator")); /* nor anything else */
    assert_null(json_object_get(build, "status"));
    assert_non_null(
        json_object_get(json_object_get(made, "datasets"), DATASET));
    assert_non_null(json_object_get(json_object_get(made, "configurations"),
                                    CONFIGURATION));
}

static void what_does_not_exist_is_left_out(void **state)
{
    AUTO_FREE(policy_txn) txn = with_records(state);
    static const char *const ids[] = { "d2d2d2d2-d2d2-d2d2-d2d2-d2d2d2d2d2d2",
                                       "no id", "" };
    for (size_t i = 0; i < 3; i++) {
        AUTO_JSON *made = NULL;
        assert_ok(gather(txn, graph(ids[i]), &made, NULL));
        assert_int_equal(0,
                         json_object_size(json_object_get(made, "datasets")));
    }
}

static void a_graph_without_its_members_is_refused(void **state)
{
    AUTO_FREE(policy_txn) txn = with_records(state);
    static const char *const members[] = { "name", "objects", "edges" };
    for (size_t i = 0; i < 3; i++) {
        AUTO_JSON *made = NULL;
        struct reason why = { "" };
        json_t *of = graph(DATASET);
        json_object_del(of, members[i]);
        assert_status(STATUS_INVALID, gather(txn, of, &made, &why));
        assert_non_null(strstr(why.text, members[i]));
    }
}

static void the_newest_version_is_the_parent(void **state)
{
    AUTO_FREE(policy_txn) txn = with_records(state);
    AUTO_JSON *made = NULL;
    put_object(txn, POLICY_WORKFLOW, 0xf1, API_ID_LEN,
               json_pack("{s:i, s:{s:{s:s}, s:{s:s}}}", "newest", 2, "versions",
                         "1", "digest", "first", "2", "digest", "second"));
    assert_ok(gather(txn, graph(DATASET), &made, NULL));
    assert_int_equal(3, json_integer_value(json_object_get(made, "version")));
    const json_t *parent = json_object_get(made, "parent");
    assert_int_equal(2, json_integer_value(json_object_get(parent, "version")));
    assert_string_equal("second",
                        json_string_value(json_object_get(parent, "digest")));
}

/* How many faults only the records know of. */
static size_t faults(struct policy_txn *txn)
{
    AUTO_JSON *made = NULL, *list = json_array();
    struct api_id account = id_of(account_byte);
    assert_ok(gather(txn, graph(DATASET), &made, NULL));
    assert_ok(policy_proposal_check_records(txn, &account, made, list));
    return json_array_size(list);
}

static void what_may_not_be_used_now_is_a_fault(void **state)
{
    AUTO_FREE(policy_txn) txn = with_records(state);
    static const char *const not_approved[] = { "pending", "denied",
                                                "withdrawn" };
    assert_int_equal(0, faults(txn));
    for (size_t i = 0; i < 3; i++) {
        put_object(txn, POLICY_BUILD, 0xb1, API_ID_LEN,
                   json_pack("{s:s}", "status", not_approved[i]));
        assert_int_equal(1, faults(txn));
    }
    put_object(txn, POLICY_DATASET, 0xd1, API_ID_LEN,
               json_pack("{s:b}", "erased", 1));
    assert_int_equal(2, faults(txn));
    put_object(txn, POLICY_DATASET, 0xd1, API_ID_LEN,
               json_pack("{s:{s:s}}", "suspended", "by", "owner"));
    assert_int_equal(2, faults(txn));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(what_is_referred_to_is_gathered),
        store_test(what_does_not_exist_is_left_out),
        store_test(a_graph_without_its_members_is_refused),
        store_test(the_newest_version_is_the_parent),
        store_test(what_may_not_be_used_now_is_a_fault),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
