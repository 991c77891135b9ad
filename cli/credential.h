/* credential.h - what opens a dataset: read from the owner's files and sealed
 * here to the HSM, so that the broker never has it in clear. */

#ifndef CLI_CREDENTIAL_H
#define CLI_CREDENTIAL_H

#include "cli/arguments.h"
#include "cli/channel.h"

/* Fills location and content from --presigned and --key-file, or from
 * --location and --credential-file. *expires is when a pre-signed URL ends
 * (seconds), 0 when it does not say. STATUS_INVALID names the option. */
STATUS credential_read(const struct arguments *given,
                       struct api_credential *credential, uint64_t *expires,
                       struct reason *why);

/* Seals `credential`, signed by the context's key, to the intake key that the
 * pinned CA vouches for, and adds SEALED's members (docs/HTTP.md) to `body`;
 * `expires` when it is not 0. */
STATUS credential_seal(struct channel *channel,
                       const struct api_credential *credential,
                       uint64_t expires, json_t *body, struct reason *why);

/* The options credential_read() takes, for the tables of options. */
#define CREDENTIAL_OPTIONS                                                     \
    { "presigned", "FILE",                                                     \
      "file with the pre-signed URL (- : standard input)" },                   \
        { "key-file", "FILE",                                                  \
          "file with the data's key, 64 hexadecimal digits" },                 \
        { "location", "URL", "where the data lies, without query string" },    \
    {                                                                          \
        "credential-file", "FILE",                                             \
            "the credential's bytes, as the program wants them"                \
    }

#endif
