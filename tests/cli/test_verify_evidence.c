/* Evidence in an exported log is judged again as it was judged then: with the
 * same collateral, at the same time, under the same rule. */

#include <stdlib.h>

#include "agent/simulator.h"
#include "agent/simulator_collateral.h"
#include "cli/verify.h"
#include "tests/cli/log_sample.h"
#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#define NOW ((uint64_t)1900000000)

struct scene {
    struct temp_dir dir;
    struct simulator *simulator;
    struct log_sample log;
    struct verifier verifier;
    struct hash configuration;
    struct buffer spki, quote, collateral;
};

static void make_collateral(struct scene *s)
{
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral wanted = { .status =
                                                     "SWHardeningNeeded" };
    struct reason why = { "" };
    assert_ok(simulator_collateral_make(temp_dir_path(&s->dir, "sim"), &wanted,
                                        NOW, &files, &why));
    const struct attest_collateral whole = {
        buffer_bytes(&files.tcb_info), buffer_bytes(&files.qe_identity),
        buffer_bytes(&files.tcb_signing_chain), buffer_bytes(&files.root_crl),
        buffer_bytes(&files.pck_crl)
    };
    s->collateral = buffer_make(ATTEST_COLLATERAL_MAX);
    assert_ok(attest_collateral_encode(&whole, &s->collateral));
}

static void make_quote(struct scene *s)
{
    struct simulator_request request = { .isvprodid = 1 };
    struct reason why = { "" };
    struct hash spki;
    memset(request.mrenclave, 0xc1, 32);
    memset(request.mrsigner, 0x51, 32);
    s->spki = buffer_make(CA_SPKI_MAX);
    buffer_put_string(&s->spki, "any key will do");
    assert_ok(hash_of(&spki, buffer_bytes(&s->spki)));
    memset(s->configuration.bytes, 0x77, HASH_LEN);
    assert_ok(ca_report_data(&spki, &s->configuration, request.report_data));
    s->quote = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(
        simulator_sgx_quote(s->simulator, &request, NOW, &s->quote, &why));
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    struct reason why = { "" };
    assert_non_null(s);
    s->dir = temp_dir_make();
    assert_ok(simulator_make(temp_dir_path(&s->dir, "sim"), NOW, &why));
    assert_ok(
        simulator_open(temp_dir_path(&s->dir, "sim"), &s->simulator, &why));
    log_sample_init(&s->log);
    assert_ok(verifier_add_anchor(
        &s->verifier, simulator_root_pem(s->simulator), true, &why));
    make_collateral(s);
    make_quote(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    log_sample_clear(&s->log);
    simulator_free(s->simulator);
    buffer_clear(&s->spki);
    buffer_clear(&s->quote);
    buffer_clear(&s->collateral);
    temp_dir_remove(&s->dir);
    free(s);
    return 0;
}

static json_t *detail_of(struct scene *s, uint16_t mask, const char *tcb,
                         bool judged)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = mask,
                                      .anchor = s->verifier.anchors[0].spki };
    struct hash evidence, collateral;
    memset(rule.sgx.mrenclave, 0xc1, 32);
    assert_ok(hash_of(&evidence, buffer_bytes(&s->quote)));
    assert_ok(hash_of(&collateral, buffer_bytes(&s->collateral)));
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:s, s:o}, s:n, s:s, s:n}", "action",
        "certify", "kind", "enclave", "spki",
        api_json_of_base64(buffer_bytes(&s->spki)), "configuration",
        api_json_of_hash(&s->configuration), "rule", api_rule_to_json(&rule),
        "evidence", api_json_of_hash(&evidence), "verdict", "tcb", tcb,
        "collateral", judged ? api_json_of_hash(&collateral) : json_null(),
        "nonce", "binding", "key", "material");
}

/* The certificate's leaf, with its evidence beside it. */
static void add_certificate(struct scene *s, json_t *detail)
{
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    assert_non_null(detail);
    assert_ok(api_json_canonical(detail, &text));
    json_decref(detail);
    buffer_put_u8(&text, 0);
    log_sample_add(&s->log, API_LEAF_CERTIFICATE, NOW * 1000,
                   (const char *)text.data);
    json_t *entry =
        json_array_get(s->log.leaves, json_array_size(s->log.leaves) - 1);
    assert_int_equal(
        0, json_object_set_new(entry, "evidence",
                               api_json_of_base64(buffer_bytes(&s->quote))));
}

