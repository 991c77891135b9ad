/* The store's half of the log, checked by the verifiers everybody uses. */

#include "tests/policy/grown.h"

static void assert_inclusion(struct policy_txn *txn, const struct expected *e,
                             size_t index, size_t size)
{
    struct api_proof proof;
    assert_ok(policy_prove_inclusion(txn, index, size, &proof));
    assert_ok(api_inclusion_verify(&e->leaves[index], index, size, &proof,
                                   &e->roots[size]));
}

static void assert_consistency(struct policy_txn *txn, const struct expected *e,
                               size_t old, size_t size)
{
    struct api_proof proof;
    assert_ok(policy_prove_consistency(txn, old, size, &proof));
    assert_ok(api_consistency_verify(old, &e->roots[old], size, &e->roots[size],
                                     &proof));
}

static void assert_root(struct policy_txn *txn, const struct expected *e,
                        size_t size)
{
    struct hash root;
    assert_ok(policy_log_root(txn, size, &root));
    assert_true(hash_equal(&root, &e->roots[size]));
}

static void every_size_up_to_130_proves_every_leaf_and_every_past(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    grow(f, e, 130);
    AUTO_FREE(policy_txn) txn = reading(f);
    for (size_t size = 0; size <= 130; size++) {
        assert_root(txn, e, size);
        for (size_t index = 0; index < size; index++) {
            /* Small sizes in full, larger ones at their seams. */
            bool seam =
                index < 2 || index + 2 >= size || index % 16 == size % 16;
            if (size > 40 && !seam)
                continue;
            assert_inclusion(txn, e, index, size);
            assert_consistency(txn, e, index + 1, size);
        }
    }
}

static void a_log_that_grew_in_groups_proves_the_same(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    uint32_t random = 12345;
    while (e->size < 2000) {
        random = random * 1664525 + 1013904223;
        size_t next = e->size + 1 + (random >> 16) % 100;
        grow(f, e, next > 2000 ? 2000 : next);
    }
    fixture_reopen(f);
    AUTO_FREE(policy_txn) txn = reading(f);
    for (int i = 0; i < 200; i++) {
        random = random * 1664525 + 1013904223;
        size_t size = 1 + (random >> 8) % 2000;
        random = random * 1664525 + 1013904223;
        size_t index = (random >> 8) % size;
        assert_inclusion(txn, e, index, size);
        assert_consistency(txn, e, index + 1, size);
        assert_root(txn, e, size);
    }
}

static void an_empty_log_has_the_empty_root(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = reading(f);
    AUTO_FREE(expected) e = expected_new();
    uint64_t size = 7, newest = 7;
    assert_ok(policy_log_size(txn, &size, &newest));
    assert_int_equal(size, 0);
    assert_int_equal(newest, 0);
    grow(f, e, 0);
    assert_root(txn, e, 0);
}

static void nothing_is_proved_beyond_the_log(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    grow(f, e, 5);
    AUTO_FREE(policy_txn) txn = reading(f);
    struct api_proof proof;
    struct hash root;
    struct policy_logged logged;
    assert_status(STATUS_INVALID, policy_log_root(txn, 6, &root));
    assert_status(STATUS_INVALID, policy_prove_inclusion(txn, 5, 6, &proof));
    assert_status(STATUS_INVALID, policy_prove_inclusion(txn, 5, 5, &proof));
    assert_status(STATUS_INVALID, policy_prove_consistency(txn, 5, 6, &proof));
    assert_status(STATUS_INVALID, policy_prove_consistency(txn, 5, 4, &proof));
    assert_status(STATUS_INVALID, policy_prove_consistency(txn, 0, 5, &proof));
    assert_status(STATUS_NOT_FOUND, policy_log_read(txn, 5, &logged, NULL));
}

