/* Certificates of record: once, revoked or not, and evidence used once. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct policy_txn *writing(struct fixture *f)
{
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    return txn;
}

static const unsigned char serial[16] = { 1, 2, 3 };

static struct status put_certificate(struct policy_txn *txn, json_t *revoked)
{
    AUTO_JSON *value =
        json_pack("{s:s, s:o*}", "kind", "person", "revoked", revoked);
    return policy_certificate_put(txn, serial, value);
}

static void a_serial_is_given_once(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    assert_ok(put_certificate(txn, json_false()));
    assert_status(STATUS_CONFLICT, put_certificate(txn, json_false()));
}

static void what_was_never_recorded_counts_as_revoked(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    bool revoked = false;
    assert_ok(policy_certificate_revoked(txn, serial, &revoked));
    assert_true(revoked);
    assert_ok(put_certificate(txn, json_false()));
    assert_ok(policy_certificate_revoked(txn, serial, &revoked));
    assert_false(revoked);
}

static void only_a_plain_no_means_not_revoked(void **state)
{
    struct fixture *f = *state;
    json_t *const values[] = { json_true(), json_null(), json_string("no"),
                               NULL };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        AUTO_FREE(policy_txn) txn = writing(f);
        bool revoked = false;
        assert_ok(put_certificate(txn, values[i]));
        assert_ok(policy_certificate_revoked(txn, serial, &revoked));
        assert_true(revoked);
    }
}

static struct status fresh(struct policy_txn *txn, unsigned char evidence,
                           unsigned char key, struct reason *why)
{
    struct hash digest, spki;
    memset(digest.bytes, evidence, sizeof(digest.bytes));
    memset(spki.bytes, key, sizeof(spki.bytes));
    return policy_freshness(txn, &digest, &spki, &(struct hash){ { 0 } }, why);
}

static void a_nonce_is_accepted_once(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    struct hash evidence = { { 1 } }, key = { { 2 } }, nonce = { { 3 } };
    struct reason why = { "" };
    assert_ok(policy_freshness(txn, &evidence, &key, &nonce, NULL));
    evidence.bytes[31] = key.bytes[31] = 1;
    assert_status(STATUS_CONFLICT,
                  policy_freshness(txn, &evidence, &key, &nonce, &why));
    assert_non_null(strstr(why.text, "nonce"));
}

static void evidence_and_key_are_accepted_once(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    struct reason why = { "" };
    assert_ok(fresh(txn, 1, 2, NULL));
    assert_status(STATUS_CONFLICT, fresh(txn, 1, 3, &why));
    assert_non_null(
        strstr(why.text, "this evidence was used before: make a new quote"));
    assert_status(STATUS_CONFLICT, fresh(txn, 4, 2, &why));
    assert_non_null(strstr(
        why.text, "a certificate was issued for this key before: make a"));
    assert_ok(fresh(txn, 4, 3, NULL)); /* a refusal used nothing up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_serial_is_given_once),
        store_test(what_was_never_recorded_counts_as_revoked),
        store_test(only_a_plain_no_means_not_revoked),
        store_test(evidence_and_key_are_accepted_once),
        store_test(a_nonce_is_accepted_once),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
