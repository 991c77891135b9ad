/* simulator_parts.h - an opened simulator. Private to the simulator. */

#ifndef AGENT_SIMULATOR_PARTS_H
#define AGENT_SIMULATOR_PARTS_H

#include "agent/sgx_extension.h"
#include "agent/sgx_quote.h"
#include "agent/simulator.h"
#include "ca/ca.h"

struct simulator {
    struct ca_key *pck;
    struct ca_key *attestation;
    struct buffer root_pem;
    struct buffer chain;            /* PEM: PCK certificate, CA, root */
    uint64_t not_before, not_after; /* of all three certificates */
    struct secret *cpu;             /* NULL: none */
    struct simulator_snp *snp;      /* NULL: not of this kind */
    struct simulator_nitro *nitro;  /* NULL: not of this kind */
};

/* The TDX module: SVN 4 of version 1; and the platform's own component. */
#define SIMULATOR_MODULE_SVN     4
#define SIMULATOR_MODULE_VERSION 1
#define SIMULATOR_TEE_TCB_SVN                                                  \
    {                                                                          \
        SIMULATOR_MODULE_SVN, SIMULATOR_MODULE_VERSION, 6                      \
    }

/* What the PCK certificate says about the platform. */
void simulator_platform(const struct ca_public_key *pck,
                        const struct ca_public_key *ca,
                        struct sgx_platform *out);

/* The enclave that quotes enclaves, or the one that quotes trust domains; its
 * report data is the caller's to fill. */
STATUS simulator_quoting_enclave(bool td, struct sgx_report *out);

/* Fills a zeroed simulator from its directory; errors as simulator_open().
 * What was filled before a failure is the caller's to release. */
STATUS simulator_load(const char *directory, struct simulator *simulator,
                      struct reason *why);

#endif
