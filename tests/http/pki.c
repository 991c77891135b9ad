#include "tests/http/pki.h"

#include "tests/support/check.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY 86400L

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(made);
    assert_int_equal(X509_add_ext(certificate, made, -1), 1);
    X509_EXTENSION_free(made);
}

static X509 *draft(EVP_PKEY *key, const char *name, long age)
{
    static long serial = 1;
    X509 *made = X509_new();
    assert_non_null(made);
    assert_int_equal(X509_set_version(made, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made), serial++),
                     1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(made), -age));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(made), DAY - age));
    assert_int_equal(X509_set_pubkey(made, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(
                         X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                         (const unsigned char *)name, -1, -1, 0),
                     1);
    return made;
}

static void sign(X509 *certificate, X509 *issuer, EVP_PKEY *key)
{
    assert_int_equal(
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
}

static struct buffer pem_of(X509 *certificate)
{
    struct buffer text = buffer_make(16384);
    char *at = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(out, certificate), 1);
    long len = BIO_get_mem_data(out, &at);
    buffer_put(&text, bytes_of(at, (size_t)len));
    BIO_free(out);
    assert_ok(buffer_status(&text));
    return text;
}

struct pki pki_make(const char *name)
{
    struct pki made = { .key = EVP_EC_gen("P-256") };
    assert_non_null(made.key);
    made.certificate = draft(made.key, name, 60);
    add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    sign(made.certificate, made.certificate, made.key);
    made.pem = pem_of(made.certificate);
    return made;
}

void pki_clear(struct pki *pki)
{
    EVP_PKEY_free(pki->key);
    X509_free(pki->certificate);
    buffer_clear(&pki->pem);
}

struct pki_identity pki_issue(const struct pki *issuer, const char *name,
                              const char *names, long age)
{
    struct pki_identity made = { .key = EVP_EC_gen("P-256") };
    assert_non_null(made.key);
    made.certificate = draft(made.key, name, age);
    if (names)
        add_extension(made.certificate, NID_subject_alt_name, names);
    sign(made.certificate, issuer->certificate, issuer->key);
    made.pem = pem_of(made.certificate);
    return made;
}

void pki_identity_clear(struct pki_identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    buffer_clear(&identity->pem);
}
