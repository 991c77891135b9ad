/* examples.h - samples of the product's answers beside the source tree
 * (../shared/examples), if there are any: tests compare shapes with them. */

#ifndef TESTS_SUPPORT_EXAMPLES_H
#define TESTS_SUPPORT_EXAMPLES_H

#include "api/api.h"

/* Asserts that `answer` has every member of the sample NUMBER_*.json, of the
 * same JSON type; of a list, as its first element; a member named by a
 * hash stands for one named by any. Where there are no samples
 * it says so and asserts nothing. */
void assert_like_example(unsigned number, const json_t *answer);

/* The sample itself, for a request to send as it is but for `pairs` of texts,
 * the second in the place of the first, a NULL behind them; NULL where there
 * are no samples. */
json_t *example(unsigned number, const char *const *pairs);

#endif
