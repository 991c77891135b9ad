/* A simulator's directory that also holds SEV-SNP and Nitro: its files, its
 * chains, and the shape of what it hands out. */

#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "agent/simulator.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "base/file.h"
#include "tests/support/temp_dir.h"

#define NOW          1750000000u
#define EVIDENCE_MAX ((size_t)32 * 1024)

static struct temp_dir dir;

static const char *in_sim(const char *name)
{
    char both[64];
    (void)snprintf(both, sizeof(both), "sim/%s", name);
    return temp_dir_path(&dir, both);
}

static int start(void **state)
{
    (void)state;
    const char *sim;
    dir = temp_dir_make();
    sim = temp_dir_path(&dir, "sim");
    assert_ok(simulator_make(sim, NOW, NULL));
    assert_ok(simulator_nitro_make(sim, NOW, NULL));
    assert_ok(simulator_snp_make(sim, SNP_GENOA, NOW, NULL));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

static struct simulator *open_it(void)
{
    struct simulator *simulator = NULL;
    struct reason why = { "" };
    if (failed(simulator_open(temp_dir_path(&dir, "sim"), &simulator, &why)))
        fail_msg("%s", why.text);
    assert_non_null(simulator_snp(simulator));
    assert_non_null(simulator_nitro(simulator));
    return simulator;
}

/* The next certificate in DER. */
static X509 *next(const unsigned char **at, const unsigned char *end)
{
    X509 *x = d2i_X509(NULL, at, end - *at);
    assert_non_null(x);
    return x;
}

static X509 *from_pem(const char *name)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(16384);
    AUTO_CLEAR_BUFFER der = buffer_make(8192);
    assert_ok(file_read(in_sim(name), &pem));
    assert_ok(ca_pem_read("CERTIFICATE", buffer_bytes(&pem), &der, NULL));
    const unsigned char *at = der.data;
    return next(&at, der.data + der.len);
}

static void assert_signed(X509 *subject, X509 *issuer)
{
    assert_int_equal(X509_verify(subject, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(subject),
                                   X509_get_subject_name(issuer)),
                     0);
}

static void a_reports_evidence_ends_in_the_simulators_ark(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = open_it();
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    struct snp_report guest;
    simulator_snp_guest(simulator_snp(simulator), &guest);
    memset(guest.measurement, 0x77, sizeof(guest.measurement));
    memset(guest.data, 0x88, sizeof(guest.data));
    assert_ok(
        simulator_snp_evidence(simulator_snp(simulator), &guest, &evidence));
    assert_int_equal(evidence.data[0x90], 0x77);
    assert_int_equal(evidence.data[0x50], 0x88);
    const unsigned char *end = evidence.data + evidence.len;
    const unsigned char *at = evidence.data + SNP_REPORT_LEN;
    X509 *vcek = next(&at, end), *ask = next(&at, end);
    X509 *ark = from_pem("ark.pem");
    assert_ptr_equal(at, end);
    assert_signed(vcek, ask);
    assert_signed(ask, ark);
    assert_signed(ark, ark);
    X509_free(vcek);
    X509_free(ask);
    X509_free(ark);
}

static size_t little(const unsigned char *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 |
           (size_t)at[3] << 24;
}

static void the_table_holds_three_certificates_back_to_back(void **state)
{
    (void)state;
    static const char *const names[] = { "vcek.pem", "ask.pem", "ark.pem" };
    static const unsigned char end[24];
    AUTO_FREE(simulator) simulator = open_it();
    AUTO_CLEAR_BUFFER table = buffer_make(EVIDENCE_MAX);
    assert_ok(simulator_snp_table(simulator_snp(simulator), &table));
    size_t expected = (size_t)4 * 24;
    for (size_t i = 0; i < 3; i++) {
        const unsigned char *entry = table.data + 24 * i;
        X509 *wanted = from_pem(names[i]);
        assert_int_equal(little(entry + 16), expected);
        const unsigned char *at = table.data + expected;
        expected += little(entry + 20);
        X509 *found = next(&at, table.data + expected);
        assert_ptr_equal(at, table.data + expected);
        assert_int_equal(X509_cmp(found, wanted), 0);
        X509_free(found);
        X509_free(wanted);
    }
    assert_memory_equal(table.data + 72, end, sizeof(end));
    assert_int_equal(expected, table.len);
}

static bool within(const struct buffer *whole, const void *part, size_t len)
{
    return memmem(whole->data, whole->len, part, len) != NULL;
}

