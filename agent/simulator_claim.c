#include "agent/simulator_claim.h"

#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "agent/td_report.h"
#include "api/api.h"

/* The measurement where 48 bytes are wanted; the rest is zero already. */
static void measure(const struct simulator_claim *claim, unsigned char *out)
{
    memcpy(out, claim->measurement.bytes, HASH_LEN);
}

static STATUS claim_sgx(const struct simulator *simulator,
                        const struct simulator_claim *claim, uint64_t now,
                        struct buffer *out, struct reason *why)
{
    struct simulator_request request = { .debug = claim->debug,
                                         .version = claim->version };
    measure(claim, request.mrenclave);
    memcpy(request.report_data, claim->report_data,
           sizeof(request.report_data));
    return simulator_sgx_quote(simulator, &request, now, out, why);
}

static STATUS claim_tdx(const struct simulator *simulator,
                        const struct simulator_claim *claim, uint64_t now,
                        struct buffer *out, struct reason *why)
{
    struct td_report report;
    simulator_td(&report);
    measure(claim, report.mrtd);
    measure(claim, report.rtmr[1]);
    measure(claim, report.rtmr[2]);
    memcpy(report.data, claim->report_data, sizeof(report.data));
    if (claim->debug)
        report.attributes |= TD_DEBUG;
    return simulator_tdx_quote(simulator, &report, claim->version, now, out,
                               why);
}

static STATUS not_of_the_kind(struct reason *why, const char *kind)
{
    return refuse(why, STATUS_NOT_FOUND, "simulator",
                  "this simulator has no keys of kind %s", kind);
}

static STATUS claim_snp(const struct simulator *simulator,
                        const struct simulator_claim *claim, struct buffer *out,
                        struct reason *why)
{
    const struct simulator_snp *snp = simulator_snp(simulator);
    struct snp_report guest;
    if (!snp)
        return not_of_the_kind(why, "snp");
    simulator_snp_guest(snp, &guest);
    measure(claim, guest.measurement);
    memcpy(guest.data, claim->report_data, sizeof(guest.data));
    if (claim->debug)
        guest.policy |= SNP_POLICY_DEBUG;
    return simulator_snp_evidence(snp, &guest, out);
}

static STATUS claim_nitro(const struct simulator *simulator,
                          const struct simulator_claim *claim, uint64_t now,
                          struct buffer *out, struct reason *why)
{
    const struct simulator_nitro *nitro = simulator_nitro(simulator);
    struct nitro_document wanted;
    if (!nitro)
        return not_of_the_kind(why, "nitro");
    if (claim->nonce.len > SIMULATOR_NONCE_MAX)
        return refuse(why, STATUS_INVALID, "nonce",
                      "nonce: it is longer than 64 bytes");
    simulator_nitro_enclave(&wanted);
    for (size_t i = 0; i < 3 && !claim->debug; i++)
        measure(claim, wanted.pcr[i]);
    wanted.user_data = bytes_of(claim->report_data, sizeof(claim->report_data));
    if (claim->nonce.len > 0)
        wanted.nonce = claim->nonce;
    return simulator_nitro_evidence(nitro, &wanted, now, out);
}

struct status simulator_claim(const struct simulator *simulator,
                              const struct simulator_claim *claim, uint64_t now,
                              struct buffer *out, struct reason *why)
{
    switch (claim->kind) {
    case API_KIND_NONE:
    case API_KIND_SGX: return claim_sgx(simulator, claim, now, out, why);
    case API_KIND_TDX: return claim_tdx(simulator, claim, now, out, why);
    case API_KIND_SNP: return claim_snp(simulator, claim, out, why);
    case API_KIND_NITRO: return claim_nitro(simulator, claim, now, out, why);
    default:
        return refuse(why, STATUS_INVALID, "kind",
                      "kind: expected sgx, tdx, snp or nitro");
    }
}
