/* soft_door.h - the HSM's door, with keys in memory behind it: linked in
 * place of pkcs11/door*.c, so that a test has a whole broker in its process.
 *
 * It checks what the real worker checks about leaves, subjects, proofs and
 * grants, keeps the frontier, and can be told to be away, to refuse, or to do
 * its job and lose the answer. */

#ifndef TESTS_BROKER_SOFT_DOOR_H
#define TESTS_BROKER_SOFT_DOOR_H

#include <pthread.h>

#include "attest/attest.h"
#include "pkcs11/pkcs11.h"

enum soft_job {
    SOFT_DESCRIBE,
    SOFT_PROBE,
    SOFT_STORE_KEY,
    SOFT_INTAKE,
    SOFT_APPEND,
    SOFT_CERTIFY,
    SOFT_RELEASE,
    SOFT_CRL,
    SOFT_ERASE,
    SOFT_NONCE,
    SOFT_INTAKE_PLAIN,
    SOFT_RELEASE_PLAIN,
    SOFT_JOBS,
};

enum soft_fate {
    SOFT_WORKS,
    SOFT_AWAY,    /* nothing happens, STATUS_UNAVAILABLE   */
    SOFT_LOSES,   /* it happens, but STATUS_UNAVAILABLE    */
    SOFT_REFUSES, /* nothing happens, STATUS_DENIED        */
};

#define SOFT_LEAVES_MAX      4096
#define SOFT_CREDENTIALS_MAX 64
#define SOFT_DOMAIN          "accord.example"

struct soft_leaf {
    struct hash hash;
    bool open; /* appended in this generation and not yet performed */
};

struct soft_credential {
    struct hash ctx;
    struct secret *key; /* K' */
};

struct pkcs11_door {
    pthread_mutex_t lock;

    struct api_id store;
    uint64_t generation;
    struct ca_key *ca;
    struct api_key *log;
    const struct ca_key *intake; /* one for the whole process */
    unsigned char store_secret[32];
    struct buffer root, intake_certificate;
    struct attest_anchor anchor; /* the verifier's only one */

    struct api_frontier frontier;
    uint64_t time; /* of the newest leaf */
    uint32_t epoch;
    bool was_restored;
    struct api_restore restored;
    struct soft_leaf leaves[SOFT_LEAVES_MAX];
    struct soft_credential credentials[SOFT_CREDENTIALS_MAX];
    size_t credentials_count;

    enum soft_fate fate[SOFT_JOBS];
    unsigned fated[SOFT_JOBS]; /* calls the fate still holds for */
    unsigned calls[SOFT_JOBS];
    struct hash nonce;    /* the last one made; zero: none yet */
    int64_t evidence_age; /* milliseconds that certificates lie about */
    bool plain_forbidden; /* ccm.plain_paths = no */
    bool wrapped;         /* credentials.placement = wrapped */
};

/* A token fresh from its ceremony at `now` (seconds). */
void soft_door_make(uint64_t now, struct pkcs11_door **out);
void soft_door_destroy(struct pkcs11_door *door);

/* What pkcs11_door_open() finds from now on. */
void soft_door_plug(struct pkcs11_door *door);

/* The next `calls` calls of that job fare so. */
void soft_door_fate(struct pkcs11_door *door, enum soft_job job,
                    enum soft_fate fate, unsigned calls);

/* All jobs fare so until told otherwise. */
void soft_door_fate_of_all(struct pkcs11_door *door, enum soft_fate fate);

/* A new worker: appended leaves can no longer be performed. */
void soft_door_restart(struct pkcs11_door *door);

/* What `accord-hsm restore` does to it with the request in that file. */
void soft_door_restore(struct pkcs11_door *door, const char *request);

/* Is there a key for this credential version? */
bool soft_door_has(struct pkcs11_door *door, const struct api_context *context);

/* Any certificate of our form, whatever the log says. */
void soft_door_issue(struct pkcs11_door *door,
                     const struct ca_certificate_fields *fields,
                     struct buffer *der);

/* RSA-3072 keys take long to make: a few are at hand, the last of them the
 * intake's. */
#define SOFT_RSA_KEYS 2
struct ca_key *soft_rsa_key(size_t which);

/* RSA-OAEP with SHA-1 and no label, either way; `len` is the room in `out`
 * and then its length. False when it does not open. */
bool soft_oaep(EVP_PKEY *key, bool wrap, struct bytes in, unsigned char *out,
               size_t *len);

/* Is the evidence genuine, met by the rule, and bound? Writes the name. */
STATUS soft_judge(const struct pkcs11_door *door,
                  const struct pkcs11_certify *asked,
                  char name_out[CA_NAME_MAX + 1], struct reason *why);

/* --- for soft_jobs.c ----------------------------------------------------- */

/* Counts the call; true when it is not to be done, with *out the answer. */
bool soft_stopped(struct pkcs11_door *door, enum soft_job job,
                  struct status *out, struct reason *why);
struct soft_credential *soft_find(struct pkcs11_door *door,
                                  const struct hash *ctx);
/* The leaf says exactly this, and nobody has performed it yet. */
STATUS soft_take_leaf(struct pkcs11_door *door,
                      const unsigned char encoded[API_LEAF_LEN],
                      enum api_leaf_kind kind, const struct api_id *account,
                      const struct hash *subject, struct api_leaf *leaf,
                      struct reason *why);
/* Keeps the key of a sealed credential; the door is locked. */
STATUS soft_intake(struct pkcs11_door *door, const struct pkcs11_intake *asked,
                   struct reason *why);
/* What a call that was done answers: OK, or that its answer was lost. */
STATUS soft_answer(struct pkcs11_door *door, enum soft_job job,
                   struct status done, struct reason *why);

#endif
