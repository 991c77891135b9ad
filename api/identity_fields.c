#include "api/identity_fields.h"

#include <stddef.h>

#define AT(member)     offsetof(struct api_identity_rule, member)
#define LENGTH(member) sizeof(((struct api_identity_rule *)0)->member)

#define BYTES(text, member, bit)                                               \
    {                                                                          \
        .name = (text), .type = API_FIELD_BYTES, .form = (bit),                \
        .len = LENGTH(member), .offset = AT(member)                            \
    }
#define MEASURED(text, member, bit)                                            \
    {                                                                          \
        .name = (text), .type = API_FIELD_BYTES, .form = (bit),                \
        .measures = true, .len = LENGTH(member), .offset = AT(member)          \
    }
#define NUMBER(text, member, bit, most)                                        \
    {                                                                          \
        .name = (text), .type = API_FIELD_NUMBER, .form = (bit),               \
        .len = LENGTH(member), .offset = AT(member), .max = (most)             \
    }
#define WEAKNESS(text, member)                                                 \
    {                                                                          \
        .name = (text), .type = API_FIELD_WEAKNESS, .len = LENGTH(member),     \
        .offset = AT(member), .max = 1                                         \
    }

static const struct api_field sgx[] = {
    MEASURED("mrenclave", sgx.mrenclave, API_SGX_MRENCLAVE),
    MEASURED("mrsigner", sgx.mrsigner, API_SGX_MRSIGNER),
    NUMBER("isvprodid", sgx.isvprodid, API_SGX_MRSIGNER, UINT16_MAX),
    NUMBER("isvsvn_min", sgx.isvsvn_min, API_SGX_MRSIGNER, UINT16_MAX),
};

static const struct api_field tdx[] = {
    MEASURED("mrtd", tdx.mrtd, 0),
    BYTES("rtmr0", tdx.rtmr[0], API_TDX_RTMR0),
    MEASURED("rtmr1", tdx.rtmr[1], 0),
    MEASURED("rtmr2", tdx.rtmr[2], 0),
    BYTES("rtmr3", tdx.rtmr[3], API_TDX_RTMR3),
    BYTES("mrconfigid", tdx.mrconfigid, 0),
    BYTES("mrowner", tdx.mrowner, 0),
    BYTES("mrownerconfig", tdx.mrownerconfig, 0),
    BYTES("mrservicetd", tdx.mrservicetd, 0),
    WEAKNESS("sept_ve", tdx.sept_ve),
    WEAKNESS("migratable", tdx.migratable),
};

static const struct api_field snp[] = {
    MEASURED("measurement", snp.measurement, 0),
    BYTES("host_data", snp.host_data, 0),
    BYTES("id_key_digest", snp.id_key_digest, API_SNP_ID_KEY),
    BYTES("author_key_digest", snp.author_key_digest, API_SNP_AUTHOR_KEY),
    NUMBER("guest_svn_min", snp.guest_svn_min, 0, UINT32_MAX),
    BYTES("tcb_min", snp.tcb_min, 0),
    NUMBER("vmpl_max", snp.vmpl_max, 0, 3),
    WEAKNESS("migration_agent", snp.migration_agent),
    WEAKNESS("unchecked_aliases", snp.unchecked_aliases),
};

static const struct api_field nitro[] = {
    MEASURED("pcr0", nitro.pcr[API_PCR0], 0),
    MEASURED("pcr1", nitro.pcr[API_PCR1], 0),
    MEASURED("pcr2", nitro.pcr[API_PCR2], 0),
    BYTES("pcr3", nitro.pcr[API_PCR3], API_NITRO_PCR3),
    BYTES("pcr4", nitro.pcr[API_PCR4], API_NITRO_PCR4),
    BYTES("pcr8", nitro.pcr[API_PCR8], API_NITRO_PCR8),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct api_fields fields[] = {
    [API_KIND_SGX] = { 3, true, COUNT(sgx), sgx },
    [API_KIND_TDX] = { 3, false, COUNT(tdx), tdx },
    [API_KIND_SNP] = { 3, false, COUNT(snp), snp },
    [API_KIND_NITRO] = { 7, false, COUNT(nitro), nitro },
};

const struct api_fields *api_fields_of(uint8_t kind)
{
    uint8_t platform = kind & API_KIND_PLATFORM;
    if (platform == API_KIND_NONE || platform >= COUNT(fields))
        return NULL;
    return &fields[platform];
}

uint32_t api_field_number(const struct api_identity_rule *rule,
                          const struct api_field *f)
{
    const void *at = api_field_at(rule, f);
    if (f->len == sizeof(uint32_t))
        return *(const uint32_t *)at;
    if (f->len == sizeof(uint16_t))
        return *(const uint16_t *)at;
    return *(const uint8_t *)at;
}

void api_field_set_number(struct api_identity_rule *rule,
                          const struct api_field *f, uint32_t value)
{
    void *at = (unsigned char *)rule + f->offset;
    if (f->len == sizeof(uint32_t))
        *(uint32_t *)at = value;
    else if (f->len == sizeof(uint16_t))
        *(uint16_t *)at = (uint16_t)value;
    else
        *(uint8_t *)at = (uint8_t)value;
}

bool api_field_is_zero(const struct api_identity_rule *rule,
                       const struct api_field *f)
{
    const unsigned char *at = api_field_at(rule, f);
    for (size_t i = 0; i < f->len; i++)
        if (at[i] != 0)
            return false;
    return true;
}
