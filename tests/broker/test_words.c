/* A program with nothing but its node's word: it gets a certificate where its
 * owners' rule says so, as long as its node is one. */

#include <stdio.h>
#include <stdlib.h>

#include "agent/simulator_collateral.h"
#include "base/text.h"
#include "broker/keeper.h"
#include "tests/broker/vouched.h"

static void agree(struct vouched *v)
{
    vouched_agree(v, API_KIND_SGX | API_KIND_NODE_VOUCHED, NULL);
}

static struct answer *release(struct vouched *v)
{
    return stage_ask(v->play.stage, as_enclave(&v->enclave), HTTP_POST,
                     json_pack("{s:s}", "dataset", v->play.input.text),
                     "/accord/v1/release");
}

/* --- what is given ------------------------------------------------------- */

static void a_program_gets_what_was_granted_on_its_nodes_word(void **state)
{
    struct vouched *v = *state;
    struct ca_facts facts;
    struct ca_enclave_name name;
    agree(v);
    struct answer *a = vouched_attest(v);
    assert_answer(a, 200, NULL);
    assert_receipt(v->play.stage, a);
    take_certificate(a, &v->enclave.certificate);
    assert_newest_leaf(v->play.stage, API_LEAF_CERTIFICATE, "binding",
                       "vouched");
    assert_ok(ca_certificate_read(as_enclave(&v->enclave), &facts, NULL));
    assert_int_equal(API_KIND_SGX | API_KIND_NODE_VOUCHED,
                     facts.statement.evidence_kind);
    assert_ok(
        ca_enclave_name_parse(ca_name_at(&facts.names, 0), SOFT_DOMAIN, &name));
    assert_int_equal(0, strncmp("04040404", name.label, 8));
    assert_answer(release(v), 200, NULL);
}

/* The product's other client: no measurements in the request itself. */
static void the_second_form_of_the_carrier_will_do(void **state)
{
    struct vouched *v = *state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    agree(v);
    vouched_word(v, &evidence);
    assert_answer(
        vouched_attest_saying(v, buffer_bytes(&evidence), bytes_of(NULL, 0)),
        200, NULL);
}

