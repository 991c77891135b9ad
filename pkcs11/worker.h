/* worker.h - what the jobs share, and what a job is.
 *
 * A job reads its message, checks everything design section 4 demands of it
 * by itself, and only then touches a key. One file per job: job_*.c. The
 * time is a parameter, so that every refusal can be tested.
 *
 * Lock order: token_writes, then log.lock; no other lock is held while one
 * of these is taken. */

#ifndef PKCS11_WORKER_H
#define PKCS11_WORKER_H

#include <pthread.h>

#include "pkcs11/credentials.h"
#include "pkcs11/judge.h"
#include "pkcs11/keys.h"
#include "pkcs11/leaves.h"
#include "pkcs11/nonces.h"
#include "pkcs11/proven.h"
#include "pkcs11/queue.h"
#include "pkcs11/settings.h"
#include "pkcs11/state.h"
#include "pkcs11/wire.h"

struct hsm_erased;

struct hsm_log {
    pthread_mutex_t lock;
    struct hsm_state state;
    struct hsm_state anchored; /* what the token remembers */
    struct hsm_frontier_file file;
    bool broken; /* a write failed: what is on disk is not known */
};

struct hsm_worker {
    struct hsm_settings settings;
    struct hsm_token *token;
    struct hsm_session session; /* of the start; threads have their own */
    struct hsm_keys keys;
    struct api_spki ca_key, log_key;
    struct buffer ca_certificate, intake_certificate; /* DER */
    struct hsm_log log;
    bool was_restored; /* then `restored` says what became of it last */
    struct api_restore restored;
    struct hsm_leaves *leaves;
    struct hsm_proven *proven; /* grants and certificates seen before */
    struct hsm_credentials *credentials;
    struct hsm_erased *erased; /* the contexts that come back never */
    struct hsm_judge *judge;
    struct hsm_nonces *nonces;
    pthread_mutex_t token_writes; /* one at a time: SoftHSM fails otherwise */
};

struct hsm_job {
    struct hsm_worker *worker;
    struct hsm_session *session; /* the calling thread's own */
    uint64_t now;                /* wall clock, milliseconds */
    uint64_t monotonic;          /* milliseconds */
    struct buffer *out;          /* the answer's body */
    struct reason *why;
};

/* Runs the job with that number. STATUS_INVALID when there is none. */
STATUS hsm_job_run(const struct hsm_job *job, uint8_t number,
                   struct bytes body);

STATUS hsm_job_describe(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_probe(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_store_key(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_intake(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_append(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_certify(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_release(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_crl(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_erase(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_intake_plain(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_release_plain(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_anchor(const struct hsm_job *job, struct bytes body);
STATUS hsm_job_nonce(const struct hsm_job *job, struct bytes body);

/* What certify and release demand of their leaf before anything else: its
 * kind, the account whose members will read it, and the subject. Decodes it
 * to *out. STATUS_DENIED with a reason. */
STATUS hsm_leaf_check(const struct hsm_job *job,
                      const unsigned char encoded[API_LEAF_LEN],
                      enum api_leaf_kind kind, const struct api_id *account,
                      const struct hash *subject, struct api_leaf *out);

/* What both releases demand of a certificate: by our CA, an enclave's, in
 * time, with exactly one name of the enclave's form below our domain, and
 * that name's configuration is the statement's. STATUS_DENIED with a reason. */
STATUS hsm_enclave_check(const struct hsm_job *job, struct bytes certificate,
                         struct ca_facts *out);

/* The leaf of a release: filed under the credential's account, its subject
 * covers ctx, certificate and grant (empty: none, 32 zero bytes), and it is
 * taken now. */
struct hsm_release_leaf {
    const unsigned char *leaf; /* API_LEAF_LEN */
    const unsigned char *salt; /* API_SALT_LEN */
    const struct api_id *account;
    const struct hash *ctx;
    struct bytes certificate, grant;
};
STATUS hsm_release_leaf(const struct hsm_job *job,
                        const struct hsm_release_leaf *asked);

/* The credential's key on the token, as hsm_credentials_find(); *kept, when
 * there is none and the context was not erased: a kept one will do. What was
 * erased has no key, even where a token's object outlived its erasing. */
STATUS hsm_key_find(const struct hsm_job *job, const struct hash *ctx,
                    CK_OBJECT_HANDLE *out, bool *kept);

/* The last step before the HSM is asked: marks the leaf as performed. */
STATUS hsm_leaf_take(const struct hsm_job *job,
                     const unsigned char encoded[API_LEAF_LEN],
                     struct hash *leaf_hash);

/* Everything before the first job, in order; see worker_start.c. *refuses is
 * true when only an operator can change the outcome. */
STATUS hsm_worker_open(struct hsm_worker *worker, struct bytes config,
                       const struct secret *pin, bool *refuses,
                       struct reason *why);
void hsm_worker_clear(struct hsm_worker *worker);

/* The role `accord-hsm worker`: inherited descriptors, until the supervisor
 * hangs up. Returns the exit code. */
int hsm_worker_main(void);

#endif
