/* simulator_files.h - the names in a simulator's directory. */

#ifndef AGENT_SIMULATOR_FILES_H
#define AGENT_SIMULATOR_FILES_H

#include "base/status.h"

#define SIMULATOR_ROOT_KEY        "root.key"
#define SIMULATOR_CA_KEY          "platform-ca.key"
#define SIMULATOR_PCK_KEY         "pck.key"
#define SIMULATOR_ATTESTATION_KEY "attestation.key"
#define SIMULATOR_TCB_KEY         "tcb-signing.key"
#define SIMULATOR_ROOT_PEM        "root.pem"
#define SIMULATOR_CA_PEM          "platform-ca.pem"
#define SIMULATOR_PCK_PEM         "pck.pem"
#define SIMULATOR_TCB_PEM         "tcb-signing.pem"

#define SIMULATOR_PATH_MAX 4096

/* "directory/name"; STATUS_INVALID when that is too long. */
STATUS simulator_path(const char *directory, const char *name,
                      char out[SIMULATOR_PATH_MAX], struct reason *why);

#endif
