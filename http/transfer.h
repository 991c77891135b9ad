/* transfer.h - whole objects from and to an object store, by pre-signed URL.
 *
 * A pre-signed URL's query string is a credential: it comes as a secret,
 * stays in wiped memory, and is in no reason. Success is status 200 and
 * nothing else, as in the product. Transfers are streams: memory does not
 * grow with the object. */

#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

struct http_place {
    const char *location;       /* https://host[:port]/path */
    const struct secret *query; /* without '?'; one final newline is not part
                                   of it; NULL: none */
    bool allow_http;            /* also admit http:// */
    struct bytes roots;  /* PEM: the only roots trusted; empty: the system's */
    unsigned connect_ms; /* TCP and TLS handshake; 0: 10,000 */
    unsigned stall_seconds; /* give up after so long below 1 KiB/s; 0: 60 */
};

/* Takes the next bytes of an object. A failure ends the transfer and becomes
 * its result; it may have put its own sentence into the caller's `why`. */
struct http_sink {
    STATUS (*take)(void *context, struct bytes chunk);
    void *context;
};

/* Puts up to `room` bytes at `at`; *out_len 0 means that there are no more.
 * Failures as above. */
struct http_source {
    STATUS (*give)(void *context, void *at, size_t room, size_t *out_len);
    void *context;
};

/* Sink and source over an open file descriptor, which must outlive them. */
struct http_sink http_sink_to(int *fd);
struct http_source http_source_from(int *fd);

/* GET into `sink`, which sees a byte only when the status was 200, and in all
 * at most `max`. Failures as those of http_call(), the sink's own, and
 *   STATUS_DENIED     answered 401 or 403: usually the URL has expired
 *   STATUS_NOT_FOUND  answered 404
 *   STATUS_INVALID    any other status below 500; an object beyond `max`
 *   STATUS_UNAVAILABLE  500 and above; it ended before its announced length
 * After a failure the sink may have had a part. */
STATUS http_download(const struct http_place *place,
                     const struct http_sink *sink, uint64_t max,
                     struct reason *why);

/* PUT of exactly `len` bytes from `source`, as one object. Failures as above;
 * STATUS_INVALID too when the source ends early, or the answer does not end
 * within 64 KiB. */
STATUS http_upload(const struct http_place *place,
                   const struct http_source *source, uint64_t len,
                   struct reason *why);

#endif
