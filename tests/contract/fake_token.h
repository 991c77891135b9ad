/* fake_token.h - a PKCS#11 token made of one struct of functions, for secret
 * keys: create, find, read, set, copy, destroy, HMAC-SHA-256, and derivation
 * by AES-ECB. Everything else is NULL. test_token holds it to SoftHSM.
 *
 * Copy the table and replace the one call that should misbehave. One login,
 * one thread; objects belong to the process, not to a session. */

#ifndef TESTS_CONTRACT_FAKE_TOKEN_H
#define TESTS_CONTRACT_FAKE_TOKEN_H

#include <p11-kit/pkcs11.h>

CK_FUNCTION_LIST fake_token_calls(void);

/* Forgets every object. */
void fake_token_reset(void);

#endif
