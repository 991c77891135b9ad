/* sgx_extension.h - what a PCK certificate says about its platform. */

#ifndef AGENT_SGX_EXTENSION_H
#define AGENT_SGX_EXTENSION_H

#include "base/buffer.h"

/* One that no vendor's product has. */
#define SGX_EXTENSION_FMSPC                                                    \
    {                                                                          \
        0x51, 0xa0, 0x00, 0x00, 0x00, 0x01                                     \
    }

struct sgx_platform {
    unsigned char ppid[16];
    unsigned char instance[16];
    unsigned char fmspc[6];
    unsigned char pceid[2];
    unsigned char components[16]; /* SVNs 1 to 16; the CPUSVN as well */
    uint16_t pcesvn;
};

/* Appends the value of extension 1.2.840.113741.1.13.1 as a Platform CA's
 * leaf has it. */
STATUS sgx_extension_write(const struct sgx_platform *platform,
                           struct buffer *der);

#endif
