#include "tests/attest/forge.h"

#include <openssl/x509.h>

#include "tests/support/check.h"

#define QUOTE_MAX ((size_t)64 * 1024)

static const unsigned char auth[32] = { 0, 1, 2, 3 };

static struct ca_key *make_key(enum ca_key_kind kind)
{
    struct ca_key *key = NULL;
    assert_ok(ca_key_generate(kind, &key));
    return key;
}

static struct forge_certificate certificate(const char *name,
                                            const char *issuer, int path_length,
                                            const struct ca_key *key,
                                            const struct ca_key *signer)
{
    return (struct forge_certificate){
        .says = { .name = name,
                  .issuer = issuer,
                  .path_length = path_length,
                  .not_before = FORGE_NOW - 10 * FORGE_DAY,
                  .not_after = FORGE_NOW + 10 * FORGE_DAY },
        .key = key,
        .signer = signer,
    };
}

static void fill_reports(struct forge *f)
{
    f->report = (struct sgx_report){ .flags = SGX_INIT | SGX_MODE64BIT,
                                     .xfrm = 0xe7,
                                     .isvprodid = 0x1234,
                                     .isvsvn = 0x5678 };
    memset(f->report.mrenclave, 0xee, sizeof(f->report.mrenclave));
    memset(f->report.mrsigner, 0x55, sizeof(f->report.mrsigner));
    for (unsigned char i = 0; i < sizeof(f->report.data); i++)
        f->report.data[i] = (unsigned char)(0x80 + i);
    memset(f->report.cpusvn, 7, sizeof(f->report.cpusvn));
    f->qe = (struct sgx_report){
        .flags = SGX_INIT | SGX_MODE64BIT | SGX_PROVISION_KEY,
        .xfrm = 0xe7,
        .isvprodid = 1,
    };
    memset(f->qe.mrsigner, 0x99, sizeof(f->qe.mrsigner));
}

