/* curl_memory.h - libcurl, started once, with memory that is wiped when it
 * is freed: URLs, tokens and answers that pass through it are secrets. For
 * this folder only. */

#ifndef HTTP_CURL_MEMORY_H
#define HTTP_CURL_MEMORY_H

#include "base/status.h"

/* Before any other use of libcurl; any number of times, from any thread. */
STATUS http_curl_start(void);

/* Whether an allocation of libcurl's was refused in this thread since it was
 * last asked. libcurl itself often reports another failure then. */
bool http_curl_memory_refused(void);

#endif
