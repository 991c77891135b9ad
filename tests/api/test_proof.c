#include "tests/support/check.h"

#include "api/merkle.h"

#define LEAVES 40 /* every proof of every tree up to here */

static struct hash leaves[LEAVES];

/* MTH as RFC 6962 section 2.1 words it. */
static struct hash tree_hash(size_t start, size_t size)
{
    struct hash out;
    if (size == 1)
        return leaves[start];
    size_t half = 1;
    while (half * 2 < size)
        half *= 2;
    struct hash left = tree_hash(start, half);
    struct hash right = tree_hash(start + half, size - half);
    assert_ok(hash_of(&out, bytes_of("\1", 1), hash_bytes(&left),
                      hash_bytes(&right)));
    return out;
}

static int plant(void **state)
{
    (void)state;
    for (unsigned char i = 0; i < LEAVES; i++)
        assert_ok(hash_of(&leaves[i], bytes_of("\0", 1), bytes_of(&i, 1)));
    return 0;
}

/* What a store of perfect subtrees would answer. */
static struct status read_node(void *context, unsigned level, uint64_t start,
                               struct hash *out)
{
    size_t *size = context;
    assert_int_equal(start & (((uint64_t)1 << level) - 1), 0);
    assert_true(start + ((uint64_t)1 << level) <= *size);
    *out = tree_hash((size_t)start, (size_t)1 << level);
    return OK;
}

static void inclusion_holds(size_t index, size_t size, struct api_proof *out)
{
    struct hash root = tree_hash(0, size);
    assert_ok(api_inclusion_prove(index, size, read_node, &size, out));
    assert_ok(api_inclusion_verify(&leaves[index], index, size, out, &root));
}

static void every_leaf_of_every_tree_is_included(void **state)
{
    (void)state;
    struct api_proof proof;
    for (size_t size = 1; size <= LEAVES; size++)
        for (size_t index = 0; index < size; index++)
            inclusion_holds(index, size, &proof);
}

/* RFC 6962 section 2.1.3: the tree of seven leaves. */
static void proofs_are_those_of_the_rfc(void **state)
{
    (void)state;
    size_t seven = 7;
    struct hash c = leaves[2], d = leaves[3], f = leaves[5], j = leaves[6],
                g = tree_hash(0, 2), h = tree_hash(2, 2), i = tree_hash(4, 2),
                k = tree_hash(0, 4), l = tree_hash(4, 3);
    struct api_proof proof;
    inclusion_holds(0, 7, &proof); /* b, h, l */
    assert_int_equal(proof.count, 3);
    assert_true(hash_equal(&proof.nodes[0], &leaves[1]));
    assert_true(hash_equal(&proof.nodes[1], &h));
    assert_true(hash_equal(&proof.nodes[2], &l));
    inclusion_holds(3, 7, &proof); /* c, g, l */
    assert_true(hash_equal(&proof.nodes[0], &c));
    assert_true(hash_equal(&proof.nodes[1], &g));
    inclusion_holds(4, 7, &proof); /* f, j, k */
    assert_true(hash_equal(&proof.nodes[0], &f));
    assert_true(hash_equal(&proof.nodes[1], &j));
    assert_true(hash_equal(&proof.nodes[2], &k));
    inclusion_holds(6, 7, &proof); /* i, k */
    assert_int_equal(proof.count, 2);
    assert_true(hash_equal(&proof.nodes[0], &i));

    assert_ok(api_consistency_prove(3, 7, read_node, &seven, &proof));
    assert_int_equal(proof.count, 4); /* c, d, g, l */
    assert_true(hash_equal(&proof.nodes[0], &c));
    assert_true(hash_equal(&proof.nodes[1], &d));
    assert_true(hash_equal(&proof.nodes[2], &g));
    assert_true(hash_equal(&proof.nodes[3], &l));
    assert_ok(api_consistency_prove(4, 7, read_node, &seven, &proof));
    assert_int_equal(proof.count, 1); /* l */
    assert_true(hash_equal(&proof.nodes[0], &l));
    assert_ok(api_consistency_prove(6, 7, read_node, &seven, &proof));
    assert_int_equal(proof.count, 3); /* i, j, k */
    assert_true(hash_equal(&proof.nodes[0], &i));
    assert_true(hash_equal(&proof.nodes[1], &j));
    assert_true(hash_equal(&proof.nodes[2], &k));
}

