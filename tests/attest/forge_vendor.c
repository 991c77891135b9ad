#include "tests/attest/forge_vendor.h"

#include <stdio.h>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "agent/pki_parts.h"
#include "base/file.h"
#include "tests/support/check.h"

#define DER_MAX ((size_t)8192)

#ifndef VENDOR_KEYS
#error "the build names the directory"
#endif

static void sign_again(const struct vendor_certificate *what,
                       struct buffer *der)
{
    const unsigned char *at = der->data;
    unsigned char *again = NULL;
    X509 *x = d2i_X509(NULL, &at, (long)der->len);
    const struct ca_key *signer = what->forger ? what->forger : what->signer;
    assert_non_null(x);
    if (what->retouch)
        what->retouch(x);
    if (what->sign)
        what->sign(x, signer);
    else
        assert_ok(pki_sign(x, what->says.manner, signer));
    int len = i2d_X509(x, &again);
    assert_true(len > 0);
    buffer_clear(der);
    buffer_put(der, bytes_of(again, (size_t)len));
    OPENSSL_free(again);
    X509_free(x);
}

void vendor_der(const struct vendor_certificate *what, struct buffer *der)
{
    AUTO_CLEAR_BUFFER made = buffer_make(DER_MAX);
    assert_ok(pki_issue(&what->says, what->key, what->signer, &made));
    if (what->retouch || what->forger || what->sign)
        sign_again(what, &made);
    buffer_put(der, buffer_bytes(&made));
    assert_ok(buffer_status(der));
}

void vendor_pem(const struct vendor_certificate *what, struct buffer *pem)
{
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    vendor_der(what, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), pem);
    assert_ok(buffer_status(pem));
}

/* Several tests may make the same key at the same time: the last stays. */
struct ca_key *vendor_rsa_key(const char *name)
{
    AUTO_FREE(secret) kept = NULL;
    AUTO_FREE(secret) pem = NULL;
    struct ca_key *key = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s.pem", VENDOR_KEYS, name);
    if (!failed(file_read_secret(path, 8192, false, &kept)) &&
        !failed(ca_key_read(kept, &key)))
        return key;
    assert_ok(ca_key_generate(CA_KEY_RSA_4096, &key));
    assert_ok(ca_key_write(key, &pem));
    assert_ok(file_make_directory(VENDOR_KEYS, 0700));
    assert_ok(file_write(path, secret_expose(pem), 0600));
    return key;
}

void vendor_anchor(const struct vendor_certificate *root,
                   struct attest_anchor *out)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(DER_MAX);
    struct reason why = { "" };
    vendor_pem(root, &pem);
    assert_ok(
        attest_anchor_read(buffer_bytes(&pem), "honest", true, out, &why));
}

static void sign_pss(X509 *certificate, const struct ca_key *signer,
                     const EVP_MD *digest, int salt)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    assert_int_equal(
        EVP_DigestSignInit(ctx, &how, digest, NULL, ca_key_pkey(signer)), 1);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(how, salt) > 0);
    assert_true(X509_sign_ctx(certificate, ctx) > 0);
    EVP_MD_CTX_free(ctx);
}

void vendor_sign_pkcs1(X509 *certificate, const struct ca_key *signer)
{
    assert_true(X509_sign(certificate, ca_key_pkey(signer), EVP_sha384()) > 0);
}

void vendor_sign_ecdsa_sha256(X509 *certificate, const struct ca_key *signer)
{
    assert_true(X509_sign(certificate, ca_key_pkey(signer), EVP_sha256()) > 0);
}

void vendor_sign_sha256(X509 *certificate, const struct ca_key *signer)
{
    sign_pss(certificate, signer, EVP_sha256(), 48);
}

void vendor_sign_short_salt(X509 *certificate, const struct ca_key *signer)
{
    sign_pss(certificate, signer, EVP_sha384(), 32);
}

void vendor_add_critical(X509 *certificate)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(value, (const void *)"x", 1), 1);
    X509_EXTENSION *extension =
        X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void drop(X509 *certificate, int nid)
{
    int at = X509_get_ext_by_NID(certificate, nid, -1);
    assert_true(at >= 0);
    X509_EXTENSION_free(X509_delete_ext(certificate, at));
}

void vendor_drop_constraints(X509 *certificate)
{
    drop(certificate, NID_basic_constraints);
}

void vendor_drop_usage(X509 *certificate)
{
    drop(certificate, NID_key_usage);
}
