#include "agent/simulator.h"
#include "agent/sgx_quote.h"
#include "agent/simulator_parts.h"

#include <stdlib.h>

#define QE_ISVPRODID 1
#define QE_ISVSVN    8
#define XFRM         0xe7 /* as current processors have it */

struct status simulator_open(const char *directory, struct simulator **out,
                             struct reason *why)
{
    AUTO_FREE(simulator) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(simulator_load(directory, made, why));
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
    free(simulator);
}

struct bytes simulator_root_pem(const struct simulator *simulator)
{
    return buffer_bytes(&simulator->root_pem);
}

/* The quoting enclave: signed by nobody's key, hence by no vendor's. */
static STATUS quoting_enclave(const struct simulator *simulator,
                              struct bytes auth,
                              unsigned char out[SGX_REPORT_LEN])
{
    struct sgx_report report = {
        .flags = SGX_INIT | SGX_MODE64BIT | SGX_PROVISION_KEY,
        .xfrm = XFRM,
        .isvprodid = QE_ISVPRODID,
        .isvsvn = QE_ISVSVN,
    };
    struct hash name;
    TRY(hash_of(&name, bytes_of_string("accord simulator quoting enclave v1")));
    memcpy(report.mrenclave, name.bytes, sizeof(name.bytes));
    TRY(hash_of(&name, bytes_of_string("accord simulator signer v1")));
    memcpy(report.mrsigner, name.bytes, sizeof(name.bytes));
    memset(report.cpusvn, 1, sizeof(report.cpusvn));
    TRY(sgx_quote_binding(simulator->attestation, auth, report.data));
    sgx_report_write(&report, out);
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

struct status simulator_sgx_quote(const struct simulator *simulator,
                                  const struct simulator_request *request,
                                  uint64_t now, struct buffer *out,
                                  struct reason *why)
{
    unsigned char qe_report[SGX_REPORT_LEN];
    unsigned char report[SGX_REPORT_LEN];
    unsigned char auth[32]; /* as long as the real one's, and as opaque */
    if (now < simulator->not_before || now > simulator->not_after)
        return refuse(why, STATUS_UNAVAILABLE, "simulator",
                      "the simulator's certificates are not valid now: make "
                      "a new simulator");
    for (size_t i = 0; i < sizeof(auth); i++)
        auth[i] = (unsigned char)i;
    TRY(quoting_enclave(simulator, bytes_of(auth, sizeof(auth)), qe_report));
    application(request, report);
    struct sgx_quote quote = {
        .report = report,
        .qe_report = qe_report,
        .qe_auth = bytes_of(auth, sizeof(auth)),
        .chain = buffer_bytes(&simulator->chain),
        .attestation = simulator->attestation,
        .platform = simulator->pck,
    };
    return sgx_quote_write(&quote, out);
}
