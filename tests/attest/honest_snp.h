/* honest_snp.h - honest SEV-SNP evidence, made anew for each test. */

#ifndef TESTS_ATTEST_HONEST_SNP_H
#define TESTS_ATTEST_HONEST_SNP_H

#include "tests/attest/forge_snp.h"

extern struct snp_forge *forge; /* one per test program */

/* Test fixtures: the forge, honest; and gone. */
int snp_begin(void **state);
int snp_end(void **state);

/* What the forge's evidence says under its anchor; asserts acceptance. */
void snp_verify(struct attest_identity *out);

/* The verdict on it; asserts that there is one. */
void snp_judge(struct attest_verdict *out);

#endif
