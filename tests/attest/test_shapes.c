/* The shape of quotes of versions 3 to 5: some bytes are replaced, the rest is
 * cut, and the first failure has its token. */

#include "tests/attest/kit.h"
#include "tests/support/check.h"

enum {
    LENGTH_3 = 432, /* where the length of the signature data stands */
    LENGTH_4 = 632,
    TYPE_4 = LENGTH_4 + 4 + 128, /* and the type of certification data */
    QE_4 = TYPE_4 + 6,
    AUTH_4 = QE_4 + 384 + 64,
    INNER_4 = AUTH_4 + 2 + 32,
    LENGTH_5 = 54 + 648,
    TYPE_5 = LENGTH_5 + 4 + 128,
};

static const struct {
    unsigned version; /* 3 SGX, 4 TDX, 5 TDX of 1.5 */
    size_t at;
    const char *bytes;
    size_t len; /* of them */
    size_t cut; /* what is left; 0: all */
    const char *token;
} rows[] = {
    /* clang-format off */
    { 3, 0, "\x02", 1, 0, "version" },
    { 4, 0, "\x06", 1, 0, "version" },
    { 4, 0, "\x04\x01", 2, 0, "version" },
    { 4, 2, "\x03", 1, 0, "key-type" },
    { 4, 4, "\x82", 1, 0, "malformed" },
    { 4, 4, "\x81\x01", 2, 0, "malformed" },
    { 3, 4, "\x81", 1, 0, "v3-header-bytes4-7-nonzero" },
    { 3, 12, "\x94", 1, 0, "vendor" },
    { 4, 27, "\x08", 1, 0, "vendor" },
    { 5, 48, "\x00", 1, 0, "malformed" },
    { 5, 48, "\x04", 1, 0, "malformed" },
    { 5, 50, "\x48", 1, 0, "malformed" },
    { 5, 50, "\x88\x02\x00\x01", 4, 0, "malformed" },
    { 5, 48, "\x01\x00\x80\x01\x00\x00", 6, 0, "body-type/tee mismatch" },
    { 5, 4, "\x00", 1, 0, "body-type/tee mismatch" },
    { 4, 0, "\x04", 1, 100, "malformed" },
    { 4, 0, "\x04", 1, 600, "malformed" },
    { 5, 0, "\x05", 1, LENGTH_5 + 3, "malformed" },
    { 3, LENGTH_3, "\xff\xff\xff\xff", 4, 0, "malformed" },
    { 3, LENGTH_3, "\x00\x00\x00\x00", 4, 0, "malformed" },
    { 3, LENGTH_3, "\x80\x00\x00\x00", 4, 0, "malformed" },
    { 4, LENGTH_4, "\x7f\x00\x00\x00", 4, 0, "malformed" },
    { 4, LENGTH_4, "\x85\x00\x00\x00", 4, 0, "malformed" },
    { 4, TYPE_4, "\x05", 1, 0, "malformed" },
    { 4, TYPE_4 + 2, "\x00\x00\x00\x00", 4, 0, "malformed" },
    { 4, TYPE_4 + 2, "\xff\xff\xff\xff", 4, 0, "malformed" },
    { 5, TYPE_5, "\x01", 1, 0, "malformed" },
    { 4, AUTH_4, "\xff\xff", 2, 0, "malformed" },
    { 4, AUTH_4, "\x01\x10", 2, 0, "malformed" },
    { 4, INNER_4, "\x03", 1, 0, "no-pck-chain" },
    { 4, INNER_4, "\x06", 1, 0, "no-pck-chain" },
    { 4, INNER_4 + 2, "\xff\xff\xff\xff", 4, 0, "malformed" },
    { 4, INNER_4 + 2, "\x00\x00\x00\x00", 4, 0, "malformed" },
    { 4, QE_4, "\xff", 1, 0, "qe-report-sig" },
    { 4, 28, "\x01", 1, 0, "quote-sig" },
    /* clang-format on */
};

static const struct buffer *quote_of(const struct kit *kit, unsigned version)
{
    if (version == 3)
        return &kit->sgx;
    return version == 4 ? &kit->tdx : &kit->tdx15;
}

/* A copy of exactly its length, so that a sanitizer sees one byte too many. */
static struct status verify(const struct kit *kit, struct bytes quote)
{
    struct attest_identity id;
    struct reason why = { "" };
    static struct attest_verdict all;
    unsigned char *copy = malloc(quote.len ? quote.len : 1);
    assert_non_null(copy);
    memcpy(copy, quote.at, quote.len);
    struct attest_question asked =
        attest_ask(bytes_of(copy, quote.len), kit->anchors, 1, KIT_NOW);
    struct status s = attest_verify(&asked, &id, &why);
    assert_ok(attest_judge(&asked, &all, NULL));
    assert_int_equal(failed(s), all.failures_count > 0);
    free(copy);
    return s;
}

