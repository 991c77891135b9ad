/* terms.h - on what terms evidence is accepted, whatever it measures: states
 * of the platform, age, exceptions.
 *
 * A rule has terms of its own, and each dataset's owner may demand stricter
 * ones (`limits.evidence`): the manifest holds the strictest of all, and its
 * hash is what everybody grants. */

#ifndef API_TERMS_H
#define API_TERMS_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/cursor.h"
#include "base/status.h"

/* TCB statuses a rule accepts; Revoked and unknown have no bit. */
enum api_tcb {
    API_TCB_UNEVALUATED = 1 << 0, /* no collateral was consulted */
    API_TCB_UP_TO_DATE = 1 << 1,
    API_TCB_SW_HARDENING_NEEDED = 1 << 2,
    API_TCB_CONFIGURATION_NEEDED = 1 << 3,
    API_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED = 1 << 4,
    API_TCB_OUT_OF_DATE = 1 << 5,
    API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED = 1 << 6,
    API_TCB_TD_RELAUNCH_ADVISED = 1 << 7,
    API_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 1 << 8,
};
#define API_TCB_ALL 0x1ffu

/* "UpToDate", "unevaluated", ... for a single bit; NULL for anything else. */
const char *api_tcb_name(uint16_t bit);
STATUS api_tcb_parse(struct bytes name, uint16_t *out);

#define API_ADVISORY_LEN   24 /* "INTEL-SA-00615", without the NUL */
#define API_ADVISORIES_MAX 16

/* A status that the rule does not accept is accepted until `until` when it is
 * one of these and all advisories of the platform are among those named. */
struct api_tcb_exception {
    uint16_t tcb_mask; /* 0: no exception */
    uint64_t until;    /* seconds since 1970 */
    size_t count;
    char advisory[API_ADVISORIES_MAX][API_ADVISORY_LEN + 1]; /* sorted */
};

/* All zero: nothing beyond the defaults. */
struct api_terms {
    uint32_t age_max;        /* seconds from evidence to use; 0: the life of
                                the certificate decides (48 hours)           */
    uint32_t evaluation_min; /* tcbEvaluationDataNumber; 0: any              */
    uint8_t nonce_demanded;  /* 1: evidence must be made for this request    */
    struct api_tcb_exception exception;
};

/* As they stand behind a rule's anchor: nothing when all are zero, else
 *     version 1 (1) || age max 4 || evaluation min 4 || nonce 1 ||
 *     exception's mask 2 || until 8 || count 1 || count x advisory 24
 * (advisories ascending, filled with zeros). STATUS_INVALID with a reason for
 * terms that say nothing clear. */
STATUS api_terms_encode(const struct api_terms *terms, struct buffer *out,
                        struct reason *why);
/* Reads to the end of `in`, and only what encode writes. */
STATUS api_terms_decode(struct cursor *in, struct api_terms *out,
                        struct reason *why);

/* Members "age", "evaluation", "nonce", "exception" of a rule, each absent
 * when it is the default:
 *     "exception": {"tcb": [...], "advisories": [...], "until": seconds} */
STATUS api_terms_from_json(const json_t *rule, struct api_terms *out,
                           struct reason *why);
/* Adds them; false when out of memory. */
bool api_terms_to_json(const struct api_terms *terms, json_t *rule);

/* A list of TCB statuses, each once, at least one. */
STATUS api_tcb_from_json(const json_t *object, const char *name, uint16_t *out,
                         struct reason *why);
json_t *api_tcb_to_json(uint16_t mask);

/* Is `tcb` (one bit), with these advisories, acceptable at `now` (seconds)? */
bool api_terms_accept(uint16_t tcb_mask, const struct api_terms *terms,
                      uint16_t tcb,
                      const char (*advisories)[API_ADVISORY_LEN + 1],
                      size_t count, uint64_t now);

struct api_identity_rule;

/* What a dataset's owner demands of every program that gets the dataset:
 *     {"tcb": [...], "age": seconds, "evaluation": number, "nonce": true,
 *      "hardware": true}
 * each optional. `rule` becomes the stricter of both, member by member: the
 * statuses both accept, the lesser age, the greater number. STATUS_INVALID
 * with a reason for malformed demands, and when no evidence could meet both.
 * "hardware" refuses simulated and node-vouched kinds and debug. */
STATUS api_rule_tighten(struct api_identity_rule *rule, const json_t *demands,
                        struct reason *why);
STATUS api_demands_check(const json_t *demands, struct reason *why);

/* A dataset's `limits`: {"evidence"?: demands} and nothing else, because a
 * limit that nobody enforces must not be signed. `limits` is an object. */
STATUS api_limits_check(const json_t *limits, struct reason *why);

#endif
