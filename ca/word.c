#include "ca/word.h"

#include "base/cursor.h"
#include "ca/root.h"

#define SGX_REPORT_LEN 384
#define TD_REPORT_LEN  648

static STATUS denied(struct reason *why, const char *what)
{
    return refuse(why, STATUS_DENIED, "ca_word", "a node's word: %s", what);
}

/* --- what was measured, as a quote would hold it -------------------------- */

/* Offsets are those of the SGX REPORT; what the word does not name is zero. */
static void report_sgx(const struct ca_sgx_subject *s, struct ca_word *out)
{
    unsigned char *report = out->report;
    out->platform = API_KIND_SGX;
    out->report_len = SGX_REPORT_LEN;
    memcpy(report, s->cpusvn, sizeof(s->cpusvn));
    memcpy(report + 16, s->miscselect, sizeof(s->miscselect));
    memcpy(report + 48, s->attributes, sizeof(s->attributes));
    memcpy(report + 64, s->mrenclave, sizeof(s->mrenclave));
    memcpy(report + 128, s->mrsigner, sizeof(s->mrsigner));
    memcpy(report + 256, s->isvprodid, sizeof(s->isvprodid));
    memcpy(report + 258, s->isvsvn, sizeof(s->isvsvn));
    memcpy(report + 320, s->report_data, sizeof(s->report_data));
}

/* From TEE_TCB_INFO and TDINFO_STRUCT of Intel's TDX module. The report data
 * is in neither: the node alone saw it. */
static void report_tdx(const struct ca_subject *s, struct ca_word *out)
{
    static const struct {
        bool td;
        uint16_t from, len, to;
    } fields[] = {
        { false, 8, 120, 0 },    /* TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM,
                                    ATTRIBUTES of the module */
        { true, 0, 400, 120 },   /* ATTRIBUTES, XFAM, MRTD, MRCONFIGID, MROWNER,
                                    MROWNERCONFIG, RTMR0 to 3 */
        { false, 128, 16, 584 }, /* TEE_TCB_SVN2 */
        { true, 400, 48, 600 },  /* SERVTD_HASH */
    };
    out->platform = API_KIND_TDX;
    out->report_len = TD_REPORT_LEN;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct bytes info = fields[i].td ? s->td_info : s->tee_info;
        memcpy(out->report + fields[i].to, info.at + fields[i].from,
               fields[i].len);
    }
}

static void report_snp(const struct ca_subject *s, struct ca_word *out)
{
    out->platform = API_KIND_SNP;
    out->report_len = CA_SNP_REPORT_LEN;
    memcpy(out->report, s->snp_report.at, CA_SNP_REPORT_LEN);
}

static STATUS put_report(struct ca_word *word, struct reason *why)
{
    const struct ca_subject *subject = &word->said.subject;
    switch (subject->measured) {
    case CA_MEASURED_SGX: report_sgx(&subject->sgx, word); return OK;
    case CA_MEASURED_TDX: report_tdx(subject, word); return OK;
    case CA_MEASURED_SNP: report_snp(subject, word); return OK;
    case CA_MEASURED_NONE: break;
    }
    return denied(why, "nothing is measured");
}

/* --- judging it ------------------------------------------------------------
 */

struct status ca_word_judge(struct bytes evidence, struct bytes zone,
                            uint64_t now, const struct hash *spki,
                            struct ca_word *out, struct reason *why)
{
    struct ca_word word = { .report_len = 0 };
    struct ca_root root;
    TRY(ca_root_read(zone, &root, why));
    TRY(ca_vouch_check(evidence, zone, now, &word.said, why));
    if (!hash_equal(&word.said.spki, spki))
        return denied(why, "it is about another key");
    TRY(put_report(&word, why));
    word.anchor = root.key.hash;
    *out = word;
    return OK;
}

struct status ca_word_concerns(const struct ca_word *word,
                               const struct hash *configuration,
                               const struct api_id *account, struct reason *why)
{
    const struct ca_vouched *said = &word->said;
    if (!said->has_configuration ||
        !hash_equal(&said->configuration, configuration))
        return denied(why, "it is about another runtime configuration");
    if (!api_id_equal(&said->node.statement.account, account))
        return denied(why, "the node belongs to another account");
    return OK;
}
