/* nouns.h - what the records are: who may act, what they own, what was
 * agreed. Each noun's file knows its record, its rules and how it is shown;
 * none knows HTTP or the HSM. Rules about one account never look into
 * another.
 *
 * Records are JSON of the shapes in docs/HTTP.md (DATASET, BUILD, ...) plus
 * members that are not shown; *_view() makes the shown form. Functions that
 * take a writing transaction only put records: the caller logs and commits.
 */

#ifndef POLICY_NOUNS_H
#define POLICY_NOUNS_H

#include "policy/decide.h"
#include "policy/store.h"

#define POLICY_NAME_MAX 64

/* A name people give: 1..64 bytes of UTF-8 without control characters. */
STATUS policy_name_check(const char *name, struct reason *why);

/* --- account.c ----------------------------------------------------------- */

STATUS policy_account_add(struct policy_txn *txn, const struct api_id *account,
                          const char *name, uint64_t now, struct reason *why);
STATUS policy_account_name(struct policy_txn *txn, const struct api_id *account,
                           char out[65]);

/* --- person.c ------------------------------------------------------------ */

enum policy_role {
    POLICY_NO_ROLE,
    POLICY_READER,
    POLICY_WRITER,
    POLICY_MANAGER,
};
const char *policy_role_name(enum policy_role role);
STATUS policy_role_parse(const char *name, enum policy_role *out);

struct policy_person {
    struct api_id account, person;
    char name[POLICY_NAME_MAX + 1];
    enum policy_role role;
    bool suspended;
    struct api_owner owner;
    struct hash owner_hash;
    struct hash key; /* SHA-256 of the current SPKI */
    uint64_t certificate_not_after;
    uint64_t created_at;
};

STATUS policy_person_get(struct policy_txn *txn, const struct api_id *account,
                         const struct api_id *person,
                         struct policy_person *out);
/* Puts the record and the index from key hash to person. */
STATUS policy_person_put(struct policy_txn *txn,
                         const struct policy_person *person);
/* By the current key's hash; STATUS_NOT_FOUND. */
STATUS policy_person_find(struct policy_txn *txn, const struct hash *key,
                          struct policy_person *out);
/* By owner hash within an account; STATUS_NOT_FOUND. */
STATUS policy_person_of_owner(struct policy_txn *txn,
                              const struct api_id *account,
                              const struct hash *owner,
                              struct policy_person *out);
json_t *policy_person_view(const struct policy_person *person);

/* --- invitation.c -------------------------------------------------------- */

struct policy_invitation {
    struct hash id; /* SHA-256 of the secret */
    struct api_id account;
    enum policy_role role;
    char name[POLICY_NAME_MAX + 1];
    uint64_t expires;     /* seconds */
    struct hash used_by;  /* SPKI hash of who joined; zero: unused */
    struct api_id person; /* who that became */
};

STATUS policy_invitation_put(struct policy_txn *txn,
                             const struct policy_invitation *invitation);
/* The invitation of this secret's hash that may be used now by this key: not
 * expired, unused or used by the very same key (an answer that got lost).
 * STATUS_DENIED with one text for every other case. */
STATUS policy_invitation_find(struct policy_txn *txn, const struct hash *id,
                              const struct hash *key, uint64_t now,
                              struct policy_invitation *out,
                              struct reason *why);

/* --- object.c: builds, datasets, configurations, apps -------------------- */

/* (kind, account, id) records with a unique "name" per account. */
STATUS policy_object_get(struct policy_txn *txn, enum policy_kind kind,
                         const struct api_id *account, struct bytes id,
                         json_t **out, struct reason *why);
void policy_object_put(struct policy_txn *txn, enum policy_kind kind,
                       const struct api_id *account, struct bytes id,
                       const json_t *value);
/* STATUS_CONFLICT when the id exists or another object has the name. */
STATUS policy_object_new(struct policy_txn *txn, enum policy_kind kind,
                         const struct api_id *account, struct bytes id,
                         const json_t *value, struct reason *why);
/* A JSON array of all of an account's objects, without members that begin
 * with "_" . */
STATUS policy_object_list(struct policy_txn *txn, enum policy_kind kind,
                          const struct api_id *account, json_t **out);
/* A copy without the members that begin with "_". */
json_t *policy_object_view(const json_t *value);

/* Is `owner` (hash) the owner of this dataset or build record? */
bool policy_object_owned(const json_t *value, const struct hash *owner);

/* --- proposal.c ---------------------------------------------------------- */

/* Gathers everything a manifest is derived from (api/manifest.h) for `graph`
 * ({"name", "description", "objects", "edges"}). Unknown references are left
 * out: api_proposal_check() names them. */
STATUS policy_proposal(struct policy_txn *txn, const struct api_id *account,
                       const json_t *graph, const struct api_id *workflow,
                       const char *zone_ca, json_t **out, struct reason *why);

