/* target_check.h - which targets the reader lets through. For this folder
 * only. */

#ifndef HTTP_TARGET_CHECK_H
#define HTTP_TARGET_CHECK_H

#include "base/bytes.h"

/* NULL, or a short stable text that says what is wrong. */
const char *http_path_fault(struct bytes path);
const char *http_query_fault(struct bytes query);

#endif
