#include "tests/support/check.h"

#include <string.h>

#include "api/identity.h"

#define RULE_LEN 105

static struct api_identity_rule enclave_rule(void)
{
    struct api_identity_rule rule = {
        .kind = API_KIND_SGX,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UP_TO_DATE,
    };
    memset(rule.sgx.mrenclave, 0xaa, sizeof(rule.sgx.mrenclave));
    memset(rule.anchor.bytes, 0xcc, HASH_LEN);
    return rule;
}

static struct api_identity_rule signer_rule(void)
{
    struct api_identity_rule rule = enclave_rule();
    rule.kind = API_KIND_SGX | API_KIND_SIMULATED;
    rule.form = API_SGX_MRSIGNER;
    memset(rule.sgx.mrenclave, 0, sizeof(rule.sgx.mrenclave));
    memset(rule.sgx.mrsigner, 0xbb, sizeof(rule.sgx.mrsigner));
    rule.sgx.isvprodid = 0x0102;
    rule.sgx.isvsvn_min = 0x0304;
    rule.debug_allowed = 1;
    rule.tcb_mask = 0x0101;
    return rule;
}

/* The encoding asserted to succeed, in 105 bytes. */
static void encode(const struct api_identity_rule *rule,
                   unsigned char out[RULE_LEN])
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(256);
    assert_ok(api_identity_encode(rule, &encoded, NULL));
    assert_int_equal(encoded.len, RULE_LEN);
    memcpy(out, encoded.data, RULE_LEN);
}

static void a_rule_is_laid_out_as_the_header_says(void **state)
{
    (void)state;
    struct api_identity_rule rule = signer_rule();
    unsigned char encoded[RULE_LEN], expected[RULE_LEN];
    memset(expected, 0, sizeof(expected));
    expected[0] = 0x41;
    expected[1] = 2;
    memset(expected + 34, 0xbb, 32);
    memcpy(expected + 66, "\x01\x02\x03\x04\x01\x01\x01", 7);
    memset(expected + 73, 0xcc, 32);
    encode(&rule, encoded);
    assert_memory_equal(encoded, expected, RULE_LEN);

    rule = enclave_rule();
    memset(expected, 0, sizeof(expected));
    expected[0] = 1;
    expected[1] = 1;
    memset(expected + 2, 0xaa, 32);
    memcpy(expected + 70, "\x00\x00\x02", 3);
    memset(expected + 73, 0xcc, 32);
    encode(&rule, encoded);
    assert_memory_equal(encoded, expected, RULE_LEN);
}

static void a_rule_survives_encoding(void **state)
{
    (void)state;
    const struct api_identity_rule rules[] = { enclave_rule(), signer_rule() };
    for (size_t i = 0; i < 2; i++) {
        unsigned char encoded[RULE_LEN], again[RULE_LEN];
        struct api_identity_rule back;
        encode(&rules[i], encoded);
        assert_ok(
            api_identity_decode(bytes_of(encoded, RULE_LEN), &back, NULL));
        encode(&back, again);
        assert_memory_equal(encoded, again, RULE_LEN);
    }
}

static void the_hash_covers_label_and_rule(void **state)
{
    (void)state;
    struct api_identity_rule rule = signer_rule();
    unsigned char encoded[RULE_LEN];
    struct hash hash, expected;
    encode(&rule, encoded);
    assert_ok(hash_of(&expected, bytes_of_string("accord identity v1"),
                      bytes_of(encoded, RULE_LEN)));
    assert_ok(api_identity_hash(&rule, &hash, NULL));
    assert_true(hash_equal(&hash, &expected));
}

/* Every way in which a rule could match more than it says. */
static void spoil(struct api_identity_rule *rule, size_t way)
{
    switch (way) {
    case 0: rule->kind = API_KIND_NONE; break;
    case 1: rule->kind = 0x3f; break;
    case 2: rule->kind = 0xc1; break; /* simulated and node-vouched */
    case 3: rule->form = 0; break;
    case 4: rule->form = 3; break;
    case 5: memset(rule->sgx.mrenclave, 0, 32); break;
    case 6: rule->sgx.mrsigner[31] = 1; break;
    case 7: rule->sgx.isvprodid = 1; break;
    case 8: rule->sgx.isvsvn_min = 1; break;
    case 9: rule->debug_allowed = 2; break;
    case 10: rule->tcb_mask = 0; break;
    case 11: rule->tcb_mask = 0x200; break;
    case 12: memset(rule->anchor.bytes, 0, HASH_LEN); break;
    case 13: *rule = (struct api_identity_rule){ .kind = API_KIND_TDX }; break;
    case 14: *rule = signer_rule(), memset(rule->sgx.mrsigner, 0, 32); break;
    case 15: *rule = signer_rule(), rule->sgx.mrenclave[0] = 1; break;
    }
}

