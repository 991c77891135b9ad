/* Zones, join tokens, compute nodes: who enrols, reports, renews, leaves. */

#include <stdio.h>
#include <stdlib.h>

#include "broker/zone.h"
#include "tests/broker/nodes_cast.h"

static struct answer *report(struct stage *s, const struct node *n,
                             const char *address)
{
    return stage_ask(s, buffer_bytes(&n->certificate), HTTP_POST,
                     json_pack("{s:s, s:s, s:s}", "name", "node-1", "ipaddress",
                               address, "sgx_version", "2"),
                     "/v1/node/status");
}

/* --- zones --------------------------------------------------------------- */

static void an_account_has_one_zone_with_the_root(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, "/v1/zones");
    assert_answer(a, 200, NULL);
    assert_int_equal(1, json_array_size(a->body)); /* a bare array */
    const json_t *zone = json_array_get(a->body, 0);
    assert_string_equal(u.account,
                        json_string_value(json_object_get(zone, "acct_id")));
    const char *pem = json_string_value(json_object_get(zone, "certificate"));
    assert_true(
        bytes_equal(bytes_of_string(pem), buffer_bytes(&s->broker.ca_pem)));
    assert_int_equal('\n', pem[strlen(pem) - 1]);
    assert_int_equal(300, json_integer_value(
                              json_object_get(zone, "node_refresh_interval")));
    assert_int_equal(50, json_integer_value(
                             json_object_get(zone, "node_renewal_threshold")));
    node_zone_of(s, &u, id);
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/v1/zones/%s", id), 200,
                  NULL);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/zones/%s/certificates", id);
    assert_answer(a, 200, NULL);
    assert_true(
        bytes_equal(bytes_of_string(answer_text(a, "current_certificate")),
                    buffer_bytes(&s->broker.ca_pem)));
    assert_int_equal(
        0, json_array_size(json_object_get(a->body, "previous_certificates")));
    assert_event(
        user_ask(s, &u, HTTP_POST, NULL, "/v1/zones/%s/certificates", id), 405,
        "METHOD_NOT_ALLOWED");
    user_make_managing(s, "other@example.com", &other);
    static const char *const rows[] = { "", "/token", "/certificates" };
    for (size_t i = 0; i < 3; i++)
        assert_event(
            user_ask(s, &other, HTTP_GET, NULL, "/v1/zones/%s%s", id, rows[i]),
            404, "NOT_FOUND");
}

static void only_a_manager_has_join_tokens(void **state)
{
    struct stage *s = *state;
    struct user u, writer;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "writer@example.com", &writer);
    node_zone_of(s, &writer, id);
    assert_event(user_ask(s, &writer, HTTP_GET, NULL, "/v1/zones/%s/token", id),
                 403, "FORBIDDEN");
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/v1/zones/%s/token", id),
                  200, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "join-token");
}

/* --- enrolment ----------------------------------------------------------- */

static void a_join_token_gives_a_node_its_certificate(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct node n;
    struct ca_facts facts;
    char node[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    node_enrol(s, &u, "node-1", &n);
    assert_string_equal("NODE_ATTESTATION", answer_text(s->last, "task_type"));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "node-enrol");
    assert_newest_leaf(s, API_LEAF_CHANGE, "by", "join-token");
    assert_ok(ca_certificate_read(buffer_bytes(&n.certificate), &facts, NULL));
    assert_int_equal(CA_NODE, facts.statement.kind);
    api_id_text(&facts.statement.id, node);
    assert_string_equal(n.id, node);

    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes");
    assert_answer(a, 200, NULL);
    const json_t *item = json_array_get(json_object_get(a->body, "items"), 0);
    assert_string_equal("RUNNING",
                        json_string_value(json_object_get(
                            json_object_get(item, "status"), "status")));
    assert_non_null(json_object_get(item, "certificate"));
    assert_null(json_object_get(item, "_serial"));
    assert_null(json_object_get(item, "attested_at")); /* nobody judged it */
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/%s/certificate", n.id);
    assert_answer(a, 200, NULL);
    AUTO_CLEAR_BUFFER again = buffer_make(CA_CERTIFICATE_MAX);
    take_certificate(a, &again);
    assert_true(
        bytes_equal(buffer_bytes(&n.certificate), buffer_bytes(&again)));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/%s/certificate-details",
                 n.id);
    assert_answer(a, 200, NULL);
    assert_string_equal("CN=node-1", answer_text(a, "subject_name"));
    assert_int_equal(facts.not_after, json_integer_value(json_object_get(
                                          a->body, "valid_until")));
    node_clear(&n);
}

