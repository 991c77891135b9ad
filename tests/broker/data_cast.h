/* data_cast.h - datasets as the product's clients make them. */

#ifndef TESTS_BROKER_DATA_CAST_H
#define TESTS_BROKER_DATA_CAST_H

#include "tests/broker/users_cast.h"

#define DATA_CONTENTS                                                          \
    "eyJxdWVyeV9zdHJpbmciOiAiIn0=" /* {"query_string": ""}                     \
                                    */
#define DATA_ANOTHER "eyJxdWVyeV9zdHJpbmciOiAieCJ9"

/* The body of POST /v1/datasets. */
json_t *data_body(const char *name, const char *contents);
struct answer *data_create(struct stage *s, const struct user *u, json_t *body);
/* Made; its id. */
void data_new(struct stage *s, const struct user *u, const char *name,
              char id[API_ID_TEXT]);
struct answer *data_change(struct stage *s, const struct user *u,
                           const char *id, json_t *body);
struct answer *data_look(struct stage *s, const struct user *u, const char *id);
struct answer *data_remove(struct stage *s, const struct user *u,
                           const char *id);

/* The record as it lies in the store; the caller owns it. */
json_t *data_record(struct stage *s, const struct user *u, const char *dataset);
/* What the key of its present version is made for. */
struct api_context data_context(struct stage *s, const struct user *u,
                                const char *dataset);

#endif
