/* verifying.h - the verifier as a process of its own, and the end at which the
 * worker would be. */

#ifndef TESTS_PKCS11_VERIFYING_H
#define TESTS_PKCS11_VERIFYING_H

#include <sys/types.h>

#include "attest/attest.h"
#include "pkcs11/judge.h"

struct verifying {
    struct hsm_judge *judge;
    pid_t process;
};

/* Starts it with these anchors. Asserts success. */
void verifying_start(struct verifying *out, const struct attest_anchor *anchors,
                     size_t count);

/* Hangs up, and asserts that it exits with `expected`. */
void verifying_stop(struct verifying *v, int expected);

#endif
