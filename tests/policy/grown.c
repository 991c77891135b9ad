#include "tests/policy/grown.h"

#include <stdlib.h>

struct expected *expected_new(void)
{
    struct expected *e = calloc(1, sizeof(*e));
    assert_non_null(e);
    assert_ok(api_frontier_root(&e->frontier, &e->roots[0]));
    return e;
}

void expected_free(struct expected *e)
{
    free(e);
}

struct policy_logged append(struct policy_txn *txn, uint64_t now, int n)
{
    struct policy_logged logged = { 0 };
    AUTO_JSON *detail = json_pack("{s:i, s:s}", "n", n, "action", "test");
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "dataset/x",
                                  .detail = detail };
    assert_ok(policy_log_append(txn, now, &event, &logged));
    return logged;
}

void grow(struct fixture *f, struct expected *e, size_t size)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    while (e->size < size) {
        struct policy_logged logged = append(txn, 1000 + e->size, (int)e->size);
        assert_int_equal(logged.index, e->size);
        assert_ok(api_leaf_hash(logged.leaf, &e->leaves[e->size]));
        assert_ok(api_frontier_add(&e->frontier, &e->leaves[e->size]));
        e->size++;
        assert_ok(api_frontier_root(&e->frontier, &e->roots[e->size]));
    }
    assert_ok(policy_commit(txn));
}

struct policy_txn *reading(struct fixture *f)
{
    struct policy_txn *txn = NULL;
    assert_ok(policy_read(f->policy, &txn));
    return txn;
}
