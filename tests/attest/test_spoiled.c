/* Each way a quote can be wrong, made with keys of our own: everything but
 * the one spoiled part holds, signatures included. */

#include <openssl/x509v3.h>

#include "tests/attest/forge.h"
#include "tests/attest/plain.h"
#include "tests/support/check.h"

#define QUOTE_MAX ((size_t)64 * 1024)

static struct forge *forge; /* honest at the start of each test */

static int start(void **state)
{
    static struct forge made;
    (void)state;
    forge_init(&made);
    forge = &made;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    forge_clear(forge);
    return 0;
}

/* --- what is refused: parts spoiled before signing ----------------------- */

static void other_root(struct forge *f)
{
    f->order = "lco";
}
static void other_chain(struct forge *f) /* a simulator with the same names */
{
    f->root.key = f->root.signer = f->ca.signer = f->other;
}
static void root_omitted(struct forge *f)
{
    f->order = "lc";
}
static void ca_omitted(struct forge *f)
{
    f->order = "lr";
}
static void leaf_only(struct forge *f)
{
    f->order = "l";
}
static void root_twice(struct forge *f)
{
    f->order = "lcrr";
}
static void five_certificates(struct forge *f)
{
    f->order = "lcrrr";
}
static void roots_only(struct forge *f)
{
    f->order = "rro";
}
static void leaves_only(struct forge *f)
{
    f->order = "lll";
}
static void two_leaves(struct forge *f)
{
    f->order = "llr";
}
static void leaf_of_another_ca(struct forge *f)
{
    f->pck.says.issuer = "Accord Simulator SGX PCK Processor CA";
}
static void ca_by_another_root(struct forge *f)
{
    f->ca.signer = f->other;
}
static void leaf_by_another_ca(struct forge *f)
{
    f->pck.signer = f->other;
}
static void ca_forged(struct forge *f) /* the key id is the right one */
{
    f->ca.forger = f->other;
}
static void leaf_forged(struct forge *f)
{
    f->pck.forger = f->other;
}
static void root_forged(struct forge *f) /* of the right key and name */
{
    f->root.forger = f->other;
}
static void leaf_by_root(struct forge *f)
{
    f->pck.says.issuer = PKI_ROOT_NAME;
    f->pck.signer = f->keys[0];
}
static void leaf_expired(struct forge *f)
{
    f->pck.says.not_after = FORGE_NOW - 1;
}
static void leaf_too_young(struct forge *f)
{
    f->pck.says.not_before = FORGE_NOW + 1;
}
static void ca_expired(struct forge *f)
{
    f->ca.says.not_after = FORGE_NOW - 1;
}
static void ca_too_young(struct forge *f)
{
    f->ca.says.not_before = FORGE_NOW + 1;
}
static void ca_not_a_ca(struct forge *f)
{
    f->ca.says.path_length = PKI_NOT_A_CA;
}
static void leaf_a_ca(struct forge *f)
{
    f->pck.says.path_length = 0;
}
static void leaf_with_another_role(struct forge *f)
{
    f->pck.says.name = "Accord Simulator SGX TCB Signing";
}
static void leaf_nameless(struct forge *f)
{
    f->pck.says.name = "SGX PCK Certificate \x01";
}
static void ca_with_another_role(struct forge *f)
{
    f->ca.says.name = f->pck.says.issuer = "Accord Simulator SGX TCB CA";
}
static void leaf_on_p384(struct forge *f)
{
    ca_key_free(f->other);
    f->other = NULL;
    assert_ok(ca_key_generate(CA_KEY_P384, &f->other));
    f->pck.key = f->other;
}
static void ca_on_p384(struct forge *f)
{
    leaf_on_p384(f);
    f->pck.key = f->keys[2];
    f->ca.key = f->pck.signer = f->other;
}
static void root_on_p384(struct forge *f)
{
    leaf_on_p384(f);
    f->pck.key = f->keys[2];
    f->root.key = f->root.signer = f->ca.signer = f->other;
}
static void leaf_with_sha384(struct forge *f)
{
    f->pck.digest = EVP_sha384();
}
static void ca_with_sha384(struct forge *f)
{
    f->ca.digest = EVP_sha384();
}
static void without_extension(struct forge *f)
{
    f->pck.says.sgx_extension = bytes_of("", 0);
}
static void with_cut_extension(struct forge *f)
{
    assert_ok(sgx_extension_write(&f->platform, &f->extension));
    f->extension.len--;
}
static void with_sound_extension(struct forge *f)
{
    assert_ok(sgx_extension_write(&f->platform, &f->extension));
}

