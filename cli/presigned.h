/* presigned.h - pre-signed URLs: made (AWS Signature Version 4, query form)
 * and taken apart. The query string is a credential and stays a secret. */

#ifndef CLI_PRESIGNED_H
#define CLI_PRESIGNED_H

#include "api/api.h"

/* Reads a URL from a file of 0600 ("-": standard input) and splits it at the
 * '?'. `location` has room for API_LOCATION_MAX + 1. */
STATUS presigned_read(const char *file, char *location, struct secret **query,
                      struct reason *why);

/* When the URL with this query string ends: X-Amz-Date + X-Amz-Expires, in
 * seconds; 0 when it has neither. STATUS_INVALID when they are not as S3
 * writes them; the reason quotes nothing of the query. */
STATUS presigned_expires(const struct secret *query, uint64_t *out,
                         struct reason *why);

#define PRESIGNED_SECONDS_MAX 604800

/* A lifetime as it is typed: digits only, 1 to PRESIGNED_SECONDS_MAX. */
STATUS presigned_lifetime(const char *text, uint64_t *out, struct reason *why);

/* The base64 of a secret, as a secret. */
STATUS presigned_base64(const struct secret *plain, struct secret **out);

struct presigned_request {
    const char *method; /* "GET" or "PUT" */
    const char *url;    /* https://host[:port]/path, no query */
    const char *region;
    const char *access_key;
    const struct secret *secret_key;
    uint64_t now;     /* seconds */
    uint64_t expires; /* seconds, 1 .. 604,800 */
};

/* The whole URL with its signature. STATUS_INVALID with a reason. */
STATUS presigned_make(const struct presigned_request *request,
                      struct secret **out, struct reason *why);

#endif
