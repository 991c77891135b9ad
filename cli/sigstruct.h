/* sigstruct.h - SGX SIGSTRUCT: what an enclave's signer vouches for. Intel
 * SDM volume 3D, 38.13: 1,808 bytes, numbers little-endian. */

#ifndef CLI_SIGSTRUCT_H
#define CLI_SIGSTRUCT_H

#include "base/bytes.h"
#include "base/status.h"
#include <stdint.h>

#define SIGSTRUCT_LEN 1808

struct sigstruct {
    unsigned char mrenclave[32];
    unsigned char mrsigner[32]; /* SHA-256 of the modulus as it stands */
    uint16_t isvprodid;
    uint16_t isvsvn;
};

/* STATUS_INVALID with a reason unless length, both headers, the exponent 3
 * and the reserved bytes are as the SDM demands, and the signature (RSA-3072,
 * PKCS#1 v1.5, SHA-256) over header and body holds. */
STATUS sigstruct_read(struct bytes raw, struct sigstruct *out,
                      struct reason *why);

#endif