static void double_extension(X509 *x)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
    X509_EXTENSION *extension =
        X509_get_ext(x, X509_get_ext_by_OBJ(x, oid, -1));
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    ASN1_OBJECT_free(oid);
}
static void extension_twice(struct forge *f)
{
    with_sound_extension(f);
    f->pck.retouch = double_extension;
}

static void add_critical(X509 *x)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension =
        X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}
static void unknown_critical_extension(struct forge *f)
{
    f->pck.retouch = add_critical;
}

static void drop(X509 *x, int nid)
{
    X509_EXTENSION *gone = X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1));
    assert_non_null(gone);
    X509_EXTENSION_free(gone);
}
static void drop_usage(X509 *x)
{
    drop(x, NID_key_usage);
}
static void drop_constraints(X509 *x)
{
    drop(x, NID_basic_constraints);
}
static void leaf_without_usage(struct forge *f)
{
    f->pck.retouch = drop_usage;
}
static void leaf_without_constraints(struct forge *f)
{
    f->pck.retouch = drop_constraints;
}
static void ca_without_usage(struct forge *f)
{
    f->ca.retouch = drop_usage;
}

static void qe_by_another_platform(struct forge *f)
{
    f->platform_key = f->other;
}
static void own_attestation_key(struct forge *f) /* its signature holds */
{
    f->attestation = f->other;
}
static void first_half_wrong(struct forge *f)
{
    f->qe.data[31] = 1;
}
static void second_half_not_zero(struct forge *f)
{
    f->qe.data[63] = 1;
}
static void qe_in_debug(struct forge *f)
{
    f->qe.flags |= SGX_DEBUG;
}
static void qe_not_initialised(struct forge *f)
{
    f->qe.flags &= ~(uint64_t)SGX_INIT;
}
static void not_initialised(struct forge *f)
{
    f->report.flags &= ~(uint64_t)SGX_INIT;
}
static void not_64_bit(struct forge *f)
{
    f->report.flags &= ~(uint64_t)SGX_MODE64BIT;
}
static void with_provision_key(struct forge *f)
{
    f->report.flags |= 1 << 4;
}
static void with_einittoken_key(struct forge *f)
{
    f->report.flags |= 1 << 5;
}

