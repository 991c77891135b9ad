/* Rules of every kind: the bytes that are hashed, and what is refused. */

#include "tests/api/rules.h"
#include "tests/support/check.h"

#include <string.h>

static void encode(const struct api_identity_rule *rule, struct buffer *out)
{
    *out = buffer_make(API_IDENTITY_MAX);
    assert_ok(api_identity_encode(rule, out, NULL));
}

static void each_kind_has_its_width(void **state)
{
    (void)state;
    static const size_t widths[RULES] = { 69, 435, 192, 289 };
    for (size_t i = 0; i < RULES; i++) {
        struct api_identity_rule rule = rule_at(i);
        struct buffer encoded;
        encode(&rule, &encoded);
        assert_int_equal(encoded.len, 1 + widths[i] + 1 + 2 + 32);
        assert_int_equal(encoded.data[0], rule.kind);
        assert_int_equal(encoded.data[1], rule.form);
        assert_int_equal(encoded.data[1 + widths[i]], 0);
        assert_int_equal(encoded.data[1 + widths[i] + 2], 2);
        assert_int_equal(encoded.data[encoded.len - 1], 0xcc);
        buffer_clear(&encoded);
    }
}

/* Where the header says each member begins. */
static const struct {
    size_t rule, at;
    unsigned char value;
} places[] = {
    { 1, 2, 0x10 },   { 1, 50, 0x11 },  { 1, 98, 0x12 },  { 1, 146, 0x13 },
    { 1, 194, 0x14 }, { 1, 242, 0x15 }, { 1, 290, 0x16 }, { 1, 338, 0x17 },
    { 1, 386, 0x18 }, { 1, 434, 0 },    { 1, 435, 1 },    { 2, 2, 0x20 },
    { 2, 50, 0x21 },  { 2, 82, 0x22 },  { 2, 130, 0x23 }, { 2, 178, 1 },
    { 2, 181, 4 },    { 2, 182, 0x24 }, { 2, 190, 2 },    { 2, 191, 0 },
    { 2, 192, 1 },    { 3, 2, 0x30 },   { 3, 50, 0x31 },  { 3, 98, 0x32 },
    { 3, 146, 0x33 }, { 3, 194, 0x34 }, { 3, 242, 0x35 },
};

static void members_stand_where_the_header_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct api_identity_rule rule = rule_at(places[i].rule);
        struct buffer encoded;
        encode(&rule, &encoded);
        assert_int_equal(encoded.data[places[i].at], places[i].value);
        buffer_clear(&encoded);
    }
}

/* A change of any byte is another rule, or none. */
static void no_byte_is_without_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct api_identity_rule rule = rule_at(i), other;
        struct buffer encoded, again;
        struct hash hash, changed;
        rule.terms = terms_full();
        encode(&rule, &encoded);
        assert_ok(api_identity_hash(&rule, &hash, NULL));
        for (size_t at = 0; at < encoded.len; at++) {
            encoded.data[at] ^= 1;
            if (!failed(api_identity_decode(buffer_bytes(&encoded), &other,
                                            NULL))) {
                encode(&other, &again);
                assert_true(
                    bytes_equal(buffer_bytes(&encoded), buffer_bytes(&again)));
                assert_ok(api_identity_hash(&other, &changed, NULL));
                assert_false(hash_equal(&hash, &changed));
                buffer_clear(&again);
            }
            encoded.data[at] ^= 1;
        }
        buffer_clear(&encoded);
    }
}

static void a_rule_of_each_kind_survives(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * RULES; i++) {
        struct api_identity_rule rule = rule_at(i % RULES), back;
        struct buffer encoded, again;
        if (i >= RULES)
            rule.terms = terms_full();
        encode(&rule, &encoded);
        assert_ok(api_identity_decode(buffer_bytes(&encoded), &back, NULL));
        encode(&back, &again);
        assert_true(bytes_equal(buffer_bytes(&encoded), buffer_bytes(&again)));
        for (size_t len = 0; len < encoded.len; len++)
            if (len != encoded.len - 69 || i < RULES) /* without terms */
                assert_status(STATUS_INVALID,
                              api_identity_decode(bytes_of(encoded.data, len),
                                                  &back, NULL));
        buffer_put_u8(&encoded, 0);
        assert_status(STATUS_INVALID,
                      api_identity_decode(buffer_bytes(&encoded), &back, NULL));
        buffer_clear(&encoded);
        buffer_clear(&again);
    }
}

