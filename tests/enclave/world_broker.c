/* world_broker.c - what the world's broker and store answer. */

#include "tests/enclave/world_private.h"

#include <time.h>

#define LABEL "aaaaaaaaaaaaaaaa"

static void answer_json(struct host_answer *answer, json_t *value)
{
    assert_non_null(value);
    assert_ok(api_json_canonical(value, &answer->body));
    json_decref(value);
}

static void answer_problem(struct host_answer *answer, int status,
                           const char *code)
{
    answer->status = status;
    answer_json(answer, json_pack("{s:s, s:i, s:s, s:s}", "type", "about:blank",
                                  "status", status, "code", code, "detail",
                                  "the world says no"));
}

static bool is_path(const struct http_request *request, const char *path)
{
    return bytes_equal(request->path, bytes_of_string(path));
}

/* --- certificates -------------------------------------------------------- */

/* Only the evidence proves the configuration; here it is enough that the agent
 * sends some, and it is kept for the test to look at. */
static void read_csr(struct world *w, struct bytes body, struct ca_csr *csr)
{
    struct ca_evidence evidence;
    const char *pem;
    struct reason why = { "" };
    AUTO_JSON *value = NULL;
    assert_ok(api_json_read(body, body.len, false, &value, &why));
    assert_ok(api_json_text(value, "csr", &pem, &why));
    assert_ok(ca_csr_read(bytes_of_string(pem), csr, &why));
    assert_ok(ca_csr_evidence(csr, &evidence, &why));
    assert_int_equal(evidence.binding.rule, CA_BINDS_KEY);
    w->carrier = evidence.carrier;
    buffer_clear(&w->evidence);
    w->evidence = evidence.bytes;
    assert_ok(ca_report_data(&csr->key.hash, &w->hash, w->report_data));
}

static struct ca_certificate_fields fields_of(const struct world *w,
                                              const struct ca_csr *csr,
                                              const char **name)
{
    uint64_t now = (uint64_t)time(NULL);
    bool ended = world_is(w, WORLD_CERTIFICATE_HAS_ENDED);
    struct ca_certificate_fields fields = {
        .statement = { .kind = CA_ENCLAVE,
                       .account = w->account,
                       .evidence_kind = API_KIND_SGX | API_KIND_SIMULATED,
                       .configuration = w->hash },
        .spki = ca_spki(&csr->key),
        .serial = { 3 },
        .not_before = now - 7200,
        .not_after = ended ? now - 60 : now + 3600,
        .names = name,
        .names_count = 1,
    };
    memset(fields.statement.identity.bytes, 1, HASH_LEN);
    memset(fields.statement.evidence.bytes, 2, HASH_LEN);
    if (world_is(w, WORLD_CERTIFIES_ANOTHER_KEY))
        fields.spki = ca_spki(ca_key_public(w->other_root.key));
    if (world_is(w, WORLD_CERTIFIES_ANOTHER_HASH))
        fields.statement.configuration.bytes[0] ^= 1;
    if (world_is(w, WORLD_CERTIFIES_A_NODE)) {
        fields.statement = (struct ca_statement){ .kind = CA_NODE };
        memset(fields.statement.id.bytes, 7, API_ID_LEN);
        fields.spki = ca_spki(ca_key_public(w->other_root.key));
        fields.names_count = 0;
        fields.common_name = "node";
    }
    return fields;
}

