/* Nodes' words in an exported log are judged again under the pinned zone root;
 * and a node that had been sent away before is seen to have been used. */

#include <stdlib.h>

#include "base/text.h"
#include "cli/verify.h"
#include "tests/ca/authority.h"
#include "tests/ca/node_word.h"
#include "tests/cli/log_sample.h"
#include "tests/support/check.h"

struct scene {
    struct log_sample log;
    struct verifier verifier;
    struct node_word said;
    struct buffer node, evidence;
    struct api_identity_rule rule;
    const char *binding;
};

static const struct ca_public_key *program(void)
{
    return ca_key_public(sample_key(CA_KEY_RSA_3072));
}

/* A node of the account that the sample's leaves are filed under. */
static void make_node(struct scene *s)
{
    struct ca_certificate_fields fields = sample_fields(CA_NODE);
    fields.statement.account = (struct api_id){ { 0 } };
    fields.serial[3] = 0xab;
    fields.serial[4] = 0xcd;
    s->node = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &s->node, NULL));
}

static void pin(struct scene *s, const struct authority *zone)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(16384);
    ca_pem_write("CERTIFICATE", authority_root(zone), &pem);
    assert_ok(words_set_zone(&s->verifier.words, buffer_bytes(&pem), NULL));
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    log_sample_init(&s->log);
    make_node(s);
    pin(s, &authority);
    s->said = (struct node_word){ .node_key = sample_key(CA_KEY_P256),
                                  .node = buffer_bytes(&s->node),
                                  .spki = ca_spki(program()),
                                  .configuration = { { 0x77 } },
                                  .from = NOW };
    s->rule = (struct api_identity_rule){
        .kind = API_KIND_SGX | API_KIND_NODE_VOUCHED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
        .anchor = ca_key_public(authority.key)->hash,
    };
    memset(s->rule.sgx.mrenclave, 4, 32);
    s->evidence = buffer_make(CA_EVIDENCE_MAX);
    s->binding = "vouched";
    struct ca_sgx_subject enclave = node_word_enclave(&s->said);
    node_word_sgx(&s->said, &enclave, &s->evidence);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    log_sample_clear(&s->log);
    buffer_clear(&s->node);
    buffer_clear(&s->evidence);
    buffer_clear(&s->verifier.words.zone);
    free(s);
    return 0;
}

static json_t *detail_of(struct scene *s)
{
    struct hash digest;
    assert_ok(hash_of(&digest, buffer_bytes(&s->evidence)));
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:s, s:n}, s:n, s:s, s:n}", "action",
        "certify", "kind", "enclave", "spki",
        api_json_of_base64(ca_spki(program())), "configuration",
        api_json_of_hash(&s->said.configuration), "rule",
        api_rule_to_json(&s->rule), "evidence", api_json_of_hash(&digest),
        "verdict", "tcb", "unevaluated", "collateral", "nonce", "binding",
        s->binding, "material");
}

static void add(struct scene *s, json_t *detail)
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
                               api_json_of_base64(buffer_bytes(&s->evidence))));
}

static void expect(struct scene *s, const char *part)
{
    AUTO_JSON *log = log_sample_export(&s->log);
    const struct api_head none = { .size = 0 };
    struct reason why = { "" };
    size_t before = s->verifier.evidence;
    struct status done =
        verifier_run(&s->verifier, log, &s->log.log_key, &none, &why);
    if (!part && failed(done))
        fail_msg("%s", why.text);
    if (!part) {
        assert_true(s->verifier.evidence > before);
        return;
    }
    if (done.code != STATUS_CORRUPT || !strstr(why.text, part))
        fail_msg("expected \"%s\", got %s \"%s\"", part, status_name(done.code),
                 why.text);
    assert_non_null(strstr(why.text, "a certificate without good evidence"));
}

static void a_word_is_judged_again(void **state)
{
    struct scene *s = *state;
    add(s, detail_of(s));
    expect(s, NULL);
}

static void under_another_zone_it_is_none(void **state)
{
    struct scene *s = *state;
    struct authority other;
    authority_make(&other);
    pin(s, &other);
    add(s, detail_of(s));
    expect(s, "certificate: ");
    authority_clear(&other);
}

/* Whatever the broker wrote beside it. */
static void what_the_rule_does_not_say_is_seen(void **state)
{
    struct scene *s = *state;
    s->rule.kind = API_KIND_SGX;
    add(s, detail_of(s));
    expect(s, "kind: the rule demands sgx, the evidence is sgx-node-vouched");
}

