/* Local attestation, as the product's programs do it with their Node Agent:
 * a report for the agent's enclave, its word back, both certificates. */

#include <openssl/x509.h>
#include <time.h>

#include "agent/vouch.h"
#include "base/text.h"
#include "ca/ca.h"
#include "tests/agent/pair.h"
#include "tests/support/check.h"
#include "tests/support/examples.h"

static struct buffer root, node_certificate;
static struct ca_key *root_key, *node_key, *program_key;
static struct pair pair;

static void make_zone(void)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 0x21 };
    const struct ca_signer signer = ca_key_signer(root_key);
    uint64_t now = (uint64_t)time(NULL);
    struct ca_certificate_fields fields = {
        .statement = { .kind = CA_NODE },
        .spki = ca_spki(ca_key_public(node_key)),
        .serial = { 0x22 },
        .not_before = now - 3600,
        .not_after = now + 86400,
        .common_name = "node-1",
    };
    struct reason why = { "" };
    memset(fields.statement.account.bytes, 1, API_ID_LEN);
    memset(fields.statement.id.bytes, 2, API_ID_LEN);
    root = buffer_make(CA_CERTIFICATE_MAX);
    node_certificate = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_root_build(ca_spki(ca_key_public(root_key)), serial,
                            now - 86400, &signer, &root, &why));
    assert_ok(ca_certificate_build(&fields, buffer_bytes(&root), &signer,
                                   &node_certificate, &why));
}

static int group_setup(void **state)
{
    const struct server_answer unused = { .text = "" };
    assert_int_equal(0, pair_setup(state));
    assert_ok(ca_key_generate(CA_KEY_P256, &root_key));
    assert_ok(ca_key_generate(CA_KEY_P256, &node_key));
    assert_ok(ca_key_generate(CA_KEY_RSA_3072, &program_key));
    make_zone();
    const struct agent_settings with = {
        .simulator = pair_simulator,
        .node_certificate = buffer_bytes(&node_certificate),
        .node_key = node_key,
    };
    pair_open(&pair, &unused, 1, &with);
    return 0;
}

static int group_teardown(void **state)
{
    pair_close_quietly(&pair);
    ca_key_free(root_key);
    ca_key_free(node_key);
    ca_key_free(program_key);
    buffer_clear(&root);
    buffer_clear(&node_certificate);
    return pair_teardown(state);
}

/* --- the program --------------------------------------------------------- */

struct program {
    struct ca_sgx_subject sgx;
    unsigned char report[LOCAL_REPORT_LEN];
    struct ca_key *key; /* that signs the request */
    bool no_mac;
};

static void target_info(unsigned char out[LOCAL_TARGET_LEN])
{
    AUTO_CLEAR_BUFFER raw = buffer_make(LOCAL_TARGET_LEN);
    json_t *answer =
        pair_call(&pair, HTTP_GET, "/v1/enclave/target-info", NULL, 200);
    assert_like_example(63, answer);
    assert_ok(api_json_base64(answer, "targetInfo", &raw, NULL));
    assert_int_equal(LOCAL_TARGET_LEN, raw.len);
    memcpy(out, raw.data, raw.len);
    json_decref(answer);
}

/* EREPORT of an enclave that was started with this configuration. */
static void program_make(struct program *p, const struct hash *configuration)
{
    static const unsigned char zeros[32];
    unsigned char info[LOCAL_TARGET_LEN];
    struct local_target target;
    *p = (struct program){ .key = program_key };
    p->sgx = (struct ca_sgx_subject){ .attributes = { 5, [8] = 7 },
                                      .isvsvn = { 3 },
                                      .has_report_data = true };
    memset(p->sgx.mrenclave, 0xe1, HASH_LEN);
    memset(p->sgx.mrsigner, 0x51, HASH_LEN);
    assert_ok(ca_report_data(&ca_key_public(program_key)->hash, configuration,
                             p->sgx.report_data));
    target_info(info);
    local_target_read(info, &target);
    local_report_rebuild(&p->sgx, zeros, zeros, p->report);
    assert_ok(
        local_report_seal(simulator_cpu(pair_simulator), &target, p->report));
}

static X509_NAME *name_of(const struct ca_sgx_subject *sgx)
{
    AUTO_CLEAR_BUFFER rdns = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_SUBJECT_MAX);
    ca_subject_put_sgx(sgx, &rdns);
    assert_true(rdns.len > 127 && rdns.len < 65536);
    buffer_put_u8(&der, 0x30);
    buffer_put_u8(&der, rdns.len > 255 ? 0x82 : 0x81);
    if (rdns.len > 255)
        buffer_put_u8(&der, (uint8_t)(rdns.len >> 8));
    buffer_put_u8(&der, (uint8_t)rdns.len);
    buffer_put(&der, buffer_bytes(&rdns));
    const unsigned char *at = der.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);
    assert_non_null(name);
    return name;
}

