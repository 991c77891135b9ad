/* world.h - everything a program meets, in one process: an owner with two
 * datasets (a at port input, b at port output), a broker with its log, an
 * agent with a simulator, an object store. The broker can be told to be wrong
 * in one way. */

#ifndef TESTS_ENCLAVE_WORLD_H
#define TESTS_ENCLAVE_WORLD_H

#include "agent/agent.h"
#include "agent/simulator.h"
#include "ca/ca.h"
#include "tests/agent/roots.h"
#include "tests/enclave/host.h"
#include "tests/support/temp_dir.h"

#define WORLD_LEAVES_MAX 1024

enum world_fault {
    WORLD_HONEST,
    /* the certificate */
    WORLD_REFUSES_EVIDENCE,
    WORLD_KNOWS_NO_CONFIGURATION,
    WORLD_IS_BUSY,
    WORLD_CERTIFIES_ANOTHER_KEY,
    WORLD_CERTIFIES_ANOTHER_HASH,
    WORLD_CERTIFIES_A_NODE,
    WORLD_SENDS_NO_ROOT,
    WORLD_SENDS_ANOTHER_ROOT,
    WORLD_CERTIFICATE_HAS_ENDED,
    /* the configuration */
    WORLD_CHANGES_A_LABEL,
    WORLD_ADDS_A_MEMBER,
    WORLD_DENIES_CONFIGURATION,
    /* the release */
    WORLD_DENIES_RELEASE,
    WORLD_WRAPS_TO_ANOTHER_KEY,
    WORLD_CHANGES_THE_BLOB,
    WORLD_RELEASES_ANOTHER_DATASET,
    WORLD_SWAPS_THE_CREDENTIAL,
    WORLD_FORGES_THE_SIGNATURE,
    WORLD_CLAIMS_ANOTHER_VERSION,
    WORLD_CREDENTIAL_IS_NO_JSON,
    WORLD_USES_ANOTHER_MECHANISM,
    /* the receipt */
    WORLD_GIVES_NO_RECEIPT,
    WORLD_WITHHOLDS_THE_DETAIL,
    WORLD_CHANGES_THE_DETAIL,
    WORLD_LOGS_ANOTHER_CERTIFICATE,
    WORLD_LOGS_ANOTHER_KIND,
    WORLD_LOGS_ANOTHER_ACCOUNT,
    WORLD_PROVES_NOTHING,
    WORLD_SIGNS_THE_HEAD_WITH_ANOTHER_KEY,
    /* the log between two runs */
    WORLD_SHOWS_AN_OLDER_LOG,
    WORLD_SHOWS_ANOTHER_EPOCH,
    WORLD_SHOWS_ANOTHER_LOG, /* another first leaf, of a signed log */
    WORLD_PROVES_NO_CONSISTENCY,
    WORLD_HAS_NO_PROOF,
    WORLD_GIVES_RECEIPTS_OF_ANOTHER_LOG, /* its head is honest */
    /* the zone: from the release on, the broker's TLS certificate comes
     * from another root */
    WORLD_MOVES_TO_ANOTHER_ROOT,
};

struct world_dataset {
    struct api_id id, version;
    unsigned char random[16];
    const char *path;     /* in the store */
    struct buffer stored; /* what lies there: encrypted */
    bool exists;
};

struct world {
    enum world_fault fault;
    struct temp_dir dir;

    struct root root, other_root;
    struct ca_key *tls_key;
    struct buffer server, other_server; /* certificates of that key, DER */
    SSL_CTX *tls;
    struct host *broker, *store;

    struct api_id account;
    struct api_key *owner_key, *recovery_key, *log_key;
    struct api_owner owner;
    struct secret *file_key; /* of both datasets */
    struct world_dataset datasets[2];

    json_t *config;
    struct hash hash;
    char hash_text[65];

    struct simulator *simulator;
    struct agent *agent;
    char agent_url[64];

    unsigned releases, certificates;

    /* The hashes of the log's leaves: one before the first release. */
    size_t leaves;
    struct hash log[WORLD_LEAVES_MAX];

    /* What the newest request for a certificate brought. */
    enum ca_carrier_kind carrier;
    struct buffer evidence;
    unsigned char report_data[CA_REPORT_DATA_LEN]; /* as its key demands */
    int store_status;                              /* 0: as usual */
};

/* Makes it, honest; input.csv holds `plain`, encrypted. */
void world_open(struct world *world, const char *plain);
void world_close(struct world *world);

/* From now on the configuration, and with it the hash, names another root as
 * its zone. */
void world_other_zone(struct world *world);

/* Undoes WORLD_MOVES_TO_ANOTHER_ROOT. */
void world_show_own_root(struct world *world);

/* A file with the root, PEM. */
const char *world_root_file(const struct world *world);

/* SHA-256 of the log's key, as text. */
void world_log_key(const struct world *world, char out[65]);

#endif