static void a_document_holds_what_was_asked_and_its_chain(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = open_it();
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    unsigned char data[64];
    struct nitro_document wanted;
    memset(data, 0x99, sizeof(data));
    simulator_nitro_enclave(&wanted);
    memset(wanted.pcr[0], 0x66, sizeof(wanted.pcr[0]));
    wanted.user_data = bytes_of(data, sizeof(data));
    assert_ok(simulator_nitro_evidence(simulator_nitro(simulator), &wanted, NOW,
                                       &evidence));
    assert_true(within(&evidence, data, sizeof(data)));
    assert_true(within(&evidence, wanted.pcr[0], sizeof(wanted.pcr[0])));
    X509 *root = from_pem("nitro-root.pem"), *region = from_pem("nitro-region"
                                                                ".pem");
    X509 *ca = from_pem("nitro-ca.pem");
    assert_signed(root, root);
    assert_signed(region, root);
    assert_signed(ca, region);
    X509_free(root);
    X509_free(region);
    X509_free(ca);
}

static void no_two_documents_have_the_same_key(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = open_it();
    AUTO_CLEAR_BUFFER one = buffer_make(EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER two = buffer_make(EVIDENCE_MAX);
    struct nitro_document wanted;
    simulator_nitro_enclave(&wanted);
    assert_ok(simulator_nitro_evidence(simulator_nitro(simulator), &wanted, NOW,
                                       &one));
    assert_ok(simulator_nitro_evidence(simulator_nitro(simulator), &wanted, NOW,
                                       &two));
    assert_false(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
}

static void keys_are_the_owners_and_nothing_is_made_again(void **state)
{
    (void)state;
    static const char *const keys[] = { "ark.key", "ask.key", "vcek.key",
                                        "nitro-root.key", "nitro-ca.key" };
    struct reason why = { "" };
    struct stat info;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(stat(in_sim(keys[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    const char *sim = temp_dir_path(&dir, "sim");
    assert_status(STATUS_CONFLICT,
                  simulator_snp_make(sim, SNP_MILAN, NOW, &why));
    assert_non_null(strstr(why.text, "SEV-SNP already"));
    assert_status(STATUS_CONFLICT, simulator_nitro_make(sim, NOW, &why));
    assert_non_null(strstr(why.text, "Nitro already"));
}

static void parts_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "vcek.key", "nitro-ca.key" };
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE(ca_key) other = NULL;
        AUTO_FREE(secret) pem = NULL;
        struct simulator *broken = NULL;
        struct reason why = { "" };
        assert_ok(ca_key_generate(CA_KEY_P384, &other));
        assert_ok(ca_key_write(other, &pem));
        assert_int_equal(rename(in_sim(names[i]), in_sim("away")), 0);
        assert_status(
            STATUS_NOT_FOUND,
            simulator_open(temp_dir_path(&dir, "sim"), &broken, &why));
        assert_non_null(strstr(why.text, names[i]));
        assert_ok(file_write(in_sim(names[i]), secret_expose(pem), 0600));
        assert_status(STATUS_CORRUPT, simulator_open(temp_dir_path(&dir, "sim"),
                                                     &broken, &why));
        assert_non_null(
            strstr(why.text, "keys and certificates do not belong together"));
        assert_int_equal(rename(in_sim("away"), in_sim(names[i])), 0);
        assert_null(broken);
    }
}

static void without_them_there_are_none(void **state)
{
    (void)state;
    AUTO_FREE(simulator) simulator = NULL;
    const char *bare = temp_dir_path(&dir, "bare");
    assert_ok(simulator_make(bare, NOW, NULL));
    assert_ok(simulator_open(bare, &simulator, NULL));
    assert_null(simulator_snp(simulator));
    assert_null(simulator_nitro(simulator));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reports_evidence_ends_in_the_simulators_ark),
        cmocka_unit_test(the_table_holds_three_certificates_back_to_back),
        cmocka_unit_test(a_document_holds_what_was_asked_and_its_chain),
        cmocka_unit_test(no_two_documents_have_the_same_key),
        cmocka_unit_test(keys_are_the_owners_and_nothing_is_made_again),
        cmocka_unit_test(parts_that_do_not_belong_together_are_refused),
        cmocka_unit_test(without_them_there_are_none),
    };
    assert_ok(secret_heap_open((size_t)512 * 1024));
    return cmocka_run_group_tests(tests, start, stop);
}