/* F.2.1.1: keyid and MAC of the report. */
static void add_mac(X509_REQ *request, const struct program *p)
{
    unsigned char value[54] = { 0x30, 52, 0x04, 32 };
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.49690.2.1.1", 1);
    memcpy(value + 4, p->report + SGX_REPORT_LEN, 32);
    value[36] = 0x04;
    value[37] = 16;
    memcpy(value + 38, p->report + SGX_REPORT_LEN + 32, 16);
    assert_int_equal(1, X509_REQ_add1_attr_by_OBJ(request, oid, V_ASN1_SEQUENCE,
                                                  value, sizeof(value)));
    ASN1_OBJECT_free(oid);
}

static char *csr_of(const struct program *p)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    unsigned char *der = NULL;
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = name_of(&p->sgx);
    assert_int_equal(1, X509_REQ_set_subject_name(request, name));
    assert_int_equal(1, X509_REQ_set_pubkey(request, ca_key_pkey(p->key)));
    if (!p->no_mac)
        add_mac(request, p);
    assert_true(X509_REQ_sign(request, ca_key_pkey(p->key), EVP_sha256()) > 0);
    int len = i2d_X509_REQ(request, &der);
    assert_true(len > 0);
    ca_pem_write("CERTIFICATE REQUEST", bytes_of(der, (size_t)len), &pem);
    OPENSSL_free(der);
    X509_NAME_free(name);
    X509_REQ_free(request);
    char *text = buffer_string(&pem);
    assert_non_null(text);
    return text;
}

static json_t *attest(const struct program *p, int status)
{
    AUTO_CLEAR_BUFFER body = buffer_make((size_t)128 * 1024);
    char *csr = csr_of(p);
    AUTO_JSON *asked =
        json_pack("{s:o, s:s}", "report",
                  api_json_of_base64(bytes_of(p->report, sizeof(p->report))),
                  "attestation_csr", csr);
    assert_like_example(64, asked);
    assert_ok(api_json_canonical(asked, &body));
    buffer_put_u8(&body, 0);
    json_t *answer = pair_call(&pair, HTTP_POST, "/v1/enclave/attest",
                               (const char *)body.data, status);
    free(csr);
    return answer;
}

/* As em-app reads it: one block, its last line the end of it. */
static void read_pem(const json_t *answer, const char *member,
                     struct buffer *der)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
    static const char end[] = "\n-----END CERTIFICATE-----\n";
    const char *pem = json_string_value(json_object_get(answer, member));
    assert_non_null(pem);
    assert_memory_equal(begin, pem, sizeof(begin) - 1);
    assert_string_equal(end, pem + strlen(pem) - (sizeof(end) - 1));
    assert_ok(ca_pem_read("CERTIFICATE", bytes_of_string(pem), der, NULL));
}

/* --- what it gets -------------------------------------------------------- */

static const struct hash configuration = { { 0x5c, 1, 2, 3 } };

static void a_program_is_vouched_for(void **state)
{
    struct program p;
    struct ca_vouched vouched;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER evidence = buffer_make((size_t)32 * 1024);
    AUTO_CLEAR_BUFFER node = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    program_make(&p, &configuration);
    json_t *answer = attest(&p, 200);
    assert_like_example(65, answer);
    read_pem(answer, "attestation_certificate", &evidence);
    read_pem(answer, "node_certificate", &node);
    assert_true(
        bytes_equal(buffer_bytes(&node), buffer_bytes(&node_certificate)));
    buffer_put(&evidence, buffer_bytes(&node));
    assert_ok(ca_vouch_check(buffer_bytes(&evidence), buffer_bytes(&root),
                             (uint64_t)time(NULL), &vouched, &why));
    assert_true(hash_equal(&vouched.spki, &ca_key_public(program_key)->hash));
    assert_true(hash_equal(&vouched.configuration, &configuration));
    assert_memory_equal(vouched.subject.sgx.mrenclave, p.sgx.mrenclave,
                        HASH_LEN);
    json_decref(answer);
}

static void without_a_configuration_too(void **state)
{
    struct program p;
    (void)state;
    program_make(&p, NULL);
    json_decref(attest(&p, 200));
}

/* em-app verifies it with EGETKEY before it believes the answer. */
static void the_answer_is_the_agents_word_to_this_program(void **state)
{
    struct program p;
    struct hash digest;
    struct local_target caller;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER word = buffer_make(LOCAL_REPORT_LEN);
    (void)state;
    program_make(&p, &configuration);
    json_t *answer = attest(&p, 200);
    read_pem(answer, "attestation_certificate", &der);
    assert_ok(api_json_base64(answer, "fqpe_report", &word, NULL));
    assert_int_equal(LOCAL_REPORT_LEN, word.len);
    local_target_of(p.report, &caller);
    assert_ok(
        local_report_check(simulator_cpu(pair_simulator), &caller, word.data));
    assert_ok(hash_of(&digest, buffer_bytes(&der)));
    assert_memory_equal(word.data + 320, digest.bytes, HASH_LEN);
    for (size_t i = 352; i < 384; i++)
        assert_int_equal(0, word.data[i]);
    json_decref(answer);
}