/* Faults of builds and datasets that only records know: not approved,
 * withdrawn, erased, suspended. Appended to `faults`. */
STATUS policy_proposal_check_records(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const json_t *proposal, json_t *faults);

/* --- request.c ----------------------------------------------------------- */

/* The pending request of a workflow; STATUS_NOT_FOUND. */
STATUS policy_request_pending(struct policy_txn *txn,
                              const struct api_id *account,
                              const struct api_id *workflow, json_t **out);

/* One owner's decision, already verified, into a pending request: adds it,
 * and when it is a decline or the last approval settles the request (and
 * then makes version, runtime and grant records: workflow.c). Changes
 * `request` in place; the caller puts it. */
struct policy_decision {
    struct api_id person;
    const char *approval; /* the signed text */
    struct api_signature signature;
    struct api_spki key; /* that signed it: the person's current key */
    bool approve;
    uint64_t valid_until;
    const json_t *grants; /* [{"grant", "signature"}], verified */
};
STATUS policy_request_decide(struct policy_txn *txn,
                             const struct api_id *account, json_t *request,
                             const struct policy_decision *decision,
                             uint64_t now, struct reason *why);

/* --- workflow.c ---------------------------------------------------------- */

/* Makes the version a settled request stands for: WORKFLOW, VERSION, one
 * RUNTIME per app, one GRANT per grant; retires the parent unless "keep". */
STATUS policy_workflow_settle(struct policy_txn *txn,
                              const struct api_id *account,
                              const json_t *request, uint64_t now,
                              struct reason *why);

/* Ends a version ("withdrawn" or "retired"): its RUNTIME and GRANT records
 * go, the version record stays for the history. */
STATUS policy_workflow_end(struct policy_txn *txn, const struct api_id *account,
                           const struct api_id *workflow, uint32_t version,
                           const char *status, struct reason *why);

/* True when an active version uses this dataset or build. */
STATUS policy_workflow_uses(struct policy_txn *txn,
                            const struct api_id *account,
                            const struct api_id *object, bool *out);

/* --- certificate.c ------------------------------------------------------- */

/* {"serial", "kind", "account", "id", "spki", "not_after", "configuration"?,
 *  "identity"?, "evidence"?, "revoked": bool} */
STATUS policy_certificate_put(struct policy_txn *txn,
                              const unsigned char serial[16],
                              const json_t *value);
STATUS policy_certificate_revoked(struct policy_txn *txn,
                                  const unsigned char serial[16], bool *out);
/* Evidence digest and CSR key are accepted once: STATUS_CONFLICT if either
 * was seen; else both are remembered. */
STATUS policy_freshness(struct policy_txn *txn, const struct hash *evidence,
                        const struct hash *spki, struct reason *why);

/* --- facts.c ------------------------------------------------------------- */

/* One question to decide(): may this certificate have this dataset (or, with
 * dataset NULL, its configuration) now? */
struct policy_question {
    struct ca_facts certificate;
    bool certificate_chains;
    const struct api_id *dataset;
    bool plain;
    uint64_t now; /* seconds */
    bool clock_trusted;
};

/* The answer, with what was found on the way; clear it with
 * policy_answer_clear(). */
struct policy_answer {
    enum policy_code code;
    struct policy_line lines[POLICY_LINES];
    struct api_id account, workflow;
    uint32_t version;
    json_t *runtime;  /* RUNTIME record: {"app", "text"}        */
    json_t *manifest; /* parsed                                 */
    json_t *dataset;  /* manifest entry of the dataset          */
    json_t *record;   /* DATASET record                         */
    json_t *grant;    /* GRANT record: {"grant", "signature"}   */
};
void policy_answer_clear(struct policy_answer *answer);

/* Runs decide() over every active version that holds the certificate's
 * configuration hash, newest first; the first allow wins, else the answer is
 * that of the newest. A failure is the store's, never a refusal. */
STATUS policy_ask(struct policy_txn *txn, const struct policy_question *asked,
                  struct policy_answer *out);

/* A program that is to get a certificate for `runtime`: the newest active
 * version whose rule `matches` accepts. Code POLICY_NO_CONFIGURATION when the
 * hash is not active anywhere, POLICY_NO_BUILD when no rule matches. */
struct policy_candidate {
    enum policy_code code;
    struct api_id account, workflow;
    uint32_t version;
    struct api_manifest_app app; /* key is NULL: not kept */
};
typedef STATUS (*policy_matches_fn)(void *context,
                                    const struct api_identity_rule *rule,
                                    struct reason *why);
STATUS policy_candidate_find(struct policy_txn *txn, const struct hash *runtime,
                             policy_matches_fn matches, void *context,
                             struct policy_candidate *out, struct reason *why);

#endif
