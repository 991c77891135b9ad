/* cast.h - who plays on the stage: people with keys, what they own, programs
 * with evidence. Each makes the bodies its own client would send. */

#ifndef TESTS_BROKER_CAST_H
#define TESTS_BROKER_CAST_H

#include "tests/broker/stage.h"

/* --- people.c ------------------------------------------------------------ */

struct person {
    struct api_key *key, *recovery;
    struct api_owner owner;
    struct hash owner_hash;
    struct api_id account, id;
    char text[API_ID_TEXT]; /* of id */
    char name[65];
    struct buffer certificate; /* DER */
};
void person_make(struct person *p, const char *name); /* keys only */
void person_clear(struct person *p);

static inline struct bytes as(const struct person *p)
{
    return buffer_bytes(&p->certificate);
}
#define AS_NOBODY bytes_of(NULL, 0)
/* The body of POST /accord/v1/join. */
json_t *join_body(const struct person *p, const char *secret);
/* Takes account, id and certificate out of join's (or key's) answer. */
void person_take(struct person *p, const struct answer *answer);
void person_join(struct stage *s, struct person *p, const char *secret);

/* The secret of a new invitation by `manager`. */
void person_invite(struct stage *s, const struct person *manager,
                   const char *role, char secret[65]);

json_t *signature_json(const struct api_key *key, struct bytes message);
json_t *owner_json(const struct api_owner *owner);
char *csr_pem(const struct api_key *key, const char *common_name);

void person_first(struct stage *s, struct person *p, const char *name);
void person_join_as(struct stage *s, const struct person *manager,
                    const char *role, const char *name, struct person *p);

/* --- things.c ------------------------------------------------------------ */

struct program {
    struct api_id id;
    char text[API_ID_TEXT];
    struct api_identity_rule rule;
};
/* The rule for the simulator's enclave that measures 32 times `measured`. */
void program_rule(const struct stage *s, unsigned char measured,
                  struct api_identity_rule *rule);
/* The body of POST /accord/v1/builds; fills id and text. */
json_t *build_body(const struct person *owner, const char *name,
                   struct program *program);
/* Created and approved. */
void program_make(struct stage *s, const struct person *owner, const char *name,
                  unsigned char measured, struct program *out);

struct data {
    unsigned char random[16];
    struct api_context context;
    char text[API_ID_TEXT]; /* of the dataset */
    char location[128];
};
/* SEALED of docs/HTTP.md, as a new version of `data`. */
json_t *sealed_body(struct stage *s, const struct person *owner,
                    struct data *data);
/* The body of POST /accord/v1/datasets; fills ids and version. */
json_t *dataset_body(struct stage *s, const struct person *owner,
                     const char *name, struct data *data);
void data_make(struct stage *s, const struct person *owner, const char *name,
               struct data *out);

/* A configuration with ports "input" and "output"; its id in hex. */
json_t *configuration_body(const char *name, const char *label);
void configuration_make(struct stage *s, const struct person *who,
                        const char *name, char id[65]);

/* --- agreeing.c ---------------------------------------------------------- */

/* One program of bob's that reads alice's data and writes bob's. */
struct play {
    struct stage *stage;
    struct person root, alice, bob;
    struct program program;
    struct data input, output;
    char configuration[65];
    /* after play_submit() */
    json_t *request;
    char request_id[API_ID_TEXT], workflow[API_ID_TEXT];
    struct hash runtime;
    uint64_t days; /* that grants last */
};

/* People and things, nothing submitted yet. */
void play_begin(struct play *play, struct stage *s);
/* Bob's program is another, under these terms. */
void play_rule(struct play *play, uint16_t tcb_mask,
               const struct api_terms *terms);
/* Alice's dataset is another, with these `limits.evidence`. */
void play_demand(struct play *play, const char *demands);
void play_end(struct play *play);

/* {"name", "description", "objects", "edges"} */
json_t *play_graph(const struct play *play);
/* Submits the graph; `extra` (taken over, may be NULL) is merged into it. */
void play_submit(struct play *play, json_t *extra);

/* The body of a decision by `who` on the request submitted last. */
json_t *decision_body(const struct play *play, const struct person *who,
                      bool approve);
void play_decide(struct play *play, const struct person *who, bool approve);

/* All of it: submitted and approved by both. */
void play_agree(struct play *play);

/* --- enclaves.c ---------------------------------------------------------- */

struct enclave {
    struct ca_key *key;        /* borrowed */
    struct hash configuration; /* zero: none */
    unsigned char measured;
    struct hash nonce; /* zero: none */
    struct buffer certificate;
};
static inline struct bytes as_enclave(const struct enclave *e)
{
    return buffer_bytes(&e->certificate);
}
/* Evidence for the key and the configuration. */
void quote_make(const struct stage *s, const struct enclave *e,
                struct buffer *quote);
/* The body of POST /accord/v1/certificates. */
json_t *attest_body(const struct enclave *e, const struct buffer *quote);
/* Made and certified for the play's configuration. */
void enclave_make(struct play *play, struct ca_key *key, struct enclave *out);
void enclave_clear(struct enclave *e);

/* Opens what a release answered, as the program would. */
void enclave_open(const struct enclave *e, const struct answer *released,
                  struct api_credential *out);

/* The certificate at the head of the answer's PEM text. */
void take_certificate(const struct answer *answer, struct buffer *der);

#endif
