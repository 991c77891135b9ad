/* collateral.h - what a verifier of DCAP evidence is given besides it: an
 * honest set for one platform, to be changed member by member, then made.
 *
 * As files, in a directory:
 *     tcbinfo.json, qeidentity.json   signed by the TCB signing key
 *     tcb_signing_chain.pem           its certificate, the root
 *     root_ca.crl.der, pck_ca.crl.der
 *     pck_crl_issuer_chain.pem        the PCK CA, the root */

#ifndef AGENT_COLLATERAL_H
#define AGENT_COLLATERAL_H

#include "agent/collateral_text.h"
#include "agent/pki_crl.h"
#include "agent/sgx_extension.h"

struct collateral_plan {
    /* Borrowed: the keys that sign, and their certificates, PEM. */
    struct ca_key *root, *pck_ca, *tcb_signing;
    struct bytes root_pem, pck_ca_pem, tcb_signing_pem;

    struct collateral_tcb_info tcb_info;
    struct collateral_enclave enclave;
    struct pki_crl root_crl, pck_crl;
};

/* Which platform, which quoting enclave, and when. */
struct collateral_subject {
    bool tdx;
    const struct sgx_platform *platform;
    unsigned char qe_mrsigner[32];
    uint16_t qe_isvprodid, qe_isvsvn;
    unsigned char module_version, module_svn; /* TDX */
    unsigned char tdx_components[16];         /* TDX: the newest level */
    uint64_t now; /* issued a day before, valid for 30 days after */
};

/* Fills all but the keys and certificates: the platform as it is is UpToDate;
 * below it is a level of zeros that is OutOfDate. TCB information of version
 * 3, evaluation number 17, nothing revoked. */
void collateral_plan_init(struct collateral_plan *plan,
                          const struct collateral_subject *subject);

struct collateral_files {
    struct buffer tcb_info, qe_identity;
    struct buffer tcb_signing_chain, pck_crl_chain; /* PEM */
    struct buffer root_crl, pck_crl;                /* DER */
};
void collateral_files_clear(struct collateral_files *files);

#define AUTO_COLLATERAL                                                        \
    __attribute__((cleanup(collateral_files_clear))) struct collateral_files

/* Makes the six; what stood in `out` is not looked at. Clear it on failure
 * too. */
STATUS collateral_make(const struct collateral_plan *plan,
                       struct collateral_files *out);

/* Writes them into `directory`, which is made if need be (mode 0755), over
 * whatever has these names there. */
STATUS collateral_write(const struct collateral_files *files,
                        const char *directory, struct reason *why);

#endif
