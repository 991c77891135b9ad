/* collateral_text.h - the vendor's signed statements about platforms, as JSON:
 * TCB information (versions 2 and 3) and the identities of quoting enclaves.
 *
 * Says whatever it is told to, in the vendor's member order and spelling;
 * whether that is honest is the caller's. */

#ifndef AGENT_COLLATERAL_TEXT_H
#define AGENT_COLLATERAL_TEXT_H

#include "base/buffer.h"
#include "ca/ca.h"

#define COLLATERAL_LEVELS_MAX  8
#define COLLATERAL_MODULES_MAX 4

/* What a level says about the platforms on it. */
struct collateral_verdict {
    const char *status;     /* tcbStatus: "UpToDate", "Revoked", ...    */
    uint64_t date;          /* tcbDate, seconds since 1970              */
    const char *advisories; /* "INTEL-SA-00615,INTEL-SA-00657"; NULL: the
                               member is absent, "": it is empty */
};

struct collateral_platform_level {
    unsigned char sgx[16], tdx[16]; /* component SVNs; tdx with TDX only */
    uint16_t pcesvn;
    struct collateral_verdict says;
};

/* Of a quoting enclave or a TDX module. */
struct collateral_svn_level {
    uint16_t isvsvn;
    struct collateral_verdict says;
};

struct collateral_module {
    char id[16]; /* "TDX_01"; in the member tdxModule: "" */
    unsigned char mrsigner[48], attributes[8], mask[8];
    size_t count;
    struct collateral_svn_level levels[COLLATERAL_LEVELS_MAX];
};

struct collateral_tcb_info {
    const char *id;   /* "SGX", "TDX"; not written in version 2 */
    unsigned version; /* 2 or 3 */
    uint64_t issued, next_update;
    unsigned char fmspc[6], pceid[2];
    unsigned type; /* tcbType */
    uint32_t evaluation;
    bool tdx;                        /* write what only TDX has */
    struct collateral_module module; /* tdxModule */
    size_t modules_count;
    struct collateral_module modules[COLLATERAL_MODULES_MAX];
    size_t count;
    struct collateral_platform_level levels[COLLATERAL_LEVELS_MAX];
};

struct collateral_enclave {
    const char *id; /* "QE", "TD_QE" */
    unsigned version;
    uint64_t issued, next_update;
    uint32_t evaluation;
    unsigned char miscselect[4], miscselect_mask[4];
    unsigned char attributes[16], attributes_mask[16];
    unsigned char mrsigner[32];
    uint16_t isvprodid;
    size_t count;
    struct collateral_svn_level levels[COLLATERAL_LEVELS_MAX];
};

/* Append the object that is signed. */
void collateral_put_tcb_info(const struct collateral_tcb_info *info,
                             struct buffer *out);
void collateral_put_enclave(const struct collateral_enclave *enclave,
                            struct buffer *out);

/* Appends {"<member>":<object>,"signature":"<hex>"}: ECDSA over SHA-256 of
 * the object's very bytes. `signer` is a P-256 key. */
STATUS collateral_sign(const char *member, struct bytes object,
                       struct ca_key *signer, struct buffer *out);

#endif