static void keep(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

/* Newer collateral judges platforms' signatures: a word has none, and is not
 * found to be bad by it. */
static void newer_collateral_says_nothing_of_a_word(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    const struct simulator_collateral bad = { .status = "Revoked" };
    agree(v);
    take_certificate(vouched_attest(v), &v->enclave.certificate);
    stage_collateral(s, "sgx", &bad);
    stage_with_threads(s, keep);
    assert_true(s->broker.collateral_judged > 0); /* it did look again */
    assert_answer(release(v), 200, NULL);
}

/* --- what is not --------------------------------------------------------- */

static void a_rule_for_hardware_is_not_met(void **state)
{
    struct vouched *v = *state;
    vouched_agree(v, API_KIND_SGX, NULL);
    assert_says(vouched_attest(v),
                "kind: the rule demands sgx, the evidence is sgx-node-vouched");
}

static void nor_is_one_for_a_simulator(void **state)
{
    struct vouched *v = *state;
    vouched_agree(v, API_KIND_SGX | API_KIND_SIMULATED, NULL);
    assert_says(vouched_attest(v), "kind: the rule demands sgx-simulated");
}

static void a_platforms_evidence_meets_no_rule_for_words(void **state)
{
    struct vouched *v = *state;
    AUTO_CLEAR_BUFFER quote = { 0 };
    agree(v);
    v->enclave.measured = 4;
    quote_make(v->play.stage, &v->enclave, &quote);
    assert_says(stage_ask(v->play.stage, AS_NOBODY, HTTP_POST,
                          attest_body(&v->enclave, &quote),
                          "/accord/v1/certificates"),
                "kind: the rule demands sgx-node-vouched");
}

static void a_node_that_was_sent_away_is_not_believed(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    struct word_node renewed = { .key = NULL };
    agree(v);
    /* It keeps its first certificate, which is good for a month more. */
    vouched_renew(v, &renewed);
    assert_answer(stage_ask(s, as(&v->play.root), HTTP_POST, NULL,
                            "/accord/v1/nodes/%s/deactivate", v->node.id),
                  200, NULL);
    struct answer *a = vouched_attest(v);
    assert_answer(a, 403, "node-deactivated");
    assert_says(a, "a node's word: a MANAGER has deactivated the node");
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", "node-deactivated");
    v->said.node = buffer_bytes(&renewed.certificate);
    v->said.node_key = renewed.key;
    assert_answer(vouched_attest(v), 403, "node-deactivated");
    word_node_clear(&renewed);
}

static void a_node_whose_certificate_was_revoked_is_not_believed(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    agree(v);
    assert_answer(vouched_attest(v), 200, NULL);
    assert_answer(stage_ask(s, as(&v->play.root), HTTP_POST, NULL,
                            "/accord/v1/certificates/%s/revoke",
                            v->node.serial),
                  200, NULL);
    v->enclave.key = soft_rsa_key(1);
    v->said.spki = ca_spki(ca_key_public(v->enclave.key));
    struct answer *a = vouched_attest(v);
    assert_answer(a, 403, "node-revoked");
    assert_says(a, "a node's word: the node's certificate was revoked");
}

/* What it had said stands no longer: its programs' certificates are there. */
static void a_program_of_a_node_that_was_sent_away_gets_nothing(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    agree(v);
    take_certificate(vouched_attest(v), &v->enclave.certificate);
    assert_answer(release(v), 200, NULL);
    assert_answer(stage_ask(s, as(&v->play.root), HTTP_POST, NULL,
                            "/accord/v1/nodes/%s/deactivate", v->node.id),
                  200, NULL);
    assert_answer(release(v), 403, "node-deactivated");
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", "node-deactivated");
    assert_answer(stage_ask(s, as_enclave(&v->enclave), HTTP_GET, NULL,
                            "/v1/runtime/app_configs"),
                  403, NULL);
}

static void nor_does_one_of_a_node_whose_certificate_was_revoked(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    agree(v);
    take_certificate(vouched_attest(v), &v->enclave.certificate);
    assert_answer(stage_ask(s, as(&v->play.root), HTTP_POST, NULL,
                            "/accord/v1/certificates/%s/revoke",
                            v->node.serial),
                  200, NULL);
    assert_answer(release(v), 403, "node-revoked");
}

/* Asked before, sent away before it is written: the change looks again. */
static void a_node_that_goes_meanwhile_is_not_believed(void **state)
{
    struct vouched *v = *state;
    struct stage *s = v->play.stage;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    struct answer sent = { 0 }, asked = { 0 };
    agree(v);
    vouched_word(v, &evidence);
    char path[128];
    (void)snprintf(path, sizeof(path), "/accord/v1/nodes/%s/deactivate",
                   v->node.id);
    stage_begin(s, &sent, as(&v->play.root), HTTP_POST, NULL, path);
    stage_begin(s, &asked, AS_NOBODY, HTTP_POST,
                vouched_body(v, buffer_bytes(&evidence), bytes_of(NULL, 0)),
                "/accord/v1/certificates");
    assert_false(asked.done);
    stage_write(s);
    assert_answer(&sent, 200, NULL);
    assert_answer(&asked, 403, "node-deactivated");
    answer_clear(&sent);
    answer_clear(&asked);
}

static void another_accounts_node_is_not_believed(void **state)
{
    struct vouched *v = *state;
    struct word_node other = { .key = NULL };
    vouched_elsewhere(v, &other);
    agree(v);
    v->said.node = buffer_bytes(&other.certificate);
    v->said.node_key = other.key;
    struct answer *a = vouched_attest(v);
    assert_answer(a, 403, "evidence");
    assert_says(a, "a node's word: the node belongs to another account");
    word_node_clear(&other);
}

static void a_request_that_says_otherwise_is_refused(void **state)
{
    struct vouched *v = *state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    agree(v);
    struct ca_sgx_subject enclave = node_word_enclave(&v->said);
    node_word_sgx(&v->said, &enclave, &evidence);
    enclave.isvsvn[0] ^= 1;
    ca_subject_put_sgx(&enclave, &subject);
    struct answer *a = vouched_attest_saying(v, buffer_bytes(&evidence),
                                             buffer_bytes(&subject));
    assert_answer(a, 403, "evidence");
    assert_says(a, "it says other measurements than the request");
    evidence.data[evidence.len - 1] ^= 1; /* the root's signature */
    assert_answer(
        vouched_attest_saying(v, buffer_bytes(&evidence), bytes_of(NULL, 0)),
        403, "evidence");
}

static void a_word_is_used_once_and_for_its_own_key(void **state)
{
    struct vouched *v = *state;
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    agree(v);
    vouched_word(v, &evidence);
    struct bytes word = buffer_bytes(&evidence), none = bytes_of(NULL, 0);
    v->enclave.key = soft_rsa_key(1);
    struct answer *a = vouched_attest_saying(v, word, none);
    assert_answer(a, 403, "evidence");
    assert_says(a, "a node's word: it is about another key");
    v->enclave.key = soft_rsa_key(0);
    assert_answer(vouched_attest_saying(v, word, none), 200, NULL);
    assert_answer(vouched_attest_saying(v, word, none), 409, "conflict");
    stage_pass(601);
    a = vouched_attest_saying(v, word, none);
    assert_answer(a, 403, "evidence");
    assert_says(a, "it has ended");
}

static void a_word_has_no_place_for_a_nonce(void **state)
{
    struct vouched *v = *state;
    const struct api_terms terms = { .nonce_demanded = 1 };
    vouched_agree(v, API_KIND_SGX | API_KIND_NODE_VOUCHED, &terms);
    assert_says(vouched_attest(v), "ask for a nonce first");
    struct answer *a = stage_ask(v->play.stage, AS_NOBODY, HTTP_POST, NULL,
                                 "/accord/v1/nonces");
    assert_ok(api_json_hash(a->body, "nonce", &v->enclave.nonce, NULL));
    a = vouched_attest(v);
    assert_answer(a, 403, "nonce");
    assert_says(a, "a node's word has no place for one");
}

#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, vouched_setup, vouched_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_gets_what_was_granted_on_its_nodes_word),
        TEST(the_second_form_of_the_carrier_will_do),
        TEST(newer_collateral_says_nothing_of_a_word),
        TEST(a_rule_for_hardware_is_not_met),
        TEST(nor_is_one_for_a_simulator),
        TEST(a_platforms_evidence_meets_no_rule_for_words),
        TEST(a_node_that_was_sent_away_is_not_believed),
        TEST(a_node_whose_certificate_was_revoked_is_not_believed),
        TEST(a_program_of_a_node_that_was_sent_away_gets_nothing),
        TEST(nor_does_one_of_a_node_whose_certificate_was_revoked),
        TEST(a_node_that_goes_meanwhile_is_not_believed),
        TEST(another_accounts_node_is_not_believed),
        TEST(a_request_that_says_otherwise_is_refused),
        TEST(a_word_is_used_once_and_for_its_own_key),
        TEST(a_word_has_no_place_for_a_nonce),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