static void without_a_token_nobody_enrols(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct ca_key *key = NULL;
    char header[256];
    user_make_managing(s, "owner@example.com", &u);
    json_t *csr = node_csr(&key);
    assert_event_says(stage_ask(s, AS_NOBODY, HTTP_POST,
                                node_body("n", json_incref(csr)), "/v1/nodes"),
                      401, "AUTH_FAILED",
                      "this needs a zone's join token that is in time");
    node_join_header(s, &u, header);
    char *last = header + strlen(header) - 3;
    *last = *last == '0' ? '1' : '0';
    s->headers = header;
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           node_body("n", json_incref(csr)), "/v1/nodes"),
                 401, "AUTH_FAILED");
    s->headers = NULL; /* a manager's session is no join token */
    assert_event(user_ask(s, &u, HTTP_POST, node_body("n", json_incref(csr)),
                          "/v1/nodes"),
                 401, "AUTH_FAILED");
    node_join_header(s, &u, header);
    stage_pass(30 * STAGE_DAY);
    s->headers = header;
    assert_event(
        stage_ask(s, AS_NOBODY, HTTP_POST, node_body("n", csr), "/v1/nodes"),
        401, "AUTH_FAILED");
    s->headers = NULL;
    ca_key_free(key);
}

static void enrolling_is_read_strictly(void **state)
{
    struct stage *s = *state;
    struct user u;
    char header[256];
    user_make_managing(s, "owner@example.com", &u);
    node_join_header(s, &u, header);
    s->headers = header;
    assert_event_says(
        stage_ask(s, AS_NOBODY, HTTP_POST,
                  node_body("n", json_string("no CSR")), "/v1/nodes"),
        400, "CERT_PARSE_ERROR", "attestation_request.csr: certificate");
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s, s:s, s:s}", "name", "n",
                                     "ipaddress", "::1", "sgx_version", "2"),
                           "/v1/nodes"),
                 400, "MISSING_REQUIRED_PARAMETER");
    struct answer *a = stage_ask(
        s, AS_NOBODY, HTTP_POST,
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", "n", "ipaddress",
                  "::1", "sgx_version", "2", "error_report", "name",
                  "AESMD_FAILURE", "message", "no aesmd"),
        "/v1/nodes");
    s->headers = NULL;
    assert_answer(a, 200, NULL);
    char id[API_ID_TEXT];
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "node_id"));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/%s", id);
    assert_string_equal("FAILED",
                        json_string_value(json_object_get(
                            json_object_get(a->body, "status"), "status")));
    assert_string_equal("AESMD_FAILURE",
                        json_string_value(json_object_get(
                            json_object_get(a->body, "error_report"), "name")));
    assert_event(
        user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/%s/certificate", id), 404,
        "NOT_FOUND");
}

/* --- a node's life ------------------------------------------------------- */

static void a_node_reports_without_a_leaf(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct node n;
    user_make_managing(s, "owner@example.com", &u);
    node_enrol(s, &u, "node-1", &n);
    uint64_t size = stage_log_size(s);
    stage_pass(300);
    struct answer *a = report(s, &n, "127.0.0.2");
    assert_answer(a, 200, NULL);
    assert_int_equal(300, json_integer_value(json_object_get(
                              a->body, "node_refresh_interval")));
    assert_int_equal(size, stage_log_size(s));
    soft_door_fate_of_all(s->door, SOFT_AWAY); /* not even the HSM is needed */
    assert_answer(report(s, &n, "127.0.0.3"), 200, NULL);
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes/%s", n.id);
    assert_string_equal("127.0.0.3", answer_text(a, "ipaddress"));
    assert_int_equal(stage_seconds(),
                     json_integer_value(json_object_get(
                         json_object_get(a->body, "status"), "last_seen_at")));
    node_clear(&n);
}

