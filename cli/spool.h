/* spool.h - a large file, written by threads of its own while the caller is
 * busy making what goes into it.
 *
 * Constant memory: eight blocks of 1 MiB. Blocks go to the disk past the page
 * cache where the file system can do that: copying gigabytes through it takes
 * several times as long as AES-256-GCM does. */

#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/bytes.h"
#include "base/scope.h"
#include "base/status.h"

struct spool;

/* Into `fd`, an empty regular file, from its beginning; fd stays the
 * caller's. */
STATUS spool_open(int fd, struct spool **out);

/* An api_sink_fn: `spool` is a struct spool. Any run of bytes. Waits while
 * all blocks are full; once a write failed, says so. */
STATUS spool_put(void *spool, struct bytes bytes);

/* OK when every byte has reached the disk. Nothing may be put any more. */
STATUS spool_finish(struct spool *spool);

void spool_free(struct spool *spool); /* wipes the blocks */
DEFINE_AUTO_FREE(spool);

#endif