static void a_changed_inclusion_proof_does_not_hold(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 20; size++)
        for (size_t index = 0; index < size; index++) {
            struct hash root = tree_hash(0, size), other = leaves[LEAVES - 1];
            struct api_proof good, bad;
            inclusion_holds(index, size, &good);
            for (size_t i = 0; i < good.count; i++) {
                bad = good;
                bad.nodes[i].bytes[i] ^= 1;
                assert_status(STATUS_CORRUPT,
                              api_inclusion_verify(&leaves[index], index, size,
                                                   &bad, &root));
            }
            bad = good;
            bad.nodes[bad.count++] = leaves[0];
            assert_status(
                STATUS_CORRUPT,
                api_inclusion_verify(&leaves[index], index, size, &bad, &root));
            bad = good;
            if (bad.count-- > 0)
                assert_status(STATUS_CORRUPT,
                              api_inclusion_verify(&leaves[index], index, size,
                                                   &bad, &root));
            assert_status(
                STATUS_CORRUPT,
                api_inclusion_verify(&other, index, size, &good, &root));
            assert_status(STATUS_CORRUPT,
                          api_inclusion_verify(&leaves[index], index, size,
                                               &good, &other));
        }
}

static void a_leaf_is_included_at_its_index_only(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 20; size++)
        for (size_t index = 0; index < size; index++) {
            struct hash root = tree_hash(0, size);
            struct api_proof proof;
            inclusion_holds(index, size, &proof);
            for (size_t wrong = 0; wrong <= size + 1; wrong++)
                if (wrong != index)
                    assert_status(STATUS_CORRUPT,
                                  api_inclusion_verify(&leaves[index], wrong,
                                                       size, &proof, &root));
        }
}

static void consistency_holds(size_t old, size_t size, struct api_proof *out)
{
    struct hash root = tree_hash(0, size), old_root = tree_hash(0, old);
    assert_ok(api_consistency_prove(old, size, read_node, &size, out));
    assert_ok(api_consistency_verify(old, &old_root, size, &root, out));
}

static void every_tree_grows_from_every_smaller_one(void **state)
{
    (void)state;
    struct api_proof proof;
    for (size_t size = 1; size <= LEAVES; size++)
        for (size_t old = 1; old <= size; old++) {
            consistency_holds(old, size, &proof);
            assert_int_equal(proof.count == 0, old == size);
        }
}

static void assert_inconsistent(size_t old, const struct hash *old_root,
                                size_t size, const struct hash *root,
                                const struct api_proof *proof)
{
    assert_status(STATUS_CORRUPT,
                  api_consistency_verify(old, old_root, size, root, proof));
}

static void a_changed_consistency_proof_does_not_hold(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 20; size++)
        for (size_t old = 1; old <= size; old++) {
            struct hash root = tree_hash(0, size), before = tree_hash(0, old),
                        other = leaves[LEAVES - 1];
            struct api_proof good, bad;
            consistency_holds(old, size, &good);
            for (size_t i = 0; i < good.count; i++) {
                bad = good;
                bad.nodes[i].bytes[31] ^= 0x80;
                assert_inconsistent(old, &before, size, &root, &bad);
            }
            bad = good;
            bad.nodes[bad.count++] = leaves[0];
            assert_inconsistent(old, &before, size, &root, &bad);
            bad = good;
            if (bad.count-- > 0)
                assert_inconsistent(old, &before, size, &root, &bad);
            assert_inconsistent(old, &other, size, &root, &good);
            assert_inconsistent(old, &before, size, &other, &good);
            assert_inconsistent(size + 1, &before, size, &root, &good);
            assert_inconsistent(0, &before, size, &root, &good);
        }
}

