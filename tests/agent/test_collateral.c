/* The simulator's collateral: what is signed, by whom, and that each knob
 * turns what it says. */

#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "agent/simulator.h"
#include "agent/simulator_collateral.h"
#include "api/api.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/support/temp_dir.h"

#define NOW      1750000000u /* 2025-06-15T15:06:40Z */
#define DAY      86400u
#define TEXT_MAX ((size_t)256 * 1024)

static struct temp_dir dir;

static int start(void **state)
{
    (void)state;
    dir = temp_dir_make();
    assert_ok(simulator_make(temp_dir_path(&dir, "sim"), NOW, NULL));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

static void make(const struct simulator_collateral *wanted,
                 struct collateral_files *out)
{
    struct reason why = { "" };
    assert_ok(simulator_collateral_make(temp_dir_path(&dir, "sim"), wanted, NOW,
                                        out, &why));
}

static bool says(const struct buffer *text, const char *what)
{
    return memmem(text->data, text->len, what, strlen(what)) != NULL;
}

static X509 *certificate(const char *name)
{
    char path[64];
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    (void)snprintf(path, sizeof(path), "sim/%s", name);
    assert_ok(file_read(temp_dir_path(&dir, path), &pem));
    assert_ok(ca_pem_read("CERTIFICATE", buffer_bytes(&pem), &der, NULL));
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x);
    return x;
}

/* {"<member>":OBJECT,"signature":"128 digits"} */
static bool holds(const struct buffer *text, const char *member, X509 *signer)
{
    char head[64];
    struct api_signature raw;
    AUTO_CLEAR_BUFFER der = buffer_make(128);
    size_t tail = strlen(",\"signature\":\"") + 128 + 2;
    int skip = snprintf(head, sizeof(head), "{\"%s\":", member);
    assert_true(text->len > (size_t)skip + tail);
    assert_memory_equal(text->data, head, (size_t)skip);
    struct bytes object =
        bytes_of(text->data + skip, text->len - (size_t)skip - tail);
    assert_ok(hex_decode(bytes_of(text->data + text->len - 130, 128), raw.bytes,
                         sizeof(raw.bytes)));
    assert_ok(api_signature_to_der(&raw, &der));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
                                          X509_get0_pubkey(signer)),
                     1);
    int result =
        EVP_DigestVerify(ctx, der.data, der.len, object.at, object.len);
    EVP_MD_CTX_free(ctx);
    return result == 1;
}

static void the_signer_certified_by_the_root_signs_the_very_bytes(void **state)
{
    (void)state;
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral honest = { 0 };
    X509 *signer = certificate("tcb-signing.pem");
    X509 *root = certificate("root.pem");
    make(&honest, &files);
    assert_int_equal(X509_verify(signer, X509_get0_pubkey(root)), 1);
    assert_true(holds(&files.tcb_info, "tcbInfo", signer));
    assert_true(holds(&files.qe_identity, "enclaveIdentity", signer));
    assert_false(holds(&files.tcb_info, "tcbInfo", root));
    files.tcb_info.data[20] ^= 1;
    assert_false(holds(&files.tcb_info, "tcbInfo", signer));
    X509_free(signer);
    X509_free(root);
}

static void no_name_is_a_vendors(void **state)
{
    (void)state;
    static const char *const all[] = { "root.pem", "platform-ca.pem", "pck.pem",
                                       "tcb-signing.pem" };
    for (size_t i = 0; i < 4; i++) {
        X509 *x = certificate(all[i]);
        char *text = X509_NAME_oneline(X509_get_subject_name(x), NULL, 0);
        assert_non_null(strstr(text, "Accord simulator (no hardware)"));
        assert_null(strstr(text, "Intel"));
        OPENSSL_free(text);
        X509_free(x);
    }
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral honest = { 0 };
    make(&honest, &files);
    assert_true(says(&files.tcb_info, "\"fmspc\":\"51A000000001\""));
}

static void assert_json(const struct buffer *text)
{
    struct reason why = { "" };
    AUTO_JSON *json = NULL;
    assert_ok(api_json_read(buffer_bytes(text), TEXT_MAX, true, &json, &why));
}

