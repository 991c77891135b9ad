/* Which roots vouch for SEV-SNP evidence, and for what. */

#include "tests/attest/honest_snp.h"
#include "tests/support/check.h"

static void each_simulator_is_only_its_own(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_anchor anchors[2];
    struct vendor_certificate other = forge->ark;
    struct attest_identity id;
    struct reason why = { "" };
    other.key = other.signer = forge->keys[2];
    vendor_anchor(&other, &anchors[0]); /* of the same name */
    anchors[1] = forge->anchor;
    snp_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    question.anchors = anchors;
    assert_status(STATUS_DENIED, attest_verify(&question, &id, &why));
    assert_non_null(strstr(why.text, "chain:root"));
    question.anchors_count = 2;
    assert_ok(attest_verify(&question, &id, &why));
    assert_memory_equal(&id.anchor, &forge->anchor.spki, sizeof(id.anchor));
}

static void a_root_that_is_no_simulators_gives_the_real_kind(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_identity id;
    forge->ark.says.name = forge->ark.says.issuer = forge->ask.says.issuer =
        "ARK-Milan";
    forge->ask.says.name = forge->ek.says.issuer = "SEV-Milan";
    vendor_anchor(&forge->ark, &forge->anchor);
    forge->anchor.simulated = false;
    struct attest_anchor anchors[2] = { forge->anchor, forge->anchor };
    anchors[0].family = ATTEST_NITRO;
    anchors[0].spki.bytes[0] ^= 1;
    snp_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), anchors, 2, VENDOR_NOW);
    assert_ok(attest_verify(&question, &id, NULL));
    assert_int_equal(id.kind, API_KIND_SNP);
}

static void no_anchor_is_an_error_and_no_success(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_identity id;
    snp_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    question.anchors_count = 0;
    assert_status(STATUS_INVALID, attest_verify(&question, &id, NULL));
}

static void an_anchor_that_is_not_what_it_says_is_an_error(void **state)
{
    (void)state;
    struct attest_anchor broken[4];
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_identity id;
    for (size_t i = 0; i < 4; i++)
        broken[i] = forge->anchor;
    broken[0].certificate[40] ^= 1;
    broken[1].spki.bytes[0] ^= 1;
    broken[2].product = ATTEST_GENOA;
    broken[3].certificate_len = sizeof(broken[3].certificate) + 1;
    snp_forge_write(forge, &evidence);
    for (size_t i = 0; i < 4; i++) {
        struct attest_question question =
            attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
        question.anchors = &broken[i];
        assert_status(STATUS_INVALID, attest_verify(&question, &id, NULL));
    }
}

/* A root of one product cannot vouch for another, whatever was signed. */
static void a_products_root_vouches_for_it_alone(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->ark.says.name = forge->ark.says.issuer = forge->ask.says.issuer =
        "ARK-Genoa";
    forge->ask.says.name = forge->ek.says.issuer = "SEV-Genoa";
    vendor_anchor(&forge->ark, &forge->anchor);
    snp_judge(&verdict);
    assert_int_equal(verdict.failures_count, 1);
    assert_string_equal(verdict.failures[0].token, "product");
    snp_forge_product(forge, SNP_GENOA);
    snp_judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_ACCEPT);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, snp_begin, snp_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(each_simulator_is_only_its_own),
        EACH(a_root_that_is_no_simulators_gives_the_real_kind),
        EACH(no_anchor_is_an_error_and_no_success),
        EACH(an_anchor_that_is_not_what_it_says_is_an_error),
        EACH(a_products_root_vouches_for_it_alone),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