static const struct {
    void (*spoil)(struct forge *);
    const char *token;
    const char *says; /* in the reason */
} spoiled[] = {
    /* clang-format off */
    { other_root,               "chain:sig",       PKI_ROOT_NAME },
    { other_chain,              "chain:sig",       "no trust anchor" },
    { root_omitted,             "chain:len",       "2 certificates" },
    { ca_omitted,               "chain:len",       "2 certificates" },
    { leaf_only,                "chain:len",       "1 certificates" },
    { root_twice,               "chain:len",       "4 certificates" },
    { five_certificates,        "chain:len",       "more than 4" },
    { roots_only,               "chain:names",     "do not link" },
    { leaves_only,              "chain:names",     "do not link" },
    { two_leaves,               "chain:names",     "do not link" },
    { leaf_of_another_ca,       "chain:names",     "do not link" },
    { leaf_by_root,             "chain:names",     "do not link" },
    { ca_by_another_root,       "chain:sig",       PKI_CA_NAME },
    { leaf_by_another_ca,       "chain:sig",       PKI_PCK_NAME },
    { ca_forged,                "chain:sig",       PKI_CA_NAME },
    { leaf_forged,              "chain:sig",       PKI_PCK_NAME },
    { root_forged,              "chain:sig",       PKI_ROOT_NAME },
    { leaf_expired,             "chain:time",      "has expired" },
    { leaf_too_young,           "chain:time",      "not valid yet" },
    { ca_expired,               "chain:time",      PKI_CA_NAME },
    { ca_too_young,             "chain:time",      PKI_CA_NAME },
    { ca_not_a_ca,              "chain:role",      "" },
    { leaf_a_ca,                "chain:role",      PKI_PCK_NAME },
    { leaf_with_another_role,   "chain:role",      "TCB Signing" },
    { leaf_nameless,            "chain:role",      "?" },
    { ca_with_another_role,     "chain:role",      "TCB CA" },
    { leaf_without_usage,       "chain:role",      PKI_PCK_NAME },
    { leaf_without_constraints, "chain:role",      PKI_PCK_NAME },
    { ca_without_usage,         "chain:role",      "" },
    { unknown_critical_extension, "chain:role",    "critical" },
    { leaf_on_p384,             "chain:algorithm", PKI_PCK_NAME },
    { ca_on_p384,               "chain:algorithm", PKI_CA_NAME },
    { root_on_p384,             "chain:algorithm", PKI_ROOT_NAME },
    { leaf_with_sha384,         "chain:algorithm", PKI_PCK_NAME },
    { ca_with_sha384,           "chain:algorithm", PKI_CA_NAME },
    { without_extension,        "chain:extension", "exactly one" },
    { extension_twice,          "chain:extension", "" },
    { with_cut_extension,       "chain:extension", "malformed" },
    { qe_by_another_platform,   "qe-report-sig",   "" },
    { own_attestation_key,      "ak-hash",         "" },
    { first_half_wrong,         "ak-hash",         "" },
    { second_half_not_zero,     "ak-hash",         "" },
    { qe_in_debug,              "qe-attributes",   "debug" },
    { qe_not_initialised,       "qe-attributes",   "" },
    { not_initialised,          "attributes",      "INIT" },
    { not_64_bit,               "attributes",      "MODE64BIT" },
    { with_provision_key,       "attributes",      "PROVISION_KEY" },
    { with_einittoken_key,      "attributes",      "EINITTOKEN_KEY" },
    /* clang-format on */
};

static void every_spoiled_part_is_refused_by_its_token(void **state)
{
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
        stop(state);
        start(state);
        spoiled[i].spoil(forge);
        forge_quote(forge, &quote);
        forge_expect_refusal(forge, buffer_bytes(&quote), spoiled[i].token,
                             spoiled[i].says, i);
    }
}

static void an_expired_anchor_vouches_for_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    struct reason why = { "" };
    forge->ca.says.not_after = forge->pck.says.not_after =
        FORGE_NOW + 100 * FORGE_DAY;
    forge_quote(forge, &quote);
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, &why));
    assert_status(STATUS_DENIED,
                  plain_verify(buffer_bytes(&quote), &forge->anchor, 1,
                               FORGE_NOW + 20 * FORGE_DAY, &id, &why));
    assert_non_null(strstr(why.text, "chain:time " PKI_ROOT_NAME));
}

static void a_root_issued_again_on_the_same_key_is_the_same_root(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    struct attest_identity id;
    forge->root.says.not_after = FORGE_NOW - FORGE_DAY; /* the older issue */
    forge_quote(forge, &quote);
    assert_ok(forge_judge(forge, buffer_bytes(&quote), &id, NULL));
}

static void a_root_on_the_anchors_key_with_another_name_is_unknown(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER quote = buffer_make(QUOTE_MAX);
    const char *name = "Another SGX Root CA";
    forge->root.says.name = forge->root.says.issuer = forge->ca.says.issuer =
        name;
    forge_quote(forge, &quote);
    forge_expect_refusal(forge, buffer_bytes(&quote), "chain:sig", name, 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(every_spoiled_part_is_refused_by_its_token),
        EACH(an_expired_anchor_vouches_for_nothing),
        EACH(a_root_issued_again_on_the_same_key_is_the_same_root),
        EACH(a_root_on_the_anchors_key_with_another_name_is_unknown),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
