/* trio.h - a manager and two writers, for tests of things that are not agreed
 * on yet. */

#ifndef TESTS_BROKER_TRIO_H
#define TESTS_BROKER_TRIO_H

#include "tests/broker/cast.h"

struct trio {
    struct stage *stage;
    struct person root, alice, bob;
    struct data data;       /* the test's own */
    struct program program; /* the test's own */
};

int trio_setup(void **state);
int trio_teardown(void **state);
#define trio_test(f)                                                           \
    cmocka_unit_test_setup_teardown(f, trio_setup, trio_teardown)

#endif