static void a_node_renews_and_stays_the_same(void **state)
{
    struct stage *s = *state;
    struct user u;
    struct node n, renewed = { .key = NULL };
    user_make_managing(s, "owner@example.com", &u);
    node_enrol(s, &u, "node-1", &n);
    assert_answer(
        user_ask(s, &u, HTTP_PATCH,
                 json_pack("{s:[{s:s, s:s, s:s}]}", "patch", "op", "add",
                           "path", "/labels/rack", "value", "7"),
                 "/v1/nodes/%s", n.id),
        200, NULL);
    struct answer *a =
        stage_ask(s, buffer_bytes(&n.certificate), HTTP_POST,
                  node_body("node-1", node_csr(&renewed.key)), "/v1/nodes");
    node_take(&renewed, a);
    assert_string_equal(n.id, renewed.id);
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes");
    assert_int_equal(
        1, json_integer_value(json_object_get(
               json_object_get(a->body, "metadata"), "filtered_count")));
    const json_t *item = json_array_get(json_object_get(a->body, "items"), 0);
    assert_string_equal("7", json_string_value(json_object_get(
                                 json_object_get(item, "labels"), "rack")));
    assert_answer(report(s, &renewed, "127.0.0.1"), 200, NULL);
    node_clear(&renewed);
    node_clear(&n);
}

static void a_deactivated_node_is_nobody(void **state)
{
    struct stage *s = *state;
    struct user u, writer;
    struct node n;
    struct ca_key *key = NULL;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "writer@example.com", &writer);
    node_enrol(s, &u, "node-1", &n);
    assert_event(
        user_ask(s, &writer, HTTP_POST, NULL, "/v1/nodes/%s/deactivate", n.id),
        403, "FORBIDDEN");
    struct answer out, meanwhile; /* let in, and then a MANAGER says no */
    char path[64];
    (void)snprintf(path, sizeof(path), "/v1/nodes/%s/deactivate", n.id);
    s->headers = u.headers;
    stage_begin(s, &out, AS_NOBODY, HTTP_POST, NULL, path);
    s->headers = NULL;
    stage_begin(s, &meanwhile, buffer_bytes(&n.certificate), HTTP_POST,
                node_body("node-1", node_csr(&key)), "/v1/nodes");
    stage_write(s);
    assert_event_says(&meanwhile, 403, "FORBIDDEN",
                      "a MANAGER has deactivated this node");
    answer_clear(&out);
    answer_clear(&meanwhile);
    assert_int_equal(403, report(s, &n, "127.0.0.1")->status);
    assert_int_equal(403,
                     stage_ask(s, buffer_bytes(&n.certificate), HTTP_POST,
                               node_body("node-1", node_csr(&key)), "/v1/nodes")
                         ->status);
    (void)user_ask(s, &u, HTTP_GET, NULL, "/v1/nodes?status=DEACTIVATED");
    assert_int_equal(1,
                     json_array_size(json_object_get(s->last->body, "items")));
    ca_key_free(key);
    node_clear(&n);
}

static void persons_see_and_deactivate_nodes_too(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct ca_key *key = NULL;
    char id[API_ID_TEXT], header[256];
    person_first(s, &root, "root");
    struct answer *a =
        stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/zones");
    assert_answer(a, 200, NULL);
    (void)snprintf(
        id, sizeof(id), "%s",
        json_string_value(json_object_get(
            json_array_get(json_object_get(a->body, "items"), 0), "zone_id")));
    a = stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/zones/%s/token",
                  id);
    assert_answer(a, 200, NULL);
    (void)snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n",
                   answer_text(a, "token"));
    s->headers = header;
    a = stage_ask(s, AS_NOBODY, HTTP_POST, node_body("n", node_csr(&key)),
                  "/v1/nodes");
    s->headers = NULL;
    assert_answer(a, 200, NULL);
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "node_id"));
    a = stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/nodes");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    assert_answer(
        stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/nodes/%s", "none"),
        404, "not-found");
    a = stage_ask(s, as(&root), HTTP_POST, NULL,
                  "/accord/v1/nodes/%s/deactivate", id);
    assert_answer(a, 200, NULL);
    assert_string_equal("DEACTIVATED",
                        json_string_value(json_object_get(
                            json_object_get(a->body, "status"), "status")));
    ca_key_free(key);
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(an_account_has_one_zone_with_the_root),
        stage_test(only_a_manager_has_join_tokens),
        stage_test(a_join_token_gives_a_node_its_certificate),
        stage_test(without_a_token_nobody_enrols),
        stage_test(enrolling_is_read_strictly),
        stage_test(a_node_reports_without_a_leaf),
        stage_test(a_node_renews_and_stays_the_same),
        stage_test(a_deactivated_node_is_nobody),
        stage_test(persons_see_and_deactivate_nodes_too),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
