/* both.h - the same tests on a fake token, on SoftHSM, and on SoftHSM behind
 * the strict shim. Where they disagree the fake is wrong. */

#ifndef TESTS_CONTRACT_BOTH_H
#define TESTS_CONTRACT_BOTH_H

#include "pkcs11/keys.h"
#include "tests/support/check.h"

enum both_which { BOTH_FAKE, BOTH_SOFT, BOTH_STRICT };

/* Each test finds the module initialised, the user logged in, one session
 * besides the one that keeps the login, and no object. */
struct both {
    enum both_which which;
    struct hsm_token *token;
    struct hsm_session session;
    CK_FUNCTION_LIST *calls; /* session.calls */
};
extern struct both both;

#define BOTH(test) cmocka_unit_test_setup_teardown(test, both_begin, both_end)
int both_begin(void **state);
int both_end(void **state);

/* All of them on each of the three; main()'s value. */
int both_run(const struct CMUnitTest *tests, size_t count);

/* The call's own answer, which a status does not keep. */
#define RV(function, ...) both.calls->function(both.session.handle, __VA_ARGS__)

/* A session key with this value and one use. */
CK_OBJECT_HANDLE both_secret(const CK_KEY_TYPE *type, CK_ATTRIBUTE_TYPE use,
                             bool extractable);
extern const CK_KEY_TYPE both_aes, both_generic, both_rsa;
extern CK_BYTE both_value[32];

void both_destroy(CK_OBJECT_HANDLE object);

#endif
