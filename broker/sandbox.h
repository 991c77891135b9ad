/* sandbox.h - what accordd may still ask of the kernel: what a server needs
 * that has its listeners, its store and its HSM's socket, and no more. Both
 * halves hold until the process ends and cannot be loosened. harden() comes
 * first. */

#ifndef BROKER_SANDBOX_H
#define BROKER_SANDBOX_H

#include <stddef.h>

#include "base/status.h"

/* Files, by Landlock: from now on the calling thread, and those it starts,
 * create, write and remove files below `writable[count]` (directories, which
 * must exist) only, execute none, and read only those and what the C library
 * and libcrypto may want from the system. Descriptors that are open stay as
 * they are. `kept` (NULL: none) is one directory more that is read, such as
 * collateral that is exchanged now and then. Call it before the first thread.
 *
 * *version says what the kernel knew: 0 none of this (then nothing is
 * restricted), 1 and 2 not truncation, from 4 on TCP connections are refused
 * too. Fails only when a kernel that knows Landlock refuses the rules. */
STATUS sandbox_files(const char *const *writable, size_t count,
                     const char *kept, int *version, struct reason *why);

/* System calls, by seccomp, for every thread there is: calls outside a list
 * fail with EPERM. No socket but a unix one (the way back to accord-hsm),
 * no bind or listen, no process but threads, no new executable memory; who
 * tries to run a program or to reach into another process is killed. */
STATUS sandbox_calls(void);

#endif
