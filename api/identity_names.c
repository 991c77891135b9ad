/* identity_names.c - kinds and TCB statuses as people write them. */

#include "api/identity.h"

static const struct {
    uint8_t kind;
    const char *name;
} kinds[] = {
    { API_KIND_SGX, "sgx" },
    { API_KIND_TDX, "tdx" },
    { API_KIND_SNP, "snp" },
    { API_KIND_NITRO, "nitro" },
    { API_KIND_SGX | API_KIND_SIMULATED, "sgx-simulated" },
    { API_KIND_TDX | API_KIND_SIMULATED, "tdx-simulated" },
    { API_KIND_SNP | API_KIND_SIMULATED, "snp-simulated" },
    { API_KIND_NITRO | API_KIND_SIMULATED, "nitro-simulated" },
    { API_KIND_SGX | API_KIND_NODE_VOUCHED, "sgx-node-vouched" },
    { API_KIND_TDX | API_KIND_NODE_VOUCHED, "tdx-node-vouched" },
    { API_KIND_SNP | API_KIND_NODE_VOUCHED, "snp-node-vouched" },
    { API_KIND_NITRO | API_KIND_NODE_VOUCHED, "nitro-node-vouched" },
};

/* As Intel's TCB info spells them, and one word of ours. */
static const struct {
    uint16_t bit;
    const char *name;
} tcbs[] = {
    { API_TCB_UNEVALUATED, "unevaluated" },
    { API_TCB_UP_TO_DATE, "UpToDate" },
    { API_TCB_SW_HARDENING_NEEDED, "SWHardeningNeeded" },
    { API_TCB_CONFIGURATION_NEEDED, "ConfigurationNeeded" },
    { API_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
      "ConfigurationAndSWHardeningNeeded" },
    { API_TCB_OUT_OF_DATE, "OutOfDate" },
    { API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
      "OutOfDateConfigurationNeeded" },
    { API_TCB_TD_RELAUNCH_ADVISED, "TDRelaunchAdvised" },
    { API_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
      "TDRelaunchAdvisedConfigurationNeeded" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *api_kind_name(uint8_t kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return NULL;
}

struct status api_kind_parse(struct bytes name, uint8_t *out)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (bytes_equal(name, bytes_of_string(kinds[i].name))) {
            *out = kinds[i].kind;
            return OK;
        }
    return failure(STATUS_INVALID, "api_kind_parse", 0);
}

const char *api_tcb_name(uint16_t bit)
{
    for (size_t i = 0; i < COUNT(tcbs); i++)
        if (tcbs[i].bit == bit)
            return tcbs[i].name;
    return NULL;
}

struct status api_tcb_parse(struct bytes name, uint16_t *out)
{
    for (size_t i = 0; i < COUNT(tcbs); i++)
        if (bytes_equal(name, bytes_of_string(tcbs[i].name))) {
            *out = tcbs[i].bit;
            return OK;
        }
    return failure(STATUS_INVALID, "api_tcb_parse", 0);
}