static void read_anchor(struct forge *f)
{
    AUTO_CLEAR_BUFFER der = buffer_make(QUOTE_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    forge_der(&f->root, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    assert_ok(attest_anchor_read(buffer_bytes(&pem), "forge", true, &f->anchor,
                                 NULL));
}

void forge_init(struct forge *f)
{
    *f = (struct forge){ .order = "lcr", .extension = buffer_make(2048) };
    for (size_t i = 0; i < 4; i++)
        f->keys[i] = make_key(CA_KEY_P256);
    f->other = make_key(CA_KEY_P256);
    f->root =
        certificate(PKI_ROOT_NAME, PKI_ROOT_NAME, 1, f->keys[0], f->keys[0]);
    f->ca = certificate(PKI_CA_NAME, PKI_ROOT_NAME, 0, f->keys[1], f->keys[0]);
    f->pck = certificate(PKI_PCK_NAME, PKI_CA_NAME, PKI_NOT_A_CA, f->keys[2],
                         f->keys[1]);
    f->attestation = f->bound = f->keys[3];
    f->platform_key = f->keys[2];
    f->platform = (struct sgx_platform){ .fmspc = SGX_EXTENSION_FMSPC,
                                         .pceid = { 0xab, 0xcd },
                                         .pcesvn = 0x8001 };
    for (unsigned char i = 0; i < 16; i++) {
        f->platform.components[i] = (unsigned char)(i * 17); /* 0 to 255 */
        f->platform.ppid[i] = (unsigned char)(0xa0 + i);
    }
    fill_reports(f);
    read_anchor(f);
}

void forge_clear(struct forge *f)
{
    for (size_t i = 0; i < 4; i++)
        ca_key_free(f->keys[i]);
    ca_key_free(f->other);
    buffer_clear(&f->extension);
}

static void retouch(const struct forge_certificate *what, struct buffer *der)
{
    const unsigned char *at = der->data;
    unsigned char *again = NULL;
    X509 *x = d2i_X509(NULL, &at, (long)der->len);
    const EVP_MD *digest = what->digest ? what->digest : EVP_sha256();
    const struct ca_key *signer = what->forger ? what->forger : what->signer;
    assert_non_null(x);
    if (what->retouch)
        what->retouch(x);
    assert_true(X509_sign(x, ca_key_pkey(signer), digest) > 0);
    int len = i2d_X509(x, &again);
    assert_true(len > 0);
    buffer_clear(der);
    buffer_put(der, bytes_of(again, (size_t)len));
    OPENSSL_free(again);
    X509_free(x);
}

void forge_der(const struct forge_certificate *what, struct buffer *der)
{
    assert_ok(pki_issue(&what->says, what->key, what->signer, der));
    if (what->retouch || what->digest || what->forger)
        retouch(what, der);
    assert_ok(buffer_status(der));
}

static void put_pem(const struct forge_certificate *what, struct buffer *pem)
{
    AUTO_CLEAR_BUFFER der = buffer_make(QUOTE_MAX);
    forge_der(what, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), pem);
}

static void put_chain(struct forge *f, struct buffer *pem)
{
    struct forge_certificate other = f->root;
    other.key = other.signer = f->other;
    if (f->extension.len == 0)
        assert_ok(sgx_extension_write(&f->platform, &f->extension));
    if (!f->pck.says.sgx_extension.at)
        f->pck.says.sgx_extension = buffer_bytes(&f->extension);
    for (const char *c = f->order; *c; c++)
        put_pem(*c == 'l'   ? &f->pck
                : *c == 'c' ? &f->ca
                : *c == 'r' ? &f->root
                            : &other,
                pem);
    assert_ok(buffer_status(pem));
}

void forge_quote(struct forge *f, struct buffer *out)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(QUOTE_MAX);
    unsigned char report[SGX_REPORT_LEN];
    unsigned char qe[SGX_REPORT_LEN];
    unsigned char binding[64];
    put_chain(f, &pem);
    assert_ok(
        sgx_quote_binding(f->bound, bytes_of(auth, sizeof(auth)), binding));
    for (size_t i = 0; i < sizeof(binding); i++)
        binding[i] ^= f->qe.data[i]; /* zero unless a test spoils it */
    struct sgx_report enclave = f->qe;
    memcpy(enclave.data, binding, sizeof(binding));
    sgx_report_write(&f->report, report);
    sgx_report_write(&enclave, qe);
    struct sgx_quote quote = {
        .report = report,
        .qe_report = qe,
        .qe_auth = bytes_of(auth, sizeof(auth)),
        .chain = buffer_bytes(&pem),
        .attestation = f->attestation,
        .platform = f->platform_key,
    };
    assert_ok(sgx_quote_write(&quote, out));
}

static void put_u32(unsigned char *at, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

void forge_replace_pem(struct buffer *quote, struct bytes pem)
{
    quote->len = FORGE_PEM_AT;
    buffer_put(quote, pem);
    assert_ok(buffer_status(quote));
    put_u32(quote->data + FORGE_DATA_LEN_AT, pem.len);
    put_u32(quote->data + FORGE_SIGNATURE_LEN_AT,
            quote->len - FORGE_SIGNATURE_AT);
}

struct status forge_judge(const struct forge *f, struct bytes quote,
                          struct attest_identity *out, struct reason *why)
{
    struct attest_question asked = attest_ask(quote, &f->anchor, 1, FORGE_NOW);
    return attest_verify(&asked, out, why);
}

void forge_expect_refusal(const struct forge *f, struct bytes quote,
                          const char *token, const char *says, size_t row)
{
    struct attest_identity id;
    struct attest_identity before;
    struct reason why = { "" };
    memset(&id, 0xaa, sizeof(id));
    before = id;
    struct status s = forge_judge(f, quote, &id, &why);
    if (s.code != STATUS_DENIED || strcmp(s.origin, token) != 0 ||
        strncmp(why.text, token, strlen(token)) != 0 ||
        !strchr(": (", why.text[strlen(token)]) || !strstr(why.text, says))
        fail_msg("row %zu: expected \"%s ... %s\", got %s: \"%s\"", row, token,
                 says, status_name(s.code), why.text);
    assert_memory_equal(&id, &before, sizeof(id));
}