static void issue(const struct world *w, const struct ca_csr *csr,
                  struct buffer *der)
{
    struct reason why = { "" };
    char text[CA_NAME_MAX + 1];
    const char *names[] = { text };
    struct ca_certificate_fields fields = fields_of(w, csr, names);
    struct ca_enclave_name name = { fields.statement.configuration,
                                    LABEL LABEL LABEL LABEL };
    const struct ca_signer signer = ca_key_signer(w->root.key);
    assert_ok(ca_enclave_name_write(&name, "accord.example", text));
    struct status s = ca_certificate_build(&fields, buffer_bytes(&w->root.der),
                                           &signer, der, &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
}

static void certify(struct world *w, const struct http_request *request,
                    struct host_answer *answer)
{
    struct ca_csr csr = { 0 };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(32768);
    w->certificates++;
    if (world_is(w, WORLD_REFUSES_EVIDENCE)) {
        answer_problem(answer, 403, "evidence");
        return;
    }
    if (world_is(w, WORLD_KNOWS_NO_CONFIGURATION)) {
        answer_problem(answer, 403, "configuration");
        return;
    }
    if (world_is(w, WORLD_IS_BUSY)) {
        answer_problem(answer, 503, "busy");
        return;
    }
    read_csr(w, request->body, &csr);
    issue(w, &csr, &der);
    ca_csr_clear(&csr);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    if (world_is(w, WORLD_SENDS_ANOTHER_ROOT))
        root_pem(&w->other_root, &pem);
    else if (!world_is(w, WORLD_SENDS_NO_ROOT))
        root_pem(&w->root, &pem);
    answer_json(answer, json_pack("{s:s#}", "certificate",
                                  (const char *)pem.data, (int)pem.len));
}

/* --- the configuration --------------------------------------------------- */

static void show(struct world *w, const struct buffer *certificate)
{
    assert_int_equal(SSL_CTX_use_certificate_ASN1(w->tls, (int)certificate->len,
                                                  certificate->data),
                     1);
}

void world_show_own_root(struct world *w)
{
    show(w, &w->server);
}

static void configuration(struct world *w, struct bytes peer,
                          struct host_answer *answer)
{
    if (peer.len == 0) {
        answer_problem(answer, 401, "denied");
        return;
    }
    if (world_is(w, WORLD_DENIES_CONFIGURATION)) {
        answer->status = 403;
        answer_json(answer, json_pack("{s:s, s:s}", "message",
                                      "approvals: refused: approvals", "code",
                                      "FORBIDDEN"));
        return;
    }
    if (world_is(w, WORLD_MOVES_TO_ANOTHER_ROOT))
        show(w, &w->other_server);
    json_t *config = json_deep_copy(w->config);
    if (world_is(w, WORLD_CHANGES_A_LABEL))
        (void)json_object_set_new(json_object_get(config, "labels"), "purpose",
                                  json_string("other"));
    if (world_is(w, WORLD_ADDS_A_MEMBER))
        (void)json_object_set_new(config, "more", json_string("text"));
    answer_json(answer, json_pack("{s:o, s:{s:{}}}", "config", config, "extra",
                                  "connections"));
}

/* --- all of it ----------------------------------------------------------- */

static void release(struct world *w, const struct http_request *request,
                    struct bytes peer, struct host_answer *answer)
{
    struct api_id dataset;
    struct reason why = { "" };
    AUTO_JSON *body = NULL;
    assert_true(peer.len > 0);
    assert_ok(api_json_read(request->body, 4096, false, &body, &why));
    assert_ok(api_json_id(body, "dataset", &dataset, &why));
    w->releases++;
    if (world_is(w, WORLD_DENIES_RELEASE))
        answer_problem(answer, 403, "approvals");
    else
        answer_json(answer, world_release(w, &dataset, peer));
}

void world_broker(void *world, const struct http_request *request,
                  struct bytes peer, struct host_answer *answer)
{
    struct world *w = world;
    const struct api_spki log_key = api_key_signer(w->log_key).key;
    if (is_path(request, "/accord/v1/certificates"))
        certify(w, request, answer);
    else if (is_path(request, "/v1/runtime/app_configs"))
        configuration(w, peer, answer);
    else if (is_path(request, "/accord/v1/release"))
        release(w, request, peer, answer);
    else if (is_path(request, "/accord/v1/installation"))
        answer_json(answer,
                    json_pack("{s:o}", "log_key",
                              api_json_of_base64(api_spki_bytes(&log_key))));
    else if (is_path(request, "/accord/v1/log/head"))
        answer_json(answer, world_head(w));
    else if (is_path(request, "/accord/v1/log/consistency"))
        answer_json(answer, world_consistency(w, request->query));
    else
        answer_problem(answer, 404, "not-found");
}

/* Whoever has the query string has the object. */
void world_store(void *world, const struct http_request *request,
                 struct bytes peer, struct host_answer *answer)
{
    struct world *w = world;
    (void)peer;
    if (w->store_status) {
        answer->status = w->store_status;
        return;
    }
    answer->status = 403;
    for (size_t i = 0; i < 2; i++) {
        struct world_dataset *d = &w->datasets[i];
        if (!is_path(request, d->path) ||
            !bytes_equal(request->query, bytes_of_string(WORLD_QUERY)))
            continue;
        answer->status = d->exists || request->method == HTTP_PUT ? 200 : 404;
        if (request->method == HTTP_PUT) {
            buffer_clear(&d->stored);
            buffer_put(&d->stored, request->body);
            d->exists = true;
        } else {
            buffer_put(&answer->body, buffer_bytes(&d->stored));
        }
    }
}
