#include "tests/support/check.h"

#include <string.h>

#include "api/merkle.h"
#include "base/text.h"
#include "tests/api/example_key.h"

#define LEAVES 40

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

/* The roots that Certificate Transparency's own tests have. */
static void roots_are_those_of_certificate_transparency(void **state)
{
    (void)state;
    static const struct {
        const char *leaf, *root;
    } known[] = {
        { "",
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
        { "00",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
        { "10",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
        { "2021",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "3031",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
        { "40414243",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
        { "5051525354555657",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
        { "606162636465666768696a6b6c6d6e6f",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
    };
    struct api_frontier frontier = { 0 };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        unsigned char raw[16];
        size_t len = strlen(known[i].leaf) / 2;
        struct hash leaf, root, expected;
        assert_ok(hex_decode(bytes_of_string(known[i].leaf), raw, len));
        assert_ok(hex_decode(bytes_of_string(known[i].root), expected.bytes,
                             HASH_LEN));
        assert_ok(hash_of(&leaf, bytes_of("\0", 1), bytes_of(raw, len)));
        assert_ok(api_frontier_add(&frontier, &leaf));
        assert_ok(api_frontier_root(&frontier, &root));
        assert_true(hash_equal(&root, &expected));
    }
}

static void an_empty_tree_has_the_hash_of_nothing(void **state)
{
    (void)state;
    struct api_frontier frontier = { 0 };
    struct hash root, expected;
    assert_ok(hash_of(&expected, bytes_of(NULL, 0)));
    assert_ok(api_frontier_root(&frontier, &root));
    assert_true(hash_equal(&root, &expected));
}

static void a_frontier_is_the_perfect_subtrees_largest_first(void **state)
{
    (void)state;
    struct api_frontier frontier = { 0 };
    for (size_t size = 1; size <= LEAVES; size++) {
        assert_ok(api_frontier_add(&frontier, &leaves[size - 1]));
        assert_int_equal(frontier.size, size);
        size_t start = 0, node = 0;
        for (size_t width = 64; width > 0; width /= 2) {
            if (!(size & width))
                continue;
            struct hash expected = tree_hash(start, width);
            assert_true(hash_equal(&frontier.nodes[node++], &expected));
            start += width;
        }
        struct hash root, expected = tree_hash(0, size);
        assert_ok(api_frontier_root(&frontier, &root));
        assert_true(hash_equal(&root, &expected));
    }
}

static void a_full_tree_takes_no_leaf(void **state)
{
    (void)state;
    struct api_frontier frontier = { .size = (uint64_t)1 << 63 };
    frontier.nodes[0] = leaves[0];
    assert_status(STATUS_CONFLICT, api_frontier_add(&frontier, &leaves[1]));
    assert_true(frontier.size == (uint64_t)1 << 63);
    /* the leaf before that is taken */
    frontier.size--;
    for (size_t i = 0; i < 63; i++)
        frontier.nodes[i] = leaves[i % LEAVES];
    assert_ok(api_frontier_add(&frontier, &leaves[1]));
    assert_true(frontier.size == (uint64_t)1 << 63);
}

static struct api_head sample_head(void)
{
    struct api_head head = {
        .epoch = 0x01020304,
        .size = 0x1112131415161718,
        .time = 0x2122232425262728,
    };
    memset(head.store.bytes, 0xd1, API_ID_LEN);
    memset(head.root.bytes, 0xd2, HASH_LEN);
    return head;
}

static void a_head_is_laid_out_as_the_header_says(void **state)
{
    (void)state;
    struct api_head head = sample_head();
    unsigned char encoded[API_HEAD_LEN], expected[API_HEAD_LEN];
    memcpy(expected, "accord head v1", 14);
    memset(expected + 14, 0xd1, 16);
    memcpy(expected + 30, "\x01\x02\x03\x04\x11\x12\x13\x14\x15\x16\x17\x18",
           12);
    memcpy(expected + 42, "\x21\x22\x23\x24\x25\x26\x27\x28", 8);
    memset(expected + 50, 0xd2, 32);
    assert_ok(api_head_encode(&head, encoded));
    assert_memory_equal(encoded, expected, API_HEAD_LEN);
    head.epoch = 0;
    encoded[0] = 0x5a;
    assert_status(STATUS_INVALID, api_head_encode(&head, encoded));
    assert_int_equal(encoded[0], 0x5a);
}

static void a_head_holds_under_the_log_key_alone(void **state)
{
    (void)state;
    AUTO_FREE(api_key) log = example_key("log");
    AUTO_FREE(api_key) other = example_key("other");
    struct api_signer signer = api_key_signer(log);
    struct api_spki wrong = api_key_signer(other).key;
    struct api_head head = sample_head(), changed;
    unsigned char encoded[API_HEAD_LEN];
    assert_ok(api_head_encode(&head, encoded));
    assert_ok(signer.sign(signer.context, bytes_of(encoded, sizeof(encoded)),
                          &head.signature));
    assert_ok(api_head_verify(&head, &signer.key));
    assert_status(STATUS_DENIED, api_head_verify(&head, &wrong));
    changed = head, changed.store.bytes[0] ^= 1;
    assert_status(STATUS_DENIED, api_head_verify(&changed, &signer.key));
    changed = head, changed.epoch++;
    assert_status(STATUS_DENIED, api_head_verify(&changed, &signer.key));
    changed = head, changed.size++;
    assert_status(STATUS_DENIED, api_head_verify(&changed, &signer.key));
    changed = head, changed.time++;
    assert_status(STATUS_DENIED, api_head_verify(&changed, &signer.key));
    changed = head, changed.root.bytes[31] ^= 1;
    assert_status(STATUS_DENIED, api_head_verify(&changed, &signer.key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_certificate_transparency),
        cmocka_unit_test(an_empty_tree_has_the_hash_of_nothing),
        cmocka_unit_test(a_frontier_is_the_perfect_subtrees_largest_first),
        cmocka_unit_test(a_full_tree_takes_no_leaf),
        cmocka_unit_test(a_head_is_laid_out_as_the_header_says),
        cmocka_unit_test(a_head_holds_under_the_log_key_alone),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}
