/* Nitro: honest documents give their identity, every spoiled part is refused
 * by its token, and debug mode is reported. */

#include "tests/attest/forge_nitro.h"
#include "tests/support/check.h"

static struct nitro_forge *forge;

static int start(void **state)
{
    static struct nitro_forge made;
    (void)state;
    nitro_forge_init(&made);
    forge = &made;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    nitro_forge_clear(forge);
    return 0;
}

static void verify(struct attest_identity *out)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct reason why = { "" };
    nitro_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    struct status s = attest_verify(&question, out, &why);
    if (failed(s))
        fail_msg("refused: %s", why.text);
}

static void judge(struct attest_verdict *out)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    nitro_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    assert_ok(attest_judge(&question, out, NULL));
}

static void the_identity_is_what_the_document_says(void **state)
{
    (void)state;
    struct attest_identity id;
    static const unsigned char absent[64];
    verify(&id);
    assert_int_equal(id.kind, API_KIND_NITRO | API_KIND_SIMULATED);
    assert_memory_equal(&id.anchor, &forge->anchor.spki, sizeof(id.anchor));
    assert_int_equal(id.tcb, API_TCB_UP_TO_DATE);
    assert_false(id.debug);
    assert_memory_equal(id.report_data, forge->document.user_data.at, 64);
    assert_int_equal(id.nitro.present, 0xffff);
    assert_int_equal(id.nitro.pcr_len, 48);
    for (size_t i = 0; i < 16; i++)
        assert_memory_equal(id.nitro.pcr[i], forge->document.pcr[i], 48);
    assert_memory_equal(id.nitro.pcr[16], absent, 64);
    assert_string_equal(id.nitro.module_id, NITRO_LEAF);
    assert_int_equal(id.nitro.timestamp, forge->document.timestamp);
    assert_int_equal(id.nitro.nonce_len, 4);
    assert_memory_equal(id.nitro.nonce, "\1\2\3\4", 4);
}

static void the_tag_may_be_there(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->envelope.tagged = true;
    verify(&id);
}

static void optional_members_may_be_null_or_absent(void **state)
{
    (void)state;
    struct attest_identity id;
    static const unsigned char zero[64];
    forge->document.nonce = forge->document.user_data = bytes_of(NULL, 0);
    verify(&id);
    assert_int_equal(id.nitro.nonce_len, 0);
    assert_memory_equal(id.report_data, zero, 64);
}

/* Only all of 64 bytes bind: a prefix, or more, is no binding. */
static void user_data_of_another_length_binds_nothing(void **state)
{
    (void)state;
    static const unsigned char data[512] = { 0x55, 0x55 };
    static const unsigned char zero[64];
    static const size_t lengths[] = { 0, 1, 32, 63, 65, 512 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct attest_identity id;
        forge->document.user_data = bytes_of(data, lengths[i]);
        verify(&id);
        assert_memory_equal(id.report_data, zero, 64);
    }
}

static void the_longest_members_fit(void **state)
{
    (void)state;
    struct attest_identity id;
    static unsigned char data[1024];
    char module_id[128];
    memset(data, 0x77, sizeof(data));
    memset(module_id, 'm', sizeof(module_id));
    module_id[127] = '\0';
    forge->document.module_id = module_id;
    forge->document.nonce = bytes_of(data, 512);
    forge->document.public_key = bytes_of(data, 1024);
    forge->document.present = UINT32_MAX;
    verify(&id);
    assert_string_equal(id.nitro.module_id, module_id);
    assert_int_equal(id.nitro.nonce_len, 512);
    assert_memory_equal(id.nitro.nonce, data, 512);
    assert_int_equal(id.nitro.present, UINT32_MAX);
}

static void zero_measurements_are_debug_mode(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    struct attest_identity id;
    memset(forge->document.pcr, 0, sizeof(forge->document.pcr[0]) * 3);
    judge(&verdict);
    assert_int_equal(verdict.failures_count, 0);
    assert_int_equal(verdict.flags, ATTEST_FLAG_DEBUG);
    assert_int_equal(verdict.result, ATTEST_REJECT);
    verify(&id);
    assert_true(id.debug);
    for (size_t i = 0; i < 3; i++) { /* any of them measured: not debug */
        memset(forge->document.pcr, 0, sizeof(forge->document.pcr[0]) * 3);
        forge->document.pcr[i][47] = 1;
        verify(&id);
        assert_false(id.debug);
    }
}

