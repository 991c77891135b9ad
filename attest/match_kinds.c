/* match_kinds.c - TDX, SEV-SNP and Nitro: registers, weaknesses, versions. */

#include <string.h>

#include "attest/match.h"

/* One value that must be exactly the rule's. */
struct pinned {
    const char *name;
    const unsigned char *demanded, *found;
    size_t len;
    bool counts;
};

static STATUS match_pinned(const struct pinned *all, size_t count,
                           struct reason *why)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].counts &&
            memcmp(all[i].demanded, all[i].found, all[i].len) != 0)
            return attest_differs(why, all[i].name,
                                  "another value than the rule demands");
    return OK;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static uint64_t little_endian(const unsigned char bytes[8])
{
    uint64_t value = 0;
    for (size_t i = 8; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/* --- TDX ------------------------------------------------------------------ */

/* TDATTRIBUTES. What is neither here nor zero is unknown, and refused. */
#define TD_DEBUG           ((uint64_t)1 << 0)
#define TD_LASS            ((uint64_t)1 << 27)
#define TD_SEPT_VE_DISABLE ((uint64_t)1 << 28)
#define TD_MIGRATABLE      ((uint64_t)1 << 29)
#define TD_PKS             ((uint64_t)1 << 30)
#define TD_KL              ((uint64_t)1 << 31)
#define TD_PERFMON         ((uint64_t)1 << 63)
#define TD_KNOWN                                                               \
    (TD_DEBUG | TD_LASS | TD_SEPT_VE_DISABLE | TD_MIGRATABLE | TD_PKS |        \
     TD_KL | TD_PERFMON)

static STATUS match_attributes(const struct api_tdx_rule *rule,
                               const struct attest_tdx *td, struct reason *why)
{
    uint64_t attributes = little_endian(td->tdattributes);
    if (attributes & ~TD_KNOWN)
        return attest_differs(why, "tdattributes", "unknown bits are set");
    if (!(attributes & TD_SEPT_VE_DISABLE) && !rule->sept_ve)
        return attest_differs(why, "sept_ve",
                              "SEPT_VE_DISABLE is not set, and the rule "
                              "demands it");
    if ((attributes & TD_MIGRATABLE) && !rule->migratable)
        return attest_differs(why, "migratable",
                              "it may move to another machine, and the rule "
                              "does not accept that");
    return OK;
}

/* A report of TD 1.0 has no field for a service TD. */
static STATUS match_service(const struct api_tdx_rule *rule,
                            const struct attest_tdx *td, struct reason *why)
{
    static const unsigned char none[48];
    const unsigned char *bound = td->v15 ? td->mrservicetd : none;
    if (memcmp(rule->mrservicetd, bound, sizeof(none)) != 0)
        return attest_differs(why, "mrservicetd",
                              "another service TD than the rule demands");
    return OK;
}

STATUS attest_match_tdx(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why)
{
    const struct api_tdx_rule *r = &rule->tdx;
    const struct attest_tdx *td = &identity->tdx;
    const struct pinned all[] = {
        { "mrtd", r->mrtd, td->mrtd, 48, true },
        { "rtmr0", r->rtmr[0], td->rtmr[0], 48, rule->form & API_TDX_RTMR0 },
        { "rtmr1", r->rtmr[1], td->rtmr[1], 48, true },
        { "rtmr2", r->rtmr[2], td->rtmr[2], 48, true },
        { "rtmr3", r->rtmr[3], td->rtmr[3], 48, rule->form & API_TDX_RTMR3 },
        { "mrconfigid", r->mrconfigid, td->mrconfigid, 48, true },
        { "mrowner", r->mrowner, td->mrowner, 48, true },
        { "mrownerconfig", r->mrownerconfig, td->mrownerconfig, 48, true },
    };
    TRY(match_pinned(all, COUNT(all), why));
    TRY(match_service(r, td, why));
    return match_attributes(r, td, why);
}

/* --- SEV-SNP -------------------------------------------------------------- */

#define SNP_MIGRATE_MA  ((uint64_t)1 << 18) /* guest policy   */
#define SNP_ALIAS_CHECK ((uint64_t)1 << 5)  /* platform info  */

/* Every byte is a number of its own, wherever the product puts it. */
static bool is_least(const unsigned char least[8], const unsigned char tcb[8])
{
    for (size_t i = 0; i < 8; i++)
        if (tcb[i] < least[i])
            return false;
    return true;
}

static STATUS match_versions(const struct api_snp_rule *r,
                             const struct attest_snp *s, struct reason *why)
{
    if (s->guest_svn < r->guest_svn_min)
        return refuse(why, STATUS_DENIED, "guest_svn",
                      "guest_svn: at least %lu is demanded, this is %lu",
                      (unsigned long)r->guest_svn_min,
                      (unsigned long)s->guest_svn);
    if (s->vmpl > r->vmpl_max)
        return refuse(why, STATUS_DENIED, "vmpl",
                      "vmpl: asked for at level %lu, the rule accepts up to "
                      "%u",
                      (unsigned long)s->vmpl, (unsigned)r->vmpl_max);
    if (!is_least(r->tcb_min, s->committed_tcb) ||
        !is_least(r->tcb_min, s->reported_tcb) ||
        !is_least(r->tcb_min, s->launch_tcb))
        return attest_differs(why, "tcb_min",
                              "firmware older than the rule demands");
    return OK;
}

STATUS attest_match_snp(const struct api_identity_rule *rule,
                        const struct attest_identity *identity,
                        struct reason *why)
{
    const struct api_snp_rule *r = &rule->snp;
    const struct attest_snp *s = &identity->snp;
    const struct pinned all[] = {
        { "measurement", r->measurement, s->measurement, 48, true },
        { "host_data", r->host_data, s->host_data, 32, true },
        { "id_key_digest", r->id_key_digest, s->id_key_digest, 48,
          rule->form & API_SNP_ID_KEY },
        { "author_key_digest", r->author_key_digest, s->author_key_digest, 48,
          rule->form & API_SNP_AUTHOR_KEY },
    };
    TRY(match_pinned(all, COUNT(all), why));
    TRY(match_versions(r, s, why));
    if ((s->policy & SNP_MIGRATE_MA) && !r->migration_agent)
        return attest_differs(why, "migration_agent",
                              "a migration agent may be associated, and the "
                              "rule does not accept one");
    if (!(s->platform_info & SNP_ALIAS_CHECK) && !r->unchecked_aliases)
        return attest_differs(why, "unchecked_aliases",
                              "ALIAS_CHECK_COMPLETE is not set, and the rule "
                              "demands it");
    return OK;
}

/* --- Nitro ---------------------------------------------------------------- */

STATUS attest_match_nitro(const struct api_identity_rule *rule,
                          const struct attest_identity *identity,
                          struct reason *why)
{
    static const struct {
        const char *name;
        unsigned number;
        uint8_t form;
    } registers[API_PCRS] = {
        [API_PCR0] = { "pcr0", 0, 0 },
        [API_PCR1] = { "pcr1", 1, 0 },
        [API_PCR2] = { "pcr2", 2, 0 },
        [API_PCR3] = { "pcr3", 3, API_NITRO_PCR3 },
        [API_PCR4] = { "pcr4", 4, API_NITRO_PCR4 },
        [API_PCR8] = { "pcr8", 8, API_NITRO_PCR8 },
    };
    const struct attest_nitro *n = &identity->nitro;
    if (n->pcr_len != sizeof(rule->nitro.pcr[0]))
        return attest_differs(why, "pcr", "the registers are not SHA-384");
    for (size_t i = 0; i < API_PCRS; i++) {
        unsigned number = registers[i].number;
        if (registers[i].form && !(rule->form & registers[i].form))
            continue;
        if (!(n->present >> number & 1))
            return attest_differs(why, registers[i].name,
                                  "the document does not have it");
        if (memcmp(rule->nitro.pcr[i], n->pcr[number], n->pcr_len) != 0)
            return attest_differs(why, registers[i].name,
                                  "another value than the rule demands");
    }
    if (is_zero(n->pcr[0], n->pcr_len)) /* a rule cannot say so either */
        return attest_differs(why, "pcr0", "debug mode measures nothing");
    return OK;
}
