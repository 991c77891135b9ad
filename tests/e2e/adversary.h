/* adversary.h - adversary C: what a broker that was taken over says to the
 * HSM, in its place and with all it has seen.
 *
 * Each row spoils one thing of a request that is honest otherwise, and names
 * the exact refusal. The log tells the truth about the spoiled request unless
 * the row says otherwise, so that it is not refused for its leaf; and honest
 * requests are served before, between and after. */

#ifndef TESTS_E2E_ADVERSARY_H
#define TESTS_E2E_ADVERSARY_H

#include <sys/types.h>

#include "ca/ca.h"
#include "pkcs11/messages.h"
#include "pkcs11/wire.h"

#define TAPE_MAX 4096

/* One job that passed, and its answer. Borrows from the tape. */
struct taped {
    uint8_t job;
    uint32_t id;
    bool answered;
    uint8_t code;
    struct bytes body, answer;
};

struct adversary {
    const char *socket;
    pid_t supervisor;
    bool wrapped, plain; /* as the HSM is configured */

    int fd;
    uint32_t asked;
    struct buffer in; /* the last answer */
    struct pkcs11_frame answer;
    struct pkcs11_description about; /* the last describe */
    struct api_head head;            /* the last append   */

    struct buffer tape;
    struct taped jobs[TAPE_MAX];
    size_t jobs_count;
    /* What it looks for on the tape. */
    const struct taped *release;       /* Dana's dataset, to the program     */
    const struct taped *other_release; /* Olga's, to the same program        */
    const struct taped *withdrawn;     /* Olga's, to the other configuration */
    const struct taped *certify;       /* of the program                     */
    const struct taped *other_certify; /* of the other configuration         */
    const struct taped *person, *server;
    const struct taped *intake, *erased; /* of Dana's dataset; of her spare */

    /* Its own. */
    struct api_key *key;
    struct ca_key *rsa;
    struct buffer looser; /* a certificate of the program, by another rule */
    struct buffer forged; /* the program's certificate, by its own CA      */

    unsigned rows, failures;
};

enum moment {
    WITH_ITS_LEAF, /* spoil the request; the log then tells of it as it is */
    IN_ITS_LEAF,   /* spoil what the log says                               */
    AFTER_ITS_LEAF /* spoil what is sent; the log told of the honest one    */
};

/* A request in the making. */
struct attempt {
    struct pkcs11_release_message release;
    struct pkcs11_certify_message certify;
    unsigned char grant[API_GRANT_LEN];
    struct api_leaf leaf;
    bool keep_back; /* the leaf is not appended */
    unsigned char keys[2][CA_CERTIFICATE_MAX];
};

struct row {
    const char *name;
    enum moment moment;
    void (*spoil)(struct adversary *a, struct attempt *t);
    enum status_code code;
    const char *text; /* exactly; "#" stands for a number */
};

/* One of any other job. */
struct raw_row {
    const char *name;
    uint8_t job;
    void (*make)(struct adversary *a, struct buffer *body);
    enum status_code code;
    const char *text;
};

/* adversary.c - the wire. Each ends the program when the HSM is gone. */
void adversary_dial(struct adversary *a);
void adversary_hang_up(struct adversary *a);
int adversary_dial_another(const struct adversary *a);
void adversary_send(struct adversary *a, uint8_t job, struct bytes body);
void adversary_hear(struct adversary *a);
enum status_code adversary_ask(struct adversary *a, uint8_t job,
                               struct bytes body);
void adversary_describe(struct adversary *a);
/* Ends the program unless it holds. */
void must(bool holds, const char *what);
/* Compares the last answer. */
void adversary_judge(struct adversary *a, const char *name,
                     enum status_code code, const char *text);
void adversary_say(struct adversary *a, const char *name, bool holds,
                   const char *otherwise);

/* adversary_tape.c */
void tape_read(struct adversary *a, const char *path, const char *dataset);

/* adversary_attempt.c - the two requests with a leaf. */
void adversary_append(struct adversary *a, struct api_leaf *leaf,
                      unsigned char out[API_LEAF_LEN]);
void attempt_release(struct adversary *a, struct attempt *t,
                     const struct taped *as);
void attempt_certify(struct adversary *a, struct attempt *t,
                     const struct taped *as);
/* What the log has to say of it as it stands. */
void release_subject(struct attempt *t);
void certify_subject(struct attempt *t);
/* The bytes that are sent. */
void release_body(const struct attempt *t, struct buffer *out);
void certify_body(const struct attempt *t, struct buffer *out);
/* Leaf, request, answer. */
enum status_code release_now(struct adversary *a, struct attempt *t,
                             const struct row *row);
enum status_code certify_now(struct adversary *a, struct attempt *t,
                             const struct row *row);
void honest_release(struct adversary *a, const char *name);
void honest_certificate(struct adversary *a, const char *name);

/* adversary_grant.c: of adversary_releases(), as they are many. */
extern const struct row adversary_grant_rows[];
extern const size_t adversary_grant_rows_count;

/* The groups, one file each. */
void adversary_releases(struct adversary *a);     /* adversary_release.c */
void adversary_certificates(struct adversary *a); /* adversary_certify.c */
void adversary_jobs(struct adversary *a);         /* adversary_jobs.c    */
void adversary_connections(struct adversary *a);  /* adversary_wire.c    */

#endif
