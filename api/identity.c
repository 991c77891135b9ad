#include "api/identity.h"

#define ORIGIN      "identity"
#define LABEL       "accord identity v1"
#define ENCODED_LEN (1 + 72 + HASH_LEN) /* of the SGX kinds */

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

static bool is_zero(const unsigned char measurement[32])
{
    static const unsigned char zero[32];
    return memcmp(measurement, zero, sizeof(zero)) == 0;
}

static STATUS wrong(const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, ORIGIN, "%s", what);
}

static STATUS check_kind(uint8_t kind, struct reason *why)
{
    const char *name = api_kind_name(kind);
    if (!name)
        return refuse(why, STATUS_INVALID, ORIGIN, "kind %u is unknown", kind);
    if ((kind & 0x3f) != API_KIND_SGX)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "kind %s has no rule in this version", name);
    return OK;
}

static STATUS check_form(const struct api_identity_rule *rule,
                         struct reason *why)
{
    if (rule->form == API_SGX_MRENCLAVE) {
        if (is_zero(rule->mrenclave))
            return wrong("mrenclave is zero or missing", why);
        if (!is_zero(rule->mrsigner) || rule->isvprodid || rule->isvsvn_min)
            return wrong("a rule for one mrenclave has no mrsigner, isvprodid "
                         "or isvsvn_min",
                         why);
    } else if (rule->form == API_SGX_MRSIGNER) {
        if (is_zero(rule->mrsigner))
            return wrong("mrsigner is zero or missing", why);
        if (!is_zero(rule->mrenclave))
            return wrong("a rule for a signer has no mrenclave", why);
    } else {
        return refuse(why, STATUS_INVALID, ORIGIN, "form %u is unknown",
                      rule->form);
    }
    return OK;
}

static STATUS check(const struct api_identity_rule *rule, struct reason *why)
{
    TRY(check_kind(rule->kind, why));
    TRY(check_form(rule, why));
    if (rule->debug_allowed > 1)
        return wrong("debug is neither allowed nor forbidden", why);
    if (rule->tcb_mask == 0)
        return wrong("tcb accepts no status: nothing could match", why);
    if (rule->tcb_mask & ~API_TCB_ALL)
        return wrong("tcb accepts an unknown status", why);
    if (hash_is_zero(&rule->anchor))
        return wrong("anchor is zero or missing", why);
    return OK;
}

struct status api_identity_encode(const struct api_identity_rule *rule,
                                  struct buffer *out, struct reason *why)
{
    TRY(check(rule, why));
    buffer_put_u8(out, rule->kind);
    buffer_put_u8(out, rule->form);
    buffer_put(out, bytes_of(rule->mrenclave, sizeof(rule->mrenclave)));
    buffer_put(out, bytes_of(rule->mrsigner, sizeof(rule->mrsigner)));
    buffer_put_u16(out, rule->isvprodid);
    buffer_put_u16(out, rule->isvsvn_min);
    buffer_put_u8(out, rule->debug_allowed);
    buffer_put_u16(out, rule->tcb_mask);
    buffer_put(out, hash_bytes(&rule->anchor));
    return buffer_status(out);
}

struct status api_identity_decode(struct cursor *in,
                                  struct api_identity_rule *out,
                                  struct reason *why)
{
    struct api_identity_rule rule = { .kind = cursor_u8(in) };
    if (!in->broken)
        TRY(check_kind(rule.kind, why)); /* it decides what follows */
    rule.form = cursor_u8(in);
    cursor_copy(in, rule.mrenclave, sizeof(rule.mrenclave));
    cursor_copy(in, rule.mrsigner, sizeof(rule.mrsigner));
    rule.isvprodid = cursor_u16(in);
    rule.isvsvn_min = cursor_u16(in);
    rule.debug_allowed = cursor_u8(in);
    rule.tcb_mask = cursor_u16(in);
    cursor_copy(in, rule.anchor.bytes, HASH_LEN);
    if (in->broken)
        return wrong("the rule is cut short", why);
    TRY(check(&rule, why));
    *out = rule;
    return OK;
}

struct status api_identity_hash(const struct api_identity_rule *rule,
                                struct hash *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(ENCODED_LEN);
    TRY(api_identity_encode(rule, &encoded, why));
    return hash_of(out, bytes_of_string(LABEL), buffer_bytes(&encoded));
}
