/* simulator_files.h - the names in a simulator's directory. */

#ifndef AGENT_SIMULATOR_FILES_H
#define AGENT_SIMULATOR_FILES_H

#include "base/buffer.h"
#include "ca/ca.h"

#define SIMULATOR_ROOT_KEY        "root.key"
#define SIMULATOR_CA_KEY          "platform-ca.key"
#define SIMULATOR_PCK_KEY         "pck.key"
#define SIMULATOR_ATTESTATION_KEY "attestation.key"
#define SIMULATOR_TCB_KEY         "tcb-signing.key"
#define SIMULATOR_REPORT_KEY      "report.key"
#define SIMULATOR_ROOT_PEM        "root.pem"
#define SIMULATOR_CA_PEM          "platform-ca.pem"
#define SIMULATOR_PCK_PEM         "pck.pem"
#define SIMULATOR_TCB_PEM         "tcb-signing.pem"

/* What a simulator of SEV-SNP has besides, and one of Nitro. */
#define SIMULATOR_ARK_KEY          "ark.key"
#define SIMULATOR_ASK_KEY          "ask.key"
#define SIMULATOR_VCEK_KEY         "vcek.key"
#define SIMULATOR_ARK_PEM          "ark.pem"
#define SIMULATOR_ASK_PEM          "ask.pem"
#define SIMULATOR_VCEK_PEM         "vcek.pem"
#define SIMULATOR_NITRO_ROOT_KEY   "nitro-root.key"
#define SIMULATOR_NITRO_CA_KEY     "nitro-ca.key"
#define SIMULATOR_NITRO_ROOT_PEM   "nitro-root.pem"
#define SIMULATOR_NITRO_REGION_PEM "nitro-region.pem"
#define SIMULATOR_NITRO_CA_PEM     "nitro-ca.pem"

#define SIMULATOR_PATH_MAX 4096

/* "directory/name"; STATUS_INVALID when that is too long. */
STATUS simulator_path(const char *directory, const char *name,
                      char out[SIMULATOR_PATH_MAX], struct reason *why);

/* Reads one key of this type; caller frees. Errors as simulator_open(). */
STATUS simulator_read_key(const char *directory, const char *name,
                          enum ca_key_type type, struct ca_key **out,
                          struct reason *why);

/* Appends a certificate's PEM and DER. Errors as simulator_open(). */
STATUS simulator_read_certificate(const char *directory, const char *name,
                                  struct buffer *pem, struct buffer *der,
                                  struct reason *why);

/* Mode 0600, and 0644. */
STATUS simulator_write_key(const char *directory, const char *name,
                           const struct ca_key *key, struct reason *why);
STATUS simulator_write_certificate(const char *directory, const char *name,
                                   struct bytes der, struct reason *why);

#endif
