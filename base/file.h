/* file.h - small whole files: bounded reading, and writing that never leaves
 * a half-written file behind. */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/secret.h"
#include "base/status.h"

/* Appends the file's contents to `out`, whose maximum bounds them.
 * STATUS_NOT_FOUND when there is none, STATUS_INVALID when it is larger
 * than the room left, STATUS_UNAVAILABLE with errno otherwise. */
STATUS file_read(const char *path, struct buffer *out);

/* The contents as a secret of at most `max` bytes, read without stdio.
 * Refuses (STATUS_DENIED) a file that group or others can read. A single
 * trailing newline is not part of the secret when `line` is true. */
STATUS file_read_secret(const char *path, size_t max, bool line,
                        struct secret **out);

/* Writes a temporary file beside `path`, syncs it, renames it over `path`
 * and syncs the directory. The file gets exactly `mode`, whatever the umask;
 * a symbolic link at `path` is replaced, not followed. A failure leaves what
 * stood there and no temporary file, but for a directory that could not be
 * synced: then the new file stands. */
STATUS file_write(const char *path, struct bytes contents, mode_t mode);

/* mkdir -p of the last component only; fine when it exists already, whatever
 * its mode. STATUS_CONFLICT when something else bears the name. */
STATUS file_make_directory(const char *path, mode_t mode);

#endif
