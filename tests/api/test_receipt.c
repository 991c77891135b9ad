/* A receipt proves that the log has a leaf; nothing in it can be exchanged. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#include "base/text.h"

/* A log of 5 leaves; the receipt is for leaf 3. */
struct log {
    struct api_key *key;
    struct api_spki spki;
    struct hash leaves[5];
    struct api_receipt receipt;
};

static const char detail[] = "{\"action\":\"dataset-create\"}";

static STATUS subtree(void *context, unsigned level, uint64_t start,
                      struct hash *out)
{
    const struct log *log = context;
    if (level == 0) {
        *out = log->leaves[start];
        return OK;
    }
    struct hash left, right;
    TRY(subtree(context, level - 1, start, &left));
    TRY(subtree(context, level - 1, start + ((uint64_t)1 << (level - 1)),
                &right));
    return api_node_hash(&left, &right, out);
}

static void make_leaf(struct log *log, uint64_t index)
{
    struct api_leaf leaf = { .kind = API_LEAF_CHANGE,
                             .index = index,
                             .time = 1000 + index };
    struct api_receipt *r = &log->receipt;
    unsigned char encoded[API_LEAF_LEN];
    memset(r->salt, 0x33, sizeof(r->salt));
    assert_ok(api_detail_hash(r->salt, bytes_of_string(detail), &leaf.detail));
    assert_ok(api_leaf_encode(&leaf, encoded));
    assert_ok(api_leaf_hash(encoded, &log->leaves[index]));
    if (index == 3)
        memcpy(r->leaf, encoded, sizeof(encoded));
}

static void sign_head(struct log *log)
{
    unsigned char encoded[API_HEAD_LEN];
    struct api_signer signer = api_key_signer(log->key);
    assert_ok(api_head_encode(&log->receipt.head, encoded));
    assert_ok(signer.sign(signer.context, bytes_of(encoded, sizeof(encoded)),
                          &log->receipt.head.signature));
}

static int open_log(void **state)
{
    static struct log log;
    AUTO_FREE(secret) heap = sample_secret(bytes_of("x", 1));
    struct api_frontier frontier = { .size = 0 };
    log = (struct log){ .key = NULL };
    assert_ok(api_key_generate(&log.key));
    log.spki = api_key_signer(log.key).key;
    for (uint64_t i = 0; i < 5; i++) {
        make_leaf(&log, i);
        assert_ok(api_frontier_add(&frontier, &log.leaves[i]));
    }
    log.receipt.detail = detail;
    log.receipt.head = (struct api_head){
        .store = { { 9 } }, .epoch = 1, .size = 5, .time = 2000
    };
    assert_ok(api_frontier_root(&frontier, &log.receipt.head.root));
    assert_ok(api_inclusion_prove(3, 5, subtree, &log, &log.receipt.proof));
    sign_head(&log);
    *state = &log;
    return 0;
}

static int close_log(void **state)
{
    struct log *log = *state;
    api_key_free(log->key);
    return 0;
}

static void assert_denied(const struct log *log, const char *sentence)
{
    struct reason why = { "" };
    assert_status(STATUS_DENIED,
                  api_receipt_verify(&log->receipt, &log->spki, &why));
    assert_string_equal(why.text, sentence);
}

static void a_true_receipt_is_believed(void **state)
{
    struct log *log = *state;
    struct reason why = { "" };
    assert_ok(api_receipt_verify(&log->receipt, &log->spki, &why));
    log->receipt.detail = NULL; /* withheld */
    assert_ok(api_receipt_verify(&log->receipt, &log->spki, &why));
}

static void another_key_s_head_is_not(void **state)
{
    struct log *log = *state;
    AUTO_FREE(api_key) other = NULL;
    assert_ok(api_key_generate(&other));
    log->spki = api_key_signer(other).key;
    assert_denied(log, "the head is not signed by the log key");
}

static void a_changed_head_is_not(void **state)
{
    struct log *log = *state;
    log->receipt.head.size++;
    assert_denied(log, "the head is not signed by the log key");
    log->receipt.head.size--;
    log->receipt.head.epoch++;
    assert_denied(log, "the head is not signed by the log key");
}

static void a_changed_leaf_is_not(void **state)
{
    struct log *log = *state;
    for (size_t i = 0; i < API_LEAF_LEN; i++) {
        log->receipt.leaf[i] ^= 0x80;
        assert_status(STATUS_DENIED,
                      api_receipt_verify(&log->receipt, &log->spki, NULL));
        log->receipt.leaf[i] ^= 0x80;
    }
    log->receipt.leaf[API_LEAF_LEN - 1] ^= 1;
    assert_denied(log, "the proof does not lead from the leaf to the head");
}

static void a_changed_proof_is_not(void **state)
{
    struct log *log = *state;
    static const char wanted[] =
        "the proof does not lead from the leaf to the head";
    log->receipt.proof.nodes[1].bytes[7] ^= 1;
    assert_denied(log, wanted);
    log->receipt.proof.nodes[1].bytes[7] ^= 1;
    log->receipt.proof.count--;
    assert_denied(log, wanted);
}

static void another_detail_is_not(void **state)
{
    struct log *log = *state;
    log->receipt.detail = "{}";
    assert_denied(log, "the detail is not the one that the leaf names");
    log->receipt.detail = detail;
    log->receipt.salt[0] ^= 1;
    assert_denied(log, "the detail is not the one that the leaf names");
}

