#include "agent/simulator.h"
#include "agent/local_report.h"
#include "agent/simulator_files.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_parts.h"
#include "agent/simulator_snp.h"
#include "agent/td_report.h"
#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

#define QE_ISVPRODID    1
#define TD_QE_ISVPRODID 2
#define QE_ISVSVN       8
#define XFRM            0xe7 /* as current processors have it */

/* Where its root stands, a further kind is whole, and must open. */
static bool holds(const char *directory, const char *root)
{
    char path[SIMULATOR_PATH_MAX];
    return !failed(simulator_path(directory, root, path, NULL)) &&
           access(path, F_OK) == 0;
}

/* Simulators that were made before there were local reports have none. */
static STATUS read_cpu(const char *directory, struct secret **out,
                       struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    TRY(simulator_path(directory, SIMULATOR_REPORT_KEY, path, why));
    struct status s = file_read_secret(path, LOCAL_REPORT_SECRET, false, out);
    if (s.code == STATUS_NOT_FOUND)
        return OK;
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read the key %s", path);
    if (secret_expose(*out).len != LOCAL_REPORT_SECRET)
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a private key", path);
    return OK;
}

static STATUS open_others(const char *directory, struct simulator *made,
                          struct reason *why)
{
    TRY(read_cpu(directory, &made->cpu, why));
    if (holds(directory, SIMULATOR_ARK_PEM))
        TRY(simulator_snp_open(directory, &made->snp, why));
    if (holds(directory, SIMULATOR_NITRO_ROOT_PEM))
        TRY(simulator_nitro_open(directory, &made->nitro, why));
    return OK;
}

struct status simulator_open(const char *directory, struct simulator **out,
                             struct reason *why)
{
    AUTO_FREE(simulator) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(simulator_load(directory, made, why));
    TRY(open_others(directory, made, why));
    *out = TAKE(made);
    return OK;
}

void simulator_free(struct simulator *simulator)
{
    if (!simulator)
        return;
    ca_key_free(simulator->pck);
    ca_key_free(simulator->attestation);
    buffer_clear(&simulator->root_pem);
    buffer_clear(&simulator->chain);
    secret_free(simulator->cpu);
    simulator_snp_free(simulator->snp);
    simulator_nitro_free(simulator->nitro);
    free(simulator);
}

struct bytes simulator_root_pem(const struct simulator *simulator)
{
    return buffer_bytes(&simulator->root_pem);
}

const struct secret *simulator_cpu(const struct simulator *simulator)
{
    return simulator->cpu;
}

const struct simulator_snp *simulator_snp(const struct simulator *simulator)
{
    return simulator->snp;
}

const struct simulator_nitro *simulator_nitro(const struct simulator *simulator)
{
    return simulator->nitro;
}

/* Signed by nobody's key, hence by no vendor's. */
struct status simulator_quoting_enclave(bool td, struct sgx_report *out)
{
    struct sgx_report report = {
        .flags = SGX_INIT | SGX_MODE64BIT | SGX_PROVISION_KEY,
        .xfrm = XFRM,
        .isvprodid = td ? TD_QE_ISVPRODID : QE_ISVPRODID,
        .isvsvn = QE_ISVSVN,
    };
    struct hash name;
    TRY(hash_of(&name,
                bytes_of_string(td ? "accord simulator td quoting enclave v1"
                                   : "accord simulator quoting enclave v1")));
    memcpy(report.mrenclave, name.bytes, sizeof(name.bytes));
    TRY(hash_of(&name, bytes_of_string("accord simulator signer v1")));
    memcpy(report.mrsigner, name.bytes, sizeof(name.bytes));
    memset(report.cpusvn, 1, sizeof(report.cpusvn));
    *out = report;
    return OK;
}

static void application(const struct simulator_request *request,
                        unsigned char out[SGX_REPORT_LEN])
{
    struct sgx_report report = {
        .flags = SGX_INIT | SGX_MODE64BIT,
        .xfrm = XFRM,
        .isvprodid = request->isvprodid,
        .isvsvn = request->isvsvn,
    };
    if (request->debug)
        report.flags |= SGX_DEBUG;
    memset(report.cpusvn, 1, sizeof(report.cpusvn));
    memcpy(report.mrenclave, request->mrenclave, sizeof(report.mrenclave));
    memcpy(report.mrsigner, request->mrsigner, sizeof(report.mrsigner));
    memcpy(report.data, request->report_data, sizeof(report.data));
    sgx_report_write(&report, out);
}

/* `quote` has version and body. */
static STATUS quote_with(const struct simulator *simulator,
                         struct sgx_quote *quote, uint64_t now,
                         struct buffer *out, struct reason *why)
{
    struct sgx_report qe;
    unsigned char qe_report[SGX_REPORT_LEN];
    unsigned char auth[32]; /* as long as the real one's, and as opaque */
    if (now < simulator->not_before || now > simulator->not_after)
        return refuse(why, STATUS_UNAVAILABLE, "simulator",
                      "the simulator's certificates are not valid now: make "
                      "a new simulator");
    for (size_t i = 0; i < sizeof(auth); i++)
        auth[i] = (unsigned char)i;
    quote->qe_auth = bytes_of(auth, sizeof(auth));
    quote->chain = buffer_bytes(&simulator->chain);
    quote->attestation = simulator->attestation;
    quote->platform = simulator->pck;
    TRY(simulator_quoting_enclave(quote->td.len > 0, &qe));
    TRY(sgx_quote_binding(quote->attestation, quote->qe_auth, qe.data));
    sgx_report_write(&qe, qe_report);
    quote->qe_report = qe_report;
    struct status s = sgx_quote_write(quote, out);
    return s.code == STATUS_INVALID
               ? refuse(why, STATUS_INVALID, "version",
                        "no quote of version %u has such a body",
                        (unsigned)quote->version)
               : s;
}

struct status simulator_sgx_quote(const struct simulator *simulator,
                                  const struct simulator_request *request,
                                  uint64_t now, struct buffer *out,
                                  struct reason *why)
{
    unsigned char report[SGX_REPORT_LEN];
    struct sgx_quote quote = { .version = request->version, .report = report };
    application(request, report);
    return quote_with(simulator, &quote, now, out, why);
}

void simulator_td(struct td_report *out)
{
    *out = (struct td_report){
        .tee_tcb_svn = SIMULATOR_TEE_TCB_SVN,
        .attributes = TD_SEPT_VE_DISABLE,
        .xfam = XFRM,
        .tee_tcb_svn_2 = SIMULATOR_TEE_TCB_SVN,
    };
}

struct status simulator_tdx_quote(const struct simulator *simulator,
                                  const struct td_report *report,
                                  uint16_t version, uint64_t now,
                                  struct buffer *out, struct reason *why)
{
    unsigned char body[TD_REPORT_15_LEN];
    size_t len = td_report_write(report, body);
    struct sgx_quote quote = { .version = version, .td = bytes_of(body, len) };
    if (version == 0)
        quote.version = report->v15 ? 5 : 4;
    return quote_with(simulator, &quote, now, out, why);
}