/* Behind it, as the broker does. */
static void add_collateral(struct scene *s)
{
    log_sample_add(&s->log, API_LEAF_CHANGE, NOW * 1000,
                   "{\"action\":\"collateral\"}");
    json_t *entry =
        json_array_get(s->log.leaves, json_array_size(s->log.leaves) - 1);
    assert_int_equal(0, json_object_set_new(
                            entry, "collateral",
                            api_json_of_base64(buffer_bytes(&s->collateral))));
}

static void expect(struct scene *s, const char *part)
{
    AUTO_JSON *log = log_sample_export(&s->log);
    const struct api_head none = { .size = 0 };
    struct reason why = { "" };
    struct status done =
        verifier_run(&s->verifier, log, &s->log.log_key, &none, &why);
    if (!part) {
        if (failed(done))
            print_error("%s\n", why.text);
        assert_ok(done);
        assert_int_equal(s->verifier.evidence, 1);
        return;
    }
    assert_status(STATUS_CORRUPT, done);
    if (!strstr(why.text, part))
        print_error("%s\n", why.text);
    assert_non_null(strstr(why.text, part));
}

static const uint16_t hardening = API_TCB_SW_HARDENING_NEEDED;

static void evidence_holds_with_the_collateral_of_then(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, hardening, "SWHardeningNeeded", true));
    add_collateral(s);
    expect(s, NULL);
}

static void missing_collateral_is_missing_evidence(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, hardening, "SWHardeningNeeded", true));
    expect(s, "a certificate without good evidence: collateral missing: ");
    expect(s, "... is in no leaf");
}

static void other_collateral_than_recorded_is_missing_too(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, hardening, "SWHardeningNeeded", true));
    s->collateral.data[100] ^= 1;
    add_collateral(s);
    expect(s, "collateral missing:");
}

static void other_evidence_than_recorded_is_seen(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, hardening, "SWHardeningNeeded", true));
    add_collateral(s);
    assert_int_equal(
        0, json_object_set_new(json_array_get(s->log.leaves, 0), "evidence",
                               api_json_of_base64(bytes_of_string("other"))));
    expect(s, "its evidence is not the recorded one");
}

static void a_state_that_was_not_found_is_seen(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, API_TCB_ALL, "UpToDate", true));
    add_collateral(s);
    expect(s, "the platform's recorded state is UpToDate, its evidence says "
              "SWHardeningNeeded");
}

static void a_state_that_the_rule_refuses_is_seen(void **state)
{
    struct scene *s = *state;
    add_certificate(
        s, detail_of(s, API_TCB_UP_TO_DATE, "SWHardeningNeeded", true));
    add_collateral(s);
    expect(s, "status is SWHardeningNeeded");
}

static void unevaluated_evidence_needs_no_collateral(void **state)
{
    struct scene *s = *state;
    add_certificate(s, detail_of(s, API_TCB_UNEVALUATED, "unevaluated", false));
    expect(s, NULL);
}

static void a_nonce_that_was_not_bound_is_seen(void **state)
{
    struct scene *s = *state;
    json_t *detail = detail_of(s, hardening, "SWHardeningNeeded", true);
    struct hash nonce = { { 1 } };
    assert_int_equal(
        0, json_object_set_new(detail, "nonce", api_json_of_hash(&nonce)));
    add_certificate(s, detail);
    add_collateral(s);
    expect(s, "its evidence is bound to another key");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int group(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 20)) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_holds_with_the_collateral_of_then),
        TEST(missing_collateral_is_missing_evidence),
        TEST(other_collateral_than_recorded_is_missing_too),
        TEST(other_evidence_than_recorded_is_seen),
        TEST(a_state_that_was_not_found_is_seen),
        TEST(a_state_that_the_rule_refuses_is_seen),
        TEST(unevaluated_evidence_needs_no_collateral),
        TEST(a_nonce_that_was_not_bound_is_seen),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