static void a_clock_may_be_minutes_behind(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->document.timestamp = ((uint64_t)VENDOR_NOW + 300) * 1000;
    judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_ACCEPT);
    forge->document.timestamp++;
    judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_REJECT);
    assert_string_equal(verdict.failures[0].token, "timestamp");
}

static void a_shorter_chain_is_a_chain(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->order = "r";
    forge->leaf.says.issuer = NITRO_ROOT;
    forge->leaf.signer = forge->keys[0];
    verify(&id);
}

static void a_root_issued_again_on_the_same_key_is_the_same_root(void **state)
{
    (void)state;
    struct attest_identity id;
    forge->root.says.not_after = VENDOR_NOW - 1;
    verify(&id);
}

static void each_simulator_is_only_its_own(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    struct vendor_certificate other = forge->root;
    struct attest_anchor anchor = forge->anchor;
    other.key = other.signer = forge->keys[4];
    vendor_anchor(&other, &forge->anchor); /* of the same name */
    judge(&verdict);
    assert_int_equal(verdict.failures_count, 1);
    assert_string_equal(verdict.failures[0].token, "chain:root " NITRO_ROOT);
    forge->anchor = anchor;
    judge(&verdict);
    assert_int_equal(verdict.result, ATTEST_ACCEPT);
}

static void a_root_of_another_family_or_name_vouches_for_nothing(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    struct attest_anchor anchor = forge->anchor;
    forge->anchor.family = ATTEST_SNP;
    judge(&verdict);
    assert_string_equal(verdict.failures[0].token, "chain:root " NITRO_ROOT);
    forge->anchor = anchor;
    forge->root.says.name = forge->root.says.issuer =
        forge->region.says.issuer = "Another";
    judge(&verdict);
    assert_string_equal(verdict.failures[0].token, "chain:root Another");
}

static void among_several_anchors_the_right_one_is_found(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct attest_anchor anchors[3] = { forge->anchor, forge->anchor,
                                        forge->anchor };
    struct vendor_certificate other = forge->root;
    struct attest_identity id;
    struct reason why = { "" };
    anchors[0].family = ATTEST_DCAP; /* keys of their own, or none at all */
    anchors[0].spki.bytes[0] ^= 1;
    other.key = other.signer = forge->keys[4];
    vendor_anchor(&other, &anchors[1]);
    anchors[2].simulated = false;
    nitro_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), anchors, 3, VENDOR_NOW);
    assert_ok(attest_verify(&question, &id, &why));
    assert_int_equal(id.kind, API_KIND_NITRO); /* as its operator says */
    assert_memory_equal(&id.anchor, &forge->anchor.spki, sizeof(id.anchor));
}

static void all_failures_are_found_not_the_first(void **state)
{
    (void)state;
    struct attest_verdict verdict;
    forge->leaf.says.not_after = VENDOR_NOW - 1;
    forge->signer = forge->keys[4];
    forge->document.timestamp *= 2;
    forge->document.present = 0xfffe;
    judge(&verdict);
    assert_int_equal(verdict.failures_count, 4);
    assert_string_equal(verdict.failures[0].token, "chain:time " NITRO_LEAF);
    assert_string_equal(verdict.failures[1].token, "cose-sig");
    assert_string_equal(verdict.failures[2].token, "timestamp");
    assert_string_equal(verdict.failures[3].token, "pcr");
    assert_true(verdict.has_identity);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_identity_is_what_the_document_says),
        EACH(the_tag_may_be_there),
        EACH(optional_members_may_be_null_or_absent),
        EACH(user_data_of_another_length_binds_nothing),
        EACH(the_longest_members_fit),
        EACH(zero_measurements_are_debug_mode),
        EACH(a_clock_may_be_minutes_behind),
        EACH(a_shorter_chain_is_a_chain),
        EACH(a_root_issued_again_on_the_same_key_is_the_same_root),
        EACH(each_simulator_is_only_its_own),
        EACH(a_root_of_another_family_or_name_vouches_for_nothing),
        EACH(among_several_anchors_the_right_one_is_found),
        EACH(all_failures_are_found_not_the_first),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
