/* The log, for whoever wants to check: heads and proofs for anybody, details
 * for the members of the account. */

#include "tests/broker/cast.h"

static struct answer *get(struct stage *s, struct bytes peer, const char *path)
{
    return stage_ask(s, peer, HTTP_GET, NULL, "%s", path);
}

static void head_of(struct stage *s, struct bytes peer, struct api_head *out)
{
    struct answer *a = get(s, peer, "/accord/v1/log/head");
    assert_answer(a, 200, NULL);
    assert_ok(api_head_from_json(a->body, out, NULL));
    assert_ok(api_head_verify(out, &s->broker.hsm_facts.log_key));
}

static void anybody_may_see_the_signed_head(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct api_head before, after;
    head_of(s, AS_NOBODY, &before);
    assert_int_equal(1, before.size);
    person_first(s, &root, "root");
    head_of(s, AS_NOBODY, &after);
    assert_int_equal(2, after.size);
    assert_true(api_id_equal(&s->door->store, &after.store));
    person_clear(&root);
}

static void read_proof(const json_t *list, struct api_proof *out)
{
    *out = (struct api_proof){ 0 };
    for (size_t i = 0; i < json_array_size(list); i++) {
        AUTO_JSON *one = json_pack("{s:O}", "h", json_array_get(list, i));
        assert_ok(api_json_hash(one, "h", &out->nodes[out->count++], NULL));
    }
}

static void heads_are_consistent(void **state)
{
    struct stage *s = *state;
    struct play play;
    struct api_head heads[4];
    size_t count = 0;
    head_of(s, AS_NOBODY, &heads[count++]);
    play_begin(&play, s);
    head_of(s, AS_NOBODY, &heads[count++]);
    play_agree(&play);
    head_of(s, AS_NOBODY, &heads[count++]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++) {
            char path[128];
            struct api_proof proof;
            (void)snprintf(path, sizeof(path),
                           "/accord/v1/log/consistency?from=%llu&to=%llu",
                           (unsigned long long)heads[i].size,
                           (unsigned long long)heads[j].size);
            struct answer *a = get(s, AS_NOBODY, path);
            assert_answer(a, 200, NULL);
            read_proof(json_object_get(a->body, "proof"), &proof);
            assert_ok(api_consistency_verify(heads[i].size, &heads[i].root,
                                             heads[j].size, &heads[j].root,
                                             &proof));
        }
    }
    play_end(&play);
}

static void proofs_are_asked_for_by_sizes_of_heads(void **state)
{
    struct stage *s = *state;
    static const char *const bad[] = { "?from=0&to=1",
                                       "?from=2&to=1",
                                       "?from=1&to=2",
                                       "?from=1",
                                       "?to=1",
                                       "?from=x&to=1",
                                       "?from=-1&to=1",
                                       "?from=&to=1",
                                       "?from=1&from=1&to=1",
                                       "?from=1&to=99999999999999999999" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "/accord/v1/log/consistency%s",
                       bad[i]);
        assert_answer(get(s, AS_NOBODY, path), 400, "invalid");
    }
}

static void every_leaf_has_a_receipt(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    play_agree(&play);
    for (uint64_t i = 0; i < stage_log_size(s); i++) {
        struct api_receipt receipt;
        struct api_leaf leaf;
        struct answer *a = stage_ask(s, as(&play.alice), HTTP_GET, NULL,
                                     "/accord/v1/log/receipts/%u", (unsigned)i);
        assert_answer(a, 200, NULL);
        assert_ok(api_receipt_from_json(a->body, &receipt, NULL));
        assert_ok(
            api_receipt_verify(&receipt, &s->broker.hsm_facts.log_key, NULL));
        assert_ok(api_leaf_decode(bytes_of(receipt.leaf, sizeof(receipt.leaf)),
                                  &leaf));
        assert_int_equal(i, leaf.index);
    }
    play_end(&play);
}

static void receipts_of_no_leaf_are_refused(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    assert_answer(get(s, as(&root), "/accord/v1/log/receipts/2"), 404,
                  "not-found");
    assert_answer(
        get(s, as(&root), "/accord/v1/log/receipts/99999999999999999999999"),
        404, "not-found");
    assert_answer(get(s, as(&root), "/accord/v1/log/receipts/1x"), 400,
                  "invalid");
    assert_answer(get(s, as(&root), "/accord/v1/log/receipts/-1"), 400,
                  "invalid");
    assert_answer(get(s, AS_NOBODY, "/accord/v1/log/receipts/0"), 401,
                  "certificate");
    person_clear(&root);
}

