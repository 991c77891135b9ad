/* Bytes of a good quote changed afterwards, by somebody without any key. */

#include "tests/attest/forge.h"
#include "tests/support/check.h"

#define QUOTE_MAX ((size_t)64 * 1024)

static struct forge *forge; /* honest at the start of each test */

static int start(void **state)
{
    static struct forge made;
    (void)state;
    forge_init(&made);
    forge = &made;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    forge_clear(forge);
    return 0;
}

/* --- what is refused: bytes changed afterwards --------------------------- */

static const struct {
    size_t at;
    unsigned char is; /* the new value */
    const char *token;
} edited[] = {
    /* clang-format off */
    { 0,                          2,    "version" },
    { 0,                          0,    "version" },
    { 1,                          1,    "version" },
    { 2,                          3,    "key-type" },
    { 3,                          1,    "key-type" },
    { 4,                          1,    "v3-header-bytes4-7-nonzero" },
    { 7,                          0x80, "v3-header-bytes4-7-nonzero" },
    { 12,                         0,    "vendor" },
    { 27,                         0,    "vendor" },
    { 28,                         0xff, "quote-sig" }, /* user data */
    { 112,                        0,    "quote-sig" }, /* MRENCLAVE */
    { 431,                        0,    "quote-sig" }, /* report data */
    { FORGE_SIGNATURE_LEN_AT,     0,    "malformed" },
    { FORGE_SIGNATURE_LEN_AT + 3, 0xff, "malformed" },
    { FORGE_AUTH_LEN_AT,          31,   "malformed" },
    { FORGE_AUTH_LEN_AT + 1,      0xff, "malformed" },
    { FORGE_DATA_TYPE_AT,         1,    "no-pck-chain" },
    { FORGE_DATA_TYPE_AT,         3,    "no-pck-chain" },
    { FORGE_DATA_TYPE_AT,         6,    "no-pck-chain" },
    { FORGE_DATA_TYPE_AT + 1,     1,    "no-pck-chain" },
    { FORGE_DATA_LEN_AT,          0,    "malformed" },
    { FORGE_DATA_LEN_AT + 3,      0x80, "malformed" },
    { FORGE_PEM_AT,               ' ',  "malformed" },
    { FORGE_PEM_AT + 27,          '-',  "malformed" },
    { FORGE_PEM_AT + 60,          '*',  "malformed" },
    /* clang-format on */
};

static void every_edited_byte_is_refused_by_its_token(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    for (size_t i = 0; i < sizeof(edited) / sizeof(edited[0]); i++) {
        unsigned char *byte = &quote.data[edited[i].at];
        unsigned char was = *byte;
        assert_int_not_equal(was, edited[i].is);
        *byte = edited[i].is;
        forge_expect_refusal(forge, buffer_bytes(&quote), edited[i].token, "",
                             i);
        *byte = was;
    }
}

static void an_attestation_key_off_the_curve_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    unsigned char point[96]; /* x || y || auth data */
    struct hash hash;
    struct ca_signer signer = ca_key_signer(forge->platform_key);
    forge_quote(forge, &quote);
    unsigned char *qe = quote.data + FORGE_QE_AT;
    quote.data[FORGE_KEY_AT + 63] ^= 1;
    memcpy(point, quote.data + FORGE_KEY_AT, 64);
    memcpy(point + 64, quote.data + FORGE_AUTH_LEN_AT + 2, 32);
    assert_ok(hash_of(&hash, bytes_of(point, sizeof(point))));
    memcpy(qe + 320, hash.bytes, sizeof(hash.bytes));
    assert_ok(hash_of(&hash, bytes_of(qe, 384)));
    assert_ok(
        signer.sign(signer.context, &hash, quote.data + FORGE_QE_SIGNATURE_AT));
    forge_expect_refusal(forge, buffer_bytes(&quote), "ak-curve", "", 0);
}

static void signatures_of_zero_are_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    memset(quote.data + FORGE_SIGNATURE_AT, 0, 64);
    forge_expect_refusal(forge, buffer_bytes(&quote), "quote-sig", "", 0);
    memset(quote.data + FORGE_QE_SIGNATURE_AT, 0, 64);
    forge_expect_refusal(forge, buffer_bytes(&quote), "qe-report-sig", "", 0);
}

