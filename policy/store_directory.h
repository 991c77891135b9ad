/* store_directory.h - the directory a store lies in. Private to store_*.c. */

#ifndef POLICY_STORE_DIRECTORY_H
#define POLICY_STORE_DIRECTORY_H

#include "base/status.h"

/* Opens and locks the directory for as long as *out (a descriptor) is open.
 * STATUS_NOT_FOUND, STATUS_BUSY when somebody else has it, STATUS_INVALID
 * on a file system LMDB cannot be trusted on; each with a reason. */
STATUS store_directory_open(const char *directory, int *out,
                            struct reason *why);

/* "NFS", "FUSE", ... for an f_type of statfs(2) that is refused, else NULL. */
const char *store_refused_filesystem(long type);

#endif