static void spoil(struct api_identity_rule *r, size_t way)
{
    struct api_tcb_exception *e = &r->terms.exception;
    *r = rule_of_tdx();
    switch (way) {
    case 0: memset(r->tdx.mrtd, 0, 48); break;
    case 1: memset(r->tdx.rtmr[1], 0, 48); break;
    case 2: memset(r->tdx.rtmr[2], 0, 48); break;
    case 3: r->form = 0; break;
    case 4: r->form = 4; break;
    case 5: r->tdx.sept_ve = 2; break;
    case 6: *r = rule_of_snp(), memset(r->snp.measurement, 0, 48); break;
    case 7: *r = rule_of_snp(), r->snp.vmpl_max = 4; break;
    case 8: *r = rule_of_snp(), r->form = API_SNP_ID_KEY; break;
    case 9: *r = rule_of_nitro(), memset(r->nitro.pcr[1], 0, 48); break;
    case 10: *r = rule_of_nitro(), r->debug_allowed = 1; break;
    case 11: *r = rule_of_nitro(), r->form = 3; break;
    case 12: r->terms.nonce_demanded = 2; break;
    case 13: e->until = 1; break;
    case 14: e->tcb_mask = 2; break;
    case 15: e->tcb_mask = 0x200, e->until = 1; break;
    case 16: r->terms = terms_full(), e->count = 17; break;
    case 17: r->terms = terms_full(), e->advisory[0][0] = 'a'; break;
    case 18: r->terms = terms_full(), e->advisory[0][0] = 'Z'; break;
    case 19: r->terms = terms_full(), e->advisory[0][0] = '\0'; break;
    }
}

static void a_rule_that_says_too_little_is_refused(void **state)
{
    (void)state;
    static const char *const said[] = {
        "mrtd is zero or missing",
        "rtmr1 is zero",
        "rtmr2 is zero",
        "rtmr0 has a value",
        "form 4 is unknown",
        "sept_ve is more than 1",
        "measurement is zero",
        "vmpl_max is more than 3",
        "author_key_digest has a value",
        "pcr1 is zero",
        "debug cannot be allowed: a Nitro enclave in debug mode",
        "pcr8 has a value",
        "nonce is neither",
        "names no TCB status",
        "it has no end",
        "unknown TCB status",
        "more than 16 advisories",
        "capitals, digits",
        "in order",
        "capitals, digits",
    };
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(API_IDENTITY_MAX);
        struct api_identity_rule rule;
        struct reason why = { "" };
        spoil(&rule, i);
        assert_status(STATUS_INVALID, api_identity_encode(&rule, &out, &why));
        if (!strstr(why.text, said[i]))
            print_error("%zu: %s\n", i, why.text);
        assert_non_null(strstr(why.text, said[i]));
        assert_int_equal(out.len, 0);
    }
}

static void terms_are_absent_unless_they_say_something(void **state)
{
    (void)state;
    struct api_identity_rule rule = rule_of_sgx(), back;
    struct buffer plain, more;
    encode(&rule, &plain);
    rule.terms.age_max = 1;
    encode(&rule, &more);
    assert_int_equal(more.len, plain.len + 21);
    assert_memory_equal(more.data, plain.data, plain.len);
    memset(more.data + plain.len + 1, 0, 20); /* nothing said */
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  api_identity_decode(buffer_bytes(&more), &back, &why));
    assert_string_equal(why.text, "terms that say nothing are left out");
    more.data[plain.len] = 2;
    assert_status(STATUS_INVALID,
                  api_identity_decode(buffer_bytes(&more), &back, &why));
    assert_string_equal(why.text, "terms of version 2 are unknown");
    buffer_clear(&plain);
    buffer_clear(&more);
}

static void a_label_names_what_is_measured_and_no_more(void **state)
{
    (void)state;
    static const unsigned char enclave[32] = { 0xab, 0xcd };
    char label[API_LABEL_LEN + 1], other[API_LABEL_LEN + 1];
    for (size_t i = 0; i < RULES; i++) {
        struct api_identity_rule rule = rule_at(i);
        assert_ok(api_identity_label(&rule, enclave, label, NULL));
        assert_int_equal(strlen(label), 64);
        assert_int_equal(strncmp(label, "abcd0000", 8) == 0, i == 0);
        rule.tcb_mask = API_TCB_ALL; /* not measured */
        rule.anchor.bytes[0] ^= 1;
        rule.terms = terms_full();
        assert_ok(api_identity_label(&rule, enclave, other, NULL));
        assert_string_equal(label, other);
    }
    struct api_identity_rule rule = rule_of_tdx();
    assert_ok(api_identity_label(&rule, enclave, label, NULL));
    rule.tdx.rtmr[2][47] ^= 1;
    assert_ok(api_identity_label(&rule, enclave, other, NULL));
    assert_string_not_equal(label, other);
    rule.kind = API_KIND_NONE;
    assert_status(STATUS_INVALID,
                  api_identity_label(&rule, enclave, other, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_width),
        cmocka_unit_test(members_stand_where_the_header_says),
        cmocka_unit_test(no_byte_is_without_meaning),
        cmocka_unit_test(a_rule_of_each_kind_survives),
        cmocka_unit_test(a_rule_that_says_too_little_is_refused),
        cmocka_unit_test(terms_are_absent_unless_they_say_something),
        cmocka_unit_test(a_label_names_what_is_measured_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
