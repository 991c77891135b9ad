#include "tests/api/rules.h"

#include <stdio.h>
#include <string.h>

static struct api_identity_rule of_kind(uint8_t kind, uint8_t form)
{
    struct api_identity_rule rule = { .kind = kind,
                                      .form = form,
                                      .tcb_mask = API_TCB_UP_TO_DATE };
    memset(rule.anchor.bytes, 0xcc, HASH_LEN);
    return rule;
}

struct api_identity_rule rule_of_sgx(void)
{
    struct api_identity_rule rule = of_kind(API_KIND_SGX, API_SGX_MRSIGNER);
    memset(rule.sgx.mrsigner, 0xbb, sizeof(rule.sgx.mrsigner));
    rule.sgx.isvprodid = 0x0102;
    rule.sgx.isvsvn_min = 0x0304;
    return rule;
}

struct api_identity_rule rule_of_tdx(void)
{
    struct api_identity_rule rule =
        of_kind(API_KIND_TDX, API_TDX_RTMR0 | API_TDX_RTMR3);
    memset(rule.tdx.mrtd, 0x10, 48);
    for (size_t i = 0; i < 4; i++)
        memset(rule.tdx.rtmr[i], 0x11 + (int)i, 48);
    memset(rule.tdx.mrconfigid, 0x15, 48);
    memset(rule.tdx.mrowner, 0x16, 48);
    memset(rule.tdx.mrownerconfig, 0x17, 48);
    memset(rule.tdx.mrservicetd, 0x18, 48);
    rule.tdx.migratable = 1;
    return rule;
}

struct api_identity_rule rule_of_snp(void)
{
    struct api_identity_rule rule =
        of_kind(API_KIND_SNP, API_SNP_ID_KEY | API_SNP_AUTHOR_KEY);
    memset(rule.snp.measurement, 0x20, 48);
    memset(rule.snp.host_data, 0x21, 32);
    memset(rule.snp.id_key_digest, 0x22, 48);
    memset(rule.snp.author_key_digest, 0x23, 48);
    rule.snp.guest_svn_min = 0x01020304;
    memset(rule.snp.tcb_min, 0x24, 8);
    rule.snp.vmpl_max = 2;
    rule.snp.unchecked_aliases = 1;
    return rule;
}

struct api_identity_rule rule_of_nitro(void)
{
    struct api_identity_rule rule = of_kind(API_KIND_NITRO, 7);
    for (size_t i = 0; i < API_PCRS; i++)
        memset(rule.nitro.pcr[i], 0x30 + (int)i, 48);
    return rule;
}

struct api_identity_rule rule_at(size_t index)
{
    switch (index) {
    case 0: return rule_of_sgx();
    case 1: return rule_of_tdx();
    case 2: return rule_of_snp();
    default: return rule_of_nitro();
    }
}

struct api_terms terms_full(void)
{
    struct api_terms terms = { .age_max = 3600,
                               .evaluation_min = 17,
                               .nonce_demanded = 1 };
    terms.exception.tcb_mask = API_TCB_CONFIGURATION_NEEDED;
    terms.exception.until = 2000000000;
    terms.exception.count = 2;
    (void)snprintf(terms.exception.advisory[0], API_ADVISORY_LEN + 1,
                   "INTEL-SA-00289");
    (void)snprintf(terms.exception.advisory[1], API_ADVISORY_LEN + 1,
                   "INTEL-SA-00615");
    return terms;
}