static void both_statements_are_json_without_doubled_members(void **state)
{
    (void)state;
    const struct simulator_collateral rows[] = {
        { 0 }, { .tdx = true }, { .version = 2 }, { .advisories = "A,B" }
    };
    for (size_t i = 0; i < 4; i++) {
        AUTO_COLLATERAL files = { 0 };
        make(&rows[i], &files);
        assert_json(&files.tcb_info);
        assert_json(&files.qe_identity);
    }
}

static void every_status_can_be_the_platforms(void **state)
{
    (void)state;
    static const char *const all[] = { "UpToDate",
                                       "SWHardeningNeeded",
                                       "ConfigurationNeeded",
                                       "ConfigurationAndSWHardeningNeeded",
                                       "OutOfDate",
                                       "OutOfDateConfigurationNeeded",
                                       "Revoked" };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        AUTO_COLLATERAL files = { 0 };
        char first[128];
        const struct simulator_collateral wanted = { .status = all[i],
                                                     .tcb_date = NOW };
        (void)snprintf(first, sizeof(first),
                       "{\"svn\":1}],\"pcesvn\":13},\"tcbDate\":"
                       "\"2025-06-15T15:06:40Z\",\"tcbStatus\":\"%s\"",
                       all[i]);
        make(&wanted, &files);
        assert_true(says(&files.tcb_info, first));
    }
}

static void not_supported_leaves_no_level_that_matches(void **state)
{
    (void)state;
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral wanted = { .tdx = true,
                                                 .status = "NotSupported",
                                                 .qe_status = "NotSupported",
                                                 .module_status =
                                                     "NotSupported" };
    make(&wanted, &files);
    assert_true(says(&files.tcb_info, "\"pcesvn\":14,"));
    assert_false(says(&files.tcb_info, "\"pcesvn\":13,"));
    assert_false(says(&files.tcb_info, "OutOfDate"));
    assert_true(says(&files.tcb_info, "[{\"tcb\":{\"isvsvn\":5}"));
    assert_true(says(&files.qe_identity, "[{\"tcb\":{\"isvsvn\":9}"));
    assert_false(says(&files.qe_identity, "OutOfDate"));
}

static void the_other_knobs_turn_what_they_say(void **state)
{
    (void)state;
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral wanted = {
        .tdx = true,
        .qe_status = "OutOfDate",
        .module_status = "Revoked",
        .advisories = "INTEL-SA-00615,INTEL-SA-00657",
        .evaluation = 4242,
        .issued = NOW - 3 * DAY,
        .next_update = NOW - 2 * DAY,
    };
    make(&wanted, &files);
    assert_true(says(&files.tcb_info, "\"advisoryIDs\":[\"INTEL-SA-00615\","
                                      "\"INTEL-SA-00657\"]"));
    assert_true(says(&files.tcb_info,
                     "{\"id\":\"TDX\",\"version\":3,\"issueDate\":"
                     "\"2025-06-12T15:06:40Z\",\"nextUpdate\":"
                     "\"2025-06-13T15:06:40Z\""));
    assert_true(says(&files.tcb_info,
                     "\"tcbEvaluationDataNumber\":4242,\"tdxModule\""));
    assert_true(says(&files.tcb_info, "\"id\":\"TDX_01\""));
    assert_true(says(&files.tcb_info, "\"tcbStatus\":\"Revoked\""));
    assert_true(says(&files.qe_identity, "{\"id\":\"TD_QE\",\"version\":2,"));
    assert_true(says(&files.qe_identity, "\"tcbEvaluationDataNumber\":4242"));
    assert_false(says(&files.qe_identity, "UpToDate"));
}

static void version_2_numbers_its_components(void **state)
{
    (void)state;
    AUTO_COLLATERAL files = { 0 };
    struct simulator_collateral wanted = { .version = 2 };
    struct reason why = { "" };
    make(&wanted, &files);
    assert_true(says(&files.tcb_info, "{\"tcbInfo\":{\"version\":2,"));
    assert_true(says(&files.tcb_info, "\"sgxtcbcomp01svn\":1,"));
    assert_true(says(&files.tcb_info, "\"sgxtcbcomp16svn\":1,\"pcesvn\":13}"));
    assert_false(says(&files.tcb_info, "sgxtcbcomponents"));
    wanted.tdx = true;
    collateral_files_clear(&files);
    assert_status(STATUS_INVALID,
                  simulator_collateral_make(temp_dir_path(&dir, "sim"), &wanted,
                                            NOW, &files, &why));
    assert_non_null(strstr(why.text, "version 2"));
}

