#include "attest/snp_report.h"
#include "attest/token.h"
#include "base/cursor.h"

#define P384_LEN       48
#define SCALAR_LEN     72 /* little-endian, filled up with zeros */
#define ALGORITHM_P384 1  /* ECDSA P-384 with SHA-384 */
#define SIGNED_LEN     0x2a0
#define CPUID_VERSION  3 /* from which on reports carry a CPUID */
#define MIT_VERSION    5 /* and the mitigation vectors */

enum { KEY_VCEK = 0, KEY_VLEK = 1 };

/* POLICY bits that mean something: ABI versions, SMT, 17, MIGRATE_MA, DEBUG,
 * single socket, CXL, AES-256-XTS, RAPL, ciphertext hiding, page swap. */
#define POLICY_KNOWN UINT64_C(0x3ffffff)

static uint64_t little_endian(struct bytes raw)
{
    uint64_t value = 0;
    for (size_t i = raw.len; i > 0; i--)
        value = value << 8 | raw.at[i - 1];
    return value;
}

static uint32_t take_u32(struct cursor *in)
{
    return (uint32_t)little_endian(cursor_take(in, 4));
}

static uint64_t take_u64(struct cursor *in)
{
    return little_endian(cursor_take(in, 8));
}

static void reserved(struct cursor *in, size_t len)
{
    struct bytes raw = cursor_take(in, len);
    for (size_t i = 0; i < raw.len; i++)
        if (raw.at[i] != 0)
            in->broken = true;
}

static STATUS take_keys(struct cursor *in, struct attest_snp_report *out,
                        struct reason *why)
{
    uint32_t flags = take_u32(in);
    unsigned key = flags >> 2 & 7;
    if (key != KEY_VCEK && key != KEY_VLEK)
        return ATTEST_REFUSE(why, "signing-key",
                             "signed with key %u; only a VCEK (0) or a VLEK "
                             "(1) says something",
                             key);
    in->broken |= flags >> 5 != 0;
    out->mask_chip_key = (flags & 2) != 0;
    out->vlek = key == KEY_VLEK;
    return OK;
}

static STATUS take_guest(struct cursor *in, struct attest_snp_report *out,
                         struct reason *why)
{
    out->guest_svn = take_u32(in);
    out->policy = take_u64(in);
    out->family_id = cursor_take(in, 16);
    out->image_id = cursor_take(in, 16);
    out->vmpl = take_u32(in);
    uint32_t algorithm = take_u32(in);
    if (algorithm != ALGORITHM_P384)
        return ATTEST_REFUSE(why, "signature-algorithm",
                             "signature algorithm %u; only 1 (ECDSA P-384 "
                             "with SHA-384) is known",
                             (unsigned)algorithm);
    if (!(out->policy & ATTEST_SNP_POLICY_ONE) ||
        (out->policy & ~POLICY_KNOWN) != 0)
        return ATTEST_REFUSE(why, "policy",
                             "bit 17 of the guest policy is not set, or a "
                             "reserved one is");
    return OK;
}

/* A CPUID that is there names a product; one that cannot be there is zero. */
static STATUS take_cpuid(struct cursor *in, struct attest_snp_report *out,
                         struct reason *why)
{
    if (out->version < CPUID_VERSION) {
        reserved(in, 3);
    } else {
        unsigned family = cursor_u8(in);
        unsigned model = cursor_u8(in);
        (void)cursor_u8(in); /* the stepping */
        out->product = attest_product_of_cpuid(family, model);
        if (out->product == 0 && !in->broken)
            return ATTEST_REFUSE(why, "cpuid",
                                 "no known product: family %02x, model %02x",
                                 family, model);
    }
    reserved(in, 21);
    return OK;
}

static void take_firmware(struct cursor *in, struct attest_snp_report *out)
{
    out->chip_id = cursor_take(in, 64);
    out->committed_tcb = cursor_take(in, ATTEST_TCB_LEN);
    out->current_version = cursor_take(in, 3);
    reserved(in, 1);
    out->committed_version = cursor_take(in, 3);
    reserved(in, 1);
    out->launch_tcb = cursor_take(in, ATTEST_TCB_LEN);
    if (out->version >= MIT_VERSION)
        (void)cursor_take(in, 16); /* what was mitigated: not judged */
    else
        reserved(in, 16);
    reserved(in, SIGNED_LEN - 0x208);
}

static STATUS parse_signed(struct cursor *in, struct attest_snp_report *out,
                           struct reason *why)
{
    out->version = take_u32(in);
    if (out->version < 2 || out->version > 5)
        return ATTEST_REFUSE(why, "version",
                             "a report of version %u; this verifier reads 2 "
                             "to 5",
                             (unsigned)out->version);
    TRY(take_guest(in, out, why));
    out->current_tcb = cursor_take(in, ATTEST_TCB_LEN);
    out->platform_info = take_u64(in);
    TRY(take_keys(in, out, why));
    reserved(in, 4);
    out->data = cursor_take(in, 64);
    out->measurement = cursor_take(in, 48);
    out->host_data = cursor_take(in, 32);
    out->id_key_digest = cursor_take(in, 48);
    out->author_key_digest = cursor_take(in, 48);
    out->report_id = cursor_take(in, 32);
    (void)cursor_take(in, 32); /* of the migration agent */
    out->reported_tcb = cursor_take(in, ATTEST_TCB_LEN);
    TRY(take_cpuid(in, out, why));
    take_firmware(in, out);
    return OK;
}

/* ECDSA's r and s are little-endian here, unlike everywhere else. */
static void take_scalar(struct cursor *in, unsigned char out[P384_LEN])
{
    struct bytes scalar = cursor_take(in, P384_LEN);
    for (size_t i = 0; i < scalar.len; i++)
        out[P384_LEN - 1 - i] = scalar.at[i];
    reserved(in, SCALAR_LEN - P384_LEN);
}

struct status attest_snp_report_parse(struct bytes report,
                                      struct attest_snp_report *out,
                                      struct reason *why)
{
    struct attest_snp_report made = { .signed_bytes =
                                          bytes_of(report.at, SIGNED_LEN) };
    struct cursor in = cursor_of(report);
    if (report.len != ATTEST_SNP_REPORT_LEN)
        return ATTEST_REFUSE(why, "malformed",
                             "a report of %zu bytes; it has %d", report.len,
                             ATTEST_SNP_REPORT_LEN);
    TRY(parse_signed(&in, &made, why));
    take_scalar(&in, made.signature);
    take_scalar(&in, made.signature + P384_LEN);
    reserved(&in, in.left);
    if (in.broken)
        return ATTEST_REFUSE(why, "malformed",
                             "reserved bytes of the report are set");
    *out = made;
    return OK;
}
