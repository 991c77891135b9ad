#include "tests/broker/nodes_cast.h"

#include <stdio.h>

json_t *node_csr(struct ca_key **key)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(16 * 1024);
    struct ca_csr_fields fields = { .common_name = "node" };
    ca_key_free(*key);
    *key = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, key));
    assert_ok(ca_csr_make(&fields, *key, &pem, NULL));
    return json_stringn((const char *)pem.data, pem.len);
}

json_t *node_body(const char *name, json_t *csr)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:o, s:s}}", "name", name,
                     "ipaddress", "127.0.0.1", "sgx_version", "2",
                     "attestation_request", "ias_quote", "AAAA", "csr", csr,
                     "attestation_type", "DCAP");
}

void node_zone_of(struct stage *s, const struct user *u, char id[API_ID_TEXT])
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/zones");
    assert_answer(a, 200, NULL);
    const json_t *zone = json_array_get(a->body, 0);
    (void)snprintf(id, API_ID_TEXT, "%s",
                   json_string_value(json_object_get(zone, "zone_id")));
}

void node_join_header(struct stage *s, const struct user *u, char out[256])
{
    char id[API_ID_TEXT];
    node_zone_of(s, u, id);
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/zones/%s/token", id);
    assert_answer(a, 200, NULL);
    (void)snprintf(out, 256, "Authorization: Bearer %s\r\n",
                   answer_text(a, "token"));
}

void node_take(struct node *n, const struct answer *a)
{
    assert_answer(a, 200, NULL);
    n->certificate = buffer_make(CA_CERTIFICATE_MAX);
    (void)snprintf(n->id, sizeof(n->id), "%s", answer_text(a, "node_id"));
    take_certificate(a, &n->certificate);
}

void node_clear(struct node *n)
{
    ca_key_free(n->key);
    buffer_clear(&n->certificate);
}

void node_enrol(struct stage *s, const struct user *u, const char *name,
                struct node *n)
{
    char header[256];
    *n = (struct node){ .key = NULL };
    node_join_header(s, u, header);
    s->headers = header;
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_POST, node_body(name, node_csr(&n->key)),
                  "/v1/nodes");
    s->headers = NULL;
    node_take(n, a);
}
