/* Which files make a trust anchor, and which do not. */

#include <openssl/evp.h>

#include "tests/attest/forge.h"
#include "tests/support/check.h"

#define PEM_MAX ((size_t)64 * 1024)

static struct forge *forge;

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

static void put(const struct forge_certificate *what, struct buffer *pem)
{
    AUTO_CLEAR_BUFFER der = buffer_make(PEM_MAX);
    forge_der(what, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), pem);
    assert_ok(buffer_status(pem));
}

static void expect_refusal(struct bytes pem, const char *says)
{
    struct attest_anchor anchor;
    struct attest_anchor before;
    struct reason why = { "" };
    memset(&anchor, 0xaa, sizeof(anchor));
    before = anchor;
    assert_status(STATUS_INVALID,
                  attest_anchor_read(pem, "name", true, &anchor, &why));
    if (!strstr(why.text, says))
        fail_msg("expected \"%s\", got \"%s\"", says, why.text);
    assert_memory_equal(&anchor, &before, sizeof(anchor));
}

static void a_root_becomes_an_anchor(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(PEM_MAX);
    struct attest_anchor anchor;
    put(&forge->root, &pem);
    assert_ok(ca_pem_read("CERTIFICATE", buffer_bytes(&pem), &der, NULL));
    assert_ok(
        attest_anchor_read(buffer_bytes(&pem), "my lab", false, &anchor, NULL));
    assert_int_equal(anchor.family, ATTEST_DCAP);
    assert_false(anchor.simulated);
    assert_string_equal(anchor.label, "my lab");
    assert_true(hash_equal(&anchor.spki, &ca_key_public(forge->keys[0])->hash));
    assert_true(
        bytes_equal(bytes_of(anchor.certificate, anchor.certificate_len),
                    buffer_bytes(&der)));
    assert_null(attest_vendor_name(&anchor.spki));
    assert_ok(
        attest_anchor_read(buffer_bytes(&pem), "my lab", true, &anchor, NULL));
    assert_true(anchor.simulated);
}

static void blanks_may_follow_the_block(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    struct attest_anchor anchor;
    put(&forge->root, &pem);
    buffer_put_string(&pem, "\r\n \n");
    assert_ok(attest_anchor_read(buffer_bytes(&pem), "x", true, &anchor, NULL));
}

static void anything_but_one_block_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    AUTO_CLEAR_BUFFER before = buffer_make(PEM_MAX);
    expect_refusal(bytes_of("", 0), "exactly one PEM");
    expect_refusal(bytes_of_string("-----BEGIN CERTIFICATE-----\n"),
                   "exactly one PEM");
    put(&forge->root, &pem);
    buffer_put_string(&before, "a line\n");
    buffer_put(&before, buffer_bytes(&pem));
    expect_refusal(buffer_bytes(&before), "exactly one PEM");
    put(&forge->root, &pem);
    expect_refusal(buffer_bytes(&pem), "exactly one PEM");
}

static void a_block_that_is_no_certificate_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    ca_pem_write("CERTIFICATE", bytes_of_string("no certificate"), &pem);
    expect_refusal(buffer_bytes(&pem), "strict DER");
}

static void only_p256_with_sha256_is_a_root(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER p384 = buffer_make(PEM_MAX);
    AUTO_CLEAR_BUFFER sha384 = buffer_make(PEM_MAX);
    struct ca_key *key = NULL;
    forge->root.digest = EVP_sha384();
    put(&forge->root, &sha384);
    expect_refusal(buffer_bytes(&sha384), "not P-256 with SHA-256");
    assert_ok(ca_key_generate(CA_KEY_P384, &key));
    forge->root.digest = NULL;
    forge->root.key = forge->root.signer = key;
    put(&forge->root, &p384);
    expect_refusal(buffer_bytes(&p384), "not P-256 with SHA-256");
    ca_key_free(key);
}

static void only_what_signed_itself_is_a_root(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER intermediate = buffer_make(PEM_MAX);
    AUTO_CLEAR_BUFFER forged = buffer_make(PEM_MAX);
    put(&forge->ca, &intermediate);
    expect_refusal(buffer_bytes(&intermediate), "not signed by itself");
    forge->root.forger = forge->other;
    put(&forge->root, &forged);
    expect_refusal(buffer_bytes(&forged), "not signed by itself");
}

static void only_a_ca_is_a_root(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    forge->root.says.path_length = PKI_NOT_A_CA;
    put(&forge->root, &pem);
    expect_refusal(buffer_bytes(&pem), "not a CA");
}

static void labels_are_short_and_printable(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum status_code code;
    } rows[] = {
        { "x", STATUS_OK },
        { "", STATUS_INVALID },
        { "a\nb", STATUS_INVALID },
        { "caf\xc3\xa9", STATUS_INVALID },
        { "0123456789012345678901234567890123456789012345678901234567890123",
          STATUS_OK },
        { "01234567890123456789012345678901234567890123456789012345678901234",
          STATUS_INVALID },
    };
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    struct attest_anchor anchor;
    put(&forge->root, &pem);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_status(rows[i].code,
                      attest_anchor_read(buffer_bytes(&pem), rows[i].label,
                                         true, &anchor, NULL));
}

/* The hash of Intel's published root key, as its documents give it. */
static void a_vendor_is_known_by_its_key_alone(void **state)
{
    (void)state;
    struct hash intel = { { 0xa0, 0xaf, 0x03, 0x12, 0x89, 0xf5, 0xd5, 0xd4,
                            0x13, 0x2f, 0x91, 0x86, 0x06, 0x8a, 0x7f, 0xc1,
                            0x36, 0x28, 0x63, 0x3b, 0xa2, 0x35, 0x77, 0x74,
                            0x72, 0xe2, 0x9b, 0x6b, 0x6c, 0x67, 0xa4, 0x9e } };
    assert_non_null(strstr(attest_vendor_name(&intel), "Intel"));
    intel.bytes[31] ^= 1;
    assert_null(attest_vendor_name(&intel));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_root_becomes_an_anchor),
        EACH(blanks_may_follow_the_block),
        EACH(anything_but_one_block_is_refused),
        EACH(a_block_that_is_no_certificate_is_refused),
        EACH(only_p256_with_sha256_is_a_root),
        EACH(only_what_signed_itself_is_a_root),
        EACH(only_a_ca_is_a_root),
        EACH(labels_are_short_and_printable),
        EACH(a_vendor_is_known_by_its_key_alone),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
