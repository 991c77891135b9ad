/* plain_play.h - a workflow of the CCM class, as records: one program, one
 * dataset on its port "input", agreed on by one user's password. Made beside
 * the play's people and program (cast.h); `play` is then about this one. */

#ifndef TESTS_BROKER_PLAIN_PLAY_H
#define TESTS_BROKER_PLAIN_PLAY_H

#include "tests/broker/cast.h"

#define PLAIN_CONTENT  "{\"query_string\":\"eA==\"}"
#define PLAIN_LOCATION "https://store.example/plain.bin"

struct plain_play {
    struct play play;
    struct enclave enclave;
    struct api_id user, app;
    struct api_context context; /* of the dataset's version */
    char dataset[API_ID_TEXT];
};

/* Play, dataset, version and a certified program. */
void plain_play_make(struct plain_play *p, struct stage *s);
void plain_play_clear(struct plain_play *p);

/* The owner's user record; `reset`: the password was, by a mailed token. */
void plain_play_put_user(struct plain_play *p, bool reset);

/* Puts the DATASET record again, with these members besides (taken over). */
void plain_play_put_dataset(struct plain_play *p, json_t *more);

/* The domains that are approved for the app (taken over). */
void plain_play_put_domains(struct plain_play *p, json_t *domains);

#endif