static void another_configuration_is_seen(void **state)
{
    struct scene *s = *state;
    s->said.configuration.bytes[0] ^= 1;
    add(s, detail_of(s));
    expect(s, "a node's word: it is about another runtime configuration");
}

static void another_accounts_node_is_seen(void **state)
{
    struct scene *s = *state;
    s->said.node = sample_der(CA_NODE); /* of an account */
    buffer_clear(&s->evidence);
    struct ca_sgx_subject enclave = node_word_enclave(&s->said);
    node_word_sgx(&s->said, &enclave, &s->evidence);
    add(s, detail_of(s));
    expect(s, "a node's word: the node belongs to another account");
}

/* Without that word no vendor's root would do. */
static void a_word_is_no_platforms_evidence(void **state)
{
    struct scene *s = *state;
    s->binding = "key";
    add(s, detail_of(s));
    expect(s, "");
}

static void a_nonce_is_in_no_word(void **state)
{
    struct scene *s = *state;
    const struct hash nonce = { { 1 } };
    json_t *detail = detail_of(s);
    assert_int_equal(
        0, json_object_set_new(detail, "nonce", api_json_of_hash(&nonce)));
    add(s, detail);
    expect(s, "nonce: a node's word has no place for one");
}

static void change(struct scene *s, const char *action, const char *kind,
                   const char *id)
{
    char detail[256];
    (void)snprintf(detail, sizeof(detail),
                   "{\"action\":\"%s\",\"subject\":\"%s/%s\"}", action, kind,
                   id);
    log_sample_add(&s->log, API_LEAF_CHANGE, NOW * 1000, detail);
}

static void node_names(const struct scene *s, char id[API_ID_TEXT],
                       char serial[2 * CA_SERIAL_LEN + 1])
{
    struct ca_facts facts;
    assert_ok(ca_certificate_read(buffer_bytes(&s->node), &facts, NULL));
    api_id_text(&facts.statement.id, id);
    hex_encode(bytes_of(facts.serial, sizeof(facts.serial)), serial);
}

static void a_node_that_was_sent_away_before_is_seen(void **state)
{
    struct scene *s = *state;
    char id[API_ID_TEXT], serial[2 * CA_SERIAL_LEN + 1];
    node_names(s, id, serial);
    add(s, detail_of(s));
    change(s, "node-deactivate", "node", id);
    expect(s, NULL); /* it was one when it vouched */
    add(s, detail_of(s));
    expect(s, "leaf 2: a certificate without good evidence: a node's word: "
              "the node had been sent away before");
}

static void a_node_that_was_revoked_before_is_seen(void **state)
{
    struct scene *s = *state;
    char id[API_ID_TEXT], serial[2 * CA_SERIAL_LEN + 1];
    node_names(s, id, serial);
    char *letters = strstr(serial, "abc"); /* as it may have been typed */
    assert_non_null(letters);
    memcpy(letters, "AbC", 3);
    change(s, "certificate-revoke", "certificate", serial);
    add(s, detail_of(s));
    expect(s, "the node had been sent away before");
}

static void another_nodes_end_is_not_this_ones(void **state)
{
    struct scene *s = *state;
    char id[API_ID_TEXT], serial[2 * CA_SERIAL_LEN + 1];
    node_names(s, id, serial);
    change(s, "node-change", "node", id);
    log_sample_add(&s->log, API_LEAF_CHANGE, NOW * 1000,
                   "{\"action\":\"node-change\",\"name\":"
                   "\"node-deactivate\",\"subject\":\"node/x\"}");
    id[0] = id[0] == '1' ? '2' : '1';
    serial[31] = serial[31] == '1' ? '2' : '1';
    change(s, "node-deactivate", "node", id);
    change(s, "certificate-revoke", "certificate", serial);
    add(s, detail_of(s));
    expect(s, NULL);
}

static void what_is_no_certificate_is_not_pinned(void **state)
{
    struct scene *s = *state;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, words_set_zone(&s->verifier.words,
                                                 bytes_of_string("x"), &why));
    add(s, detail_of(s)); /* what was pinned before stays */
    expect(s, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_word_is_judged_again),
        TEST(under_another_zone_it_is_none),
        TEST(what_the_rule_does_not_say_is_seen),
        TEST(another_configuration_is_seen),
        TEST(another_accounts_node_is_seen),
        TEST(a_word_is_no_platforms_evidence),
        TEST(a_nonce_is_in_no_word),
        TEST(a_node_that_was_sent_away_before_is_seen),
        TEST(a_node_that_was_revoked_before_is_seen),
        TEST(another_nodes_end_is_not_this_ones),
        TEST(what_is_no_certificate_is_not_pinned),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