static void a_rule_that_matches_too_much_is_refused(void **state)
{
    (void)state;
    static const char *const said[] = {
        "kind 0 is unknown",   "kind 63 is unknown",
        "kind 193 is unknown", "form 0 is unknown",
        "form 3 is unknown",   "mrenclave is zero",
        "mrsigner has a",      "isvprodid",
        "isvsvn_min",          "debug",
        "tcb accepts no",      "tcb accepts an unknown",
        "anchor is zero",      "mrtd is zero",
        "mrsigner is zero",    "mrenclave has a",
    };
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(256);
        struct api_identity_rule rule = enclave_rule();
        struct reason why = { "" };
        struct hash hash = { { 7 } };
        spoil(&rule, i);
        assert_status(STATUS_INVALID, api_identity_encode(&rule, &out, &why));
        assert_non_null(strstr(why.text, said[i]));
        assert_int_equal(out.len, 0);
        assert_status(STATUS_INVALID, api_identity_hash(&rule, &hash, NULL));
        assert_int_equal(hash.bytes[0], 7);
    }
}

/* Where each way of spoiling a rule shows in its encoding. */
static void a_bad_encoding_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        size_t at, len;
        unsigned char value;
    } changes[] = {
        { 0, 1, 0 },  { 0, 1, 2 },  { 0, 1, 0xc1 }, { 1, 1, 0 },  { 1, 1, 2 },
        { 1, 1, 3 },  { 2, 32, 0 }, { 34, 1, 1 },   { 65, 1, 1 }, { 67, 1, 1 },
        { 69, 1, 1 }, { 70, 1, 2 }, { 71, 1, 2 },   { 72, 1, 0 }, { 73, 32, 0 },
    };
    const struct api_identity_rule good = enclave_rule();
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        unsigned char encoded[RULE_LEN];
        struct api_identity_rule out = { .kind = 0x55 };
        struct reason why = { "" };
        encode(&good, encoded);
        memset(encoded + changes[i].at, changes[i].value, changes[i].len);
        assert_status(
            STATUS_INVALID,
            api_identity_decode(bytes_of(encoded, RULE_LEN), &out, &why));
        assert_int_not_equal(why.text[0], 0);
        assert_int_equal(out.kind, 0x55);
    }
}

static void a_rule_cut_short_is_refused(void **state)
{
    (void)state;
    const struct api_identity_rule good = enclave_rule();
    unsigned char encoded[RULE_LEN];
    encode(&good, encoded);
    for (size_t len = 0; len < RULE_LEN; len++) {
        struct api_identity_rule out;
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      api_identity_decode(bytes_of(encoded, len), &out, &why));
        assert_string_equal(why.text, "the rule is cut short");
    }
}

static void kinds_have_names_and_names_have_kinds(void **state)
{
    (void)state;
    size_t named = 0;
    for (unsigned kind = 0; kind < 256; kind++) {
        const char *name = api_kind_name((uint8_t)kind);
        uint8_t back = 0;
        if (!name)
            continue;
        named++;
        assert_ok(api_kind_parse(bytes_of_string(name), &back));
        assert_int_equal(back, kind);
    }
    assert_int_equal(named, 12);
    assert_string_equal(api_kind_name(API_KIND_SGX), "sgx");
    assert_string_equal(api_kind_name(0x41), "sgx-simulated");
    assert_string_equal(api_kind_name(0x81), "sgx-node-vouched");
    uint8_t untouched = 9;
    assert_status(STATUS_INVALID,
                  api_kind_parse(bytes_of_string("SGX"), &untouched));
    assert_status(STATUS_INVALID,
                  api_kind_parse(bytes_of_string("sgx-"), &untouched));
    assert_status(STATUS_INVALID,
                  api_kind_parse(bytes_of(NULL, 0), &untouched));
    assert_int_equal(untouched, 9);
}

static void tcb_statuses_have_names_and_names_have_bits(void **state)
{
    (void)state;
    unsigned named = 0;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        const char *name = api_tcb_name((uint16_t)bits);
        uint16_t back = 0;
        if (!name)
            continue;
        named |= bits;
        assert_int_equal(bits & (bits - 1), 0);
        assert_ok(api_tcb_parse(bytes_of_string(name), &back));
        assert_int_equal(back, bits);
    }
    assert_int_equal(named, API_TCB_ALL);
    assert_string_equal(api_tcb_name(API_TCB_UNEVALUATED), "unevaluated");
    assert_string_equal(api_tcb_name(API_TCB_UP_TO_DATE), "UpToDate");
    assert_string_equal(api_tcb_name(API_TCB_OUT_OF_DATE), "OutOfDate");
    uint16_t untouched = 9;
    assert_status(STATUS_INVALID,
                  api_tcb_parse(bytes_of_string("Revoked"), &untouched));
    assert_status(STATUS_INVALID,
                  api_tcb_parse(bytes_of_string("uptodate"), &untouched));
    assert_int_equal(untouched, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_laid_out_as_the_header_says),
        cmocka_unit_test(a_rule_survives_encoding),
        cmocka_unit_test(the_hash_covers_label_and_rule),
        cmocka_unit_test(a_rule_that_matches_too_much_is_refused),
        cmocka_unit_test(a_bad_encoding_is_refused_and_changes_nothing),
        cmocka_unit_test(a_rule_cut_short_is_refused),
        cmocka_unit_test(kinds_have_names_and_names_have_kinds),
        cmocka_unit_test(tcb_statuses_have_names_and_names_have_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
