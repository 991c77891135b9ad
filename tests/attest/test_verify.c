/* What is accepted and what it yields, and what is an error of the caller. */

#include <openssl/err.h>

#include "tests/attest/forge.h"
#include "tests/attest/plain.h"
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

/* --- what is accepted ---------------------------------------------------- */

static void an_honest_quote_yields_what_was_measured(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    struct reason why = { "" };
    forge_quote(forge, &quote);
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, &why));
    assert_int_equal(id.kind, API_KIND_SGX | API_KIND_SIMULATED);
    assert_true(hash_equal(&id.anchor, &forge->anchor.spki));
    assert_int_equal(id.tcb, API_TCB_UNEVALUATED);
    assert_memory_equal(id.sgx.mrenclave, forge->report.mrenclave, 32);
    assert_memory_equal(id.sgx.mrsigner, forge->report.mrsigner, 32);
    assert_int_equal(id.sgx.isvprodid, 0x1234);
    assert_int_equal(id.sgx.isvsvn, 0x5678);
    assert_false(id.debug);
    assert_memory_equal(id.sgx.attributes, "\5\0\0\0\0\0\0\0\xe7\0\0\0\0\0\0",
                        16);
    assert_memory_equal(id.sgx.miscselect, "\0\0\0", 4);
    assert_memory_equal(id.report_data, forge->report.data, 64);
    assert_memory_equal(id.sgx.cpusvn, forge->report.cpusvn, 16);
    assert_memory_equal(id.platform.fmspc, forge->platform.fmspc, 6);
    assert_memory_equal(id.platform.pceid, forge->platform.pceid, 2);
    assert_memory_equal(id.platform.ppid, forge->platform.ppid, 16);
    assert_memory_equal(id.platform.tcb_components, forge->platform.components,
                        16);
    assert_int_equal(id.platform.pcesvn, 0x8001);
}

static void the_kind_follows_the_anchor_and_nothing_else(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    forge->anchor.simulated = false;
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    assert_int_equal(id.kind, API_KIND_SGX);
}

static void a_debug_enclave_is_reported(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge->report.flags |= SGX_DEBUG;
    forge_quote(forge, &quote);
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    assert_true(id.debug);
}

static void the_order_of_the_certificates_does_not_matter(void **state)
{
    (void)state;
    static const char *const orders[] = { "lcr", "lrc", "clr",
                                          "crl", "rlc", "rcl" };
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
        struct attest_identity id;
        forge->order = orders[i];
        forge_quote(forge, &quote);
        assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    }
}

static void the_final_nul_may_be_missing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    buffer_put(&pem, bytes_of(quote.data + FORGE_PEM_AT,
                              quote.len - FORGE_PEM_AT - 1));
    forge_replace_pem(&quote, buffer_bytes(&pem));
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    pem.len--; /* and the last newline too */
    forge_replace_pem(&quote, buffer_bytes(&pem));
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
}

static void lines_may_end_in_carriage_returns(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    for (size_t i = FORGE_PEM_AT; i < quote.len; i++) {
        if (quote.data[i] == '\n')
            buffer_put_u8(&pem, '\r');
        buffer_put_u8(&pem, quote.data[i]);
    }
    forge_replace_pem(&quote, buffer_bytes(&pem));
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
}

static void zeros_may_follow_up_to_the_limit(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    while (quote.len < ATTEST_EVIDENCE_MAX)
        buffer_put_u8(&quote, 0);
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    buffer_put_u8(&quote, 0);
    assert_status(STATUS_DENIED,
                  forge_judge(forge, buffer_bytes(&quote), &id, NULL));
}

/* --- the caller's side --------------------------------------------------- */

static void no_anchors_is_an_error(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    struct reason why = { "" };
    forge_quote(forge, &quote);
    assert_status(STATUS_INVALID, plain_verify(buffer_bytes(&quote), NULL, 0,
                                               FORGE_NOW, &id, &why));
    assert_non_null(strstr(why.text, "no trust anchor"));
}

static void the_anchor_is_found_among_several(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_FORGE stranger;
    struct attest_identity id;
    forge_init(&stranger);
    struct attest_anchor anchors[] = { stranger.anchor, forge->anchor };
    forge_quote(forge, &quote);
    assert_ok(
        plain_verify(buffer_bytes(&quote), anchors, 2, FORGE_NOW, &id, NULL));
    assert_true(hash_equal(&id.anchor, &forge->anchor.spki));
    assert_status(STATUS_DENIED, plain_verify(buffer_bytes(&quote), anchors, 1,
                                              FORGE_NOW, &id, NULL));
}