static void every_other_shape_is_refused_by_its_token(void **state)
{
    const struct kit *kit = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct buffer *quote = quote_of(kit, rows[i].version);
        AUTO_CLEAR_BUFFER bent = buffer_make(ATTEST_EVIDENCE_MAX);
        buffer_put(&bent, buffer_bytes(quote));
        assert_ok(buffer_status(&bent));
        memcpy(bent.data + rows[i].at, rows[i].bytes, rows[i].len);
        struct bytes text = buffer_bytes(&bent);
        if (rows[i].cut)
            text.len = rows[i].cut;
        struct status s = verify(kit, text);
        if (s.code != STATUS_DENIED || strcmp(s.origin, rows[i].token) != 0)
            fail_msg("row %zu: %s, expected %s", i, failed(s) ? s.origin : "OK",
                     rows[i].token);
    }
}

/* Signature data that ends in the middle of each of its parts, with all the
 * lengths around it made to fit. */
static void no_shorter_signature_data_will_do(void **state)
{
    const struct kit *kit = *state;
    for (size_t len = 0; QE_4 + len < kit->tdx.len; len += 1 + len / 64) {
        AUTO_CLEAR_BUFFER bent = buffer_make(ATTEST_EVIDENCE_MAX);
        buffer_put(&bent, bytes_of(kit->tdx.data, QE_4 + len));
        assert_ok(buffer_status(&bent));
        bent.data[LENGTH_4] = (unsigned char)(134 + len);
        bent.data[LENGTH_4 + 1] = (unsigned char)((134 + len) >> 8);
        bent.data[TYPE_4 + 2] = (unsigned char)len;
        bent.data[TYPE_4 + 3] = (unsigned char)(len >> 8);
        assert_status(STATUS_DENIED, verify(kit, buffer_bytes(&bent)));
    }
}

static void zeros_may_follow_and_nothing_else(void **state)
{
    const struct kit *kit = *state;
    for (unsigned version = 3; version <= 5; version++) {
        AUTO_CLEAR_BUFFER longer = buffer_make(ATTEST_EVIDENCE_MAX);
        buffer_put(&longer, buffer_bytes(quote_of(kit, version)));
        for (int i = 0; i < 3000; i++)
            buffer_put_u8(&longer, 0);
        assert_ok(buffer_status(&longer));
        assert_ok(verify(kit, buffer_bytes(&longer)));
        longer.data[longer.len - 1] = 1;
        struct status s = verify(kit, buffer_bytes(&longer));
        assert_status(STATUS_DENIED, s);
        assert_string_equal("nonzero-trailing", s.origin);
    }
}

static void a_list_with_a_byte_behind_it_is_refused(void **state)
{
    const struct kit *kit = *state;
    const struct simulator_collateral honest = { .tdx = false };
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    buffer_put_u8(&files.pck_crl, 0);
    buffer_put_u8(&files.root_crl, 0);
    struct attest_collateral c = kit_collateral(&files);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    assert_int_equal(2, v.failures_count);
    kit_failed(&v, "pck_ca.crl.der-malformed");
    kit_failed(&v, "root_ca.crl.der-malformed");
}

static void without_anchors_it_is_explained_and_never_accepted(void **state)
{
    const struct kit *kit = *state;
    struct attest_identity id;
    static struct attest_verdict v;
    struct attest_question asked =
        attest_ask(buffer_bytes(&kit->sgx), NULL, 0, KIT_NOW);
    assert_ok(attest_judge(&asked, &v, NULL));
    assert_true(v.has_identity);
    assert_int_equal(ATTEST_REJECT, v.result);
    assert_status(STATUS_INVALID, attest_verify(&asked, &id, NULL));
    asked.now = UINT64_MAX;
    assert_status(STATUS_INVALID, attest_judge(&asked, &v, NULL));
    assert_null(attest_flag_name(3));
    assert_null(attest_flag_name(0));
    assert_string_equal("DEBUG", attest_flag_name(ATTEST_FLAG_DEBUG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_other_shape_is_refused_by_its_token),
        cmocka_unit_test(no_shorter_signature_data_will_do),
        cmocka_unit_test(zeros_may_follow_and_nothing_else),
        cmocka_unit_test(a_list_with_a_byte_behind_it_is_refused),
        cmocka_unit_test(without_anchors_it_is_explained_and_never_accepted),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
