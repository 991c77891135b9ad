/* Extensions that no certificate of ours has, or not so. */

#include <openssl/x509v3.h>
#include <stdio.h>

#include "tests/e2e/forged_classes.h"

static X509 *without(const struct forger *f, int nid)
{
    X509 *x = X509_dup(f->honest);
    int at = x ? X509_get_ext_by_NID(x, nid, -1) : -1;
    if (at >= 0)
        X509_EXTENSION_free(X509_delete_ext(x, at));
    return x;
}

/* In the place where the honest certificate has its own, or at the end. */
static struct forged with(const struct forger *f, int nid, const char *value)
{
    int at = X509_get_ext_by_NID(f->honest, nid, -1);
    X509 *x = without(f, nid);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    if (!e || X509_add_ext(x, e, at) != 1) {
        X509_free(x);
        x = NULL;
    }
    X509_EXTENSION_free(e);
    return forged_by_zone(f, x);
}

struct forged forged_other_use(const struct forger *f, unsigned n)
{
    static const char *const uses[] = {
        "serverAuth",
        "codeSigning",
        "emailProtection",
        "timeStamping",
        "OCSPSigning",
        "anyExtendedKeyUsage",
        "clientAuth,serverAuth",
        "serverAuth,clientAuth",
        "clientAuth,clientAuth",
        "clientAuth,codeSigning",
        "critical,clientAuth",
        "1.2.3.4",
    };
    return with(f, NID_ext_key_usage, uses[n % 12]);
}

struct forged forged_other_key_usage(const struct forger *f, unsigned n)
{
    static const char *const bits[] = {
        "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
        "cRLSign",         "nonRepudiation",   "encipherOnly", "decipherOnly",
    };
    char value[160] = "critical";
    size_t len = strlen(value);
    for (unsigned i = 0; i < 8; i++)
        if ((n % 255 + 1) >> i & 1)
            len += (size_t)snprintf(value + len, sizeof(value) - len, ",%s",
                                    bits[i]);
    if (n & 1)
        (void)snprintf(value + len, sizeof(value) - len, ",digitalSignature");
    return with(f, NID_key_usage, value);
}

struct forged forged_authority_flag(const struct forger *f, unsigned n)
{
    char value[64];
    (void)snprintf(value, sizeof(value), "%sCA:TRUE", n & 1 ? "critical," : "");
    if (n > 1)
        (void)snprintf(value, sizeof(value), "critical,CA:TRUE,pathlen:%u", n);
    return with(f, NID_basic_constraints, value);
}

struct forged forged_a_name_on_a_person(const struct forger *f, unsigned n)
{
    static const char *const kinds[] = { "DNS:x%u.id.accord.test",
                                         "DNS:*.accord.test,DNS:x%u",
                                         "DNS:127.0.0.%u",
                                         "IP:127.0.0.%u",
                                         "email:root%u@accord.test",
                                         "URI:https://127.0.0.1/%u",
                                         "RID:1.2.3.%u",
                                         "critical,DNS:nodes%u.accord.test" };
    char value[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(value, sizeof(value), kinds[n % 8], n);
#pragma GCC diagnostic pop
    return with(f, NID_subject_alt_name, value);
}

struct forged forged_unknown_extension(const struct forger *f, unsigned n)
{
    char oid[64];
    unsigned char null[] = { 5, 0 };
    X509 *x = X509_dup(f->honest);
    (void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.55555.%u", n);
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    (void)ASN1_OCTET_STRING_set(value, null, sizeof(null));
    X509_EXTENSION *e =
        X509_EXTENSION_create_by_OBJ(NULL, object, n & 1 ? 1 : 0, value);
    (void)X509_add_ext(x, e, (int)(n % 7) - 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return forged_by_zone(f, x);
}

struct forged forged_doubled_extension(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    int count = X509_get_ext_count(x);
    int which = (int)n % count;
    X509_EXTENSION *e = X509_EXTENSION_dup(X509_get_ext(x, which));
    (void)X509_add_ext(x, e, ((int)n / count) % (count + 1));
    X509_EXTENSION_free(e);
    return forged_by_zone(f, x);
}

struct forged forged_missing_extension(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    int count = X509_get_ext_count(x);
    unsigned drop = n % ((1u << count) - 1) + 1; /* a set of them, not empty */
    for (int i = count - 1; i >= 0; i--)
        if (drop >> i & 1)
            X509_EXTENSION_free(X509_delete_ext(x, i));
    return forged_by_zone(f, x);
}

/* The statement is the last extension: 04 81 8b version kind account id ...
 * `at` counts from the version. */
static struct forged stated(const struct forger *f, size_t at,
                            const unsigned char *bytes, size_t len)
{
    X509 *x = X509_dup(f->honest);
    X509_EXTENSION *e = X509_get_ext(x, X509_get_ext_count(x) - 1);
    ASN1_OCTET_STRING *value =
        ASN1_OCTET_STRING_dup(X509_EXTENSION_get_data(e));
    unsigned char *data =
        (unsigned char *)(uintptr_t)ASN1_STRING_get0_data(value);
    memcpy(data + 3 + at, bytes, len);
    (void)X509_EXTENSION_set_data(e, value);
    ASN1_OCTET_STRING_free(value);
    return forged_by_zone(f, x);
}

struct forged forged_another_version_or_kind(const struct forger *f, unsigned n)
{
    unsigned char byte = (unsigned char)(n / 2 % 254);
    byte = (unsigned char)(byte + (n & 1 ? 3 : 2)); /* not 1, not person */
    if (n < 4)
        byte = (unsigned char)(n < 2 ? 0 : n & 1);
    return stated(f, n & 1, &byte, 1);
}

struct forged forged_nobody_known(const struct forger *f, unsigned n)
{
    unsigned char id[16] = { 1 };
    memcpy(id + 12, &n, sizeof(n));
    return stated(f, 2 + (n & 1 ? 16 : 0), id, sizeof(id));
}