static void time_never_goes_back(void **state)
{
    struct fixture *f = *state;
    static const uint64_t said[] = { 1000, 2000, 1500, 0, 2001, 7 };
    static const uint64_t kept[] = { 1000, 2000, 2000, 2000, 2001, 2001 };
    for (size_t i = 0; i < 6; i++) {
        AUTO_FREE(policy_txn) txn = NULL;
        struct api_leaf leaf;
        uint64_t size, newest;
        assert_ok(policy_write(f->policy, &txn));
        struct policy_logged logged = append(txn, said[i], (int)i);
        assert_ok(api_leaf_decode(bytes_of(logged.leaf, API_LEAF_LEN), &leaf));
        assert_int_equal(leaf.time, kept[i]);
        assert_ok(policy_log_size(txn, &size, &newest));
        assert_int_equal(size, i + 1);
        assert_int_equal(newest, kept[i]);
        assert_ok(policy_commit(txn));
    }
}

static void a_leaf_says_what_the_event_said(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER detail = buffer_make(256);
    AUTO_JSON *said = json_pack("{s:s, s:i}", "b", "x", "a", 1);
    unsigned char salt[API_SALT_LEN];
    struct policy_logged made, read;
    struct api_leaf leaf;
    struct hash subject, hashed;
    memset(salt, 3, sizeof(salt));
    assert_ok(api_subject_text(salt, "dataset/x", &subject));
    struct policy_event event = { .kind = API_LEAF_RELEASE,
                                  .account = f->id,
                                  .subject = &subject,
                                  .salt = salt,
                                  .detail = said };
    assert_ok(policy_write(f->policy, &txn));
    (void)append(txn, 1, 0);
    assert_ok(policy_log_append(txn, 77, &event, &made));
    assert_ok(policy_log_read(txn, 1, &read, &detail));
    assert_memory_equal(&made, &read, sizeof(made));
    assert_memory_equal(read.salt, salt, sizeof(salt));
    /* canonical: members sorted, no blanks */
    assert_true(bytes_equal(buffer_bytes(&detail),
                            bytes_of_string("{\"a\":1,\"b\":\"x\"}")));
    assert_ok(api_leaf_decode(bytes_of(read.leaf, API_LEAF_LEN), &leaf));
    assert_int_equal(leaf.kind, API_LEAF_RELEASE);
    assert_int_equal(leaf.index, 1);
    assert_int_equal(leaf.time, 77);
    assert_true(api_id_equal(&leaf.account, &f->id));
    assert_true(hash_equal(&leaf.subject, &subject));
    assert_ok(api_detail_hash(salt, buffer_bytes(&detail), &hashed));
    assert_true(hash_equal(&leaf.detail, &hashed));
}

static void a_subject_text_is_hashed_with_a_salt_of_its_own(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_leaf leaf;
    struct hash subject;
    assert_ok(policy_write(f->policy, &txn));
    struct policy_logged one = append(txn, 1, 1), two = append(txn, 1, 1);
    assert_memory_not_equal(one.salt, two.salt, API_SALT_LEN);
    assert_ok(api_leaf_decode(bytes_of(one.leaf, API_LEAF_LEN), &leaf));
    assert_ok(api_subject_text(one.salt, "dataset/x", &subject));
    assert_true(hash_equal(&leaf.subject, &subject));
}

static void assert_event_refused(struct fixture *f, enum status_code code,
                                 const struct policy_event *event)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_logged logged = { .index = 99 };
    assert_ok(policy_write(f->policy, &txn));
    assert_status(code, policy_log_append(txn, 1, event, &logged));
    assert_int_equal(logged.index, 99);
    assert_status(code, policy_commit(txn));
}

