#include "tests/broker/vouched.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/broker/users_cast.h"

/* --- nodes --------------------------------------------------------------- */

static json_t *csr_of(struct ca_key **key)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr_fields fields = { .common_name = "node" };
    assert_ok(ca_key_generate(CA_KEY_P256, key));
    assert_ok(ca_csr_make(&fields, *key, &pem, NULL));
    return json_stringn((const char *)pem.data, pem.len);
}

static void node_take(struct word_node *n, const struct answer *a)
{
    struct ca_facts facts;
    assert_answer(a, 200, NULL);
    n->certificate = buffer_make(CA_CERTIFICATE_MAX);
    (void)snprintf(n->id, sizeof(n->id), "%s", answer_text(a, "node_id"));
    take_certificate(a, &n->certificate);
    assert_ok(ca_certificate_read(buffer_bytes(&n->certificate), &facts, NULL));
    hex_encode(bytes_of(facts.serial, sizeof(facts.serial)), n->serial);
}

/* With a join token, or anew with the certificate it has. */
static void node_ask(struct stage *s, struct bytes peer, const char *token,
                     struct word_node *n)
{
    char header[256];
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:o, s:s}}", "name", "node-1", "ipaddress",
        "127.0.0.1", "sgx_version", "2", "attestation_request", "ias_quote",
        "AAAA", "csr", csr_of(&n->key), "attestation_type", "DCAP");
    (void)snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n",
                   token ? token : "");
    s->headers = token ? header : NULL;
    struct answer *a = stage_ask(s, peer, HTTP_POST, body, "/v1/nodes");
    s->headers = NULL;
    node_take(n, a);
}

static void node_join(struct vouched *v, struct word_node *n)
{
    struct stage *s = v->play.stage;
    char id[API_ID_TEXT], token[200];
    struct answer *a =
        stage_ask(s, as(&v->play.root), HTTP_GET, NULL, "/accord/v1/zones");
    const json_t *zone = json_array_get(json_object_get(a->body, "items"), 0);
    (void)snprintf(id, sizeof(id), "%s",
                   json_string_value(json_object_get(zone, "zone_id")));
    a = stage_ask(s, as(&v->play.root), HTTP_GET, NULL,
                  "/accord/v1/zones/%s/token", id);
    assert_answer(a, 200, NULL);
    (void)snprintf(token, sizeof(token), "%s", answer_text(a, "token"));
    node_ask(s, AS_NOBODY, token, n);
}

/* Of an account of its own. */
void vouched_elsewhere(struct vouched *v, struct word_node *n)
{
    struct stage *s = v->play.stage;
    struct user u;
    char id[API_ID_TEXT], token[200];
    user_make_managing(s, "other@example.com", &u);
    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, "/v1/zones");
    (void)snprintf(id, sizeof(id), "%s",
                   json_string_value(
                       json_object_get(json_array_get(a->body, 0), "zone_id")));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/zones/%s/token", id);
    assert_answer(a, 200, NULL);
    (void)snprintf(token, sizeof(token), "%s", answer_text(a, "token"));
    node_ask(s, AS_NOBODY, token, n);
}

void word_node_clear(struct word_node *n)
{
    ca_key_free(n->key);
    buffer_clear(&n->certificate);
}

void vouched_renew(struct vouched *v, struct word_node *out)
{
    node_ask(v->play.stage, buffer_bytes(&v->node.certificate), NULL, out);
}

/* --- the scene ----------------------------------------------------------- */

int vouched_setup(void **state)
{
    struct vouched *v = calloc(1, sizeof(*v));
    void *stage = NULL;
    assert_non_null(v);
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&v->play, stage);
    node_join(v, &v->node);
    *state = v;
    return 0;
}

int vouched_teardown(void **state)
{
    struct vouched *v = *state;
    void *stage = v->play.stage;
    enclave_clear(&v->enclave);
    word_node_clear(&v->node);
    play_end(&v->play);
    free(v);
    return stage_teardown(&stage);
}

void vouched_agree(struct vouched *v, uint8_t kind,
                   const struct api_terms *terms)
{
    struct program *program = &v->play.program;
    struct stage *s = v->play.stage;
    struct ca_root root;
    assert_ok(ca_root_read(buffer_bytes(&s->door->root), &root, NULL));
    program_rule(s, 4, &program->rule);
    program->rule.kind = kind;
    if (kind & API_KIND_NODE_VOUCHED)
        program->rule.anchor = root.key.hash;
    if (terms)
        program->rule.terms = *terms;
    assert_answer(stage_ask(s, as(&v->play.bob), HTTP_POST,
                            build_body(&v->play.bob, "vouched", program),
                            "/accord/v1/builds"),
                  201, NULL);
    assert_answer(stage_ask(s, as(&v->play.bob), HTTP_POST, NULL,
                            "/accord/v1/builds/%s/approve", program->text),
                  200, NULL);
    play_agree(&v->play);
    v->enclave =
        (struct enclave){ .key = soft_rsa_key(0),
                          .configuration = v->play.runtime,
                          .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    v->said = (struct node_word){
        .node_key = v->node.key,
        .node = buffer_bytes(&v->node.certificate),
        .spki = ca_spki(ca_key_public(v->enclave.key)),
        .configuration = v->play.runtime,
        .from = stage_seconds(),
    };
}

void vouched_word(const struct vouched *v, struct buffer *evidence)
{
    struct ca_sgx_subject enclave = node_word_enclave(&v->said);
    node_word_sgx(&v->said, &enclave, evidence);
}

json_t *vouched_body(const struct vouched *v, struct bytes evidence,
                     struct bytes subject)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    const struct ca_csr_fields fields = { .common_name = "program",
                                          .quote = evidence,
                                          .carrier = CA_CARRIER_VOUCHED,
                                          .subject = subject };
    const struct hash *nonce = &v->enclave.nonce;
    struct reason why = { "" };
    if (failed(ca_csr_make(&fields, v->enclave.key, &pem, &why)))
        fail_msg("%s", why.text);
    json_t *body = json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len);
    if (!hash_is_zero(nonce))
        (void)json_object_set_new(body, "nonce", api_json_of_hash(nonce));
    return body;
}

struct answer *vouched_attest_saying(struct vouched *v, struct bytes evidence,
                                     struct bytes subject)
{
    return stage_ask(v->play.stage, AS_NOBODY, HTTP_POST,
                     vouched_body(v, evidence, subject),
                     "/accord/v1/certificates");
}

struct answer *vouched_attest(struct vouched *v)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(CA_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    v->said.from = stage_seconds();
    struct ca_sgx_subject enclave = node_word_enclave(&v->said);
    node_word_sgx(&v->said, &enclave, &evidence);
    ca_subject_put_sgx(&enclave, &subject);
    return vouched_attest_saying(v, buffer_bytes(&evidence),
                                 buffer_bytes(&subject));
}
