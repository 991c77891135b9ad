/* decide.h - may this program, with this certificate, have this dataset now?
 *
 * Pure: facts in, code out; no clock, no store, no HSM. The order of the
 * checks is the order of the codes; the first that fails is the answer, and
 * policy_decide_all() says what every line expected and found (for owners;
 * the enclave sees only the code). Everything an owner signed is taken from
 * the manifest all owners signed, never from records that can change. */

#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "api/api.h"
#include "ca/ca.h"
#include "policy/verdict.h"

enum policy_code {
    POLICY_ALLOW = 0,
    POLICY_NO_CERTIFICATE = 1,   /* chain, kind, account, time, revoked    */
    POLICY_NO_IDENTITY = 2,      /* not exactly one name of the form       */
    POLICY_NO_CONFIGURATION = 3, /* hash unknown, inactive or wrong        */
    POLICY_NO_APPROVALS = 4,     /* not all owners over one digest in time */
    POLICY_SUSPENDED = 5,        /* an owner or a manager suspended it     */
    POLICY_NO_BUILD = 6,         /* identity rule or anchor, withdrawn     */
    POLICY_NO_EVIDENCE = 7,      /* evidence too old, or judged too bad    */
    POLICY_NO_DATASET = 8,       /* not on a port of this configuration    */
    POLICY_NO_FORM = 11,         /* plain asked of what is sealed, or back */
    POLICY_NO_CLOCK = 12,        /* the broker does not trust its clock    */
};

/* "allow", "certificate", "identity", "configuration", "approvals",
 * "suspended", "build", "evidence", "dataset", "form", "clock". */
const char *policy_code_name(enum policy_code code);

/* One owner's signed approval of the version, already decoded. */
struct policy_approval_fact {
    struct hash owner;
    bool signature_holds; /* by the owner's key (chain) over the text; a
                             user's password was right when the record was
                             made                                         */
    bool approve;
    struct hash digest; /* what the text says it approves               */
};

struct decision_facts {
    /* the caller's certificate */
    bool certificate_chains; /* to this installation's CA, now in time    */
    bool certificate_revoked;
    struct ca_facts certificate;    /* as read from the DER                  */
    struct policy_verdict verdict;  /* on its evidence, as judged last       */
    struct api_id account;          /* whose workflow is asked about         */
    size_t names_of_form;           /* SAN names of the enclave form         */
    struct hash name_configuration; /* the hash in that name              */

    /* one candidate version (newest first; see policy_ask) */
    bool version_known, version_active;
    bool version_plain_class;       /* CCM: agreed by passwords               */
    struct hash runtime_recomputed; /* SHA-256 of the stored text          */
    struct hash digest;             /* SHA-256 of the stored manifest      */
    const json_t *manifest;
    bool app_found; /* there, by the certificate's configuration hash; its
                       identity is the hash of its rule                    */
    struct api_manifest_app app;
    const struct policy_approval_fact *approvals;
    size_t approvals_count;
    uint64_t approvals_end; /* seconds: the grants' not after; 0: none needed */

    /* switches */
    const char *suspended_by; /* "owner", "manager" or NULL */
    bool build_withdrawn;

    /* what is asked */
    bool dataset_asked; /* false: only the configuration is wanted */
    struct api_id dataset;
    bool plain_asked;
    bool dataset_plain_class;

    uint64_t now; /* seconds */
    bool clock_trusted;
};

struct policy_line {
    enum policy_code code; /* the line's own code */
    bool holds;
    char expected[96];
    char found[96];
};

#define POLICY_LINES 10

enum policy_code policy_decide(const struct decision_facts *facts);

/* All lines in order, evaluated independently as far as facts allow. */
void policy_decide_all(const struct decision_facts *facts,
                       struct policy_line lines[POLICY_LINES]);

#endif
