#include <openssl/evp.h>
#include <openssl/x509.h>

#include "api/api.h"
#include "base/text.h"
#include "ca/key.h"
#include "ca/openssl_scope.h"

static const char pem_begin[] = "-----BEGIN PRIVATE KEY-----\n";
static const char pem_end[] = "-----END PRIVATE KEY-----\n";
#define BEGIN_LEN (sizeof(pem_begin) - 1)
#define END_LEN   (sizeof(pem_end) - 1)

/* base64 of 48 bytes: one line of a PEM block. */
#define LINE_BYTES 48
#define LINE_TEXT  64

struct ca_key {
    EVP_PKEY *pkey;
    struct ca_public_key public;
};

/* Takes over `pkey`, on failure too. */
static STATUS key_adopt(EVP_PKEY *pkey, struct ca_key **out)
{
    AUTO_FREE(ca_key) key = OPENSSL_zalloc(sizeof(*key));
    if (!key) {
        EVP_PKEY_free(pkey);
        return failure(STATUS_NO_MEMORY, "OPENSSL_zalloc", 0);
    }
    key->pkey = pkey;

    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return failure(STATUS_INVALID, "i2d_PUBKEY", 0);
    struct status read =
        ca_public_key_read(bytes_of(der, (size_t)len), &key->public, NULL);
    OPENSSL_free(der);
    TRY(read);
    *out = TAKE(key);
    return OK;
}

static EVP_PKEY *generate(enum ca_key_kind kind)
{
    switch (kind) {
    case CA_KEY_P256: return EVP_EC_gen("P-256");
    case CA_KEY_P384: return EVP_EC_gen("P-384");
    case CA_KEY_RSA_3072: return EVP_RSA_gen(3072);
    case CA_KEY_RSA_4096: return EVP_RSA_gen(4096);
    }
    return NULL;
}

struct status ca_key_generate(enum ca_key_kind kind, struct ca_key **out)
{
    FORGET_ERRORS;
    EVP_PKEY *pkey = generate(kind);
    if (!pkey)
        return failure(STATUS_UNAVAILABLE, "EVP_PKEY_Q_keygen", 0);
    return key_adopt(pkey, out);
}

void ca_key_free(struct ca_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}

const struct ca_public_key *ca_key_public(const struct ca_key *key)
{
    return &key->public;
}

EVP_PKEY *ca_key_pkey(const struct ca_key *key)
{
    return key->pkey;
}

static STATUS sign_digest(void *context, const struct hash *digest,
                          unsigned char signature[CA_SIGNATURE_LEN])
{
    FORGET_ERRORS;
    struct ca_key *key = context;
    struct api_signature raw;
    unsigned char der[CA_SIGNATURE_LEN + 16];
    size_t len = sizeof(der);
    if (key->public.type != CA_P256)
        return failure(STATUS_INVALID, "ca_key_signer", 0);

    AUTO_FREE(evp_pkey_ctx_st) ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY_sign_init", 0);
    if (EVP_PKEY_sign(ctx, der, &len, digest->bytes, sizeof(digest->bytes)) !=
        1)
        return failure(STATUS_UNAVAILABLE, "EVP_PKEY_sign", 0);
    TRY(api_signature_from_der(bytes_of(der, len), &raw));
    memcpy(signature, raw.bytes, sizeof(raw.bytes));
    return OK;
}

struct ca_signer ca_key_signer(struct ca_key *key)
{
    return (struct ca_signer){ sign_digest, key };
}

/* --- PEM, in locked memory from end to end ------------------------------- */

static STATUS pkcs8_der(const struct ca_key *key, struct secret **out)
{
    AUTO_FREE(pkcs8_priv_key_info_st) info = EVP_PKEY2PKCS8(key->pkey);
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    if (len <= 0)
        return failure(STATUS_NO_MEMORY, "EVP_PKEY2PKCS8", 0);
    AUTO_FREE(secret) der = NULL;
    TRY(secret_new((size_t)len, &der));
    unsigned char *at = secret_fill(der);
    if (i2d_PKCS8_PRIV_KEY_INFO(info, &at) != len)
        return failure(STATUS_NO_MEMORY, "i2d_PKCS8_PRIV_KEY_INFO", 0);
    *out = TAKE(der);
    return OK;
}

/* EVP_EncodeBlock() ends each line with a NUL, which the newline replaces. */
static unsigned char *put_lines(unsigned char *to, struct bytes der)
{
    for (size_t i = 0; i < der.len; i += LINE_BYTES) {
        size_t left = der.len - i;
        to += EVP_EncodeBlock(to, der.at + i,
                              (int)(left < LINE_BYTES ? left : LINE_BYTES));
        *to++ = '\n';
    }
    return to;
}

struct status ca_key_write(const struct ca_key *key, struct secret **pem)
{
    FORGET_ERRORS;
    AUTO_FREE(secret) der = NULL;
    TRY(pkcs8_der(key, &der));
    struct bytes raw = secret_expose(der);
    size_t lines = (raw.len + LINE_BYTES - 1) / LINE_BYTES;
    size_t text = (raw.len + 2) / 3 * 4 + lines;

    AUTO_FREE(secret) made = NULL;
    TRY(secret_new(BEGIN_LEN + text + END_LEN, &made));
    unsigned char *to = secret_fill(made);
    memcpy(to, pem_begin, BEGIN_LEN);
    to = put_lines(to + BEGIN_LEN, raw);
    memcpy(to, pem_end, END_LEN);
    *pem = TAKE(made);
    return OK;
}

/* What stands between the two lines, without its newlines. */
static STATUS pem_body(struct bytes text, struct secret **out)
{
    struct bytes begin = bytes_of_string(pem_begin);
    struct bytes end = bytes_of_string(pem_end);
    if (text.len < begin.len + end.len ||
        !bytes_equal(bytes_of(text.at, begin.len), begin) ||
        !bytes_equal(bytes_of(text.at + text.len - end.len, end.len), end))
        return failure(STATUS_INVALID, "ca_key_read", 0);

    size_t newlines = 0;
    struct bytes body =
        bytes_of(text.at + begin.len, text.len - begin.len - end.len);
    for (size_t i = 0; i < body.len; i++)
        newlines += body.at[i] == '\n';
    AUTO_FREE(secret) made = NULL;
    TRY(secret_new(body.len - newlines, &made));
    unsigned char *to = secret_fill(made);
    for (size_t i = 0; i < body.len; i++)
        if (body.at[i] != '\n')
            *to++ = body.at[i];
    *out = TAKE(made);
    return OK;
}

struct status ca_key_read(const struct secret *pem, struct ca_key **out)
{
    FORGET_ERRORS;
    AUTO_FREE(secret) body = NULL;
    AUTO_FREE(secret) der = NULL;
    TRY(pem_body(secret_expose(pem), &body));
    TRY(base64_decode_secret(secret_expose(body), &der));

    struct bytes raw = secret_expose(der);
    const unsigned char *at = raw.at;
    AUTO_FREE(pkcs8_priv_key_info_st)
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)raw.len);
    if (!info || at != raw.at + raw.len)
        return failure(STATUS_INVALID, "d2i_PKCS8_PRIV_KEY_INFO", 0);
    EVP_PKEY *pkey = EVP_PKCS82PKEY(info);
    if (!pkey)
        return failure(STATUS_INVALID, "EVP_PKCS82PKEY", 0);
    return key_adopt(pkey, out);
}
