/* AMD's list of revoked ASKs: optional, and believed only from the root. */

#include "agent/pki_crl.h"
#include "tests/attest/honest_snp.h"
#include "tests/support/check.h"

static struct pki_crl list_of_amd(void)
{
    return (struct pki_crl){ .issuer = PKI_ARK_NAME,
                             .manner = PKI_LIKE_AMD,
                             .this_update = VENDOR_NOW - VENDOR_DAY,
                             .next_update = VENDOR_NOW + VENDOR_DAY,
                             .number = 1 };
}

/* Judges with that list; "" for acceptance. */
static void expect_with_list(const struct pki_crl *list,
                             const struct ca_key *issuer, struct bytes ask_der,
                             const char *token)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    struct attest_collateral collateral = { .root_crl = { NULL, 0 } };
    struct attest_verdict verdict;
    assert_ok(pki_crl_issue(list, issuer, &der));
    collateral.root_crl = buffer_bytes(&der);
    snp_forge_write(forge, &evidence);
    /* The very ASK that may be on the list, in place of one made anew. */
    evidence.len -= ask_der.len;
    buffer_put(&evidence, ask_der);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    question.collateral = &collateral;
    assert_ok(attest_judge(&question, &verdict, NULL));
    assert_string_equal(verdict.failures_count ? verdict.failures[0].token : "",
                        token);
    assert_int_equal(verdict.result, *token ? ATTEST_REJECT : ATTEST_ACCEPT);
}

static void a_revoked_ask_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    struct pki_crl list = list_of_amd();
    vendor_der(&forge->ask, &der);
    expect_with_list(&list, forge->keys[0], buffer_bytes(&der), "");
    list.revoked[0] = buffer_bytes(&der);
    list.revoked_count = 1;
    expect_with_list(&list, forge->keys[0], buffer_bytes(&der),
                     "root_ca.crl.der-REVOKED:SEV-Simulated");
}

static void a_list_is_the_roots_own_and_in_time(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    struct pki_crl list = list_of_amd();
    vendor_der(&forge->ask, &der);
    expect_with_list(&list, forge->keys[2], buffer_bytes(&der),
                     "root_ca.crl.der-sig");
    list.next_update = VENDOR_NOW - 1;
    expect_with_list(&list, forge->keys[0], buffer_bytes(&der),
                     "root_ca.crl.der-expired");
    list = list_of_amd();
    list.issuer = "ARK-Milan";
    expect_with_list(&list, forge->keys[0], buffer_bytes(&der),
                     "root_ca.crl.der-issuer-mismatch");
    list = list_of_amd();
    list.manner = PKI_LIKE_INTEL; /* PKCS #1, SHA-256 */
    expect_with_list(&list, forge->keys[0], buffer_bytes(&der),
                     "root_ca.crl.der-sig");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, snp_begin, snp_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_revoked_ask_vouches_for_nothing),
        EACH(a_list_is_the_roots_own_and_in_time),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
