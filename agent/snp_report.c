#include "agent/snp_report.h"
#include "agent/p384.h"

#define SCALAR_LEN 48
#define SIGNED_LEN 0x2a0

static const struct product {
    unsigned char cpuid[3];
    unsigned char tcb[8];
} products[] = {
    [SNP_MILAN] = { { 0x19, 0x01, 0x01 }, { 4, 0, 0, 0, 0, 0, 0x18, 0xdb } },
    [SNP_GENOA] = { { 0x19, 0x11, 0x01 }, { 10, 0, 0, 0, 0, 0, 0x17, 0x54 } },
    [SNP_TURIN] = { { 0x1a, 0x02, 0x01 }, { 1, 1, 1, 4, 0, 0, 0, 0x51 } },
};

#define SET(member, from) memcpy(member, from, sizeof(member))

void snp_report_init(enum snp_product product, const unsigned char chip_id[64],
                     struct snp_report *out)
{
    static const unsigned char version[3] = { 29, 55, 1 };
    const struct product *of = &products[product];
    *out = (struct snp_report){ .version = 3,
                                .policy = SNP_POLICY_ONE,
                                .algorithm = 1,
                                .platform_info = SNP_INFO_ALIAS_CHECK };
    SET(out->cpuid, of->cpuid);
    memcpy(out->chip_id, chip_id, sizeof(out->chip_id));
    SET(out->current_tcb, of->tcb);
    SET(out->reported_tcb, of->tcb);
    SET(out->committed_tcb, of->tcb);
    SET(out->launch_tcb, of->tcb);
    SET(out->current_version, version);
    SET(out->committed_version, version);
}

static void little_endian(unsigned char *out, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(value >> 8 * i);
}

#define PUT(offset, member) memcpy(raw + (offset), r->member, sizeof(r->member))

static void write_guest(const struct snp_report *r, unsigned char *raw)
{
    little_endian(raw, r->version, 4);
    little_endian(raw + 0x004, r->guest_svn, 4);
    little_endian(raw + 0x008, r->policy, 8);
    PUT(0x010, family_id);
    PUT(0x020, image_id);
    little_endian(raw + 0x030, r->vmpl, 4);
    little_endian(raw + 0x034, r->algorithm, 4);
    little_endian(raw + 0x040, r->platform_info, 8);
    little_endian(raw + 0x048, r->keys, 4);
    PUT(0x050, data);
    PUT(0x090, measurement);
    PUT(0x0c0, host_data);
    PUT(0x0e0, id_key_digest);
    PUT(0x110, author_key_digest);
    PUT(0x140, report_id);
    memset(raw + 0x160, 0xff, 32); /* no migration agent */
}

static void write_platform(const struct snp_report *r, unsigned char *raw)
{
    PUT(0x038, current_tcb);
    PUT(0x180, reported_tcb);
    if (r->version >= 3)
        PUT(0x188, cpuid);
    PUT(0x1a0, chip_id);
    PUT(0x1e0, committed_tcb);
    PUT(0x1e8, current_version);
    PUT(0x1ec, committed_version);
    PUT(0x1f0, launch_tcb);
}

struct status snp_report_write(const struct snp_report *report,
                               const struct ca_key *endorsement,
                               struct buffer *out)
{
    unsigned char raw[SNP_REPORT_LEN] = { 0 };
    unsigned char signature[P384_SIGNATURE_LEN];
    write_guest(report, raw);
    write_platform(report, raw);
    TRY(p384_sign(endorsement, bytes_of(raw, SIGNED_LEN), signature));
    for (size_t i = 0; i < SCALAR_LEN; i++) { /* little-endian */
        raw[0x2a0 + i] = signature[SCALAR_LEN - 1 - i];
        raw[0x2e8 + i] = signature[2 * SCALAR_LEN - 1 - i];
    }
    buffer_put(out, bytes_of(raw, sizeof(raw)));
    return buffer_status(out);
}
