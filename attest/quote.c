#include "attest/quote.h"
#include "attest/token.h"

#define HEADER_LEN      48
#define P256_LEN        64   /* r || s, or x || y */
#define AUTH_MAX        4096 /* the specification's is 32 */
#define KEY_TYPE_P256   2
#define TEE_SGX         0x00
#define TEE_TDX         0x81
#define TD_REPORT_LEN   584
#define TD_REPORT15_LEN 648
#define DATA_PCK_CHAIN  5
#define DATA_QE_REPORT  6
#define SMALLEST        (HEADER_LEN + ATTEST_REPORT_LEN + 4)

static const unsigned char intel_qe_vendor[16] = {
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

static uint64_t little_endian(struct bytes raw)
{
    uint64_t value = 0;
    for (size_t i = raw.len; i > 0; i--)
        value = value << 8 | raw.at[i - 1];
    return value;
}

uint16_t attest_take_u16(struct cursor *in)
{
    return (uint16_t)little_endian(cursor_take(in, 2));
}

uint32_t attest_take_u32(struct cursor *in)
{
    return (uint32_t)little_endian(cursor_take(in, 4));
}

struct header {
    unsigned version, key_type;
    uint32_t tee; /* version 3: reserved */
    struct bytes vendor;
};

static STATUS read_header(struct cursor *in, struct header *out,
                          struct reason *why)
{
    out->version = attest_take_u16(in);
    out->key_type = attest_take_u16(in);
    out->tee = attest_take_u32(in);
    (void)cursor_take(in, 4); /* SVNs of QE and PCE: informational */
    out->vendor = cursor_take(in, sizeof(intel_qe_vendor));
    (void)cursor_take(in, 20); /* user data: informational */
    if (out->version < 3 || out->version > 5)
        return ATTEST_REFUSE(why, "version",
                             "a quote of version %u; this verifier reads 3, "
                             "4 and 5",
                             out->version);
    if (out->version > 3 && out->tee != TEE_SGX && out->tee != TEE_TDX)
        return ATTEST_REFUSE(why, "malformed",
                             "a TEE of type 0x%x is not known",
                             (unsigned)out->tee);
    return OK;
}

/* What is wrong in it and keeps nobody from reading on. */
static STATUS check_header(struct attest_judging *j, const struct header *h)
{
    struct reason *why = j->why;
    if (h->key_type != KEY_TYPE_P256)
        TRY(attest_found(
            j, ATTEST_REFUSE(why, "key-type",
                             "attestation key of type %u; only 2 (ECDSA "
                             "P-256) is known",
                             h->key_type)));
    if (h->version == 3 && h->tee != 0)
        TRY(attest_found(j, ATTEST_REFUSE(why, "v3-header-bytes4-7-nonzero",
                                          "reserved header bytes are set")));
    if (!bytes_equal(h->vendor,
                     bytes_of(intel_qe_vendor, sizeof(intel_qe_vendor))))
        TRY(attest_found(j, ATTEST_REFUSE(why, "vendor",
                                          "the quoting enclave is not Intel's "
                                          "kind")));
    return OK;
}

/* Version 5 says what the body is; others leave it to the TEE's type. */
static STATUS body_length(struct cursor *in, const struct header *h,
                          size_t *out, struct reason *why)
{
    static const size_t sizes[] = { 0, ATTEST_REPORT_LEN, TD_REPORT_LEN,
                                    TD_REPORT15_LEN };
    if (h->version < 5) {
        *out = h->version == 4 && h->tee == TEE_TDX ? TD_REPORT_LEN
                                                    : ATTEST_REPORT_LEN;
        return OK;
    }
    unsigned type = attest_take_u16(in);
    uint32_t size = attest_take_u32(in);
    if (type < 1 || type > 3 || size != sizes[type])
        return ATTEST_REFUSE(why, "malformed",
                             "a body of type %u with %u bytes is not known",
                             type, (unsigned)size);
    if ((h->tee == TEE_TDX) != (type != 1))
        return ATTEST_REFUSE(why, "body-type/tee mismatch",
                             "a body of type %u in a quote of TEE 0x%x", type,
                             (unsigned)h->tee);
    *out = size;
    return OK;
}

/* QE report, its signature, auth data: `in` goes on behind them. */
static STATUS take_qe(struct cursor *in, struct attest_quote *out,
                      struct reason *why)
{
    if (in->left < ATTEST_REPORT_LEN + P256_LEN + 2)
        return ATTEST_REFUSE(why, "malformed",
                             "signature data too short: %zu bytes are left "
                             "for the quoting enclave's report",
                             in->left);
    out->qe_report = cursor_take(in, ATTEST_REPORT_LEN);
    out->qe_signature = cursor_take(in, P256_LEN);
    size_t auth_len = attest_take_u16(in);
    if (auth_len > in->left || auth_len > AUTH_MAX)
        return ATTEST_REFUSE(why, "malformed",
                             "auth data overflow: %zu bytes, %zu are left",
                             auth_len, in->left);
    out->qe_auth = cursor_take(in, auth_len);
    return OK;
}

/* Type and length of certification data, which must be all that is left. */
static STATUS take_data_head(struct cursor *in, unsigned *type,
                             struct reason *why)
{
    if (in->left < 2 + 4)
        return ATTEST_REFUSE(why, "malformed", "no certification data");
    *type = attest_take_u16(in);
    size_t len = attest_take_u32(in);
    if (len != in->left)
        return ATTEST_REFUSE(why, "malformed",
                             "certification data of %zu bytes, %zu are there",
                             len, in->left);
    return OK;
}

/* `in` holds the signature data, no more and no less. */
static STATUS parse_signature_data(struct cursor *in, bool nested,
                                   struct attest_quote *out, struct reason *why)
{
    unsigned type;
    if (in->left < 2 * P256_LEN)
        return ATTEST_REFUSE(why, "malformed",
                             "signature data too short: %zu bytes", in->left);
    out->signature = cursor_take(in, P256_LEN);
    out->key = cursor_take(in, P256_LEN);
    if (nested) {
        TRY(take_data_head(in, &type, why));
        if (type != DATA_QE_REPORT)
            return ATTEST_REFUSE(why, "malformed",
                                 "certification data of type %u; versions 4 "
                                 "and 5 have 6",
                                 type);
    }
    TRY(take_qe(in, out, why));
    TRY(take_data_head(in, &type, why));
    if (type != DATA_PCK_CHAIN)
        return refuse(why, STATUS_DENIED, "no-pck-chain",
                      "no-pck-chain(cdt %u): only certification data of type "
                      "5 (the certificates themselves) can be verified here",
                      type);
    out->certificates = cursor_take(in, in->left);
    return OK;
}

static STATUS check_padding(struct bytes rest, struct reason *why)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.at[i] != 0)
            return ATTEST_REFUSE(why, "nonzero-trailing",
                                 "%zu bytes follow the quote and are not all "
                                 "zero",
                                 rest.len);
    return OK;
}