static X509_CRL *list_of(const struct buffer *der, const char *issuer)
{
    const unsigned char *at = der->data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der->len);
    X509 *x = certificate(issuer);
    assert_non_null(crl);
    assert_ptr_equal(at, der->data + der->len);
    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(x)), 1);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(x)), 0);
    X509_free(x);
    return crl;
}

static bool lists(X509_CRL *crl, const char *name)
{
    X509_REVOKED *entry;
    X509 *x = certificate(name);
    int found = X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(x));
    X509_free(x);
    return found == 1;
}

static void lists_hold_what_is_revoked_and_nothing_else(void **state)
{
    (void)state;
    const struct simulator_collateral rows[] = {
        { 0 },
        { .revoke_pck = true },
        { .revoke_platform_ca = true },
        { .revoke_tcb_signing = true },
        { .revoke_pck = true,
          .revoke_platform_ca = true,
          .revoke_tcb_signing = true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_COLLATERAL files = { 0 };
        make(&rows[i], &files);
        X509_CRL *root = list_of(&files.root_crl, "root.pem");
        X509_CRL *pck = list_of(&files.pck_crl, "platform-ca.pem");
        assert_int_equal(lists(pck, "pck.pem"), rows[i].revoke_pck);
        assert_int_equal(lists(root, "platform-ca.pem"),
                         rows[i].revoke_platform_ca);
        assert_int_equal(lists(root, "tcb-signing.pem"),
                         rows[i].revoke_tcb_signing);
        assert_false(lists(root, "pck.pem"));
        assert_non_null(X509_CRL_get0_nextUpdate(root));
        X509_CRL_free(root);
        X509_CRL_free(pck);
    }
}

static void six_files_are_written_over_what_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "tcbinfo.json",    "qeidentity.json", "tcb_signing_chain.pem",
        "root_ca.crl.der", "pck_ca.crl.der",  "pck_crl_issuer_chain.pem"
    };
    AUTO_COLLATERAL files = { 0 };
    const struct simulator_collateral honest = { 0 };
    struct reason why = { "" };
    make(&honest, &files);
    for (size_t round = 0; round < 2; round++) {
        assert_ok(collateral_write(&files, temp_dir_path(&dir, "out"), &why));
        for (size_t i = 0; i < 6; i++) {
            char path[64];
            (void)snprintf(path, sizeof(path), "out/%s", names[i]);
            assert_int_equal(access(temp_dir_path(&dir, path), R_OK), 0);
        }
    }
    assert_status(
        STATUS_UNAVAILABLE,
        collateral_write(&files, temp_dir_path(&dir, "no/where"), &why));
    assert_non_null(strstr(why.text, "no/where"));
}

static void without_a_key_it_says_which(void **state)
{
    (void)state;
    static const char *const names[] = { "root.key", "platform-ca.key",
                                         "tcb-signing.key", "pck.key",
                                         "tcb-signing.pem" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO_COLLATERAL files = { 0 };
        const struct simulator_collateral honest = { 0 };
        struct reason why = { "" };
        char path[64];
        (void)snprintf(path, sizeof(path), "sim/%s", names[i]);
        assert_int_equal(
            rename(temp_dir_path(&dir, path), temp_dir_path(&dir, "away")), 0);
        assert_status(STATUS_NOT_FOUND,
                      simulator_collateral_make(temp_dir_path(&dir, "sim"),
                                                &honest, NOW, &files, &why));
        assert_non_null(strstr(why.text, names[i]));
        assert_int_equal(
            rename(temp_dir_path(&dir, "away"), temp_dir_path(&dir, path)), 0);
    }
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_signer_certified_by_the_root_signs_the_very_bytes),
        EACH(no_name_is_a_vendors),
        EACH(both_statements_are_json_without_doubled_members),
        EACH(every_status_can_be_the_platforms),
        EACH(not_supported_leaves_no_level_that_matches),
        EACH(the_other_knobs_turn_what_they_say),
        EACH(version_2_numbers_its_components),
        EACH(lists_hold_what_is_revoked_and_nothing_else),
        EACH(six_files_are_written_over_what_is_there),
        EACH(without_a_key_it_says_which),
    };
    assert_ok(secret_heap_open((size_t)256 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