static void what_follows_the_certificates_is_refused(void **state)
{
    (void)state;
    static const char *const tails[] = { "\n", " ", "\r", "x", "# comment\n" };
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    size_t len = quote.len - FORGE_PEM_AT - 1;
    buffer_put(&pem, bytes_of(quote.data + FORGE_PEM_AT, len));
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        pem.len = len;
        buffer_put_string(&pem, tails[i]);
        forge_replace_pem(&quote, buffer_bytes(&pem));
        forge_expect_refusal(forge, buffer_bytes(&quote), "malformed", "PEM",
                             i);
    }
    pem.len = len;
    buffer_put(&pem, bytes_of("\0", 2)); /* two NULs */
    forge_replace_pem(&quote, buffer_bytes(&pem));
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed", "PEM", 0);
}

static void certificates_with_a_second_spelling_are_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    forge_der(&forge->pck, &der);
    buffer_put_u8(&der, 0); /* a byte behind the certificate */
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    forge_replace_pem(&quote, buffer_bytes(&pem));
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed", "strict DER",
                         0);
}

/* DER has one way to write a length; the outermost is not under the
 * certificate's signature. */
static void a_certificate_with_a_longer_length_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER longer = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    forge_der(&forge->pck, &der);
    assert_memory_equal(der.data, "\x30\x82", 2);
    buffer_put(&longer, bytes_of("\x30\x83\0", 3));
    buffer_put(&longer, bytes_of(der.data + 2, der.len - 2));
    ca_pem_write("CERTIFICATE", buffer_bytes(&longer), &pem);
    forge_replace_pem(&quote, buffer_bytes(&pem));
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed", "strict DER",
                         0);
}

static void put_u16(unsigned char *at, size_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static void signature_data_ends_where_it_must_not(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    size_t behind = quote.len - (FORGE_AUTH_LEN_AT + 2);
    put_u16(quote.data + FORGE_AUTH_LEN_AT, behind - 5);
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed",
                         "no certification data", 0);
    put_u16(quote.data + FORGE_AUTH_LEN_AT, behind + 1);
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed",
                         "auth data overflow", 0);
    put_u16(quote.data + FORGE_SIGNATURE_LEN_AT, 577);
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed",
                         "signature data too short", 0);
}

static void auth_data_has_a_limit_of_its_own(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    while (quote.len < FORGE_AUTH_LEN_AT + 2 + 5000)
        buffer_put_u8(&quote, 0);
    put_u16(quote.data + FORGE_SIGNATURE_LEN_AT,
            quote.len - FORGE_SIGNATURE_AT);
    put_u16(quote.data + FORGE_AUTH_LEN_AT, 4097);
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed",
                         "auth data overflow: 4097", 0);
    put_u16(quote.data + FORGE_AUTH_LEN_AT, 4096);
    forge_expect_refusal(forge, buffer_bytes(&quote), "malformed",
                         "certification data", 0);
}

static void bytes_after_the_quote_must_be_zero(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge_quote(forge, &quote);
    buffer_put(&quote, bytes_of("\0\0\0\0\0\0\0\1", 8));
    forge_expect_refusal(forge, buffer_bytes(&quote), "nonzero-trailing",
                         "8 bytes", 0);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    for (size_t len = 0; len < quote.len; len++) {
        struct reason why = { "" };
        assert_status(STATUS_DENIED,
                      forge_judge(forge, bytes_of(quote.data, len), &id, &why));
        assert_non_null(strstr(why.text, "malformed: "));
    }
}

/* No byte of a quote is informational: the header is signed with the report,
 * and even the dropped root is checked. */
static void every_flipped_byte_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    for (size_t i = 0; i < quote.len; i++) {
        unsigned char mask = (unsigned char)(1u << (i % 8));
        quote.data[i] ^= mask;
        struct status s = forge_judge(forge, buffer_bytes(&quote), &id, NULL);
        if (s.code != STATUS_DENIED)
            fail_msg("bit %zu of byte %zu flipped: %s", i % 8, i,
                     status_name(s.code));
        quote.data[i] ^= mask;
    }
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(every_edited_byte_is_refused_by_its_token),
        EACH(an_attestation_key_off_the_curve_is_refused),
        EACH(signatures_of_zero_are_refused),
        EACH(what_follows_the_certificates_is_refused),
        EACH(certificates_with_a_second_spelling_are_refused),
        EACH(a_certificate_with_a_longer_length_is_refused),
        EACH(signature_data_ends_where_it_must_not),
        EACH(auth_data_has_a_limit_of_its_own),
        EACH(bytes_after_the_quote_must_be_zero),
        EACH(every_truncation_is_refused),
        EACH(every_flipped_byte_is_refused),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
