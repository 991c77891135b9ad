/* product.h - AMD's processors as far as attestation tells them apart.
 * Private to attest/. */

#ifndef ATTEST_PRODUCT_H
#define ATTEST_PRODUCT_H

#include "attest/anchor.h"
#include "base/bytes.h"

#define ATTEST_TCB_LEN 8

/* The product of a CPUID family and model (both with the extended parts);
 * 0 for every other. */
uint8_t attest_product_of_cpuid(unsigned family, unsigned model);

/* "Milan", "Genoa" or "Turin", exactly, or followed by a stepping such as
 * "-B0"; 0 for every other text. */
uint8_t attest_product_of_name(struct bytes name);

/* The same without a stepping: what an ARK is named after. */
uint8_t attest_product_of_ark(const char *name);

/* "Milan", ...; NULL for 0. */
const char *attest_product_name(uint8_t product);

/* Which byte of a TCB version is the SNP firmware's SVN. */
size_t attest_product_snp_svn(uint8_t product);

/* From which SVN on ATTEST_SNP_FIXED does not apply; 0: it never did. */
uint8_t attest_product_fixed_svn(uint8_t product);
#define ATTEST_SNP_FIXED "AMD-SB-3019" /* microcode signatures, 2025 */

/* Which byte of a TCB version extension .3.`n` of an endorsement key speaks
 * of; -1 when the product has no such part. Several may be reserved. */
int attest_product_tcb_byte(uint8_t product, unsigned n);

#endif
