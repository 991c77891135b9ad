/* Collateral counts only when it is genuine, current, whole, of the same root
 * as the evidence, and about this platform. */

#include "tests/attest/kit.h"
#include "tests/support/check.h"

#include <stdlib.h>

static const struct simulator_collateral honest = { .tdx = false };

/* --- genuine ------------------------------------------------------------- */

/* Fetched by others, its signature never looked at. */
static void a_changed_byte_of_a_statement_is_seen(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    char *date = strstr((char *)files.tcb_info.data, "\"tcbDate\":\"20");
    assert_non_null(date);
    date[13] ^= 1; /* still a date */
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "tcbInfo-sig");
    date[13] ^= 1;
    date = strstr((char *)files.qe_identity.data, "\"tcbDate\":\"20");
    assert_non_null(date);
    date[13] ^= 1;
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "enclaveIdentity-sig");
}

/* Two configured simulators: neither may vouch for the other's platforms. */
static void another_roots_collateral_is_refused(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    struct reason why = { "" };
    kit_make(kit, true, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    for (size_t anchors = 1; anchors <= 2; anchors++) {
        struct attest_question asked =
            attest_ask(buffer_bytes(&kit->sgx), kit->anchors, anchors, KIT_NOW);
        asked.collateral = &c;
        assert_ok(attest_judge(&asked, &v, &why));
        kit_failed(&v, "tcbchain:sig Accord Simulator SGX Root CA");
    }
}

static void the_evidence_is_refused_under_the_other_root(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    struct reason why = { "" };
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    struct attest_question asked =
        attest_ask(buffer_bytes(&kit->sgx), &kit->anchors[1], 1, KIT_NOW);
    asked.collateral = &c;
    assert_ok(attest_judge(&asked, &v, &why));
    kit_failed(&v, "chain:sig Accord Simulator SGX Root CA");
    assert_string_equal("UpToDate", v.tcb); /* said, and worth nothing */
    assert_int_equal(ATTEST_REJECT, v.result);
}

/* A platform's key signs quotes, not statements about platforms. */
static void the_platforms_chain_signs_no_statements(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    c.tcb_signing_chain = buffer_bytes(&files.pck_crl_chain);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed(&v, "tcbInfo-sig");
    assert_true(v.failures_count >= 2);
}

/* --- whole --------------------------------------------------------------- */

static void put(struct buffer *out, const char *before, struct bytes text,
                const char *after)
{
    *out = buffer_make(ATTEST_COLLATERAL_MAX);
    buffer_put(out, bytes_of_string(before));
    buffer_put(out, text);
    buffer_put(out, bytes_of_string(after));
    assert_ok(buffer_status(out));
}

/* The first one signed, the last one believed: or the other way round. */
static void two_members_of_one_name_are_refused(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER bent = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    struct bytes genuine = c.tcb_info;
    struct bytes inside = bytes_of(genuine.at, genuine.len - 1);
    put(&bent, "", inside, ",\"tcbInfo\":{\"id\":\"SGX\"}}");
    c.tcb_info = buffer_bytes(&bent);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "tcbInfo-duplicate-json-key 'tcbInfo'");
    assert_null(v.tcb);
    buffer_clear(&bent);
    inside = bytes_of(genuine.at + 1, genuine.len - 1);
    put(&bent, "{\"tcbInfo\":{\"id\":\"SGX\"},", inside, "");
    c.tcb_info = buffer_bytes(&bent);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "tcbInfo-duplicate-json-key 'tcbInfo'");
}

static void what_is_not_signed_does_not_belong_there(void **state)
{
    static const struct {
        const char *before, *after;
        size_t cut_front, cut_back;
    } rows[] = {
        { "", ",\"more\":1}", 0, 1 },
        { "", "x", 0, 0 },
        { "", "{}", 0, 0 },
        { "[", "]", 0, 0 },
        { "", "", 0, 1 },
        { "", "", 1, 0 },
        { "{\"\\u0074cbInfo\":{},", "", 1, 0 },
        { "{\"signature\":\"\",", "", 1, 0 },
    };
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    kit_make(kit, false, &honest, &files);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attest_collateral c = kit_collateral(&files);
        AUTO_CLEAR_BUFFER bent = { 0 };
        struct attest_verdict v;
        struct bytes text = c.tcb_info;
        text = bytes_of(text.at + rows[i].cut_front,
                        text.len - rows[i].cut_front - rows[i].cut_back);
        put(&bent, rows[i].before, text, rows[i].after);
        c.tcb_info = buffer_bytes(&bent);
        kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
        kit_failed_only(&v, "tcbInfo-malformed");
    }
}

static void blanks_outside_the_object_are_no_matter(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER spaced = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    put(&spaced, " \r\n", c.tcb_info, "\n\t ");
    c.tcb_info = buffer_bytes(&spaced);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    assert_int_equal(0, v.failures_count);
}

