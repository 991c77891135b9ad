/* snp_ek.h - what an endorsement key certificate (VCEK or VLEK) says about
 * the chip: the extensions under 1.3.6.1.4.1.3704.1 (AMD 57230, VCEK
 * certificate and KDS interface specification). Private to attest/. */

#ifndef ATTEST_SNP_EK_H
#define ATTEST_SNP_EK_H

#include <openssl/types.h>

#include "attest/product.h"
#include "base/status.h"

#define ATTEST_CHIP_ID_LEN 64

struct attest_snp_ek {
    uint8_t product;
    bool vlek; /* names a service provider instead of a chip */
    unsigned char tcb[ATTEST_TCB_LEN];         /* as the product lays it out */
    unsigned char chip_id[ATTEST_CHIP_ID_LEN]; /* filled up with zeros; all
                                                  zero in a VLEK */
};

/* STATUS_DENIED with the token ek:extension unless there are, each exactly
 * once and in strict DER: the structure's version and a product's name that
 * fit, every SVN that the product has and no other, and either the chip's id
 * (raw octets; 8 on Turin, else 64) or a provider's. Nothing is matched by a
 * prefix, and what is not there is not defaulted. */
STATUS attest_snp_ek_read(const X509 *certificate, struct attest_snp_ek *out,
                          struct reason *why);

#endif