static void an_event_that_says_too_little_or_too_much_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO_JSON *detail = json_object();
    AUTO_JSON *real = json_pack("{s:f}", "n", 0.5);
    unsigned char salt[API_SALT_LEN] = { 0 };
    struct hash subject = { { 1 } };
    assert_event_refused(
        f, STATUS_INVALID,
        &(struct policy_event){ .kind = API_LEAF_CHANGE, .detail = detail });
    assert_event_refused(f, STATUS_INVALID,
                         &(struct policy_event){ .kind = API_LEAF_CHANGE,
                                                 .subject = &subject,
                                                 .subject_text = "x",
                                                 .salt = salt,
                                                 .detail = detail });
    assert_event_refused(f, STATUS_INVALID,
                         &(struct policy_event){ .kind = API_LEAF_RELEASE,
                                                 .subject = &subject,
                                                 .detail = detail });
    assert_event_refused(
        f, STATUS_NO_MEMORY,
        &(struct policy_event){ .kind = API_LEAF_CHANGE, .subject_text = "x" });
    assert_event_refused(f, STATUS_INVALID,
                         &(struct policy_event){ .kind = API_LEAF_CHANGE,
                                                 .subject_text = "x",
                                                 .detail = real });
}

static void an_undone_savepoint_takes_its_leaves_back(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    grow(f, e, 3);
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size, newest;
    assert_ok(policy_write(f->policy, &txn));
    {
        AUTO_FREE(policy_txn) nested = NULL;
        assert_ok(policy_nest(txn, &nested));
        for (int i = 0; i < 5; i++)
            (void)append(nested, 5000, i);
        assert_ok(policy_log_size(nested, &size, &newest));
        assert_int_equal(size, 8);
    }
    assert_ok(policy_log_size(txn, &size, &newest));
    assert_int_equal(size, 3);
    assert_root(txn, e, 3);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    grow(f, e, 9);
    AUTO_FREE(policy_txn) later = reading(f);
    for (size_t i = 0; i <= 9; i++)
        assert_root(later, e, i);
}

static void a_leaf_or_node_taken_away_is_corruption(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    struct policy_key leaf =
        policy_key(POLICY_LEAF, bytes_of("\0\0\0\0\0\0\0\2", 8));
    struct policy_key node =
        policy_key(POLICY_NODE, bytes_of("\1\0\0\0\0\0\0\0\0", 9));
    struct api_proof proof;
    struct hash root;
    grow(f, e, 7);
    fixture_close(f);
    raw_put(f, &leaf, (struct bytes){ 0 });
    raw_put(f, &node, (struct bytes){ 0 });
    fixture_open(f);
    AUTO_FREE(policy_txn) txn = reading(f);
    assert_status(STATUS_CORRUPT, policy_prove_inclusion(txn, 3, 7, &proof));
    assert_status(STATUS_CORRUPT, policy_log_root(txn, 3, &root));
    assert_root(txn, e, 7); /* stands on nodes that are still there */
}

static void a_leaf_put_under_another_index_is_corrupt(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER record = buffer_make(4096);
    struct policy_key first =
        policy_key(POLICY_LEAF, bytes_of("\0\0\0\0\0\0\0\0", 8));
    struct policy_key ninth =
        policy_key(POLICY_LEAF, bytes_of("\0\0\0\0\0\0\0\11", 8));
    struct policy_logged logged;
    uint64_t size, newest;
    grow(f, e, 1);
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_get(txn, &first, &record));
    policy_put(txn, &ninth, buffer_bytes(&record));
    assert_status(STATUS_CORRUPT, policy_log_read(txn, 9, &logged, NULL));
    assert_status(STATUS_CORRUPT, policy_log_size(txn, &size, &newest));
    policy_put(txn, &ninth, bytes_of(record.data, API_LEAF_LEN));
    assert_status(STATUS_CORRUPT, policy_log_size(txn, &size, &newest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(every_size_up_to_130_proves_every_leaf_and_every_past),
        store_test(a_log_that_grew_in_groups_proves_the_same),
        store_test(an_empty_log_has_the_empty_root),
        store_test(nothing_is_proved_beyond_the_log),
        store_test(time_never_goes_back),
        store_test(a_leaf_says_what_the_event_said),
        store_test(a_subject_text_is_hashed_with_a_salt_of_its_own),
        store_test(an_event_that_says_too_little_or_too_much_is_refused),
        store_test(an_undone_savepoint_takes_its_leaves_back),
        damage_test(a_leaf_or_node_taken_away_is_corruption),
        store_test(a_leaf_put_under_another_index_is_corrupt),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
