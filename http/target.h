/* target.h - the two halves of a request's target, decoded piece by piece.
 *
 * The reader has already checked the alphabet and every percent sign, and
 * refused %00, an encoded slash or control character, "//", and segments
 * that mean "." or "..". Decoding happens after splitting, so no encoded
 * character ever separates anything. */

#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/bytes.h"
#include "base/status.h"

/* Takes the next segment off a path: "/v1/apps" gives "v1", "apps", false.
 * A final slash gives one empty segment. Segments are still encoded. */
bool http_path_next(struct bytes *path, struct bytes *out);

/* Decodes one segment to UTF-8 text with a NUL, in `size` bytes. STATUS_INVALID
 * when it does not fit, is not UTF-8, or holds a control character; out is
 * then untouched. */
STATUS http_path_segment(struct bytes segment, char *out, size_t size);

/* The value of `name` in a form-encoded query ('+' is a blank), decoded to
 * UTF-8 text with a NUL, in `size` bytes. A name without '=' has the empty
 * value. STATUS_NOT_FOUND when it is absent; STATUS_INVALID when it is given
 * twice, does not fit, is not UTF-8 or holds a control character. `out` is
 * untouched on failure. */
STATUS http_query_value(struct bytes query, const char *name, char *out,
                        size_t size);

#endif
