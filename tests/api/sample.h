/* sample.h - a small workflow for tests: Alice's dataset `patients` feeds
 * Bob's program `app-1`, which writes Carol's dataset `result`.
 *
 * Everything is asserted on the way: a sample either stands or the test that
 * wanted it fails. */

#ifndef TESTS_API_SAMPLE_H
#define TESTS_API_SAMPLE_H

#include "api/api.h"

enum sample_person { ALICE, BOB, CAROL, SAMPLE_PEOPLE };

struct sample {
    struct api_id account;
    struct api_key *keys[SAMPLE_PEOPLE], *recovery[SAMPLE_PEOPLE];
    struct api_owner owners[SAMPLE_PEOPLE];
    char people[SAMPLE_PEOPLE][API_ID_TEXT];
    char config[2 * HASH_LEN + 1]; /* ports input, output; one file */
    json_t *proposal;
};

#define SAMPLE_ZONE_CA                                                         \
    "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
#define SAMPLE_LOCATION "https://store.example/patients.bin"

/* Proposal with people and configuration, but no objects. Opens the secret
 * heap when it is not open. */
void sample_open_empty(struct sample *s);
/* The workflow described above: objects d1, a1, d2 and edges e1, e2. */
void sample_open(struct sample *s);
void sample_close(struct sample *s);

/* Adds a record and the object that refers to it. */
void sample_dataset(struct sample *s, const char *key, const char *name,
                    enum sample_person owner);
void sample_app(struct sample *s, const char *key, const char *name,
                enum sample_person owner);
/* From the dataset to the app, or back when the port is named output... */
void sample_connect(struct sample *s, const char *edge, const char *dataset,
                    const char *app, const char *port);

/* "objects", "a1", "ref", NULL: what is at that path; NULL ends it. */
json_t *sample_at(const struct sample *s, const char *name, ...)
    __attribute__((sentinel));
/* The record that an object refers to. */
json_t *sample_record(const struct sample *s, const char *key);
void sample_set(json_t *object, const char *name, json_t *value);

/* Signs a build's rule again, by the key given. */
void sample_sign(struct sample *s, const char *key, struct api_key *by);
/* Writes a person's (changed) key chain into `people`. */
void sample_tell_owner(struct sample *s, enum sample_person person);
/* Names the only configuration anew after its content was changed. */
void sample_rename_config(struct sample *s);

/* The manifest, asserted to be made; the caller frees. */
json_t *sample_manifest(const struct sample *s);
void sample_digest(const struct sample *s, struct hash *out);

json_t *sample_parse(const char *text);
struct secret *sample_secret(struct bytes bytes);

#endif
