/* evidence.h - evidence in files: read, judged, shown. */

#ifndef CLI_EVIDENCE_H
#define CLI_EVIDENCE_H

#include "attest/attest.h"

/* Where the parts of one question are; NULL for what is not given. */
struct evidence_files {
    const char *evidence;
    const char *endorsement, *intermediate; /* SNP: certificates, PEM or DER */
    const char *collateral;                 /* directory */
    const char *root;                       /* a file, PEM */
};

/* What was read from them. */
struct evidence {
    struct buffer bytes; /* in the form attest_question wants */
    struct buffer file[5];
    struct attest_collateral collateral; /* borrows `file` */
    bool has_collateral, has_anchor;
    struct attest_anchor anchor;
};
void evidence_clear(struct evidence *evidence);
#define AUTO_EVIDENCE __attribute__((cleanup(evidence_clear))) struct evidence

/* Missing lists of the collateral are empty; everything else that is named
 * must be there. A root that is no vendor's counts as a simulator's.
 * STATUS_NOT_FOUND or STATUS_INVALID with a reason that names the file. Clear
 * *out, zeroed before, also on failure. */
STATUS evidence_read(const struct evidence_files *files, struct evidence *out,
                     struct reason *why);

bool evidence_is_file(const char *path); /* a regular one, that is there */

/* The file of a root, in `directory` or up to three levels above it: of
 * "intel", "sim", "milan", "genoa", "turin" and "nitro" the one that each
 * usually has; of any other name NAME, NAME.pem or NAME-root-ca.pem, there or
 * in "sim". STATUS_NOT_FOUND with a reason. */
STATUS evidence_find_root(const char *name, const char *directory,
                          char path[4096], struct reason *why);

STATUS evidence_judge(const struct evidence *evidence, uint64_t now,
                      struct attest_verdict *out, struct reason *why);

/* "2025-06-10T12:00:00Z" or seconds since 1970. */
STATUS evidence_time(const char *text, uint64_t *out);

/* {"result", "tcb_status", "failures", "flags", "advisories", "kind",
 *  "identity": {...}}; NULL when out of memory. */
json_t *evidence_verdict_json(const struct attest_verdict *verdict);
const char *evidence_result_name(enum attest_result result);

/* Runs a table of either kind (evidence_cases.c), prints the rows whose
 * verdict differs. Compared are the result always, and TCB status, flags and
 * whether anything failed where the table has columns for them. STATUS_INVALID
 * for what is no table, STATUS_NOT_FOUND for a file that is missing. */
STATUS evidence_cases(const char *path, size_t *count, size_t *differ,
                      struct reason *why);

/* The members by kind. */
json_t *evidence_identity_json(const struct attest_identity *identity);

#endif
