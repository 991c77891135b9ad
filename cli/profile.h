/* profile.h - AWS profile files: an access key, and the secret to it. */

#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "base/secret.h"
#include "base/status.h"

#define PROFILE_SECRET_MAX 1024

/* aws_access_key_id (1 to 128 of A-Z a-z 0-9 _ - .) and aws_secret_access_key
 * (1 to PROFILE_SECRET_MAX bytes) of the section [profile]. Of a doubled key
 * id the last counts, of a doubled secret the first. STATUS_INVALID when one
 * is missing or another shape. The caller owns *secret_key. */
STATUS profile_parse(struct bytes text, const char *profile,
                     char access_key[129], struct secret **secret_key);

/* The same out of a file of at most 64 KiB that only its owner can read;
 * with a reason that names file and profile, but never their contents. */
STATUS profile_read(const char *file, const char *profile, char access_key[129],
                    struct secret **secret_key, struct reason *why);

#endif
