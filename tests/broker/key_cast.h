/* key_cast.h - people of the cast who replace their keys (people.c). */

#ifndef TESTS_BROKER_KEY_CAST_H
#define TESTS_BROKER_KEY_CAST_H

#include "tests/broker/cast.h"

/* The body of POST /accord/v1/key: `p`'s record with one change more, signed
 * by `by`. The new key becomes p's, and the one before is freed. */
json_t *key_body(struct person *p, struct api_key *by);
/* The same, asked and answered. */
void person_change_key(struct stage *s, struct person *p, struct api_key *by);

#endif
