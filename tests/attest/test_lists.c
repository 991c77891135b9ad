/* Revocation lists that their issuer signed and that are not a whole list, and
 * statements of which the frame is not what it should be. */

#include <openssl/x509v3.h>

#include "agent/pki.h"
#include "agent/simulator_files.h"
#include "tests/attest/kit.h"
#include "tests/support/check.h"

#define LIST_MAX ((size_t)64 * 1024)

static const struct simulator_collateral honest = { .tdx = false };

/* --- lists --------------------------------------------------------------- */

static void add(X509_CRL *list, const char *oid, bool critical)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *name = OBJ_txt2obj(oid, 1);
    assert_int_equal(
        1, ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x02\1\1", 3));
    X509_EXTENSION *extension =
        X509_EXTENSION_create_by_OBJ(NULL, name, critical, value);
    assert_int_equal(1, X509_CRL_add_ext(list, extension, -1));
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(name);
    ASN1_OCTET_STRING_free(value);
}

static void delta(X509_CRL *list)
{
    add(list, "2.5.29.27", false);
}
static void partial(X509_CRL *list)
{
    add(list, "2.5.29.28", false);
}
static void unknown_critical(X509_CRL *list)
{
    add(list, "1.3.6.1.4.1.55555.1", true);
}
static void unknown(X509_CRL *list)
{
    add(list, "1.3.6.1.4.1.55555.1", false);
}
static void first_version(X509_CRL *list)
{
    while (X509_CRL_get_ext_count(list) > 0)
        X509_EXTENSION_free(X509_CRL_delete_ext(list, 0));
    assert_int_equal(1, X509_CRL_set_version(list, 0));
}
static void as_it_is(X509_CRL *list)
{
    (void)list;
}

/* The platform CA's list, changed and signed again. */
static void remake(const struct kit *kit, const struct buffer *der,
                   void (*change)(X509_CRL *), const EVP_MD *digest,
                   struct buffer *out)
{
    const unsigned char *at = der->data;
    unsigned char *again = NULL;
    struct ca_key *key = NULL;
    X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)der->len);
    assert_non_null(list);
    assert_ok(simulator_read_key(temp_dir_path(&kit->dir, "one"),
                                 SIMULATOR_CA_KEY, CA_P256, &key, NULL));
    change(list);
    assert_true(X509_CRL_sign(list, ca_key_pkey(key), digest) > 0);
    int len = i2d_X509_CRL(list, &again);
    assert_true(len > 0);
    buffer_put(out, bytes_of(again, (size_t)len));
    assert_ok(buffer_status(out));
    OPENSSL_free(again);
    X509_CRL_free(list);
    ca_key_free(key);
}

static void only_a_whole_list_counts(void **state)
{
    const struct {
        void (*change)(X509_CRL *);
        const EVP_MD *digest;
        const char *token; /* NULL: none */
    } rows[] = {
        { as_it_is, EVP_sha256(), NULL },
        { unknown, EVP_sha256(), NULL },
        { as_it_is, EVP_sha384(), "pck_ca.crl.der-sig" },
        { delta, EVP_sha256(), "pck_ca.crl.der-malformed" },
        { partial, EVP_sha256(), "pck_ca.crl.der-malformed" },
        { unknown_critical, EVP_sha256(), "pck_ca.crl.der-malformed" },
        { first_version, EVP_sha256(), "pck_ca.crl.der-malformed" },
    };
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    kit_make(kit, false, &honest, &files);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER list = buffer_make(LIST_MAX);
        struct attest_verdict v;
        struct attest_collateral c = kit_collateral(&files);
        remake(kit, &files.pck_crl, rows[i].change, rows[i].digest, &list);
        c.pck_crl = buffer_bytes(&list);
        kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
        if (rows[i].token)
            kit_failed_only(&v, rows[i].token);
        else
            assert_int_equal(0, v.failures_count);
    }
}

/* --- frames -------------------------------------------------------------- */

static void a_frame_of_another_form_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "x",
        "[]",
        "{",
        "{}",
        "{7:1}",
        "{\"tcbInfo",
        "{\"tcbInfo\"",
        "{\"tcbInfo\\\"",
        "{\"tcbInfo\":",
        "{\"tcbInfo\":7}",
        "{\"tcbInfo\":{",
        "{\"tcbInfo\":{\"a\\",
        "{\"tcbInfo\":{}}",
        "{\"tcbInfo\":{},",
        "{\"tcbInfo\":{},\"signature\":7}",
        "{\"tcbInfo\":{},\"signature\":\"\"}",
        "{\"tcbInfo\":{},\"signature\":\"00",
        "{\"tcbInfo\":{},\"more\":\"00\"}",
        "{\"signature\":\"00\"}",
        "{\"enclaveIdentity\":{},\"signature\":\"00\"}",
    };
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    kit_make(kit, false, &honest, &files);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct attest_collateral c = kit_collateral(&files);
        struct attest_verdict v;
        c.tcb_info = bytes_of_string(texts[i]);
        kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
        kit_failed_only(&v, "tcbInfo-malformed");
        assert_null(v.tcb);
    }
}

/* 128 digits, in either case, and no others. */
static void a_signature_of_another_form_is_none(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct buffer *text = &files.tcb_info;
    struct attest_collateral c = kit_collateral(&files);
    text->data[text->len - 3] = 'x';
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "tcbInfo-malformed");
    memcpy(text->data + text->len - 3, "\"} ", 3); /* one digit less */
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed_only(&v, "tcbInfo-malformed");
}

/* --- the signer's chain -------------------------------------------------- */

static void the_signers_chain_is_held_to_its_time(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    static struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    struct attest_collateral c = kit_collateral(&files);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW - 10 * KIT_DAY, &v);
    kit_failed(&v, "tcbchain:time " PKI_ROOT_NAME);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW + 4000 * KIT_DAY, &v);
    kit_failed(&v, "tcbchain:time " PKI_ROOT_NAME);
}

/* Another simulator's signer has the same names; only the key differs. */
static void a_signer_that_the_root_did_not_certify_signs_nothing(void **state)
{
    const struct kit *kit = *state;
    AUTO_COLLATERAL files = { 0 };
    AUTO_COLLATERAL theirs = { 0 };
    AUTO_CLEAR_BUFFER chain = buffer_make(LIST_MAX);
    struct attest_verdict v;
    kit_make(kit, false, &honest, &files);
    kit_make(kit, true, &honest, &theirs);
    struct attest_collateral c = kit_collateral(&theirs);
    const char *end = "-----END CERTIFICATE-----\n";
    const unsigned char *at = memmem(c.tcb_signing_chain.at,
                                     c.tcb_signing_chain.len, end, strlen(end));
    assert_non_null(at);
    size_t len = (size_t)(at - c.tcb_signing_chain.at) + strlen(end);
    buffer_put(&chain, bytes_of(c.tcb_signing_chain.at, len));
    buffer_put(&chain, simulator_root_pem(kit->simulator));
    assert_ok(buffer_status(&chain));
    c = kit_collateral(&files);
    c.tcb_signing_chain = buffer_bytes(&chain);
    kit_judge(kit, &kit->sgx, &c, KIT_NOW, &v);
    kit_failed(&v, "tcbchain:sig " PKI_TCB_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_whole_list_counts),
        cmocka_unit_test(a_frame_of_another_form_is_refused),
        cmocka_unit_test(a_signature_of_another_form_is_none),
        cmocka_unit_test(the_signers_chain_is_held_to_its_time),
        cmocka_unit_test(a_signer_that_the_root_did_not_certify_signs_nothing),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
