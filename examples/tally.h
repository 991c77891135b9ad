/* tally.h - how often each text occurs, and which occurs most. */

#ifndef EXAMPLES_TALLY_H
#define EXAMPLES_TALLY_H

#include "base/bytes.h"
#include "base/scope.h"
#include "base/status.h"

struct tally;

/* An empty tally; it copies the texts it counts. */
STATUS tally_new(struct tally **out);
void tally_free(struct tally *tally);
DEFINE_AUTO_FREE(tally);

STATUS tally_add(struct tally *tally, struct bytes text);

size_t tally_count(const struct tally *tally);  /* texts added     */
size_t tally_unique(const struct tally *tally); /* different texts */

/* The most frequent text (of several, the one that came first) and its
 * count; borrowed. Empty and 0 when nothing was added. */
struct bytes tally_top(const struct tally *tally, size_t *freq);

#endif
