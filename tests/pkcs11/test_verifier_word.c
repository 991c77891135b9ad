/* What the verifier believes a node: a rule that says so, a node of this zone
 * and of the account that asks, about this key and configuration; and every
 * byte of both certificates counts. */

#include <signal.h>
#include <sys/socket.h>

#include "base/text.h"
#include "tests/attest/forge.h"
#include "tests/ca/authority.h"
#include "tests/ca/node_word.h"
#include "tests/pkcs11/verifying.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct court {
    struct verifying v;
    struct node_word said;
    struct buffer evidence;
    struct api_identity_rule rule;
    struct hsm_question question; /* honest */
    struct reason why;
    char label[CA_LABEL_LEN + 1];
};

static struct court court;

static const struct ca_public_key *program(void)
{
    return ca_key_public(sample_key(CA_KEY_RSA_3072));
}

/* What is asked about what is said; honest until a test changes one. */
static void make_question(void)
{
    struct hsm_word *about = &court.question.word;
    court.rule = (struct api_identity_rule){
        .kind = API_KIND_SGX | API_KIND_NODE_VOUCHED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
        .anchor = ca_key_public(authority.key)->hash,
    };
    memset(court.rule.sgx.mrenclave, 4, 32);
    about->zone = authority_root(&authority);
    about->spki = program()->hash;
    about->configuration = court.said.configuration;
    memset(about->account.bytes, 0xac, API_ID_LEN);
    court.question.rule = &court.rule;
    court.question.time = NOW;
}

static int set_up(void **state)
{
    (void)state;
    court = (struct court){ .evidence = buffer_make(CA_EVIDENCE_MAX) };
    court.said = (struct node_word){ .node_key = sample_key(CA_KEY_P256),
                                     .node = sample_der(CA_NODE),
                                     .spki = ca_spki(program()),
                                     .configuration = { { 0x5c, 1 } },
                                     .from = NOW };
    make_question();
    verifying_start(&court.v, NULL, 0); /* no anchor: none is needed */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    verifying_stop(&court.v, 0);
    buffer_clear(&court.evidence);
    return 0;
}

static void say(void)
{
    struct ca_sgx_subject enclave = node_word_enclave(&court.said);
    buffer_clear(&court.evidence);
    node_word_sgx(&court.said, &enclave, &court.evidence);
    court.question.evidence = buffer_bytes(&court.evidence);
}

static STATUS ask(void)
{
    court.why.text[0] = court.label[0] = '\0';
    return hsm_judge_ask(court.v.judge, &court.question, court.label,
                         &court.why);
}

static void assert_refused(const char *says)
{
    struct status s = ask();
    if (s.code != STATUS_DENIED || !strstr(court.why.text, says))
        fail_msg("expected \"%s\", got %s \"%s\"", says, status_name(s.code),
                 court.why.text);
    assert_int_equal(court.label[0], 0);
}

static void names_what_the_node_measured(void **state)
{
    char expected[CA_LABEL_LEN + 1];
    (void)state;
    say();
    if (failed(ask()))
        fail_msg("%s", court.why.text);
    hex_encode(bytes_of(court.rule.sgx.mrenclave, 32), expected);
    assert_string_equal(court.label, expected);
}

static void refuses_a_node_of_another_zone(void **state)
{
    struct authority other;
    AUTO_CLEAR_BUFFER foreign = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    authority_make(&other);
    sample_build(&other, CA_NODE, &foreign);
    court.said.node = buffer_bytes(&foreign);
    say();
    assert_refused("certificate: ");
    court.rule.anchor = ca_key_public(other.key)->hash; /* not the rule's say */
    assert_refused("certificate: ");
    authority_clear(&other);
}

static void refuses_a_node_whose_certificate_has_ended(void **state)
{
    (void)state;
    say();
    court.question.time = NOW + 3600; /* the node's */
    assert_refused("certificate: ");
    court.question.time = NOW + 601; /* the word's */
    assert_refused("it has ended");
    court.question.time = NOW - 1;
    assert_refused("");
}

