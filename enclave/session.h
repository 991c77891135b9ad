/* session.h - a program with its key, certificate, configuration and
 * credentials, and the steps that fill it. For this folder only.
 *
 * Steps run in the order in which they stand here. Each fails with a status,
 * and a sentence and code in `trouble`; session.c says what that means to the
 * caller. */

#ifndef ENCLAVE_SESSION_H
#define ENCLAVE_SESSION_H

#include "api/api.h"
#include "ca/ca.h"
#include "enclave/accord.h"
#include "enclave/trouble.h"
#include "http/http.h"
#include "platform/platform.h"

#define ENCLAVE_PEM_MAX     ((size_t)64 * 1024)
#define ENCLAVE_NAME_MAX    63
#define ENCLAVE_DATASET_MAX 256

struct enclave_dataset {
    char port[ENCLAVE_NAME_MAX + 1];
    char object[ENCLAVE_NAME_MAX + 1];
    struct api_id id;
    char location[API_LOCATION_MAX + 1]; /* the credential's own */
    struct secret *query;                /* NULL: none */
    struct secret *key;                  /* NULL until released */
};

struct accord_session {
    /* what was asked for */
    struct hash configuration;
    char *agent, *broker, *program;
    struct buffer ca; /* PEM: the only root to trust; empty: not given */
    bool allow_http;
    bool log_key_wanted;
    struct hash log_key_hash;
    char *head_file; /* NULL: no head is kept */
    void (*progress)(void *context, const char *line);
    void *progress_context;
    uint8_t simulate;                     /* API_KIND_NONE: not asked for */
    const struct platform_system *system; /* the real one, but for tests */

    /* what was obtained */
    struct http_client *agent_client;
    struct hash measurement;
    struct ca_key *key;
    struct hash nonce;   /* the broker's, once it demanded one; else zero */
    struct buffer quote; /* evidence of any kind */
    uint8_t quote_kind;  /* API_KIND_SGX, ... */
    struct buffer chain; /* PEM: certificate, then root */
    struct buffer leaf, root;
    uint64_t not_after;
    json_t *config; /* of canonical content */
    json_t *extra;
    struct buffer zone_ca;
    struct http_client *broker_client; /* believes zone_ca only */
    bool log_key_known;
    struct api_spki log_key;
    struct api_head seen; /* the newest head; size 0: none yet */
    size_t count;
    struct enclave_dataset *datasets;
    json_t *receipts;

    enum accord_result result;
    char error[480];
};

/* One line for whoever watches. */
void session_say(const struct accord_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Remembers "step: reason (code)" and answers what it means: `denied` for
 * STATUS_DENIED, ACCORD_UNAVAILABLE, else ACCORD_ERROR. */
enum accord_result session_fail(struct accord_session *session,
                                const char *step, struct status s,
                                const struct trouble *trouble,
                                enum accord_result denied);

/* open.c: copies and checks the options. */
STATUS session_read_options(struct accord_session *session,
                            const struct accord_options *options,
                            struct trouble *trouble);

/* certify.c: measurement, key, evidence, certificate. */
STATUS session_measure(struct accord_session *session,
                       const char *const *arguments, struct trouble *trouble);
STATUS session_make_key(struct accord_session *session);
STATUS session_get_nonce(struct accord_session *session,
                         struct trouble *trouble);
STATUS session_get_quote(struct accord_session *session,
                         struct trouble *trouble);
/* Refused with code "nonce" by a rule that demands evidence made for this
 * request: then session_get_nonce(), new evidence, and once more. */
STATUS session_get_certificate(struct accord_session *session,
                               struct trouble *trouble);

/* runtime.c: the configuration, its hash recomputed, its datasets listed, and
 * from then on a client that believes its zone_ca only. */
STATUS session_get_configuration(struct accord_session *session,
                                 struct trouble *trouble);

/* head.c: the log's key is the one asked for. Once. */
STATUS session_fetch_log_key(struct accord_session *session,
                             struct trouble *trouble);

/* head.c: what FILE holds, before anybody is asked. No file: nothing seen. */
STATUS session_read_head(struct accord_session *session, struct reason *why);

/* head.c: the broker's log continues the one that was seen. Nothing to do
 * when no head is kept. */
STATUS session_check_log(struct accord_session *session,
                         struct trouble *trouble);

/* head.c: the same for a head whose signature holds; keeps it. */
STATUS session_take_head(struct accord_session *session,
                         const struct api_head *head, struct trouble *trouble);

/* release.c: one credential, opened and checked. */
STATUS session_release(struct accord_session *session,
                       struct enclave_dataset *dataset,
                       struct trouble *trouble);

/* receipt.c: the answer's receipt is of this very release. Appends it to
 * session->receipts. */
STATUS session_check_receipt(struct accord_session *session,
                             const json_t *answer,
                             const struct api_context *context,
                             struct trouble *trouble);

/* The two halves of accord_session_open(). */
enum accord_result session_attest(struct accord_session *session,
                                  const struct accord_options *options);
enum accord_result session_release_all(struct accord_session *session);

/* An empty session; NULL when out of memory or when no memory can be
 * locked. */
struct accord_session *session_new(void);

#endif
