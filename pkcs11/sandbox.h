/* sandbox.h - what a child may still ask of the kernel once it has all it
 * needs. */

#ifndef PKCS11_SANDBOX_H
#define PKCS11_SANDBOX_H

#include "pkcs11/settings.h"

/* The worker after login: no exec, no new process; `local` also no sockets.
 * A forbidden call kills the process. */
STATUS hsm_sandbox_worker(enum hsm_sandbox profile);

/* The verifier after its anchors: memory, clock-free computation, read and
 * write on what it holds. Everything else kills it. */
STATUS hsm_sandbox_verifier(void);

#endif
