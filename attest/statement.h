/* statement.h - a vendor's signed JSON: {"<member>": {...}, "signature": hex}.
 * Private to attest/.
 *
 * The signature is over the exact bytes of the inner object as they came; it
 * is sliced out, never written again. Two members of one name, members beside
 * the two, or anything behind the object are refused: the bytes that are
 * verified are the ones that are read. */

#ifndef ATTEST_STATEMENT_H
#define ATTEST_STATEMENT_H

#include "attest/judging.h"

#include <openssl/types.h>

#define ATTEST_STATEMENT_MAX ((size_t)128 * 1024)

enum attest_statement_kind {
    ATTEST_TCB_INFO,         /* "tcbInfo"         */
    ATTEST_ENCLAVE_IDENTITY, /* "enclaveIdentity" */
};

/* Reads one. `signer` signed it, may be NULL when nobody verified one. Notes
 * tokens tcbInfo-duplicate-json-key, -malformed, -sig, -not-yet-valid,
 * -expired, -evaluation, and the same of enclaveIdentity. *out is the inner
 * object, owned by the caller; NULL when it cannot be read. */
STATUS attest_statement_judge(struct attest_judging *j,
                              enum attest_statement_kind kind,
                              struct bytes text, X509 *signer, json_t **out);

/* Members of such objects; STATUS_INVALID when missing or of another form.
 * Hexadecimal in either case. */
STATUS attest_json_hex(const json_t *object, const char *name, void *out,
                       size_t len);
STATUS attest_json_number(const json_t *object, const char *name, uint32_t max,
                          uint32_t *out);
STATUS attest_json_time(const json_t *object, const char *name,
                        uint64_t *out); /* "2025-06-10T12:00:00Z": seconds */

/* A level's tcbStatus, tcbDate and advisoryIDs. */
struct attest_level {
    uint16_t status; /* one API_TCB_ bit, ATTEST_REVOKED; 0: unknown word */
    uint64_t date;
    const json_t *advisories; /* borrowed; NULL: none */
};
#define ATTEST_REVOKED ((uint16_t)0x8000)

STATUS attest_level_read(const json_t *level, struct attest_level *out);

/* Adds what is not there yet. STATUS_DENIED with token `advisories` when there
 * is no room for all: none may be overlooked. */
STATUS attest_advisories_add(struct attest_advisories *to, const json_t *ids,
                             struct reason *why);

#endif
