/* feed.h - a request shown to the reader piece by piece. */

#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include "http/http.h"

/* Shows the reader `step` bytes more at a time, each time in new memory of
 * exactly that size, so that it can neither look ahead nor keep pointers.
 * Stops when it wants no more. */
enum http_progress feed(struct http_reader *reader, struct bytes text,
                        size_t step);

#endif