static void json_and_back_is_the_same(void **state)
{
    struct log *log = *state;
    struct api_receipt back;
    AUTO_JSON *json = api_receipt_to_json(&log->receipt);
    assert_non_null(json);
    assert_ok(api_receipt_from_json(json, &back, NULL));
    assert_ok(api_receipt_verify(&back, &log->spki, NULL));
    assert_string_equal(back.detail, detail);
    assert_memory_equal(back.salt, log->receipt.salt, API_SALT_LEN);
    AUTO_JSON *again = api_receipt_to_json(&back);
    assert_true(json_equal(json, again));
}

static void a_withheld_detail_is_absent(void **state)
{
    struct log *log = *state;
    struct api_receipt back = { .detail = "x" };
    log->receipt.detail = NULL;
    AUTO_JSON *json = api_receipt_to_json(&log->receipt);
    assert_null(json_object_get(json, "detail"));
    assert_ok(api_receipt_from_json(json, &back, NULL));
    assert_null(back.detail);
}

static void numbers_json_cannot_hold_are_not_written(void **state)
{
    struct log *log = *state;
    log->receipt.head.size = UINT64_MAX;
    assert_null(api_head_to_json(&log->receipt.head));
    assert_null(api_receipt_to_json(&log->receipt));
    log->receipt.head.size = 5;
    log->receipt.proof.count = API_PROOF_MAX + 1;
    assert_null(api_receipt_to_json(&log->receipt));
}

static const struct {
    const char *name, *json, *part;
} bad[] = {
    { "leaf", "\"AAAA\"", "leaf: expected the base64 of 97 bytes" },
    { "leaf", "\"?\"", "leaf: expected the base64 of 97 bytes" },
    { "leaf", "null", "leaf" },
    { "salt", "\"AAAA\"", "salt: expected the base64 of 32 bytes" },
    { "salt", "7", "salt: expected the base64 of 32 bytes" },
    { "detail", "{}", "detail" },
    { "proof", "{}", "proof" },
    { "proof", "[\"00\"]", "proof: element 0 is not a hash" },
    { "proof", "[1]", "proof: element 0 is not a hash" },
    { "head", "[]", "head" },
    { "head", "{}", "head: " },
    { "excess", "1", "excess" },
};

static void a_malformed_receipt_is_refused_by_its_member(void **state)
{
    struct log *log = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct api_receipt back = { .detail = detail };
        struct reason why = { "" };
        AUTO_JSON *json = api_receipt_to_json(&log->receipt);
        sample_set(json, bad[i].name, sample_parse(bad[i].json));
        assert_status(STATUS_INVALID, api_receipt_from_json(json, &back, &why));
        if (!strstr(why.text, bad[i].part))
            print_error("%s: %s\n", bad[i].name, why.text);
        assert_non_null(strstr(why.text, bad[i].part));
        assert_ptr_equal(back.detail, detail);
    }
}

static void a_head_that_does_not_continue_is_a_fork(void **state)
{
    (void)state;
    AUTO_JSON *no_proof = json_pack("{s:[]}", "proof");
    struct api_head seen = { .epoch = 1, .size = 25 }, head = seen;
    struct reason why = { "" };
    head.root.bytes[0] ^= 1; /* as many leaves, but others */
    assert_status(STATUS_CORRUPT,
                  api_head_continues(&seen, &head, no_proof, &why));
    assert_string_equal(why.text,
                        "THE LOG WAS FORKED: the head over 25 leaves does "
                        "not continue the one over 25 that you have seen");
}

static void a_head_is_read_strictly(void **state)
{
    struct log *log = *state;
    static const struct {
        const char *name, *json;
    } heads[] = {
        { "store", "\"x\"" },    { "epoch", "0" },    { "epoch", "4294967296" },
        { "size", "-1" },        { "time", "\"1\"" }, { "root", "\"00\"" },
        { "signature", "\"\"" }, { "excess", "1" },
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct api_head back = { .size = 0x5a };
        struct reason why = { "" };
        AUTO_JSON *json = api_head_to_json(&log->receipt.head);
        sample_set(json, heads[i].name, sample_parse(heads[i].json));
        assert_status(STATUS_INVALID, api_head_from_json(json, &back, &why));
        if (!strstr(why.text, heads[i].name))
            print_error("%s: %s\n", heads[i].name, why.text);
        assert_non_null(strstr(why.text, heads[i].name));
        assert_int_equal(back.size, 0x5a);
    }
}

static void a_proof_of_65_hashes_is_refused(void **state)
{
    struct log *log = *state;
    struct api_receipt back;
    struct reason why = { "" };
    AUTO_JSON *json = api_receipt_to_json(&log->receipt);
    json_t *proof = json_array();
    for (int i = 0; i < 65; i++)
        (void)json_array_append_new(proof, api_json_of_hash(&log->leaves[0]));
    sample_set(json, "proof", proof);
    assert_status(STATUS_INVALID, api_receipt_from_json(json, &back, &why));
    assert_string_equal(why.text, "proof: expected at most 64 hashes");
}

#define ON_LOG(test) cmocka_unit_test_setup_teardown(test, open_log, close_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_LOG(a_true_receipt_is_believed),
        ON_LOG(another_key_s_head_is_not),
        ON_LOG(a_changed_head_is_not),
        ON_LOG(a_changed_leaf_is_not),
        ON_LOG(a_changed_proof_is_not),
        ON_LOG(another_detail_is_not),
        ON_LOG(json_and_back_is_the_same),
        ON_LOG(a_withheld_detail_is_absent),
        ON_LOG(numbers_json_cannot_hold_are_not_written),
        ON_LOG(a_malformed_receipt_is_refused_by_its_member),
        cmocka_unit_test(a_head_that_does_not_continue_is_a_fork),
        ON_LOG(a_head_is_read_strictly),
        ON_LOG(a_proof_of_65_hashes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