/* A second account, whose manager is `other`. */
static void found_account(struct stage *s, const struct person *root,
                          struct person *other)
{
    char secret[65];
    struct answer *a =
        stage_ask(s, as(root), HTTP_POST, json_pack("{s:s}", "name", "second"),
                  "/accord/v1/accounts");
    assert_answer(a, 201, NULL);
    const char *line = answer_text(a, "invitation");
    memcpy(secret, line + strlen(line) - 64, 65);
    person_make(other, "other");
    person_join(s, other, secret);
}

static void details_stay_within_the_account(void **state)
{
    struct stage *s = *state;
    struct person root, other;
    person_first(s, &root, "root");
    found_account(s, &root, &other);
    struct answer *a =
        get(s, as(&other), "/accord/v1/log/leaves?from=0&count=1000");
    assert_answer(a, 200, NULL);
    json_t *leaves = json_object_get(a->body, "leaves");
    assert_int_equal(stage_log_size(s), json_array_size(leaves));
    size_t shown = 0;
    for (size_t i = 0; i < json_array_size(leaves); i++) {
        const json_t *entry = json_array_get(leaves, i);
        struct api_leaf leaf = stage_leaf(s, i, NULL);
        bool own = api_id_is_zero(&leaf.account) ||
                   api_id_equal(&leaf.account, &other.account);
        assert_int_equal(own, json_object_get(entry, "detail") != NULL);
        shown += own;
    }
    assert_int_equal(2, shown); /* the store's beginning, its own joining */
    a = get(s, as(&other), "/accord/v1/log/receipts/1"); /* root's joining */
    assert_answer(a, 200, NULL);
    assert_null(json_object_get(a->body, "detail"));
    struct api_receipt receipt;
    assert_ok(api_receipt_from_json(a->body, &receipt, NULL));
    assert_ok(api_receipt_verify(&receipt, &s->broker.hsm_facts.log_key, NULL));
    person_clear(&other);
    person_clear(&root);
}

static void leaves_come_in_pages(void **state)
{
    struct stage *s = *state;
    struct play play;
    play_begin(&play, s);
    struct answer *a =
        get(s, as(&play.alice), "/accord/v1/log/leaves?from=3&count=2");
    assert_answer(a, 200, NULL);
    json_t *leaves = json_object_get(a->body, "leaves");
    assert_int_equal(2, json_array_size(leaves));
    assert_int_equal(3, json_integer_value(json_object_get(
                            json_array_get(leaves, 0), "index")));
    a = get(s, as(&play.alice), "/accord/v1/log/leaves?from=5000&count=2");
    assert_answer(a, 200, NULL);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "leaves")));
    assert_answer(
        get(s, as(&play.alice), "/accord/v1/log/leaves?from=0&count=1001"), 400,
        "invalid");
    assert_answer(
        get(s, as(&play.alice), "/accord/v1/log/leaves?from=0&count=0"), 400,
        "invalid");
    assert_answer(get(s, AS_NOBODY, "/accord/v1/log/leaves?from=0&count=1"),
                  401, "certificate");
    play_end(&play);
}

static void evidence_goes_with_the_leaf_of_its_certificate(void **state)
{
    struct stage *s = *state;
    struct play play;
    struct enclave e;
    struct ca_key *key = NULL;
    AUTO_CLEAR_BUFFER evidence = buffer_make(65536);
    struct ca_facts facts;
    struct hash digest;
    play_begin(&play, s);
    play_agree(&play);
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    enclave_make(&play, key, &e);
    struct answer *a = stage_ask(s, as(&play.alice), HTTP_GET, NULL,
                                 "/accord/v1/log/leaves?from=%u&count=1",
                                 (unsigned)stage_log_size(s) - 1);
    assert_answer(a, 200, NULL);
    assert_ok(
        api_json_base64(json_array_get(json_object_get(a->body, "leaves"), 0),
                        "evidence", &evidence, NULL));
    assert_ok(hash_of(&digest, buffer_bytes(&evidence)));
    assert_ok(ca_certificate_read(as_enclave(&e), &facts, NULL));
    assert_true(hash_equal(&digest, &facts.statement.evidence));
    enclave_clear(&e);
    ca_key_free(key);
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(anybody_may_see_the_signed_head),
        stage_test(heads_are_consistent),
        stage_test(proofs_are_asked_for_by_sizes_of_heads),
        stage_test(every_leaf_has_a_receipt),
        stage_test(receipts_of_no_leaf_are_refused),
        stage_test(details_stay_within_the_account),
        stage_test(leaves_come_in_pages),
        stage_test(evidence_goes_with_the_leaf_of_its_certificate),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