static void no_proof_proves_nothing(void **state)
{
    (void)state;
    const struct api_proof none = { .count = 0 };
    for (size_t size = 2; size <= 20; size++)
        for (size_t old = 1; old < size; old++) {
            struct hash root = tree_hash(0, size), before = tree_hash(0, old);
            assert_inconsistent(old, &before, size, &root, &none);
            assert_inconsistent(old, &root, size, &root, &none);
        }
}

static void proofs_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    size_t size = 8;
    struct api_proof out = { .count = 55 };
    const uint64_t too_large = ((uint64_t)1 << 63) + 1;
    assert_status(STATUS_INVALID,
                  api_inclusion_prove(8, 8, read_node, &size, &out));
    assert_status(STATUS_INVALID,
                  api_inclusion_prove(0, 0, read_node, &size, &out));
    assert_status(STATUS_INVALID,
                  api_inclusion_prove(0, too_large, read_node, &size, &out));
    assert_status(STATUS_INVALID,
                  api_consistency_prove(0, 8, read_node, &size, &out));
    assert_status(STATUS_INVALID,
                  api_consistency_prove(9, 8, read_node, &size, &out));
    assert_status(STATUS_INVALID,
                  api_consistency_prove(1, too_large, read_node, &size, &out));
    assert_int_equal(out.count, 55);
    out.count = API_PROOF_MAX + 1;
    assert_status(STATUS_CORRUPT,
                  api_inclusion_verify(&leaves[0], 0, 8, &out, &leaves[0]));
    assert_inconsistent(1, &leaves[0], 8, &leaves[0], &out);
}

/* Every node is the same, whatever level it stands on. */
static struct status read_constant(void *context, unsigned level,
                                   uint64_t start, struct hash *out)
{
    (void)context;
    (void)level;
    (void)start;
    *out = leaves[0];
    return OK;
}

static void proofs_in_the_largest_trees_fit(void **state)
{
    (void)state;
    const uint64_t full = (uint64_t)1 << 63;
    struct api_proof proof;
    assert_ok(api_inclusion_prove(full - 1, full, read_constant, NULL, &proof));
    assert_int_equal(proof.count, 63);
    assert_ok(
        api_consistency_prove(full - 1, full, read_constant, NULL, &proof));
    assert_int_equal(proof.count, 64);
}

static struct status read_fails(void *context, unsigned level, uint64_t start,
                                struct hash *out)
{
    (void)out;
    int *left = context;
    if ((*left)-- == 0)
        return failure(STATUS_UNAVAILABLE, "test", (uint32_t)level);
    *out = leaves[start % LEAVES];
    return OK;
}

static void a_store_that_fails_is_reported(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct api_proof out = { .count = 55 };
        int left = i;
        assert_status(STATUS_UNAVAILABLE,
                      api_inclusion_prove(2, 7, read_fails, &left, &out));
        left = i;
        assert_status(STATUS_UNAVAILABLE,
                      api_consistency_prove(3, 7, read_fails, &left, &out));
        assert_int_equal(out.count, 55);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_every_tree_is_included),
        cmocka_unit_test(proofs_are_those_of_the_rfc),
        cmocka_unit_test(a_changed_inclusion_proof_does_not_hold),
        cmocka_unit_test(a_leaf_is_included_at_its_index_only),
        cmocka_unit_test(every_tree_grows_from_every_smaller_one),
        cmocka_unit_test(a_changed_consistency_proof_does_not_hold),
        cmocka_unit_test(no_proof_proves_nothing),
        cmocka_unit_test(proofs_that_do_not_exist_are_refused),
        cmocka_unit_test(proofs_in_the_largest_trees_fit),
        cmocka_unit_test(a_store_that_fails_is_reported),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}
