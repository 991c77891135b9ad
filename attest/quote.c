#include "attest/quote.h"
#include "attest/attest.h"
#include "attest/token.h"
#include "base/cursor.h"

#define HEADER_LEN     48
#define P256_LEN       64 /* r || s, or x || y */
#define FIXED_LEN      (2 * P256_LEN + ATTEST_REPORT_LEN + P256_LEN)
#define AUTH_MAX       4096 /* the specification's is 32 */
#define KEY_TYPE_P256  2
#define DATA_PCK_CHAIN 5
#define SIGNED_LEN     (HEADER_LEN + ATTEST_REPORT_LEN)
#define SMALLEST_V3    (SIGNED_LEN + 4 + FIXED_LEN + 2 + 2 + 4)

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

static uint16_t take_u16(struct cursor *in)
{
    return (uint16_t)little_endian(cursor_take(in, 2));
}

static uint32_t take_u32(struct cursor *in)
{
    return (uint32_t)little_endian(cursor_take(in, 4));
}

static STATUS check_header(struct cursor *in, struct reason *why)
{
    unsigned version = take_u16(in);
    unsigned key_type = take_u16(in);
    uint32_t reserved = take_u32(in);
    (void)cursor_take(in, 4); /* SVNs of QE and PCE: informational */
    struct bytes vendor = cursor_take(in, sizeof(intel_qe_vendor));
    (void)cursor_take(in, 20); /* user data: informational */

    if (version != 3)
        return ATTEST_REFUSE(why, "version",
                             "a quote of version %u; this verifier reads 3",
                             version);
    if (key_type != KEY_TYPE_P256)
        return ATTEST_REFUSE(why, "key-type",
                             "attestation key of type %u; only 2 (ECDSA "
                             "P-256) is known",
                             key_type);
    if (reserved != 0)
        return ATTEST_REFUSE(why, "v3-header-bytes4-7-nonzero",
                             "reserved header bytes are set");
    if (!bytes_equal(vendor,
                     bytes_of(intel_qe_vendor, sizeof(intel_qe_vendor))))
        return ATTEST_REFUSE(why, "vendor",
                             "the quoting enclave is not Intel's kind");
    return OK;
}

/* `in` holds the signature data, no more and no less. */
static STATUS parse_signature_data(struct cursor *in, struct attest_quote *out,
                                   struct reason *why)
{
    if (in->left < FIXED_LEN + 2)
        return ATTEST_REFUSE(why, "malformed",
                             "signature data too short: %zu bytes", in->left);
    out->signature = cursor_take(in, P256_LEN);
    out->key = cursor_take(in, P256_LEN);
    out->qe_report = cursor_take(in, ATTEST_REPORT_LEN);
    out->qe_signature = cursor_take(in, P256_LEN);

    size_t auth_len = take_u16(in);
    if (auth_len > in->left || auth_len > AUTH_MAX)
        return ATTEST_REFUSE(why, "malformed",
                             "auth data overflow: %zu bytes, %zu are left",
                             auth_len, in->left);
    out->qe_auth = cursor_take(in, auth_len);

    if (in->left < 2 + 4)
        return ATTEST_REFUSE(why, "malformed", "no certification data");
    unsigned type = take_u16(in);
    size_t len = take_u32(in);
    if (len != in->left)
        return ATTEST_REFUSE(why, "malformed",
                             "certification data of %zu bytes, %zu are there",
                             len, in->left);
    if (type != DATA_PCK_CHAIN)
        return ATTEST_REFUSE(why, "no-pck-chain",
                             "certification data of type %u; only 5 (the "
                             "certificates themselves) can be verified here",
                             type);
    out->certificates = cursor_take(in, len);
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

struct status attest_quote_parse(struct bytes evidence,
                                 struct attest_quote *out, struct reason *why)
{
    struct attest_quote quote = { 0 };
    if (evidence.len > ATTEST_EVIDENCE_MAX)
        return ATTEST_REFUSE(why, "malformed", "%zu bytes; at most %zu",
                             evidence.len, ATTEST_EVIDENCE_MAX);
    if (evidence.len < SMALLEST_V3)
        return ATTEST_REFUSE(why, "malformed",
                             "%zu bytes; the smallest quote has %d",
                             evidence.len, SMALLEST_V3);

    struct cursor in = cursor_of(evidence);
    TRY(check_header(&in, why));
    quote.signed_bytes = bytes_of(evidence.at, SIGNED_LEN);
    quote.body = cursor_take(&in, ATTEST_REPORT_LEN);

    size_t len = take_u32(&in);
    if (len > in.left)
        return ATTEST_REFUSE(why, "malformed",
                             "signature data truncated: %zu of %zu bytes",
                             in.left, len);
    struct cursor data = cursor_of(cursor_take(&in, len));
    TRY(parse_signature_data(&data, &quote, why));
    TRY(check_padding(bytes_of(in.at, in.left), why));
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
    (void)cursor_take(&in, 32);
    report.mrsigner = cursor_take(&in, 32);
    (void)cursor_take(&in, 32);
    report.configid = cursor_take(&in, 64);
    report.isvprodid = take_u16(&in);
    report.isvsvn = take_u16(&in);
    report.configsvn = take_u16(&in);
    (void)cursor_take(&in, 42);
    report.isvfamilyid = cursor_take(&in, 16);
    report.data = cursor_take(&in, 64);
    *out = report;
}