/* --- what is refused ----------------------------------------------------- */

/* What else is refused is vouch.h's, and tested there. */
static void a_report_of_another_machine_is_refused(void **state)
{
    struct program p;
    (void)state;
    program_make(&p, &configuration);
    p.report[LOCAL_REPORT_LEN - 1] ^= 1;
    json_t *event = attest(&p, 403);
    assert_member(event, "code", "FORBIDDEN");
    json_decref(event);
}

static void a_report_that_is_no_base64_is_refused(void **state)
{
    (void)state;
    json_t *event =
        pair_call(&pair, HTTP_POST, "/v1/enclave/attest",
                  "{\"report\":\"!\",\"attestation_csr\":\"x\"}", 400);
    const char *said = json_string_value(json_object_get(event, "message"));
    assert_non_null(strstr(said, "report: expected the base64 of 432 bytes"));
    json_decref(event);
}

static void a_request_without_a_local_report_is_refused(void **state)
{
    struct program p;
    (void)state;
    program_make(&p, &configuration);
    p.no_mac = true;
    json_t *event = attest(&p, 400);
    assert_member(event, "code", "INVALID_BODY_PARAMETER");
    json_decref(event);
}

static void a_base_path_counts_once(void **state)
{
    (void)state;
    json_decref(
        pair_call(&pair, HTTP_GET, "/v1/v1/enclave/target-info", NULL, 200));
    json_decref(pair_call(&pair, HTTP_GET, "/v1/v1/v1/sys/version", NULL, 404));
}

/* What it passes on says through whom it came. */
static void the_broker_is_told_the_node(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings with = {
        .node_certificate = buffer_bytes(&node_certificate),
        .node_key = node_key,
    };
    const struct server_answer answer = { .text = pair_answer(
                                              200, "{\"certificate\":\"PEM\"}"),
                                          .then_close = true };
    pair_open(&p, &answer, 1, &with);
    json_decref(pair_call(&p, HTTP_POST, "/v1/certificate/issue",
                          "{\"csr\":\"-\"}", 200));
    struct server_record record = pair_close(&p);
    buffer_put_u8(&record.requests, '\0');
    assert_non_null(strstr((const char *)record.requests.data,
                           "\r\n\r\n{\"csr\":\"-\",\"node_id\":"
                           "\"02020202-0202-0202-0202-020202020202\"}"));
    server_record_clear(&record);
}

/* Examples 66 to 68: a request as the client sends it, and what it reads. */
static void issuing_is_answered_as_the_client_reads_it(void **state)
{
    (void)state;
    struct pair p;
    const struct agent_settings none = { 0 };
    const struct server_answer answer = { .text = pair_answer(
                                              200, "{\"certificate\":\"PEM\"}"),
                                          .then_close = true };
    AUTO_CLEAR_BUFFER body = buffer_make((size_t)128 * 1024);
    json_t *sample = example(66, NULL);
    AUTO_JSON *request = sample ? sample : json_pack("{s:s}", "csr", "-");
    assert_ok(api_json_canonical(request, &body));
    buffer_put_u8(&body, 0);
    pair_open(&p, &answer, 1, &none);
    AUTO_JSON *version = pair_call(&p, HTTP_GET, "/v1/sys/version", NULL, 200);
    assert_like_example(68, version);
    AUTO_JSON *task = pair_call(&p, HTTP_POST, "/v1/certificate/issue",
                                (const char *)body.data, 200);
    assert_member(task, "task_status", "SUCCESS");
    assert_like_example(67, task);
    struct server_record record = pair_close(&p);
    buffer_put_u8(&record.requests, '\0');
    assert_non_null(strstr((const char *)record.requests.data,
                           (const char *)body.data)); /* not a byte changed */
    server_record_clear(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_vouched_for),
        cmocka_unit_test(without_a_configuration_too),
        cmocka_unit_test(the_answer_is_the_agents_word_to_this_program),
        cmocka_unit_test(a_report_of_another_machine_is_refused),
        cmocka_unit_test(a_report_that_is_no_base64_is_refused),
        cmocka_unit_test(a_request_without_a_local_report_is_refused),
        cmocka_unit_test(a_base_path_counts_once),
        cmocka_unit_test(the_broker_is_told_the_node),
        cmocka_unit_test(issuing_is_answered_as_the_client_reads_it),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
