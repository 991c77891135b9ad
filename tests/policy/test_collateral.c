/* What judged a platform once is not undercut later, whoever asks and across
 * restarts: it is a record like any other. */

#include "policy/policy.h"
#include "tests/policy/fixture.h"
#include "tests/support/check.h"

static struct policy_collateral some(void)
{
    struct policy_collateral set = { .tee = API_KIND_SGX,
                                     .ca = 2,
                                     .evaluation = 17,
                                     .issued = 1000,
                                     .qe_issued = 900,
                                     .root_crl = 5,
                                     .pck_crl = 7 };
    memset(set.anchor.bytes, 0xaa, HASH_LEN);
    memset(set.fmspc, 0xf0, sizeof(set.fmspc));
    memset(set.digest.bytes, 0xd0, HASH_LEN);
    return set;
}

static struct status use(struct policy_txn *txn,
                         const struct policy_collateral *set, bool *fresh,
                         struct reason *why)
{
    return policy_collateral_use(txn, set, bytes_of("encoded", 7), fresh, why);
}

static struct policy_txn *writing(void *state)
{
    struct fixture *fixture = state;
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(fixture->policy, &txn));
    return txn;
}

static void the_first_is_kept_whole(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    AUTO_CLEAR_BUFFER kept = buffer_make(64);
    struct policy_collateral set = some();
    bool fresh = false;
    assert_status(STATUS_NOT_FOUND,
                  policy_collateral_get(txn, &set.digest, &kept));
    assert_ok(use(txn, &set, &fresh, NULL));
    assert_true(fresh);
    assert_ok(policy_collateral_get(txn, &set.digest, &kept));
    assert_true(bytes_equal(buffer_bytes(&kept), bytes_of("encoded", 7)));
    assert_ok(use(txn, &set, &fresh, NULL));
    assert_false(fresh);
}

static void nothing_older_is_used_again(void **state)
{
    static const char *const said[] = { "evaluation is 16, and 17 was used",
                                        "its issue date is 999",
                                        "quoting enclave's issue date is 899",
                                        "root revocation list is 4",
                                        "platform revocation list is 6" };
    AUTO_FREE(policy_txn) txn = writing(*state);
    struct policy_collateral set = some();
    bool fresh;
    assert_ok(use(txn, &set, &fresh, NULL));
    for (size_t i = 0; i < 5; i++) {
        struct reason why = { "" };
        struct policy_collateral old = some();
        old.digest.bytes[0] ^= 1;
        old.evaluation -= i == 0;
        old.issued -= i == 1;
        old.qe_issued -= i == 2;
        old.root_crl -= i == 3;
        old.pck_crl -= i == 4;
        if (i == 0) /* a later date does not make up for it */
            old.issued += 5000;
        assert_status(STATUS_DENIED, use(txn, &old, &fresh, &why));
        if (!strstr(why.text, said[i]))
            print_error("%s\n", why.text);
        assert_non_null(strstr(why.text, said[i]));
    }
    set.evaluation++; /* another evaluation begins with its own dates */
    set.issued = set.qe_issued = 1;
    set.digest.bytes[0] ^= 2;
    assert_ok(use(txn, &set, &fresh, NULL));
    assert_true(fresh);
}

static void platforms_are_told_apart(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(*state);
    struct policy_collateral set = some();
    bool fresh;
    assert_ok(use(txn, &set, &fresh, NULL));
    for (size_t i = 0; i < 4; i++) {
        struct policy_collateral other = some();
        other.evaluation = 1;
        other.anchor.bytes[0] ^= i == 0;
        other.tee = i == 1 ? API_KIND_TDX : API_KIND_SGX;
        other.fmspc[5] ^= i == 2;
        other.ca = i == 3 ? 1 : 2;
        assert_ok(use(txn, &other, &fresh, NULL));
        assert_true(fresh);
    }
}

static void certificate_authorities_have_names(void **state)
{
    (void)state;
    assert_string_equal(policy_collateral_ca(1), "processor");
    assert_string_equal(policy_collateral_ca(2), "platform");
    assert_null(policy_collateral_ca(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(the_first_is_kept_whole),
        store_test(nothing_older_is_used_again),
        store_test(platforms_are_told_apart),
        cmocka_unit_test(certificate_authorities_have_names),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
