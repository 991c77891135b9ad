#include "tests/e2e/forged_classes.h"

#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/scope.h"

#define HOUR 3600L

/* --- fields -------------------------------------------------------------- */

static struct forged over(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    long ago = 1 + (long)n * HOUR;
    (void)X509_gmtime_adj(X509_getm_notBefore(x), -ago - 24 * HOUR);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), -ago);
    return forged_by_zone(f, x);
}

static struct forged not_yet(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    (void)X509_gmtime_adj(X509_getm_notBefore(x), (long)(n + 1) * HOUR);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), (long)(n + 24) * HOUR);
    return forged_by_zone(f, x);
}

static struct forged odd_serial(const struct forger *f, unsigned n)
{
    unsigned char bytes[40];
    X509 *x = X509_dup(f->honest);
    size_t len = n == 0 ? 1 : 1 + n % 2 + (n & 1 ? 16 + n % 20 : 0);
    memset(bytes, n == 0 ? 0 : 0x11 + (int)n, sizeof(bytes));
    ASN1_INTEGER *serial = X509_get_serialNumber(x);
    (void)ASN1_STRING_set(serial, bytes, (int)len);
    serial->type = n > 0 && !(n & 1) ? V_ASN1_NEG_INTEGER : V_ASN1_INTEGER;
    return forged_by_zone(f, x);
}

static struct forged version(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    (void)X509_set_version(x, n % 2);
    return forged_by_zone(f, x);
}

static struct forged other_digest(const struct forger *f, unsigned n)
{
    const EVP_MD *const digests[] = { EVP_sha1(), EVP_sha224(), EVP_sha384(),
                                      EVP_sha512() };
    X509 *x = X509_dup(f->honest);
    if (!forged_zone_signs(f, x, digests[n % 4])) {
        X509_free(x);
        x = NULL;
    }
    return forged_presented(x, f->key);
}

static EVP_PKEY *odd_key(unsigned n)
{
    switch (n % 7) {
    case 0: return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    case 1: return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
    case 2: return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    case 3: return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224");
    case 4: return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    case 5: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    default: return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    }
}

static struct forged key_of_another_kind(const struct forger *f, unsigned n)
{
    EVP_PKEY *key = odd_key(n);
    X509 *x = X509_dup(f->honest);
    (void)X509_set_pubkey(x, key);
    struct forged made = forged_by_zone(f, x);
    EVP_PKEY_free(made.key);
    made.key = key;
    return made;
}

/* --- other signers ------------------------------------------------------- */

static struct forged namesake_of_the_zone(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    (void)X509_set_pubkey(x, n & 1 ? f->stranger : f->key);
    (void)X509_sign(x, f->stranger, n % 4 < 2 ? EVP_sha256() : EVP_sha384());
    return forged_presented(x, n & 1 ? f->stranger : f->key);
}

static struct forged signed_by_itself(const struct forger *f, unsigned n)
{
    EVP_PKEY *key = n & 1 ? f->stranger : f->key;
    X509 *x = X509_dup(f->honest);
    (void)X509_set_pubkey(x, key);
    (void)X509_set_issuer_name(x, X509_get_subject_name(x));
    (void)X509_sign(x, key, EVP_sha256());
    return forged_presented(x, key);
}

/* The holder of an honest certificate issues one below it. */
static struct forged below_an_honest_one(const struct forger *f, unsigned n)
{
    X509 *x = X509_dup(f->honest);
    (void)X509_set_pubkey(x, f->stranger);
    if (n & 1)
        (void)X509_set_issuer_name(x, X509_get_subject_name(f->honest));
    (void)X509_sign(x, f->key, EVP_sha256());
    struct forged made = forged_presented(x, f->stranger);
    made.chain = X509_dup(f->honest);
    return made;
}

/* A key pair that says it is the honest one and signs with another. */
static EVP_PKEY *pretended(const EVP_PKEY *honest, unsigned secret)
{
    unsigned char point[65];
    size_t len = 0;
    EVP_PKEY *made = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = BN_new();
    (void)BN_set_word(number, secret);
    (void)EVP_PKEY_get_octet_string_param(honest, "encoded-pub-key", point,
                                          sizeof(point), &len);
    (void)OSSL_PARAM_BLD_push_utf8_string(build, "group", "P-256", 0);
    (void)OSSL_PARAM_BLD_push_octet_string(build, "pub", point, len);
    (void)OSSL_PARAM_BLD_push_BN(build, "priv", number);
    OSSL_PARAM *parts = OSSL_PARAM_BLD_to_param(build);
    (void)EVP_PKEY_fromdata_init(ctx);
    (void)EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, parts);
    OSSL_PARAM_free(parts);
    BN_free(number);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return made;
}

static struct forged without_its_key(const struct forger *f, unsigned n)
{
    return (struct forged){ .certificate = X509_dup(f->honest),
                            .key = pretended(f->key, 2 + n) };
}

/* One bit of what an honest CA signed, or of its signature. */
static struct forged altered(const struct forger *f, unsigned n)
{
    unsigned char *der = NULL, *again = NULL;
    int len = i2d_X509(f->honest, &der), same_len;
    struct forged made = { 0 };
    unsigned bit = n * 37u % ((unsigned)len * 8);
    der[bit / 8] ^= (unsigned char)(1u << bit % 8);
    const unsigned char *at = der;
    X509 *x = d2i_X509(NULL, &at, len);
    same_len = x ? i2d_X509(x, &again) : -1;
    /* Only what would be sent as it was altered. */
    if (same_len == len && memcmp(der, again, (size_t)len) == 0)
        made = forged_presented(TAKE(x), f->key);
    X509_free(x);
    OPENSSL_free(der);
    OPENSSL_free(again);
    return made;
}

/* clang-format off */
const struct forgery forgeries[] = {
    { "one bit altered",                    600, altered, false },
    { "a CA of the zone's name",            200, namesake_of_the_zone, false },
    { "signed by itself",                   150, signed_by_itself, false },
    { "below an honest person's",           100, below_an_honest_one, false },
    { "honest, with another key",           100, without_its_key, false },
    { "expired",                            150, over, false },
    { "not yet valid",                      150, not_yet, false },
    { "another extended key usage",         100, forged_other_use, false },
    { "another key usage",                  120, forged_other_key_usage, false },
    { "a CA by its basic constraints",       60, forged_authority_flag, false },
    { "a name on a person's",               100, forged_a_name_on_a_person, false },
    { "an unknown extension, critical or not", 100, forged_unknown_extension, false },
    { "an extension twice",                  42, forged_doubled_extension, false },
    { "extensions missing",                  60, forged_missing_extension, false },
    { "another version or kind stated",     100, forged_another_version_or_kind, false },
    { "of nobody who is known",             100, forged_nobody_known, true },
    { "an odd serial",                       60, odd_serial, false },
    { "X.509 version 1 or 2",                10, version, false },
    { "signed over another digest",          20, other_digest, false },
    { "a weak or unknown kind of key",       42, key_of_another_kind, false },
};
/* clang-format on */
const unsigned forgeries_count = sizeof(forgeries) / sizeof(forgeries[0]);
