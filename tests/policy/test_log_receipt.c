/* Heads and receipts, checked by the verifiers everybody uses. */

#include "tests/policy/grown.h"

static struct api_head signed_head(struct fixture *f, const struct expected *e,
                                   size_t size, struct api_key *key)
{
    struct api_head head = { .store = f->id,
                             .epoch = 1,
                             .size = size,
                             .time = 4711,
                             .root = e->roots[size] };
    unsigned char encoded[API_HEAD_LEN];
    struct api_signer signer = api_key_signer(key);
    assert_ok(api_head_encode(&head, encoded));
    assert_ok(signer.sign(signer.context, bytes_of(encoded, sizeof(encoded)),
                          &head.signature));
    return head;
}

static void put_head(struct fixture *f, const struct api_head *head)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    policy_head_put(txn, head);
    assert_ok(policy_commit(txn));
}

static void the_newest_head_comes_back_as_it_was_signed(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    AUTO_FREE(api_key) key = NULL;
    struct api_head read = { 0 };
    assert_ok(api_key_generate(&key));
    {
        AUTO_FREE(policy_txn) txn = reading(f);
        assert_status(STATUS_NOT_FOUND, policy_head_newest(txn, &read));
    }
    grow(f, e, 300);
    struct api_head small = signed_head(f, e, 255, key);
    struct api_head large = signed_head(f, e, 300, key);
    put_head(f, &large);
    put_head(f, &small);
    AUTO_FREE(policy_txn) txn = reading(f);
    struct api_signer signer = api_key_signer(key);
    assert_ok(policy_head_newest(txn, &read));
    assert_int_equal(read.size, 300);
    assert_int_equal(read.epoch, 1);
    assert_int_equal(read.time, 4711);
    assert_ok(api_head_verify(&read, &signer.key));
}

static void a_receipt_holds_for_whoever_knows_the_log_key(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(expected) e = expected_new();
    AUTO_FREE(api_key) key = NULL;
    AUTO_CLEAR_BUFFER details = buffer_make(4096);
    struct api_receipt receipt, none = { 0 };
    struct reason why = { "" };
    assert_ok(api_key_generate(&key));
    struct api_signer signer = api_key_signer(key);
    grow(f, e, 21);
    AUTO_FREE(policy_txn) txn = reading(f);
    struct api_head head = signed_head(f, e, 19, key);
    buffer_put_string(&details, "not a part of it");
    for (uint64_t index = 0; index < 19; index++) {
        assert_ok(policy_receipt(txn, index, &head, &details, &receipt));
        assert_int_equal(details.data[details.len - 1], 0);
        assert_ptr_equal(receipt.detail + strlen(receipt.detail),
                         details.data + details.len - 1);
        assert_non_null(strstr(receipt.detail, "\"action\":\"test\""));
        assert_ok(api_receipt_verify(&receipt, &signer.key, &why));
    }
    assert_status(STATUS_INVALID,
                  policy_receipt(txn, 19, &head, &details, &none));
    assert_null(none.detail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(the_newest_head_comes_back_as_it_was_signed),
        store_test(a_receipt_holds_for_whoever_knows_the_log_key),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
