/* kit.h - a simulated platform, its quotes, and collateral in any state. */

#ifndef TESTS_ATTEST_KIT_H
#define TESTS_ATTEST_KIT_H

#include "agent/simulator.h"
#include "agent/simulator_collateral.h"
#include "agent/td_report.h"
#include "attest/attest.h"
#include "tests/support/temp_dir.h"

#define KIT_NOW ((uint64_t)1750000000)
#define KIT_DAY ((uint64_t)86400)

struct kit {
    struct temp_dir dir;
    struct simulator *simulator, *other; /* two with the same names */
    struct attest_anchor anchors[2];     /* of both, in that order  */
    struct buffer sgx, tdx, tdx15;       /* honest quotes           */
};

int kit_begin(void **state); /* *state: the kit */
int kit_end(void **state);

/* Makes it with the first simulator's keys (or the other's). */
void kit_make(const struct kit *kit, bool other,
              const struct simulator_collateral *wanted,
              struct collateral_files *out);
struct attest_collateral kit_collateral(const struct collateral_files *files);

/* A TDX quote over this report. */
void kit_tdx(const struct kit *kit, const struct td_report *report,
             struct buffer *out);

/* Under the first anchor, with collateral (NULL: none): the verdict of the
 * tool, and whether attest_verify() agrees with it that nothing failed. */
void kit_judge(const struct kit *kit, const struct buffer *quote,
               const struct attest_collateral *collateral, uint64_t now,
               struct attest_verdict *out);

/* The same made anew as wanted, judged at KIT_NOW. */
void kit_judge_wanted(const struct kit *kit, const struct buffer *quote,
                      const struct simulator_collateral *wanted,
                      struct attest_verdict *out);

/* That this token, and (one only) no other, is among the failures. */
void kit_failed(const struct attest_verdict *verdict, const char *token);
void kit_failed_only(const struct attest_verdict *verdict, const char *token);

#endif