/* Each file cut at each length: never accepted, never worse. */
static void no_part_of_a_file_will_do(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    kit_make(kit, false, &honest, &files);
    for (size_t which = 0; which < 5; which++) {
        struct attest_collateral c = kit_collateral(&files);
        struct bytes *const parts[] = { &c.tcb_info, &c.qe_identity,
                                        &c.tcb_signing_chain, &c.root_crl,
                                        &c.pck_crl };
        size_t whole = parts[which]->len;
        for (size_t len = 0; len + 2 < whole; len += 1 + whole / 97) {
            struct attest_verdict v;
            /* A copy of that length, so that a sanitizer sees one too many. */
            unsigned char *copy = malloc(len ? len : 1);
            assert_non_null(copy);
            memcpy(copy, parts[which]->at, len);
            struct bytes was = *parts[which];
            *parts[which] = bytes_of(copy, len);
            kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
            assert_true(v.failures_count > 0);
            *parts[which] = was;
            free(copy);
        }
    }
}

static void a_missing_list_is_a_failure(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    c.root_crl.len = 0;
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "no-root_ca.crl.der");
    c = kit_collateral(&files);
    c.pck_crl.len = 0;
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "no-pck_ca.crl.der");
}

/* --- current ------------------------------------------------------------- */

static void what_is_over_or_not_begun_does_not_count(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW + 40 * KIT_DAY, &v);
    kit_failed(&v, "tcbInfo-expired");
    kit_failed(&v, "enclaveIdentity-expired");
    kit_failed(&v, "root_ca.crl.der-expired");
    kit_failed(&v, "pck_ca.crl.der-expired");
    assert_int_equal(4, v.failures_count);
    const struct simulator_collateral later = { .issued = KIT_NOW + KIT_DAY,
                                                .next_update =
                                                    KIT_NOW + 9 * KIT_DAY };
    kit_judge_wanted(kit, &kit->sgx, &later, &v);
    kit_failed(&v, "tcbInfo-not-yet-valid");
    kit_failed(&v, "enclaveIdentity-not-yet-valid");
    kit_failed(&v, "root_ca.crl.der-not-yet-valid");
    kit_failed(&v, "pck_ca.crl.der-not-yet-valid");
    assert_int_equal(4, v.failures_count);
}

/* A list without nextUpdate would be good for ever. */
static void endless(struct collateral_plan *plan)
{
    plan->root_crl.next_update = 0;
}

static void a_list_ends_some_day(void **state)
{
    const struct kit *kit = *state;
    struct attest_verdict v;
    const struct simulator_collateral wanted = { .retouch = endless };
    kit_judge_wanted(kit, &kit->sgx, &wanted, &v);
    kit_failed_only(&v, "root_ca.crl.der-malformed");
}

static void whoever_is_revoked_is_refused(void **state)
{
    static const struct {
        struct simulator_collateral wanted;
        const char *token;
    } rows[] = {
        { { .revoke_pck = true },
          "pck_ca.crl.der-REVOKED:Accord Simulator SGX PCK Certificate" },
        { { .revoke_platform_ca = true },
          "root_ca.crl.der-REVOKED:Accord Simulator SGX PCK Platform CA" },
        { { .revoke_tcb_signing = true },
          "root_ca.crl.der-REVOKED:Accord Simulator SGX TCB Signing" },
    };
    const struct kit *kit = *state;
    for (size_t i = 0; i < 3; i++) {
        struct attest_verdict v;
        kit_judge_wanted(kit, &kit->sgx, &rows[i].wanted, &v);
        kit_failed_only(&v, rows[i].token);
    }
}

/* The Processor CA's list says nothing about a Platform CA's certificates. */
static void a_list_of_another_issuer_says_nothing(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    c.pck_crl = buffer_bytes(&files.root_crl);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "pck_ca.crl.der-issuer-mismatch");
    c = kit_collateral(&files);
    c.root_crl = buffer_bytes(&files.pck_crl);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "root_ca.crl.der-issuer-mismatch");
}

static void a_list_signed_by_another_key_is_refused(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    AUTO_COLLATERAL theirs = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    kit_make(kit, true, &honest, &theirs); /* of the same name */
    struct attest_collateral c = kit_collateral(&files);
    c.pck_crl = buffer_bytes(&theirs.pck_crl);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "pck_ca.crl.der-sig");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_byte_of_a_statement_is_seen),
        cmocka_unit_test(another_roots_collateral_is_refused),
        cmocka_unit_test(the_evidence_is_refused_under_the_other_root),
        cmocka_unit_test(the_platforms_chain_signs_no_statements),
        cmocka_unit_test(two_members_of_one_name_are_refused),
        cmocka_unit_test(what_is_not_signed_does_not_belong_there),
        cmocka_unit_test(blanks_outside_the_object_are_no_matter),
        cmocka_unit_test(no_part_of_a_file_will_do),
        cmocka_unit_test(a_missing_list_is_a_failure),
        cmocka_unit_test(what_is_over_or_not_begun_does_not_count),
        cmocka_unit_test(a_list_ends_some_day),
        cmocka_unit_test(whoever_is_revoked_is_refused),
        cmocka_unit_test(a_list_of_another_issuer_says_nothing),
        cmocka_unit_test(a_list_signed_by_another_key_is_refused),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
