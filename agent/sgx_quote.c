#include "agent/sgx_quote.h"
#include "agent/td_report.h"

#define HEADER_LEN     48
#define POINT_LEN      64
#define QE_ID_LEN      16
#define QUOTE_MAX      ((size_t)32 * 1024)
#define DATA_PCK_CHAIN 5
#define DATA_QE_REPORT 6
#define TEE_TDX        0x81

#define BODY_MAX TD_REPORT_15_LEN

enum body_type { BODY_SGX = 1, BODY_TD_10 = 2, BODY_TD_15 = 3 };

static void put_little(unsigned char *out, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

static void put_u16(struct buffer *out, size_t value)
{
    unsigned char raw[2];
    put_little(raw, value, sizeof(raw));
    buffer_put(out, bytes_of(raw, sizeof(raw)));
}

static void put_u32(struct buffer *out, size_t value)
{
    unsigned char raw[4];
    put_little(raw, value, sizeof(raw));
    buffer_put(out, bytes_of(raw, sizeof(raw)));
}

void sgx_report_write(const struct sgx_report *report,
                      unsigned char out[SGX_REPORT_LEN])
{
    memset(out, 0, SGX_REPORT_LEN);
    memcpy(out, report->cpusvn, sizeof(report->cpusvn));
    put_little(out + 16, report->miscselect, 4);
    memcpy(out + 32, report->isvextprodid, sizeof(report->isvextprodid));
    put_little(out + 48, report->flags, 8);
    put_little(out + 56, report->xfrm, 8);
    memcpy(out + 64, report->mrenclave, sizeof(report->mrenclave));
    memcpy(out + 128, report->mrsigner, sizeof(report->mrsigner));
    memcpy(out + 192, report->configid, sizeof(report->configid));
    put_little(out + 256, report->isvprodid, 2);
    put_little(out + 258, report->isvsvn, 2);
    put_little(out + 260, report->configsvn, 2);
    memcpy(out + 304, report->isvfamilyid, sizeof(report->isvfamilyid));
    memcpy(out + 320, report->data, sizeof(report->data));
}

/* x || y, the end of a P-256 SubjectPublicKeyInfo. */
static struct bytes point_of(const struct ca_key *key)
{
    struct bytes spki = ca_spki(ca_key_public(key));
    return bytes_of(spki.at + spki.len - POINT_LEN, POINT_LEN);
}

struct status sgx_quote_binding(const struct ca_key *attestation,
                                struct bytes qe_auth, unsigned char out[64])
{
    struct hash hash;
    TRY(hash_of(&hash, point_of(attestation), qe_auth));
    memset(out, 0, 64);
    memcpy(out, hash.bytes, sizeof(hash.bytes));
    return OK;
}

/* What a version says about its body before the body. */
struct shape {
    uint16_t version;
    uint32_t tee;
    enum body_type type;
    struct bytes body;
};

static STATUS shape_of(const struct sgx_quote *quote, struct shape *out)
{
    struct shape shape = {
        .version = quote->version ? quote->version : 3,
        .type = BODY_SGX,
        .body = bytes_of(quote->report, SGX_REPORT_LEN),
    };
    if (quote->td.len > 0) {
        bool longer = quote->td.len == TD_REPORT_15_LEN;
        shape.tee = TEE_TDX;
        shape.type = longer ? BODY_TD_15 : BODY_TD_10;
        shape.body = quote->td;
        if ((!longer && quote->td.len != TD_REPORT_10_LEN) ||
            shape.version < (longer ? 5 : 4))
            return failure(STATUS_INVALID, "sgx_quote_write", 0);
    }
    if (shape.version < 3 || shape.version > 5)
        return failure(STATUS_INVALID, "sgx_quote_write", 0);
    *out = shape;
    return OK;
}

static void put_header(struct buffer *out, const struct shape *shape,
                       const struct ca_key *attestation)
{
    static const unsigned char vendor[16] = {
        0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
        0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
    };
    static const unsigned char zeros[4];
    bool old = shape->version == 3;
    put_u16(out, shape->version);
    put_u16(out, 2);            /* ECDSA P-256 */
    put_u32(out, shape->tee);   /* reserved in version 3 */
    put_u16(out, old ? 8 : 0);  /* SVN of the quoting enclave */
    put_u16(out, old ? 13 : 0); /* SVN of the provisioning enclave */
    buffer_put(out, bytes_of(vendor, sizeof(vendor)));
    buffer_put(out,
               bytes_of(ca_key_public(attestation)->hash.bytes, QE_ID_LEN));
    buffer_put(out, bytes_of(zeros, sizeof(zeros)));
}

/* Everything that is signed. */
static void put_signed(struct buffer *out, const struct shape *shape,
                       const struct ca_key *attestation)
{
    put_header(out, shape, attestation);
    if (shape->version == 5) {
        put_u16(out, shape->type);
        put_u32(out, shape->body.len);
    }
    buffer_put(out, shape->body);
}

static STATUS put_signature(struct buffer *out, struct ca_key *key,
                            struct bytes message)
{
    struct ca_signer signer = ca_key_signer(key);
    unsigned char signature[CA_SIGNATURE_LEN];
    struct hash digest;
    TRY(hash_of(&digest, message));
    TRY(signer.sign(signer.context, &digest, signature));
    buffer_put(out, bytes_of(signature, sizeof(signature)));
    return OK;
}

/* The quoting enclave's report, and what its signer's certificate is. */
static STATUS put_certification(struct buffer *out,
                                const struct sgx_quote *quote)
{
    struct bytes qe_report = bytes_of(quote->qe_report, SGX_REPORT_LEN);
    buffer_put(out, qe_report);
    TRY(put_signature(out, quote->platform, qe_report));
    put_u16(out, quote->qe_auth.len);
    buffer_put(out, quote->qe_auth);
    put_u16(out, DATA_PCK_CHAIN);
    put_u32(out, quote->chain.len + 1);
    buffer_put(out, quote->chain);
    buffer_put_u8(out, 0);
    return buffer_status(out);
}

/* Versions 4 and 5 wrap the certification in data of a type of its own. */
static STATUS put_signature_data(struct buffer *out,
                                 const struct sgx_quote *quote,
                                 const struct shape *shape,
                                 struct bytes signed_bytes)
{
    AUTO_CLEAR_BUFFER inner = buffer_make(QUOTE_MAX);
    TRY(put_signature(out, quote->attestation, signed_bytes));
    buffer_put(out, point_of(quote->attestation));
    if (shape->version == 3)
        return put_certification(out, quote);
    TRY(put_certification(&inner, quote));
    put_u16(out, DATA_QE_REPORT);
    put_u32(out, inner.len);
    buffer_put(out, buffer_bytes(&inner));
    return buffer_status(out);
}

struct status sgx_quote_write(const struct sgx_quote *quote, struct buffer *out)
{
    AUTO_CLEAR_BUFFER head = buffer_make(HEADER_LEN + 6 + BODY_MAX);
    AUTO_CLEAR_BUFFER data = buffer_make(QUOTE_MAX);
    struct shape shape;
    TRY(shape_of(quote, &shape));
    put_signed(&head, &shape, quote->attestation);
    TRY(buffer_status(&head));
    TRY(put_signature_data(&data, quote, &shape, buffer_bytes(&head)));
    buffer_put(out, buffer_bytes(&head));
    put_u32(out, data.len);
    buffer_put(out, buffer_bytes(&data));
    return buffer_status(out);
}