/* An enclave that has a certificate of ours, and signs with its key. */
static void refuses_a_certificate_that_is_not_a_nodes(void **state)
{
    static const struct {
        enum ca_kind kind;
        const char *says;
    } rows[] = { { CA_ENCLAVE, "of kind enclave" },
                 { CA_PERSON, "of kind person" },
                 { CA_SERVER, "not for this use" } };
    struct bytes node = court.said.node;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_CLEAR_BUFFER pair = buffer_make(CA_EVIDENCE_MAX);
        AUTO_CLEAR_BUFFER other = buffer_make(CA_CERTIFICATE_MAX);
        struct ca_certificate_fields fields = sample_fields(rows[i].kind);
        fields.spki = ca_spki(ca_key_public(court.said.node_key));
        assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                       &authority.signer, &other, NULL));
        say();
        buffer_put(&pair, bytes_of(court.evidence.data,
                                   court.evidence.len - node.len));
        buffer_put(&pair, buffer_bytes(&other));
        court.question.evidence = buffer_bytes(&pair);
        assert_refused(rows[i].says);
    }
}

static void refuses_report_data_of_another_key(void **state)
{
    struct ca_sgx_subject enclave = node_word_enclave(&court.said);
    (void)state;
    for (size_t i = 0; i < sizeof(enclave.report_data); i += 21) {
        enclave.report_data[i] ^= 1;
        buffer_clear(&court.evidence);
        node_word_sgx(&court.said, &enclave, &court.evidence);
        court.question.evidence = buffer_bytes(&court.evidence);
        assert_refused("the report is not bound to its key");
        enclave.report_data[i] ^= 1;
    }
}

static void refuses_another_key_configuration_or_account(void **state)
{
    struct hsm_word *about = &court.question.word;
    const struct {
        unsigned char *at;
        const char *says;
    } rows[] = { { about->spki.bytes,
                   "a node's word: it is about another key" },
                 { about->configuration.bytes, "another runtime" },
                 { about->account.bytes, "another account" } };
    (void)state;
    say();
    for (size_t i = 0; i < COUNT(rows); i++) {
        rows[i].at[15] ^= 1;
        assert_refused(rows[i].says);
        rows[i].at[15] ^= 1;
    }
    assert_ok(ask());
}

/* A node's word never satisfies a rule that demands hardware's. */
static void refuses_every_rule_that_does_not_name_it(void **state)
{
    static const uint8_t kinds[] = { API_KIND_SGX,
                                     API_KIND_SGX | API_KIND_SIMULATED };
    struct api_identity_rule honest = court.rule;
    (void)state;
    say();
    for (size_t i = 0; i < COUNT(kinds); i++) {
        court.rule.kind = kinds[i];
        assert_refused("kind: the rule demands");
    }
    court.rule = honest;
    court.rule.anchor.bytes[31] ^= 1;
    assert_refused("anchor: vouched for by another root");
    court.rule = honest;
    court.rule.sgx.mrenclave[0] ^= 1;
    assert_refused("mrenclave: another program");
    court.rule = honest;
    court.rule.tcb_mask = API_TCB_UP_TO_DATE;
    assert_refused("tcb: the platform's status is unevaluated");
    court.rule = honest;
    court.rule.terms.evaluation_min = 1;
    assert_refused("evaluation: the rule demands collateral, and none judges a "
                   "node's word");
}

/* A platform's evidence is not taken for a node's word, nor the reverse: not
 * even where a rule would accept the other. */
static void takes_neither_for_the_other(void **state)
{
    struct forge forge;
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    (void)state;
    forge_init(&forge);
    forge_quote(&forge, &quote);
    verifying_stop(&court.v, 0);
    verifying_start(&court.v, &forge.anchor, 1);
    court.question.evidence = buffer_bytes(&quote);
    court.question.time = FORGE_NOW;
    assert_refused("attestation certificate: it is malformed");
    court.question.time = NOW;
    say();
    court.question.word.zone = bytes_of(NULL, 0);
    assert_refused("");
    forge_clear(&forge);
}

static void every_byte_of_both_certificates_counts(void **state)
{
    (void)state;
    say();
    assert_true(court.evidence.len > 1000);
    for (size_t i = 0; i < court.evidence.len; i++) {
        court.evidence.data[i] ^= 0x04;
        if (ask().code != STATUS_DENIED)
            fail_msg("byte %zu of %zu does not count", i, court.evidence.len);
        court.evidence.data[i] ^= 0x04;
    }
    assert_ok(ask());
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_what_the_node_measured),
        CASE(refuses_a_node_of_another_zone),
        CASE(refuses_a_node_whose_certificate_has_ended),
        CASE(refuses_a_certificate_that_is_not_a_nodes),
        CASE(refuses_report_data_of_another_key),
        CASE(refuses_another_key_configuration_or_account),
        CASE(refuses_every_rule_that_does_not_name_it),
        CASE(takes_neither_for_the_other),
        CASE(every_byte_of_both_certificates_counts),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as every role does first */
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
