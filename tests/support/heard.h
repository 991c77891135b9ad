/* heard.h - what the code under test writes to standard error. */

#ifndef TESTS_HEARD_H
#define TESTS_HEARD_H

/* From now on standard error is kept. */
void heard_begin(void);

/* Standard error is itself again. What was written since heard_begin(), as
 * text; the test's until the next heard_begin(). */
const char *heard(void);

/* It was told this. */
#define assert_heard(text) assert_non_null(strstr(heard(), (text)))

#endif