struct status attest_quote_parse(struct attest_judging *j,
                                 struct attest_quote *out)
{
    struct bytes evidence = j->question->evidence;
    struct attest_quote quote = { 0 };
    struct header header;
    size_t body = 0;
    if (evidence.len < SMALLEST)
        return ATTEST_REFUSE(j->why, "malformed",
                             "%zu bytes; the smallest quote has more",
                             evidence.len);
    struct cursor in = cursor_of(evidence);
    TRY(read_header(&in, &header, j->why));
    TRY(check_header(j, &header));
    TRY(body_length(&in, &header, &body, j->why));
    if (in.left < body + 4)
        return ATTEST_REFUSE(j->why, "malformed",
                             "the body is cut: %zu of %zu bytes", in.left,
                             body);
    quote.tdx = header.version > 3 && header.tee == TEE_TDX;
    quote.body = cursor_take(&in, body);
    quote.signed_bytes = bytes_of(evidence.at, evidence.len - in.left);

    size_t len = attest_take_u32(&in);
    if (len > in.left)
        return ATTEST_REFUSE(j->why, "malformed",
                             "signature data truncated: %zu of %zu bytes",
                             in.left, len);
    struct cursor data = cursor_of(cursor_take(&in, len));
    TRY(parse_signature_data(&data, header.version > 3, &quote, j->why));
    TRY(attest_found(j, check_padding(bytes_of(in.at, in.left), j->why)));
    *out = quote;
    return OK;
}

void attest_report_parse(struct bytes body, struct attest_report *out)
{
    struct cursor in = cursor_of(body);
    struct attest_report report = { 0 };
    report.cpusvn = cursor_take(&in, 16);
    report.miscselect = cursor_take(&in, 4);
    (void)cursor_take(&in, 12); /* reserved */
    report.isvextprodid = cursor_take(&in, 16);
    report.attributes = cursor_take(&in, 16);
    report.flags = little_endian(bytes_of(report.attributes.at, 8));
    report.mrenclave = cursor_take(&in, 32);
    (void)cursor_take(&in, 32); /* reserved */
    report.mrsigner = cursor_take(&in, 32);
    (void)cursor_take(&in, 32); /* reserved */
    report.configid = cursor_take(&in, 64);
    report.isvprodid = attest_take_u16(&in);
    report.isvsvn = attest_take_u16(&in);
    report.configsvn = attest_take_u16(&in);
    (void)cursor_take(&in, 42); /* reserved */
    report.isvfamilyid = cursor_take(&in, 16);
    report.data = cursor_take(&in, 64);
    *out = report;
}
