/* scene.h - a play (cast.h) and the one program in it, which most tests of
 * certificates and releases begin with. */

#ifndef TESTS_BROKER_SCENE_H
#define TESTS_BROKER_SCENE_H

#include "tests/broker/cast.h"

struct scene {
    struct play play;
    struct enclave enclave; /* empty until enclave_make() */
};

/* Setups of a test, *state a struct scene: people and objects, nothing agreed;
 * or all agreed and the program certified. */
int scene_setup(void **state);
int scene_setup_agreed(void **state);
int scene_teardown(void **state);

#endif
