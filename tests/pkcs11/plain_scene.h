/* plain_scene.h - a scene on a token that allows plain paths, with one
 * credential of the CCM class taken in for each test. */

#ifndef TESTS_PKCS11_PLAIN_SCENE_H
#define TESTS_PKCS11_PLAIN_SCENE_H

#include "tests/pkcs11/scene.h"

struct plain_scene {
    struct stage stage;
    struct hsm_worker worker;
    struct scene scene;
    struct api_context context; /* of the CCM class, new for each test */
    struct buffer blob;         /* what was made of PLAIN_TEXT under it */
};

extern struct plain_scene p; /* one per test program */

#define PLAIN_TEXT bytes_of_string("{\"query_string\":\"\"}")

/* Group fixtures: ceremony and worker; removal. */
int plain_begin(void **state);
/* With more lines of configuration. */
int plain_begin_with(const char *more);
int plain_end(void **state);

/* Test fixtures: context and blob, made and cleared. */
int plain_fresh(void **state);
int plain_wipe(void **state);

/* Another context of the same account. */
void plain_renew(void);

/* The blob, released in clear, to p.scene.out. */
STATUS plain_release(void);

#endif
