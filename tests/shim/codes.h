/* codes.h - what a PKCS#11 function may answer to a call that is right. */

#ifndef TESTS_SHIM_CODES_H
#define TESTS_SHIM_CODES_H

#include <p11-kit/pkcs11.h>
#include <stddef.h>

#include "tests/shim/control.h"

/* PKCS#11 2.40 section 11.1: what any of them may answer; the last one is a
 * vendor's. */
extern const CK_RV shim_codes[];
extern const size_t shim_codes_count;

/* The nth code of the function's own list in section 11 that is not among
 * those above; CKR_OK behind the last. Codes about the PIN are here as far as
 * they are not C_Login's. */
CK_RV shim_own_code(enum shim_function function, size_t nth);

#endif
