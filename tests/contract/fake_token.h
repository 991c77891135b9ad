/* fake_token.h - a PKCS#11 token made of one struct of functions: what the
 * worker calls, and no more; everything else is NULL. test_token,
 * test_sessions, test_keys and test_ciphers hold it to SoftHSM, answer by
 * answer.
 *
 * Copy the table and replace the one call that should misbehave. One process,
 * one thread, one token in one slot. */

#ifndef TESTS_CONTRACT_FAKE_TOKEN_H
#define TESTS_CONTRACT_FAKE_TOKEN_H

#include <p11-kit/pkcs11.h>

#include "tests/pkcs11/stage.h"

#define FAKE_TOKEN_SLOT     3
#define FAKE_TOKEN_PIN      STAGE_PIN
#define FAKE_TOKEN_SESSIONS 24 /* as the strict shim */

CK_FUNCTION_LIST fake_token_calls(void);

/* Forgets every object and session, and that it was initialised. */
void fake_token_reset(void);

#endif