static void two_anchors_on_one_key_are_an_error(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_anchor anchors[] = { forge->anchor, forge->anchor };
    struct attest_identity id;
    struct reason why = { "" };
    anchors[1].simulated = false;
    forge_quote(forge, &quote);
    assert_status(STATUS_INVALID, plain_verify(buffer_bytes(&quote), anchors, 2,
                                               FORGE_NOW, &id, &why));
    assert_non_null(strstr(why.text, "same key"));
}

static void an_anchor_that_contradicts_itself_is_an_error(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    AUTO_FORGE stranger;
    struct attest_identity id;
    struct reason why = { "" };
    forge_init(&stranger);
    struct attest_anchor anchor = stranger.anchor;
    anchor.spki = forge->anchor.spki; /* over another's certificate */
    forge_quote(forge, &quote);
    assert_status(STATUS_INVALID, plain_verify(buffer_bytes(&quote), &anchor, 1,
                                               FORGE_NOW, &id, &why));
    assert_non_null(strstr(why.text, "not the one it names"));
    anchor = forge->anchor;
    anchor.certificate_len = sizeof(anchor.certificate) + 1;
    assert_status(STATUS_INVALID, plain_verify(buffer_bytes(&quote), &anchor, 1,
                                               FORGE_NOW, &id, &why));
}

static void an_anchor_of_another_family_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    forge->anchor.family = 0;
    forge_quote(forge, &quote);
    forge_expect_refusal(forge, buffer_bytes(&quote), "chain:sig", "", 0);
}

static void an_anchor_with_another_role_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    const char *name = "Root of Something Else";
    forge->root.says.name = forge->root.says.issuer = forge->ca.says.issuer =
        name;
    forge_der(&forge->root, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_ok(attest_anchor_read(buffer_bytes(&pem), "other", true,
                                 &forge->anchor, NULL));
    forge_quote(forge, &quote);
    forge_expect_refusal(forge, buffer_bytes(&quote), "chain:role", name, 0);
}

static void a_time_beyond_calendars_is_an_error(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    assert_status(STATUS_INVALID,
                  plain_verify(buffer_bytes(&quote), &forge->anchor, 1,
                               UINT64_MAX, &id, NULL));
    assert_status(STATUS_DENIED, plain_verify(buffer_bytes(&quote),
                                              &forge->anchor, 1, 0, &id, NULL));
}

static void nothing_is_left_in_libcryptos_error_queue(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge_quote(forge, &quote);
    ERR_clear_error();
    quote.data[FORGE_PEM_AT + 200] ^= 1;
    assert_status(STATUS_DENIED,
                  forge_judge(forge, buffer_bytes(&quote), &id, NULL));
    assert_int_equal(ERR_peek_error(), 0);
}

static void the_digest_is_that_of_all_bytes(void **state)
{
    (void)state;
    struct hash digest;
    struct hash expected;
    assert_ok(attest_evidence_digest(bytes_of_string("abc"), &digest));
    assert_ok(hash_of(&expected, bytes_of_string("ab"), bytes_of_string("c")));
    assert_true(hash_equal(&digest, &expected));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(an_honest_quote_yields_what_was_measured),
        EACH(the_kind_follows_the_anchor_and_nothing_else),
        EACH(a_debug_enclave_is_reported),
        EACH(the_order_of_the_certificates_does_not_matter),
        EACH(the_final_nul_may_be_missing),
        EACH(lines_may_end_in_carriage_returns),
        EACH(zeros_may_follow_up_to_the_limit),
        EACH(no_anchors_is_an_error),
        EACH(the_anchor_is_found_among_several),
        EACH(two_anchors_on_one_key_are_an_error),
        EACH(an_anchor_that_contradicts_itself_is_an_error),
        EACH(an_anchor_of_another_family_vouches_for_nothing),
        EACH(an_anchor_with_another_role_vouches_for_nothing),
        EACH(a_time_beyond_calendars_is_an_error),
        EACH(nothing_is_left_in_libcryptos_error_queue),
        EACH(the_digest_is_that_of_all_bytes),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
