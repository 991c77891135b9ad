/* layout.h - what a program finds in its work directory:
 *
 *     <port>/<object>/data                the data, in clear
 *     B/app-config.json                   the runtime configuration
 *     B/<port>/<object>/dataset/location.txt
 *     B/...                               the configuration's own files
 *
 * with B = opt/fortanix/enclave-os/app-config/rw (section 8 of the wire
 * contract, moved below the work directory). No credential is among it. For
 * this folder only. */

#ifndef ENCLAVE_LAYOUT_H
#define ENCLAVE_LAYOUT_H

#include "enclave/session.h"

#define LAYOUT_BASE "opt/fortanix/enclave-os/app-config/rw"

/* Ports whose name begins so are written by the program. */
#define LAYOUT_OUTPUT "output"
bool layout_is_output(const struct enclave_dataset *dataset);

/* Everything but the data, and every directory. */
STATUS layout_fill(const struct accord_session *session, int root,
                   struct reason *why);

/* Opens <port>/<object>/data: new and for writing, or what the program left
 * there for reading. No link is followed. STATUS_NOT_FOUND when there is
 * none. The caller closes *out. */
STATUS layout_create_data(const struct enclave_dataset *dataset, int root,
                          int *out, struct reason *why);
STATUS layout_open_data(const struct enclave_dataset *dataset, int root,
                        int *out, struct reason *why);

/* Writes one file at `path` below `root`, making directories on the way.
 * Segments "" and "." are skipped; ".." and a path that ends in '/' or "/."
 * are refused, and so is a file that is there already. */
STATUS layout_write(int root, const char *path, struct bytes contents,
                    struct reason *why);

#endif
