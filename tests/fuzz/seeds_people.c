/* seeds_people.c - files that people keep, and are given. */

#include "tests/fuzz/seeds.h"

#include <stdio.h>

#include "agent/simulator.h"
#include "api/encrypted_file.h"
#include "attest/attest.h"
#include "base/file.h"
#include "cli/context.h"
#include "tests/cli/log_sample.h"

/* --- export -------------------------------------------------------------- */

static void write_export(const char *name, const struct log_sample *log,
                         struct bytes pem)
{
    AUTO_JSON *export = log_sample_export(log);
    AUTO_CLEAR_BUFFER seed = buffer_make(1024 * 1024);
    buffer_put_u16(&seed, (uint16_t)pem.len);
    buffer_put(&seed, pem);
    assert_ok(api_json_canonical(export, &seed));
    seed_write("export", name, buffer_bytes(&seed));
}

static json_t *certificate_detail(const struct simulator *simulator,
                                  struct bytes spki, struct bytes quote)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED };
    struct attest_anchor anchor;
    struct hash evidence, configuration = { { 0x77 } };
    assert_ok(attest_anchor_read(simulator_root_pem(simulator), "seed", true,
                                 &anchor, NULL));
    rule.anchor = anchor.spki;
    memset(rule.sgx.mrenclave, 0xc1, 32);
    assert_ok(hash_of(&evidence, quote));
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:s, s:n}, s:n, s:s, s:n}", "action",
        "certify", "kind", "enclave", "spki", api_json_of_base64(spki),
        "configuration", api_json_of_hash(&configuration), "rule",
        api_rule_to_json(&rule), "evidence", api_json_of_hash(&evidence),
        "verdict", "tcb", "unevaluated", "collateral", "nonce", "binding",
        "key", "material");
}

static void add_certificate(struct log_sample *log, struct simulator *simulator)
{
    struct simulator_request request = { .isvprodid = 1 };
    struct hash spki, configuration = { { 0x77 } };
    struct bytes key = bytes_of_string("any key will do");
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    memset(request.mrenclave, 0xc1, 32);
    memset(request.mrsigner, 0x51, 32);
    assert_ok(hash_of(&spki, key));
    assert_ok(ca_report_data(&spki, &configuration, request.report_data));
    assert_ok(simulator_sgx_quote(simulator, &request, NOW, &quote, NULL));
    AUTO_JSON *detail =
        certificate_detail(simulator, key, buffer_bytes(&quote));
    assert_non_null(detail);
    assert_ok(api_json_canonical(detail, &text));
    buffer_put_u8(&text, 0);
    log_sample_add(log, API_LEAF_CERTIFICATE, NOW * 1000,
                   (const char *)text.data);
    json_t *entry =
        json_array_get(log->leaves, json_array_size(log->leaves) - 1);
    assert_int_equal(
        0, json_object_set_new(entry, "evidence",
                               api_json_of_base64(buffer_bytes(&quote))));
}

void seeds_export(void)
{
    struct log_sample log;
    struct simulator *simulator = NULL;
    struct reason why = { "" };
    const char *place = temp_dir_path(&seeds_dir, "sim");
    assert_ok(simulator_make(place, NOW, &why));
    assert_ok(
        simulator_open(temp_dir_path(&seeds_dir, "sim"), &simulator, &why));
    log_sample_init(&log);
    log_sample_add(&log, API_LEAF_STORE, 1000, "{\"action\":\"begin\"}");
    log_sample_add(&log, API_LEAF_CHANGE, 2000, "{\"action\":\"join\"}");
    log_sample_add(&log, API_LEAF_DENIAL, 3000, "{\"code\":\"build\"}");
    write_export("three-leaves", &log, BYTES(""));
    add_certificate(&log, simulator);
    write_export("evidence", &log, simulator_root_pem(simulator));
    log_sample_clear(&log);
    simulator_free(simulator);
}

/* --- context ------------------------------------------------------------- */

void seeds_context(void)
{
    struct context c = { .url = "https://broker.example:9443",
                         .account = { { 1 } },
                         .person = { { 2 } },
                         .ca_pem = buffer_make(4096) };
    AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
    char path[2200];
    assert_ok(api_spki_read(ca_spki(ca_key_public(authority.key)), &c.log_key));
    c.owner.first = c.log_key;
    c.owner.recovery = c.log_key;
    ca_pem_write("CERTIFICATE", authority_root(&authority), &c.ca_pem);
    (void)snprintf(c.directory, sizeof(c.directory), "%s",
                   temp_dir_path(&seeds_dir, "."));
    assert_ok(context_save(&c, NULL));
    assert_ok(context_file(&c, "context.json", path));
    assert_ok(file_read(path, &seed));
    seed_write("context", "joined", buffer_bytes(&seed));
    buffer_clear(&seed);
    c.head = (struct api_head){ .store = { { 5 } },
                                .epoch = 1,
                                .size = 5,
                                .time = NOW * 1000,
                                .root = { { 6 } },
                                .signature = { { 7 } } };
    assert_ok(context_save(&c, NULL));
    assert_ok(file_read(path, &seed));
    seed_write("context", "with-head", buffer_bytes(&seed));
    context_clear(&c);
}

/* --- key ----------------------------------------------------------------- */

void seeds_key(void)
{
    static const struct {
        const char *name;
        enum ca_key_kind kind;
    } keys[] = { { "p256", CA_KEY_P256 },
                 { "p384", CA_KEY_P384 },
                 { "rsa", CA_KEY_RSA_3072 } };
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        AUTO_FREE(secret) pem = NULL;
        assert_ok(ca_key_write(sample_key(keys[i].kind), &pem));
        seed_write("key", keys[i].name, secret_expose(pem));
        (void)snprintf(name, sizeof(name), "%s-public", keys[i].name);
        seed_write("key", name,
                   ca_spki(ca_key_public(sample_key(keys[i].kind))));
    }
}

/* --- file ---------------------------------------------------------------- */

static struct status keep(void *context, struct bytes bytes)
{
    buffer_put(context, bytes);
    return buffer_status(context);
}

static void write_file(const char *name, uint8_t piece, struct bytes plain)
{
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(api_file) file = NULL;
    AUTO_CLEAR_BUFFER seed = buffer_make(4096);
    assert_ok(secret_new(32, &key));
    memset(secret_fill(key), 0x11, 32);
    assert_ok(api_file_encrypt(key, keep, &seed, &file));
    assert_ok(api_file_put(file, plain));
    assert_ok(api_file_finish(file));
    seed_write_marked("file", name, piece, buffer_bytes(&seed));
}

void seeds_file(void)
{
    write_file("empty", 255, BYTES(""));
    write_file("short", 0, BYTES("START,STOP\n1,2\n"));
    write_file("longer", 15,
               BYTES("a line of a file that has more than one block\n"
                     "another line of it, and one more\n"));
}
