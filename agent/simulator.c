#include "agent/simulator.h"
#include "agent/openssl_scope.h"
#include "agent/sgx_quote.h"
#include "agent/simulator_files.h"

#include <stdlib.h>

#include "base/file.h"

#define PEM_MAX      4096
#define KEY_MAX      4096
#define QE_ISVPRODID 1
#define QE_ISVSVN    8
#define XFRM         0xe7 /* as current processors have it */

struct simulator {
    struct ca_key *pck;
    struct ca_key *attestation;
    struct buffer root_pem;
    struct buffer chain; /* PEM: PCK certificate, CA, root */
    uint64_t not_before, not_after;
};

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

/* --- loading ------------------------------------------------------------- */

static STATUS read_key(const char *directory, const char *name,
                       struct ca_key **out, struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    AUTO_FREE(secret) pem = NULL;
    TRY(simulator_path(directory, name, path, why));
    struct status s = file_read_secret(path, KEY_MAX, false, &pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read the key %s", path);
    if (failed(ca_key_read(pem, out)))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a private key", path);
    if (ca_key_public(*out)->type != CA_P256)
        return refuse(why, STATUS_CORRUPT, "simulator", "%s is not a P-256 key",
                      path);
    return OK;
}

static void x509s_clear(X509 *(*certificates)[3])
{
    for (size_t i = 0; i < 3; i++)
        X509_free((*certificates)[i]);
}

static STATUS read_certificate(const char *path, struct buffer *pem, X509 **out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(PEM_MAX);
    struct status s = file_read(path, pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s", path);
    TRY(ca_pem_read("CERTIFICATE", buffer_bytes(pem), &der, why));
    const unsigned char *at = der.data;
    *out = d2i_X509(NULL, &at, (long)der.len);
    if (!*out)
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a certificate", path);
    return OK;
}

static STATUS seconds_of(const ASN1_TIME *time, uint64_t *out)
{
    int days;
    int seconds;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (!epoch)
        return failure(STATUS_NO_MEMORY, "ASN1_TIME_set", 0);
    int ok = ASN1_TIME_diff(&days, &seconds, epoch, time);
    ASN1_TIME_free(epoch);
    if (ok != 1 || days < 0 || seconds < 0)
        return failure(STATUS_CORRUPT, "ASN1_TIME_diff", 0);
    *out = (uint64_t)days * 86400 + (uint64_t)seconds;
    return OK;
}

/* The intersection of all three validities. */
static STATUS narrow(struct simulator *simulator, const X509 *certificate)
{
    uint64_t from;
    uint64_t until;
    TRY(seconds_of(X509_get0_notBefore(certificate), &from));
    TRY(seconds_of(X509_get0_notAfter(certificate), &until));
    if (from > simulator->not_before)
        simulator->not_before = from;
    if (until < simulator->not_after)
        simulator->not_after = until;
    return OK;
}

/* Leaf, CA, root: each signed by the next, the leaf for our key. */
static bool belong_together(X509 *const chain[3], const struct ca_key *pck)
{
    return X509_verify(chain[0], X509_get0_pubkey(chain[1])) == 1 &&
           X509_verify(chain[1], X509_get0_pubkey(chain[2])) == 1 &&
           X509_verify(chain[2], X509_get0_pubkey(chain[2])) == 1 &&
           EVP_PKEY_eq(X509_get0_pubkey(chain[0]), ca_key_pkey(pck)) == 1;
}

static STATUS read_chain(const char *directory, struct simulator *simulator,
                         struct reason *why)
{
    static const char *const names[3] = { SIMULATOR_PCK_PEM, SIMULATOR_CA_PEM,
                                          SIMULATOR_ROOT_PEM };
    __attribute__((cleanup(x509s_clear))) X509 *chain[3] = { NULL };
    for (size_t i = 0; i < 3; i++) {
        char path[SIMULATOR_PATH_MAX];
        AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
        TRY(simulator_path(directory, names[i], path, why));
        TRY(read_certificate(path, &pem, &chain[i], why));
        TRY(narrow(simulator, chain[i]));
        buffer_put(&simulator->chain, buffer_bytes(&pem));
        if (i == 2)
            buffer_put(&simulator->root_pem, buffer_bytes(&pem));
    }
    TRY(buffer_status(&simulator->chain));
    TRY(buffer_status(&simulator->root_pem));
    if (!belong_together(chain, simulator->pck))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s: keys and certificates do not belong together",
                      directory);
    return OK;
}

struct status simulator_open(const char *directory, struct simulator **out,
                             struct reason *why)
{
    AUTO_FREE(simulator) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    made->root_pem = buffer_make(PEM_MAX);
    made->chain = buffer_make((size_t)3 * PEM_MAX);
    made->not_after = UINT64_MAX;
    TRY(read_key(directory, SIMULATOR_PCK_KEY, &made->pck, why));
    TRY(read_key(directory, SIMULATOR_ATTESTATION_KEY, &made->attestation,
                 why));
    TRY(read_chain(directory, made, why));
    *out = TAKE(made);
    return OK;
}

/* --- quoting ------------------------------------------------------------- */

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
